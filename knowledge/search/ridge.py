"""Which questions belong together: a ridge classifier over the shelf's questions, with exact leave-one-out answers.

A closed form, so that building it twice gives the same numbers and every question can be judged as if it had never
been seen (Rifkin & Lippert 2007, "Notes on regularized least squares").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from knowledge.search.features import Vector

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Ridge:
    """Weights of every feature for every class."""

    weights: Matrix

    def scores(self, vector: Vector) -> Matrix:
        """How strongly a question belongs to each class: about 1 for its own, about 0 for others."""
        if not len(vector.numbers):
            return np.zeros(self.weights.shape[1], np.float32)
        return np.asarray(vector.weights @ self.weights[vector.numbers], np.float32)


@dataclass(frozen=True)
class Trained:
    """A ridge with what is needed to leave questions out again."""

    ridge: Ridge
    questions: csr_matrix
    similarity: Matrix
    inverse: Matrix
    answers: Matrix

    def similarities(self, vector: Vector) -> Matrix:
        """How alike a text is to every question."""
        return similarities(self.questions, vector)

    def left_out(self, hidden: NDArray[np.int64], row: Matrix) -> Matrix:
        """Class scores of a text (its similarities to all questions in `row`) by the ridge that never saw the hidden ones."""
        block = self.inverse[np.ix_(hidden, hidden)]
        mended = np.linalg.solve(block, self.answers[hidden])
        return np.asarray(row @ self.answers - (row @ self.inverse[:, hidden]) @ mended, np.float32)


def train(
    features: csr_matrix, classes: NDArray[np.int64], strength: float, weights: NDArray[np.float32] | None = None
) -> Trained:
    """A ridge over the rows of `features`; `weights` make a row count more or less."""
    count = features.shape[0]
    similarity = np.asarray((features @ features.T).todense(), np.float32)
    noise = strength / (np.ones(count, np.float32) if weights is None else weights)
    inverse = np.linalg.inv(similarity + np.diag(noise)).astype(np.float32)
    wanted = np.zeros((count, int(classes.max()) + 1), np.float32)
    wanted[np.arange(count), classes] = 1
    answers = inverse @ wanted
    return Trained(Ridge(np.asarray(features.T @ answers, np.float32)), features, similarity, inverse, answers)


def similarities(questions: csr_matrix, vector: Vector) -> Matrix:
    """The inner products of a vector with every row."""
    dense = np.zeros(questions.shape[1], np.float32)
    dense[vector.numbers] = vector.weights
    return np.asarray(questions @ dense, np.float32)
