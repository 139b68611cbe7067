"""The outgoing check: nothing a model says may hold a run of what this person must not see, in whatever disguise."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

RUN = 24  # characters, without blanks and punctuation
STRIDE = 8
GRAM = RUN - STRIDE + 1  # in any run of 24 stands a piece of 17 that begins at a multiple of 8
MAX_DECODED = 200_000

_KEEP = re.compile(r"[\W_]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{16,}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[\s:,]*){12,}")
_ESCAPES = re.compile(
    r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|&#(\d{1,7});|&#x([0-9a-fA-F]{1,6});|U\+([0-9a-fA-F]{4,6})"
)


def bare(text: str) -> str:
    """A text as it is compared: width, case, blanks, punctuation and characters without a shape do not count."""
    return _KEEP.sub("", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True)
class Guard:
    """What one person's answers are held against.

    `grams` are pieces of hidden texts; what also stands in `allowed` (what the person may read in full) is no secret.
    """

    hidden: str
    grams: frozenset[str]
    allowed: str
    canaries: tuple[str, ...] = ()

    @classmethod
    def of(cls, hidden: Iterable[str], allowed: Iterable[str], canaries: Iterable[str] = ()) -> Guard:
        texts = [bare(text) for text in hidden]
        grams = frozenset(text[i : i + GRAM] for text in texts for i in range(0, max(len(text) - GRAM + 1, 0), STRIDE))
        return cls(
            "\n".join(texts),
            grams,
            "\n".join(bare(text) for text in allowed),
            tuple(bare(one) for one in canaries if len(bare(one)) >= 6),
        )

    def objects_to(self, text: str) -> bool:
        """Whether any view of the text holds a canary or a run of hidden text."""
        return any(self._holds(view) for view in views(text))

    def _holds(self, view: str) -> bool:
        if any(canary in view for canary in self.canaries):
            return True
        if not self.grams:
            return False
        return any(view[i : i + GRAM] in self.grams and self._is_run(view, i) for i in range(len(view) - GRAM + 1))

    def _is_run(self, view: str, at: int) -> bool:
        """Whether a run of 24 around this place stands in a hidden text and not in what may be read."""
        for start in range(max(at - STRIDE + 1, 0), min(at, len(view) - RUN) + 1):
            run = view[start : start + RUN]
            if run in self.hidden and run not in self.allowed:
                return True
        return False


def views(text: str) -> Iterator[str]:
    """The text as it stands and as somebody could have wrapped it; each one bare."""
    for one in dict.fromkeys(_unwrapped(text, depth=2)):
        plain = bare(one)
        yield plain
        yield plain[::-1]
        latin = codecs.decode(plain, "rot13")
        if latin != plain:
            yield latin
        if "\n" in one:
            yield bare("".join(line[:1] for line in one.splitlines()))  # one character a line's beginning
            yield bare("".join(line.strip()[-1:] for line in one.splitlines()))


def _unwrapped(text: str, depth: int) -> Iterator[str]:
    text = text[:MAX_DECODED]
    yield text
    if depth == 0:
        return
    for inner in _decoded(text):
        yield from _unwrapped(inner, depth - 1)


def _decoded(text: str) -> Iterator[str]:
    if "%" in text and (unquoted := unquote(text)) != text:
        yield unquoted
    if "&" in text and (unescaped := html.unescape(text)) != text:
        yield unescaped
    if _ESCAPES.search(text):
        yield _ESCAPES.sub(_character, text)
    joined = re.sub(r"\s+", "", text)
    pieces = [*(found[0] for found in _BASE64.finditer(text)), *(found[0] for found in _BASE64.finditer(joined))]
    decoded = [known for piece in dict.fromkeys(pieces) if (known := _from_base64(piece))]
    yield from decoded
    if len(decoded) > 1:
        yield "".join(decoded)
    for found in _HEX.finditer(text):
        try:
            yield bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", found[0])).decode("utf-8", "ignore")
        except ValueError:
            continue


def _character(found: re.Match[str]) -> str:
    value = next(
        (int(group, 16 if number not in (3,) else 10) for number, group in enumerate(found.groups(), 1) if group), 0
    )
    return chr(value) if value < 0x110000 and not 0xD800 <= value < 0xE000 else ""


def _from_base64(piece: str) -> str:
    for start in range(4):  # words before it may have been read as its beginning
        body = piece[start:].replace("-", "+").replace("_", "/").rstrip("=")
        body = body[: len(body) // 4 * 4] if len(body) % 4 == 1 else body + "=" * (-len(body) % 4)
        try:
            text = base64.b64decode(body).decode("utf-8", "ignore")
        except (binascii.Error, ValueError):
            continue
        if sum(character.isprintable() for character in text) > 0.8 * len(text) and len(text) >= 8:
            return text
    return ""
