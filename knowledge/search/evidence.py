"""What speaks for each document, and for a question being answerable at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.search.calibrate import Rows
from knowledge.search.documents import SearchDocument
from knowledge.search.normalise import normalise
from knowledge.search.postings import Floats, Postings, bm25, count
from knowledge.search.tokens import terms

NEAREST = 0.3  # what the most alike single question adds to the ridge
FAINT = 0.2  # the merit below which not even an uncovered topic is named
LEGS = 0.03  # what each lexical leg adds: titles and bodies decide only where the questions do not
FITS = 0.05  # what a spread of naive Bayes adds
SHOWS = ("own", "gap", "outside", "all own", "all outside", "nearest", "nearest outside", "coverage", "length")


@dataclass(frozen=True)
class Evidence:
    """A merit for every document, and the figures (in the order of SHOWS) from which chances are told."""

    merits: Floats
    shows: Rows
    outside: int

    def averaged(self, other: Evidence) -> Evidence:
        """The merits of two readings of one message, with whatever shows best in either."""
        merits = np.asarray((self.merits + other.merits) / 2, np.float32)
        return Evidence(merits, np.maximum(self.shows, other.shows), self.outside)


@dataclass(frozen=True)
class Legs:
    """BM25 over whole documents and over their heads, without the sample questions (those are the ridge's)."""

    words: Postings
    heads: Postings

    @classmethod
    def of(cls, documents: Sequence[SearchDocument]) -> Legs:
        heads = [terms(normalise(document.head)) for document in documents]
        bodies = [terms(normalise(document.text)) for document in documents]
        return cls(bm25(count(head + body for head, body in zip(heads, bodies, strict=True))), bm25(count(heads)))

    def scores(self, question: str) -> Floats:
        """Each leg scaled to its best, added."""
        asked = dict.fromkeys(terms(question), 1.0)
        total = np.zeros(self.words.size, np.float32)
        for leg in (self.words, self.heads):
            raw = leg.scores(asked)
            best = raw.max(initial=0.0)
            total += raw / best if best > 0 else 0
        return total


def weigh(classes: Floats, nearest: Floats, beside: Floats, coverage: float, length: int) -> Evidence:
    """Join the ridge's class scores, the nearest question of each class, and what else speaks for each document.

    Documents stand before topics in `classes` and `nearest`.
    """
    documents = len(beside)
    own, outside = classes[:documents], classes[documents:]
    merits = own + NEAREST * nearest[:documents] + beside
    best = np.sort(merits)[-2:]
    shows = (
        own.max(),
        best[-1] - best[0],
        outside.max(initial=0.0),
        own.sum(),
        outside.sum(),
        nearest[:documents].max(),
        nearest[documents:].max(initial=0.0),
        coverage,
        math.log1p(length),
    )
    strays = outside + NEAREST * nearest[documents:]
    furthest = int(strays.argmax()) if strays.max(initial=0.0) >= FAINT else -1
    return Evidence(np.asarray(merits, np.float32), np.array(shows, np.float64), furthest)
