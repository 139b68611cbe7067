"""含AI率: how much of a finished text stands as the model wrote it; decisions are counted apart from wording.

The wording kept is counted in words (a Chinese character is one): a word of the final text counts as kept when it
stands in a run of at least two that the draft has too. A run that was only moved is kept; a word in its place is not.
A run of function words alone ("of the", 这个) is nobody's wording: two English texts about anything share a good half.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

RUN = 2
_WORD = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]|[^\W_\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]+")
_FUNCTION = frozenset(
    """a an the and or but of to in on at by for with from as is are was were be been it its this that these those you your
    we our us they their them i my me he she his her not no do does did has have had can will would could should may one
    into than then so if when which who what there here all any each more most very""".split()  # noqa: SIM905
) | frozenset("的了是在和与也就都而及或有这那一个你我他她它们不会可以到要把被让给从对为上下中之其很")
ORIGINS = ("model", "human", "playbook", "unknown")


@dataclass(frozen=True)
class Step:
    """One step of a work: who wrote its draft, the draft, and what became of it."""

    name: str
    origin: str  # model · human · playbook · unknown
    draft: str
    final: str


@dataclass(frozen=True)
class Share:
    """The share of a model's wording in a text, 0 to 1; None where nobody knows where the draft came from."""

    name: str
    share: float | None
    words: int


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: width and case do not count, punctuation neither."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def kept(draft: str, final: str) -> float:
    """The share of the final text's words that stand as in the draft: untouched 1, rewritten near 0."""
    before, after = words_of(draft), words_of(final)
    if before == after:
        return 1.0
    if not after or not before:
        return 0.0
    run = min(RUN, len(after), len(before))
    known = {tuple(before[i : i + run]) for i in range(len(before) - run + 1)}
    stands = [False] * len(after)
    for i in range(len(after) - run + 1):
        if tuple(after[i : i + run]) in known:
            stands[i : i + run] = [True] * run
    return sum(map(len, _runs_of_meaning(after, stands))) / len(after)


def _runs_of_meaning(words: Sequence[str], stands: Sequence[bool]) -> list[list[str]]:
    runs = groupby(zip(words, stands, strict=True), key=lambda pair: pair[1])
    kept_runs = [[word for word, _ in run] for stand, run in runs if stand]
    return [run for run in kept_runs if not _FUNCTION.issuperset(run)]


def share_of(step: Step) -> Share:
    """A step's share: a human's own text 0, an unknown draft unknown, a model's draft by what was kept of it."""
    words = len(words_of(step.final))
    if step.origin == "unknown":
        return Share(step.name, None, words)
    if step.origin != "model":
        return Share(step.name, 0.0, words)
    return Share(step.name, kept(step.draft, step.final), words)


def overall(shares: Sequence[Share]) -> float | None:
    """The steps together, by their words; unknown as soon as one of them is."""
    total = sum(one.words for one in shares)
    if any(one.share is None for one in shares) or total == 0:
        return None
    return sum((one.share or 0.0) * one.words for one in shares) / total


@dataclass(frozen=True)
class Piece:
    """A stretch of the comparison: kept, gone from the draft, or new in the final text."""

    kind: str  # kept · gone · new
    text: str


def difference(draft: str, final: str) -> list[Piece]:
    """The two texts line by line, and within changed lines word by word."""
    from difflib import SequenceMatcher

    before, after = _tokens(draft), _tokens(final)
    pieces: list[Piece] = []
    for kind, i, j, m, n in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("kept", "".join(before[i:j])))
            continue
        if i < j:
            pieces.append(Piece("gone", "".join(before[i:j])))
        if m < n:
            pieces.append(Piece("new", "".join(after[m:n])))
    return pieces


def _tokens(text: str) -> list[str]:
    """Words and what stands between them; nothing is lost."""
    tokens = re.findall(r"[^\W_\u3400-\u9fff]+|[\s\S]", text)
    return tokens if len(tokens) <= 2500 else re.findall(r"[^\n]*\n|[^\n]+", text)
