"""Who can be reached, and what waits for them: an account that is gone, and one that has come back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.tables import account, outbox
from curriculum import task_notices

SPOKEN_AT = ("telegram", "web")  # at a terminal nobody hears what they did not ask for
NEWS_FOR = {"digest": timedelta(days=7), "answer": timedelta(days=14)}  # a task for as long as it is open


def out_of_reach(connection: Connection, people: list[str]) -> set[str]:
    """Those of these people whom the courier can reach at no door: every account blocked, or none there."""
    known = account.c.person_id.in_(people) & account.c.reachable.is_(True) & account.c.door.in_(SPOKEN_AT)
    return set(people) - set(connection.execute(sa.select(account.c.person_id).where(known).distinct()).scalars())


def gone(connection: Connection, door: str, external_id: str) -> None:
    """The account cannot be written to (blocked, deactivated): nothing is said there unasked until it writes again."""
    connection.execute(account.update().where(_is(door, external_id)).values(reachable=False))


def back(connection: Connection, door: str, external_id: str, person_id: str, now: datetime) -> None:
    """The account can be written to again; what waited for its person is said after all."""
    connection.execute(account.update().where(_is(door, external_id)).values(reachable=True))
    bring_back(connection, person_id, now)


def bring_back(connection: Connection, person_id: str, now: datetime) -> None:
    """What could not be said is due now: of one task once, and nothing whose day is over."""
    parked = (outbox.c.person_id == person_id) & (outbox.c.state == "unreached")
    columns = (outbox.c.id, outbox.c.cause, outbox.c.kind, outbox.c.not_before)
    rows = connection.execute(sa.select(*columns).where(parked).order_by(outbox.c.not_before)).all()
    kept: dict[str, Any] = {}
    for row in rows:
        about = task_notices.task_of(row.cause) or row.cause
        if _is_over(row, now) or not task_notices.stands(connection, row.cause):
            continue
        if about in kept and kept[about].kind == "assignment":
            continue  # the announcement, or the change, says all that a reminder says
        kept[about] = row  # of reminders the last counts
    due = outbox.c.id.in_([row.id for row in kept.values()])
    connection.execute(outbox.update().where(parked & due).values(state="due", not_before=now))
    connection.execute(outbox.update().where(parked).values(state="dropped"))


def _is_over(row: Any, now: datetime) -> bool:
    """An old digest or answer is no news; a nudge to practise was for its day; a task is asked about when it is said."""
    if row.kind in NEWS_FOR:
        return bool(row.not_before < now - NEWS_FOR[row.kind])
    return bool(row.kind == "reminder") and task_notices.task_of(row.cause) is None


def _is(door: str, external_id: str) -> sa.ColumnElement[bool]:
    return (account.c.door == door) & (account.c.external_id == external_id)
