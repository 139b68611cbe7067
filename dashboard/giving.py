"""Giving a task, whichever way it came: the same checks, the same row, and everybody told once in their own language."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Connection

from curriculum import assignments, task_notices
from curriculum.assignments import Wish
from curriculum.notices import Notice, Tell
from curriculum.people import Person
from curriculum.teams import Colleague
from dashboard.targets import target_title
from foundation.clock import zone
from foundation.scope import Scope


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
        day = wish.due_at.astimezone(zone(one.zone)).date().isoformat()
        values = {"title": title(one.language), "amount": wish.amount, "due": day, "by": giver.name}
        values["note"] = wish.note
        cause, step = task_notices.announcement(given, one.id), (("button.tasks", "/tasks"),)
        tell(connection, Notice(one.id, cause, "assignment", f"notice.task_{wish.kind}", values, now, step))
    return given, chosen
