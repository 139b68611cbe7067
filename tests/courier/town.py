"""The whole way of a message that nobody asked for: a task is given, the real courier takes it to the Telegram double."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.courier.courier import Courier
from bot.courier.telegram_sender import TelegramSender
from bot.courier.web_sender import WebSender
from bot.doors.web.tables import web_message
from bot.message import Reply, Text, reply_to_json
from bot.notices import Post
from bot.tables import account, outbox
from bot.team_rounds import TeamRounds
from curriculum import people
from curriculum.assignments import Wish
from dashboard.giving import give
from foundation.database import new_id
from tests.helpers.stage import Stage
from tests.helpers.telegram_double.second_opinion import objections
from tests.helpers.telegram_double.server import TelegramServer
from tests.helpers.telegram_double.world import Call, Fault, Stood, World

TOKEN = "42:a-token-of-thirty-five-characters-xx"
LIN, MEI, CLOUDY = 71, 72, 73  # chats
SAYS = ("sendmessage", "senddocument", "sendphoto")


async def no_wait(seconds: float) -> None:
    """The second between the parts of a message, in no time."""
    await asyncio.sleep(0)


@dataclass
class Town:
    """People of the demo team at their doors, and the courier who goes to them."""

    stage: Stage
    world: World
    server: TelegramServer
    courier: Courier
    _senders: list[TelegramSender] = field(default_factory=list)

    def lives(self, name: str, chat: int) -> str:
        """This demo person has pressed Start on Telegram."""
        person_id = self.stage.demo.people[name]
        self.world.join(chat, name)
        self.stage.bind("telegram", str(chat), person_id)
        return person_id

    def comes(self, name: str, chat: int, language: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        """A fresh trainee of the team who has pressed Start on Telegram."""
        now = self.stage.clock()
        person_id = self.stage.write(lambda c: people.add_person(c, name, language, now, zone))
        self.stage.write(lambda c: people.join_team(c, self.stage.demo.team_id, person_id, ["trainee"], now))
        self.stage.demo.people[name] = person_id
        return self.lives(name, chat)

    def gives(self, to: str = "all", days: float = 5, target: str = "amazon-listing-title", note: str = "") -> str:
        """The lead gives a task; its id."""
        scope, now = self.stage.scope("陈组长"), self.stage.clock()
        wish = Wish("quiz", target, 5, to, now + timedelta(days=days), note)
        tell = Post(self.stage.house.phrases).tell

        def work(connection: sa.Connection) -> str:
            lead = people.meet(connection, scope.person_id).person
            return give(connection, scope, lead, wish, now, tell)[0]

        return self.stage.write(work)

    def posts(self, name: str, reply: Reply | str, kind: str = "answer") -> str:
        """A message waits for this person; its id."""
        said = Reply((Text(reply),)) if isinstance(reply, str) else reply
        about = {"id": new_id(), "person_id": self.stage.demo.people[name], "kind": kind, "state": "due"}
        row = about | {"cause": new_id(), "reply": reply_to_json(said), "not_before": self.stage.clock()}
        self.stage.write(lambda c: c.execute(outbox.insert().values(row | {"sent_at": None})))
        return str(about["id"])

    async def rounds(self) -> None:
        """The reminders of tasks that have come due are written."""
        await TeamRounds(self.stage.database, self.stage.house.phrases, self.stage.clock).once()

    async def passes(self, seconds: float = 1, times: int = 1) -> int:
        """The courier goes round, then so much time goes by; how many messages were said."""
        said = 0
        for _ in range(times):
            said += await self.courier.run_once()
            self.stage.clock.tick(seconds)
        return said

    async def lives_through(self, days: float) -> None:
        """Rounds and courier at work, two hours at a time."""
        for _ in range(round(days * 12)):
            await self.rounds()
            await self.passes(3600, times=2)

    def another(self) -> Courier:
        """One more courier on the same database, with a connection to Telegram of its own."""
        return self._courier()

    def _courier(self) -> Courier:
        sender = TelegramSender(TOKEN, self.server.base, sleep=no_wait)
        self._senders.append(sender)
        senders = (sender, WebSender(self.stage.database, self.stage.clock))
        return Courier(self.stage.database, self.stage.house.phrases, senders, self.stage.clock)

    async def leave(self) -> None:
        for sender in self._senders:
            await sender.close()

    # --- what is seen ---

    def heard(self, chat: int) -> list[Stood]:
        return self.world.chats[chat].by_bot

    def texts(self, chat: int) -> list[str]:
        return [message.text for message in self.heard(chat)]

    def calls(self, chat: int) -> list[Call]:
        """Every try to say something to this chat, refused or not."""
        said = [call for call in self.world.calls if call.method.lower() in SAYS]
        return [call for call in said if str(call.fields["chat_id"]) == str(chat)]

    def at_web(self, name: str) -> list[dict[str, Any]]:
        where = web_message.c.account == self.stage.demo.people[name]
        return list(self.stage.read(lambda c: c.execute(sa.select(web_message.c.message).where(where)).scalars().all()))

    def rows(self, name: str) -> list[tuple[str, str]]:
        """What was or is to be said to this person: kind and state."""
        query = sa.select(outbox.c.kind, outbox.c.state).where(outbox.c.person_id == self.stage.demo.people[name])
        return [(row.kind, row.state) for row in self.stage.read(lambda c: c.execute(query).all())]

    def due_at(self, name: str) -> Sequence[datetime]:
        where = (outbox.c.person_id == self.stage.demo.people[name]) & (outbox.c.state == "due")
        return self.stage.read(lambda c: c.execute(sa.select(outbox.c.not_before).where(where)).scalars().all())

    def is_reachable(self, chat: int) -> bool:
        where = account.c.external_id == str(chat)
        return bool(self.stage.read(lambda c: c.execute(sa.select(account.c.reachable).where(where)).scalar()))

    def breaks(
        self, kind: str, *, method: str = "sendMessage", value: float = 0, times: int = 1, said: str = ""
    ) -> None:
        self.world.faults.append(Fault(method, kind, value, times, said))


@asynccontextmanager
async def town_over(stage: Stage, world: World | None = None) -> AsyncIterator[Town]:
    """The double on a real port, in a world whose time is the stage's; every request gets a second opinion."""
    world = world or World(TOKEN)
    world.now = lambda: stage.clock().timestamp()
    async with TelegramServer(world) as server:
        town = Town(stage, world, server, courier=None)  # type: ignore[arg-type]
        town.courier = town.another()
        try:
            yield town
        finally:
            await town.leave()
        assert [said for call in world.calls for said in objections(call.method, call.fields)] == []
