"""The storyteller: the whole house with people at its doors, who say and press things and see what a person sees."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import Connection

from bot.inbox import bind_account
from bot.seed import Demo
from bot.wiring import House, build_house
from curriculum import people
from foundation.database import Database
from foundation.scope import Scope
from foundation.settings import Settings
from tests.helpers.clock import HandClock
from tests.helpers.index import shared_finder

T = TypeVar("T")
DOORS = ("terminal", "web", "telegram")
ANSWERED_WITHIN = 240  # seconds; generous, as a busy machine may take long to build an index


@dataclass(frozen=True)
class Seen:
    """What a person sees after one act: texts in order, the buttons under the last, and what can be copied whole."""

    texts: tuple[str, ...]
    choices: tuple[str, ...]
    copied: str = ""
    files: tuple[tuple[str, bytes], ...] = ()  # what was handed over as a file: name and content

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def choice(self, begins: str) -> str:
        """The label of the button that begins like this, as a person would find it."""
        found = [label for label in self.choices if label.startswith(begins)]
        if not found:
            raise LookupError(f"no button {begins!r} among {self.choices} under: {self.text}")
        return found[0]


@dataclass
class Person:
    """Somebody at one door; each kind of door says how words get there and what is seen."""

    stage: Stage
    account: str
    last: Seen = field(default_factory=lambda: Seen((), ()))
    history: list[Seen] = field(default_factory=list)

    async def says(self, words: str) -> Seen:
        """Type words and see the answer."""
        return await self._act(self._say, words)

    async def sends(self, content: bytes, name: str = "label.png", words: str = "") -> Seen:
        """Send a file, with words beside it where the door has room for them."""
        self.stage.clock.tick()
        async with asyncio.timeout(ANSWERED_WITHIN):
            self.last = await self._send(content, name, words)
        self.history.append(self.last)
        return self.last

    async def _send(self, content: bytes, name: str, words: str) -> Seen:
        raise NotImplementedError

    async def presses(self, begins: str) -> Seen:
        """Press the newest button whose label begins like this."""
        labels = (label for seen in reversed(self.history) for label in seen.choices if label.startswith(begins))
        label = next(labels, None)
        if label is None:
            raise LookupError(f"no button {begins!r} among {self.last.choices} under: {self.last.text}")
        return await self._act(self._press, label)

    async def _act(self, how: Callable[[str], Any], words: str) -> Seen:
        self.stage.clock.tick()
        async with asyncio.timeout(ANSWERED_WITHIN):
            self.last = await how(words)
        self.history.append(self.last)
        return self.last

    async def _say(self, words: str) -> Seen:
        raise NotImplementedError

    async def _press(self, label: str) -> Seen:
        raise NotImplementedError

    async def joins(self, invitation: str) -> Seen:
        """Come in by an invitation, the way this door has for it."""
        return await self.says(f"/start {invitation}")

    @property
    async def id(self) -> str:
        return await self.stage.person_behind(self)

    door = ""


@dataclass
class Stage:
    """A running house and whoever stands at its doors."""

    house: House
    demo: Demo
    clock: HandClock
    stack: AsyncExitStack
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _grounds: dict[str, Any] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.house.database

    async def stranger(self, door: str, language: str = "zh") -> Person:
        """Somebody whom nobody has invited yet."""
        return await self._at(door, None, language)

    async def trainee(self, door: str, name: str = "小林", person_id: str | None = None) -> Person:
        """A demo trainee (or another person, by id) at a door."""
        return await self._at(door, person_id or self.demo.people[name], "zh")

    async def newcomer(self, door: str, name: str = "小新", roles: Sequence[str] = ("trainee",)) -> Person:
        """A fresh member of the demo team, as if they had joined yesterday."""
        person_id = self.write(lambda c: people.add_person(c, name, "zh-CN", self.clock()))
        self.write(lambda c: people.join_team(c, self.demo.team_id, person_id, roles, self.clock()))
        return await self._at(door, person_id, "zh")

    async def _at(self, door: str, person_id: str | None, language: str) -> Person:
        from tests.helpers import doors

        if door not in self._grounds:
            self._grounds[door] = await doors.GROUNDS[door](self)
        return await self._grounds[door].somebody(person_id, language)

    def bind(self, door: str, account: str, person_id: str) -> None:
        self.write(lambda c: bind_account(c, door, account, person_id, self.clock()))

    def invitation(self, roles: Sequence[str] = ("trainee",), *, uses: int = 1, days: int = 7) -> str:
        lead = self.scope("陈组长")
        return self.write(lambda c: people.invite(c, lead, roles, self.clock(), uses=uses, days=days))

    def scope(self, name: str) -> Scope:
        """A demo person's scope as it stands in the database."""
        scope = self.read(lambda c: people.meet(c, self.demo.people[name])).scope
        assert scope is not None
        return scope

    def read(self, work: Callable[[Connection], T]) -> T:
        return self.database.read_now(work)

    def write(self, work: Callable[[Connection], T]) -> T:
        return self.database.write_now(work)

    async def person_behind(self, person: Person) -> str:
        from bot.tables import account

        where = (account.c.door == person.door) & (account.c.external_id == person.account)
        return str(self.read(lambda c: c.execute(account.select().where(where)).one().person_id))

    async def answered(self) -> None:
        """Wait until every turn that has begun is done."""
        await self.house.turns.drain(ANSWERED_WITHIN)

    def number(self) -> int:
        return next(self._numbers)


@asynccontextmanager
async def staged(url: str, demo: Demo, clock: HandClock, **more: Any) -> AsyncIterator[Stage]:
    """A house over this database, all of it real but the time."""
    house = build_house(Settings(database_url=url, **more), now=clock)
    house.finders.build = shared_finder
    async with AsyncExitStack() as stack:
        stack.callback(house.database.close)
        # A cast of its own: a story that adds somebody must not add them to every other story.
        yield Stage(house, replace(demo, people=dict(demo.people)), clock, stack)
