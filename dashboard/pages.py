"""How a page is shown and an act done: whoever may not gets nothing, what can be mended is said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from sqlalchemy import Connection

from dashboard.behind import Say
from dashboard.cells import share_cell
from dashboard.visitor import Gate, Visitor
from foundation.errors import ExpectedError
from foundation.phrasebook import Phrasebook

T = TypeVar("T")
HERE = Path(__file__).parent
LEADS, TEACHERS, JUDGES = ("lead", "owner"), ("mentor", "lead", "owner"), ("mentor", "lead")
GET, POST = "GET", "POST"
FIELDS = {
    "what": "board.what", "to": "board.to", "due": "board.due", "amount": "board.amount", "note": "board.note", "role": "board.roles",
    "uses": "board.uses_of_link", "days": "board.days", "cohort": "board.cohort", "file": "board.file", "words": "board.sentence",
    "score": "board.score", "name": "token.name", "scope": "token.scopes",
}  # fmt: skip
Route = tuple[str, str, Callable[..., Any]]  # method, path, endpoint


class Room(Protocol):
    """Some pages that belong together."""

    def routes(self) -> Sequence[Route]: ...


def router(rooms: Sequence[Room]) -> APIRouter:
    """All pages; a room whose paths swallow others comes last."""
    made = APIRouter(default_response_class=HTMLResponse)
    for room in rooms:
        for method, path, endpoint in room.routes():
            made.add_api_route(path, endpoint, methods=[method])
    return made


@dataclass(frozen=True)
class Pages:
    """What every room shows its pages with; `address` is the web door's."""

    gate: Gate
    phrases: Phrasebook
    address: str

    def say(self, visitor: Visitor) -> Say:
        return lambda key, **values: self.phrases.say(key, visitor.language, **values)

    async def act(
        self, request: Request, roles: tuple[str, ...], work: Callable[[Connection, Visitor], object], back: str
    ) -> Response:
        """One act, then the page it came from; what can be mended is said there."""
        try:
            await self.gate.write(request, roles, work)
        except ExpectedError as error:
            problem = error
            return await self.show(
                request, roles, "problem.html", lambda c, v: {"problem": problem, "back": back}, status=400
            )
        return RedirectResponse(back, 303)

    async def unread(self, request: Request, fields: Sequence[str]) -> Response:
        """Which fields of a form cannot be read, as the page calls them; a stranger is told nothing."""

        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            say = self.say(visitor)
            names = say("list.joint").join(say(FIELDS[one]) if one in FIELDS else one for one in fields)
            return {
                "problem": ExpectedError("board.bad_fields", fields=names),
                "back": "/".join(request.url.path.split("/")[:3]),
            }

        return await self.show(request, TEACHERS, "problem.html", work, status=422)

    async def show(
        self, request: Request, roles: tuple[str, ...], template: str, work: Callable[[Connection, Visitor], dict[str, Any]], *, writes: bool = False,
        status: int = 200, **values: Any,
    ) -> Response:  # fmt: skip
        def both(connection: Connection, visitor: Visitor) -> tuple[Visitor, dict[str, Any]]:
            return visitor, work(connection, visitor)

        try:
            visitor, found = await (self.gate.write if writes else self.gate.read)(request, roles, both)
        except ExpectedError as error:
            problem = error
            return await self.show(
                request, roles, "problem.html", lambda c, v: {"problem": problem, "back": "/lead"}, status=400
            )
        places = {"visitor": visitor, "say": self.say(visitor), "language": visitor.language, "share_cell": share_cell}
        text = _TEMPLATES.get_template(template).render(places | values | found)
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def missing(phrases: Phrasebook, language: str) -> str:
    """The page for whatever is not there, or not for this visitor."""
    return alone("missing.html", phrases, language)


def alone(template: str, phrases: Phrasebook, language: str) -> str:
    """A page for somebody nobody knows yet."""

    def say(key: str, **values: object) -> str:
        return phrases.say(key, language, **values)

    return _TEMPLATES.get_template(template).render(say=say, language=language)


def download(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
)
