"""Gradings of free writing: suggested by a model, marked by mentors; the gate between the two is counted here."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.agreement import Agreement, agreement
from curriculum.model_tables import grading
from curriculum.practice_steps import Item
from curriculum.tutor_rows import answered, tell_later
from curriculum.writing_gates import PASS
from foundation.database import insert, new_id
from foundation.errors import ExpectedError, NotFound
from foundation.scope import Scope

RECENT = 200  # the gate looks at the latest marks: models change


AUDITED = 10  # after the gate one suggestion in ten still goes to a mentor: the gate must keep seeing


@dataclass(frozen=True)
class Suggested:
    """What a model made of one answer; with a `reason` its mark counts for nothing before a mentor has looked."""

    item_id: str
    skill: str
    answer: str
    mark: int | None
    criteria: Sequence[Mapping[str, Any]]
    reason: str = ""
    playbook_id: str = ""
    version: str = ""
    kind: str = ""
    ticked: Sequence[str] = ()


@dataclass(frozen=True)
class Waiting:
    id: str
    person_id: str
    playbook_id: str
    item_id: str
    answer: str
    suggested: int | None
    criteria: Sequence[Mapping[str, Any]]
    reason: str
    at: datetime
    turn_id: str


_WAITING = sa.select(*(grading.c[name] for name in Waiting.__dataclass_fields__))


def keep(connection: Connection, scope: Scope, one: Suggested, turn_id: str, now: datetime) -> bool:
    """Keep it once for a turn; whether the suggestion may move mastery: never before the gate, never with a reason.

    Before the gate every answer waits for a mentor, without whose marks nothing could be measured; after it one in ten.
    """
    counts = not one.reason and one.mark is not None and gate(connection, scope).passed
    waits = not counts or zlib.crc32(turn_id.encode()) % AUDITED == 0
    row: dict[str, Any] = {name: getattr(one, name) for name in _KEPT}
    row |= {"id": new_id(), "team_id": scope.team_id, "person_id": scope.person_id, "turn_id": turn_id, "at": now}
    row |= {"suggested": one.mark, "criteria": [dict(each) for each in one.criteria], "ticked": list(one.ticked)}
    row["state"] = "waiting" if waits else "said"
    connection.execute(insert(connection, grading).values(row).on_conflict_do_nothing(index_elements=["turn_id"]))
    return counts


_KEPT = ("item_id", "skill", "answer", "reason", "playbook_id", "version", "kind")


def mine(connection: Connection, scope: Scope, turn_id: str) -> Suggested:
    """One's own grading by its turn. Raises NotFound."""
    where = (grading.c.turn_id == turn_id) & (grading.c.person_id == scope.person_id)
    row = connection.execute(sa.select(grading).where(where & (grading.c.team_id == scope.team_id))).first()
    if row is None:
        raise NotFound(turn_id)
    kept = {name: getattr(row, name) for name in _KEPT}
    return Suggested(**kept, mark=row.suggested, criteria=row.criteria, ticked=row.ticked)


def object_to(connection: Connection, scope: Scope, turn_id: str) -> str | None:
    """The learner objects to a suggestion: it waits for a mentor. Its id, or None where there is none unmarked."""
    where = (grading.c.turn_id == turn_id) & (grading.c.person_id == scope.person_id) & grading.c.mark.is_(None)
    found = connection.execute(sa.select(grading.c.id).where(where & (grading.c.team_id == scope.team_id))).scalar()
    if found is not None:
        connection.execute(grading.update().where(grading.c.id == found).values(state="waiting"))
    return None if found is None else str(found)


def waiting(connection: Connection, scope: Scope, limit: int = 20) -> list[Waiting]:
    """What waits for a mentor of this team, the oldest first. Raises NotFound for those who may not mark."""
    _must_mark(scope)
    where = (grading.c.team_id == scope.team_id) & (grading.c.state == "waiting")
    return [Waiting(*row) for row in connection.execute(_WAITING.where(where).order_by(grading.c.at).limit(limit))]


def waiting_one(connection: Connection, scope: Scope, grading_id: str) -> Waiting:
    """One's own grading that waits. Raises NotFound."""
    where = (grading.c.id == grading_id) & (grading.c.person_id == scope.person_id)
    row = connection.execute(_WAITING.where(where & (grading.c.team_id == scope.team_id))).first()
    if row is None:
        raise NotFound(grading_id)
    return Waiting(*row)


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
    _tell_tutor(connection, grading_id, value, now)


def _tell_tutor(connection: Connection, grading_id: str, value: int, now: datetime) -> None:
    """A human's mark of a piece of writing is evidence; it comes late, so it takes none of the day's minutes."""
    row = connection.execute(sa.select(grading).where(grading.c.id == grading_id)).one()
    if not row.kind or not row.playbook_id:
        return
    told = answered(Item(f"{row.playbook_id}/{row.item_id}", row.skill, row.kind, 0.0), value >= PASS, now)
    tell_later(connection, Scope(row.team_id, row.person_id, frozenset()), told, f"m{row.id}"[:32])


def gate(connection: Connection, scope: Scope) -> Agreement:
    """How well suggestions agree with this team's mentors, over the latest marks."""
    both = grading.c.suggested.is_not(None) & grading.c.mark.is_not(None) & (grading.c.team_id == scope.team_id)
    both &= grading.c.reason == ""  # what did not stand would never have counted
    query = (
        sa.select(grading.c.suggested, grading.c.mark).where(both).order_by(grading.c.marked_at.desc()).limit(RECENT)
    )
    pairs = connection.execute(query).all()
    return agreement([row.suggested for row in pairs], [row.mark for row in pairs])


def _must_mark(scope: Scope) -> None:
    if not scope.may("mentor", "lead"):
        raise NotFound("grading")
