"""A hybrid search over any documents: several lexical scores and a dense one, each scaled to its best, added up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from knowledge.search.dense import ChromaIndex, Encoder, Index, svd_encoder
from knowledge.search.documents import SearchDocument
from knowledge.search.glossary import EMPTY, Glossary
from knowledge.search.normalise import ask_part, normalise, question_of
from knowledge.search.postings import Counts, Floats, Postings, bm25, cosine, count, unit
from knowledge.search.tokens import is_cjk, ngrams, runs, terms

CHUNK = 400  # characters of a body chunk
NGRAM_LIMIT = 6_000_000  # characters: above this the n-gram cosine costs more memory than it gains (docs/finding.md)
DENSE_LIMIT = 5_000  # documents: an SVD of 256 directions separates playbooks and FAQs, not ten thousand passages
DENSE_NEAREST = 50
SHORT = 150  # characters: documents of about a sentence
LATIN = 0.3  # the share of Chinese characters below which a collection counts as written in Latin letters
Dense = Literal["auto", "on", "off"]


@dataclass(frozen=True)
class Hit:
    """A document found: its score, and the scores it is the sum of."""

    id: str
    version: str
    score: float
    parts: Mapping[str, float]


@dataclass(frozen=True)
class _Leg:
    """One way to score every document for a question."""

    name: str
    score: Callable[[str], Floats]
    weight: float = 1.0


class Engine:
    """Finds documents. Built once, then read by any number of threads."""

    def __init__(
        self,
        documents: Sequence[SearchDocument],
        glossary: Glossary = EMPTY,
        encoder: Encoder | None = None,
        dense: Dense = "auto",
    ) -> None:
        self._documents = tuple(documents)
        self._glossary = glossary
        self._legs = tuple(_build_legs(self._documents, encoder, dense)) if self._documents else ()

    @property
    def legs(self) -> tuple[str, ...]:
        return tuple(leg.name for leg in self._legs)

    def search(self, query: str, limit: int = 10) -> list[Hit]:
        """The best documents for a question, best first; nothing where no word is known."""
        total, parts = self.scores(query)
        if not len(total):
            return []
        order = np.argsort(-total, kind="stable")[:limit]
        return [
            Hit(
                self._documents[n].id,
                self._documents[n].version,
                float(total[n]),
                {k: float(v[n]) for k, v in parts.items()},
            )
            for n in order
            if total[n] > 0
        ]

    def scores(self, query: str) -> tuple[Floats, dict[str, Floats]]:
        """The sum of the scaled scores of every document, and the raw score of each leg."""
        question = question_of(query)
        variants = [question, ask_part(query), self._expanded(question)]
        total = np.zeros(len(self._documents), np.float32)
        parts: dict[str, Floats] = {}
        for leg in self._legs:
            raw = [leg.score(variant) for variant in variants if variant]
            if raw:
                parts[leg.name] = raw[0]
                total += leg.weight * np.mean([_scaled(scores) for scores in raw], axis=0)
        return total, parts

    def _expanded(self, question: str) -> str | None:
        more = self._glossary.expansion(question)
        return f"{question} {more}" if more else None


def _scaled(scores: Floats) -> Floats:
    best = scores.max(initial=0.0)
    return scores / best if best > 0 else np.zeros_like(scores)


@dataclass(frozen=True)
class _Collection:
    """The documents' normalised words, and what kind of reading they are."""

    documents: tuple[SearchDocument, ...]
    wholes: tuple[str, ...]

    @property
    def characters(self) -> int:
        return sum(map(len, self.wholes))

    @property
    def described(self) -> bool:
        """Playbook-like: they say what they are for, or which questions they answer."""
        return any(document.description or document.tags or document.samples for document in self.documents)

    @property
    def short(self) -> bool:
        return self.characters <= SHORT * len(self.wholes)

    @property
    def latin(self) -> bool:
        chinese = sum(len(run) for whole in self.wholes[:1_000] for run in runs(whole) if is_cjk(run))
        return chinese < LATIN * sum(map(len, self.wholes[:1_000]))


def _weights(collection: _Collection, dense: Dense, encoded: bool) -> dict[str, float]:
    """Which legs a collection gets, as measured (docs/finding.md): every leg where documents describe themselves; words
    first for passages, with an SVD leg for Latin or short ones and n-grams for Chinese ones."""
    small = collection.characters <= NGRAM_LIMIT
    vectors = encoded or (small and 3 <= len(collection.documents) <= DENSE_LIMIT)
    if collection.described:
        weights = {"words": 1.0, "head": 1.0, "samples": 1.0, "ngrams": 1.0, "chunks": 1.0, "dense": 1.0}
    elif collection.latin or collection.short:
        weights = {"words": 1.0, "head": 0.2, "dense": 1.0}
    else:
        weights = {"words": 1.0, "head": 0.2, "ngrams": 0.3, "dense": 1.0 if encoded or dense == "on" else 0.0}
    if not small:
        weights = {name: weight for name, weight in weights.items() if name not in ("ngrams", "chunks")}
    if dense == "off" or (dense == "auto" and not vectors):
        weights["dense"] = 0.0
    return weights


