"""Tasks a lead or mentor gives: to a person, a cohort or all, with a due date, three reminders at most, moved or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum import people, teams
from curriculum.lesson_rows import progress
from curriculum.lessons import courses
from curriculum.tables import answer, membership, person
from curriculum.team_tables import assignment, playbook_tally, task
from curriculum.teams import Colleague
from foundation.clock import zone
from foundation.database import insert, new_id
from foundation.errors import ExpectedError, NotFound
from foundation.people_text import sentence
from foundation.scope import Scope

KINDS = ("rung", "quiz", "powercut", "lesson", "course")
TOLD = ("lesson", "course")  # their end is told by `finished`, whatever was looked at before
MAX_NOTE, MAX_DAYS = 300, 366
REMINDERS = (timedelta(days=3), timedelta(days=1), timedelta(0))  # before the due moment; never more than these
PROBES_IN_A_TEST = 5


@dataclass(frozen=True)
class Wish:
    """What is to be given to whom; validated here, whichever door it came in by."""

    kind: str
    target: str
    amount: int
    audience: str  # all · cohort:NAME · a person's id
    due_at: datetime
    note: str = ""


@dataclass(frozen=True)
class Given:
    """A task as those who gave it see it."""

    id: str
    kind: str
    target: str
    amount: int
    audience: str
    note: str
    due_at: datetime
    created_at: datetime
    created_by: str
    open: int
    done: int


@dataclass(frozen=True)
class Task:
    """A task as the one who has it sees it."""

    id: str
    kind: str
    target: str
    amount: int
    note: str
    due_at: datetime
    done_at: datetime | None
    so_far: int = 0

    @property
    def whole(self) -> int:
        """How far there is to go: of a course its lessons, of a rung the rung."""
        return (
            len(courses()[self.target].lessons) if self.kind == "course" and self.target in courses() else self.amount
        )


def end_of_day(day: date, zone_name: str) -> datetime:
    """The last minute of a day where the team lives."""
    return datetime.combine(day, time(23, 59), zone(zone_name)).astimezone(UTC)


def give(connection: Connection, scope: Scope, wish: Wish, now: datetime) -> tuple[str, list[Colleague]]:
    """Give a task; returns its id and to whom. Raises ExpectedError for what cannot be, NotFound for a stranger."""
    _must_be_possible(scope, wish, now)
    chosen = _audience(connection, scope, wish.audience)
    if not chosen and not _may_be_given_ahead(connection, scope, wish.audience, now):
        raise ExpectedError("assign.nobody")
    kept = wish.audience if wish.audience == "all" or wish.audience.startswith("cohort:") else "person"
    row = {
        "id": new_id(),
        "team_id": scope.team_id,
        "kind": wish.kind,
        "target": wish.target,
        "amount": wish.amount,
        "audience": kept,
    }
    row |= {
        "note": sentence(wish.note),
        "due_at": wish.due_at,
        "created_by": scope.person_id,
        "created_at": now,
        "withdrawn_at": None,
    }
    connection.execute(assignment.insert().values(row))
    remind = next_reminder(wish.due_at, now, 0)
    tasks = [
        {"assignment_id": row["id"], "person_id": one.id, "team_id": scope.team_id, "reminders": 0, "remind_at": remind}
        for one in chosen
    ]
    if tasks:
        connection.execute(task.insert(), tasks)
    for one in chosen:
        settle(connection, scope.team_id, one.id, now)
    return str(row["id"]), chosen


def _must_be_possible(scope: Scope, wish: Wish, now: datetime) -> None:
    if not scope.may("mentor", "lead", "owner"):
        raise NotFound("assign")
    if wish.kind not in KINDS or not 1 <= wish.amount <= 100 or len(wish.note) > MAX_NOTE or len(wish.target) > 64:
        raise ExpectedError("assign.impossible")
    if wish.kind == "rung" and wish.amount > 5:
        raise ExpectedError("assign.impossible")
    must_be_ahead(wish.due_at, now)


def must_be_ahead(due_at: datetime, now: datetime) -> None:
    """Raises ExpectedError for a due date that has passed or is more than a year away."""
    if not now < due_at <= now + timedelta(days=MAX_DAYS):
        raise ExpectedError("assign.bad_date")


def _may_be_given_ahead(connection: Connection, scope: Scope, audience: str, now: datetime) -> bool:
    """Whether those it is for may still come: they get it when they join."""
    return audience == "all" or audience.removeprefix("cohort:") in teams.cohorts(connection, scope, now)


def _audience(connection: Connection, scope: Scope, audience: str) -> list[Colleague]:
    cohort = audience.removeprefix("cohort:") if audience.startswith("cohort:") else None
    if audience == "all" or cohort:
        return [one for one in teams.members(connection, scope, cohort=cohort) if "trainee" in one.roles]
    if cohort is not None:
        return []  # "no cohort" is none
    return [teams.member(connection, scope, audience)]


def next_reminder(due_at: datetime, now: datetime, said: int) -> datetime | None:
    """When the next of the three reminders is due; those whose time has passed are not made up for."""
    return next((due_at - before for before in REMINDERS[said:] if due_at - before > now), None)


def current(connection: Connection, scope: Scope, limit: int = 50) -> Sequence[Given]:
    """What is given and not withdrawn, the nearest due date first."""
    if not scope.may("mentor", "lead", "owner"):
        raise NotFound("assignments")
    where = (assignment.c.team_id == scope.team_id) & assignment.c.withdrawn_at.is_(None)
    return [
        _given(row) for row in connection.execute(_with_counts(where).order_by(assignment.c.due_at.desc()).limit(limit))
    ]


def get(connection: Connection, scope: Scope, assignment_id: str) -> Given:
    where = (
        (assignment.c.team_id == scope.team_id)
        & (assignment.c.id == assignment_id)
        & assignment.c.withdrawn_at.is_(None)
    )
    row = connection.execute(_with_counts(where)).first()
    if row is None or not scope.may("mentor", "lead", "owner"):
        raise NotFound(assignment_id)
    return _given(row)


def _with_counts(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    undone = sa.func.sum(sa.case((task.c.done_at.is_(None) & task.c.person_id.is_not(None), 1), else_=0)).label("open")
    done = sa.func.sum(sa.case((task.c.done_at.is_not(None), 1), else_=0)).label("done")
    joined = assignment.outerjoin(task, task.c.assignment_id == assignment.c.id)
    return sa.select(assignment, undone, done).select_from(joined).where(where).group_by(assignment.c.id)


def _given(row: sa.Row[Any]) -> Given:
    return Given(
        row.id,
        row.kind,
        row.target,
        row.amount,
        row.audience,
        row.note,
        row.due_at,
        row.created_at,
        row.created_by,
        int(row.open),
        int(row.done),
    )


def undone(connection: Connection, scope: Scope, assignment_id: str) -> list[tuple[str, str]]:
    """Who has not done it yet: id and name."""
    get(connection, scope, assignment_id)
    where = (task.c.assignment_id == assignment_id) & task.c.done_at.is_(None)
    query = (
        sa.select(person.c.id, person.c.name)
        .select_from(task.join(person, person.c.id == task.c.person_id))
        .where(where)
    )
    return [(row.id, row.name) for row in connection.execute(query.order_by(person.c.name))]


def move(
    connection: Connection,
    scope: Scope,
    assignment_id: str,
    due_at: datetime | None,
    now: datetime,
    note: str | None = None,
) -> list[Colleague]:
    """Another due date, another note (None: as it was); gives who is still to do it, nobody where nothing changed.

    What was said of the old date is not said again.
    """
    known = get(connection, scope, assignment_id)
    due, said = due_at or known.due_at, known.note if note is None else note.strip()
    if len(said) > MAX_NOTE:
        raise ExpectedError("assign.impossible")
    if (due, said) == (known.due_at, known.note):
        return []
    if due != known.due_at:
        must_be_ahead(due, now)
        _remind_by(connection, known.id, due, now)
    changes = {"due_at": due, "note": said, "moved_at": now}
    connection.execute(assignment.update().where(assignment.c.id == known.id).values(changes))
    waiting = {person_id for person_id, _ in undone(connection, scope, known.id)}
    return [one for one in teams.members(connection, scope) if one.id in waiting]


def _remind_by(connection: Connection, assignment_id: str, due_at: datetime, now: datetime) -> None:
    where = (task.c.assignment_id == assignment_id) & task.c.done_at.is_(None)
    for said in range(len(REMINDERS)):
        remind = next_reminder(due_at, now, said)
        connection.execute(task.update().where(where & (task.c.reminders == said)).values(remind_at=remind))


def withdraw(connection: Connection, scope: Scope, assignment_id: str, now: datetime) -> None:
    known = get(connection, scope, assignment_id)
    connection.execute(assignment.update().where(assignment.c.id == known.id).values(withdrawn_at=now))
    connection.execute(task.update().where(task.c.assignment_id == known.id).values(remind_at=None))


def mine(connection: Connection, scope: Scope, now: datetime) -> list[Task]:
    """One's own open tasks, the most urgent first, each with how far it has come."""
    settle(connection, scope.team_id, scope.person_id, now)
    where = (task.c.person_id == scope.person_id) & (task.c.team_id == scope.team_id) & task.c.done_at.is_(None)
    query = (
        _standing().where(where & assignment.c.withdrawn_at.is_(None)).order_by(assignment.c.due_at, assignment.c.id)
    )
    return [
        Task(
            row.id,
            row.kind,
            row.target,
            row.amount,
            row.note,
            row.due_at,
            None,
            _so_far(connection, scope.team_id, scope.person_id, row),
        )
        for row in connection.execute(query).all()
    ]


