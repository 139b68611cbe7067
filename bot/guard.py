"""The outgoing check: nothing a model says may hold what this person must not see, in whatever disguise, nor in pieces.

Three rules, each over every view of the text (bot/views.py): no run of 24 characters of a hidden text; no canary; and
of shorter pieces, counted over the person's day, no more than a few. What also stands in a text the person may read in
full is no secret, however it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.views import bare, views, without_frame, without_latin
from foundation.pinyin import spelling, without_tones

__all__ = ["BUDGET", "PIECE", "RUN", "Guard", "LetOut", "Session", "bare", "views"]

RUN = 24  # characters, without blanks and punctuation
LEAST_LINE = 12  # a whole hidden line of so many characters is as much as a run
PIECE = 10  # a shared piece this long is hardly chance
BUDGET = 40  # characters of hidden pieces that a person may come upon in a day
SYLLABLES, SPELLED = 12, 60  # letters: a piece of pinyin, and how many such letters are no chance
SHORT = 160  # a bare answer this short may be an instalment
KEPT = 200  # short answers of a day that are looked at together

Hashes = NDArray[np.uint64]
_NONE: Hashes = np.empty(0, np.uint64)
_BASE, _MIX = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93


def windows(text: str, size: int) -> Hashes:
    """A 64-bit hash of each run of `size` characters, in order."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    count = len(points) - size + 1
    if count <= 0:
        return _NONE
    with np.errstate(over="ignore"):
        mixed = (points + np.uint64(1)) * np.uint64(_MIX)
        mixed ^= mixed >> np.uint64(29)
        found = np.zeros(count, np.uint64)
        for offset in range(size):
            found = found * np.uint64(_BASE) + mixed[offset : offset + count]
    return found


def _secrets(hidden: Sequence[str], allowed: Sequence[str], size: int) -> Hashes:
    """The runs of hidden texts that stand in no allowed one, sorted."""
    found = np.unique(np.concatenate([_NONE, *(windows(text, size) for text in hidden)]))
    known = np.zeros(len(found), bool)
    for text in allowed:
        hashes = windows(text, size)
        places = np.minimum(np.searchsorted(found, hashes), max(len(found) - 1, 0))
        if len(found):
            known[places[found[places] == hashes]] = True
    return found[~known]


def _short_lines(hidden: Iterable[str], pieces: Hashes) -> dict[int, tuple[str, ...]]:
    """Lines of hidden texts, as an answer key is one, too short to hold a run; by their first piece that is secret."""
    found: dict[int, tuple[str, ...]] = {}
    for line in {bare(line) for text in hidden for line in text.splitlines()}:
        if LEAST_LINE <= len(line) < RUN:
            hashes = windows(line, PIECE)
            for piece in hashes[_among(hashes, pieces)][:1]:
                found[int(piece)] = (*found.get(int(piece), ()), line)
    return found


def _among(hashes: Hashes, known: Hashes) -> NDArray[np.bool_]:
    if not len(known) or not len(hashes):
        return np.zeros(len(hashes), bool)
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.asarray(known[places] == hashes)


@dataclass(frozen=True)
class Guard:
    """What the answers to a team's members are held against."""

    runs: Hashes
    pieces: Hashes
    syllables: Hashes
    consonants: Hashes
    lines: Mapping[int, tuple[str, ...]] = field(default_factory=dict)  # whole short lines, by a piece of theirs
    canaries: tuple[str, ...] = ()

    @classmethod
    def of(cls, hidden: Iterable[str], allowed: Iterable[str], canaries: Iterable[str] = ()) -> Guard:
        hidden = list(hidden)
        secret, open_ = [bare(text) for text in hidden], [bare(text) for text in allowed]
        spelled = _secrets([spelling(text) for text in secret], [spelling(text) for text in open_], SYLLABLES)
        bones = _secrets([consonants(text) for text in secret], [consonants(text) for text in open_], RUN)
        kept = tuple(bare(one) for one in canaries if len(bare(one)) >= 6)
        # A view without figures must not make a secret of what may be read.
        open_ += [thin for text in open_ for thin in without_latin(text)]
        pieces = _secrets(secret, open_, PIECE)
        return cls(_secrets(secret, open_, RUN), pieces, spelled, bones, _short_lines(hidden, pieces), kept)

    def objects_to(self, text: str) -> bool:
        """Whether this text alone gives something away."""
        return Session(self).objects_to(text)

    def gives_away(self, view: str) -> bool:
        """Whether a bare view holds a canary, a run of hidden text, or a whole hidden line that is shorter than that."""
        if any(canary in view for canary in self.canaries) or _among(windows(view, RUN), self.runs).any():
            return True
        hashes = windows(view, PIECE)
        held = hashes[_among(hashes, self.pieces)]
        return any(line in view for piece in held for line in self.lines.get(int(piece), ()))

    def spells_out(self, text: str) -> bool:
        """Whether the text spells hidden Chinese in Latin letters, or hidden English without its vowels."""
        if _among(windows(consonants(bare(text)), RUN), self.consonants).any():
            return True
        letters = re.sub(r"[^a-z]", "", without_tones(text).casefold())
        held = _among(windows(letters, SYLLABLES), self.syllables)
        return _covered(held, SYLLABLES) >= SPELLED


