"""How far somebody has come in their lessons: one row a lesson, so that it goes on at any door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.teaching_tables import lesson_progress
from foundation.database import insert
from foundation.scope import Scope


@dataclass(frozen=True)
class Progress:
    """The place (from 0) of the card to show next, when it was reached, and when the lesson was finished."""

    lesson: str
    place: int
    updated_at: datetime
    done_at: datetime | None


def progress(connection: Connection, scope: Scope) -> dict[str, Progress]:
    """This person's lessons in this team, by id, the latest first."""
    query = sa.select(lesson_progress).where(_mine(scope)).order_by(lesson_progress.c.updated_at.desc())
    return {
        row.lesson: Progress(row.lesson, row.place, row.updated_at, row.done_at) for row in connection.execute(query)
    }


def reached(
    connection: Connection, scope: Scope, lesson: str, place: int, now: datetime, *, done: bool = False
) -> None:
    """Keep how far a lesson has come; never back, and a lesson once finished stays finished."""
    before = progress(connection, scope).get(lesson)
    if before is not None and before.place >= place and not (done and before.done_at is None):
        return
    done_at = before.done_at if before and before.done_at else now if done else None
    row = {"team_id": scope.team_id, "person_id": scope.person_id, "lesson": lesson}
    changes = {"place": place, "done_at": done_at, "updated_at": now}
    fresh = insert(connection, lesson_progress).values(row | changes)
    where = ["team_id", "person_id", "lesson"]
    connection.execute(fresh.on_conflict_do_update(index_elements=where, set_=changes))


def _mine(scope: Scope) -> sa.ColumnElement[bool]:
    return (lesson_progress.c.person_id == scope.person_id) & (lesson_progress.c.team_id == scope.team_id)
