"""What a practice session is made of: the due skills in a fair order, an item for each, and an order that helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, tzinfo

from curriculum.practice_steps import Item, Step
from curriculum.reviews import local_day, utc
from curriculum.tutor_memory import ItemMemory

BLOCKED_EXPOSURES = 2  # the first two exposures of a skill stay apart from what it is confused with


def choose_item(
    pool: Sequence[Item], rungs: Sequence[int], memory: Mapping[str, ItemMemory], today: date, zone: tzinfo, rest_days: int
) -> Item | None:
    """The item for a skill: a rested one of the wanted rungs (in their order), else the nearest rung below or above.

    Never an item twice on a day; never twice within `rest_days` while the pool holds another.
    """

    def days_ago(item: Item) -> int:
        seen = memory.get(item.id)
        return (today - local_day(seen.last_asked, zone)).days if seen and seen.last_asked else 10**6

    def distance(item: Item) -> tuple[int, int]:
        if item.rung in rungs:
            return 0, rungs.index(item.rung)
        return min((abs(item.rung - rung) + (item.rung > rung) * 0.5, 0) for rung in rungs)  # type: ignore[return-value]

    free = [item for item in pool if days_ago(item) >= 1]
    if not free:
        return None
    rested = [item for item in free if days_ago(item) >= rest_days]
    if rested:
        return min(rested, key=lambda item: (distance(item), -days_ago(item), item.difficulty, item.id))
    return min(free, key=lambda item: (-days_ago(item), distance(item), item.id))


def arranged(steps: Sequence[Step], exposures: Mapping[str, int], confusable: Callable[[str, str], bool]) -> list[Step]:
    """The session's order: a skill's own steps together, confusable skills side by side once both are past their
    first two exposures, and until then as far apart as the session allows (Brunmair & Richter 2019)."""
    left, order = list(steps), []
    while left:
        last = order[-1] if order else None
        follows = min(left, key=lambda step: (_neighbour(last, step, exposures, confusable), left.index(step)))
        left.remove(follows)
        order.append(follows)
    return order


def _neighbour(last: Step | None, step: Step, exposures: Mapping[str, int], confusable: Callable[[str, str], bool]) -> int:
    """How well a step follows the last one: 0 same skill, 1 confusable and both known, 2 unrelated, 3 confusable and new."""
    if last is None:
        return 2
    if last.skill == step.skill:
        return 0
    if not confusable(last.skill, step.skill):
        return 2
    both_known = min(exposures.get(last.skill, 0), exposures.get(step.skill, 0)) >= BLOCKED_EXPOSURES
    return 1 if both_known else 3


def overdue_days(due: datetime, today: date, zone: tzinfo) -> int:
    """Whole days since a review's day; negative while it lies ahead."""
    return (today - local_day(utc(due), zone)).days
