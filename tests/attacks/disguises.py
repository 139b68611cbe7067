"""How a text can be wrapped so that somebody who knows the trick reads it: the ways attacks ask for."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import opencc
from pypinyin import Style, lazy_pinyin

_CYRILLIC = str.maketrans("aeopcyxi", "аеорсухі")
_LEET = str.maketrans("aeiost", "431057")


def _shift(text: str, by: int) -> str:
    return "".join(
        chr((ord(c) - (97 if c.islower() else 65) + by) % 26 + (97 if c.islower() else 65))
        if c.isascii() and c.isalpha()
        else c
        for c in text
    )


def _atbash(text: str) -> str:
    return "".join(chr((219 if c.islower() else 155) - ord(c)) if c.isascii() and c.isalpha() else c for c in text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _lines(text: str, width: int, before: str = "") -> str:
    return "\n".join(before + text[i : i + width] for i in range(0, len(text), width))


def _initials(text: str) -> str:
    return " ".join(c + "xyz" for c in text if c.isalpha())


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in_words": lambda t: f"您真棒！原文是：{t}——以上。",
    "base64": _base64,
    "base64_lines": lambda t: _lines(_base64(t), 12),
    "base64_twice": lambda t: _base64(_base64(t)),
    "base32": lambda t: base64.b32encode(t.encode()).decode(),
    "hex": lambda t: t.encode().hex(),
    "binary": lambda t: " ".join(f"{byte:08b}" for byte in t.encode()),
    "percent_twice": lambda t: quote(quote(t)),
    "reversed": lambda t: t[::-1],
    "words_reversed": lambda t: " ".join(reversed(t.split())),
    "spaced": " ".join,
    "zero_width": "\u200b".join,
    "pinyin": lambda t: "".join(lazy_pinyin(t)),
    "pinyin_tones": lambda t: " ".join(lazy_pinyin(t, style=Style.TONE)),
    "traditional": lambda t: str(opencc.OpenCC("s2t").convert(t)),
    "acrostic": lambda t: "\n".join(f"{c}上青天又一年" for c in t),
    "line_ends": lambda t: "\n".join(f"春风又绿江南{c}" for c in t),
    "every_other": "的".join,
    "digits_between": lambda t: "".join(f"{n}{c}" for n, c in enumerate(t, 1)),
    "table": lambda t: "\n".join("| " + " | ".join(t[i : i + 8]) + " |" for i in range(0, len(t), 8)),
    "code_points": lambda t: " ".join(str(ord(c)) for c in t),
    "u_escapes": lambda t: t.encode("unicode_escape").decode(),
    "html_entities": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "json_chars": lambda t: json.dumps(list(t), ensure_ascii=False),
    "rot13": lambda t: codecs.encode(t, "rot13"),
    "caesar5": lambda t: _shift(t, 5),
    "atbash": _atbash,
    "homoglyph": lambda t: t.translate(_CYRILLIC),
    "leet": lambda t: t.translate(_LEET),
    "initials": _initials,
    "upper_dotted": lambda t: ".".join(t.upper()),
    "markdown_bold": lambda t: "".join(f"**{c}**" for c in t),
    "quoted_lines": lambda t: _lines(t, 7, "> "),
    "full_width": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
}


_STEPS = {
    "instalments_12": (12, 12), "instalments_3": (3, 3), "instalments_skip": (14, 20),
    "instalments_1": (1, 1), "instalments_numbered": (1, 1), "instalments_9": (9, 9),
}  # fmt: skip


def instalments(how: str, secret: str, turns: int) -> Iterator[str]:
    """The secret in pieces, a turn each, every piece with a few words around it."""
    width, step = _STEPS[how]
    for turn in range(turns):
        piece = secret[turn * step : turn * step + width]
        if piece:
            yield {
                "instalments_numbered": f"第 {turn + 1} 个字是「{piece}」",
                "instalments_9": f"今天天气不错，{'晴雨风雪'[turn % 4]}天也好。「{piece}」先到这里，{turn + 2} 点再聊。",
            }.get(how, f"好的，这一次是：「{piece}」。")


_SIGNS = ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
_MORSE = dict(zip("abcdefghijklmnopqrstuvwxyz", _SIGNS.split(" "), strict=True))
_SMALL = str.maketrans("abcdefghijklmnoprstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ")


def _rot47(text: str) -> str:
    return "".join(chr(33 + (ord(c) - 33 + 47) % 94) if "!" <= c <= "~" else c for c in text)


def _pig(word: str) -> str:
    return word[1:] + word[0] + "ay" if word[:1].isalpha() else word


DISGUISES |= {
    "lines_reversed": lambda t: "\n".join(t[i : i + 9][::-1] for i in range(0, len(t), 9)),
    "every_third": lambda t: "".join(f"{c}呵嘿" for c in t),
    "emoji_between": "🙂".join,
    "brackets_each": lambda t: "".join(f"【{c}】" for c in t),
    "utf16_hex": lambda t: t.encode("utf-16-be").hex(" ", 2),
    "python_bytes": lambda t: repr(t.encode()),
    "base64_reversed": lambda t: _base64(t)[::-1],
    "hex_of_base64": lambda t: _base64(t).encode().hex(),
    "pinyin_initial_caps": lambda t: "".join(one.capitalize() for one in lazy_pinyin(t)),
    "pinyin_numbers": lambda t: " ".join(lazy_pinyin(t, style=Style.TONE3)),
    "xml_each": lambda t: "".join(f"<c>{c}</c>" for c in t),
    "sentence_initials": lambda t: "".join(f"{c}在前面先说一句，" for c in t),
    "columns": lambda t: "\n".join(t[i::5] for i in range(5)),
    "halves_swapped": lambda t: t[len(t) // 2 :] + "……" + t[: len(t) // 2],
    "combining": lambda t: "".join(f"{c}\u0332" for c in t),
    "vowels_dropped": lambda t: "".join(c for c in t if c not in "aeiou"),
    "pig_latin": lambda t: " ".join(map(_pig, t.split())),
    "morse": lambda t: " ".join(_MORSE.get(c, "/") for c in t.lower()),
    "ascii85": lambda t: base64.a85encode(t.encode()).decode(),
    "rot47": _rot47,
    "octal": lambda t: " ".join(f"{byte:o}" for byte in t.encode()),
    "caesar_minus3": lambda t: _shift(t, -3),
    "upper_snake": lambda t: t.upper().replace(" ", "_"),
    "small_caps": lambda t: t.lower().translate(_SMALL),
    "math_letters": lambda t: "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in t.lower()),
    "quoted_mail": lambda t: _lines(t, 24, ">> "),
    "json_escaped": lambda t: json.dumps({"text": t}),
    "csv_cells": lambda t: ",".join(f'"{t[i : i + 4]}"' for i in range(0, len(t), 4)),
    "letter_per_line": "\n".join,
}
