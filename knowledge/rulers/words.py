"""Word lists as plain tables, matched in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import re2

from knowledge.rulers.folding import Folded, fold_word

_MARKS = {
    " ": r"[\s\-_‐-―]+",
    "-": r"[\s\-_‐-―]?",
    "*": r"[a-zß-ÿ]*",
    "N": r"[0-9]+(?:[.,][0-9]+)*",
    "…": r"[^.,;:!?()。，；：！？（）\n]{0,14}?",
    "~": r"[\s\-_]+(?:[^.;:!?。；：！？\n]{0,40}?[\s\-_]+)?",
}


@dataclass(frozen=True)
class Hit:
    """A listed word found: its place in the folded text and in the original."""

    start: int
    end: int
    original_start: int
    original_end: int
    text: str


def pattern_of(term: str) -> str:
    """A term of the tables as a pattern.

    A space is any gap, a hyphen an optional one, `*` the rest of a word, `N` a number, `…` a few characters and ` ~ `
    some words between, `( | )` alternatives, `?` the letter or bracket before it may be missing; all else is itself.
    """
    term = term.replace(" ~ ", "~")
    body = "".join(_MARKS.get(char) or (char if char in "()|?[]" else re.escape(fold_word(char))) for char in term)
    bare = term.replace("N", "0")
    first = bare[: bare.find(")") + 1] if bare[0] in "([" else bare[0]
    last = bare[bare.rfind("(") :] if bare.rstrip("?")[-1] in ")]" else bare
    left, right = fold_word(first.lstrip("([")[:1]), fold_word(last.rstrip("()?*[]")[-1:])
    return (r"\b" if _is_latin(left, first) else "") + body + (r"\b" if _is_latin(right, last) else "")


def _is_latin(char: str, group: str) -> bool:
    """Whether a word boundary belongs here: not where one of the alternatives is Chinese or Japanese."""
    return char.isascii() and char.isalnum() and not (group[0] in "([" and re.search(r"[ぁ-ヺ一-龥]", group))


@dataclass(frozen=True)
class WordList:
    """Terms with their exceptions: a hit inside an exception is none."""

    terms: tuple[str, ...]
    exceptions: tuple[str, ...] = ()

    def hits(self, folded: Folded) -> Iterator[Hit]:
        excepted = (
            _Spans(match.span() for match in compiled(self.exceptions).finditer(folded.text))
            if self.exceptions
            else None
        )
        for match in compiled(self.terms).finditer(folded.text):
            start, end = match.span()
            if start == end or (excepted is not None and excepted.meets(start, end)):
                continue
            first, last = folded.span(start, end)
            yield Hit(start, end, first, last, folded.original[first:last])


class _Spans:
    """Spans in rising order, asked in rising order: whether one of them meets a piece."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self.spans: Sequence[tuple[int, int]] = list(spans)
        self.next = 0

    def meets(self, start: int, end: int) -> bool:
        while self.next < len(self.spans) and self.spans[self.next][1] <= start:
            self.next += 1
        return self.next < len(self.spans) and self.spans[self.next][0] < end


@cache
def compiled(terms: tuple[str, ...]) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    longest_first = sorted(terms, key=len, reverse=True)
    return re2.compile("|".join(f"(?:{pattern_of(term)})" for term in longest_first) or r"[^\s\S]", options)


class Covered:
    """Which places of a text are taken: asked and marked in the length of the piece, however many there are."""

    def __init__(self, length: int, spans: Iterable[tuple[int, int]] = ()) -> None:
        self._taken = bytearray(length + 1)
        for start, end in spans:
            self.add(start, end)

    def add(self, start: int, end: int) -> None:
        self._taken[start:end] = b"\x01" * (end - start)

    def meets(self, start: int, end: int) -> bool:
        return 1 in self._taken[start:end]

    def holds(self, start: int, end: int) -> bool:
        """Whether the whole piece is taken."""
        return start < end and 0 not in self._taken[start:end]


def split_list(value: str) -> tuple[str, ...]:
    """The entries of an option that holds a list; "none" words are no entries."""
    entries = [one.strip(" \"'「」“”*-") for one in re.split(r"[;；、\n|]|,(?!\d)|，", value)]
    return tuple(
        one for one in entries if one and one.casefold() not in ("无", "没有", "none", "n/a", "（空）", "（无）", "空")
    )


def given(words: Sequence[str], folded: Folded) -> Iterator[Hit]:
    """Hits of words a person gave (brands, banned terms): taken literally, whole words."""
    literal = tuple(
        sorted({folded_word for word in words if (folded_word := fold_word(word).strip())}, key=len, reverse=True)
    )
    if not literal:
        return
    options = re2.Options()
    options.log_errors = False
    pattern = re2.compile("|".join(_literal(word) for word in literal), options)
    for match in pattern.finditer(folded.text):
        start, end = match.span()
        if start < end:
            first, last = folded.span(start, end)
            yield Hit(start, end, first, last, folded.original[first:last])


def _literal(word: str) -> str:
    left = r"\b" if word[0].isascii() and word[0].isalnum() else ""
    right = r"\b" if word[-1].isascii() and word[-1].isalnum() else ""
    gaps = re.split(r"[\s\-]+", word)
    return left + r"[\s\-]+".join(re.escape(gap) for gap in gaps) + right
