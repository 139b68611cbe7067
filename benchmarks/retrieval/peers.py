"""The peers our engine is held against: plain Chroma, bm25s and SQLite FTS5, each given the best tokens it can use."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

import bm25s
import numpy as np

from benchmarks.retrieval.measures import Search
from knowledge.search.dense import ChromaIndex, svd_encoder
from knowledge.search.documents import SearchDocument
from knowledge.search.engine import Engine
from knowledge.search.normalise import normalise
from knowledge.search.postings import cosine, count
from knowledge.search.tokens import ngrams, terms


def ours(documents: Sequence[SearchDocument]) -> Search:
    """The engine as the product uses it."""
    engine = Engine(documents)
    return lambda text, limit: [hit.id for hit in engine.search(text, limit)]


def chroma(documents: Sequence[SearchDocument]) -> Search:
    """Plain Chroma over whole documents with the embedding our dense leg uses."""
    counts = count(ngrams(normalise(document.whole)) for document in documents)
    encode, vectors = svd_encoder(counts, cosine(counts))
    index = ChromaIndex(vectors, "peer")
    return lambda text, limit: [documents[n].id for n in index.nearest(encode([normalise(text)])[0], limit)[0]]


def bm25s_terms(documents: Sequence[SearchDocument]) -> Search:
    """bm25s with our terms: CJK characters and pairs, stemmed Latin words without stop words."""
    return _bm25s(documents, lambda text: terms(normalise(text)))


def bm25s_words(documents: Sequence[SearchDocument]) -> Search:
    """bm25s with its own word splitting, as most people run it."""

    def split(text: str) -> list[str]:
        [words] = bm25s.tokenize([text], stopwords="en", return_ids=False, show_progress=False)
        return list(words)

    return _bm25s(documents, split)


def _bm25s(documents: Sequence[SearchDocument], split: Callable[[str], list[str]]) -> Search:
    index = bm25s.BM25()
    index.index([split(document.whole) or [""] for document in documents], show_progress=False)

    def search(text: str, limit: int) -> list[str]:
        tokens = [token for token in split(text) if token in index.vocab_dict]
        if not tokens:
            return []
        scores = index.get_scores(tokens)
        return [documents[n].id for n in np.argsort(-scores, kind="stable")[:limit] if scores[n] > 0]

    return search


def fts5_terms(documents: Sequence[SearchDocument]) -> Search:
    """SQLite FTS5 with bm25() over our terms, asked with OR."""
    return _fts5(documents, "unicode61", lambda text: terms(normalise(text)))


def fts5_trigram(documents: Sequence[SearchDocument]) -> Search:
    """SQLite FTS5 with its own trigram tokenizer."""

    def trigrams(text: str) -> list[str]:
        text = normalise(text)
        return [text[i : i + 3] for i in range(max(1, len(text) - 2))]

    return _fts5(documents, "trigram", trigrams, whole=normalise)


def _fts5(
    documents: Sequence[SearchDocument],
    tokenizer: str,
    split: Callable[[str], list[str]],
    whole: Callable[[str], str] | None = None,
) -> Search:
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE VIRTUAL TABLE passages USING fts5(words, tokenize='{tokenizer}')")
    rows = ((n, whole(d.whole) if whole else " ".join(split(d.whole))) for n, d in enumerate(documents))
    database.executemany("INSERT INTO passages(rowid, words) VALUES (?, ?)", rows)

    def search(text: str, limit: int) -> list[str]:
        asked = " OR ".join(
            '"' + token.replace('"', '""') + '"' for token in dict.fromkeys(split(text)) if token.strip()
        )
        if not asked:
            return []
        found = database.execute("SELECT rowid FROM passages WHERE words MATCH ? ORDER BY rank LIMIT ?", (asked, limit))
        return [documents[n].id for (n,) in found]

    return search


PEERS: dict[str, Callable[[Sequence[SearchDocument]], Search]] = {
    "chroma": chroma,
    "bm25s": bm25s_terms,
    "bm25s-own-words": bm25s_words,
    "fts5": fts5_terms,
    "fts5-trigram": fts5_trigram,
}
