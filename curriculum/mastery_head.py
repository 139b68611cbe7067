"""The small head over Bayes-Elo: a weight for each of a few explainable statistics, fitted on graded answers.

At most 25 numbers in all. Fitted on statistics made with item difficulties that never saw the learner's row
(cross-fitted by learner in five folds: learning.md, otherwise log-loss .591 becomes .625), held close to plain
Bayes-Elo, and kept only where cross-fitted log-loss says it predicts better. Refused below 5,000 answers.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import fsum
from operator import mul
from typing import TYPE_CHECKING, Any

from curriculum.answer_watch import NAMES, AnswerWatch
from curriculum.mastery import LEAST_INFORMATION, logistic
from foundation.errors import ExpectedError

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float64]]

LEAST_ANSWERS = 5000
FOLDS = 5
RIDGES = (30.0, 300.0, 3000.0)  # how strongly the head is held to plain Bayes-Elo, in answers
MOST_ROWS = 400_000  # to fit on; more adds nothing but time
WORTH_IT = 0.0005  # log-loss the head must win over plain Bayes-Elo
OFFSET_VARIANCE, SLOPE_VARIANCE, TUNING_DRIFT = 0.09, 0.04, 1e-6


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """One answer of a log: `at` in seconds, `skills` one or several."""

    learner: Hashable
    item: Hashable
    at: float
    correct: bool
    skills: tuple[Hashable, ...]


@dataclass(frozen=True)
class Head:
    """An intercept and a weight for each statistic; plain Bayes-Elo is the weight 1 on the rating and 0 elsewhere."""

    intercept: float
    weights: tuple[float, ...]

    def level(self, statistics: Sequence[float]) -> float:
        """The predicted log-odds of a right answer."""
        return self.intercept + fsum(map(mul, self.weights, statistics))

    @property
    def numbers(self) -> int:
        """Intercept, weights, and the slope that `Tuning` carries on together with the intercept."""
        return 2 + len(self.weights)

    def explained(self) -> dict[str, float]:
        """Every number by its name."""
        return {"intercept": self.intercept, **dict(zip(NAMES, self.weights, strict=True))}


class Tuning:
    """The intercept and the slope of a head, carried on while answers come.

    People and items are seldom as hard and as able as those the head was fitted on. The same Gaussian filter as for
    the ratings, for two numbers at once; a little drift keeps it awake.
    """

    __slots__ = ("cross", "offset", "offset_variance", "slope", "slope_variance")

    def __init__(self) -> None:
        self.offset, self.slope = 0.0, 1.0
        self.offset_variance, self.cross, self.slope_variance = OFFSET_VARIANCE, 0.0, SLOPE_VARIANCE

    def chance(self, level: float) -> float:
        """The predicted chance of a right answer at this level of the head."""
        return logistic(self.offset + self.slope * level)

    def learn(self, level: float, chance: float, correct: bool) -> None:
        """The answer to what was predicted at this level is seen."""
        information = max(LEAST_INFORMATION, chance * (1 - chance))
        by_offset = self.offset_variance + self.cross * level
        by_slope = self.cross + self.slope_variance * level
        damping = 1 + information * (by_offset + by_slope * level)
        step, information = (correct - chance) / damping, information / damping
        self.offset += by_offset * step
        self.slope += by_slope * step
        self.offset_variance += TUNING_DRIFT - by_offset * by_offset * information
        self.cross -= by_offset * by_slope * information
        self.slope_variance += TUNING_DRIFT - by_slope * by_slope * information


PLAIN = Head(0.0, (1.0, *(0.0 for _ in NAMES[1:])))


@dataclass(frozen=True)
class Fitting:
    """What fitting found: the head to use (plain where nothing was won), and the cross-fitted log-losses."""

    head: Head
    is_plain: bool
    loss_plain: float
    loss_head: float
    answers: int
    learners: int


def fit_head(answers: Sequence[GradedAnswer]) -> Fitting:
    """Fit the head on answers in the order they were given; refuses fewer than 5,000."""
    if len(answers) < LEAST_ANSWERS:
        raise ExpectedError("mastery.too_few_answers", answers=len(answers), needed=LEAST_ANSWERS)
    rows, right, folds = crossfitted(answers)
    return fit_on(rows, right, folds, len({answer.learner for answer in answers}))


def crossfitted(answers: Sequence[GradedAnswer], most_rows: int = MOST_ROWS) -> tuple[Matrix, Matrix, Matrix]:
    """Each answer's statistics as a new learner's would be: items learned from the other folds, then on online.

    Of a long log every second, third.. learner gives rows; items are learned from all.
    """
    import numpy as np

    fold_of = {answer.learner: fold(answer.learner) for answer in answers}
    every = len(answers) // most_rows + 1
    giving = set(sorted(fold_of, key=str)[::every])
    rows, right, folds = array("d"), array("d"), array("d")
    for held_out in range(FOLDS):
        watch = AnswerWatch()
        for answer in answers:
            if fold_of[answer.learner] != held_out:
                watch.look(answer.learner, answer.item, answer.skills, answer.at).learn(answer.correct)
        for answer in answers:
            if fold_of[answer.learner] == held_out:
                look = watch.look(answer.learner, answer.item, answer.skills, answer.at)
                if answer.learner in giving:
                    rows.extend(look.statistics())
                    right.append(answer.correct)
                    folds.append(held_out)
                look.learn(answer.correct)
    return np.array(rows).reshape(-1, len(NAMES)), np.array(right), np.array(folds)


def fold(learner: Hashable) -> int:
    """The learner's fold, the same on every machine."""
    return zlib.crc32(str(learner).encode()) % FOLDS


