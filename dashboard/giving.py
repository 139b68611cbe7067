"""Giving a task and changing it, whichever way it came: the same checks, the same row, and everybody told once in their
own language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from sqlalchemy import Connection

from curriculum import assignments, people, task_notices
from curriculum.assignments import Given, Wish
from curriculum.notices import Notice, Tell
from curriculum.people import Person
from curriculum.teams import Colleague
from dashboard.targets import called, target_title
from foundation.errors import NotFound
from foundation.scope import Scope

NOBODY = "—"


def give(
    connection: Connection, scope: Scope, giver: Person, wish: Wish, now: datetime, tell: Tell
) -> tuple[str, list[Colleague]]:
    """Give it and tell everybody it is for. Raises ExpectedError for what cannot be, NotFound for what is not this team's."""

    @cache
    def title(language: str) -> str:
        return target_title(connection, scope, wish.kind, wish.target, language)

    title(giver.language)  # first of all: what cannot be named cannot be given
    given, chosen = assignments.give(connection, scope, wish, now)
    for one in chosen:
        cause = task_notices.announcement(given, one.id)
        tell(connection, _notice("task", one, cause, wish, title, giver.name, now))
    return given, chosen


def move(
    connection: Connection,
    scope: Scope,
    mover: Person,
    task_id: str,
    now: datetime,
    tell: Tell,
    *,
    due_at: datetime | None = None,
    note: str | None = None,
) -> list[Colleague]:
    """Change its date or note (None: as it was) and tell everybody who is still to do it; gives whom.

    Who has not been told of the task yet is told of it as it is now, and of no change.
    """
    before = assignments.get(connection, scope, task_id)
    chosen = assignments.move(connection, scope, task_id, due_at, now, note)
    moved = assignments.get(connection, scope, task_id)

    @cache
    def title(language: str) -> str:
        return called(connection, scope, moved.kind, moved.target, language)

    # The note is whose who wrote it: of a task that only got another day, still the giver's.
    author = mover.name if moved.note != before.note else _name(connection, moved.created_by)
    for one in chosen:
        cause = task_notices.announcement(task_id, one.id)
        if not tell(connection, _notice("task", one, cause, moved, title, author, now, amends=True)):
            cause = task_notices.change(task_id, one.id, now)
            tell(connection, _notice("moved", one, cause, moved, title, mover.name, now))
    return chosen


def _name(connection: Connection, person_id: str) -> str:
    try:
        return people.meet(connection, person_id).person.name
    except NotFound:
        return NOBODY  # forgotten; what was given stays given


def _notice(
    what: str,
    to: Colleague,
    cause: str,
    about: Wish | Given,
    title: Callable[[str], str],
    by: str,
    now: datetime,
    *,
    amends: bool = False,
) -> Notice:
    day = task_notices.day_said(about.due_at, to.zone)
    values = {"title": title(to.language), "amount": about.amount, "due": day, "by": by, "note": about.note}
    also: tuple[str, ...] = ("notice.note_by" if what == "task" else "notice.note",) if about.note else ()
    if what == "task" and not about.note and by != NOBODY:
        also = ("notice.given_by",)
    step = (("button.tasks", "/tasks"),)
    return Notice(to.id, cause, "assignment", f"notice.{what}_{about.kind}", values, now, step, also, amends)
