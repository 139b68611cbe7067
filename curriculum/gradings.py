"""Gradings of free writing: suggested by a model, marked by mentors; the gate between the two is counted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.agreement import Agreement, agreement
from curriculum.model_tables import grading
from foundation.database import insert, new_id
from foundation.errors import ExpectedError, NotFound
from foundation.scope import Scope

RECENT = 200  # the gate looks at the latest marks: models change


@dataclass(frozen=True)
class Suggested:
    """What a model made of one answer; with a `reason` it waits for a mentor."""

    item_id: str
    skill: str
    answer: str
    mark: int | None
    criteria: Sequence[Mapping[str, Any]]
    reason: str = ""


@dataclass(frozen=True)
class Waiting:
    id: str
    person_id: str
    item_id: str
    answer: str
    suggested: int | None
    criteria: Sequence[Mapping[str, Any]]
    reason: str
    at: datetime


def keep(connection: Connection, scope: Scope, one: Suggested, turn_id: str, now: datetime) -> bool:
    """Keep it once for a turn; whether the suggestion may move mastery: never before the gate, never with a reason."""
    counts = not one.reason and one.mark is not None and gate(connection, scope).passed
    row: dict[str, Any] = {
        "id": new_id(),
        "team_id": scope.team_id,
        "person_id": scope.person_id,
        "turn_id": turn_id,
        "at": now,
    }
    row |= {"item_id": one.item_id, "skill": one.skill, "answer": one.answer, "suggested": one.mark}
    row |= {
        "criteria": [dict(each) for each in one.criteria],
        "reason": one.reason,
        "state": "waiting" if one.reason else "said",
    }
    connection.execute(insert(connection, grading).values(row).on_conflict_do_nothing(index_elements=["turn_id"]))
    return counts


def waiting(connection: Connection, scope: Scope, limit: int = 20) -> list[Waiting]:
    """What waits for a mentor of this team, the oldest first. Raises NotFound for those who may not mark."""
    _must_mark(scope)
    query = (
        sa.select(grading)
        .where((grading.c.team_id == scope.team_id) & (grading.c.state == "waiting"))
        .order_by(grading.c.at)
        .limit(limit)
    )
    return [
        Waiting(row.id, row.person_id, row.item_id, row.answer, row.suggested, row.criteria, row.reason, row.at)
        for row in connection.execute(query)
    ]


def mark(connection: Connection, scope: Scope, grading_id: str, value: int, now: datetime) -> None:
    """A mentor's mark of 0 to 100; the first one is kept. Raises NotFound, ExpectedError."""
    _must_mark(scope)
    if not 0 <= value <= 100:
        raise ExpectedError("grading.bad_mark")
    open_one = (grading.c.id == grading_id) & (grading.c.team_id == scope.team_id) & grading.c.mark.is_(None)
    open_one &= grading.c.person_id != scope.person_id  # nobody marks themselves
    changes = {"mark": value, "marked_by": scope.person_id, "marked_at": now, "state": "marked"}
    if connection.execute(grading.update().where(open_one).values(changes)).rowcount != 1:
        raise NotFound(grading_id)


def gate(connection: Connection, scope: Scope) -> Agreement:
    """How well suggestions agree with this team's mentors, over the latest marks."""
    both = grading.c.suggested.is_not(None) & grading.c.mark.is_not(None) & (grading.c.team_id == scope.team_id)
    query = (
        sa.select(grading.c.suggested, grading.c.mark).where(both).order_by(grading.c.marked_at.desc()).limit(RECENT)
    )
    pairs = connection.execute(query).all()
    return agreement([row.suggested for row in pairs], [row.mark for row in pairs])


def _must_mark(scope: Scope) -> None:
    if not scope.may("mentor", "lead"):
        raise NotFound("grading")
