"""Grading without a model: choices, orders and blanks exactly; free text only as the learner's own check."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """A graded answer: `score` 0 to 1; `correct` None where only the learner can say (self-check)."""

    score: float
    correct: bool | None
    self_check: bool = False


def grade_choice(options: Sequence[str], answer: str, chosen: int) -> Verdict:
    """A choice is right or wrong. Raises IndexError for an option that is not there."""
    right = options[chosen] == answer
    return Verdict(float(right), right)


def grade_order(answer: Sequence[str], given: Sequence[str]) -> Verdict:
    """An order is right as a whole; its score is the share of neighbouring pairs that stand in the right order."""
    given = list(given)
    if sorted(given) != sorted(answer):
        return Verdict(0.0, False)
    place = {piece: index for index, piece in enumerate(given)}
    pairs = list(zip(answer, answer[1:], strict=False))
    kept = sum(place[one] + 1 == place[other] for one, other in pairs)
    right = given == list(answer)
    return Verdict(1.0 if right else kept / len(pairs) if pairs else 0.0, right)


def grade_blanks(answers: Sequence[str], accept: Sequence[Sequence[str]], given: Sequence[str]) -> Verdict:
    """Each blank by its accepted spellings (case, width, spaces and quotes do not count); right when all are."""
    variants = [{fold(a)} | {fold(v) for v in (accept[i] if i < len(accept) else ())} for i, a in enumerate(answers)]
    hits = sum(i < len(given) and fold(given[i]) in wanted for i, wanted in enumerate(variants))
    return Verdict(hits / len(answers) if answers else 0.0, hits == len(answers) and len(given) == len(answers))


def split_blanks(text: str, count: int) -> list[str]:
    """What was typed for several blanks: one a line, or parted by ；、，/ | or, where that fits, by spaces."""
    if count == 1:
        return [text.strip()]
    for pattern in (r"\n+", r"\s*[;；|/]\s*", r"\s*[，、,]\s*", r"\s+"):
        parts = [part.strip() for part in re.split(pattern, text.strip()) if part.strip()]
        if len(parts) == count:
            return parts
    return [part for part in re.split(r"[\n;；|/，、,\s]+", text.strip()) if part]


def read_order(text: str, letters: Sequence[str]) -> list[str]:
    """The letters of a typed order, as in "b d a e c" or "bdaec"; anything else in it does not count."""
    return [letter for letter in text.casefold() if letter in letters]


def self_checked(level: int) -> Verdict:
    """What the learner says of their own free text: 0 nothing, 1 half, 2 all of the points."""
    return Verdict(min(max(level, 0), 2) / 2, None, self_check=True)


def fold(text: str) -> str:
    """A spelling with everything removed that is not knowledge: width, case, spaces, quotes, final points."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s\"'“”‘’「」《》。.，,]+", "", plain)
