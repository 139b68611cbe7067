"""Practice before the first real question: questions of the shelf judged as if they had never been seen.

What comes out is how far the scores may be trusted: the chance that anything answers, the chance that the best
candidate does, and the limit below which the finder says that nothing does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from knowledge.search.calibrate import Logistic, Rows, fit, undecided
from knowledge.search.evidence import SHOWS, Evidence
from knowledge.search.learned import Learned
from knowledge.search.slips import with_slips

FALSE_NONE = 0.03  # of the shelf's own questions, left out, that may be sent away
ENOUGH = 600  # questions of either sort that are judged: more changes the third digit and costs a second
SLIP_EVERY = 3
BATCH = 64  # tries judged at a time: 64 rows of likeness to every lesson
FEWEST = 20  # tries of either sort below which nothing is known of chances


@dataclass(frozen=True)
class Chances:
    """Scores made into chances; `limit` is the chance of an answer below which there is none."""

    answerable: Logistic
    right: Logistic
    limit: float


@dataclass(frozen=True)
class Try:
    """One question to judge without its own lesson, or `alone` without its whole topic."""

    text: str
    lesson: int
    slipped: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Practice:
    """One row for each try."""

    tries: tuple[Try, ...]
    shows: Rows
    covered: NDArray[np.bool_]
    right: NDArray[np.bool_]
    best: NDArray[np.int64]

    @property
    def slipped(self) -> NDArray[np.bool_]:
        return np.array([one.slipped for one in self.tries], np.bool_)


def practise(learned: Learned, enough: int = ENOUGH) -> Practice:
    """Judge typed questions left out; uncovered ones once more without their topic, some covered ones with slips."""
    tries = tuple(_tries(learned, enough))
    judged = list(_judged(learned, tries))
    numbers = learned.lessons.classes[[one.lesson for one in tries]]
    best = np.array([int(evidence.merits.argmax()) for evidence in judged])
    shows = np.array([evidence.shows for evidence in judged])
    return Practice(tries, shows, numbers < learned.lessons.documents, best == numbers, best)


def _tries(learned: Learned, enough: int) -> Iterator[Try]:
    lessons = learned.lessons
    asked = np.flatnonzero(lessons.asked)
    covered = asked[lessons.classes[asked] < lessons.documents]
    outside = _spread(asked[lessons.classes[asked] >= lessons.documents], enough)
    for order, lesson in enumerate(_spread(covered, enough)):
        yield Try(lessons.texts[lesson], lesson)
        if order % SLIP_EVERY == 0:
            yield Try(learned.spelling.mended(with_slips(lessons.texts[lesson], lesson)), lesson, slipped=True)
    yield from (Try(lessons.texts[lesson], lesson) for lesson in outside)
    yield from (Try(lessons.texts[lesson], lesson, alone=True) for lesson in outside)


def _judged(learned: Learned, tries: Sequence[Try]) -> Iterator[Evidence]:
    """The evidence for every try, in their order; those that hide the same are judged together."""
    classes = learned.lessons.classes

    def hides(one: Try) -> int:
        return int(classes[one.lesson]) if one.alone else -1

    for topic, group in groupby(tries, hides):
        found = list(group)
        for start in range(0, len(found), BATCH):
            some = found[start : start + BATCH]
            texts = [one.text for one in some]
            if topic < 0:
                yield from learned.left_out(texts, np.array([one.lesson for one in some]))
            else:
                yield from learned.evidence_of(texts, np.flatnonzero(classes == topic))


def _spread(lessons: NDArray[np.int64], enough: int) -> list[int]:
    """At most `enough` of them, evenly spread over the shelf."""
    if len(lessons) <= enough:
        return [int(lesson) for lesson in lessons]
    return [int(lessons[at]) for at in np.linspace(0, len(lessons) - 1, enough).astype(int)]


def chances_from(practice: Practice) -> Chances:
    """Fit both chances on the practice, and set the limit so that few answerable questions are sent away."""
    if practice.covered.sum() < FEWEST or (~practice.covered).sum() < FEWEST:
        return Chances(undecided(SHOWS), undecided(SHOWS), 0.0)
    answerable = fit(SHOWS, practice.shows, practice.covered)
    right = fit(SHOWS, practice.shows[practice.covered], practice.right[practice.covered])
    told = answerable.chances(practice.shows[practice.covered & ~practice.slipped])
    return Chances(answerable, right, float(np.quantile(told, FALSE_NONE)))
