"""Bayes-Elo: what the graded answers say about a learner's skill, and how sure one may be of it.

One rating each for the learner, the learner in a skill, the item and the skill, all in log-odds and each with a
variance. An answer moves every rating in proportion to how unsure it still is. Rule and constants: learning.md,
"The rating" (measured on public answer logs); the model is Elo's with the variances of a Gaussian filter
(Glickman 1999) and a guess rate as in the three-parameter model (Birnbaum 1968).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log1p, pi, sqrt

FORGETTING = 0.06  # log-odds lost per ln(1 + days) without a graded answer
LEARNER_DRIFT, SKILL_DRIFT = 0.002, 0.01  # learners keep changing: added to their variances after each answer
LEAST_INFORMATION = 0.02
STOP_FADING, MASTERED = 0.75, 0.80
STOP_FADING_SDS, MASTERED_SDS = 1.0, 1.28
ENOUGH_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Rating:
    """A value in log-odds and the variance that is left in it."""

    value: float
    variance: float


NEW_LEARNER, NEW_LEARNER_SKILL = Rating(0.0, 1.0), Rating(0.0, 0.5)
NEW_ITEM, NEW_SKILL = Rating(0.0, 0.9), Rating(0.0, 0.5)


@dataclass(frozen=True, slots=True)
class Standing:
    """The four ratings that meet in one answer: ability, in general and in the skill, against two difficulties."""

    learner: Rating = NEW_LEARNER
    in_skill: Rating = NEW_LEARNER_SKILL
    item: Rating = NEW_ITEM
    skill: Rating = NEW_SKILL

    @property
    def variance(self) -> float:
        return self.learner.variance + self.in_skill.variance + self.item.variance + self.skill.variance

    def level(self, days: float = 0.0, forgetting: float = FORGETTING) -> float:
        """The log-odds of knowing the answer, `days` after the skill was last graded."""
        ability = self.learner.value + self.in_skill.value - forgetting * log1p(max(days, 0.0))
        return ability - self.item.value - self.skill.value


@dataclass(frozen=True, slots=True)
class Estimate:
    """How likely the learner now manages an average item of a skill unaided, with the range of one standard deviation.

    `mean - sd` is the lower end of that range, so both flags can be read off the same numbers.
    """

    mean: float
    sd: float
    answers: int
    mastered: bool
    stop_fading: bool
    low: float
    high: float

    @property
    def is_shown(self) -> bool:
        """Never a bare number before three answers."""
        return self.answers >= ENOUGH_ANSWERS


def logistic(level: float) -> float:
    """The probability of these log-odds, safe at both ends."""
    if level >= 0:
        return 1 / (1 + exp(-min(level, 700.0)))
    grown = exp(max(level, -700.0))
    return grown / (1 + grown)


def softened(level: float, variance: float) -> float:
    """The log-odds after averaging over what is not known (MacKay 1992)."""
    return level / sqrt(1 + pi * variance / 8)


def expected(standing: Standing, guess: float = 0.0, days: float = 0.0, forgetting: float = FORGETTING) -> float:
    """The chance of a right answer, guessing included."""
    knows = logistic(softened(standing.level(days, forgetting), standing.variance))
    return guess + (1 - guess) * knows


def evidence(level: float, variance: float, correct: bool, guess: float = 0.0) -> tuple[float, float]:
    """What one answer says: the step per unit of variance, and the information per squared unit of variance.

    A right answer on a guessable item says less (its share `knows / chance`), a wrong one says no less.
    """
    knows = logistic(softened(level, variance))
    chance = guess + (1 - guess) * knows
    share = knows / chance if chance > 0 else 1.0
    information = max(LEAST_INFORMATION, share * knows * (1 - chance))
    damping = 1 + variance * information
    return share * (correct - chance) / damping, information / damping


def learned(
    standing: Standing, correct: bool, guess: float = 0.0, days: float = 0.0, forgetting: float = FORGETTING
) -> Standing:
    """The four ratings after one graded answer."""
    step, information = evidence(standing.level(days, forgetting), standing.variance, correct, guess)
    return Standing(
        learner=_moved(standing.learner, step, information, LEARNER_DRIFT),
        in_skill=_moved(standing.in_skill, step, information, SKILL_DRIFT),
        item=_moved(standing.item, -step, information),
        skill=_moved(standing.skill, -step, information),
    )


def _moved(rating: Rating, step: float, information: float, drift: float = 0.0) -> Rating:
    variance = rating.variance
    return Rating(rating.value + variance * step, variance - variance * variance * information + drift)


def estimate(standing: Standing, answers: int, days: float = 0.0) -> Estimate:
    """Mastery as it is shown: an average item of the skill, today; the flags speak by the lower bound."""
    level = standing.level(days) + standing.item.value
    spread = sqrt(standing.variance - standing.item.variance)
    mean, low = logistic(level), logistic(level - spread)
    enough = answers >= ENOUGH_ANSWERS
    return Estimate(
        mean=mean,
        sd=mean - low,
        answers=answers,
        mastered=enough and logistic(level - MASTERED_SDS * spread) >= MASTERED,
        stop_fading=enough and logistic(level - STOP_FADING_SDS * spread) >= STOP_FADING,
        low=low,
        high=logistic(level + spread),
    )
