"""The mentor's desk as a page: seven cards a day, each with the question behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Request, Response
from sqlalchemy import Connection

from curriculum import desk, gradings
from curriculum.notices import Tell
from dashboard.judging import Judged, marks_for
from dashboard.pages import GET, JUDGES, POST, Pages, Route
from dashboard.visitor import Visitor
from foundation.errors import NotFound
from foundation.scope import Scope


@dataclass(frozen=True)
class DeskPages:
    """`tell` puts a notice into the outbox, `judged` knows the question behind a card's subject."""

    pages: Pages
    tell: Tell
    judged: Callable[[Connection, Scope, dict[str, Any], str], Judged]

    def routes(self) -> Sequence[Route]:
        return ((GET, "/desk", self.desk), (POST, "/desk/{card_id}/{deed}", self.judge))

    async def desk(self, request: Request) -> Response:
        def work(connection: Connection, visitor: Visitor) -> dict[str, Any]:
            desk.lay_out(connection, visitor.scope, visitor.now)
            cards, waiting = desk.today(connection, visitor.scope, visitor.now, visitor.zone)
            agreed, gate = desk.agreement(connection, visitor.scope), gradings.gate(connection, visitor.scope)
            seen = {one.id: self.judged(connection, visitor.scope, one.subject, visitor.language) for one in cards}
            marks = {one.id: marks_for(one) for one in cards}
            return {"seen": seen, "marks": marks, "cards": cards, "waiting": waiting, "agreement": agreed, "gate": gate}

        return await self.pages.show(request, JUDGES, "desk.html", work, writes=True)

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

        return await self.pages.act(request, JUDGES, work, "/desk")
