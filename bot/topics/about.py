"""Why the playbook at hand says what it says, in its own words and with the clause cited."""

from __future__ import annotations

import re

from bot.message import Choice, Reply, RichText
from bot.talk import Answer, Talk, clip
from bot.topics.why import at_hand, guessed, source_line
from curriculum import learning_log
from foundation.errors import ExpectedError, NotFound
from knowledge.answers import check_of
from knowledge.asking_about import answer_from, asks_about, asks_about_text, is_at_a_loss
from knowledge.playbook import Clause, Playbook, Slot

_THIS_BLANK = re.compile(r"这一?格|这个空|这一?栏|要填|填这|填它|要写这|\bthis (?:blank|field)\b|\bfill this\b", re.I)
_WHAT_NEXT = re.compile(
    r"然后呢|然后|下一步(?:呢|干嘛|做什么)?|接下来(?:呢|干嘛|做什么)?|继续|(?:so )?what(?:'s)? (?:now|next)|now what|next|and now|continue",
    re.I,
)
_PARENTHESES = re.compile(r"[（(].*?[）)]")


def said(talk: Talk, words: str) -> Answer | None:
    """Free words after a hand-over: a question about its playbook is answered from it; all others are passed on.

    What no clause covers goes the way of every question: the shelf is searched, and a gap goes to a mentor.
    """
    if (told := guessed(talk, words)) is not None:
        return told
    if _WHAT_NEXT.fullmatch(words.strip().rstrip("。.!！?？~…")):
        guess, practise = talk.choice("button.why", "/why"), talk.choice("button.practice", "/quiz")
        return [talk.reply("about.next", guess, practise, talk.choice("button.home", "/home"))]
    if not asks_about(words):
        return None
    try:
        book = at_hand(talk)
    except (ExpectedError, NotFound):
        return None
    found = answer_from(book, words)
    if found is None:
        return _not_covered(talk, book, words) if asks_about_text(words) else None
    clause = found.clause
    choices = (
        talk.choice("button.xray", f"/xray {clause.key}"),
        talk.choice("button.ask_mentor", "/gap"),
        talk.choice("button.home", "/home"),
    )
    talk.state["about"] = words[:500]
    return [Reply(_cited(talk, book, clause), choices, key="why", columns=2)]


def _not_covered(talk: Talk, book: Playbook, words: str) -> Answer:
    """Nothing is made up: the question goes to a mentor."""
    learning_log.record_question(
        talk.connection, talk.scope, words[:500], "none", [book.id], 0.0, True, talk.turn.id, talk.now
    )
    choices = (talk.choice("button.all_reasons", "/reasons"), talk.choice("button.home", "/home"))
    return [talk.reply("about.not_covered", *choices, to="why", columns=2, title=book.title.in_language(talk.language))]


def while_filling(talk: Talk, book: Playbook, slot: Slot | None, words: str) -> Answer | None:
    """A question about the blank or the playbook, or being stuck, where an answer was expected: it is no answer."""
    is_stuck = slot is not None and _is_stuck(slot, words)
    if slot is None or not (is_stuck or asks_about(words)):
        return None
    named = [one for one in book.slots if _names_something(one, words)]
    if not named and not is_stuck and not _THIS_BLANK.search(words):
        return None
    slot = max(named, key=lambda one: len(one.label.zh), default=slot)
    go_on = talk.choice("button.go_on_filling", "/overview")
    found = None if is_stuck else answer_from(book, words if named else f"{words} {slot.label.zh}")
    if found is not None:
        return [Reply(_cited(talk, book, found.clause), (go_on,), key="why")]
    return [explained(talk, slot, go_on)]


def _is_stuck(slot: Slot, words: str) -> bool:
    """Whether nothing is said but that one does not know; where "unclear" is an option, it is an answer."""
    return is_at_a_loss(words) and words.strip() not in check_of(slot).get("options", ())


def explained(talk: Talk, slot: Slot, *choices: Choice) -> Reply:
    """What goes into a blank, and what to do without an answer."""
    label, ask = slot.label.in_language(talk.language), slot.ask.in_language(talk.language)
    without = talk.say("about.must" if slot.required else "about.may_skip")
    skip = () if slot.required else (talk.choice("button.skip", "/skip"),)
    choices = (*choices, *skip, talk.choice("button.save", "/save"))
    example = clip(slot.example, 80) or "—"
    return talk.reply(
        "about.blank", *choices, to="why", columns=2, label=label, ask=ask, example=example, without=without
    )


def _names_something(slot: Slot, words: str) -> bool:
    names = (slot.label.zh, slot.label.en, _PARENTHESES.sub("", slot.label.zh))
    return any(name and name.casefold() in words.casefold() for name in names)


def _cited(talk: Talk, book: Playbook, clause: Clause) -> RichText:
    """A clause's reason, with the clause, the version and its sources."""
    number = list(book.clauses).index(clause) + 1
    return talk.rich(
        "about.answer", name=clause.name, number=number, title=book.title.in_language(talk.language), version=book.version,
        why=clip(clause.why.replace("**", "").replace("`", ""), 500), without=clip(clause.without.replace("**", ""), 240),
        source=source_line(talk, clause.why + clause.without),
    )  # fmt: skip


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
