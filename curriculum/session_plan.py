"""What a practice session is made of: the due skills in a fair order, an item for each, and an order that helps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, tzinfo

from curriculum.practice_steps import Item, Step
from curriculum.reviews import local_day, utc
from curriculum.tutor_memory import ItemMemory

LARGE_POOL = 4  # learning.md: at least four items a skill; fewer cannot keep fourteen days apart
LEAST_REST_DAYS = 3
BLOCKED_EXPOSURES = 2  # the first two exposures of a skill stay apart from what it is confused with


def choose_item(
    pool: Sequence[Item],
    wanted: Sequence[int],
    open_rungs: Collection[int],
    memory: Mapping[str, ItemMemory],
    today: date,
    zone: tzinfo,
    rest_days: int,
) -> Item | None:
    """The item for a skill: a rested one of the wanted rungs, in their order, else of the nearest open rung.

    Never an item twice on a day, nor within `rest_days` where the pool is large enough to wait for a rested one; a
    small pool gives the one asked longest ago. Rungs that are not open yet count only when the skill has no others.
    """
    fitting = [item for item in pool if item.rung in open_rungs] or list(pool)
    rest = {item.id: _days_since(memory.get(item.id), today, zone) for item in fitting}

    def distance(item: Item) -> tuple[int, int]:
        if item.rung in wanted:
            return 0, wanted.index(item.rung)
        return 1, min(2 * abs(item.rung - rung) + (item.rung > rung) for rung in wanted)

    rested = [item for item in fitting if rest[item.id] >= rest_days]
    if rested:
        return min(rested, key=lambda item: (distance(item), -rest[item.id], item.difficulty, item.id))
    repeatable = [item for item in fitting if rest[item.id] >= LEAST_REST_DAYS and len(pool) < LARGE_POOL]
    return min(repeatable, key=lambda item: (-rest[item.id], distance(item), item.id), default=None)


def _days_since(asked: ItemMemory | None, today: date, zone: tzinfo) -> int:
    if asked is None or asked.last_asked is None:
        return 10**6
    return (today - local_day(asked.last_asked, zone)).days


def arranged(steps: Sequence[Step], exposures: Mapping[str, int], confusable: Callable[[str, str], bool]) -> list[Step]:
    """The session's order: a skill's own steps together, confusable skills side by side once both are past their
    first two exposures, and until then as far apart as the session allows (Brunmair & Richter 2019)."""
    left = list(steps)
    order: list[Step] = []
    while left:
        last = order[-1] if order else None
        follows = min(left, key=lambda step: (_neighbour(last, step, exposures, confusable), left.index(step)))
        left.remove(follows)
        order.append(follows)
    return order


def _neighbour(
    last: Step | None, step: Step, exposures: Mapping[str, int], confusable: Callable[[str, str], bool]
) -> int:
    """How well a step follows: 0 same skill, 1 confusable and both known, 2 unrelated, 3 confusable and new."""
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
