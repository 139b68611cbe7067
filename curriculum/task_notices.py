"""What people are told of a task: under which cause, so that it is told once, and whether that cause still stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.tables import membership
from curriculum.team_tables import assignment, task
from foundation.clock import zone

TASK, ANNOUNCED, MOVED = "task", "new", "m"


def day_said(due_at: datetime, zone_name: str) -> str:
    """The day as a notice names it: where its reader lives, and never "tomorrow", for it may be said later."""
    return due_at.astimezone(zone(zone_name)).date().isoformat()


def announcement(assignment_id: str, person_id: str) -> str:
    """The cause of telling somebody that the task is theirs."""
    return f"{TASK}:{assignment_id}:{person_id}:{ANNOUNCED}"


def change(assignment_id: str, person_id: str, moved_at: datetime) -> str:
    """The cause of telling somebody that the task's date or note was changed at this moment."""
    return f"{TASK}:{assignment_id}:{person_id}:{MOVED}:{moved_at:%Y%m%dT%H%M%S%f}"


def reminder(assignment_id: str, person_id: str, number: int, due_at: datetime) -> str:
    """The cause of the n-th reminder of a task that is due at this moment."""
    return f"{TASK}:{assignment_id}:{person_id}:r{number}:{_minute(due_at)}"


def task_of(cause: str) -> str | None:
    """What all causes that speak of one task of one person have in common; None for causes of another kind."""
    parts = cause.split(":")
    return ":".join(parts[:3]) if parts[0] == TASK else None


def stands(connection: Connection, cause: str) -> bool:
    """Whether there is still reason to say it: the task is open and this person's, due when the reminder says, and not
    changed again since the change that is to be told."""
    if task_of(cause) is None:
        return True
    _, assignment_id, person_id, step, *_ = cause.split(":")
    known = _if_open(connection, assignment_id, person_id)
    if known is None:
        return False
    if step == MOVED:
        return known.moved_at is not None and cause == change(assignment_id, person_id, known.moved_at)
    return step == ANNOUNCED or cause.endswith(f":{_minute(known.due_at)}")


def _if_open(connection: Connection, assignment_id: str, person_id: str) -> sa.Row[Any] | None:
    here = (membership.c.team_id == task.c.team_id) & (membership.c.person_id == task.c.person_id)
    joined = task.join(assignment, assignment.c.id == task.c.assignment_id).join(membership, here)
    where = (task.c.assignment_id == assignment_id) & (task.c.person_id == person_id) & task.c.done_at.is_(None)
    where &= assignment.c.withdrawn_at.is_(None) & membership.c.left_at.is_(None)
    query: sa.Select[Any] = sa.select(assignment.c.due_at, assignment.c.moved_at)
    return connection.execute(query.select_from(joined).where(where)).first()


def _minute(due_at: datetime) -> str:
    return f"{due_at:%Y%m%dT%H%M}"
