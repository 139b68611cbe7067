"""Who stands before a page: looked up anew at every request, and told "nothing here" wherever they may not go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from fastapi import HTTPException, Request
from sqlalchemy import Connection

from curriculum import people
from curriculum.people import Member
from dashboard.sessions import own_origin, token_of
from foundation.clock import Clock, zone
from foundation.database import Database
from foundation.errors import NotFound
from foundation.scope import Scope

T = TypeVar("T")


@dataclass(frozen=True)
class Visitor:
    member: Member
    scope: Scope
    now: datetime

    @property
    def language(self) -> str:
        return self.member.person.language

    @property
    def zone(self) -> str:
        return self.member.person.zone

    def local(self, moment: datetime) -> str:
        """A moment as the visitor's clock shows it."""
        return moment.astimezone(zone(self.zone)).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Gate:
    """Opens a transaction for somebody who may; for everybody else there is nothing here (404)."""

    database: Database
    now: Clock

    async def read(self, request: Request, roles: tuple[str, ...], work: Callable[[Connection, Visitor], T]) -> T:
        return await self._within(request, roles, work, writes=False)

    async def write(self, request: Request, roles: tuple[str, ...], work: Callable[[Connection, Visitor], T]) -> T:
        own_origin(request)
        return await self._within(request, roles, work, writes=True)

    async def _within(
        self, request: Request, roles: tuple[str, ...], work: Callable[[Connection, Visitor], T], *, writes: bool
    ) -> T:
        token, now = token_of(request), self.now()

        def do(connection: Connection) -> T:
            person_id = people.person_of_session(connection, token, now) if token else None
            if person_id is None:
                raise NotFound("session")
            member = people.meet(connection, person_id)
            if member.scope is None or not member.scope.may(*roles):
                raise NotFound("role")
            return work(connection, Visitor(member, member.scope, now))

        try:
            return await (self.database.write if writes else self.database.read)(do)
        except NotFound as error:
            raise HTTPException(404) from error
