"""The HTTP API for leads' own tools: JSON, described by OpenAPI, spoken with a scoped token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from curriculum import api_tokens, assignments, people, report, teams
from curriculum.assignments import Wish
from curriculum.notices import Tell
from curriculum.report import Asked, Share
from dashboard.giving import give, move
from foundation.clock import Clock
from foundation.database import Database
from foundation.errors import ExpectedError, NotFound
from foundation.people_text import storable
from foundation.scope import Scope

T = TypeVar("T")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no such moment in UTC") from error


Since = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


class Measure(BaseModel):
    """A share with its likely range and the answers it stands on; no mean below three answers."""

    answers: int
    mean: float | None
    low: float
    high: float


class Person(BaseModel):
    id: str
    name: str
    roles: list[str]
    cohort: str


class Week(BaseModel):
    right: Measure
    active: int
    people: int
    uses: int
    open_tasks: int
    overdue: int
    unanswered: int


class Skill(BaseModel):
    person_id: str
    skill: str
    right: Measure


class Answer(BaseModel):
    name: str
    at: datetime
    playbook_id: str
    version: str
    item_id: str
    skill: str
    score: float


class Assignment(BaseModel):
    id: str
    kind: str
    target: str
    amount: int
    due_at: datetime
    open: int
    done: int


class Give(BaseModel):
    """A task to give: `to` is `all`, `cohort:NAME`, or a person's id."""

    model_config = ConfigDict(extra="forbid", strict=True)
    kind: str = Field(pattern="^(rung|quiz|powercut|lesson|course)$")
    target: str = Field(default="", max_length=64)
    amount: int = Field(ge=1, le=100)
    to: str = Field(min_length=1, max_length=80)
    due: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    note: str = Field(default="", max_length=300)


class Change(BaseModel):
    """Another due day, another note, or both; what is left out stays as it was."""

    model_config = ConfigDict(extra="forbid", strict=True)
    due: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    note: str | None = Field(default=None, max_length=300)


class Given(BaseModel):
    """The task, and how many people are told."""

    id: str
    people: int


async def _wrong(_request: Request, error: Exception) -> JSONResponse:
    """Which fields are wrong and why, as the description promises; never what stood in them, which may not even be text."""
    assert isinstance(error, RequestValidationError)
    found = [
        {"loc": [storable(str(part)) for part in one["loc"]], "msg": storable(one["msg"]), "type": one["type"]}
        for one in error.errors()
    ]
    return JSONResponse({"detail": found}, 422)


def measure(share: Share) -> Measure:
    low, high = share.range
    return Measure(answers=share.answers, mean=share.mean if share.known else None, low=low, high=high)


@dataclass(frozen=True)
class Api:
    database: Database
    now: Clock
    tell: Tell

    def app(self) -> FastAPI:
        """An application of its own, to be mounted; its description is at `openapi.json`."""
        app = FastAPI(title="Zhiran", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
        app.add_exception_handler(RequestValidationError, _wrong)
        app.add_api_route("/week", self.week, methods=["GET"])
        app.add_api_route("/people", self.people, methods=["GET"])
        app.add_api_route("/skills", self.skills, methods=["GET"])
        app.add_api_route("/answers", self.answers, methods=["GET"])
        app.add_api_route("/tasks", self.tasks, methods=["GET"])
        app.add_api_route("/tasks", self.give, methods=["POST"], status_code=201)
        app.add_api_route("/tasks/{task_id}", self.change, methods=["PATCH"])
        return app

    async def week(self, bearer: Bearer) -> Week:
        """This week at a glance."""

        def work(connection: Connection, scope: Scope) -> Week:
            zone = people.meet(connection, scope.person_id).person.zone
            known = report.week(connection, scope, self.now(), zone)
            counts = {
                name: getattr(known, name)
                for name in ("active", "people", "uses", "open_tasks", "overdue", "unanswered")
            }
            return Week(right=measure(known.answers), **counts)

        return await self._as(bearer, "read", work)

    async def people(self, bearer: Bearer) -> list[Person]:
        def work(connection: Connection, scope: Scope) -> list[Person]:
            known = teams.members(connection, scope)
            return [Person(id=one.id, name=one.name, roles=sorted(one.roles), cohort=one.cohort) for one in known]

        return await self._as(bearer, "read", work)

    async def skills(self, bearer: Bearer, page: Annotated[int, Query(ge=0, le=1000)] = 0) -> list[Skill]:
        """People by skills, forty people a page."""

        def work(connection: Connection, scope: Scope) -> list[Skill]:
            cells = report.skill_map(connection, scope, page).cells
            return [
                Skill(person_id=person_id, skill=skill, right=measure(share))
                for (person_id, skill), share in sorted(cells.items())
            ]

        return await self._as(bearer, "read", work)

    async def answers(
        self, bearer: Bearer, since: Since | None = None, limit: Annotated[int, Query(ge=1, le=5000)] = 200
    ) -> list[Answer]:
        """The newest judged answers."""

        def work(connection: Connection, scope: Scope) -> list[Answer]:
            names = ("name", "at", "playbook_id", "version", "item_id", "skill", "score")
            rows = report.rows_behind(connection, scope, Asked(since=since), limit)
            return [Answer(**{name: getattr(row, name) for name in names}) for row in rows]

        return await self._as(bearer, "read", work)

    async def tasks(self, bearer: Bearer) -> list[Assignment]:
        def work(connection: Connection, scope: Scope) -> list[Assignment]:
            names = ("id", "kind", "target", "amount", "due_at", "open", "done")
            return [
                Assignment(**{name: getattr(one, name) for name in names})
                for one in assignments.current(connection, scope)
            ]

        return await self._as(bearer, "read", work)

    async def give(self, bearer: Bearer, wish: Give) -> Given:
        """Give a task; everybody it is for is told."""

        def work(connection: Connection, scope: Scope) -> Given:
            by, now = people.meet(connection, scope.person_id).person, self.now()
            due = assignments.end_of_day(date.fromisoformat(wish.due), by.zone)
            wanted = Wish(wish.kind, wish.target, wish.amount, wish.to, due, wish.note)
            given, chosen = give(connection, scope, by, wanted, now, self.tell)
            return Given(id=given, people=len(chosen))

        return await self._as(bearer, "assign", work)

    async def change(self, bearer: Bearer, task_id: str, wish: Change) -> Given:
        """Change a task's due day or note; everybody who is still to do it is told."""

        def work(connection: Connection, scope: Scope) -> Given:
            by, now = people.meet(connection, scope.person_id).person, self.now()
            due = assignments.end_of_day(date.fromisoformat(wish.due), by.zone) if wish.due else None
            chosen = move(connection, scope, by, task_id, now, self.tell, due_at=due, note=wish.note)
            return Given(id=task_id, people=len(chosen))

        return await self._as(bearer, "assign", work)

    async def _as(
        self, bearer: HTTPAuthorizationCredentials | None, need: str, work: Callable[[Connection, Scope], T]
    ) -> T:
        secret, now = bearer.credentials if bearer else "", self.now()

        def do(connection: Connection) -> T:
            scope = api_tokens.scope_of(connection, secret, need, now)
            if not scope.may("lead", "owner"):
                raise NotFound("role")
            return work(connection, scope)

        try:
            return await self.database.write(do)
        except NotFound as error:
            raise HTTPException(404) from error
        except (ExpectedError, ValueError) as error:
            problem: Any = error.key if isinstance(error, ExpectedError) else "not a day"
            raise HTTPException(422, problem) from error
