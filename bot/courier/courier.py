"""The courier takes due messages from the outbox to their people: one process at a time, answers before reminders.

A message is marked as being sent before it is, and as sent after; a crash between the two says it once more, because
said twice is better than never, and no third time. Whether there is still reason to say it is asked at that moment, not
when it was written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import reach
from bot.courier.rounds import remind
from bot.courier.sender import NeverSayable, NotNow, Refused, Sender, SoFar
from bot.courier.tables import courier_lease
from bot.doors.door import CannotReach
from bot.message import reply_from_json
from bot.tables import account, outbox
from curriculum import task_notices
from curriculum.learning_settings import settings_of
from curriculum.reviews import awake, day_start, local_day
from curriculum.tables import person
from foundation.clock import Clock, zone
from foundation.database import Database, insert, new_id, patiently
from foundation.errors import DatabaseAway
from foundation.phrasebook import Phrasebook

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
PAUSE, ROUND_EVERY = 1.0, timedelta(minutes=2)  # one message a second to a chat; a round looks who is due
FIRST = ("answer", "assignment", "reminder", "digest")
UNASKED = ("reminder", "digest")  # at most one a day
DISTURBING = ("assignment", *UNASKED)  # kept out of quiet hours; an answer is waited for
AT_ONCE, RETRY = 30, timedelta(minutes=5)
SHUT_FOR = timedelta(minutes=1)  # until a door that refused us is knocked at again
LANES = 5  # said at the same time: one slow connection holds up nobody else


@dataclass(frozen=True)
class Errand:
    """One message to one person, with the accounts it may go to, the best first."""

    id: str
    person_id: str
    reply: dict[str, Any]
    accounts: tuple[tuple[str, str], ...]
    parts: int
    unsure: int


class _Superseded(Exception):
    """Another process is the courier by now: it says what this one had in hand."""


@dataclass
class Courier:
    database: Database
    phrases: Phrasebook
    senders: Sequence[Sender]
    now: Clock
    token: str = field(default_factory=new_id)
    _last_round: datetime | None = None
    _shut: dict[str, datetime] = field(default_factory=dict)  # doors that refuse us, and until when they are left alone
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run_for_ever(self) -> None:
        """Until told to stop; a fault is logged and must not end the courier's days."""
        try:
            while not self._stopping.is_set():
                try:
                    await self.run_once()
                except DatabaseAway:
                    pass
                except Exception:
                    log.exception("the courier stumbled")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), PAUSE)
        finally:
            await self._give_way()

    def stop(self) -> None:
        """Begin nothing more; what is on its way is said, then the lease is given back."""
        self._stopping.set()

    async def _give_way(self) -> None:
        """Whoever starts next need not wait for the lease to run out, as after a crash."""
        mine = courier_lease.delete().where(courier_lease.c.token == self.token)
        try:
            await self.database.write(lambda c: c.execute(mine))
        except DatabaseAway:
            log.warning("the courier's lease runs out by itself")

    async def run_once(self) -> int:
        """One pass, if this process is the courier now; returns how many messages were said."""
        now = self.now()
        errands = await self.database.write(lambda c: self._take(c, now))
        lanes = asyncio.Semaphore(LANES)
        ends = await asyncio.gather(*(self._run(one, lanes) for one in errands), return_exceptions=True)
        for fault in (end for end in ends if isinstance(end, BaseException)):
            log.error("a message was left as it was", exc_info=fault)
        return ends.count(True)

    def _lead(self, connection: Connection, now: datetime) -> bool:
        """Be the courier for the next minute, unless another process is; what was left half-way is taken up again.

        A pass ends before the next begins: what is still being sent now was left by a dead courier, or by a fault.
        """
        row = {"name": "courier", "token": self.token, "until": now + LEASE}
        fresh = insert(connection, courier_lease).values(row)
        free = (courier_lease.c.token == self.token) | (courier_lease.c.until < now)
        taken = fresh.on_conflict_do_update(
            index_elements=["name"], set_={"token": self.token, "until": row["until"]}, where=free
        )
        if not connection.execute(taken.returning(courier_lease.c.name)).first():
            return False
        connection.execute(outbox.update().where(outbox.c.state == "sending").values(state="due"))
        return True

    def _keep(self, connection: Connection, message_id: str, so_far: SoFar) -> None:
        """Note how far a message has come, if nobody took over meanwhile; then the minute begins anew."""
        mine = courier_lease.update().where(courier_lease.c.token == self.token)
        if connection.execute(mine.values(until=self.now() + LEASE)).rowcount != 1:
            raise _Superseded
        _set(connection, message_id, parts=so_far.parts, unsure=so_far.unsure)

    def _take(self, connection: Connection, now: datetime) -> list[Errand]:
        """The next messages, at most one a person, marked as being sent, while the lease's row is held."""
        if not self._lead(connection, now):
            return []
        if self._last_round is None or now - self._last_round >= ROUND_EVERY:
            self._last_round = now
            remind(connection, self.phrases, now)
        rank = sa.case({kind: place for place, kind in enumerate(FIRST)}, value=outbox.c.kind, else_=len(FIRST))
        due = (outbox.c.state == "due") & (outbox.c.not_before <= now) & self._has_a_door(now)
        rows = connection.execute(
            sa.select(outbox).where(due).order_by(rank, outbox.c.not_before).limit(4 * AT_ONCE)
        ).all()
        errands: dict[str, Errand] = {}
        for row in rows:
            if row.person_id in errands or len(errands) >= AT_ONCE:
                continue
            if not task_notices.stands(connection, row.cause):
                _set(connection, row.id, state="dropped")
                continue
            if self._wait(connection, row, now):
                continue
            accounts = self._accounts(connection, row.person_id, now)
            _set(connection, row.id, state="sending" if accounts else "unreached")
            if accounts:
                errands[row.person_id] = Errand(row.id, row.person_id, row.reply, accounts, row.parts, row.unsure)
        return list(errands.values())

    def _wait(self, connection: Connection, row: sa.Row[Any], now: datetime) -> bool:
        """Put off what would disturb: in quiet hours, or a second reminder on a day."""
        if row.kind not in DISTURBING:
            return False
        name = connection.execute(sa.select(person.c.zone).where(person.c.id == row.person_id)).scalar() or ""
        chosen, here = settings_of(connection, row.person_id), zone(name)
        day = day_start(local_day(now, here), here)
        sent = (outbox.c.person_id == row.person_id) & outbox.c.kind.in_(UNASKED) & (outbox.c.sent_at >= day)
        counts = row.kind in UNASKED and not row.cause.endswith(":snoozed")  # a snooze was asked for
        if counts and connection.execute(sa.select(outbox.c.id).where(sent).limit(1)).first():
            if row.cause.startswith("review:"):
                _set(connection, row.id, state="dropped")
            else:
                tomorrow = day_start(local_day(now, here) + timedelta(days=1), here)
                _set(connection, row.id, not_before=awake(tomorrow, here, chosen.quiet))
            return True
        later = awake(now, here, chosen.quiet)
        if later > now:
            _set(connection, row.id, not_before=later)
        return later > now

    def _doors(self, now: datetime) -> tuple[list[str], list[str]]:
        """Those at which something can be said now, the best first, and those that are shut."""
        shut = [door for door, until in self._shut.items() if until > now]
        return [sender.door for sender in self.senders if sender.door not in shut], shut

    def _has_a_door(self, now: datetime) -> sa.ColumnElement[bool]:
        """Not what can only be said at a door that is shut: it stays as it is, and nobody counts as out of reach."""
        doors, shut = self._doors(now)
        if not shut:
            return sa.true()
        mine = (account.c.person_id == outbox.c.person_id) & account.c.reachable.is_(True)
        return sa.exists().where(mine & account.c.door.in_(doors)) | ~sa.exists().where(mine & account.c.door.in_(shut))

    def _accounts(self, connection: Connection, person_id: str, now: datetime) -> tuple[tuple[str, str], ...]:
        doors, _ = self._doors(now)
        mine = (account.c.person_id == person_id) & account.c.reachable.is_(True) & account.c.door.in_(doors)
        found = connection.execute(sa.select(account.c.door, account.c.external_id).where(mine)).all()
        return tuple((row.door, row.external_id) for row in sorted(found, key=lambda row: doors.index(row.door)))

    async def _run(self, errand: Errand, lanes: asyncio.Semaphore) -> bool:
        """Say one message and note how it went, unless another process is the courier by now: then that one says it."""
        so_far = SoFar(
            lambda it: self.database.write(lambda c: self._keep(c, errand.id, it)), errand.parts, errand.unsure
        )
        async with lanes:
            if self._stopping.is_set():
                return False
            try:
                changes = await self._say(errand, so_far)
            except (_Superseded, DatabaseAway):
                return False
        changes |= {"parts": so_far.parts, "unsure": so_far.unsure}
        await patiently(self.database.write, lambda c: _set(c, errand.id, **changes))
        return bool(changes["state"] == "sent")

    async def _say(self, errand: Errand, so_far: SoFar) -> dict[str, Any]:
        """Say it by the first account that can be reached; gives what is to be noted about it."""
        end = "unreached"
        for door, external_id in errand.accounts:
            if door in self._doors(self.now())[1]:
                end = "due"
                continue
            sender = next(one for one in self.senders if one.door == door)
            try:
                await sender.send(external_id, reply_from_json(errand.reply), errand.id, so_far)
                return {"state": "sent", "sent_at": self.now()}
            except (_Superseded, DatabaseAway):
                raise
            except CannotReach:
                so_far.parts = so_far.unsure = 0  # elsewhere it is said from its beginning
                await self.database.write(partial(reach.gone, door=door, external_id=external_id))
            except Refused:
                self._shut[door], end = self.now() + SHUT_FOR, "due"
            except NotNow as told:
                until = self.now() + timedelta(seconds=told.seconds)
                await self.database.write(partial(_hold_back, person_id=errand.person_id, until=until))
                return {"state": "due", "not_before": until}
            except NeverSayable as told:
                log.error("message %s is refused at %s: %s", errand.id, door, told)
                return {"state": "dropped"}
            except Exception:
                log.exception("message %s could not be said at %s", errand.id, door)
                return {"state": "due", "not_before": self.now() + RETRY}
        return {"state": end}


def _set(connection: Connection, message_id: str, **changes: Any) -> None:
    connection.execute(outbox.update().where(outbox.c.id == message_id).values(changes))


def _hold_back(connection: Connection, person_id: str, until: datetime) -> None:
    """Whatever else waits for this person waits as long, or it would be refused too, and come before what was first."""
    waiting = (outbox.c.person_id == person_id) & (outbox.c.state == "due") & (outbox.c.not_before < until)
    connection.execute(outbox.update().where(waiting).values(not_before=until))
