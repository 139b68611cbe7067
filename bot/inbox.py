"""A turn is kept before it is answered: the inbox, the lease a person's turns are answered under, and recovery."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.message import Arrival, Reply, Turn, reply_to_json
from bot.tables import account, dialogue, inbox, lease
from curriculum import people
from foundation.database import insert, new_id

MAX_WORDS = 16_000
MAX_TRIES = 5
OPEN = ("kept", "answered")
_FORGET = re.compile(r"\s*/forget\s+yes")
HOLDER = f"{socket.gethostname()}:{os.getpid()}"


class LostLease(Exception):
    """Another process answers this person now; whatever this one was about to write must not be written."""


@dataclass(frozen=True)
class Kept:
    """A turn that was stored; `token` is the lease under which it may be answered here, None if another holds it."""

    turn: Turn
    token: str | None
    is_next: bool  # no older turn of the person is open


@dataclass(frozen=True)
class Open:
    """The next turn of a person that is not yet delivered; `replies` are there when it was answered already."""

    turn: Turn
    replies: list[dict[str, Any]] | None
    tries: int


def receive(connection: Connection, arrival: Arrival, now: datetime, lease_seconds: int) -> Kept | None:
    """Store an arrival and try to take the person's lease; None when it is stored already (a repeat does nothing)."""
    person_id = _person_of(connection, arrival, now)
    words = arrival.words[:MAX_WORDS].replace("\x00", "")
    turn = Turn(new_id(), person_id, arrival.door, arrival.account, words, now, arrival.payload or {})
    row = vars(turn) | {"external_id": arrival.external_id, "state": "kept", "tries": 1}
    stored = connection.execute(insert(connection, inbox).values(row).on_conflict_do_nothing())
    if stored.rowcount == 0:
        return None
    token = take_lease(connection, person_id, now, lease_seconds)
    return Kept(turn, token, token is not None and _oldest_open(connection, person_id) == turn.id)


def _oldest_open(connection: Connection, person_id: str) -> str | None:
    query = sa.select(inbox.c.id).where((inbox.c.person_id == person_id) & inbox.c.state.in_(OPEN))
    return connection.execute(query.order_by(inbox.c.seq).limit(1)).scalar()


def _person_of(connection: Connection, arrival: Arrival, now: datetime) -> str:
    where = (account.c.door == arrival.door) & (account.c.external_id == arrival.account)
    known = connection.execute(sa.select(account.c.person_id, account.c.reachable).where(where)).first()
    if known is None:
        language = "en" if arrival.language_code.lower().startswith("en") else "zh-CN"
        person_id = people.add_person(connection, arrival.name, language, now)
        bind_account(connection, arrival.door, arrival.account, person_id, now)
        return person_id
    if not known.reachable:
        connection.execute(account.update().where(where).values(reachable=True))
    return str(known.person_id)


def bind_account(connection: Connection, door: str, external_id: str, person_id: str, now: datetime) -> None:
    """From now on this account of a door speaks for this person."""
    row = {"door": door, "external_id": external_id, "person_id": person_id, "reachable": True, "created_at": now}
    statement = insert(connection, account).values(row)
    changes = {"person_id": person_id, "reachable": True}
    connection.execute(statement.on_conflict_do_update(index_elements=["door", "external_id"], set_=changes))


def take_lease(connection: Connection, person_id: str, now: datetime, seconds: int) -> str | None:
    """The person's lease, if nobody holds it or its holder is gone; one turn at a time, whichever door."""
    token = new_id()
    row = {"person_id": person_id, "token": token, "holder": HOLDER, "until": now + timedelta(seconds=seconds)}
    statement = insert(connection, lease).values(row)
    free = lease.c.until < now
    taken = connection.execute(
        statement.on_conflict_do_update(index_elements=["person_id"], set_={k: row[k] for k in ("token", "holder", "until")}, where=free)
    )
    if taken.rowcount:
        return token
    return token if _take_from_the_dead(connection, row) else None


