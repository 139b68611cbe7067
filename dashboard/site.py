"""The pages for leads and mentors: the week, the sheets, team, tasks, desk, kit and exports; each asks again who is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from sqlalchemy import Connection

from curriculum import api_tokens, assignments, desk, gradings, people, report, report_models, teams
from curriculum.assignments import Wish
from curriculum.notices import Tell
from dashboard import giving, interop, kit, mini_app, pictures
from dashboard.cells import Sheet, as_csv, as_xlsx, flat, share_cell
from dashboard.sheets import Say, Sheets, skill_name
from dashboard.targets import targets
from dashboard.visitor import Gate, Visitor, own_origin
from foundation import charts
from foundation.errors import ExpectedError, NotFound
from foundation.phrasebook import Phrasebook
from foundation.scope import ROLES

T = TypeVar("T")
HERE = Path(__file__).parent
LEADS, TEACHERS, JUDGES = ("lead", "owner"), ("mentor", "lead", "owner"), ("mentor", "lead")
SHEETS = ("skills", "ladder", "field", "retention", "questions", "overdue", "playbooks", "cost")
CHARTS = ("skills", "ladder", "field", "retention")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROSTER = 200_000


@dataclass(frozen=True)
class Site:
    """Everything the pages need; `tell` puts a notice into the outbox, `out_of_reach` names whom no door reaches."""

    gate: Gate
    phrases: Phrasebook
    tell: Tell
    out_of_reach: Callable[[Connection, list[str]], set[str]]
    take_back: Callable[[Connection, str], None]
    address: str
    sheets: Sheets = field(default_factory=Sheets)
    telegram_token: str = field(default="", repr=False)
    person_at_telegram: Callable[[Connection, str], str | None] = lambda connection, user: None

    def routes(self) -> APIRouter:
        router = APIRouter(default_response_class=HTMLResponse)
        get, post = ["GET"], ["POST"]
        for path, endpoint, methods in (
            ("/lead", self.week, get),
            ("/lead/chart/{name}.svg", self.chart, get),
            ("/lead/export/{key}.{kind}", self.export, get),
            ("/lead/team", self.team, get),
            ("/lead/team/invite", self.invite, post),
            ("/lead/team/revoke/{offer_id}", self.revoke, post),
            ("/lead/team/person/{person_id}", self.change_person, post),
            ("/lead/team/dismiss/{person_id}", self.dismiss, post),
            ("/lead/team/roster", self.roster, post),
            ("/lead/tasks", self.tasks, get),
            ("/lead/tasks", self.give, post),
            ("/lead/tasks/{task_id}/withdraw", self.withdraw, post),
            ("/lead/tasks/{task_id}/move", self.move, post),
            ("/lead/kit", self.kit_page, get),
            ("/lead/kit.md", self.kit_text, get),
            ("/lead/out/{what}", self.take_out, get),
            ("/lead/tokens", self.tokens, get),
            ("/lead/tokens", self.make_token, post),
            ("/lead/tokens/{token_id}/revoke", self.revoke_token, post),
            ("/mini", self.mini_page, get),
            ("/mini", self.mini, post),
            ("/lead/{key}", self.sheet, get),
            ("/desk", self.desk, get),
            ("/desk/{card_id}/{deed}", self.judge, post),
        ):
            router.add_api_route(path, endpoint, methods=methods)
        return router

    # --- seeing ---

    async def week(self, request: Request) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            return {"week": report.week(connection, visitor.scope, visitor.now, visitor.zone)}

        return await self._page(request, LEADS, "week.html", work, sheets=SHEETS)

    async def sheet(self, request: Request, key: str) -> Response:
        if key not in (*SHEETS, "rows"):
            raise HTTPException(404)

        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            made = self.sheets.make(key, connection, visitor, self.say(visitor), request.query_params)
            return {"sheet": made, "query": urlencode(list(request.query_params.multi_items()))}

        fragment = request.headers.get("hx-request") == "true"
        return await self._page(request, LEADS, "rows.html" if fragment else "sheet.html", work)

    async def export(self, request: Request, key: str, kind: str) -> Response:
        if kind not in ("csv", "xlsx") or key not in (*SHEETS, "rows"):
            raise HTTPException(404)

        def work(connection: Connection, visitor: Visitor) -> tuple[Sheet, str]:
            asked = dict(request.query_params) | {"all": "1"}
            return self.sheets.make(key, connection, visitor, self.say(visitor), asked), self.say(visitor)(
                f"board.sheet_{key}"
            )

        made, title = await self.gate.read(request, LEADS, work)
        columns, rows = flat(made)
        content = (
            await asyncio.to_thread(as_csv, columns, rows)
            if kind == "csv"
            else await asyncio.to_thread(as_xlsx, title, columns, rows)
        )
        return _download(content, f"zhiran-{key}.{kind}", "text/csv; charset=utf-8" if kind == "csv" else XLSX)

    async def chart(self, request: Request, name: str) -> Response:
        if name not in CHARTS:
            raise HTTPException(404)
        definition = await self.gate.read(request, LEADS, lambda c, v: self.definition(name, c, v))
        picture = await asyncio.to_thread(charts.svg, definition)
        return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=60"})

    def definition(self, name: str, connection: Connection, visitor: Visitor) -> dict[str, Any]:
        """The one definition of a chart, for the page and for the chat."""
        say, scope = self.say(visitor), visitor.scope
        title = say(f"board.sheet_{name}")
        if name == "skills":
            known = report.skill_map(connection, scope, 0, 0).team
            return pictures.skills(
                {skill_name(one, visitor.language): share for one, share in sorted(known.items())}, say, title
            )
        if name == "ladder":
            return pictures.ladder(self.sheets.ladder(connection, visitor, say, {}), say, title)
        if name == "retention":
            return pictures.retention(report.retention(connection, scope), say, title)
        shares = report_models.ai_shares(connection, scope)
        dots = [
            {"ai": shares[one][1].share, "alone": share.mean, "name": name}
            for one, (name, share) in report.autonomy(connection, scope).items()
            if one in shares and share.known
        ]
        return pictures.field(dots, say, title)

    # --- the team ---

    async def team(self, request: Request) -> Response:
        return await self._page(request, LEADS, "team.html", lambda c, v: self._team(c, v))

    def _team(self, connection: Connection, visitor: Visitor, **more: Any) -> dict[str, Any]:
        known = teams.members(connection, visitor.scope)
        blocked = self.out_of_reach(connection, [one.id for one in known])
        return {
            "members": known,
            "offers": teams.offers(connection, visitor.scope, visitor.now),
            "blocked": blocked,
            "roles": ROLES,
        } | more

    async def invite(
        self,
        request: Request,
        role: Annotated[list[str], Form()],
        uses: Annotated[int, Form()] = 20,
        days: Annotated[int, Form()] = 7,
        cohort: Annotated[str, Form(max_length=60)] = "",
    ) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            token = people.invite(
                connection, visitor.scope, role, visitor.now, uses=uses, days=days, cohort=" ".join(cohort.split())
            )
            return self._team(connection, visitor, link=f"{self.address}/join/{token}")

        return await self._page(request, LEADS, "team.html", work, writes=True)

    async def revoke(self, request: Request, offer_id: str) -> Response:
        return await self._do(request, LEADS, lambda c, v: teams.revoke(c, v.scope, offer_id, v.now), "/lead/team")

    async def change_person(
        self,
        request: Request,
        person_id: str,
        role: Annotated[list[str], Form()],
        cohort: Annotated[str, Form(max_length=60)] = "",
    ) -> Response:
        def work(connection: Connection, visitor: Visitor) -> None:
            teams.set_roles(connection, visitor.scope, person_id, role)
            teams.set_cohort(connection, visitor.scope, person_id, cohort)

        return await self._do(request, LEADS, work, "/lead/team")

    async def dismiss(self, request: Request, person_id: str) -> Response:
        return await self._do(request, LEADS, lambda c, v: teams.dismiss(c, v.scope, person_id, v.now), "/lead/team")

    async def roster(self, request: Request, file: Annotated[UploadFile, File()]) -> Response:
        """Names in, one personal invitation each out: nobody is put into a team without their own act."""
        own_origin(request)
        content = await file.read(MAX_ROSTER + 1)

        def work(connection: Connection, visitor: Visitor) -> bytes:
            rows = interop.read_roster(content)
            made = []
            for name, role, cohort in rows:
                token = people.invite(connection, visitor.scope, [role], visitor.now, uses=1, days=30, cohort=cohort)
                made.append((name, role, cohort, f"{self.address}/join/{token}"))
            return as_csv(("name", "role", "cohort", "link"), made)

        try:
            return _download(
                await self.gate.write(request, LEADS, work), "zhiran-invitations.csv", "text/csv; charset=utf-8"
            )
        except ExpectedError as error:
            problem = error
            return await self._page(
                request, LEADS, "team.html", lambda c, v: self._team(c, v, problem=problem), status=400
            )

    # --- tasks ---

    async def tasks(self, request: Request) -> Response:
        return await self._page(request, TEACHERS, "tasks.html", lambda c, v: self._tasks(c, v))

    def _tasks(self, connection: Connection, visitor: Visitor, **more: Any) -> dict[str, Any]:
        offered = {
            kind: targets(connection, visitor.scope, kind, visitor.language) for kind in ("course", "lesson", "rung")
        }
        titles = {one: title for known in offered.values() for one, title in known}
        known = teams.members(connection, visitor.scope)
        given = assignments.current(connection, visitor.scope)
        groups = teams.cohorts(connection, visitor.scope, visitor.now)
        return {"offered": offered, "titles": titles, "members": known, "given": given, "cohorts": groups} | more

    async def give(
        self,
        request: Request,
        kind: Annotated[str, Form(max_length=10)],
        to: Annotated[str, Form(max_length=80)],
        due: Annotated[date, Form()],
        target: Annotated[str, Form(max_length=64)] = "",
        amount: Annotated[int, Form()] = 1,
        note: Annotated[str, Form(max_length=300)] = "",
    ) -> Response:
        def work(connection: Connection, visitor: Visitor) -> None:
            wish = Wish(
                kind, "" if kind == "powercut" else target, amount, to, assignments.end_of_day(due, visitor.zone), note
            )
            giving.give(connection, visitor.scope, visitor.member.person, wish, visitor.now, self.tell)

        return await self._do(request, TEACHERS, work, "/lead/tasks")

    async def withdraw(self, request: Request, task_id: str) -> Response:
        def work(connection: Connection, visitor: Visitor) -> None:
            assignments.withdraw(connection, visitor.scope, task_id, visitor.now)
            self.take_back(connection, f"task:{task_id}:")

        return await self._do(request, TEACHERS, work, "/lead/tasks")

    async def move(self, request: Request, task_id: str, due: Annotated[date, Form()]) -> Response:
        def work(connection: Connection, visitor: Visitor) -> None:
            assignments.move(connection, visitor.scope, task_id, assignments.end_of_day(due, visitor.zone), visitor.now)

        return await self._do(request, TEACHERS, work, "/lead/tasks")

    # --- the desk ---

    async def desk(self, request: Request) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            desk.lay_out(connection, visitor.scope, visitor.now)
            cards, waiting = desk.today(connection, visitor.scope, visitor.now, visitor.zone)
            agreed, gate = desk.agreement(connection, visitor.scope), gradings.gate(connection, visitor.scope)
            return {"cards": cards, "waiting": waiting, "agreement": agreed, "gate": gate}

        return await self._page(request, JUDGES, "desk.html", work, writes=True)

    async def judge(
        self,
        request: Request,
        card_id: str,
        deed: str,
        score: Annotated[int, Form()] = 0,
        words: Annotated[str, Form(max_length=1000)] = "",
    ) -> Response:
        def work(connection: Connection, visitor: Visitor) -> None:
            if deed == "ok":
                desk.agree(connection, visitor.scope, card_id, visitor.now, self.tell)
            elif deed == "mark":
                desk.judge(connection, visitor.scope, card_id, score, words, visitor.now, self.tell)
            elif deed == "say":
                desk.comment(connection, visitor.scope, card_id, words, visitor.now, self.tell)
            else:
                raise NotFound(deed)

        return await self._do(request, JUDGES, work, "/desk")

    # --- taking out ---

    async def kit_page(self, request: Request) -> Response:
        return await self._page(
            request, LEADS, "kit.html", lambda c, v: {"kit": kit.make(c, v.scope, v.now, v.language)}
        )

    async def kit_text(self, request: Request) -> Response:
        text = await self.gate.read(
            request, LEADS, lambda c, v: kit.as_markdown(kit.make(c, v.scope, v.now, v.language), self.say(v))
        )
        return _download(text.encode(), "zhiran-kit.md", "text/markdown; charset=utf-8")

    async def take_out(self, request: Request, what: str) -> Response:
        if what not in interop.KINDS:
            raise HTTPException(404)
        content = await self.gate.read(request, LEADS, lambda c, v: interop.KINDS[what].make(c, v.scope, self.address))
        return _download(content, f"zhiran-{what}", interop.KINDS[what].media_type)

    # --- programs and the Mini App ---

    async def tokens(self, request: Request) -> Response:
        return await self._page(
            request, LEADS, "tokens.html", lambda c, v: {"tokens": api_tokens.mine(c, v.scope, v.now)}
        )

    async def make_token(
        self,
        request: Request,
        name: Annotated[str, Form(max_length=60)],
        scope: Annotated[list[str], Form()],
        days: Annotated[int, Form()] = 90,
    ) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            secret = api_tokens.make(connection, visitor.scope, name, scope, days, visitor.now)
            return {"secret": secret, "tokens": api_tokens.mine(connection, visitor.scope, visitor.now)}

        return await self._page(request, LEADS, "tokens.html", work, writes=True)

    async def revoke_token(self, request: Request, token_id: str) -> Response:
        work = lambda c, v: api_tokens.revoke(c, v.scope, token_id, v.now)  # noqa: E731
        return await self._do(request, LEADS, work, "/lead/tokens")

    async def mini_page(self, request: Request) -> Response:
        """The door for a Telegram Mini App; its script hands over what Telegram says of who opened it."""
        return HTMLResponse(_alone("mini.html", self.phrases, self.phrases.default))

    async def mini(self, request: Request) -> Response:
        own_origin(request)
        data, now = (await request.body()).decode("utf-8", "replace"), self.gate.now()

        def work(connection: Connection) -> tuple[str, str]:
            user, digest = mini_app.telegram_user(data, self.telegram_token, now)
            person_id = self.person_at_telegram(connection, user)
            if person_id is None:
                raise NotFound("person")
            mini_app.use_once(connection, digest, now)
            scope = people.meet(connection, person_id).scope
            to = "/lead" if scope and scope.may(*LEADS) else "/desk" if scope and scope.may("mentor") else "/chat"
            return people.open_session(connection, person_id, now), to

        try:
            session, to = await self.gate.database.write(work)
        except NotFound as error:
            raise HTTPException(404) from error
        response = JSONResponse({"to": to})
        secure = self.address.startswith("https://")
        response.set_cookie(
            self.gate.cookie,
            session,
            max_age=people.SESSION_DAYS * 86_400,
            httponly=True,
            samesite="lax",
            secure=secure,
            path="/",
        )
        return response

    # --- shared ---

    def say(self, visitor: Visitor) -> Say:
        return lambda key, **values: self.phrases.say(key, visitor.language, **values)

    async def _do(
        self, request: Request, roles: tuple[str, ...], work: Callable[[Connection, Visitor], object], back: str
    ) -> Response:
        """One act, then the page it came from; what can be mended is said there."""
        try:
            await self.gate.write(request, roles, work)
        except ExpectedError as error:
            problem = error
            return await self._page(
                request, roles, "problem.html", lambda c, v: {"problem": problem, "back": back}, status=400
            )
        return RedirectResponse(back, 303)

    async def _page(
        self, request: Request, roles: tuple[str, ...], template: str, work: Callable[[Connection, Visitor], dict[str, Any]], *, writes: bool = False,
        status: int = 200, **values: Any,
    ) -> Response:  # fmt: skip
        def both(connection: Connection, visitor: Visitor) -> tuple[Visitor, dict[str, Any]]:
            return visitor, work(connection, visitor)

        try:
            visitor, found = await (self.gate.write if writes else self.gate.read)(request, roles, both)
        except ExpectedError as error:
            problem = error
            return await self._page(
                request, roles, "problem.html", lambda c, v: {"problem": problem, "back": "/lead"}, status=400
            )
        places = {"visitor": visitor, "say": self.say(visitor), "language": visitor.language, "share_cell": share_cell}
        text = _TEMPLATES.get_template(template).render(places | values | found)
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def missing(phrases: Phrasebook, language: str) -> str:
    """The page for whatever is not there, or not for this visitor."""
    return _alone("missing.html", phrases, language)


def _alone(template: str, phrases: Phrasebook, language: str) -> str:
    """A page for somebody nobody knows yet."""

    def say(key: str, **values: object) -> str:
        return phrases.say(key, language, **values)

    return _TEMPLATES.get_template(template).render(say=say, language=language)


def _download(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
)
