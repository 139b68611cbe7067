"""The tasks' page: give, move, withdraw, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Form, Request, Response
from sqlalchemy import Connection

from curriculum import assignments, teams
from curriculum.assignments import Wish
from curriculum.notices import Tell
from dashboard import giving
from dashboard.pages import GET, POST, TEACHERS, Pages, Route
from dashboard.targets import AMOUNTS, KINDS, targets
from dashboard.visitor import Visitor
from foundation.clock import zone


@dataclass(frozen=True)
class TaskPages:
    """`tell` puts a notice into the outbox."""

    pages: Pages
    tell: Tell

    def routes(self) -> Sequence[Route]:
        return (
            (GET, "/lead/tasks", self.tasks),
            (POST, "/lead/tasks", self.give),
            (POST, "/lead/tasks/{task_id}/withdraw", self.withdraw),
            (POST, "/lead/tasks/{task_id}/move", self.move),
        )

    async def tasks(self, request: Request) -> Response:
        """The form asks for one kind of task at a time, and so for an amount only where one counts; without a script too."""
        kind = request.query_params.get("kind", "")
        kind = kind if kind in KINDS else KINDS[0]
        return await self.pages.show(request, TEACHERS, "tasks.html", lambda c, v: self._tasks(c, v, kind=kind))

    def _tasks(self, connection: Connection, visitor: Visitor, **more: Any) -> dict[str, Any]:
        offered = {
            kind: targets(connection, visitor.scope, kind, visitor.language) for kind in KINDS if kind != "powercut"
        }
        titles = {one: title for known in offered.values() for one, title in known}
        known = teams.members(connection, visitor.scope)
        given = assignments.current(connection, visitor.scope)
        groups = teams.cohorts(connection, visitor.scope, visitor.now)
        lists = {"members": known, "given": given, "cohorts": groups}
        return (
            {
                "offered": offered,
                "titles": titles,
                "kinds": KINDS,
                "amounts": AMOUNTS,
                "counted": ("rung", "quiz", "powercut"),
            }
            | lists
            | more
        )

    async def give(
        self,
        request: Request,
        what: Annotated[str, Form(max_length=75)],
        to: Annotated[str, Form(max_length=80)],
        due: Annotated[date, Form()],
        amount: Annotated[int, Form()] = 1,
        note: Annotated[str, Form(max_length=300)] = "",
    ) -> Response:
        """`what` is kind:target, so that no lesson can be given as a course."""
        kind, _, target = what.partition(":")

        def work(connection: Connection, visitor: Visitor) -> None:
            due_at = assignments.end_of_day(due, visitor.zone)
            wish = Wish(kind, target, 1 if kind in assignments.TOLD else amount, to, due_at, note)
            giving.give(connection, visitor.scope, visitor.member.person, wish, visitor.now, self.tell)

        return await self.pages.act(request, TEACHERS, work, "/lead/tasks")

    async def withdraw(self, request: Request, task_id: str) -> Response:
        def work(connection: Connection, visitor: Visitor) -> None:
            assignments.withdraw(connection, visitor.scope, task_id, visitor.now)

        return await self.pages.act(request, TEACHERS, work, "/lead/tasks")

    async def move(
        self,
        request: Request,
        task_id: str,
        due: Annotated[date, Form()],
        note: Annotated[str | None, Form(max_length=300)] = None,
    ) -> Response:
        """The form shows the day and the note as they are; who gave it may live in another zone, so the same day is no change."""

        def work(connection: Connection, visitor: Visitor) -> None:
            known = assignments.get(connection, visitor.scope, task_id)
            same = known.due_at.astimezone(zone(visitor.zone)).date() == due
            due_at = None if same else assignments.end_of_day(due, visitor.zone)
            how = (visitor.scope, visitor.member.person, task_id, visitor.now, self.tell)
            giving.move(connection, *how, due_at=due_at, note=note)

        return await self.pages.act(request, TEACHERS, work, "/lead/tasks")
