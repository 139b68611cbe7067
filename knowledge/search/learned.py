"""Everything learned from a shelf's questions, and the evidence it gives for a text, seen or as if never seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from knowledge.search.complement import Complement
from knowledge.search.data import SearchData
from knowledge.search.documents import SearchDocument
from knowledge.search.evidence import FITS, LEGS, Evidence, Legs, weigh
from knowledge.search.features import FeatureSpace, Vector
from knowledge.search.lessons import Lessons, lessons_of
from knowledge.search.normalise import question_of
from knowledge.search.postings import Floats
from knowledge.search.ridge import Ridge, train
from knowledge.search.spelling import Spelling

STRENGTH = 0.5  # of the ridge; left-out top-1 is flat between .2 and 1.5
_NO_MATRIX = np.zeros((0, 0), np.float32)
NOTHING_HIDDEN: NDArray[np.int64] = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Learned:
    """A shelf's questions, learned."""

    lessons: Lessons
    spelling: Spelling
    space: FeatureSpace
    ridge: Ridge
    complement: Complement
    legs: Legs

    @classmethod
    def of(cls, documents: Sequence[SearchDocument], data: SearchData) -> Learned:
        lessons = lessons_of(documents, data)
        space, questions = FeatureSpace.of(lessons.texts, data.glossary)
        return cls(
            lessons=lessons,
            spelling=Spelling.of(data.glossary, lessons.texts),
            space=space,
            ridge=train(questions, lessons.classes, STRENGTH),
            complement=Complement.of(questions, lessons.classes, lessons.documents),
            legs=Legs.of(documents),
        )

    def lean(self) -> Learned:
        """The same without what only hiding lessons needs: a tenth of the memory."""
        return replace(self, ridge=replace(self.ridge, inverse=_NO_MATRIX))

    def read(self, text: str) -> str:
        """What a person typed, normalised and with trade words mended."""
        return self.spelling.mended(question_of(text))

    def evidence(self, question: str, hidden: NDArray[np.int64] = NOTHING_HIDDEN) -> Evidence:
        """What speaks for each document; `hidden` lessons count as never seen."""
        [evidence] = self.evidence_of([question], hidden)
        return evidence

    def evidence_of(self, questions: Sequence[str], hidden: NDArray[np.int64] = NOTHING_HIDDEN) -> list[Evidence]:
        """The same for several texts at once; the `hidden` lessons are of one class."""
        vectors = [self.space.vector(question, seen_before=2 if len(hidden) else 1) for question in questions]
        alike = self.ridge.similarities(vectors)
        classes = self.ridge.scores_without(hidden, alike) if len(hidden) else self.ridge.scores(alike)
        alike[:, hidden] = 0
        beside = [self._beside(*pair, hidden) for pair in zip(questions, vectors, strict=True)]
        return self._weighed(questions, vectors, alike, classes, beside)

    def glance(self, questions: Sequence[str]) -> list[Evidence]:
        """The evidence of ridge and likeness alone: quick, for the many pieces of one message."""
        vectors = [self.space.vector(question) for question in questions]
        alike = self.ridge.similarities(vectors)
        beside = [np.zeros(self.lessons.documents, np.float32)] * len(questions)
        return self._weighed(questions, vectors, alike, self.ridge.scores(alike), beside)

    def left_out(self, questions: Sequence[str], lessons: NDArray[np.int64]) -> list[Evidence]:
        """The evidence for each text as if its own lesson had never been seen."""
        vectors = [self.space.vector(question, seen_before=2) for question in questions]
        alike = self.ridge.similarities(vectors)
        classes = self.ridge.scores_each_without(lessons, alike)
        alike[np.arange(len(lessons)), lessons] = 0
        beside = [self._beside(*one) for one in zip(questions, vectors, lessons[:, None], strict=True)]
        return self._weighed(questions, vectors, alike, classes, beside)

    def _beside(self, question: str, vector: Vector, hidden: NDArray[np.int64]) -> Floats:
        """What titles, bodies and naive Bayes add."""
        if len(hidden):
            unseen = self.ridge.questions[hidden]
            fits = self.complement.scores(vector, unseen, int(self.lessons.classes[hidden[0]]))
        else:
            fits = self.complement.scores(vector)
        return np.asarray(LEGS * self.legs.scores(question) + FITS * fits, np.float32)

    def _weighed(
        self,
        questions: Sequence[str],
        vectors: Sequence[Vector],
        alike: Floats,
        classes: Floats,
        beside: Sequence[Floats],
    ) -> list[Evidence]:
        nearest = np.maximum.reduceat(alike, self.lessons.starts, axis=1)
        return [
            weigh(classes[n], nearest[n], beside[n], vectors[n].coverage, len(question))
            for n, question in enumerate(questions)
        ]
