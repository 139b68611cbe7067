"""The web chat's pages and calls: sign-in by link, joining by invitation, saying something, listening."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.bringing import MAX_FILE
from bot.doors.web.door import Event, WebDoor
from bot.inbox import bind_account
from bot.message import Arrival, Attachment
from bot.turns import Turns
from curriculum import assignments, people
from dashboard.sessions import carry, drop, own_origin, token_of, tokens_of
from foundation.clock import Clock
from foundation.database import Database
from foundation.errors import DatabaseAway, ExpectedError, NotFound
from foundation.phrasebook import Phrasebook

HERE = Path(__file__).parent
MAX_BODY = 64 * 1024
OPENS = {"vet": "/vet"}  # screens that a link may open: they only show, since any site can lead somebody to a link
SENDING = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def _storable(words: object) -> object:
    """Half a character (a lone surrogate, as a cut emoji leaves) becomes a question mark: it is no reason to refuse the rest."""
    return words.encode("utf-8", "replace").decode() if isinstance(words, str) else words


class Said(BaseModel):
    """What the page sends: the words, a fresh id for this sending, and whether a button was tapped."""

    model_config = ConfigDict(extra="forbid", strict=True)
    words: Annotated[str, BeforeValidator(_storable)] = Field(min_length=1, max_length=8_000)
    id: str = Field(pattern=SENDING)
    tapped: bool = False


@dataclass(frozen=True)
class WebChat:
    """Everything the web door's routes need."""

    database: Database
    turns: Turns
    door: WebDoor
    phrases: Phrasebook
    now: Clock
    language: str
    secure: bool  # the address is https: cookies only travel there
    hears: bool = False  # a model that writes down speech is set up

    def routes(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/", self.front, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/in/{token}", self.sign_in_page, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/in/{token}", self.sign_in, methods=["POST"])
        router.add_api_route("/join/{token}", self.join_page, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/join/{token}", self.join, methods=["POST"])
        router.add_api_route("/out", self.sign_out, methods=["POST"])
        router.add_api_route("/chat", self.chat, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/chat/say", self.say, methods=["POST"], status_code=202)
        # Who is nobody is told so before the form is looked at.
        signed_in = [Depends(self._must_be_somebody)]
        router.add_api_route("/chat/file", self.file, methods=["POST"], status_code=202, dependencies=signed_in)
        router.add_api_route("/chat/events", self.events, methods=["GET"])
        return router

    # --- coming in ---

    async def front(self, request: Request) -> Response:
        if await self._person(request):
            return RedirectResponse("/chat", 303)
        return self._page("front.html", self._language(request))

    async def sign_in_page(self, request: Request, token: str) -> Response:
        # A GET must not use the link up: messengers open links beforehand to preview them.
        return self._page("enter.html", self._language(request), action=f"/in/{token}", ask_name=False, team="")

    async def sign_in(self, request: Request, token: str) -> Response:
        own_origin(request)
        now = self.now()
        try:
            session = await self.database.write(lambda c: self._open(c, people.use_sign_in(c, token, now), now))
        except ExpectedError as error:
            return self._page("front.html", self._language(request), problem=error.key, status=410)
        return self._welcome(session)

    async def join_page(self, request: Request, token: str) -> Response:
        """Which team this is, before anybody enters it; whoever is signed in need not say their name again."""
        known, language, now = await self._known_again(request), self._language(request), self.now()
        try:
            team = await self.database.read(lambda c: people.inviting_team(c, token, now))
        except ExpectedError as error:
            return self._page("front.html", language, problem=error.key, status=410)
        return self._page("enter.html", language, action=f"/join/{token}", ask_name=known is None, team=team)

    async def join(self, request: Request, token: str, name: Annotated[str, Form(max_length=400)] = "") -> Response:
        """Join by an invitation: as the person this browser knows, or as somebody new, who must have a name."""
        own_origin(request)
        now, known, language = self.now(), await self._known_again(request), self._language(request)

        def work(connection: Any) -> str:
            people.inviting_team(connection, token, now)  # before the name: a dead link needs none
            person_id = known
            if person_id is None:
                wanted = people.name_of(name)
                if not wanted:
                    raise ExpectedError("people.name_first")
                person_id = people.add_person(connection, wanted, language, now)
            assignments.come_in(connection, token, person_id, now)
            return self._open(connection, person_id, now)

        try:
            session = await self.database.write(work)
        except ExpectedError as error:
            if error.key not in ("people.name_first", "me.bad_name"):
                return self._page("front.html", language, problem=error.key, status=410)
            again = {"action": f"/join/{token}", "ask_name": True, "problem": error.key, "team": ""}
            return self._page("enter.html", language, 400, **again)
        return self._welcome(session)

    def _open(self, connection: Any, person_id: str, now: Any) -> str:
        bind_account(connection, self.door.name, person_id, person_id, now)
        return people.open_session(connection, person_id, now)

    def _welcome(self, session: str) -> Response:
        response = RedirectResponse("/chat", 303)
        carry(response, session, secure=self.secure)
        return response

    async def sign_out(self, request: Request) -> Response:
        own_origin(request)
        for token in tokens_of(request):
            await self.database.write(lambda c, t=token: people.close_session(c, t))  # type: ignore[misc]
        response = RedirectResponse("/", 303)
        drop(response, secure=self.secure)
        return response

    # --- talking ---

    async def chat(self, request: Request) -> Response:
        person_id = await self._person(request)
        if person_id is None:
            return RedirectResponse("/", 303)
        try:
            member = await self.database.read(lambda c: people.meet(c, person_id))
        except NotFound:
            return RedirectResponse("/", 303)
        name, team, language = member.person.name, member.team_name, member.person.language
        scope = member.scope
        ways = [("/lead", "board.week")] if scope and scope.may("lead", "owner") else []
        ways += [("/desk", "board.desk")] if scope and scope.may("mentor", "lead") else []
        opens = OPENS.get(request.query_params.get("open", ""), "")
        page = self._page("chat.html", language, name=name, team=team, hears=self.hears, ways=ways, opens=opens)
        if self.hears:
            page.headers["Permissions-Policy"] = "camera=(), microphone=(self), geolocation=()"
        return page

    async def say(self, request: Request, said: Said) -> dict[str, bool]:
        """Keep what was said; the answer comes over the event stream. The same id sent again does nothing."""
        person_id = await self._must_be_somebody(request)
        own_origin(request)
        arrival = Arrival(
            self.door.name, f"{person_id}:{UUID(said.id).hex}", person_id, said.words, payload={"tapped": said.tapped}
        )
        await self._keep(arrival, "" if said.tapped else said.words)
        return {"kept": True}

    async def file(
        self,
        request: Request,
        id: Annotated[str, Form(pattern=SENDING)],
        file: UploadFile,
        words: Annotated[str, Form(max_length=2_000)] = "",
    ) -> dict[str, bool]:
        """Keep a file, with the words beside it, as a turn; it goes when the turn is answered."""
        person_id = await self._must_be_somebody(request)
        own_origin(request)
        content = await file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise HTTPException(413)
        name = str(_storable(file.filename or ""))[:80]
        brought = Attachment(name, "", content)
        arrival = Arrival(
            self.door.name, f"{person_id}:{UUID(id).hex}", person_id, str(_storable(words)), payload={}, file=brought
        )
        await self._keep(arrival, " ".join(part for part in (f"〔{name}〕", str(_storable(words)).strip()) if part))
        return {"kept": True}

    async def _keep(self, arrival: Arrival, shown: str) -> None:
        kept = await self.turns.receive(arrival, partial(self.door.note, words=shown) if shown else None)
        if kept is not None:
            self.door.look(arrival.account)
            self.turns.start(kept)

    async def events(self, request: Request, after: int = 0) -> StreamingResponse:
        person_id = await self._must_be_somebody(request)
        last = request.headers.get("last-event-id", "")
        since = int(last) if last.isascii() and last.isdigit() and len(last) < 16 else min(max(after, 0), 10**15)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._stream(request, person_id, since), media_type="text/event-stream", headers=headers
        )

    async def _stream(self, request: Request, person_id: str, since: int) -> AsyncIterator[str]:
        yield "retry: 1500\n\n"
        async for event in self.door.events(person_id, since):
            if await request.is_disconnected():
                return
            try:
                is_somebody = await self._person(request) is not None
            except DatabaseAway:  # what was read before is shown: nobody can have been dismissed since
                is_somebody = True
            # A dismissed or forgotten person's page falls silent within a moment.
            if not is_somebody:
                yield "event: out\ndata: {}\n\n"
                return
            if event is None:
                yield ": still here\n\n"
            else:
                yield _event_text(event)

    # --- who is there ---

    async def _person(self, request: Request) -> str | None:
        token = token_of(request)
        if not token:
            return None
        now = self.now()
        return await self.database.read(lambda c: people.person_of_session(c, token, now))

    async def _known_again(self, request: Request) -> str | None:
        """Who stands before an invitation, also one who was dismissed: they are not somebody new."""
        token, now = token_of(request), self.now()
        return await self.database.read(lambda c: people.once_held_by(c, token, now)) if token else None

    async def _must_be_somebody(self, request: Request) -> str:
        person_id = await self._person(request)
        if person_id is None:
            raise HTTPException(401)
        return person_id

    def _language(self, request: Request) -> str:
        wanted = request.headers.get("accept-language", "").lower()
        return "en" if wanted.startswith("en") else self.language

    def _page(self, template: str, language: str, status: int = 200, **values: Any) -> HTMLResponse:
        def say(key: str, **places: object) -> str:
            return self.phrases.say(key, language, **places)

        text = _TEMPLATES.get_template(template).render(say=say, language=language, **values)
        return HTMLResponse(text, status)


_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True), trim_blocks=True
)


def _event_text(event: Event) -> str:
    seq, message = event
    number = f"id: {seq}\n" if seq is not None else ""
    return f"{number}data: {json.dumps(message, ensure_ascii=False)}\n\n"
