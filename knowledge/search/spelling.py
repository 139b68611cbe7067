"""Trade words mended where they were mistyped: a homophone in Chinese, one wrong letter in English.

Only what the shelf has never seen is mended, and only into words of the glossary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from knowledge.search.glossary import Glossary
from knowledge.search.sounds import syllable
from knowledge.search.tokens import is_cjk, runs

_SHORTEST = 5  # letters of an English word that may be mended


@dataclass(frozen=True)
class Spelling:
    """What is known, and what unknown pairs of characters and unknown words may have been meant to be."""

    glossary: Glossary
    seen: frozenset[str]
    pairs: Mapping[str, tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, glossary: Glossary, texts: Iterable[str]) -> Spelling:
        """Learn the words of the glossary, and what else stands in these normalised texts."""
        forms = [form for names in glossary.names.values() for form in names]
        trade = Counter(unit for form in forms for unit in _units(form))
        seen = set(trade)
        for text in texts:
            seen.update(_units(text))
        pairs: dict[str, list[str]] = {}
        words: dict[str, list[str]] = {}
        for unit, _ in trade.most_common():
            if is_cjk(unit):
                pairs.setdefault(_sound(unit), []).append(unit)
            elif len(unit) >= _SHORTEST and unit.isalpha():
                for key in _keys(unit):
                    words.setdefault(key, []).append(unit)
        return cls(
            glossary,
            frozenset(seen),
            {sound: tuple(units) for sound, units in pairs.items()},
            {key: tuple(units) for key, units in words.items()},
        )

    def mended(self, text: str) -> str:
        """The normalised text with usual slips, unknown homophones and unknown misspellings mended."""
        text = self.glossary.corrected(text)
        for run in runs(text):
            again = self._pairs_mended(run) if is_cjk(run) else self._word_mended(run)
            if again != run:
                text = text.replace(run, again, 1)
        return text

    def _pairs_mended(self, run: str) -> str:
        for at in range(len(run) - 1):
            pair = run[at : at + 2]
            if pair not in self.seen:
                meant = next((known for known in self.pairs.get(_sound(pair), ()) if _one_alike(known, pair)), pair)
                run = run[:at] + meant + run[at + 2 :]
        return run

    def _word_mended(self, word: str) -> str:
        if len(word) < _SHORTEST or not word.isalpha() or word in self.seen:
            return word
        near = [known for key in _keys(word) for known in self.words.get(key, ()) if _one_slip(word, known)]
        return near[0] if near else word


def _units(text: str) -> Iterator[str]:
    for run in runs(text):
        if is_cjk(run):
            yield from (run[i : i + 2] for i in range(len(run) - 1))
        else:
            yield run


def _sound(pair: str) -> str:
    return "-".join(map(syllable, pair))


def _one_alike(known: str, pair: str) -> bool:
    """One of two characters is right: with both wrong, a chance likeness is likelier than a slip."""
    return known[0] == pair[0] or known[1] == pair[1]


def _keys(word: str) -> Iterator[str]:
    """The word, and the word without any one of its letters: two words one slip apart share a key."""
    yield word
    yield from dict.fromkeys(word[:i] + word[i + 1 :] for i in range(len(word)))


def _one_slip(word: str, known: str) -> bool:
    """One letter lost, added, changed, or two neighbours swapped."""
    if abs(len(word) - len(known)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), min(len(word), len(known)))
    a, b = word[start:], known[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
