"""Answering whatever item a person sees, rightly or wrongly, by the words a person would type."""

from __future__ import annotations

from collections.abc import Mapping

from bot.practice_items import form_of
from bot.topics.why import LETTERS
from knowledge.playbook import Playbook, QuizItem
from tests.helpers.stage import Person, Seen


def item_in(seen: Seen, items: Mapping[str, tuple[Playbook, QuizItem]]) -> QuizItem:
    """The item whose stem and options are on the screen."""
    text = "".join(seen.text.split())

    def shown(item: QuizItem) -> bool:
        return all("".join(part.split()) in text for part in (item.stem, *(option.text for option in item.options)))

    found = [item for book, item in items.values() if shown(item) and book.title.zh in seen.text]
    if not found:
        raise LookupError(seen.text)
    return max(found, key=lambda item: len(item.stem) + sum(len(option.text) for option in item.options))


async def answer(person: Person, seen: Seen, items: Mapping[str, tuple[Playbook, QuizItem]], *, right: bool) -> Seen:
    """Give the item's answer, or a wrong one; free text is written and not praised."""
    item = item_in(seen, items)
    form = form_of(item)
    if form == "free":
        seen = await person.says("先写清角色，再写清事实和边界。")
        return await person.presses("写到一部分" if "写到一部分" in seen.choices else "没写到")
    seen = await person.says(words_for(item, form, right=right) or "就这些")
    # At a terminal a lone number is a button: it ticks the line, and the hunt is still open.
    return await person.presses("就这些") if "就这些" in seen.choices else seen


def words_for(item: QuizItem, form: str, *, right: bool) -> str:
    if form == "choice":
        place = next(n for n, option in enumerate(item.options) if (option.text == item.answer[0]) == right)
        return LETTERS[place]
    if form == "order":
        return " ".join(item.answer if right else item.answer[::-1])
    if form == "blanks":
        return "；".join(item.answer if right else ["完全不知道"] * len(item.answer))
    faults = [n for n, option in enumerate(item.options, 1) if option.misconception]
    clean = [n for n, option in enumerate(item.options, 1) if not option.misconception]
    return " ".join(map(str, (faults or clean) if bool(faults) == right else clean))
