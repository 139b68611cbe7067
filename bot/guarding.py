"""Whose answers are held against what: a guard for each team, built anew when a shelf changes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.guard import Guard
from foundation.database import Database
from foundation.scope import Scope
from knowledge.secrets import hidden_and_allowed, state_of_shelves

KEPT = 16


@dataclass
class Guards:
    """Call it with a scope."""

    database: Database
    canaries: tuple[str, ...] = ()
    _built: dict[str, tuple[str, Guard]] = field(default_factory=dict)

    async def __call__(self, scope: Scope) -> Guard:
        state = await self.database.read(state_of_shelves)
        known = self._built.get(scope.team_id)
        if known is None or known[0] != state:
            hidden, allowed = await self.database.read(lambda c: hidden_and_allowed(c, scope))
            known = (state, await asyncio.to_thread(Guard.of, hidden, allowed, self.canaries))
            self._built = dict(list(self._built.items())[-KEPT:]) | {scope.team_id: known}
        return known[1]
