"""The web door: replies go to the transcript, and at once to whoever has the page open."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from bot.doors.web import tables
from bot.message import Reply, Turn, reply_to_json
from foundation.clock import Clock
from foundation.database import Database, patiently
from foundation.errors import DatabaseAway

Event = tuple[int | None, dict[str, Any]]  # a number in the transcript (None: a piece of a stream), and the message
News = Event | None  # a piece of a stream, or: look into the transcript
LOOK_AGAIN = 0.8  # seconds: another process may have answered, or the person may have been dismissed


@dataclass
class WebDoor:
    database: Database
    now: Clock
    name: str = tables.DOOR
    _open: dict[str, set[asyncio.Queue[News]]] = field(default_factory=lambda: defaultdict(set))
    _places: dict[str, int] = field(default_factory=dict)
    _is_closing: bool = False

    async def deliver(self, turn: Turn, reply: Reply, *, final: bool = True) -> None:
        message = {"who": "coach", "turn": turn.id} | reply_to_json(reply)
        if not final:
            self._push(turn.account, (None, message))
            return
        now, place = self.now(), self._place(turn)
        keep = partial(tables.append, account=turn.account, turn_id=turn.id, place=place, message=message, now=now)
        await patiently(self.database.write, keep)
        self.look(turn.account)

    def _place(self, turn: Turn) -> int:
        """Which final reply of its turn this is, counted anew when a turn is delivered again after a crash."""
        place = self._places.get(turn.id, 0) + 1
        self._places = {turn.id: place} if len(self._places) > 500 else self._places | {turn.id: place}
        return place

    def note(self, connection: Connection, turn: Turn, words: str) -> None:
        """Put the person's own typed words into the transcript, in the transaction that keeps the turn."""
        tables.append(connection, turn.account, turn.id, 0, {"who": "me", "words": words}, self.now())

    def look(self, account: str) -> None:
        """Something new stands in the transcript: whoever has the page open sees it now."""
        self._push(account, None)

    def let_go(self) -> None:
        """The program stops: every open page is let go, and finds the next program by itself."""
        self._is_closing = True
        for account in self._open:
            self.look(account)

    def _push(self, account: str, news: News) -> None:
        for queue in self._open.get(account, ()):
            queue.put_nowait(news)

    async def events(self, account: str, seq: int) -> AsyncIterator[Event | None]:
        """What is said from this number on, live; None now and then, so that a dead connection is noticed.

        What has a number always comes from the transcript: another process may have put something before it.
        """
        queue: asyncio.Queue[News] = asyncio.Queue()
        self._open[account].add(queue)
        try:
            while True:
                try:
                    kept = await self.database.read(partial(tables.after, account=account, seq=seq))
                except DatabaseAway:  # the page stays open and hears the rest when it is back
                    kept = []
                for event in kept:
                    seq = event[0]
                    yield event
                if self._is_closing:
                    return
                try:
                    news = await asyncio.wait_for(queue.get(), LOOK_AGAIN)
                except TimeoutError:
                    yield None
                    continue
                if news is not None:
                    yield news
        finally:
            self._open[account].discard(queue)
            if not self._open[account]:
                del self._open[account]
