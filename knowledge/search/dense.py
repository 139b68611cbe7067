"""The dense leg: vectors in an embedded Chroma, made by an encoder or by an SVD of the texts' own n-grams."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from knowledge.search.postings import Counts, Floats, Postings, tfidf, unit
from knowledge.search.tokens import ngrams

SVD_WIDTH = 256
BATCH = 2_000  # Chroma takes at most 5,461 records a call
EF_SEARCH = 100  # enough for SVD and model vectors (hashed ones would need 1,000); acts only at creation
Encoder = Callable[[Sequence[str]], NDArray[np.float32]]
_CLIENT_LOCK = threading.Lock()
_log = logging.getLogger(__name__)


class Index(Protocol):
    """Where vectors lie and which of them are nearest."""

    def nearest(self, vector: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]: ...


@dataclass(frozen=True)
class SvdEncoder:
    """Latent directions of the shelf's own n-gram TF-IDF; reads a question without any model or network."""

    postings: Postings
    directions: Floats

    def __call__(self, texts: Sequence[str]) -> Floats:
        return np.stack([self._encode(text) for text in texts])

    def _encode(self, text: str) -> Floats:
        total = np.zeros(self.directions.shape[1], np.float32)
        for feature, weight in unit(ngrams(text), self.postings).items():
            number = self.postings.vocabulary.get(feature)
            if number is not None:
                total += np.float32(weight) * self.directions[number]
        [row] = _unit_rows(total[None, :])
        return np.asarray(row, np.float32)


def svd_encoder(counts: Counts, postings: Postings, width: int = SVD_WIDTH) -> tuple[SvdEncoder, Floats]:
    """An encoder fitted on these texts, and their own vectors. The same texts give the same vectors."""
    matrix, _ = tfidf(counts)
    width = max(1, min(width, min(matrix.shape) - 1))
    directions = _right_directions(matrix, width)
    return SvdEncoder(postings, directions), _unit_rows(matrix @ directions)


def _right_directions(matrix: csr_matrix, width: int) -> Floats:
    """Randomised range finder with two power steps (Halko, Martinsson & Tropp 2011), seeded: deterministic."""
    start = np.random.default_rng(7).standard_normal((matrix.shape[0], width + 16)).astype(np.float32)
    for _ in range(2):
        start, _ = np.linalg.qr(matrix @ (matrix.T @ start))
    small = (matrix.T @ start).T
    _, _, right = np.linalg.svd(small, full_matrices=False)
    return np.ascontiguousarray(right[:width].T, dtype=np.float32)


def _unit_rows(matrix: Floats) -> Floats:
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    unit: Floats = (matrix / lengths).astype(np.float32)
    return unit


class ChromaIndex:
    """Vectors in an in-memory collection of an embedded Chroma; Chroma is an index, never a source."""

    def __init__(self, vectors: Floats, encoder_name: str = "svd") -> None:
        import chromadb  # 0.9 s of processor time and 40 MB: only where the leg is used
        from chromadb.config import Settings

        digest = hashlib.sha256(vectors.tobytes()).hexdigest()[:24]
        name = f"{encoder_name}-{vectors.shape[1]}-{digest}"
        with (
            _CLIENT_LOCK
        ):  # clients of one process share their collections, so making one is not repeated or interleaved
            client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False, is_persistent=False))
            if name in {collection.name for collection in client.list_collections()}:
                client.delete_collection(name)
            self._collection: Any = client.create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": EF_SEARCH}}
            )
            for start in range(0, len(vectors), BATCH):
                batch = vectors[start : start + BATCH]
                ids = [str(number) for number in range(start, start + len(batch))]
                self._collection.add(ids=ids, embeddings=batch)
        self._size = len(vectors)

    def nearest(self, vector: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """The nearest records' numbers and their cosines."""
        found = self._collection.query(
            query_embeddings=[vector], n_results=min(limit, self._size), include=["distances"]
        )
        numbers = np.array([int(number) for number in found["ids"][0]], np.int64)
        return numbers, 1 - np.asarray(found["distances"][0], np.float32)
