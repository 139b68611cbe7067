"""Saying something to Telegram: waits when told to, tries again when nothing was sent, and names what is for good."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import ClientConnectorError

from bot.doors.door import CannotReach, NotYet
from bot.doors.telegram.api import Bot, exceptions, methods
from bot.doors.telegram.refusal import PAUSE, refusal
from foundation.errors import ZhiranError
from foundation.logs import Trouble

log = logging.getLogger(__name__)
T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
LONGEST_STAND = 20.0  # told to wait longer, the turn gives its place to others
PATIENCE = 90.0  # of trouble with the network; then the turn is left to recovery
_GONE = ("chat not found", "user is deactivated", "PEER_ID_INVALID", "bot was blocked")


class OutcomeUnknown(ZhiranError):
    """The request left, the answer did not come: it may or may not have been done."""


@dataclass
class Sending:
    """One bot's calls. Telegram's "wait" is heeded for each chat alone."""

    bot: Bot
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    refusal: Trouble = field(default_factory=refusal)
    _not_before: dict[str, float] = field(default_factory=dict)

    async def say(self, account: str, method: methods.TelegramMethod[T], *, repeatable: bool = True) -> T:
        """The result of a call to this account's chat.

        Raises CannotReach, NotYet, and aiogram's TelegramBadRequest for what no repetition mends; with `repeatable=False`
        OutcomeUnknown, where saying it again could say it twice.
        """
        pause, until = FIRST_PAUSE, self.now() + PATIENCE
        while True:
            await self._wait_for(account)
            try:
                done = await self.bot(method)
                self.refusal.over()
                return done
            except exceptions.TelegramUnauthorizedError as error:
                self.refusal.met()
                raise NotYet(PAUSE) from error
            except exceptions.TelegramRetryAfter as told:
                self.hold(account, told.retry_after)
            except exceptions.TelegramForbiddenError as error:
                raise CannotReach(account) from error
            except exceptions.TelegramMigrateToChat as error:
                raise CannotReach(account) from error
            except exceptions.TelegramBadRequest as error:
                if any(reason in error.message for reason in _GONE):
                    raise CannotReach(account) from error
                raise
            except (exceptions.TelegramNetworkError, exceptions.TelegramServerError) as error:
                if not (repeatable or _never_left(error)):
                    raise OutcomeUnknown from error
                if self.now() + pause > until:
                    raise
                log.info("%s: %s; again in %.1f s", method.__api_method__, type(error).__name__, pause)
                await self.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def hold(self, account: str, seconds: float) -> None:
        self._not_before[account] = max(self._not_before.get(account, 0.0), self.now() + seconds)

    def is_held(self, account: str) -> bool:
        return self._not_before.get(account, 0.0) > self.now()

    async def _wait_for(self, account: str) -> None:
        while (left := self._not_before.get(account, 0.0) - self.now()) > 0:
            if left > LONGEST_STAND:
                raise NotYet(left)
            await self.sleep(left)
        self._not_before.pop(account, None)


def _never_left(error: exceptions.TelegramAPIError) -> bool:
    return isinstance(error.__cause__, ClientConnectorError)
