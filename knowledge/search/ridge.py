"""Which questions belong together: a ridge classifier over the shelf's questions, with exact leave-some-out answers.

A closed form, so that building it twice gives the same numbers and every question can be judged as if it had never
been seen (Rifkin & Lippert 2007, "Notes on regularized least squares").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from knowledge.search.features import Vector, rows_of

Matrix = NDArray[np.float32]
_BLOCK = 256  # rows of similarities made at a time: the sparse product of all at once takes ten times the memory


@dataclass(frozen=True)
class Ridge:
    """The questions as rows, and for each question what its likeness adds to every class; `inverse` leaves questions out.

    `postings` are the questions by feature: a text is compared by the few features it has.
    """

    questions: csr_matrix
    postings: csr_matrix
    answers: Matrix
    inverse: Matrix

    @property
    def lengths(self) -> Matrix:
        """The squared length of every question."""
        return np.asarray(self.questions.multiply(self.questions).sum(axis=1), np.float32).ravel()

    def similarities(self, vectors: Sequence[Vector]) -> Matrix:
        """How alike each text (a row) is to every question."""
        return np.asarray((rows_of(vectors, self.questions.shape[1]) @ self.postings).toarray(), np.float32)

    def scores(self, alike: Matrix) -> Matrix:
        """How strongly a text of these similarities belongs to each class: about 1 for its own, about 0 for others."""
        return np.asarray(alike @ self.answers, np.float32)

    def scores_without(self, hidden: NDArray[np.int64], alike: Matrix) -> Matrix:
        """The same by a ridge that never saw the hidden questions."""
        lines = self.inverse.T[hidden]  # the inverse is symmetric and stands column by column: these lie together
        mended = np.linalg.solve(lines[:, hidden], self.answers[hidden])
        return np.asarray(alike @ self.answers - (alike @ lines.T) @ mended, np.float32)

    def scores_each_without(self, hidden: NDArray[np.int64], alike: Matrix) -> Matrix:
        """The same for many texts at once, each by a ridge that never saw one question, its own."""
        lines = self.inverse.T[hidden]
        share = (alike * lines).sum(axis=1) / lines[np.arange(len(hidden)), hidden]
        return np.asarray(alike @ self.answers - share[:, None] * self.answers[hidden], np.float32)


def train(questions: csr_matrix, classes: NDArray[np.int64], strength: float) -> Ridge:
    """A ridge that tells the classes of these rows apart."""
    count = questions.shape[0]
    inverse = _inverse(_similarities(questions), strength)
    answers = np.zeros((count, int(classes.max()) + 1), np.float32)
    for number in range(answers.shape[1]):
        answers[:, number] = inverse[:, classes == number].sum(axis=1)
    return Ridge(questions, questions.T.tocsr(), answers, inverse)


def _similarities(questions: csr_matrix) -> Matrix:
    count, turned = questions.shape[0], questions.T.tocsr()
    alike = np.empty((count, count), np.float32, order="F")
    for start in range(0, count, _BLOCK):
        alike[start : start + _BLOCK] = (questions[start : start + _BLOCK] @ turned).toarray()
    return alike


def _inverse(alike: Matrix, strength: float) -> Matrix:
    """The inverse of likeness + strength, in place by Cholesky: a third of the work of a general inverse."""
    alike[np.diag_indices_from(alike)] += strength
    factor, failed = lapack.spotrf(alike, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ArithmeticError("the likeness of the questions is not positive definite")
    for start in range(0, len(inverse), _BLOCK):
        block = slice(start, start + _BLOCK)
        inverse[block, start + _BLOCK :] = inverse[start + _BLOCK :, block].T
        corner = np.tril(inverse[block, block])
        inverse[block, block] = corner + np.tril(corner, -1).T
    return np.asarray(inverse, np.float32)
