"""Whose answers are held against what: a guard for each team, built anew when a shelf changes, and each person's day."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.tables import let_out
from foundation.clock import Clock, system_clock
from foundation.database import Database, new_id
from foundation.scope import Scope
from knowledge.secrets import hidden_and_allowed, state_of_shelves

if TYPE_CHECKING:
    from bot.guard import Guard, LetOut, Session  # brings numpy: loaded with the first answer

KEPT = 16
DAY = timedelta(days=1)


@dataclass
class Guards:
    """Call it with a scope: what this person's answers are held against, with what they were let out today."""

    database: Database
    canaries: tuple[str, ...] = ()
    now: Clock = system_clock
    _built: dict[str, tuple[str, Guard]] = field(default_factory=dict)

    async def __call__(self, scope: Scope) -> Session:
        guard = await self.guard(scope)
        return await self.database.read(lambda c: session_of(c, guard, scope.person_id, self.now()))

    async def guard(self, scope: Scope) -> Guard:
        state = await self.database.read(state_of_shelves)
        known = self._built.get(scope.team_id)
        if known is None or known[0] != state:
            from bot.guard import Guard

            hidden, allowed = await self.database.read(lambda c: hidden_and_allowed(c, scope))
            known = (state, await asyncio.to_thread(Guard.of, hidden, allowed, self.canaries))
            self._built = dict(list(self._built.items())[-KEPT:]) | {scope.team_id: known}
        return known[1]


def session_of(connection: Connection, guard: Guard, person_id: str, now: datetime) -> Session:
    """A person's last 24 hours under a guard."""
    from bot.guard import Session

    mine = (let_out.c.person_id == person_id) & (let_out.c.at > now - DAY)
    rows = connection.execute(sa.select(let_out).where(mine).order_by(let_out.c.at, let_out.c.id)).all()
    pieces = {int(one, 16) for row in rows for one in row.pieces}
    return Session(guard, sum(row.spent for row in rows), pieces, [row.short for row in rows if row.short])


def keep(connection: Connection, person_id: str, one: LetOut, now: datetime) -> None:
    """Remember what went out; what is older than a day is forgotten."""
    connection.execute(let_out.delete().where((let_out.c.person_id == person_id) & (let_out.c.at <= now - DAY)))
    row = {"id": new_id(), "person_id": person_id, "at": now, "spent": one.spent, "short": one.short}
    connection.execute(let_out.insert().values(row | {"pieces": [f"{piece:x}" for piece in one.pieces]}))
