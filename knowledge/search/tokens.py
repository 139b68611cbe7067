"""Words and character n-grams of Chinese and English, without a dictionary."""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003134f"
_RUNS = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+", re.UNICODE)
_CJK_START = re.compile(rf"[{_CJK}]")
_STEMMER = snowballstemmer.stemmer("english")
COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "please",
        "shall",
        "should",
        "so",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The English stem of a word; a word of other letters or with digits stays as it is."""
    return str(_STEMMER.stemWord(word)) if word.isascii() and word.isalpha() else word


def runs(text: str) -> list[str]:
    """Stretches of CJK characters and Latin words, in order."""
    return _RUNS.findall(text)


def is_cjk(run: str) -> bool:
    return _CJK_START.match(run) is not None


def terms(text: str) -> list[str]:
    """Terms for BM25: CJK characters and pairs, stemmed Latin words without the commonest ones.

    Pairs and single characters beat a segmenter in MRR@10 on five of six Chinese sets, and need no dictionary.
    """
    found: list[str] = []
    for run in runs(text):
        if is_cjk(run):
            found.extend(run)
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
        elif run not in COMMON:
            found.append(stem(run))
    return found


def ngrams(text: str) -> list[str]:
    """Features for cosines: CJK 1- to 3-grams, Latin words and their 3- to 5-grams with word ends marked."""
    found: list[str] = []
    for run in runs(text):
        if is_cjk(run):
            found.extend(run)
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
            found.extend(run[i : i + 3] for i in range(len(run) - 2))
        else:
            found.extend(word_grams(run))
    return found


@lru_cache(maxsize=50_000)
def word_grams(word: str) -> tuple[str, ...]:
    """The stem as one feature, and the marked word's 3- to 5-grams, which forgive a slip of the finger."""
    marked = f"<{word}>"
    grams = [marked[i : i + n] for n in (3, 4, 5) for i in range(len(marked) - n + 1)]
    return (f"={stem(word)}", *grams)
