"""What the coach says: a tiny tree of text, its choices and attachments, the same for every door."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Bold:
    text: str


@dataclass(frozen=True)
class Code:
    """A block to copy whole, e.g. a filled prompt; a door shows it tap-to-copy, or as a document when too long."""

    text: str
    title: str = ""


@dataclass(frozen=True)
class Quote:
    """Set-apart text; a folded one starts collapsed where the channel can do that."""

    text: str
    folded: bool = False


@dataclass(frozen=True)
class Hidden:
    """Text shown only when the reader asks for it; good for a self-check, useless as evidence."""

    text: str


@dataclass(frozen=True)
class Link:
    text: str
    url: str


Span = Text | Bold | Code | Quote | Hidden | Link
RichText = tuple[Span, ...]

MAX_WORDS_BYTES = 64  # Telegram's limit for callback_data


@dataclass(frozen=True)
class Choice:
    """A button: a sentence the person could have typed; it proves nothing, so it grants nothing."""

    label: str
    words: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.words.encode()) <= MAX_WORDS_BYTES:
            raise ValueError(f"a choice's words must be 1 to {MAX_WORDS_BYTES} bytes: {self.words!r}")


@dataclass(frozen=True)
class Attachment:
    name: str
    media_type: str
    content: bytes
    description: str = ""


@dataclass(frozen=True)
class Reply:
    """One message to a person; a later reply with the same key replaces the earlier one.

    `columns` is how many choices stand side by side where the channel has rows (1 for sentences, more for short labels).
    `asks_number` says that a number typed next is an answer, so that no door may take it for the place of a choice.
    """

    text: RichText
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    key: str | None = None
    columns: int = 1
    asks_number: bool = False
    partial: bool = False  # a piece of a stream, not kept: a later reply with the same key replaces it

    @property
    def plain(self) -> str:
        """The reply as plain text, without its choices."""
        return plain(self.text)


@dataclass(frozen=True)
class Arrival:
    """What came in at a door, before it is kept: unique by door and external id, from one account of that door."""

    door: str
    external_id: str
    account: str
    words: str
    name: str = ""
    language_code: str = ""
    payload: dict[str, Any] | None = None
    file: Attachment | None = None  # what came along, where the door has it at hand


@dataclass(frozen=True)
class Turn:
    """A kept arrival, to be answered once."""

    id: str
    person_id: str
    door: str
    account: str
    words: str
    at: datetime
    payload: dict[str, Any]

    @property
    def brought(self) -> dict[str, Any] | None:
        """What is known of a file that came along: kind, name, size, and where to fetch it; None where none did."""
        file = self.payload.get("file")
        return file if isinstance(file, dict) else None


_AUTHORS_MARK = re.compile(r"\*\*(.+?)\*\*|^> .*(?:\n> .*)*", re.M)


def marked(text: str) -> RichText:
    """An author's text as rich text: **bold**, and lines that begin with "> " as a quote; other marks are dropped."""
    spans: list[Span] = []
    at = 0
    for mark in _AUTHORS_MARK.finditer(text):
        spans.append(Text(_unmarked(text[at : mark.start()])))
        quoted = re.sub(r"(?m)^> ", "", mark[0])
        spans.append(Quote(_unmarked(quoted)) if mark[1] is None else Bold(_unmarked(mark[1])))
        at = mark.end()
    spans.append(Text(_unmarked(text[at:])))
    return tuple(span for span in spans if span.text)


def _unmarked(text: str) -> str:
    return re.sub(r"\*\*|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)", "", text)


def plain(spans: Iterable[Span]) -> str:
    return "".join(span.text for span in spans)


_KINDS: dict[str, type[Span]] = {kind.__name__.lower(): kind for kind in (Text, Bold, Code, Quote, Hidden, Link)}


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """The reply as JSON values; `reply_from_json` gives it back equal."""
    return {
        "text": [[type(span).__name__.lower(), vars(span)] for span in reply.text],
        "choices": [[choice.label, choice.words] for choice in reply.choices],
        "attachments": [
            [a.name, a.media_type, base64.b64encode(a.content).decode(), a.description] for a in reply.attachments
        ],
        "key": reply.key,
        "columns": reply.columns,
        "asks_number": reply.asks_number,
    }


def reply_from_json(stored: dict[str, Any]) -> Reply:
    return Reply(
        text=tuple(_KINDS[kind](**fields) for kind, fields in stored["text"]),
        choices=tuple(Choice(label, words) for label, words in stored["choices"]),
        attachments=tuple(Attachment(n, m, base64.b64decode(c), d) for n, m, c, d in stored["attachments"]),
        key=stored["key"],
        columns=stored["columns"],
        asks_number=bool(stored.get("asks_number")),
    )
