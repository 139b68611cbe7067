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

from bot import reach
from bot.message import Arrival, Attachment, Reply, Turn, reply_to_json
from bot.tables import account, dialogue, inbox, lease, turn_file
from curriculum import people
from curriculum.people import Member
from curriculum.tables import person
from foundation.database import OncePerDialect, insert, insert_new, new_id
from foundation.people_text import storable

MAX_WORDS = 16_000
MAX_TRIES = 5
OPEN = ("kept", "answered")
_FORGET = re.compile(r"\s*/forget\s+yes")
HOLDER = f"{socket.gethostname()}:{os.getpid()}"


class LostLease(Exception):
    """Another process answers this person now; whatever this one was about to write must not be written."""


@dataclass(frozen=True)
class Known:
    """Who speaks and what was said before, as read when the turn was stored; nobody else changes it under the lease."""

    member: Member
    state: dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """A turn that was stored; `token` is the lease under which it may be answered here, None if another holds it."""

    turn: Turn
    token: str | None
    known: Known | None  # None when an older turn of the person may be open: that one comes first


@dataclass(frozen=True)
class Open:
    """The next turn of a person that is not yet delivered; `replies` are there when it was answered already."""

    turn: Turn
    replies: list[dict[str, Any]] | None
    tries: int
    known: Known | None = None


# Built once: building a statement costs three to six times what running it costs, and these run in every turn.
_WHO = (
    sa.select(account.c.reachable, dialogue.c.state, *people.MEMBER_COLUMNS)
    .select_from(
        people.with_membership(account.join(person, person.c.id == account.c.person_id)).outerjoin(
            dialogue, dialogue.c.person_id == person.c.id
        )
    )
    .where((account.c.door == sa.bindparam("at_door")) & (account.c.external_id == sa.bindparam("as_account")))
)
_KEEP = OncePerDialect(lambda c: insert_new(c, inbox))
_OPEN_NOW = (inbox.c.person_id == sa.bindparam("person")) & sa.or_(
    *(inbox.c.state == sa.literal_column(f"'{state}'") for state in OPEN)
)
_NEXT_OPEN = (
    sa.select(
        inbox.c.id,
        inbox.c.door,
        inbox.c.account,
        inbox.c.words,
        inbox.c.at,
        inbox.c.payload,
        inbox.c.replies,
        inbox.c.tries,
    )
    .where(_OPEN_NOW)
    .order_by(inbox.c.seq)
)
_HELD = sa.select(lease.c.token).where(lease.c.person_id == sa.bindparam("person")).with_for_update()
_GIVE_BACK = lease.delete().where(
    (lease.c.person_id == sa.bindparam("person")) & (lease.c.token == sa.bindparam("held"))
)
_BECOMES = (
    inbox.update()
    .where(inbox.c.id == sa.bindparam("turn"))
    .values(state=sa.bindparam("becomes"), replies=sa.bindparam("said"))
)


_FRESH_LEASE = OncePerDialect(lambda c: insert_new(c, lease))
_LEASE_OF = (
    sa.select(lease.c.token, lease.c.holder, lease.c.until)
    .where(lease.c.person_id == sa.bindparam("person"))
    .with_for_update()
)


def receive(connection: Connection, arrival: Arrival, now: datetime, lease_seconds: int) -> Kept | None:
    """Store an arrival and try to take the person's lease; None when it is stored already (a repeat does nothing)."""
    known = _who(connection, arrival, now)
    person_id = known.member.person.id
    words = storable(arrival.words[:MAX_WORDS])
    payload = (arrival.payload or {}) | ({"file": _about(arrival.file)} if arrival.file else {})
    turn = Turn(new_id(), person_id, arrival.door, arrival.account, words, now, payload)
    row = vars(turn) | {"external_id": arrival.external_id, "state": "kept", "tries": 1}
    if connection.execute(_KEEP(connection), row).first() is None:
        return None
    if arrival.file:
        connection.execute(turn_file.insert().values(_file_row(turn, arrival.file)))
    token, is_fresh = _lease(connection, person_id, now, lease_seconds)
    # A lease is given back only when nothing is open: under a fresh one this turn is the person's next.
    return Kept(turn, token, known if is_fresh else None)


def _about(file: Attachment) -> dict[str, Any]:
    return {"kind": "document", "name": storable(file.name[:120]), "size": len(file.content)}


def _file_row(turn: Turn, file: Attachment) -> dict[str, Any]:
    about = {"name": storable(file.name[:120]), "media_type": file.media_type[:80], "content": file.content}
    return {"turn_id": turn.id, "person_id": turn.person_id} | about


def file_of(connection: Connection, turn: Turn) -> Attachment | None:
    """The file that was kept with a turn which is not done yet."""
    row = connection.execute(sa.select(turn_file).where(turn_file.c.turn_id == turn.id)).first()
    return Attachment(row.name, row.media_type, row.content) if row else None


