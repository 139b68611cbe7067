"""Trade words mended where they were mistyped: a homophone in Chinese, one wrong letter in English.

Only what the shelf has never seen is mended, and only into whole words of the glossary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from knowledge.search.glossary import Glossary
from knowledge.search.sounds import syllable
from knowledge.search.tokens import COMMON, is_cjk, runs

_SHORTEST = 5  # letters of an English word that may be mended
_LENGTHS = (5, 4, 3, 2)  # characters of a Chinese word that may be mended, longest first


@dataclass(frozen=True)
class Spelling:
    """What is known, and what unknown Chinese and English words may have been meant to be."""

    glossary: Glossary
    seen: frozenset[str]
    spoken: Mapping[tuple[str, ...], tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, glossary: Glossary, texts: Iterable[str]) -> Spelling:
        """Learn the words of the glossary, and what else stands in these normalised texts."""
        forms = [form for names in glossary.names.values() for form in names]
        trade = Counter(unit for form in forms for unit in _units(form))
        seen = set(trade) | COMMON
        for text in texts:
            seen.update(_units(text))
        spoken: dict[tuple[str, ...], list[str]] = {}
        for form in dict.fromkeys(forms):
            if len(form) in _LENGTHS and all(map(is_cjk, form)):
                spoken.setdefault(_sound(form), []).append(form)
        words: dict[str, list[str]] = {}
        for unit, _ in trade.most_common():
            if not is_cjk(unit) and len(unit) >= _SHORTEST and unit.isalpha():
                for key in _keys(unit):
                    words.setdefault(key, []).append(unit)
        return cls(
            glossary,
            frozenset(seen),
            {sound: tuple(found) for sound, found in spoken.items()},
            {key: tuple(units) for key, units in words.items()},
        )

    def mended(self, text: str) -> str:
        """The normalised text with usual slips, unknown homophones and unknown misspellings mended."""
        text = self.glossary.corrected(text)
        for run in runs(text):
            again = self._run_mended(run) if is_cjk(run) else self._word_mended(run)
            if again != run:
                text = text.replace(run, again, 1)
        return text

    def _run_mended(self, run: str) -> str:
        for size in _LENGTHS:
            for at in range(len(run) - size + 1):
                heard = run[at : at + size]
                meant = next((form for form in self.spoken.get(_sound(heard), ()) if _one_wrong(form, heard)), heard)
                if meant != heard and self._a_slip(run, at, meant):
                    run = run[:at] + meant + run[at + size :]
        return run

    def _a_slip(self, run: str, at: int, meant: str) -> bool:
        """Whether the differing character is a slip: it was never seen beside either neighbour.

        A correct sentence puts strangers side by side too (周报|和利润), but there each also stands in a word of its own.
        """
        wrong = at + next(n for n, (a, b) in enumerate(zip(run[at:], meant, strict=False)) if a != b)
        return not any(run[i : i + 2] in self.seen for i in (wrong - 1, wrong) if 0 <= i < len(run) - 1)

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


def _sound(text: str) -> tuple[str, ...]:
    return tuple(map(syllable, text))


def _one_wrong(form: str, heard: str) -> bool:
    """Exactly one character differs: with more, a chance likeness is likelier than a slip."""
    return sum(a != b for a, b in zip(form, heard, strict=True)) == 1


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
