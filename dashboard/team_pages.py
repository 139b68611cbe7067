"""The team's page: who is in it, who may come, by link or by a whole roster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import File, Form, Request, Response, UploadFile
from sqlalchemy import Connection

from curriculum import people, teams
from dashboard import interop
from dashboard.cells import as_csv
from dashboard.pages import GET, LEADS, POST, Pages, Route, download
from dashboard.sessions import own_origin
from dashboard.visitor import Visitor
from foundation.errors import ExpectedError
from foundation.scope import ROLES

MAX_ROSTER = 200_000


@dataclass(frozen=True)
class TeamPages:
    """`out_of_reach` names those whom no door reaches."""

    pages: Pages
    out_of_reach: Callable[[Connection, list[str]], set[str]]

    def routes(self) -> Sequence[Route]:
        return (
            (GET, "/lead/team", self.team),
            (POST, "/lead/team/invite", self.invite),
            (POST, "/lead/team/revoke", self.revoke_all),
            (POST, "/lead/team/revoke/{offer_id}", self.revoke),
            (POST, "/lead/team/person/{person_id}", self.change_person),
            (POST, "/lead/team/dismiss/{person_id}", self.dismiss),
            (POST, "/lead/team/roster", self.roster),
        )

    async def team(self, request: Request) -> Response:
        gone = request.query_params.get("gone", "")

        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            return self._team(connection, visitor, gone=teams.dismissed(connection, visitor.scope, gone))

        return await self.pages.show(request, LEADS, "team.html", work)

    def _team(self, connection: Connection, visitor: Visitor, **more: Any) -> dict[str, Any]:
        known = teams.members(connection, visitor.scope)
        blocked = self.out_of_reach(connection, [one.id for one in known])
        return {
            "members": known,
            "offers": teams.offers(connection, visitor.scope, visitor.now),
            "blocked": blocked,
            "roles": ROLES,
            "gone": None,
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
            token = people.invite(connection, visitor.scope, role, visitor.now, uses=uses, days=days, cohort=cohort)
            return self._team(connection, visitor, link=f"{self.pages.address}/join/{token}")

        return await self.pages.show(request, LEADS, "team.html", work, writes=True)

    async def revoke(self, request: Request, offer_id: str) -> Response:
        return await self.pages.act(
            request, LEADS, lambda c, v: teams.revoke(c, v.scope, offer_id, v.now), "/lead/team"
        )

    async def revoke_all(self, request: Request) -> Response:
        return await self.pages.act(request, LEADS, lambda c, v: teams.revoke_all(c, v.scope, v.now), "/lead/team")

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

        return await self.pages.act(request, LEADS, work, "/lead/team")

    async def dismiss(self, request: Request, person_id: str) -> Response:
        """Out at once; the page then says what that bars, what it cannot, and how to close the links that are open."""

        work = lambda c, v: teams.dismiss(c, v.scope, person_id, v.now)  # noqa: E731
        return await self.pages.act(request, LEADS, work, f"/lead/team?gone={quote(person_id)}")

    async def roster(self, request: Request, file: Annotated[UploadFile, File()]) -> Response:
        """Names in, one personal invitation each out: nobody is put into a team without their own act."""
        own_origin(request)
        content = await file.read(MAX_ROSTER + 1)

        def work(connection: Connection, visitor: Visitor) -> bytes:
            rows = interop.read_roster(content)
            made = []
            for name, role, cohort in rows:
                token = people.invite(connection, visitor.scope, [role], visitor.now, uses=1, days=30, cohort=cohort)
                made.append((name, role, cohort, f"{self.pages.address}/join/{token}"))
            return as_csv(("name", "role", "cohort", "link"), made)

        try:
            return download(
                await self.pages.gate.write(request, LEADS, work), "zhiran-invitations.csv", "text/csv; charset=utf-8"
            )
        except ExpectedError as error:
            problem = error
            return await self.pages.show(
                request, LEADS, "team.html", lambda c, v: self._team(c, v, problem=problem), status=400
            )
