"""The web server: the chat, its files, and headers that let nothing foreign run in the page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.bringing import MAX_FILE
from bot.doors.web.pages import HERE, MAX_BODY, WebChat
from dashboard.sessions import framers
from foundation.errors import DatabaseAway
from foundation.people_text import storable

log = logging.getLogger(__name__)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors "
)
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (
        b"referrer-policy",
        b"same-origin",
    ),  # links hold tokens: no other site sees them, while our own forms keep their Origin
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_app(chat: WebChat, lifespan: Lifespan | None = None) -> FastAPI:
    """The application of the web door; pages for mentors and the webhook are added by whoever serves them."""
    app = FastAPI(title="Zhiran", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(chat.routes())
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_api_route("/health", _health, methods=["GET"])
    app.add_exception_handler(RequestValidationError, wrong_fields)
    app.add_exception_handler(DatabaseAway, away)
    app.add_middleware(Guard)
    return app


async def wrong_fields(_request: Request, error: Exception) -> JSONResponse:
    """Which fields are wrong, never what stood in them: that is somebody's words, and may not even be text."""
    assert isinstance(error, RequestValidationError)
    fields = [storable(".".join(map(str, one["loc"]))) for one in error.errors()]
    return JSONResponse({"wrong": fields}, 422)


async def away(_request: Request, _error: Exception) -> JSONResponse:
    """The disk is full or the database away: whoever asked may ask again soon; the page says so by itself."""
    return JSONResponse({"wrong": ["database"]}, 503, {"Retry-After": "5"})


async def _health() -> dict[str, str]:
    return {"status": "ok"}


class Guard:
    """Plain ASGI: adds the security headers, and refuses bodies that are too large before they are read."""

    def __init__(self, app: ASGIApp, max_body: int = MAX_BODY) -> None:
        self.app, self.max_body = app, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = 0

        async def receive_some() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit(scope):
                raise _TooLarge
            return message

        began = False

        async def send_with_headers(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                who = framers(scope["path"], scope["headers"])
                headers = [(b"content-security-policy", (POLICY + who).encode()), *HEADERS]
                given = {name for name, _ in message.get("headers", [])}
                message["headers"] = [*message.get("headers", []), *((n, v) for n, v in headers if n not in given)]
            await send(message)

        try:
            await self.app(scope, receive_some, send_with_headers)
        except _TooLarge:
            if not began:
                await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
                await send({"type": "http.response.body", "body": b""})

    def _limit(self, scope: dict[str, Any] | Scope) -> int:
        if scope["path"] == "/chat/file":
            return MAX_FILE + self.max_body
        return self.max_body if scope["path"].startswith(("/chat", "/in", "/join", "/out")) else 1024 * 1024


class _TooLarge(Exception):
    pass
