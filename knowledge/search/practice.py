"""Practice before the first real question: every question of the shelf judged as if it had never been seen.

What comes out is how far the scores may be trusted: the chance that anything answers, the chance that the best
candidate does, and the limit below which the finder says that nothing does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.calibrate import Logistic, Rows, fit
from knowledge.search.evidence import SHOWS, Evidence, Legs, weigh
from knowledge.search.features import FeatureSpace
from knowledge.search.lessons import Lessons
from knowledge.search.postings import Floats
from knowledge.search.ridge import Trained
from knowledge.search.slips import with_slips

FALSE_NONE = 0.03  # of the shelf's own questions, left out, that may be sent away
SLIP_EVERY = 3


@dataclass(frozen=True)
class Chances:
    """Scores made into chances; `limit` is the chance of an answer below which there is none."""

    answerable: Logistic
    right: Logistic
    limit: float


@dataclass(frozen=True)
class Practice:
    """One row for each question that was judged; `alone` marks the uncovered ones whose whole topic was hidden."""

    shows: Rows
    lesson: NDArray[np.int64]
    covered: NDArray[np.bool_]
    alone: NDArray[np.bool_]
    slipped: NDArray[np.bool_]
    best: NDArray[np.int64]
    right: NDArray[np.bool_]


def practise(lessons: Lessons, space: FeatureSpace, trained: Trained, legs: Legs) -> Practice:
    """Judge each typed question left out; uncovered ones once more without their topic, some covered ones with slips."""
    rows: list[tuple[Evidence, int, bool, bool]] = []
    groups = {int(number): np.flatnonzero(lessons.classes == number) for number in np.unique(lessons.classes)}
    for lesson in map(int, np.flatnonzero(lessons.asked)):
        number, text = int(lessons.classes[lesson]), lessons.texts[lesson]
        row = trained.similarity[lesson]
        coverage, scores = space.vector(text, seen_before=2).coverage, legs.scores(text)
        unseen = np.array([lesson])
        rows.append((_judge(lessons, trained, unseen, row, scores, coverage, len(text)), lesson, False, False))
        if number >= lessons.documents:
            rows.append(
                (_judge(lessons, trained, groups[number], row, scores, coverage, len(text)), lesson, True, False)
            )
        elif lesson % SLIP_EVERY == 0:
            text = with_slips(text, lesson)
            vector = space.vector(text, seen_before=2)
            row = trained.similarities(vector)
            evidence = _judge(lessons, trained, unseen, row, legs.scores(text), vector.coverage, len(text))
            rows.append((evidence, lesson, False, True))
    numbers = lessons.classes[[lesson for _, lesson, _, _ in rows]]
    best = np.array([int(evidence.merits.argmax()) for evidence, _, _, _ in rows])
    return Practice(
        shows=np.array([evidence.shows for evidence, _, _, _ in rows]),
        lesson=np.array([lesson for _, lesson, _, _ in rows]),
        covered=numbers < lessons.documents,
        alone=np.array([alone for _, _, alone, _ in rows]),
        slipped=np.array([slipped for _, _, _, slipped in rows]),
        best=best,
        right=best == numbers,
    )


def _judge(
    lessons: Lessons,
    trained: Trained,
    unseen: NDArray[np.int64],
    row: Floats,
    legs: Floats,
    coverage: float,
    length: int,
) -> Evidence:
    classes = trained.left_out(int(unseen[0]), row) if len(unseen) == 1 else trained.group_left_out(unseen, row)
    alike = row.copy()
    alike[unseen] = 0
    return weigh(classes, np.maximum.reduceat(alike, lessons.starts), legs, coverage, length)


def chances_from(practice: Practice) -> Chances:
    """Fit both chances on the practice, and set the limit so that few answerable questions are sent away."""
    answerable = fit(SHOWS, practice.shows, practice.covered)
    told = answerable.chances(practice.shows)
    answered = practice.covered
    right = fit(SHOWS, practice.shows[answered], practice.right[answered])
    limit = float(np.quantile(told[answered & ~practice.slipped], FALSE_NONE))
    return Chances(answerable, right, limit)
