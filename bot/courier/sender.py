"""The port the courier speaks through: one account of one door, one message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.message import Reply
from foundation.errors import ZhiranError


class NotNow(ZhiranError):
    """The channel asks to wait (or is out of reach for the moment): try again after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:g} s")
        self.seconds = seconds


class NeverSayable(ZhiranError):
    """The channel will not take this message however often it is tried; the account itself is well."""


class Refused(ZhiranError):
    """The channel refuses us, whoever we speak to; the message says what the operator is to do."""


@dataclass
class SoFar:
    """How far a message has come: parts said for certain, and tries of the next one whose outcome nobody knows."""

    keep: Callable[[SoFar], Awaitable[None]]  # in the message's row, if this process may still speak
    parts: int = 0
    unsure: int = 0

    async def trying(self) -> None:
        """Count a try before it is made, so that one in whose middle the process dies has counted."""
        self.unsure += 1
        await self.keep(self)

    def refused(self) -> None:
        """The last try has certainly said nothing."""
        self.unsure -= 1

    def said(self) -> None:
        """The part was said for certain: the next try is of the next part."""
        self.parts, self.unsure = self.parts + 1, 0


class Sender(Protocol):
    """Raises CannotReach (bot.doors.door) for an account that is gone for good, NotNow for one that is not.

    Refused it says so to the operator, once.
    """

    @property
    def door(self) -> str: ...

    async def send(self, account: str, reply: Reply, message_id: str, so_far: SoFar) -> None:
        """Say what of it was not said so far, and note in `so_far` how far it comes."""
        ...
