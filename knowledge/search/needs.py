"""Several needs in one message: where it may be cut, and how sure a piece must be to count as a need of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.search.data import SearchData
from knowledge.search.normalise import normalise

FIRM, LOOSE = 0.25, 0.35  # the chance a piece needs beside a word that joins two jobs, and beside a mere "and"
LONGEST = 120  # characters: a longer message tells a story about one need


@dataclass(frozen=True)
class Part:
    """A piece of a message that may be a need; `doubt` is the chance it must reach."""

    text: str
    doubt: float


@dataclass(frozen=True)
class Splitter:
    """Cuts messages at the connectives of confusable.yaml."""

    strong: re.Pattern[str]
    weak: re.Pattern[str]
    fillers: re.Pattern[str]
    leading: int = 5

    @classmethod
    def of(cls, data: SearchData) -> Splitter:
        return cls(_any_of(data.strong), _any_of(data.weak), _any_of(data.fillers))

    def parts(self, question: str) -> list[Part]:
        """The pieces of a message, if it is one that joins jobs; nothing for a plain or a long one."""
        if len(question) > LONGEST:
            return []
        strong = [piece for piece in _pieces(self.strong, question)]
        joined = len(strong) > 1
        found = [
            Part(piece, FIRM if joined else LOOSE)
            for clause in strong
            for piece in _pieces(self.weak, clause)
            if len(piece) > 1
        ]
        return found if len(found) > 1 else []

    def bare(self, question: str) -> str:
        """What is left of a question without "how do I", "please" and the like."""
        return normalise(self.fillers.sub(" ", question))


def _pieces(pattern: re.Pattern[str], text: str) -> list[str]:
    return [piece.strip() for piece in pattern.split(text) if piece.strip()]


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = [rf"\b{re.escape(word)}\b" if word.isascii() and word.isalpha() else re.escape(word) for word in words]
    return re.compile("|".join(sorted(parts, key=len, reverse=True)) or r"(?!)")
