"""Counting the trade's way: words with plurals as one, bytes, and how many characters a text takes to read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from knowledge.rulers import tables

WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_SCRIPT = re.compile(r"[ァ-ヺー]+|[一-龥々]+|[ぁ-ゖ]+|[^ァ-ヺー一-龥々ぁ-ゖ]+")
_SPOKEN = re.compile(
    r"(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<percent>\s?[%％])?(?P<year>年)?"
    r"|(?P<latin>[A-Za-z]+(?:['’][A-Za-z]+)?)"
    r"|(?P<char>[^\W\d_A-Za-z])|(?P<money>[$￥¥€£])|(?P<other>[℃°])"
)
_VOWELS = re.compile(r"[aeiouy]+")


def words_in(text: str) -> Iterator[re.Match[str]]:
    """The words of a text, split at spaces, hyphens and punctuation, as matches with their places."""
    return WORD.finditer(text)


def same_word(word: str) -> str:
    """One key for a word's singular and plural: lower case, without a plural ending or a possessive."""
    low = word.casefold().replace("’", "'").removesuffix("'s")
    single = irregular().get(low) or _singular(low)
    return irregular().get(single, single)  # "mens" is written for "men's" as often as not


def _singular(low: str) -> str:
    if not low.isascii() or len(low) < 4 or low.endswith(("ss", "us", "is")):
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return low[:-2]
    return low[:-1] if low.endswith("s") else low


def script_runs(word: str) -> list[str]:
    """A run of letters split where the script changes: Japanese and Chinese write words without spaces."""
    return _SCRIPT.findall(word)


@cache
def irregular() -> Mapping[str, str]:
    known: Mapping[str, str] = tables.tables()["words"]["irregular-plurals"]
    return known


def spoken_length(text: str) -> int:
    """How many Chinese characters' time a text takes aloud: 299 is 二百九十九 (5), 30% 百分之三十 (5), a word its syllables."""
    return sum(_length(match) for match in _SPOKEN.finditer(text))


def _length(match: re.Match[str]) -> int:
    if match["number"]:
        year = 1 if match["year"] else 0
        digits = match["number"].replace(",", "")
        length = len(digits) if year and len(digits) == 4 else number_length(digits)
        return length + year + (3 if match["percent"] else 0)
    if match["latin"]:
        word = match["latin"]
        return len(word) if word.isupper() and len(word) <= 5 else max(1, len(_VOWELS.findall(word.lower())))
    if match["char"]:
        return 1
    return 2 if match["money"] in ("$", "€", "£") else 1


def number_length(digits: str) -> int:
    """The length of a number read in Chinese; long or zero-led digits are read one by one."""
    whole, _, part = digits.partition(".")
    decimals = 1 + len(part) if part else 0
    if len(whole) > 8 or (whole.startswith("0") and len(whole) > 1):
        return len(whole) + decimals
    return len(in_chinese(int(whole))) + decimals


def in_chinese(number: int) -> str:
    """A number below a hundred million in Chinese numerals: 299 -> 二百九十九."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        gap = "零" if 0 < low < 1_000 else ""
        return in_chinese(high) + "万" + gap + (in_chinese_below(low) if low else "")
    return in_chinese_below(number) if number else "零"


def in_chinese_below(number: int) -> str:
    digits, units, written, zero = "零一二三四五六七八九", "千百十", "", False
    for place, unit in ((1000, units[0]), (100, units[1]), (10, units[2]), (1, "")):
        digit = number // place % 10
        if digit:
            written += ("零" if zero else "") + digits[digit] + unit
        zero = bool(written) and not digit
    return written[1:] if written.startswith("一十") else written
