"""What the other classes never say: complement naive Bayes (Rennie et al. 2003, "Tackling the Poor Assumptions").

A word speaks for a class by being rare in all others. It adds little to the ridge's first choice and much to who stands
second and third, in the words of people whose questions nobody has indexed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from knowledge.search.features import Vector
from knowledge.search.postings import Floats

SMOOTHING = 0.1


@dataclass(frozen=True)
class Complement:
    """How much of each feature (rows) the questions of each class (columns) hold."""

    held: csr_matrix
    totals: Floats
    others: Floats  # for each class, the smoothed sum of everything outside of it
    documents: int

    @classmethod
    def of(cls, questions: csr_matrix, classes: NDArray[np.int64], documents: int) -> Complement:
        """Add the questions (rows) of each class up; the first `documents` classes are scored."""
        count = len(classes)
        belongs = csr_matrix((np.ones(count, np.float32), (np.arange(count), classes)))
        held = (questions.T @ belongs).tocsr()
        totals = np.asarray(held.sum(axis=1), np.float32).ravel()
        others = totals.sum() - np.asarray(held.sum(axis=0), np.float32).ravel() + SMOOTHING * len(totals)
        return cls(held, totals, others, documents)

    def scores(self, vector: Vector, hidden: csr_matrix | None = None, owner: int = -1) -> Floats:
        """How well a text fits each document, standardised; the `hidden` questions, all of class `owner`, never seen."""
        held = self.held[vector.numbers].toarray()
        totals, others = self.totals[vector.numbers], self.others
        if hidden is not None:
            gone = np.asarray(hidden[:, vector.numbers].sum(axis=0), np.float32).ravel()
            held[:, owner] -= gone
            totals = totals - gone
            others = others - np.where(np.arange(len(others)) == owner, 0, hidden.sum())
        outside = np.maximum(totals[:, None] - held, 0) + SMOOTHING
        fits = -(vector.weights @ np.log(outside / others))[: self.documents]
        spread = float(fits.std()) if len(fits) else 0.0
        return np.asarray((fits - fits.mean()) / spread if spread > 0 else np.zeros_like(fits), np.float32)
