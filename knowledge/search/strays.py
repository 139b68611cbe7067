"""Sample questions that lead astray: left out, they find another document than their own. For authors to mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.search.data import SearchData
from knowledge.search.documents import SearchDocument
from knowledge.search.learned import Learned

ALIKE = 0.6  # cosine-like likeness of two samples of different documents that is worth a look


@dataclass(frozen=True)
class Stray:
    """A sample question of `own` that finds `found` instead; `rank` is the place of its own document, from 1."""

    question: str
    own: str
    found: str
    rank: int


@dataclass(frozen=True)
class Siblings:
    """Two samples of different documents that are nearly one question."""

    question: str
    own: str
    other_question: str
    other: str
    likeness: float


def strays(documents: Sequence[SearchDocument], data: SearchData) -> list[Stray]:
    """Every sample question that, left out, does not find its own document first."""
    learned = Learned.of(documents, data)
    found: list[Stray] = []
    for lesson in _samples(learned):
        own = int(learned.lessons.classes[lesson])
        merits = learned.evidence(learned.lessons.texts[lesson], np.array([lesson])).merits
        rank = 1 + int((merits > merits[own]).sum())
        if rank > 1:
            best = documents[int(merits.argmax())].id
            found.append(Stray(learned.lessons.texts[lesson], documents[own].id, best, rank))
    return found


def siblings(documents: Sequence[SearchDocument], data: SearchData, limit: float = ALIKE) -> list[Siblings]:
    """Pairs of samples of different documents above a likeness, the most alike first, each pair once."""
    learned = Learned.of(documents, data)
    texts, classes = learned.lessons.texts, learned.lessons.classes
    lengths = learned.ridge.lengths
    found: list[Siblings] = []
    for lesson in _samples(learned):
        [alike] = learned.ridge.similarities([learned.space.vector(texts[lesson])])
        alike /= np.sqrt(np.maximum(lengths[lesson] * lengths, 1e-9))
        for other in np.flatnonzero(alike > limit):
            if other > lesson and learned.lessons.asked[other] and classes[lesson] < classes[other] < len(documents):
                own, sibling = documents[classes[lesson]].id, documents[classes[other]].id
                found.append(Siblings(texts[lesson], own, texts[other], sibling, round(float(alike[other]), 3)))
    return sorted(found, key=lambda pair: -pair.likeness)


def _samples(learned: Learned) -> list[int]:
    lessons = learned.lessons
    return [int(n) for n in np.flatnonzero(lessons.asked & (lessons.classes < lessons.documents))]
