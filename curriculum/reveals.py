"""Which clause to explain next, and which reasons to offer beside the true one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ClauseFacts:
    """What choosing needs to know of a clause: its key and skill, and the blanks it holds."""

    key: str
    skill: str
    slots: tuple[str, ...]


def next_clause(
    clauses: Sequence[ClauseFacts], own: Mapping[str, str], defaults: Mapping[str, str], seen: Mapping[str, str]
) -> str | None:
    """The clause to explain next: never seen first, then missed, then peeked; where the learner put most of their own in, first.

    A clause that a person has just filled with their own words is the one whose reason they can best see at work
    (learning.md: worked example first, on the learner's own case). None when every reason has been earned.
    """
    rank = {"missed": 1, "peeked": 2}
    open_ones = [clause for clause in clauses if seen.get(clause.key) != "earned"]
    if not open_ones:
        return None

    def order(clause: ClauseFacts) -> tuple[int, int, int]:
        mine = sum(own.get(slot, "") not in ("", defaults.get(slot, "")) for slot in clause.slots)
        return rank.get(seen.get(clause.key, ""), 0), -mine, clauses.index(clause)

    return min(open_ones, key=order).key


def reasons_beside(clauses: Sequence[ClauseFacts], key: str, seed: str) -> list[str]:
    """Three clause keys in a shuffled order: the right one, and two whose reasons belong elsewhere.

    The distractors train other skills than the right one, so that no two offered reasons say the same.
    """
    right = next(clause for clause in clauses if clause.key == key)
    others = [clause for clause in clauses if clause.key != key and clause.skill != right.skill]
    others = others or [clause for clause in clauses if clause.key != key]
    picked = sorted(others, key=lambda clause: _mix(seed, clause.key))[:2]
    return sorted([key, *(clause.key for clause in picked)], key=lambda one: _mix(seed + "order", one))


def _mix(seed: str, text: str) -> str:
    return hashlib.sha256(f"{seed}:{text}".encode()).hexdigest()
