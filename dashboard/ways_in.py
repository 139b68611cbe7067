"""Ways in for programs and for Telegram's Mini App: tokens of the API, and a session for whoever Telegram names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from sqlalchemy import Connection

from curriculum import api_tokens, people
from dashboard import mini_app
from dashboard.pages import GET, LEADS, POST, Pages, Route, alone
from dashboard.sessions import carry, carry_framed, own_origin
from dashboard.visitor import Visitor
from foundation.errors import NotFound


@dataclass(frozen=True)
class WaysIn:
    """`from_telegram` knows whose a Telegram id is, and lets them into the web chat as the same person."""

    pages: Pages
    telegram_token: str = field(default="", repr=False)
    from_telegram: Callable[[Connection, str, datetime], str | None] = lambda connection, user, now: None

    def routes(self) -> Sequence[Route]:
        return (
            (GET, "/lead/tokens", self.tokens),
            (POST, "/lead/tokens", self.make_token),
            (POST, "/lead/tokens/{token_id}/revoke", self.revoke_token),
            (GET, "/mini", self.mini_page),
            (POST, "/mini", self.mini),
        )

    async def tokens(self, request: Request) -> Response:
        return await self.pages.show(
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

        return await self.pages.show(request, LEADS, "tokens.html", work, writes=True)

    async def revoke_token(self, request: Request, token_id: str) -> Response:
        work = lambda c, v: api_tokens.revoke(c, v.scope, token_id, v.now)  # noqa: E731
        return await self.pages.act(request, LEADS, work, "/lead/tokens")

    async def mini_page(self, request: Request) -> Response:
        """The door for a Telegram Mini App; its script hands over what Telegram says of who opened it."""
        return HTMLResponse(alone("mini.html", self.pages.phrases, self.pages.phrases.default))

    async def mini(self, request: Request) -> Response:
        own_origin(request)
        data, now = (await request.body()).decode("utf-8", "replace"), self.pages.gate.now()

        def work(connection: Connection) -> tuple[str, str]:
            user, digest = mini_app.telegram_user(data, self.telegram_token, now)
            person_id = self.from_telegram(connection, user, now)
            if person_id is None:
                raise NotFound("person")
            mini_app.use_once(connection, digest, now)
            scope = people.meet(connection, person_id).scope
            to = "/lead" if scope and scope.may(*LEADS) else "/desk" if scope and scope.may("mentor") else "/chat"
            return people.open_session(connection, person_id, now), to

        try:
            session, to = await self.pages.gate.database.write(work)
        except NotFound as error:
            raise HTTPException(404) from error
        response = JSONResponse({"to": to})
        if self.pages.address.startswith("https://"):
            carry_framed(response, session)
        else:
            carry(response, session, secure=False)
        return response
