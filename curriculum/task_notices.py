"""What people are told of a task: under which cause, so that it is told once, and whether that cause still stands."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.tables import membership
from curriculum.team_tables import assignment, task

TASK, ANNOUNCED = "task", "new"


def announcement(assignment_id: str, person_id: str) -> str:
    """The cause of telling somebody that the task is theirs."""
    return f"{TASK}:{assignment_id}:{person_id}:{ANNOUNCED}"


def reminder(assignment_id: str, person_id: str, number: int, due_at: datetime) -> str:
    """The cause of the n-th reminder of a task that is due at this moment."""
    return f"{TASK}:{assignment_id}:{person_id}:r{number}:{_minute(due_at)}"


def task_of(cause: str) -> str | None:
    """What all causes that speak of one task of one person have in common; None for causes of another kind."""
    parts = cause.split(":")
    return ":".join(parts[:3]) if parts[0] == TASK else None


def stands(connection: Connection, cause: str) -> bool:
    """Whether there is still reason to say it: the task is open and this person's, and due when the reminder says."""
    if task_of(cause) is None:
        return True
    _, assignment_id, person_id, step, *due = cause.split(":")
    due_at = _due_if_open(connection, assignment_id, person_id)
    return due_at is not None and (step == ANNOUNCED or due == [_minute(due_at)])


def _due_if_open(connection: Connection, assignment_id: str, person_id: str) -> datetime | None:
    here = (membership.c.team_id == task.c.team_id) & (membership.c.person_id == task.c.person_id)
    joined = task.join(assignment, assignment.c.id == task.c.assignment_id).join(membership, here)
    where = (task.c.assignment_id == assignment_id) & (task.c.person_id == person_id) & task.c.done_at.is_(None)
    where &= assignment.c.withdrawn_at.is_(None) & membership.c.left_at.is_(None)
    due_at: datetime | None = connection.execute(
        sa.select(assignment.c.due_at).select_from(joined).where(where)
    ).scalar()
    return due_at


def _minute(due_at: datetime) -> str:
    return f"{due_at:%Y%m%dT%H%M}"
