"""Joins the pages of leads and mentors to the running house."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Connection

from bot import reach
from bot.doors.web import tables
from bot.doors.web.server import away, wrong_fields
from bot.inbox import bind_account
from bot.judged import judged
from bot.notices import Post
from bot.tables import account
from bot.wiring import House
from dashboard.api import Api
from dashboard.desk_pages import DeskPages
from dashboard.lead_pages import LeadPages
from dashboard.live_pages import LivePages
from dashboard.pages import HERE, Pages, Room, missing, router
from dashboard.sheets import Sheets
from dashboard.task_pages import TaskPages
from dashboard.team_pages import TeamPages
from dashboard.visitor import Gate
from dashboard.ways_in import WaysIn
from foundation.errors import DatabaseAway


def rooms(house: House, pages: Pages) -> list[Room]:
    """The pages, each room with the ports it needs; the lead's sheets come last, their path takes any name."""
    tell = Post(house.phrases).tell
    return [
        TeamPages(pages, reach.out_of_reach),
        TaskPages(pages, tell),
        DeskPages(pages, tell, partial(judged, phrases=house.phrases)),
        LivePages(pages, tell),
        WaysIn(pages, str(house.settings.telegram_token), _from_telegram),
        LeadPages(pages, Sheets(house.models.currency)),
    ]


def _from_telegram(connection: Connection, user: str, now: datetime) -> str | None:
    where = (account.c.door == "telegram") & (account.c.external_id == user)
    person_id = connection.execute(sa.select(account.c.person_id).where(where)).scalar()
    if person_id is not None:
        bind_account(connection, tables.DOOR, person_id, person_id, now)
    return person_id


def add_pages(app: FastAPI, house: House) -> None:
    """The pages and their files; a miss is said in a sentence, the same whether nothing is there or it may not be seen."""
    pages = Pages(Gate(house.database, house.now), house.phrases, house.settings.address)

    async def nothing_here(request: Request, error: Exception) -> Response:
        if not request.url.path.startswith(("/lead", "/desk")) or "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"detail": "Not Found"}, 404)
        english = request.headers.get("accept-language", "").lower().startswith("en")
        return HTMLResponse(missing(house.phrases, "en" if english else house.settings.language), 404)

    async def not_understood(request: Request, error: Exception) -> Response:
        """A page's form says which fields; everything else is answered as a program wants it."""
        assert isinstance(error, RequestValidationError)
        if not request.url.path.startswith(("/lead", "/desk")):
            return await wrong_fields(request, error)
        fields = dict.fromkeys(str(one["loc"][-1]) for one in error.errors())
        try:
            return await pages.unread(request, list(fields))
        except HTTPException as missed:
            return await nothing_here(request, missed)

    app.add_exception_handler(404, nothing_here)
    app.add_exception_handler(RequestValidationError, not_understood)
    api = Api(house.database, house.now, Post(house.phrases).tell).app()
    api.add_exception_handler(DatabaseAway, away)
    app.mount("/api/v1", api, name="api")
    app.include_router(router(rooms(house, pages)))
    app.mount("/lead-static", StaticFiles(directory=HERE / "static"), name="lead-static")
