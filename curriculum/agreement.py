"""How well two raters agree: quadratic weighted kappa, and the gate that a grader must pass before its word counts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LEVELS = 5  # marks of 0 to 100 in steps of 25: what two mentors can be asked to agree on
MIN_QWK = 0.60
MIN_MARKS = 50


def quadratic_kappa(one: Sequence[int], other: Sequence[int]) -> float | None:
    """Cohen's kappa with quadratic weights (Cohen 1968): 1 is full agreement, 0 is chance.

    None where it is not defined: no marks, or both raters gave one and the same mark throughout.
    """
    if len(one) != len(other):
        raise ValueError("two raters need as many marks")
    total = len(one)
    if total == 0:
        return None
    observed = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / total
    expected = sum((a - b) ** 2 for a in one for b in other) / total**2
    return None if expected == 0 else 1 - observed / expected


def level(mark: float, of: int = 100) -> int:
    """A mark as one of five levels, halves upward."""
    return int(min(max(mark / of, 0), 1) * (LEVELS - 1) + 0.5)


@dataclass(frozen=True)
class Agreement:
    count: int
    qwk: float | None
    exact: float
    mean_error: float

    @property
    def passed(self) -> bool:
        """Whether the grader's marks may move mastery: QWK at least .60 over at least 50 marks."""
        return self.qwk is not None and self.qwk >= MIN_QWK and self.count >= MIN_MARKS


def agreement(suggested: Sequence[float], marks: Sequence[float]) -> Agreement:
    """Suggested marks against a mentor's, both 0 to 100."""
    pairs = list(zip(suggested, marks, strict=True))
    levels = [(level(a), level(b)) for a, b in pairs]
    count = len(pairs)
    exact = sum(a == b for a, b in levels) / count if count else 0.0
    error = sum(abs(a - b) for a, b in pairs) / count if count else 0.0
    return Agreement(count, quadratic_kappa([a for a, _ in levels], [b for _, b in levels]), exact, error)


@dataclass(frozen=True)
class Closeness:
    """How close predictions come to marks, both shares of 0 to 1; None where a figure is not defined."""

    count: int
    qwk: float | None
    r: float | None
    rmse: float | None
    accuracy_2way: float | None
    accuracy_3way: float | None


def closeness(predicted: Sequence[float], marks: Sequence[float], levels: int = LEVELS) -> Closeness:
    """QWK on equal steps, Pearson's r, RMSE, and accuracy on right or not (three quarters of full marks) and in thirds."""
    pairs = list(zip(predicted, marks, strict=True))
    if not pairs:
        return Closeness(0, None, None, None, None, None)
    steps = [[int(min(max(one, 0), 1) * (levels - 1) + 0.5) for one in side] for side in zip(*pairs, strict=True)]
    error = math.sqrt(sum((a - b) ** 2 for a, b in pairs) / len(pairs))
    two = sum((a >= RIGHT) == (b >= RIGHT) for a, b in pairs) / len(pairs)
    three = sum(_third(a) == _third(b) for a, b in pairs) / len(pairs)
    return Closeness(len(pairs), quadratic_kappa(*steps), _pearson(pairs), error, two, three)


RIGHT, WRONG = 0.75, 0.25


def _third(mark: float) -> int:
    return 2 if mark >= RIGHT else 0 if mark < WRONG else 1


def _pearson(pairs: Sequence[tuple[float, float]]) -> float | None:
    one, other = zip(*pairs, strict=True)
    try:
        return statistics.correlation(one, other)
    except statistics.StatisticsError:
        return None