def _build_legs(documents: tuple[SearchDocument, ...], encoder: Encoder | None, dense: Dense) -> list[_Leg]:
    wholes = tuple(normalise(document.whole) for document in documents)
    weights = _weights(_Collection(documents, wholes), dense, encoder is not None)

    def wanted(name: str, there: bool = True) -> bool:
        return there and weights.get(name, 0.0) > 0

    legs = [_bm25_leg("words", wholes)]
    if wanted("head", any(document.text and document.head for document in documents)):
        legs.append(_bm25_leg("head", [normalise(document.head) for document in documents]))
    if wanted("samples", any(document.samples for document in documents)):
        legs.append(_best_piece_leg("samples", [document.samples or ("",) for document in documents]))
    pieces = [chunks(document.text) or [""] for document in documents] if wanted("chunks") else []
    if any(len(found) > 1 for found in pieces):
        legs.append(_best_piece_leg("chunks", pieces))
    if wanted("ngrams") or wanted("dense"):
        legs += _ngram_legs(wholes, encoder, wanted("ngrams"), wanted("dense"))
    return [replace(leg, weight=weights[leg.name]) for leg in legs]


def _ngram_legs(wholes: Sequence[str], encoder: Encoder | None, ngram: bool, dense: bool) -> list[_Leg]:
    if encoder is not None and not ngram:
        return [_encoder_leg(wholes, encoder)] if dense else []
    counts = count(map(ngrams, wholes))
    postings = cosine(counts)
    legs = [_cosine_leg("ngrams", postings)] if ngram else []
    if dense:
        legs.append(_encoder_leg(wholes, encoder) if encoder is not None else _svd_leg(counts, postings))
    return legs


def chunks(text: str, size: int = CHUNK) -> list[str]:
    """Consecutive pieces of a body, about `size` characters, cut at line ends where there are any."""
    pieces: list[str] = []
    current = ""
    for line in text.splitlines():
        if current and len(current) + len(line) > size:
            pieces.append(current)
            current = ""
        current = f"{current}\n{line}".strip()
        while len(current) > 2 * size:
            pieces.append(current[:size])
            current = current[size:]
    return [*pieces, current] if current else pieces


def _bm25_leg(name: str, texts: Sequence[str]) -> _Leg:
    postings = bm25(count(map(terms, texts)))
    return _Leg(name, lambda question: postings.scores(_times(terms(question))))


def _times(features: Sequence[str]) -> dict[str, float]:
    times: dict[str, float] = {}
    for feature in features:
        times[feature] = times.get(feature, 0.0) + 1.0
    return times


def _cosine_leg(name: str, postings: Postings) -> _Leg:
    return _Leg(name, lambda question: postings.scores(unit(ngrams(question), postings)))


def _best_piece_leg(name: str, pieces: Sequence[Sequence[str]]) -> _Leg:
    """The cosine of a document's best piece, be it a sample question or a chunk of its body."""
    counts = count(ngrams(normalise(piece)) for found in pieces for piece in found)
    postings = cosine(counts)
    starts = np.cumsum([0, *(len(found) for found in pieces[:-1])])
    return _Leg(name, lambda question: np.maximum.reduceat(postings.scores(unit(ngrams(question), postings)), starts))


def _svd_leg(counts: Counts, postings: Postings) -> _Leg:
    encode, vectors = svd_encoder(counts, postings)
    return _dense_leg(encode, ChromaIndex(vectors), len(vectors))


def _encoder_leg(texts: Sequence[str], encoder: Encoder) -> _Leg:
    vectors = np.asarray(encoder(list(texts)), np.float32)
    return _dense_leg(encoder, ChromaIndex(vectors, "encoder"), len(vectors))


def _dense_leg(encode: Encoder, index: Index, size: int) -> _Leg:
    def score(question: str) -> Floats:
        numbers, cosines = index.nearest(encode([question])[0], DENSE_NEAREST)
        scores: NDArray[np.float32] = np.zeros(size, np.float32)
        scores[numbers] = np.maximum(cosines, 0)
        return scores

    return _Leg("dense", score)
