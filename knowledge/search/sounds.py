"""How Chinese sounds: homophones typed for one another meet in their syllables, pinyin typed in Latin letters too."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache, lru_cache
from importlib.resources import files

from knowledge.search.tokens import is_cjk, runs

_FIRST_LEVEL = range(0xB0A1, 0xD7FA)  # the 3,755 commonest characters stand in GB 2312 in the order of their sound
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_LONGEST = 6


@cache
def _boundaries() -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Each syllable with the code of its first character: the table holds 393 pairs such as "biao标"."""
    table = files("knowledge.search").joinpath("syllables.txt").read_text(encoding="utf-8").split()
    return tuple(_code(pair[-1]) for pair in table), tuple(pair[:-1] for pair in table)


def _code(character: str) -> int:
    try:
        return int.from_bytes(character.encode("gb2312"), "big")
    except UnicodeEncodeError:
        return 0


@lru_cache(maxsize=8_192)
def syllable(character: str) -> str:
    """The sound of a common character without tone, easily mixed-up ones made one; others stand for themselves."""
    code = _code(character)
    if code not in _FIRST_LEVEL:
        return character
    starts, names = _boundaries()
    return _blurred(names[bisect_right(starts, code) - 1])


@cache
def _known() -> frozenset[str]:
    return frozenset(_boundaries()[1])


def _blurred(name: str) -> str:
    for clear, blurred in _ALIKE:
        if name.startswith(clear):
            name = blurred + name[len(clear) :]
    return name[:-1] if name.endswith(("ang", "eng", "ing")) else name


@lru_cache(maxsize=8_192)
def spelled(word: str) -> tuple[str, ...]:
    """The syllables of a Latin word that is nothing but pinyin ("biaoti"), longest first; empty for other words."""
    if not (word.isascii() and word.isalpha()) or len(word) > 30:
        return ()
    found: list[str] = []
    at = 0
    while at < len(word):
        size = next((n for n in range(_LONGEST, 0, -1) if word[at : at + n] in _known() and at + n <= len(word)), 0)
        if not size:
            return ()
        found.append(_blurred(word[at : at + size]))
        at += size
    return tuple(found) if len(found) > 1 else ()


def sounds(text: str) -> list[str]:
    """Pairs and triples of neighbouring syllables of a normalised text."""
    found: list[str] = []
    for run in runs(text):
        spoken = [syllable(character) for character in run] if is_cjk(run) else list(spelled(run))
        for size in (2, 3):
            found.extend("~" + "-".join(spoken[i : i + size]) for i in range(len(spoken) - size + 1))
    return found


@cache
def _by_sound() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for code in _FIRST_LEVEL:
        if code & 0xFF >= 0xA1 and code & 0xFF != 0xFF:
            character = code.to_bytes(2, "big").decode("gb2312")
            found.setdefault(syllable(character), []).append(character)
    return {sound: tuple(characters) for sound, characters in found.items()}


def homophones(character: str) -> tuple[str, ...]:
    """Common characters that sound alike, without the character itself."""
    return tuple(other for other in _by_sound().get(syllable(character), ()) if other != character)
