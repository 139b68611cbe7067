"""How Chinese characters are read: for the order of names, and for looking through what is spelled in Latin letters."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

# Read otherwise at the head of a name than elsewhere.
SURNAMES = {"曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "翟": "zhai", "覃": "qin"}
SURNAMES |= {
    "乐": "yue",
    "缪": "miao",
    "盖": "ge",
    "朴": "piao",
    "牟": "mu",
    "卜": "bu",
    "薄": "bo",
    "阚": "kan",
    "隗": "wei",
}


def spelling(text: str) -> str:
    """Chinese in pinyin without tones, the commonest reading of each character; everything else falls away."""
    return text.translate(_readings())


@lru_cache(maxsize=8_192)
def name_order(name: str) -> tuple[str, str]:
    """Where a name stands among others: Chinese ones by their pinyin, between those in Latin letters."""
    spelled = [f"{said} " if (said := spelling(one)) else without_tones(one).casefold() for one in name]
    if name and name[0] in SURNAMES:
        spelled[0] = f"{SURNAMES[name[0]]} "
    return "".join(spelled), name


def without_tones(text: str) -> str:
    """Latin letters without the marks over them."""
    apart = unicodedata.normalize("NFD", text.replace("ü", "u").replace("ǜ", "u").replace("ǚ", "u"))
    return "".join(one for one in apart if not unicodedata.combining(one))


class _Readings(dict[int, str]):
    def __missing__(self, point: int) -> str:
        return ""


@cache
def _readings() -> dict[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict  # takes part of a second to load

    return _Readings({point: without_tones(said.split(",", 1)[0]) for point, said in pinyin_dict.items()})
