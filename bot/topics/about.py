"""Why the playbook at hand says what it says, in its own words and with the clause cited."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.message import Choice, Reply, RichText
from bot.talk import Answer, Talk, clip
from bot.topics.why import at_hand, guessed, source_line
from curriculum import learning_log
from foundation.errors import ExpectedError, NotFound
from knowledge import shelf
from knowledge.answers import check_of
from knowledge.asking_about import answer_from, asks_about, asks_about_text, is_at_a_loss, is_named
from knowledge.playbook import Clause, Playbook, Slot

_THIS_BLANK = re.compile(r"这一?格|这个空|这一?栏|要填|填这|填它|要写这|\bthis (?:blank|field)\b|\bfill this\b", re.I)
_WHAT_NEXT = re.compile(
    r"然后呢|然后|下一步(?:呢|干嘛|做什么)?|接下来(?:呢|干嘛|做什么)?|继续|(?:so )?what(?:'s)? (?:now|next)|now what|next|and now|continue",
    re.I,
)
OFFERED = 4  # playbooks that answer the same question
_PARENTHESES = re.compile(r"[（(].*?[）)]")


def said(talk: Talk, words: str) -> Answer | None:
    """Free words after a hand-over: a question about its playbook is answered from it; all others are passed on.

    What no clause covers goes the way of every question: the shelf is searched, and `told` looks at what was found.
    """
    if (told := guessed(talk, words)) is not None:
        return told
    if _WHAT_NEXT.fullmatch(words.strip().rstrip("。.!！?？~…")):
        guess, practise = talk.choice("button.why", "/why"), talk.choice("button.practice", "/quiz")
        return [talk.reply("about.next", guess, practise, talk.choice("button.home", "/home"))]
    if not asks_about(words):
        return None
    book = _at_hand(talk)
    found = answer_from(book, words) if book else None
    return _answered(talk, book, found.clause, words) if book and found else None


def told(talk: Talk, words: str, near: Sequence[str]) -> list[Reply] | None:
    """A question about a prompt's own text, asked anywhere: answered by the playbook at hand or by those found near.

    None for every other question. What no clause covers is not made up: it goes to a mentor.
    """
    is_on_screen = talk.state.get("topic") in ("asked", "after") and bool(talk.state.get("playbook"))
    if not asks_about_text(words) and not (is_on_screen and asks_about(words)):
        return None
    first = _at_hand(talk)
    if is_on_screen and first and (found := answer_from(first, words)):
        return _answered(talk, first, found.clause, words)
    if not asks_about_text(words):
        return None
    books = [*((first,) if first else ()), *_on_the_shelf(talk, near, first)]
    answers = [(book, found) for book in books if (found := answer_from(book, words))]
    named = [(book, found) for book, found in answers if is_named(book, words)]
    sure = named or [(book, found) for book, found in answers if found.is_sure]
    if not sure:
        return _not_covered(talk, books, words, is_on_screen)
    # The one they used last is the one they mean, unless they name another.
    if len(sure) == 1 or sure[0][0] is first:
        return _answered(talk, sure[0][0], sure[0][1].clause, words)
    return [_which(talk, [book for book, _ in sure[:OFFERED]], words)]


def _which(talk: Talk, books: Sequence[Playbook], words: str) -> Reply:
    """Several playbooks answer it, and none was named: theirs to say which."""
    talk.state.clear()
    talk.state["about"] = words[:500]
    choices = [Choice(clip(book.title.in_language(talk.language), 28), f"/about {book.id}") for book in books]
    return talk.reply("about.which", *choices, talk.choice("button.home", "/home"), to="why")


def about(talk: Talk, words: str) -> Answer:
    """`/about ID`: the question last asked, answered by this playbook."""
    asked = str(talk.state.get("about") or "")
    book = shelf.find(talk.connection, talk.scope, words.strip())
    found = answer_from(book, asked) if book and asked else None
    if book is None or found is None:
        raise ExpectedError("why.stale")
    return _answered(talk, book, found.clause, asked)


def _at_hand(talk: Talk) -> Playbook | None:
    try:
        return at_hand(talk)
    except (ExpectedError, NotFound):
        return None


def _on_the_shelf(talk: Talk, near: Sequence[str], but: Playbook | None) -> list[Playbook]:
    """Those a search found, then the rest of the shelf, without one."""
    shown = {one.id: one.playbook for one in shelf.visible(talk.connection, talk.scope, drafts=False) if one.playbook}
    if but is not None:
        shown.pop(but.id, None)
    return [shown[one] for one in dict.fromkeys((*near, *shown)) if one in shown]


def _answered(talk: Talk, book: Playbook, clause: Clause, words: str) -> list[Reply]:
    choices = (
        talk.choice("button.xray", f"/xray {clause.key}"),
        talk.choice("button.open_card", f"/use {book.id}"),
        talk.choice("button.ask_mentor", "/gap"),
        talk.choice("button.home", "/home"),
    )
    talk.state.update({"topic": "after", "playbook": book.id, "version": book.version, "about": words[:500]})
    return [Reply(_cited(talk, book, clause), choices, key="why", columns=2)]


def _not_covered(talk: Talk, books: Sequence[Playbook], words: str, is_on_screen: bool) -> list[Reply]:
    """Nothing is made up: the question goes to a mentor."""
    ids, language = [book.id for book in books], talk.language
    learning_log.record_question(
        talk.connection, talk.scope, words[:500], "none", ids, 0.0, True, talk.turn.id, talk.now
    )
    home = talk.choice("button.home", "/home")
    if books and is_on_screen:
        reasons = talk.choice("button.all_reasons", "/reasons")
        title = books[0].title.in_language(language)
        return [talk.reply("about.not_covered", reasons, home, to="why", columns=2, title=title)]
    maybe = [
        Choice(talk.say("ask.maybe", title=clip(book.title.in_language(language), 24)), f"/use {book.id}")
        for book in books[:2]
    ]
    return [talk.reply("about.nowhere", *maybe, home, to="why")]


def while_filling(talk: Talk, book: Playbook, slot: Slot | None, words: str) -> Answer | None:
    """A question about the blank or the playbook, or being stuck, where an answer was expected: it is no answer."""
    is_stuck = slot is not None and _is_stuck(slot, words)
    if slot is None or not (is_stuck or asks_about(words)):
        return None
    named = [one for one in book.slots if _names_something(one, words)]
    is_about_text = asks_about_text(words) and answer_from(book, words) is not None
    if not (named or is_stuck or is_about_text or _THIS_BLANK.search(words)):
        return None
    slot = max(named, key=lambda one: len(one.label.zh), default=slot)
    go_on = talk.choice("button.go_on_filling", "/overview")
    found = None if is_stuck else answer_from(book, words if named or is_about_text else f"{words} {slot.label.zh}")
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
