"""A question as a vector: its n-grams, its sounds and the trade concepts it names, each block with its own share."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from knowledge.search.glossary import Glossary
from knowledge.search.sounds import sounds
from knowledge.search.tokens import ngrams

BLOCKS: Mapping[str, float] = {"ngrams": 1.0, "sounds": 0.3, "concepts": 1.0}


@dataclass(frozen=True)
class Vector:
    """A sparse vector: feature numbers and weights. `coverage` is the share of its n-gram idf mass that is known."""

    numbers: NDArray[np.int64]
    weights: NDArray[np.float32]
    coverage: float


@dataclass(frozen=True)
class FeatureSpace:
    """The features of the shelf's questions, with how telling each is."""

    glossary: Glossary
    vocabulary: Mapping[str, int]
    idf: NDArray[np.float32]
    texts_with: NDArray[np.float32]
    unknown_idf: float

    @classmethod
    def of(cls, texts: Sequence[str], glossary: Glossary) -> tuple[FeatureSpace, csr_matrix]:
        """The space that these normalised texts span, and the texts in it, one row each."""
        vocabulary: dict[str, int] = {}
        found = Counter[int]()
        read = [_blocks(text, glossary) for text in texts]
        for blocks in read:
            for block in blocks.values():
                found.update({vocabulary.setdefault(feature, len(vocabulary)) for feature in block})
        with_it = np.array([found[n] for n in range(len(vocabulary))], np.float32)
        idf = (np.log((1 + len(texts)) / (1 + with_it)) + 1).astype(np.float32)
        space = cls(glossary, vocabulary, idf, with_it, math.log(1 + len(texts)) + 1)
        return space, rows_of([space._vector(blocks, 1) for blocks in read], space.size)

    @property
    def size(self) -> int:
        return len(self.vocabulary)

    def vector(self, text: str, seen_before: int = 1) -> Vector:
        """A normalised text as a vector; each block has length sqrt(its share) if every feature of it is known.

        `seen_before`: in how many texts a feature must stand to count as covered (2 for a text that is one of them).
        """
        return self._vector(_blocks(text, self.glossary), seen_before)

    def _vector(self, blocks: Mapping[str, Sequence[str]], seen_before: int) -> Vector:
        numbers: list[int] = []
        weights: list[float] = []
        coverage = 0.0
        for name, block in blocks.items():
            known, length = self._weighed(block)
            if name == "ngrams":
                seen = sum(w * w for n, w in known.items() if self.texts_with[n] >= seen_before)
                coverage = seen / length**2 if length else 0.0
            scale = math.sqrt(BLOCKS[name]) / length if length else 0.0
            numbers.extend(known)
            weights.extend(weight * scale for weight in known.values())
        return Vector(np.array(numbers, np.int64), np.array(weights, np.float32), coverage)

    def _weighed(self, features: Sequence[str]) -> tuple[dict[int, float], float]:
        known: dict[int, float] = {}
        square = 0.0
        for feature, times in Counter(features).items():
            number = self.vocabulary.get(feature)
            weight = (1 + math.log(times)) * (self.unknown_idf if number is None else float(self.idf[number]))
            square += weight * weight
            if number is not None:
                known[number] = weight
        return known, math.sqrt(square)


def _blocks(text: str, glossary: Glossary) -> dict[str, list[str]]:
    return {
        "ngrams": ngrams(text),
        "sounds": sounds(text),
        "concepts": [f"#{name}" for name in glossary.concepts(text)],
    }


def rows_of(vectors: Sequence[Vector], size: int) -> csr_matrix:
    """Vectors over `size` features as the rows of one matrix."""
    starts = np.cumsum([0, *(len(vector.numbers) for vector in vectors)])
    numbers = np.concatenate([vector.numbers for vector in vectors]) if vectors else np.zeros(0, np.int64)
    weights = np.concatenate([vector.weights for vector in vectors]) if vectors else np.zeros(0, np.float32)
    return csr_matrix((weights, numbers, starts), shape=(len(vectors), size))
