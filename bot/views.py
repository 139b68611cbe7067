"""A text as it stands and as somebody could have disguised it: decoded, turned round, taken apart, in other letters.

Every view is bare: width, case, blanks, punctuation, look-alike and unseen characters do not count.
"""

from __future__ import annotations

import base64
import binascii
import html
import os.path
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from urllib.parse import unquote

from knowledge.rulers.folding import fold_word

MAX_TEXT = 200_000
DEPTH = 2  # what was wrapped twice is unwrapped twice
LEAST_LETTERS = 20  # fewer are no cipher

_KEEP = re.compile(r"[\W_]+")
_LETTER = re.compile(r"\b(?:LETTER|CAPITAL) (?:SMALL CAPITAL |CAPITAL |SMALL )?([A-Z])$")
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{16,}")
_BASE32 = re.compile(r"[A-Z2-7]{16,}=*")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[\s:,]*){12,}")
_BITS = re.compile(r"(?:[01]{8}[\s,]*){12,}")
_NUMBERS = re.compile(r"(?:\d{2,6}[\s,;，、]+){9,}\d{2,6}")
_ESCAPES = re.compile(
    r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})|&#(\d{1,7});|&#x([0-9a-fA-F]{1,6});|U\+([0-9a-fA-F]{4,6})"
)
_DIGITS, _ASCII = re.compile(r"\d+"), re.compile(r"[\x00-\x7f]+")
_NOT_LATIN = re.compile(r"[^a-z0-9@$]")
_ROT47 = {code: 33 + (code + 14) % 94 for code in range(33, 127)}
_SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
)
_MORSE = dict(zip(_SIGNS.split(" "), string.ascii_lowercase + string.digits, strict=True))
_LEET = str.maketrans("4310578@$", "aeiostbas")
_ATBASH = str.maketrans(string.ascii_lowercase, string.ascii_lowercase[::-1])
_SHIFTS = [
    str.maketrans(string.ascii_lowercase, string.ascii_lowercase[by:] + string.ascii_lowercase[:by])
    for by in range(1, 26)
]


def bare(text: str) -> str:
    """A text as it is compared."""
    return _KEEP.sub("", text.translate(_folding(frozenset(text)))).casefold()


@lru_cache(maxsize=256)
def _folding(characters: frozenset[str]) -> dict[int, str]:
    return {ord(one): _folded(one) for one in characters if not one.isascii()}


@lru_cache(maxsize=20_000)
def _folded(character: str) -> str:
    plain = fold_word(character)
    if plain == character and (named := _LETTER.search(unicodedata.name(character, ""))):
        return named[1]  # a small capital, a boxed or a flag letter
    return plain


def views(text: str) -> Iterator[str]:
    """Every view of the text, each one bare."""
    for one in dict.fromkeys(_unwrapped(text, DEPTH)):
        yield from _views(one)


def _views(text: str) -> Iterator[str]:
    plain = bare(text)
    yield plain
    yield plain[::-1]
    yield from _acrostics(text)
    if len(plain) >= LEAST_LETTERS:
        yield from _thinned(plain)
    letters = _NOT_LATIN.sub("", plain)
    if len(letters) >= LEAST_LETTERS:
        yield from _ciphers(letters)


def _acrostics(text: str) -> Iterator[str]:
    """What the beginnings and the ends of lines, words and sentences spell; and the words from last to first."""
    for parts in (text.splitlines(), re.split(r"[。！？!?；;，,.\n]+", text), text.split()):
        kept = [word for part in parts if (word := part.strip())]
        if len(kept) >= LEAST_LETTERS // 2:
            yield bare("".join(word[0] for word in kept))
            yield bare("".join(word[-1] for word in kept))
            yield "".join(word[0] for part in kept if (word := bare(part)))
    words = text.split()
    if len(words) > 3:
        yield bare("".join(reversed(words)))
    lines = text.splitlines()
    if len(lines) > 1:
        yield bare("".join(line[::-1] for line in lines))
        yield bare("".join("".join(column) for column in zip_longest(*lines, fillvalue="")))
    for parts in (lines, re.split(r"(?<=[。！？!?；;，,])", text)):
        if len(parts) >= LEAST_LETTERS // 2:
            inner = "".join(without_frame(parts))
            if len(inner) * 10 < len(text) * 7:  # there is a frame, not just words that happen to be alike
                yield bare(inner)
    if len(words) > 3 and sum(word.casefold().rstrip(".,!?").endswith("ay") for word in words) * 3 > len(words) * 2:
        yield "".join(plain[-3:-2] + plain[:-3] for word in words if (plain := bare(word)))


def without_frame(row: Sequence[str]) -> list[str]:
    """Each text without the words that it begins and ends with like the one before or after it."""
    found = []
    for number, one in enumerate(row):
        beside = [row[n] for n in (number - 1, number + 1) if 0 <= n < len(row) and row[n] != one]
        begins = max((len(os.path.commonprefix([one, other])) for other in beside), default=0)
        rest = one[begins:]
        ends = max((len(os.path.commonprefix([rest[::-1], other[::-1]])) for other in beside), default=0)
        found.append(rest[: len(rest) - ends])
    return found


