"""Joins the pages of leads and mentors to the running house."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Connection

from bot import notices
from bot.doors.web.pages import COOKIE
from bot.notices import Post
from bot.tables import account
from bot.wiring import House
from dashboard.api import Api
from dashboard.sheets import Sheets
from dashboard.site import HERE, Site, missing
from dashboard.visitor import Gate


def build_site(house: House) -> Site:
    gate = Gate(house.database, house.now, COOKIE)
    post = Post(house.phrases)
    ports = (post.tell, notices.out_of_reach, notices.take_back)
    token = str(house.settings.telegram_token)
    return Site(
        gate,
        house.phrases,
        *ports,
        house.settings.address,
        Sheets(house.models.currency),
        telegram_token=token,
        person_at_telegram=_at_telegram,
    )


def _at_telegram(connection: Connection, user: str) -> str | None:
    where = (account.c.door == "telegram") & (account.c.external_id == user)
    return connection.execute(sa.select(account.c.person_id).where(where)).scalar()


def add_pages(app: FastAPI, house: House) -> None:
    """The pages and their files; a miss is said in a sentence, the same whether nothing is there or it may not be seen."""

    async def nothing_here(request: Request, error: Exception) -> Response:
        if not request.url.path.startswith(("/lead", "/desk")) or "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"detail": "Not Found"}, 404)
        english = request.headers.get("accept-language", "").lower().startswith("en")
        return HTMLResponse(missing(house.phrases, "en" if english else house.settings.language), 404)

    app.add_exception_handler(404, nothing_here)
    app.mount("/api/v1", Api(house.database, house.now, Post(house.phrases).tell).app(), name="api")
    app.include_router(build_site(house).routes())
    app.mount("/lead-static", StaticFiles(directory=HERE / "static"), name="lead-static")
