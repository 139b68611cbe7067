"""Turns from arrival to delivery: kept, leased, answered, committed, spoken, and taken up again after a crash."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from bot import inbox, reach
from bot.conversation import Conversation
from bot.doors.door import CannotReach, Door, NotYet
from bot.inbox import Kept, LostLease, Open
from bot.message import Arrival, Reply, Turn, reply_from_json
from foundation import crash
from foundation.clock import Clock
from foundation.database import Database, patiently
from foundation.errors import DatabaseAway

log = logging.getLogger(__name__)
RECOVER_EVERY = 30.0
AT_ONCE = 64
PAUSE = 1.0  # seconds, while the database is away


@dataclass
class Turns:
    """Answers what arrives at any door, each turn once, one at a time per person."""

    database: Database
    conversation: Conversation
    now: Clock
    lease_seconds: int = 30
    doors: dict[str, Door] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._answering: set[str] = set()  # people; what waits here for the database is not begun a second time
        self._room = asyncio.Semaphore(AT_ONCE)
        self._is_stopping = False

    async def receive(self, arrival: Arrival, beside: Callable[[Connection, Turn], None] | None = None) -> Kept | None:
        """Store what arrived and commit; None when it was there already. Only after this may a door say "got it".

        What a door has to note `beside` a turn stands with it or not at all.
        """
        now = self.now()

        def keep(connection: Connection) -> Kept | None:
            kept = inbox.receive(connection, arrival, now, self.lease_seconds)
            if kept is not None and beside is not None:
                beside(connection, kept.turn)
            return kept

        kept = await self.database.write(keep)
        crash.here("after_inbox")
        return kept

    def start(self, kept: Kept) -> None:
        """Begin answering in the background; if the person is being answered already, the one at work goes on with it."""
        if kept.token is not None and not self._is_stopping:
            self._begin(kept.turn.person_id, kept.token, _at_hand(kept))

    async def handle(self, arrival: Arrival) -> bool:
        """Receive and answer to the end, for the terminal and for tests; whether that came off."""
        kept = await self.receive(arrival)
        if kept is None or kept.token is None:
            return False
        return await self._answer_all(kept.turn.person_id, kept.token, _at_hand(kept))

    async def recover(self) -> int:
        """Take up every turn that nobody is answering; returns for how many people."""
        now = self.now()
        people = await self.database.read(lambda c: inbox.abandoned(c, now, tuple(self.doors)))
        taken = 0
        for person_id in set(people) - self._answering:
            token = await self.database.write(lambda c, p=person_id: inbox.take_lease(c, p, now, self.lease_seconds))  # type: ignore[misc]
            if token is not None:
                taken += 1
                self._begin(person_id, token)
        return taken

    async def recover_for_ever(self) -> None:
        """At start and every half minute; a fault here is logged and must not end the watch."""
        while True:
            try:
                await self.recover()
            except DatabaseAway:
                pass
            except Exception:
                log.exception("recovery failed")
            await asyncio.sleep(min(RECOVER_EVERY, self.lease_seconds))

    def stop(self) -> None:
        """Begin nothing more: what is still kept is answered by the next start."""
        self._is_stopping = True

    async def drain(self, seconds: float) -> None:
        """Let running turns end; what does not end in time is taken up by the next start."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in self._running:
            task.cancel()

    def _begin(self, person_id: str, token: str, first: Open | None = None) -> None:
        task = asyncio.create_task(self._answer_in_room(person_id, token, first))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer_in_room(self, person_id: str, token: str, first: Open | None) -> None:
        """Goes on by itself when the database is back, if no other process has taken the turn up by then."""
        self._answering.add(person_id)
        try:
            async with self._room:
                while True:
                    try:
                        await self._answer_all(person_id, token, first, patient=True)
                        return
                    except DatabaseAway:
                        first = None
                        await asyncio.sleep(PAUSE)
        finally:
            self._answering.discard(person_id)

    async def _answer_all(self, person_id: str, token: str, first: Open | None, *, patient: bool = False) -> bool:
        """Whether all was answered. Raises DatabaseAway, if patient only before anything final was said."""
        keeper = asyncio.create_task(self._keep_lease(person_id, token))
        doors = tuple(self.doors)
        try:
            found = first or await self.database.write(lambda c: inbox.next_open(c, person_id, token, doors))
            while found is not None:
                found = await self._answer_one(found, token, doors, patient)
            return True
        except DatabaseAway:
            raise
        except NotYet as told:
            # The lease is kept as long as the wait is, so that recovery takes the turn up then; its place is free.
            keeper.cancel()
            log.info("%s for %s", told, person_id)
            until = partial(
                inbox.renew, person_id=person_id, token=token, now=self.now(), seconds=round(told.seconds) + 1
            )
            await self.database.write(until)
        except LostLease:
            log.info("lease of %s went to another process", person_id)
        except Exception:
            # The turn stays open under its lease; recovery takes it up, at most MAX_TRIES times.
            log.exception("turn of %s failed", person_id)
        finally:
            keeper.cancel()
        return False

    async def _keep_lease(self, person_id: str, token: str) -> None:
        while True:
            await asyncio.sleep(self.lease_seconds / 3)
            # Back from being away, the database hears this first: nobody else takes up what is waited with here.
            await patiently(
                self.database.write, lambda c: inbox.renew(c, person_id, token, self.now(), self.lease_seconds)
            )

    async def _answer_one(self, found: Open, token: str, doors: tuple[str, ...], patient: bool) -> Open | None:
        turn, state = found.turn, "delivered"
        try:
            if found.replies is None and found.tries > inbox.MAX_TRIES:
                state = "given_up"
                log.error("turn %s given up after %s tries", turn.id, found.tries)
            else:
                async for reply in self._replies(found, token):
                    await self.doors[turn.door].deliver(turn, reply, final=not reply.partial)
        except CannotReach:
            state = "given_up"
            await self.database.write(lambda c: reach.gone(c, turn.door, turn.account))
        crash.here("after_send")

        def finish(connection: Connection) -> Open | None:
            return inbox.finish(connection, turn, token, state, doors, self.now(), self.lease_seconds)

        write = self.database.write
        following = await (patiently(write, finish) if patient else write(finish))
        if following is None and inbox.asks_to_forget(turn):
            await self.database.leave_no_trace()
        return following

    async def _replies(self, found: Open, token: str) -> AsyncIterator[Reply]:
        if found.replies is None:
            async for reply in self.conversation.answer(found.turn, token, found.known):
                yield reply
        else:
            for stored in found.replies:
                yield reply_from_json(stored)


def _at_hand(kept: Kept) -> Open | None:
    return Open(kept.turn, None, 1, kept.known) if kept.known else None
