"""The right playbook for a question: found, a choice, several, or honestly none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.data import SearchData, Topic
from knowledge.search.documents import SearchDocument
from knowledge.search.evidence import Evidence
from knowledge.search.learned import Learned
from knowledge.search.lone import asks_for, is_lone, says_enough, speaking_of
from knowledge.search.needs import CONTEXT, Reading, Splitter, believed, conceivable, stretches
from knowledge.search.normalise import ask_part, normalise
from knowledge.search.practice import Chances, chances_from, practise

CANDIDATES = 4
SURE = 0.5  # chance of being right below which a choice is offered
CLOSE = 0.5  # share of the best merit that a sibling must reach to be offered

_NOTHING = SearchDocument("", "", "-")


@dataclass(frozen=True)
class Candidate:
    id: str
    version: str
    score: float


@dataclass(frozen=True)
class Need:
    """One of several needs: the part of the message, and what answers it."""

    text: str
    candidate: Candidate


@dataclass(frozen=True)
class Finding:
    """What was found. `confidence` is the chance that the first candidate answers; candidates stand best first."""

    outcome: str  # found | choose | several | none
    candidates: tuple[Candidate, ...]
    confidence: float
    needs: tuple[Need, ...] = ()
    uncovered: str | None = None
    telling_apart: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Judged:
    """A text with its evidence told as chances; `order` holds document numbers, best first."""

    text: str
    evidence: Evidence
    order: tuple[int, ...]
    answerable: float
    right: float


class Finder:
    """Built once from a shelf; asked by any number of threads."""

    def __init__(
        self, documents: tuple[SearchDocument, ...], data: SearchData, learned: Learned, chances: Chances
    ) -> None:
        self._documents, self._data, self._learned, self._chances = documents, data, learned, chances
        self._numbers = {document.id: number for number, document in enumerate(documents)}
        self._splitter = Splitter.of(data)

    @classmethod
    def build(cls, documents: Sequence[SearchDocument], data: SearchData) -> Finder:
        """Learn the shelf: seconds, deterministic, no network. An empty shelf makes a finder that finds nothing."""
        learned = Learned.of(documents or (_NOTHING,), data)
        return cls(tuple(documents), data, learned.lean(), chances_from(practise(learned)))

    def topic(self, id_: str) -> Topic | None:
        """An entry of the not-covered shelf."""
        return next((topic for topic in self._data.topics if topic.id == id_), None)

    def ask(self, text: str, exclude: frozenset[str] = frozenset()) -> Finding:
        """What answers this, without the documents in `exclude` ("不是这个")."""
        if not self._documents:
            return Finding("none", (), 0.0)
        question = self._learned.read(text)
        whole = self._judge(question, exclude, ask_part(text))
        refused = self._refused(question)
        if refused is not None:
            return self._none(whole, refused.id)
        family = self._family(question, exclude)
        if family:
            return self._choice(text, whole, family)
        if not whole.order or whole.answerable < self._chances.limit:
            return self._none(whole)
        needs = self._needs(question, whole, exclude)
        if needs:
            named = tuple(need.candidate for need in needs)
            others = [one for one in self._candidates(whole, whole.order) if one.id not in {need.id for need in named}]
            return Finding("several", (*named, *others)[:CANDIDATES], whole.right, needs)
        siblings = self._siblings(whole)
        if whole.right < SURE and len(siblings) > 1:
            return self._choice(text, whole, siblings)
        return Finding("found", self._candidates(whole, whole.order[:CANDIDATES]), whole.answerable * whole.right)

    def lone(self, text: str, finding: Finding) -> tuple[str, ...] | None:
        """For a word or a number that alone says too little for this finding: the candidates that speak of it; else None."""
        question = normalise(text)
        word = self._splitter.bare(question) or question
        glossary, topic = self._data.glossary, self.topic(finding.uncovered or "")
        if not is_lone(word) or finding.outcome in ("choose", "several"):
            return None
        if says_enough(word, finding.confidence, glossary) if finding.outcome == "found" else False:
            return None
        if topic is not None and any(asks_for(one, topic, glossary) for one in (word, question)):
            return None
        near = (self._documents[self._numbers[one.id]] for one in finding.candidates)
        return speaking_of(word, near, glossary)

    def _judge(self, question: str, exclude: frozenset[str], part: str | None = None) -> _Judged:
        evidence = self._learned.evidence(question)
        if part and part != question:
            asked = self._learned.evidence(self._learned.read(part))
            evidence = evidence.averaged(asked)
        return self._told(question, evidence, exclude)

    def _told(self, text: str, evidence: Evidence, exclude: frozenset[str]) -> _Judged:
        allowed = [n for n in np.argsort(-evidence.merits, kind="stable") if self._documents[n].id not in exclude]
        return _Judged(
            text,
            evidence,
            tuple(int(n) for n in allowed),
            self._chances.answerable.chance(evidence.shows),
            self._chances.right.chance(evidence.shows),
        )

    def _needs(self, question: str, whole: _Judged, exclude: frozenset[str]) -> tuple[Need, ...]:
        atoms = self._splitter.atoms(question)
        if not conceivable(question, atoms):
            return ()
        pieces = stretches(atoms)
        told = self._learned.glance([piece.text for piece in pieces])
        judged = [self._told(piece.text, evidence, exclude) for piece, evidence in zip(pieces, told, strict=True)]
        merits = np.stack([one.evidence.merits for one in judged]) + CONTEXT * whole.evidence.merits
        merits[:, ~self._allowed(exclude)] = -np.inf
        alone = np.array([one.answerable * one.right for one in judged])
        reading = Reading(question, atoms, pieces, merits, alone)
        needs: dict[int, Need] = {}
        for number in believed(reading):
            first = int(reading.found[number])
            piece = pieces[number]
            needs[first] = Need(question[piece.start : piece.end].strip(), self._candidate(first, judged[number]))
        return tuple(needs[n] for n in sorted(needs, key=whole.order.index))

    def _allowed(self, exclude: frozenset[str]) -> NDArray[np.bool_]:
        return np.array([document.id not in exclude for document in self._documents], np.bool_)

    def _family(self, question: str, exclude: frozenset[str]) -> tuple[int, ...]:
        bare = self._splitter.bare(question)
        for family in self._data.families:
            if bare in family.asks:
                known = [self._numbers[id_] for id_ in family.among if id_ in self._numbers and id_ not in exclude]
                return tuple(known) if len(known) > 1 else ()
        return ()

    def _siblings(self, judged: _Judged) -> tuple[int, ...]:
        merits = judged.evidence.merits
        best = merits[judged.order[0]]
        return tuple(n for n in judged.order[:CANDIDATES] if merits[n] >= CLOSE * best)

    def _choice(self, text: str, judged: _Judged, numbers: tuple[int, ...]) -> Finding:
        tells = self._data.tells or {}
        ids = [self._documents[n].id for n in numbers]
        words = tuple(tells[id_].like(text) if id_ in tells else "" for id_ in ids)
        return Finding(
            "choose", self._candidates(judged, numbers), judged.answerable * judged.right, telling_apart=words
        )

    def _refused(self, question: str) -> Topic | None:
        """The topic that a phrase of the question decides alone ("忽略以上所有…")."""
        named = set(self._data.glossary.concepts(question))
        return next((topic for topic in self._data.topics if topic.whenever & named), None)

    def _none(self, judged: _Judged, topic: str | None = None) -> Finding:
        outside = judged.evidence.outside
        if topic is None and outside >= 0:
            topic = self._data.topics[outside].id
        return Finding(
            "none", self._candidates(judged, judged.order[:2]), judged.answerable * judged.right, uncovered=topic
        )

    def _candidates(self, judged: _Judged, numbers: Sequence[int]) -> tuple[Candidate, ...]:
        return tuple(self._candidate(n, judged) for n in numbers)

    def _candidate(self, number: int, judged: _Judged) -> Candidate:
        document = self._documents[number]
        return Candidate(document.id, document.version, round(float(judged.evidence.merits[number]), 4))
