"""Text that came from people, made safe to keep and to show: it may not carry what nobody can see."""

from __future__ import annotations

import re
import unicodedata

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UNSEEN = ("Cc", "Cf", "Cs", "Co")
_JOINER = "\u200d"  # holds an emoji of several people together


def storable(text: str) -> str:
    """The text without NUL and lone surrogates, which fit in no database."""
    return _UNSTORABLE.sub("", text)


def sentence(text: str) -> str:
    """The text without blank ends; nothing where nobody could see anything."""
    return storable(text).strip() if visible(text) else ""


def visible(text: str) -> str:
    """The text as one line without invisible characters: a name must show as what it is, in the right direction."""
    kept = (c for c in text if c.isspace() or c == _JOINER or unicodedata.category(c) not in _UNSEEN)
    return " ".join("".join(kept).split()).strip(_JOINER + " ")
