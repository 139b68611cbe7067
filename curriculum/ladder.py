"""The letting-go ladder (放手阶梯): six rungs from copying to a new case, moved by evidence alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

COPY, EXPLAIN, PUT_BACK, REPAIR, WRITE, CARRY = range(6)
KIND_OF_RUNG = {EXPLAIN: "explain", PUT_BACK: "cloze", REPAIR: "repair", WRITE: "compose", CARRY: "transfer"}
RUNG_OF_KIND = {kind: rung for rung, kind in KIND_OF_RUNG.items()}
# What the authored and made items are called elsewhere, by the rung they train.
RUNG_OF_KIND |= {"which-segment": EXPLAIN, "what-breaks": EXPLAIN, "why": EXPLAIN, "source-prompt": EXPLAIN}
RUNG_OF_KIND |= {"order": PUT_BACK, "review": PUT_BACK}
RUNG_OF_KIND |= {"spot-the-flaw": REPAIR, "pick-better": REPAIR, "mutant": REPAIR}

# learning.md, reveal table: predicted success that opens a rung, guessing included where the item can be guessed.
OPENS = {PUT_BACK: 0.50, REPAIR: 0.75, WRITE: 0.60, CARRY: 0.70}
MISSES_THAT_LOWER = 2
HINT_LEVELS = ("point", "principle", "filled in")
WORKED_EXAMPLE = len(HINT_LEVELS)  # the third hint shows the answer


@dataclass(frozen=True, slots=True)
class Foothold:
    """Where somebody stands on the ladder in one skill, and the misses in a row since the last right answer."""

    rung: int = COPY
    misses: int = 0


@dataclass(frozen=True, slots=True)
class Chances:
    """Predicted success, now, on an average item of the kinds that open a rung."""

    cloze: float
    compose: float
    transfer: float

    def of(self, rung: int) -> float:
        return {PUT_BACK: self.cloze, REPAIR: self.cloze, WRITE: self.compose, CARRY: self.transfer}.get(rung, 1.0)


def climbed(foothold: Foothold, kind: str, correct: bool, hints: int, chances: Chances) -> Foothold:
    """The foothold after one graded answer.

    Up one rung for an unaided right answer at (or above) the own rung when the next one is open; down one after two
    misses in a row. The third hint is a worked example: it moves nothing up, and is no miss.
    """
    if hints >= WORKED_EXAMPLE:
        return Foothold(max(foothold.rung, EXPLAIN), foothold.misses)
    if not correct:
        return _missed(foothold)
    rung = max(foothold.rung, EXPLAIN)
    above = min(rung + 1, CARRY)
    earned = hints == 0 and RUNG_OF_KIND.get(kind, PUT_BACK) >= min(foothold.rung, CARRY)
    return Foothold(above if earned and chances.of(above) >= OPENS[above] else rung, 0)


def _missed(foothold: Foothold) -> Foothold:
    misses = foothold.misses + 1
    rung = max(foothold.rung, EXPLAIN)
    if misses >= MISSES_THAT_LOWER:
        return Foothold(max(rung - 1, EXPLAIN), 0)
    return Foothold(rung, misses)


def first_rung(chances: Chances) -> int:
    """Where practice begins: help first (explain) unless putting a clause back is likely to succeed."""
    return PUT_BACK if chances.cloze >= OPENS[PUT_BACK] else EXPLAIN


def reachable(rung: int, chances: Chances) -> int:
    """The highest rung not above `rung` that today's predicted success still opens."""
    while rung > PUT_BACK and chances.of(rung) < OPENS[rung]:
        rung -= 1
    return rung


def of_playbook(rungs: Iterable[int]) -> int:
    """A playbook's rung: that of its skills' lower middle, so one strong skill does not speak for all."""
    ordered = sorted(rungs)
    return ordered[(len(ordered) - 1) // 2] if ordered else COPY


def clauses_to_hide(rung: int, clauses: int, right_before: int) -> tuple[int, ...]:
    """Which clauses (by position) a put-back item hides: the last first, then the last two (Renkl & Atkinson 2003)."""
    if rung < PUT_BACK or clauses < 1:
        return ()
    hidden = 1 if right_before < 1 or clauses == 1 else 2
    return tuple(range(clauses - hidden, clauses))
