"""The shelf's own questions as lessons: which document answers what, and what nothing answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.data import SearchData
from knowledge.search.documents import SearchDocument
from knowledge.search.normalise import question_of


@dataclass(frozen=True)
class Lessons:
    """Every question with the number of its class: documents first, then topics that are not covered."""

    texts: tuple[str, ...]
    classes: NDArray[np.int64]
    documents: int
    asked: NDArray[np.bool_]  # typed by a person (a sample), not a title or a description

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each class begins: the lessons of a class stand together."""
        return np.flatnonzero(np.diff(self.classes, prepend=-1))


def lessons_of(documents: Sequence[SearchDocument], data: SearchData) -> Lessons:
    """All questions of the shelf and of what it does not cover, normalised as a person's question is."""
    rows: list[tuple[str, int, bool]] = []
    for number, document in enumerate(documents):
        rows += [(sample, number, True) for sample in document.samples]
        rows += [(wording, number, True) for wording in (data.wordings or {}).get(document.id, ())]
        rows += [
            (text, number, False) for text in (document.title, *document.description.splitlines()[:2]) if text.strip()
        ]
    for number, topic in enumerate(data.topics, len(documents)):
        rows += [(question, number, True) for question in topic.questions]
    return Lessons(
        texts=tuple(data.glossary.corrected(question_of(text)) for text, _, _ in rows),
        classes=np.array([number for _, number, _ in rows], np.int64),
        documents=len(documents),
        asked=np.array([asked for _, _, asked in rows], np.bool_),
    )