def _standing() -> sa.Select[Any]:
    return sa.select(assignment).select_from(task.join(assignment, assignment.c.id == task.c.assignment_id))


def settle(connection: Connection, team_id: str, person_id: str, now: datetime) -> None:
    """Mark as done what this person's answers have fulfilled."""
    where = (task.c.person_id == person_id) & (task.c.team_id == team_id) & task.c.done_at.is_(None)
    for row in connection.execute(_standing().where(where & assignment.c.withdrawn_at.is_(None))).all():
        if row.kind not in TOLD and _so_far(connection, team_id, person_id, row) >= row.amount:
            _done(connection, row.id, person_id, now)


def finished(connection: Connection, scope: Scope, kind: str, target: str, now: datetime) -> None:
    """A lesson or course was gone through to its end: the tasks that asked for it are done."""
    where = (task.c.person_id == scope.person_id) & (task.c.team_id == scope.team_id) & task.c.done_at.is_(None)
    where &= (assignment.c.kind == kind) & (assignment.c.target == target)
    for row in connection.execute(_standing().where(where)).all():
        _done(connection, row.id, scope.person_id, now)


def _done(connection: Connection, assignment_id: str, person_id: str, now: datetime) -> None:
    where = (task.c.assignment_id == assignment_id) & (task.c.person_id == person_id)
    connection.execute(task.update().where(where).values(done_at=now, remind_at=None))


