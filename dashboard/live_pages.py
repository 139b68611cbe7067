"""The group's quiz on a big screen: the question, how many have answered, then what is right and how many chose what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Request, Response
from sqlalchemy import Connection

from curriculum import live_quiz
from curriculum.notices import Tell
from dashboard.kit import LETTERS, begin_quiz, make
from dashboard.pages import GET, LEADS, POST, Pages, Route
from dashboard.visitor import Visitor
from foundation.errors import NotFound


@dataclass(frozen=True)
class LivePages:
    """`tell` puts a notice into the outbox."""

    pages: Pages
    tell: Tell

    def routes(self) -> Sequence[Route]:
        return ((GET, "/lead/live", self.live), (POST, "/lead/live/{step}", self.go))

    async def live(self, request: Request) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            live = live_quiz.current(connection, visitor.scope, visitor.now)
            made = live is None and make(connection, visitor.scope, visitor.now, visitor.language)
            return {"live": live, "letters": LETTERS, "can_start": made and made.questions}

        return await self.pages.show(request, LEADS, "live.html", work)

    async def go(self, request: Request, step: str, place: Annotated[int, Form()] = 0) -> Response:
        def work(connection: Connection, visitor: Visitor) -> None:
            if step == "start":
                begin_quiz(self.tell, connection, visitor.scope, visitor.now, visitor.language)
            elif step == "show":
                live_quiz.show(connection, visitor.scope, place, visitor.now)
            elif step == "next":
                live_quiz.go_on(connection, visitor.scope, place, visitor.now)
            elif step == "end":
                live_quiz.end(connection, visitor.scope, visitor.now)
            else:
                raise NotFound(step)

        return await self.pages.act(request, LEADS, work, "/lead/live")
