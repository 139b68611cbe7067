"""Asking a model for a person: money set aside before, settled after, a stop that is heard, nothing hidden let out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.message import Turn
from bot.tables import inbox
from curriculum import spending
from curriculum.spending import Held
from foundation.clock import Clock, zone
from foundation.database import Database, patiently
from foundation.errors import DatabaseAway, ExpectedError
from foundation.language_model import Asked, Charge, Done, ModelFault
from foundation.model_chain import ModelChain
from foundation.model_endpoints import STAND_IN, ModelSettings
from foundation.scope import Scope

if TYPE_CHECKING:
    from bot.guard import Session  # with it come numpy and the folding tables: loaded with the first answer

EMIT_EVERY = 0.25  # seconds; a door that must be slower leaves pieces out
LOOK_FOR_STOP_EVERY = 0.5
LOOKED_AT = 1500  # characters at the end of a growing answer that are looked at anew each time
HELD_BACK = (
    48  # characters, twice the run a guard looks for, that stay behind while it grows: what they begin is not known yet
)
TRIES_HELD = 2  # what is set aside: one answer, and one more where the first came to nothing
STOP_WORDS = ("停", "停止", "停下", "stop", "/stop")

Grow = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Answered:
    """What came of asking: `how` is whole, short (cut at its length), stopped, withheld, failed or refused.

    Only a whole text is an answer. `why` is a phrase's key where there is none, `values` fill it.
    """

    how: str
    text: str = ""
    cost: int = 0
    why: str = ""

    @property
    def is_whole(self) -> bool:
        return self.how == "whole"


@dataclass
class Seen:
    """What of an answer the person has seen, and what was withheld."""

    text: str = ""
    withheld: str = ""


@dataclass(frozen=True)
class Models:
    """What a topic needs to have a model at work for somebody."""

    chain: ModelChain
    settings: ModelSettings
    database: Database
    now: Clock
    zone: str = "Asia/Shanghai"
    monotonic: Callable[[], float] = time.monotonic

    def __bool__(self) -> bool:
        return bool(self.chain)

    @property
    def is_standin(self) -> bool:
        """Whether no model at all may have answered, but what stands in for one in tests and demos."""
        return any(one.model == STAND_IN for one in self.settings.endpoints)

    @property
    def today(self) -> date:
        """The day the caps count in: where the house stands."""
        return self.now().astimezone(zone(self.zone)).date()

    @property
    def currency(self) -> str:
        return self.settings.endpoints[0].currency if self.settings.endpoints else ""

    def can_take(self, asked: Asked) -> bool:
        """Whether any endpoint takes this: words, a picture, speech."""
        return self.chain.can_take(asked)

    def at_most(self, asked: Asked) -> int:
        """The most that one answer can cost, in millionths."""
        return self.chain.estimate(asked)[1]

    async def ask(
        self,
        scope: Scope,
        turn: Turn,
        asked: Asked,
        purpose: str,
        guard: Session | None = None,
        grow: Grow | None = None,
    ) -> Answered:
        """One answer. Never raises for what a model or a purse does; whatever happens, the money is settled."""
        amount = self.at_most(asked) * TRIES_HELD
        now, today = self.now(), self.today
        try:
            held = await self.database.write(
                lambda c: spending.reserve(c, scope, amount, self.settings.limits, purpose, turn.id, now, today)
            )
        except ExpectedError as empty:
            return Answered("refused", why=empty.key)
        charges: list[Charge] = []
        seen = Seen()
        try:
            how, text, why = await self._until_stopped(turn, self._collect(asked, charges, held, guard, grow, seen))
        finally:
            # Shielded: a stop, a lost door or the end of the process must not leave the call open.
            cost = await asyncio.shield(self._settle(scope, held, charges, guard, seen))
        return Answered(how, text, cost, why)

    async def _settle(self, scope: Scope, held: Held, charges: list[Charge], guard: Session | None, seen: Seen) -> int:
        """Book what was charged, and remember what the person saw, were it only a part."""
        now = self.now()
        kept = [guard.let_out(seen.text)] if guard and seen.text else []
        kept += [guard.refused(seen.withheld)] if guard and seen.withheld else []

        def book(connection: Connection) -> int:
            from bot.guarding import keep

            for one in filter(None, kept):
                keep(connection, scope.person_id, one, now)
            return spending.settle(connection, scope, held, charges, now)

        return await patiently(self.database.write, book)

    async def _collect(
        self,
        asked: Asked,
        charges: list[Charge],
        held: Held,
        guard: Session | None,
        grow: Grow | None,
        seen: Seen,
    ) -> tuple[str, str, str]:
        text, shown_at, finish = "", self.monotonic(), ""
        try:
            async for event in self.chain.stream(asked, charges, held.amount or None):
                if isinstance(event, Done):
                    finish = event.finish
                    break
                text = event.text if event.anew else text + event.text
                if grow and self.monotonic() - shown_at >= EMIT_EVERY:
                    if guard and guard.objects_to(text[-LOOKED_AT:]):
                        seen.withheld = text
                        return "withheld", "", "run.withheld"
                    shown_at = self.monotonic()
                    if whole := text[:-HELD_BACK] if guard else text:
                        seen.text = whole
                        await grow(whole)
        except ModelFault as fault:
            return "failed", "", f"model.{type(fault).__name__.lower()}"
        if guard and guard.objects_to(text):
            seen.withheld = text
            return "withheld", "", "run.withheld"
        seen.text = text
        return ("short", text, "run.short") if finish == "length" else ("whole", text, "")

    async def _until_stopped(self, turn: Turn, collecting: Awaitable[tuple[str, str, str]]) -> tuple[str, str, str]:
        work = asyncio.ensure_future(collecting)
        watch = asyncio.create_task(self._wait_for_stop(turn))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else ("stopped", "", "run.stopped")
        finally:
            for task in (work, watch):
                task.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def _wait_for_stop(self, turn: Turn) -> None:
        while True:
            await asyncio.sleep(LOOK_FOR_STOP_EVERY)
            with suppress(DatabaseAway):  # that nobody can be heard is no wish to stop
                if await self.database.read(lambda c: wants_to_stop(c, turn)):
                    return


_STOP = (
    sa.select(inbox.c.id)
    .where((inbox.c.person_id == sa.bindparam("person")) & (inbox.c.state == "kept"))
    .where(inbox.c.seq > sa.select(inbox.c.seq).where(inbox.c.id == sa.bindparam("turn")).scalar_subquery())
    .where(sa.func.lower(sa.func.trim(inbox.c.words, " 。.!！")).in_(STOP_WORDS))
    .limit(1)
)


def wants_to_stop(connection: Connection, turn: Turn) -> bool:
    """Whether the person has said stop since. Their words wait for the turn at work: so it looks for them itself."""
    return connection.execute(_STOP, {"person": turn.person_id, "turn": turn.id}).first() is not None
