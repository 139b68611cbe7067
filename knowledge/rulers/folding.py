"""One spelling for matching, with the way back: width, case, accents, look-alikes and hidden characters are folded away."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import opencc

# Cyrillic and Greek letters that look Latin, and characters used to dodge word lists (蕞 for 最).
_LOOK_ALIKES = str.maketrans("аеорсухіѕјтвмнкαοντικε蕞", "aeopcyxisjtbmhkaovtike最")
_BETWEEN_HAN = re.compile(r"(?<=[一-龥])[ \t*·•丶]+(?=[一-龥])")
_HIDDEN = {"Cf", "Cs", "Co"}


@dataclass(frozen=True)
class Folded:
    """A text in one spelling; `at` maps each of its characters (and its end) to a place in the original."""

    text: str
    original: str
    at: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the folded text stands in the original."""
        if end <= start:
            return self.at[start], self.at[start]
        return self.at[start], self.at[end - 1] + 1


@lru_cache(maxsize=16)
def fold(text: str) -> Folded:
    """Fold a text. Doing it to its own result changes nothing."""
    if text.isascii():
        return Folded(text.lower(), text, range(len(text) + 1))
    table = {char: _fold_char(char) for char in set(text)}
    pieces = [table[char] for char in text]
    at = [index for index, piece in enumerate(pieces) for _ in piece] + [len(text)]
    folded = "".join(pieces)
    for gap in reversed(list(_BETWEEN_HAN.finditer(folded))):
        folded = folded[: gap.start()] + folded[gap.end() :]
        del at[gap.start() : gap.end()]
    return Folded(folded, text, at)


def fold_word(word: str) -> str:
    return fold(word).text


@cache
def _fold_char(char: str) -> str:
    if char == "\n" or char == "\t":
        return char
    if unicodedata.category(char) in _HIDDEN or "\u0300" <= char <= "\u036f" or "\ufe00" <= char <= "\ufe0f":
        return ""
    if char.isspace():
        return " "
    if char in "…™":  # kept whole: their compatibility forms are several letters
        return char
    wide = unicodedata.normalize("NFKC", char).lower()
    plain = "".join(_without_accent(one) for one in wide)
    return str(_simplified().convert(plain)).translate(_LOOK_ALIKES)


def _without_accent(char: str) -> str:
    apart = unicodedata.normalize("NFKD", char)
    return apart[0] if len(apart) > 1 and apart[0].isascii() else char


@cache
def _simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