def _thinned(plain: str) -> Iterator[str]:
    """Without what was strewn in: figures, letters, one frequent character, or each second or third place."""
    yield from without_latin(plain)
    rest = plain
    for filler, count in Counter(plain).most_common(3):
        if count * 6 < len(plain):
            break
        rest = rest.replace(filler, "")
        yield rest
    for step in (2, 3):
        for start in range(step):
            yield plain[start::step]


def without_latin(plain: str) -> tuple[str, str]:
    """A bare text without figures, and without anything Latin."""
    return _DIGITS.sub("", plain), _ASCII.sub("", plain)


def _ciphers(plain: str) -> Iterator[str]:
    yield plain.translate(_LEET)
    yield plain.translate(_ATBASH)
    for shift in _SHIFTS:
        yield plain.translate(shift)


def _unwrapped(text: str, depth: int) -> Iterator[str]:
    text = text[:MAX_TEXT]
    yield text
    if depth == 0:
        return
    for inner in (*_decoded(text), *_from_alphabet(text[::-1], _BASE64, _base64)):
        if inner and inner != text:
            yield from _unwrapped(inner, depth - 1)


def _decoded(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
    if "&" in text:
        yield html.unescape(text)
    if _ESCAPES.search(text):
        plain = _ESCAPES.sub(_character, text)
        yield plain
        yield _utf8(plain.encode("latin-1", "ignore"))  # bytes written as escapes
    yield from _from_alphabet(text, _BASE64, _base64)
    yield from _from_alphabet(text, _BASE32, _base32)
    for found in _HEX.finditer(text):
        data = _hex_bytes(found[0])
        yield _utf8(data)
        yield from (data.decode(name, "ignore") for name in ("utf-16-be", "utf-16-le"))
    for found in _BITS.finditer(text):
        bits = re.sub(r"[^01]", "", found[0])
        yield _utf8(bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8)))
    for found in _NUMBERS.finditer(text):
        numbers = [int(one) for one in re.findall(r"\d+", found[0])]
        yield "".join(_chr(one) for one in numbers)
        if max(numbers) < 256:
            yield _utf8(bytes(numbers))
        if not re.search("[89]", found[0]) and max(octal := [int(str(one), 8) for one in numbers]) < 256:
            yield _utf8(bytes(octal))
    yield from _whole_ciphers(text)


def _whole_ciphers(text: str) -> Iterator[str]:
    """Ways of writing that take the whole text: signs moved by 47, Morse's, and 85 signs for four bytes."""
    packed = re.sub(r"\s+", "", text)
    if len(packed) < LEAST_LETTERS or not packed.isascii():
        return
    if sum(one in ".-/" for one in packed) * 10 > 9 * len(packed):
        yield "".join(_MORSE.get(sign, "") for sign in text.replace("/", " ").split())
    if sum(not one.isalnum() for one in packed) * 8 > len(packed):
        yield text.translate(_ROT47)
        for decode in (base64.a85decode, base64.b85decode):
            try:
                yield _utf8(decode(packed))
            except ValueError:
                continue


def _from_alphabet(text: str, pattern: re.Pattern[str], decode: Callable[[str], str]) -> Iterator[str]:
    """Pieces of an alphabet decoded: each for itself, all together, and across the blanks and lines between them."""
    joined = re.sub(r"\s+", "", text)
    pieces = [*(found[0] for found in pattern.finditer(text)), *(found[0] for found in pattern.finditer(joined))]
    decoded = [known for piece in dict.fromkeys(pieces) if (known := decode(piece))]
    yield from decoded
    if len(decoded) > 1:
        yield "".join(decoded)


def _character(found: re.Match[str]) -> str:
    number, group = next((number, group) for number, group in enumerate(found.groups(), 1) if group)
    return _chr(int(group, 10 if number == 3 else 16))


def _chr(value: int) -> str:
    return chr(value) if 0 < value < 0x110000 and not 0xD800 <= value < 0xE000 else ""


def _hex_bytes(text: str) -> bytes:
    digits = re.sub(r"[^0-9a-fA-F]", "", text)
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


def _utf8(data: bytes) -> str:
    return data.decode("utf-8", "ignore")


def _base64(piece: str) -> str:
    for start in range(4):  # words before it may have been read as its beginning
        body = piece[start:].replace("-", "+").replace("_", "/").rstrip("=")
        body = body[: len(body) // 4 * 4] if len(body) % 4 == 1 else body + "=" * (-len(body) % 4)
        try:
            text = _utf8(base64.b64decode(body))
        except (binascii.Error, ValueError):
            continue
        if _is_text(text):
            return text
    return ""


def _base32(piece: str) -> str:
    body = piece.rstrip("=")
    for length in range(len(body), max(len(body) - 8, 0), -1):
        try:
            text = _utf8(base64.b32decode(body[:length] + "=" * (-length % 8)))
        except (binascii.Error, ValueError):
            continue
        return text if _is_text(text) else ""
    return ""


def _is_text(text: str) -> bool:
    return len(text) >= 8 and sum(character.isprintable() for character in text) > 0.8 * len(text)
