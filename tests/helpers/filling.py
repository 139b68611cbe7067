"""Filling a playbook as a person does: read which blank is asked, and give an answer that may stand there."""

from __future__ import annotations

import re
from datetime import date

from knowledge import shelf
from knowledge.answers import check_of, items
from knowledge.playbook import Playbook, Slot
from tests.helpers.stage import Person, Seen, Stage

_ASKED = re.compile(r"^(\d+)/(\d+) (.+?)(?:：请再填一次。|: please try again\.)?$", re.M)


def book(stage: Stage, book_id: str) -> Playbook:
    found = stage.read(lambda c: shelf.get(c, stage.scope("小林"), book_id)).playbook
    assert found is not None
    return found


def asked(seen: Seen, of: Playbook, language: str = "zh-CN") -> Slot | None:
    """The blank that the person is being asked, by its label."""
    found = _ASKED.search(seen.text)
    label = found[3].strip() if found else None
    return next((slot for slot in of.slots if slot.label.in_language(language) == label), None)


def answer_for(slot: Slot, today: date) -> str:
    """What somebody might write there: the example, as often as entries are wanted."""
    if slot.kind == "date":
        return today.isoformat()
    if options := check_of(slot).get("options"):
        return str(options[0])
    if slot.kind in ("list", "table"):
        wanted = int(check_of(slot).get("min_items") or 1)
        given = items(slot.example)
        return "\n".join([*given, *(f"{given[0]} · {number}" for number in range(len(given), wanted))])
    return slot.example or slot.default or "有"


async def fills(person: Person, of: Playbook, language: str = "zh-CN") -> Seen:
    """Answer blank after blank until none is asked."""
    for _ in range(len(of.slots) + 1):
        slot = asked(person.last, of, language)
        if slot is None:
            return person.last
        before = person.last
        await person.says(answer_for(slot, person.stage.clock().date()))
        assert asked(person.last, of, language) != slot, f"{slot.key} refused: {person.last.text} after {before.text}"
    raise AssertionError(f"still asked after all blanks: {person.last.text}")


async def takes(person: Person, book_id: str) -> Seen:
    """From the card to the prompt in hand, the quick way."""
    of = book(person.stage, book_id)
    await person.says(f"/begin {book_id} quick")
    if "哪个产品" in person.last:
        await person.presses("新产品")
    if person.last.choices and person.last.choices[0].startswith("对，继续"):
        await person.presses("对，继续")
    await fills(person, of)
    return await person.presses("生成指令")
