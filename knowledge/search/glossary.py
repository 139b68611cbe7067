"""The trade glossary: words for one thing (达人 = KOL = influencer), so that a question finds a text in other words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.search.normalise import normalise
from knowledge.search.tokens import is_cjk, runs, stem


@dataclass(frozen=True)
class Glossary:
    """Concepts by their forms. `corrections` maps a usual slip to what was meant."""

    forms: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, ...]]
    corrections: Mapping[str, str]
    lengths: Mapping[str, tuple[int, ...]]
    slips: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, concepts: Mapping[str, Sequence[str]], corrections: Mapping[str, str] | None = None) -> Glossary:
        """A glossary from concept -> its forms, and slip -> what was meant."""
        forms: dict[str, list[str]] = {}
        for concept, words in concepts.items():
            for word in words:
                forms.setdefault(form_of(word), []).append(concept)
        mended = {normalise(wrong): normalise(right) for wrong, right in (corrections or {}).items()}
        return cls(
            forms={form: tuple(dict.fromkeys(found)) for form, found in forms.items()},
            names={concept: tuple(normalise(word) for word in words) for concept, words in concepts.items()},
            corrections=mended,
            lengths=_lengths_by_start(forms),
            slips=_lengths_by_start(mended),
        )

    def corrected(self, text: str) -> str:
        """The normalised text with the usual slips mended."""
        if not self.corrections:
            return text
        parts: list[str] = []
        at = 0
        while at < len(text):
            found = _longest_at(text, at, self.slips, self.corrections)
            parts.append(self.corrections[found] if found else text[at])
            at += len(found) if found else 1
        return "".join(parts)

    def concepts(self, text: str) -> list[str]:
        """The concepts a normalised text names, longest form first at each place, in order."""
        text = form_of(text)
        found: list[str] = []
        at = 0
        while at < len(text):
            form = _longest_at(text, at, self.lengths, self.forms)
            if form is not None and _whole_word(text, at, at + len(form)):
                found.extend(self.forms[form])
                at += len(form)
            else:
                at += 1
        return found

    def expansion(self, text: str) -> str:
        """Every other form of the concepts a text names."""
        return " ".join(word for concept in dict.fromkeys(self.concepts(text)) for word in self.names[concept])


def form_of(text: str) -> str:
    """Text as the glossary compares it: runs of letters stemmed, spaces only between Latin words."""
    parts: list[str] = []
    for run in runs(normalise(text)):
        if is_cjk(run):
            parts.append(run)
        else:
            if parts and not is_cjk(parts[-1]):
                parts.append(" ")
            parts.append(stem(run))
    return "".join(parts)


def glossary_from(data: Mapping[str, Any]) -> Glossary:
    """A glossary from its YAML: `concepts: {name: [forms]}` and `slips: {wrong: right}`."""
    concepts = {str(name): [str(form) for form in forms] for name, forms in data.get("concepts", {}).items()}
    return Glossary.of(concepts, {str(wrong): str(right) for wrong, right in data.get("slips", {}).items()})


def _lengths_by_start(forms: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = {}
    for form in forms:
        if form:
            lengths.setdefault(form[0], set()).add(len(form))
    return {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}


def _longest_at(text: str, at: int, lengths: Mapping[str, tuple[int, ...]], forms: Mapping[str, Any]) -> str | None:
    for length in lengths.get(text[at], ()):
        piece = text[at : at + length]
        if len(piece) == length and piece in forms:
            return piece
    return None


def _whole_word(text: str, start: int, end: int) -> bool:
    """A Latin form counts only as whole words: "st" is not in "best"."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (_latin(text[start]) and _latin(before)) and not (_latin(text[end - 1]) and _latin(after))


def _latin(character: str) -> bool:
    return character.isalnum() and not is_cjk(character)


EMPTY = Glossary.of({})