def _so_far(connection: Connection, team_id: str, person_id: str, row: sa.Row[Any]) -> int:
    """How far a task has come: the rung proven, or the answers given since it was set."""
    if row.kind == "rung":
        book = playbook_tally.c
        where = (book.team_id == team_id) & (book.person_id == person_id) & (book.playbook_id == row.target)
        return int(connection.execute(sa.select(sa.func.max(book.rung)).where(where)).scalar() or 0)
    if row.kind in TOLD:
        been = progress(connection, Scope(team_id, person_id, frozenset()))
        lessons = courses()[row.target].lessons if row.target in courses() else (row.target,)
        return sum(one in been and been[one].done_at is not None for one in lessons)
    given = (answer.c.person_id == person_id) & (answer.c.team_id == team_id) & (answer.c.at >= row.created_at)
    given &= (answer.c.purpose == "probe") if row.kind == "powercut" else (answer.c.playbook_id == row.target)
    return int(connection.execute(sa.select(sa.func.count()).select_from(answer).where(given)).scalar_one())


@dataclass(frozen=True)
class Due:
    """A reminder whose time has come."""

    assignment_id: str
    person_id: str
    number: int
    kind: str
    target: str
    due_at: datetime


def due_reminders(connection: Connection, now: datetime, limit: int = 200) -> list[Due]:
    """Take the reminders whose time has come: each is counted in the same transaction in which it is told."""
    still = (
        membership.c.left_at.is_(None)
        & (membership.c.team_id == task.c.team_id)
        & (membership.c.person_id == task.c.person_id)
    )
    columns = (
        task.c.assignment_id,
        task.c.person_id,
        task.c.reminders,
        assignment.c.kind,
        assignment.c.target,
        assignment.c.due_at,
    )
    joined = task.join(assignment, assignment.c.id == task.c.assignment_id).join(membership, still)
    rows = connection.execute(sa.select(*columns).select_from(joined).where(task.c.remind_at <= now).limit(limit)).all()
    taken = []
    for row in rows:
        said = _which(row.due_at, now)
        where = (
            (task.c.assignment_id == row.assignment_id)
            & (task.c.person_id == row.person_id)
            & (task.c.reminders == row.reminders)
        )
        changes = {"reminders": said, "remind_at": next_reminder(row.due_at, now, said)}
        if connection.execute(task.update().where(where & task.c.remind_at.is_not(None)).values(changes)).rowcount == 1:
            taken.append(Due(row.assignment_id, row.person_id, said, row.kind, row.target, row.due_at))
    return taken


def _which(due_at: datetime, now: datetime) -> int:
    """The number of the reminder that belongs to this moment: after a pause only the last one is said, not all."""
    return max(1, sum(due_at - before <= now for before in REMINDERS))


def come_in(connection: Connection, token: str, person_id: str, now: datetime) -> str:
    """Join by an invitation, and get what was given to all, or to one's cohort, and is still to come."""
    team_id = people.redeem(connection, token, person_id, now)
    own = (membership.c.team_id == team_id) & (membership.c.person_id == person_id)
    row = connection.execute(sa.select(membership.c.roles, membership.c.cohort).where(own)).one()
    if "trainee" not in row.roles.split():
        return team_id
    where = (assignment.c.team_id == team_id) & assignment.c.withdrawn_at.is_(None) & (assignment.c.due_at > now)
    where &= assignment.c.audience.in_(["all", f"cohort:{row.cohort}"] if row.cohort else ["all"])
    for one in connection.execute(sa.select(assignment.c.id, assignment.c.due_at).where(where)).all():
        fresh = {
            "assignment_id": one.id,
            "person_id": person_id,
            "team_id": team_id,
            "reminders": 0,
            "remind_at": next_reminder(one.due_at, now, 0),
        }
        connection.execute(insert(connection, task).values(fresh).on_conflict_do_nothing())
    return team_id
