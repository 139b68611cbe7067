"""The terminal door: plain text, numbered choices, a stream that goes on printing; the newcomer's first door."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_lowercase
from typing import TextIO

from bot.bringing import MAX_FILE
from bot.message import Arrival, Attachment, Choice, Code, Hidden, Link, Quote, Reply, RichText, Turn
from bot.turns import Turns
from foundation.errors import DatabaseAway

log = logging.getLogger(__name__)
RULE = "─" * 40
LOCAL = "local"  # the account of whoever sits at this machine
_FILE = re.compile(r"/(?:photo|file|voice)\s+(\S.*)")


@dataclass
class TerminalDoor:
    """Shows replies on a stream; remembers the choices shown last, so that a number picks one."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    choices_label: str = ""
    folder: Path | None = None  # where files are put that a coach hands over
    name: str = "terminal"
    choices: dict[str, Choice] = field(default_factory=dict)
    _printed: dict[str, str] = field(default_factory=dict)

    async def deliver(self, turn: Turn, reply: Reply, *, final: bool = True) -> None:
        text = plain_text(reply.text)
        if reply.key and text.startswith(before := self._printed.get(reply.key, "")) and before:
            self.out.write(text[len(before) :])  # a stream goes on where it stopped
        else:
            self.out.write(f"\n{text}")
        if not final:
            assert reply.key
            self._printed[reply.key] = text
            self.out.flush()
            return
        self._printed.pop(reply.key or "", None)
        self.out.write("\n")
        for attachment in reply.attachments:
            self.out.write(f"[{self._kept(attachment)}] {attachment.description}".rstrip() + "\n")
        if reply.choices:
            # Where a number is asked, letters mark the choices: 3 is the answer then, and no third button.
            marks = ascii_lowercase if reply.asks_number else range(1, len(reply.choices) + 1)
            self.choices = {str(mark): choice for mark, choice in zip(marks, reply.choices, strict=False)}
            self.out.write("\n".join(f"  [{mark}] {choice.label}" for mark, choice in self.choices.items()) + "\n")
        self.out.flush()

    def _kept(self, attachment: Attachment) -> str:
        """Where the file lies now; its name alone where this terminal keeps none."""
        if self.folder is None:
            return attachment.name
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / Path(attachment.name).name
        path.write_bytes(attachment.content)
        return str(path)

    def words_for(self, line: str) -> str:
        """What a typed line means: the mark of a choice shown last, or the words themselves."""
        text = line.strip()
        return self.choices[text.lower()].words if text.lower() in self.choices else text


def plain_text(spans: RichText) -> str:
    """Rich text as lines of plain text; a prompt stands between rules, whole, for copying."""
    parts: list[str] = []
    for span in spans:
        if isinstance(span, Code):
            # Copied whole, so it begins on a line of its own.
            gap = "\n\n" if parts and not parts[-1].endswith("\n") else ""
            parts.append(f"{gap}{RULE}\n{span.text}\n{RULE}")
        elif isinstance(span, Quote):
            gap = "\n" if parts and not parts[-1].endswith("\n") else ""
            parts.append(gap + "\n".join(f"│ {line}" for line in span.text.splitlines()))
        elif isinstance(span, Hidden):
            parts.append(f"({span.text})")
        elif isinstance(span, Link):
            parts.append(span.text if span.text == span.url else f"{span.text} <{span.url}>")
        else:
            parts.append(span.text)
    return "".join(parts)


async def chat(
    turns: Turns,
    door: TerminalDoor,
    account: str,
    *,
    prompt: str,
    read_line: Callable[[str], str | None],
    first: str = "/start",
    unkept: str = "",
) -> None:
    """Talk until the input ends. A number picks a choice; what was said is kept before it is answered.

    `unkept` is said when words cannot be kept or answered: the disk is full, the database away.
    """
    turns.doors[door.name] = door
    await turns.recover()
    await turns.drain(10)
    loop = asyncio.get_running_loop()
    line: str | None = first
    count = 0
    while line is not None:
        words = door.words_for(line)
        if words:
            count += 1
            external_id = f"{os.getpid()}-{time.time_ns()}-{count}"
            try:
                done = await turns.handle(_arrival(door.name, external_id, account, words))
            except DatabaseAway:
                done = False
            if not done:
                door.out.write(f"\n{unkept}\n")
        line = await loop.run_in_executor(None, read_line, prompt)


def _arrival(door: str, external_id: str, account: str, words: str) -> Arrival:
    """What was typed; after `/photo PATH` (a picture, a sound, a table) with that file, which may not be there."""
    path = _FILE.match(words)
    if path is None:
        return Arrival(door, external_id, account, words, payload={})
    place = Path(path[1].strip().strip("'\"")).expanduser()
    try:
        with place.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except (OSError, ValueError):
        return Arrival(
            door, external_id, account, "", payload={"file": {"kind": "missing", "name": place.name, "size": 0}}
        )
    return Arrival(door, external_id, account, "", payload={}, file=Attachment(place.name, "", content))


def read_from_keyboard(prompt: str) -> str | None:
    """One line from the person, or None at the end of input."""
    try:
        return input(f"\n{prompt}")
    except (EOFError, KeyboardInterrupt):
        return None