def _who(connection: Connection, arrival: Arrival, now: datetime) -> Known:
    row = connection.execute(_WHO, {"at_door": arrival.door, "as_account": arrival.account}).first()
    if row is None:
        language = "en" if arrival.language_code.lower().startswith("en") else "zh-CN"
        person_id = people.add_person(connection, arrival.name, language, now)
        bind_account(connection, arrival.door, arrival.account, person_id, now)
        return Known(people.meet(connection, person_id), {})
    if not row.reachable:
        reach.back(connection, arrival.door, arrival.account, str(row.id), now)
    return Known(people.member_of(row), dict(row.state or {}))


def bind_account(connection: Connection, door: str, external_id: str, person_id: str, now: datetime) -> None:
    """From now on this account of a door speaks for this person."""
    row = {"door": door, "external_id": external_id, "person_id": person_id, "reachable": True, "created_at": now}
    statement = insert(connection, account).values(row)
    changes = {"person_id": person_id, "reachable": True}
    connection.execute(statement.on_conflict_do_update(index_elements=["door", "external_id"], set_=changes))
    reach.bring_back(connection, person_id, now)


def take_lease(connection: Connection, person_id: str, now: datetime, seconds: int) -> str | None:
    """The person's lease, if nobody holds it or its holder is gone; one turn at a time, whichever door."""
    return _lease(connection, person_id, now, seconds)[0]


def _lease(connection: Connection, person_id: str, now: datetime, seconds: int) -> tuple[str | None, bool]:
    """The lease's token, and whether nobody held it before.

    A held lease is looked at under a lock: its holder either sees our turn when it finishes, or has given the lease
    back by the time we look, and then we try once more.
    """
    token = new_id()
    row = {"person_id": person_id, "token": token, "holder": HOLDER, "until": now + timedelta(seconds=seconds)}
    for _ in range(2):
        if connection.execute(_FRESH_LEASE(connection), row).first() is not None:
            return token, True
        held = connection.execute(_LEASE_OF, {"person": person_id}).first()
        if held is not None:
            if held.until >= now and _is_alive(held.holder):
                return None, False
            connection.execute(lease.update().where(lease.c.person_id == person_id).values(row))
            return token, False
    return None, False


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
    following = _next_at(connection, person_id, doors)
    if following is None:
        connection.execute(_GIVE_BACK, {"person": person_id, "held": token})
    return following


def _next_at(connection: Connection, person_id: str, doors: Collection[str]) -> Open | None:
    row = next((row for row in connection.execute(_NEXT_OPEN, {"person": person_id}) if row.door in doors), None)
    if row is None:
        return None
    if row.replies is None:
        connection.execute(inbox.update().where(inbox.c.id == row.id).values(tries=inbox.c.tries + 1))
    return Open(Turn(row.id, person_id, row.door, row.account, row.words, row.at, row.payload), row.replies, row.tries)


def hold(connection: Connection, person_id: str, token: str) -> None:
    """Make sure, and hold until the transaction ends, that the lease is still ours. Raises LostLease."""
    if connection.execute(_HELD, {"person": person_id}).scalar() != token:
        raise LostLease(person_id)


def keep_replies(connection: Connection, turn_id: str, replies: Sequence[Reply]) -> None:
    """Store the final replies, in the transaction of the effects they speak of."""
    values = {"turn": turn_id, "becomes": "answered", "said": [reply_to_json(reply) for reply in replies]}
    connection.execute(_BECOMES, values)


def finish(
    connection: Connection,
    turn: Turn,
    token: str,
    state: str,
    doors: Collection[str],
    now: datetime,
    lease_seconds: int,
) -> Open | None:
    """Close a turn; gives the person's next one, or gives the lease back."""
    # The replies were shown: keeping them longer would keep a person's words for no use.
    connection.execute(_BECOMES, {"turn": turn.id, "becomes": state, "said": None})
    if turn.brought:
        connection.execute(turn_file.delete().where(turn_file.c.turn_id == turn.id))
    if asks_to_forget(turn) and _wants_to_be_forgotten(connection, turn.person_id):
        people.forget(connection, turn.person_id)
        return None
    held = connection.execute(_GIVE_BACK, {"person": turn.person_id, "held": token}).rowcount
    if not held:
        raise LostLease(turn.person_id)
    following = _next_at(connection, turn.person_id, doors)
    if following is not None:
        row = {
            "person_id": turn.person_id,
            "token": token,
            "holder": HOLDER,
            "until": now + timedelta(seconds=lease_seconds),
        }
        connection.execute(_FRESH_LEASE(connection), row)
    return following


def asks_to_forget(turn: Turn) -> bool:
    return _FORGET.match(turn.words) is not None


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
