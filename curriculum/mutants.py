"""Mutant hunt (挑刺): known faults planted into good texts, to be found by tapping.

What is a fault is true by construction: the planted pieces are, the others are not. A kind is not planted where the
original already holds something like it, so that no honest tap is ever counted wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import Any

import yaml

KINDS = (
    "invented_spec",
    "banned_phrase",
    "centimetres",
    "doubled_keyword",
    "unsaid_claim",
    "missing_stop",
    "promise",
)
# A piece ends after a full stop or at a line's end; English points only before a space.
_PIECE = re.compile(r".+?(?:[。！？；!?]+[”」』）)]*|\.(?=\s)|$)", re.MULTILINE)
MOST_STOPS = 3  # a prompt is told to stop in at most so many places, and all of them go


@dataclass(frozen=True)
class GoodText:
    """A good output or prompt, with what is known about it; every field but the text may be empty."""

    text: str
    keyword: str = ""
    banned: tuple[str, ...] = ()
    may_not_say: tuple[str, ...] = ()
    buyer: str = "US"
    is_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to tap: a sentence or line; `fault` names what was planted, "" for a clean one.

    The empty text stands for "something is missing here", offered at the end of every prompt.
    """

    text: str
    fault: str = ""


@dataclass(frozen=True)
class Hunt:
    """A text in pieces, some of them faulty."""

    pieces: tuple[Piece, ...]

    @property
    def faults(self) -> dict[int, str]:
        return {place: piece.fault for place, piece in enumerate(self.pieces) if piece.fault}


def pieces_of(text: str) -> list[str]:
    """A text as sentences and lines, nothing lost but the blanks between them."""
    found = [piece.strip() for line in text.splitlines() for piece in _PIECE.findall(line)]
    return [piece for piece in found if piece]


def fitting_kinds(good: GoodText) -> list[str]:
    """The kinds of fault whose truth would be beyond doubt in this text."""
    fits = {
        "invented_spec": not _mark("invented_spec").search(good.text),
        "banned_phrase": bool(_absent(good.banned, good.text)),
        "centimetres": good.buyer == "US" and not _mark("centimetres").search(good.text),
        "doubled_keyword": bool(good.keyword.strip()) and good.text.casefold().count(good.keyword.casefold()) <= 1,
        "unsaid_claim": bool(_absent(good.may_not_say, good.text)),
        "missing_stop": good.is_prompt and 1 <= len(_stops(pieces_of(good.text))) <= MOST_STOPS,
        "promise": not _mark("promise").search(good.text),
    }
    return [kind for kind in KINDS if fits[kind]] if pieces_of(good.text) else []


def plant(good: GoodText, seed: str, faults: int = 2, kinds: Sequence[str] = KINDS) -> Hunt:
    """A hunt with at most so many faults of different kinds; the same seed gives the same hunt."""
    random = Random(f"{seed}\x1f{good.text}")
    possible = [kind for kind in fitting_kinds(good) if kind in kinds]
    chosen = random.sample(possible, min(max(faults, 0), len(possible)))
    pieces = [Piece(text) for text in pieces_of(good.text)]
    if "missing_stop" in chosen:
        gone = _stops([piece.text for piece in pieces])
        pieces = [piece for place, piece in enumerate(pieces) if place not in gone]
    for kind in sorted(set(chosen) - {"missing_stop"}):
        pieces.insert(random.randint(0, len(pieces)), Piece(_fault(kind, good, random), kind))
    if good.is_prompt and pieces_of(good.text):
        pieces.append(Piece("", "missing_stop" if "missing_stop" in chosen else ""))
    return Hunt(tuple(pieces))


def _fault(kind: str, good: GoodText, random: Random) -> str:
    """The planted sentence, in the text's own language."""
    phrases = {"banned_phrase": good.banned, "unsaid_claim": good.may_not_say}.get(kind, ())
    phrase = random.choice(_absent(phrases, good.text)) if phrases else ""
    template = str(random.choice(_words()[language_of(good.text)][kind]))
    return template.replace("{keyword}", good.keyword.strip()).replace("{phrase}", phrase)


def language_of(text: str) -> str:
    """zh where Chinese characters carry the text, else en."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    return "zh" if chinese * 4 > len(re.findall(r"\w", text)) else "en"


def _absent(phrases: Iterable[str], text: str) -> list[str]:
    return [one.strip() for one in phrases if one.strip() and one.strip().casefold() not in text.casefold()]


def _stops(pieces: Sequence[str]) -> list[int]:
    return [place for place, text in enumerate(pieces) if _mark("stop").search(text)]


@lru_cache(None)
def _mark(kind: str) -> re.Pattern[str]:
    return re.compile(_words()["marks"][kind], re.IGNORECASE)


@lru_cache(1)
def _words() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "mutant_words.yaml").read_text("utf-8"))
    return loaded


@dataclass(frozen=True, slots=True)
class KindScore:
    """How well one kind of fault is found."""

    planted: int
    hits: int

    @property
    def rate(self) -> float | None:
        return self.hits / self.planted if self.planted else None


@dataclass(frozen=True)
class HuntScore:
    """Hits against false alarms; `d_prime` is how well faults are told from clean pieces, 0 for tapping blindly."""

    kinds: dict[str, KindScore]
    clean: int
    false_alarms: int
    d_prime: float | None

    @property
    def false_alarm_rate(self) -> float | None:
        return self.false_alarms / self.clean if self.clean else None


def score(hunts: Iterable[tuple[Hunt, Iterable[int]]]) -> HuntScore:
    """The score over some hunts with the places tapped; a second tap on a piece, or one beside it, changes nothing."""
    planted, hits = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    clean = alarms = 0
    for hunt, taps in hunts:
        tapped = set(taps)
        for place, piece in enumerate(hunt.pieces):
            if piece.fault:
                planted[piece.fault] += 1
                hits[piece.fault] += place in tapped
            else:
                clean += 1
                alarms += place in tapped
    kinds = {kind: KindScore(planted[kind], hits[kind]) for kind in KINDS if planted[kind]}
    return HuntScore(kinds, clean, alarms, d_prime(sum(hits.values()), sum(planted.values()), alarms, clean))


def d_prime(hits: int, faults: int, alarms: int, clean: int) -> float | None:
    """Sensitivity by signal detection, half a count added on each side (Hautus 1995)."""
    if not faults or not clean:
        return None
    normal = NormalDist()
    return normal.inv_cdf((hits + 0.5) / (faults + 1)) - normal.inv_cdf((alarms + 0.5) / (clean + 1))
