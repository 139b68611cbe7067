"""The lead's pages: the week, its sheets and charts, the trainer's kit, and everything that can be taken out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import HTTPException, Request, Response
from sqlalchemy import Connection

from curriculum import report, report_models
from dashboard import interop, kit, pictures
from dashboard.behind import skill_name
from dashboard.cells import Sheet, as_csv, as_xlsx, flat
from dashboard.first_steps import still_to_make
from dashboard.pages import GET, LEADS, Pages, Route, download
from dashboard.sheets import Sheets
from dashboard.visitor import Visitor
from foundation import charts

SHEETS = ("skills", "ladder", "field", "retention", "questions", "overdue", "playbooks", "cost")
CHARTS = ("skills", "ladder", "field", "retention")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class LeadPages:
    pages: Pages
    sheets: Sheets = field(default_factory=Sheets)

    def routes(self) -> Sequence[Route]:
        return (
            (GET, "/lead", self.week),
            (GET, "/lead/chart/{name}.svg", self.chart),
            (GET, "/lead/export/{key}.{kind}", self.export),
            (GET, "/lead/kit", self.kit_page),
            (GET, "/lead/kit.md", self.kit_text),
            (GET, "/lead/out/{what}", self.take_out),
            (GET, "/lead/{key}", self.sheet),
        )

    async def week(self, request: Request) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            steps = still_to_make(connection, visitor.scope, visitor.now)
            return {"week": report.week(connection, visitor.scope, visitor.now, visitor.zone), "steps": steps}

        return await self.pages.show(request, LEADS, "week.html", work, sheets=SHEETS)

    async def sheet(self, request: Request, key: str) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            made = self.sheets.make(key, connection, visitor, self.pages.say(visitor), request.query_params)
            return {"sheet": made, "query": urlencode(list(request.query_params.multi_items()))}

        fragment = request.headers.get("hx-request") == "true"
        return await self.pages.show(request, LEADS, "rows.html" if fragment else "sheet.html", work)

    async def export(self, request: Request, key: str, kind: str) -> Response:
        if kind not in ("csv", "xlsx"):
            raise HTTPException(404)

        def work(connection: Connection, visitor: Visitor) -> tuple[Sheet, str]:
            asked = dict(request.query_params) | {"all": "1"}
            return self.sheets.make(key, connection, visitor, self.pages.say(visitor), asked), self.pages.say(visitor)(
                f"board.sheet_{key}"
            )

        made, title = await self.pages.gate.read(request, LEADS, work)
        columns, rows = flat(made)
        content = (
            await asyncio.to_thread(as_csv, columns, rows)
            if kind == "csv"
            else await asyncio.to_thread(as_xlsx, title, columns, rows)
        )
        return download(content, f"zhiran-{key}.{kind}", "text/csv; charset=utf-8" if kind == "csv" else XLSX)

    async def chart(self, request: Request, name: str) -> Response:
        if name not in CHARTS:
            raise HTTPException(404)
        definition = await self.pages.gate.read(request, LEADS, lambda c, v: self.definition(name, c, v))
        definition = pictures.narrow(definition) if request.query_params.get("narrow") else definition
        picture = await asyncio.to_thread(charts.svg, definition)
        return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=60"})

    def definition(self, name: str, connection: Connection, visitor: Visitor) -> dict[str, Any]:
        """The one definition of a chart, for the page and for the chat."""
        say, scope = self.pages.say(visitor), visitor.scope
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
            if one in shares and shares[one][1].known and share.known
        ]
        return pictures.field(dots, say, title)

    async def kit_page(self, request: Request) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            say = self.pages.say(visitor)
            made = kit.make(connection, visitor.scope, visitor.now, visitor.language)
            return {"kit": made, "source": lambda question: kit.source(question, say)}

        return await self.pages.show(request, LEADS, "kit.html", work)

    async def kit_text(self, request: Request) -> Response:
        text = await self.pages.gate.read(
            request, LEADS, lambda c, v: kit.as_markdown(kit.make(c, v.scope, v.now, v.language), self.pages.say(v))
        )
        return download(text.encode(), "zhiran-kit.md", "text/markdown; charset=utf-8")

    async def take_out(self, request: Request, what: str) -> Response:
        if what not in interop.KINDS:
            raise HTTPException(404)
        content = await self.pages.gate.read(
            request, LEADS, lambda c, v: interop.KINDS[what].make(c, v.scope, self.pages.address)
        )
        return download(content, f"zhiran-{what}", interop.KINDS[what].media_type)
