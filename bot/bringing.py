"""Files that come with a turn: fetched where the channel keeps them, known by their bytes, never kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bot import inbox
from bot.doors.door import Door, FetchingDoor
from bot.message import Attachment, Turn
from foundation.database import Database

MAX_FILE = 5 * 1024 * 1024
MAX_TEXT = 200_000
_PICTURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_SOUNDS = (
    (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"), (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"), (b"fLaC", "audio/flac"), (b"\x1aE\xdf\xa3", "audio/webm"),
)  # fmt: skip


@dataclass(frozen=True)
class Bring:
    """Gives a turn's file: the one kept with it, or the one that its channel keeps. Raises FileTooLarge."""

    database: Database
    doors: Mapping[str, Door]

    async def __call__(self, turn: Turn) -> Attachment | None:
        kept = await self.database.read(lambda c: inbox.file_of(c, turn))
        door = self.doors.get(turn.door)
        if kept is not None or not hasattr(door, "fetch"):
            return kept
        return await cast(FetchingDoor, door).fetch(turn)


def media_type_of(content: bytes) -> str:
    """What the bytes are, whatever the file's name says: a picture, a sound, text/plain, or "" for anything else."""
    for begin, kind in (*_PICTURES, *_SOUNDS):
        if content.startswith(begin):
            return kind
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return "audio/mp4" if content[8:11] in (b"M4A", b"mp4", b"iso") else ""
    return "text/plain" if text_of(content) is not None else ""


def text_of(content: bytes) -> str | None:
    """The text of a file that is one: UTF-8, UTF-16 with its mark, or what Chinese Windows writes; None for others."""
    if len(content) > MAX_TEXT or not content.strip():
        return None
    codes = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for code in codes:
        try:
            text = content.decode(code)
        except UnicodeDecodeError:
            continue
        odd = sum(character < " " and character not in "\t\r\n\f" for character in text)
        return text if not odd else None
    return None
