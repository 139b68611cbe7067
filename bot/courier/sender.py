"""The port the courier speaks through: one account of one door, one message."""

from __future__ import annotations

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


class Sender(Protocol):
    """Raises CannotReach (bot.doors.door) for an account that is gone for good, NotNow for one that is not."""

    @property
    def door(self) -> str: ...

    async def send(self, account: str, reply: Reply, message_id: str) -> None:
        """Say it; tried again after NotNow, under the same id, what was said already is not said again."""
        ...
