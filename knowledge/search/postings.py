"""Which text holds which feature and how much it weighs there, so that one pass over a question scores every text."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

K1, B = 1.2, 0.75  # BM25's saturation and length correction (Robertson & Zaragoza 2009)
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Counts:
    """How often each feature stands in each text (texts are rows)."""

    vocabulary: dict[str, int]
    matrix: csr_matrix

    @property
    def texts_with(self) -> NDArray[np.int64]:
        """For each feature, in how many texts it stands."""
        return np.bincount(self.matrix.indices, minlength=len(self.vocabulary))


def count(features_of_texts: Iterable[Sequence[str]]) -> Counts:
    """Count features text by text; the iterable is read once and nothing of it is kept."""
    vocabulary: dict[str, int] = {}
    columns, values, starts = array("i"), array("f"), array("q", [0])
    for features in features_of_texts:
        for feature, times in Counter(features).items():
            columns.append(vocabulary.setdefault(feature, len(vocabulary)))
            values.append(times)
        starts.append(len(columns))
    shape = (len(starts) - 1, len(vocabulary))
    arrays = (np.frombuffer(values, np.float32), np.frombuffer(columns, np.int32), np.frombuffer(starts, np.int64))
    return Counts(vocabulary, csr_matrix(arrays, shape=shape))


@dataclass(frozen=True)
class Postings:
    """For each feature the texts that hold it, with weights; immutable, so any number of threads may ask."""

    vocabulary: dict[str, int]
    idf: Floats
    unknown_idf: float
    starts: NDArray[np.int64]
    texts: NDArray[np.int32]
    weights: Floats
    size: int

    def scores(self, question: Mapping[str, float]) -> Floats:
        """The weighted sum over the question's features for every text."""
        total = np.zeros(self.size, np.float32)
        for feature, weight in question.items():
            number = self.vocabulary.get(feature)
            if number is not None:
                here = slice(self.starts[number], self.starts[number + 1])
                total[self.texts[here]] += np.float32(weight) * self.weights[here]
        return total

    def idf_of(self, feature: str) -> float:
        """How telling a feature is; an unknown one counts as the rarest."""
        number = self.vocabulary.get(feature)
        return self.unknown_idf if number is None else float(self.idf[number])

    def coverage(self, features: Iterable[str]) -> float:
        """The share of the question's idf mass that stands anywhere in the texts."""
        known = whole = 0.0
        for feature in features:
            idf = self.idf_of(feature)
            whole += idf
            known += idf if feature in self.vocabulary else 0.0
        return known / whole if whole else 0.0


def bm25(counts: Counts) -> Postings:
    """BM25 postings with the never-negative idf ln(1 + (N - n + .5) / (n + .5))."""
    size, found = counts.matrix.shape[0], counts.texts_with
    idf = np.log(1 + (size - found + 0.5) / (found + 0.5)).astype(np.float32)
    lengths = np.asarray(counts.matrix.sum(axis=1)).ravel()
    mean = float(lengths.mean()) if size and lengths.any() else 1.0
    weighted = counts.matrix.copy()
    norm = np.repeat((K1 * (1 - B + B * lengths / mean)).astype(np.float32), np.diff(weighted.indptr))
    weighted.data = weighted.data * (K1 + 1) / (weighted.data + norm) * idf[weighted.indices]
    return _postings(counts, weighted, idf, math.log(1 + (size + 0.5) / 0.5))


def cosine(counts: Counts) -> Postings:
    """TF-IDF postings of unit length with dampened counts: scores with a unit question are cosines."""
    matrix, idf = tfidf(counts)
    return _postings(counts, matrix, idf, math.log(1 + counts.matrix.shape[0]) + 1)


def tfidf(counts: Counts) -> tuple[csr_matrix, Floats]:
    """(1 + ln tf) * (ln((1+N)/(1+n)) + 1), rows scaled to length one."""
    size = counts.matrix.shape[0]
    idf = (np.log((1 + size) / (1 + counts.texts_with)) + 1).astype(np.float32)
    matrix = counts.matrix.copy()
    matrix.data = (1 + np.log(matrix.data)) * idf[matrix.indices]
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    matrix.data = (matrix.data / np.repeat(lengths, np.diff(matrix.indptr))).astype(np.float32)
    return matrix, idf


def unit(features: Sequence[str], postings: Postings) -> dict[str, float]:
    """The question as a TF-IDF vector of length one; unknown features take their share of the length."""
    weights = {f: (1 + math.log(n)) * postings.idf_of(f) for f, n in Counter(features).items()}
    length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
    return {feature: weight / length for feature, weight in weights.items()}


def _postings(counts: Counts, weighted: csr_matrix, idf: Floats, unknown: float) -> Postings:
    by_feature = csc_matrix(weighted)
    return Postings(
        vocabulary=counts.vocabulary,
        idf=idf,
        unknown_idf=unknown,
        starts=by_feature.indptr.astype(np.int64),
        texts=by_feature.indices.astype(np.int32),
        weights=by_feature.data.astype(np.float32),
        size=weighted.shape[0],
    )
