"""The port every door stands behind: it brings arrivals in and shows replies; it decides nothing."""

from __future__ import annotations

from typing import Protocol

from bot.message import Attachment, Reply, Turn
from foundation.errors import ZhiranError


class CannotReach(ZhiranError):
    """The account cannot be written to any more (blocked, deactivated, chat gone): stop speaking first."""


class NotYet(ZhiranError):
    """The channel asks for a wait so long that nobody should stand there: the turn is taken up again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not for {seconds:.0f} s")
        self.seconds = seconds


class FileTooLarge(ZhiranError):
    """A file is larger than we take in."""


class Door(Protocol):
    name: str

    async def deliver(self, turn: Turn, reply: Reply, *, final: bool = True) -> None:
        """Show one reply; a partial one (`final=False`) of a stream may be skipped. Raises CannotReach, NotYet."""
        ...


class FetchingDoor(Protocol):
    """A door whose channel keeps files: they are fetched when a turn is answered."""

    async def fetch(self, turn: Turn) -> Attachment | None:
        """The file that came with a turn; None when the channel no longer has it. Raises FileTooLarge."""
        ...