def _covered(held: NDArray[np.bool_], size: int) -> int:
    """How many characters the held runs of `size` cover together."""
    places = np.flatnonzero(held)
    if not len(places):
        return 0
    return int(np.minimum(np.diff(places), size).sum()) + size


@dataclass(frozen=True)
class LetOut:
    """What must be remembered of an answer that went out; mostly nothing."""

    spent: int
    pieces: list[int]
    short: str

    def __bool__(self) -> bool:
        return bool(self.pieces or self.short)


@dataclass
class Session:
    """One person's day under a guard: what was let out before this answer.

    `pieces` are hashes of hidden pieces, `spent` the characters that they cover, `short` the short answers in order.
    """

    guard: Guard
    spent: int = 0
    pieces: set[int] = field(default_factory=set)
    short: list[str] = field(default_factory=list)

    def objects_to(self, text: str) -> bool:
        """Whether any view of the text, alone or after what was let out before, gives something away."""
        if self.guard.spells_out(text):
            return True
        for view in views(text):
            if self.guard.gives_away(view) or self.spent + self._fresh(view)[0] > BUDGET:
                return True
        return any(self.guard.gives_away(view) for view in self._with_before(text))

    def let_out(self, text: str) -> LetOut:
        """Remember an answer that goes out; gives what of it must be kept for the rest of the day."""
        covered, found = max((self._fresh(view) for view in views(text)), key=lambda one: one[0], default=(0, _NONE))
        pieces = sorted({int(one) for one in found})
        short = text if 0 < len(bare(text)) <= SHORT else ""
        self.spent += covered
        self.pieces.update(pieces)
        self.short = [*self.short, short][-KEPT:] if short else self.short
        return LetOut(covered, pieces, short)

    def refused(self, text: str) -> LetOut:
        """Remember an answer that was withheld: what comes after it must not go on where it stopped."""
        short = text if 0 < len(bare(text)) <= SHORT else ""
        self.short = [*self.short, short][-KEPT:] if short else self.short
        return LetOut(0, [], short)

    def _fresh(self, view: str) -> tuple[int, Hashes]:
        """How many characters of a view are hidden pieces that this person has not come upon today, and which."""
        hashes = windows(view, PIECE)
        held = _among(hashes, self.guard.pieces)
        for place in np.flatnonzero(held):
            held[place] = int(hashes[place]) not in self.pieces
        return _covered(held, PIECE), hashes[held]

    def _with_before(self, text: str) -> list[str]:
        """The day's short answers in a row, as they stand, and only what differs between them or stands in quotes."""
        if not self.short or len(bare(text)) > SHORT:
            return []
        row = [*self.short, text][-KEPT:]
        differing = without_frame(row)
        quoted = [
            "".join(re.findall(r"[「『“\"《【'`]([^「」『』“”\"《》【】'`]+)[」』”\"》】'`]", one)) for one in row
        ]
        joined = [bare("".join(parts)) for parts in (row, differing, quoted)]
        return joined + [one[::-1] for one in joined] + [bare("".join(reversed(differing)))]


def consonants(text: str) -> str:
    """What is left of Latin words without their vowels; nothing of other writings."""
    return re.sub(r"[^b-df-hj-np-tv-z]", "", text)
