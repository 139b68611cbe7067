"""Asking Telegram for updates: a batch is kept before the next question confirms it.

aiogram's own polling confirms updates whose handlers still run, and so loses them with the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bot.doors.telegram.api import Bot, exceptions, methods, plain
from bot.doors.telegram.arrivals import ALLOWED_UPDATES, Blocked, Elsewhere, heard
from bot.doors.telegram.door import TelegramDoor
from bot.doors.telegram.refusal import PAUSE
from bot.inbox import Kept
from bot.message import Arrival
from foundation.errors import DatabaseAway

log = logging.getLogger(__name__)

LONGEST_POLL = 50  # seconds; Telegram's own bound
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
AWAY = (DatabaseAway, OSError)


class KeepsTurns(Protocol):
    """What a door needs of the turns: keep an arrival, then begin to answer it."""

    async def receive(self, arrival: Arrival) -> Kept | None: ...

    def start(self, kept: Kept) -> None: ...


async def take_in(
    update: dict[str, Any], turns: KeepsTurns, door: TelegramDoor, *, answer_tap: bool = True
) -> Arrival | None:
    """Keep what an update holds and begin to answer it; what arrived, unless it was kept before or is none of ours."""
    arrival = heard(update, door.bot.id)
    if isinstance(arrival, Blocked):
        await door.note_blocked(arrival.account)
        return None
    if isinstance(arrival, Elsewhere):
        door.excuse_itself(arrival)
        return None
    kept = await turns.receive(arrival) if arrival else None
    if arrival is None or kept is None:
        return None
    door.acknowledge(kept.turn, kept.known.member if kept.known else None, answer_tap=answer_tap)
    turns.start(kept)
    return arrival


@dataclass
class Polling:
    """One process asks; a second one with the same token is told so by Telegram (409) and waits."""

    turns: KeepsTurns
    door: TelegramDoor
    longest_poll: int = LONGEST_POLL
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> None:
        """Until cancelled; a token that Telegram refuses is named once, and tried again now and then."""
        offset, pause = 0, FIRST_PAUSE
        while True:
            try:
                batch = await self._ask(offset)
            except exceptions.TelegramUnauthorizedError:
                self.door.sending.refusal.met()
                await self.sleep(PAUSE)
            except exceptions.TelegramRetryAfter as told:
                await self.sleep(told.retry_after)
            except exceptions.TelegramAPIError as error:
                await self._mend(error)
                await self.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self.door.sending.refusal.over()
                pause = FIRST_PAUSE
                for update in batch:
                    await self._keep(update)
                    offset = int(update["update_id"]) + 1  # sent with the next question, when all of these are kept

    async def _ask(self, offset: int) -> list[dict[str, Any]]:
        question = plain(
            "getUpdates", offset=offset or None, timeout=self.longest_poll, allowed_updates=ALLOWED_UPDATES
        )
        bot: Bot = self.door.bot
        batch: list[dict[str, Any]] = await bot(question, request_timeout=self.longest_poll + 10)
        return batch

    async def _mend(self, error: exceptions.TelegramAPIError) -> None:
        if isinstance(error, exceptions.TelegramConflictError) and "webhook" in error.message:
            log.warning("a webhook was set for this bot: removed, because this process polls")
            await self.door.bot(methods.DeleteWebhook())
        elif isinstance(error, exceptions.TelegramConflictError):
            log.warning("another process polls with this token")
        else:
            log.warning("no updates: %s", type(error).__name__)

    async def _keep(self, update: dict[str, Any]) -> None:
        """Does not come back before the update is kept, however long the database is away."""
        pause = FIRST_PAUSE
        while True:
            try:
                await take_in(update, self.turns, self.door)
                return
            except AWAY as error:
                log.info("update %s is not kept yet: %s", update.get("update_id"), type(error).__name__)
            except Exception:
                # An update that can never be kept must not keep all others out for ever.
                log.exception("update %s cannot be kept", update.get("update_id"))
                return
            await self.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
