"""Several needs in one message: where it may be cut, and how sure a piece must be to count as a need of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.search.data import SearchData
from knowledge.search.normalise import normalise
from knowledge.search.tokens import is_cjk, runs

JOINED, LOOSE = 0.1, 0.45  # the chance a piece needs beside a word that joins two jobs (顺便), and beside a mere "and"
STORY = 55  # characters, an English word counting as two: a longer message tells a story about one need
_CHINESE_SPACE = r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])"
_NEVER = r"(?!)"


@dataclass(frozen=True)
class Part:
    """A piece of a message that may be a need; `doubt` is the chance it must reach."""

    text: str
    doubt: float


@dataclass(frozen=True)
class Splitter:
    """Cuts messages at the connectives of confusable.yaml."""

    joins: re.Pattern[str]
    pairs: re.Pattern[str]
    cuts: re.Pattern[str]
    fillers: re.Pattern[str]
    leading: int = 5  # a need is believed only if the whole message speaks for it too

    @classmethod
    def of(cls, data: SearchData) -> Splitter:
        cuts = re.compile(f"{_any_of(data.joins + data.pairs + data.cuts).pattern}|{_CHINESE_SPACE}")
        return cls(_any_of(data.joins), _any_of(data.pairs), cuts, _any_of(data.fillers))

    def parts(self, question: str) -> list[Part]:
        """The pieces of a message that may hold several needs; nothing for a plain or a long one."""
        if sum(len(run) if is_cjk(run) else 2 for run in runs(question)) > STORY:
            return []
        joined = self.joins.search(question) is not None
        cuts, doubt = (self.cuts, JOINED) if joined else (self.pairs, LOOSE)
        pieces = [piece.strip() for piece in cuts.split(question)]
        found = [Part(piece, doubt) for piece in pieces if len(piece) > 1]
        return found if len(found) > 1 else []

    def bare(self, question: str) -> str:
        """What is left of a question without "how do I", "please" and the like."""
        return normalise(self.fillers.sub(" ", question))


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = [rf"\b{re.escape(word)}\b" if word.isascii() and word.isalpha() else re.escape(word) for word in words]
    return re.compile("|".join(sorted(parts, key=len, reverse=True)) or _NEVER)