def fit_on(rows: Matrix, right: Matrix, folds: Matrix, learners: int) -> Fitting:
    """Choose the ridge and head or plain by cross-fitted log-loss, then fit on everything."""
    plain = loss_of(PLAIN, rows, right)
    losses = {ridge: _crossfitted_loss(rows, right, folds, ridge) for ridge in RIDGES}
    ridge = min(losses, key=lambda one: losses[one])
    is_plain = bool(losses[ridge] > plain - WORTH_IT)
    head = PLAIN if is_plain else logistic_fit(rows, right, ridge)
    return Fitting(head, is_plain, plain, losses[ridge], len(right), learners)


def _crossfitted_loss(rows: Matrix, right: Matrix, folds: Matrix, ridge: float) -> float:
    total = 0.0
    for held_out in range(FOLDS):
        out = folds == held_out
        if out.any() and not out.all():
            total += loss_of(logistic_fit(rows[~out], right[~out], ridge), rows[out], right[out]) * int(out.sum())
    return total / len(right)


def loss_of(head: Head, rows: Matrix, right: Matrix) -> float:
    """Mean log-loss of a head."""
    import numpy as np

    level = head.intercept + rows @ np.array(head.weights)
    return float(np.mean(np.logaddexp(0, level) - right * level))


def logistic_fit(rows: Matrix, right: Matrix, ridge: float) -> Head:
    """Ridge logistic regression by Newton's method, each statistic in its spread, drawn towards plain Bayes-Elo."""
    import numpy as np

    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    usable = spread > 1e-9
    scale = np.where(usable, spread, 1.0)
    table = np.column_stack([np.ones(len(rows)), (rows - centre) / scale * usable])
    towards = np.zeros(table.shape[1])
    towards[0], towards[1] = centre[0], scale[0]  # plain Bayes-Elo, in these units
    pull = np.full(table.shape[1], ridge)
    pull[0] = 1.0
    weights = towards.copy()
    for _ in range(25):
        chance = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (right - chance) - pull * (weights - towards)
        bend = (table * (chance * (1 - chance))[:, None]).T @ table + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        weights += np.clip(step, -1, 1)
        if float(np.abs(step).max()) < 1e-6:
            break
    natural = weights[1:] / scale * usable
    return Head(float(weights[0] - natural @ centre), tuple(float(weight) for weight in natural))
