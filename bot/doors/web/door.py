"""The web door: replies go to the transcript, and at once to whoever has the page open."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from bot.doors.web import tables
from bot.message import Reply, Turn, reply_to_json
from foundation.clock import Clock
from foundation.database import Database

Event = tuple[int | None, dict[str, Any]]  # a number in the transcript (None: a piece of a stream), and the message
LOOK_AGAIN = 0.8  # seconds: another process may have answered, or the person may have been dismissed


@dataclass
class WebDoor:
    database: Database
    now: Clock
    name: str = tables.DOOR
    _open: dict[str, set[asyncio.Queue[Event]]] = field(default_factory=lambda: defaultdict(set))
    _places: dict[str, int] = field(default_factory=dict)

    async def deliver(self, turn: Turn, reply: Reply, *, final: bool = True) -> None:
        message = {"who": "coach", "turn": turn.id} | reply_to_json(reply)
        if not final:
            self._push(turn.account, (None, message))
            return
        now, place = self.now(), self._place(turn)
        seq = await self.database.write(lambda c: tables.append(c, turn.account, turn.id, place, message, now))
        if seq is not None:
            self._push(turn.account, (seq, message))

    def _place(self, turn: Turn) -> int:
        """Which final reply of its turn this is, counted anew when a turn is delivered again after a crash."""
        place = self._places.get(turn.id, 0) + 1
        self._places = {turn.id: place} if len(self._places) > 500 else self._places | {turn.id: place}
        return place

    async def said(self, account: str, turn_id: str, words: str) -> None:
        """Put the person's own typed words into the transcript."""
        message, now = {"who": "me", "words": words}, self.now()
        seq = await self.database.write(lambda c: tables.append(c, account, turn_id, 0, message, now))
        if seq is not None:
            self._push(account, (seq, message))

    def _push(self, account: str, event: Event) -> None:
        for queue in self._open.get(account, ()):
            queue.put_nowait(event)

    async def events(self, account: str, seq: int) -> AsyncIterator[Event | None]:
        """What is said from this number on, live; None now and then, so that a dead connection is noticed."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._open[account].add(queue)
        try:
            while True:
                for event in await self.database.read(lambda c, seq=seq: tables.after(c, account, seq)):  # type: ignore[misc]
                    seq = event[0]
                    yield event
                try:
                    event_now: Event | None = await asyncio.wait_for(queue.get(), LOOK_AGAIN)
                except TimeoutError:
                    yield None
                    continue
                if event_now is not None and (event_now[0] is None or event_now[0] > seq):
                    seq = event_now[0] or seq
                    yield event_now
        finally:
            self._open[account].discard(queue)
            if not self._open[account]:
                del self._open[account]
