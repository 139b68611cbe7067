"""Which item to ask next."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NOT_AGAIN_FOR = timedelta(days=14)  # learning.md: never the same item twice in 14 days
EASY_FIRST = {
    "which-segment": 0,
    "what-breaks": 1,
    "pick-better": 1,
    "spot-the-flaw": 2,
    "cloze": 3,
    "order": 3,
    "transfer": 5,
}


@dataclass(frozen=True)
class Offer:
    """An item that could be asked: where it is from, what it trains, how hard its author thinks it is (-1 to 1)."""

    playbook_id: str
    item_id: str
    skill: str
    kind: str
    difficulty: int


def next_item(
    offers: Sequence[Offer], last_asked: Mapping[tuple[str, str], datetime], now: datetime, seed: str
) -> Offer | None:
    """The item to ask now: none asked within 14 days, never asked before asked, taps before typing, easy before hard."""
    free = [
        one
        for one in offers
        if now - last_asked.get((one.playbook_id, one.item_id), datetime.min.replace(tzinfo=now.tzinfo))
        >= NOT_AGAIN_FOR
    ]
    if not free:
        return None
    asked_kinds = set(last_asked)

    def order(one: Offer) -> tuple[bool, int, str]:
        again = (one.playbook_id, one.item_id) in asked_kinds
        mix = hashlib.sha256(f"{seed}{one.playbook_id}{one.item_id}".encode()).hexdigest()
        return again, EASY_FIRST.get(one.kind, 4) + one.difficulty, mix

    return min(free, key=order)
