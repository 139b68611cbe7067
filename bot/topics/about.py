"""Why the playbook at hand says what it says, in its own words and with the clause cited."""

from __future__ import annotations

from bot.message import Reply
from bot.talk import Answer, Talk, clip
from bot.topics.why import at_hand, source_line
from curriculum import learning_log
from foundation.errors import ExpectedError, NotFound
from knowledge.asking_about import answer_from, asks_about


def said(talk: Talk, words: str) -> Answer | None:
    """Free words after a hand-over: a question about its playbook is answered from it; all others are passed on.

    What no clause covers goes the way of every question: the shelf is searched, and a gap goes to a mentor.
    """
    if not asks_about(words):
        return None
    try:
        book = at_hand(talk)
    except (ExpectedError, NotFound):
        return None
    found = answer_from(book, words)
    if found is None:
        return None
    clause = found.clause
    number = list(book.clauses).index(clause) + 1
    text = talk.rich(
        "about.answer", name=clause.name, number=number, title=book.title.in_language(talk.language), version=book.version,
        why=clip(clause.why.replace("**", "").replace("`", ""), 500), without=clip(clause.without.replace("**", ""), 240),
        source=source_line(talk, clause.why + clause.without),
    )  # fmt: skip
    choices = (
        talk.choice("button.xray", f"/xray {clause.key}"),
        talk.choice("button.ask_mentor", "/gap"),
        talk.choice("button.home", "/home"),
    )
    talk.state["about"] = words[:500]
    return [Reply(text, choices, key="why", columns=2)]


def gap(talk: Talk, words: str) -> Answer:
    """`/gap`: the clause did not answer it; the question goes to a mentor."""
    asked = talk.state.pop("about", "")
    if not asked:
        return [talk.reply("about.nothing", talk.choice("button.home", "/home"))]
    book = at_hand(talk)
    learning_log.record_question(
        talk.connection, talk.scope, asked, "none", [book.id], 0.0, True, talk.turn.id, talk.now
    )
    return [talk.reply("about.passed_on", talk.choice("button.home", "/home"))]