def _take_from_the_dead(connection: Connection, row: dict[str, Any]) -> bool:
    holder = connection.execute(sa.select(lease.c.holder, lease.c.token).where(lease.c.person_id == row["person_id"])).first()
    if holder is None or _is_alive(holder.holder):
        return False
    mine = (lease.c.person_id == row["person_id"]) & (lease.c.token == holder.token)
    return bool(connection.execute(lease.update().where(mine).values(row)).rowcount)


def _is_alive(holder: str) -> bool:
    """Whether a lease's holder may still be at work; only a process of this same machine can be known to be dead."""
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError):
        return True
    return True


def next_open(connection: Connection, person_id: str, token: str, doors: Collection[str]) -> Open | None:
    """The person's oldest turn not yet delivered at one of these doors, its try counted; none: the lease is given back.

    Raises LostLease when the lease is another's by now.
    """
    hold(connection, person_id, token)
    columns = (inbox.c.id, inbox.c.door, inbox.c.account, inbox.c.words, inbox.c.at, inbox.c.payload, inbox.c.replies, inbox.c.tries)
    query = sa.select(*columns).where((inbox.c.person_id == person_id) & inbox.c.state.in_(OPEN) & inbox.c.door.in_(doors))
    row = connection.execute(query.order_by(inbox.c.seq).limit(1)).first()
    if row is None:
        connection.execute(lease.delete().where((lease.c.person_id == person_id) & (lease.c.token == token)))
        return None
    if row.replies is None:
        connection.execute(inbox.update().where(inbox.c.id == row.id).values(tries=inbox.c.tries + 1))
    return Open(Turn(row.id, person_id, row.door, row.account, row.words, row.at, row.payload), row.replies, row.tries)


def hold(connection: Connection, person_id: str, token: str) -> None:
    """Make sure, and hold until the transaction ends, that the lease is still ours. Raises LostLease."""
    query = sa.select(lease.c.token).where(lease.c.person_id == person_id).with_for_update()
    if connection.execute(query).scalar() != token:
        raise LostLease(person_id)


def keep_replies(connection: Connection, turn_id: str, replies: Sequence[Reply]) -> None:
    """Store the final replies, in the transaction of the effects they speak of."""
    values = {"state": "answered", "replies": [reply_to_json(reply) for reply in replies]}
    connection.execute(inbox.update().where(inbox.c.id == turn_id).values(values))


def finish(connection: Connection, turn: Turn, token: str, state: str, doors: Collection[str]) -> Open | None:
    """Close a turn; gives the person's next one, or gives the lease back."""
    # The replies were shown: keeping them longer would keep a person's words for no use.
    connection.execute(inbox.update().where(inbox.c.id == turn.id).values(state=state, replies=None))
    if _FORGET.match(turn.words) and _wants_to_be_forgotten(connection, turn.person_id):
        people.forget(connection, turn.person_id)
        return None
    return next_open(connection, turn.person_id, token, doors)


def _wants_to_be_forgotten(connection: Connection, person_id: str) -> bool:
    """The topic left its mark; the deed is done here, after the last words were said, and again if a crash came between."""
    state = connection.execute(sa.select(dialogue.c.state).where(dialogue.c.person_id == person_id)).scalar()
    return bool((state or {}).get("forget"))


def renew(connection: Connection, person_id: str, token: str, now: datetime, seconds: int) -> None:
    mine = (lease.c.person_id == person_id) & (lease.c.token == token)
    connection.execute(lease.update().where(mine).values(until=now + timedelta(seconds=seconds)))


def abandoned(connection: Connection, now: datetime, doors: Collection[str], limit: int = 100) -> list[str]:
    """People with an open turn at one of these doors and no living lease: theirs are to be taken up again."""
    query = (
        sa.select(inbox.c.person_id, lease.c.until, lease.c.holder)
        .select_from(inbox.outerjoin(lease, lease.c.person_id == inbox.c.person_id))
        .where(inbox.c.state.in_(OPEN) & inbox.c.door.in_(doors))
        .group_by(inbox.c.person_id, lease.c.until, lease.c.holder)
        .order_by(sa.func.min(inbox.c.seq))
        .limit(limit)
    )
    rows = connection.execute(query).all()
    return [row.person_id for row in rows if row.until is None or row.until < now or not _is_alive(row.holder)]
