"""Several needs in one message: every way to cut it is tried, and a cut is believed by how well its pieces stand alone.

A message is cut into atoms at punctuation and at the words of confusable.yaml that join two jobs; any stretch of
neighbouring atoms may be a need. Two stretches are two needs by a small logistic model over a few figures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.calibrate import Logistic, Rows
from knowledge.search.data import SearchData
from knowledge.search.normalise import normalise
from knowledge.search.postings import Floats
from knowledge.search.tokens import is_cjk, runs

ATOMS = 5  # more are joined again, the least separate neighbours first: a long story is told in few pieces
CONTEXT = 0.5  # what the whole message adds to the merits of one of its pieces
MARGIN = 0.6  # a lead beyond which a piece is as good as certain of its document
BELIEVED = 0.5  # the chance from which two pieces count as two needs
PAUSE, PAIR, JOIN = 0, 1, 2  # what stands between two atoms: punctuation, a mere "and", a word that joins two jobs
_CUTS = r"[，,；;。？?！!：:、~…]+|(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])| [-/|+] "
_NEVER = r"(?!)"
FIGURES = ("alone", "margin", "joined", "paired", "joins", "opens", "length", "covered")

# Fitted on questions of the shelf judged without their writer's other questions (one need), on pairs of such questions
# put together, and on the two-need rows of the calibration sets; see docs/finding.md.
BELIEF = Logistic(
    names=FIGURES,
    means=np.zeros(len(FIGURES)),
    spreads=np.ones(len(FIGURES)),
    weights=np.array([1.26, 3.04, 1.55, 0.58, 2.03, 3.76, -1.43, 0.53]),
    bias=0.53,
)


@dataclass(frozen=True)
class Atom:
    """A piece of a message without a cut in it; `cue` is what stands before it."""

    text: str
    start: int
    end: int
    cue: int


@dataclass(frozen=True)
class Stretch:
    """Neighbouring atoms read as one need: which atoms, their words, and where they stand in the message."""

    first: int
    last: int
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Splitter:
    """Cuts messages at punctuation and at the connectives of confusable.yaml."""

    cuts: re.Pattern[str]
    fillers: re.Pattern[str]

    @classmethod
    def of(cls, data: SearchData) -> Splitter:
        joins, pairs = _any_of(data.joins).pattern, _any_of(data.pairs).pattern
        return cls(re.compile(f"(?P<join>{joins})|(?P<pair>{pairs})|(?P<pause>{_CUTS})"), _any_of(data.fillers))

    def atoms(self, question: str) -> list[Atom]:
        """The pieces of a message, at most ATOMS of them."""
        found: list[Atom] = []
        at = cue = 0
        for cut in [*self.cuts.finditer(question), None]:
            end = cut.start() if cut else len(question)
            text = question[at:end].strip()
            if len(text) > 1:
                found.append(Atom(text, at, end, cue))
                cue = PAUSE
            if cut:
                cue = max(cue, JOIN if cut.lastgroup == "join" else PAIR if cut.lastgroup == "pair" else PAUSE)
                at = cut.end()
        while len(found) > ATOMS:
            joint = min(range(1, len(found)), key=lambda n: (found[n].cue, len(found[n].text) + len(found[n - 1].text)))
            left, right = found[joint - 1], found.pop(joint)
            found[joint - 1] = Atom(f"{left.text} {right.text}", left.start, right.end, left.cue)
        return found

    def bare(self, question: str) -> str:
        """What is left of a question without "how do I", "please" and the like."""
        return normalise(self.fillers.sub(" ", question))


def stretches(atoms: Sequence[Atom]) -> list[Stretch]:
    """Every stretch of neighbouring atoms but the whole."""
    return [
        Stretch(i, j, " ".join(atom.text for atom in atoms[i : j + 1]), atoms[i].start, atoms[j].end)
        for i in range(len(atoms))
        for j in range(i, len(atoms))
        if j - i + 1 < len(atoms)
    ]


@dataclass(frozen=True)
class Reading:
    """A message read in pieces: for every stretch the document it asks for, and how sure that is."""

    question: str
    atoms: Sequence[Atom]
    pieces: Sequence[Stretch]
    merits: Floats  # of every stretch for every document, the whole message counted in
    alone: Rows  # the chance that what a stretch finds by itself is right

    @property
    def found(self) -> NDArray[np.int64]:
        return np.asarray(self.merits.argmax(axis=1), np.int64)

    def pairs(self) -> list[tuple[int, int]]:
        """Two stretches, one after the other, that find different documents."""
        found = self.found
        return [
            (a, b)
            for a, left in enumerate(self.pieces)
            for b, right in enumerate(self.pieces)
            if left.last < right.first and found[a] != found[b]
        ]

    def figures(self, pairs: Sequence[tuple[int, int]]) -> Rows:
        """For each pair, in the order of FIGURES, what speaks for its being two needs."""
        a, b = np.array(pairs, np.int64).T
        found, best = self.found, self.merits.max(axis=1)
        margin = np.minimum(best[a] - self.merits[a, found[b]], best[b] - self.merits[b, found[a]])
        cues = [
            max(self.atoms[n].cue for n in range(self.pieces[i].last + 1, self.pieces[j].first + 1)) for i, j in pairs
        ]
        cue = np.array(cues)
        lengths = np.array([len(piece.text) for piece in self.pieces])
        return np.column_stack(
            [
                np.minimum(self.alone[a], self.alone[b]),
                np.clip(margin, -MARGIN, MARGIN),
                cue == JOIN,
                cue == PAIR,
                np.tile(_of_message(self.question, self.atoms), (len(pairs), 1)),
                (lengths[a] + lengths[b]) / len(self.question),
            ]
        ).astype(np.float64)


def conceivable(question: str, atoms: Sequence[Atom], belief: Logistic = BELIEF) -> bool:
    """Whether two pieces could be believed if everything else spoke for them: most messages need not be read in pieces."""
    if len(atoms) < 2:
        return False
    cues = {atom.cue for atom in atoms[1:]}
    best = [1.0, MARGIN, JOIN in cues, PAIR in cues, *_of_message(question, atoms), 1.0]
    return belief.chance(np.array(best, np.float64)) >= BELIEVED


def _of_message(question: str, atoms: Sequence[Atom]) -> tuple[float, float, float]:
    """The figures joins, opens and length: they are the same for every pair of a message."""
    return any(atom.cue == JOIN for atom in atoms), atoms[0].cue == JOIN, math.log(max(_length(question), 1))


def believed(reading: Reading, belief: Logistic = BELIEF) -> tuple[int, ...]:
    """The stretches that are needs of their own, in the order of the message: none, two or three."""
    pairs = reading.pairs()
    if not pairs:
        return ()
    chances = dict(zip(pairs, belief.chances(reading.figures(pairs)), strict=True))
    likely = {pair: float(chance) for pair, chance in chances.items() if chance >= BELIEVED}
    if not likely:
        return ()
    found = reading.found
    threes = {
        (a, b, c): min(likely[a, b], likely[b, c])
        for a, b in likely
        for d, c in likely
        if d == b and found[a] != found[c]
    }
    if threes:
        three = max(threes, key=lambda one: threes[one])
        return three
    two = max(likely, key=lambda one: likely[one])
    return two


def _length(text: str) -> int:
    """Chinese characters, an English word counting as two."""
    return sum(len(run) if is_cjk(run) else 2 for run in runs(text))


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = [rf"\b{re.escape(word)}\b" if word.isascii() and word.isalpha() else re.escape(word) for word in words]
    return re.compile("|".join(sorted(parts, key=len, reverse=True)) or _NEVER)
