"""The real turns and the real door over the double; only the conversation is a small script of words and replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.doors.telegram.api import AiohttpSession, open_bot
from bot.doors.telegram.door import TelegramDoor
from bot.doors.telegram.manners import Manners
from bot.doors.telegram.polling import Polling
from bot.message import Reply, Text, Turn
from bot.tables import account, inbox
from bot.turns import Turns
from foundation.clock import system_clock
from foundation.database import Database, metadata
from tests.helpers.telegram_double.second_opinion import objections
from tests.helpers.telegram_double.server import TelegramServer
from tests.helpers.telegram_double.world import Stood, World

TOKEN = "42:a-token-of-thirty-five-characters-xx"
XIAOYUN, LAOWANG = 7, 8
Script = Callable[[Turn], Iterable[Reply]]


@dataclass
class ScriptedConversation:
    """Answers by a script and remembers which turns it was asked to answer."""

    script: Script
    asked: list[Turn] = field(default_factory=list)
    before: float = 0.0
    between: float = 0.0

    async def answer(self, turn: Turn, token: str, known: object = None) -> AsyncIterator[Reply]:
        self.asked.append(turn)
        await asyncio.sleep(self.before)
        for reply in self.script(turn):
            yield reply
            await asyncio.sleep(self.between)


def echo(turn: Turn) -> Iterable[Reply]:
    return [Reply((Text(f"听到：{turn.words}"),))]


@dataclass
class Telegram:
    """A bot at work, seen from Telegram's side."""

    world: World
    server: TelegramServer
    database: Database
    conversation: ScriptedConversation
    turns: Turns
    door: TelegramDoor

    async def until(self, is_so: Callable[[], object], seconds: float = 8.0) -> None:
        """Wait until something is so; fails with what the chats show if it never is."""
        async with asyncio.timeout(seconds) as waited:
            while not is_so():  # noqa: ASYNC110  # what is waited for happens in other tasks and has no event
                await asyncio.sleep(0.005)
        assert not waited.expired()

    async def quiet(self) -> None:
        """Wait until every update is confirmed and every turn answered."""
        await self.until(lambda: not self.world.pending)
        async with asyncio.timeout(15):
            while await self.database.read(lambda c: c.execute(_OPEN_TURNS).scalar()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def said_to(self, person: int) -> list[Stood]:
        return self.world.chats[person].by_bot

    def texts_to(self, person: int) -> list[str]:
        return [message.text for message in self.said_to(person)]

    async def is_reachable(self, person: int) -> bool:
        query = sa.select(account.c.reachable).where(account.c.external_id == str(person))
        return bool(await self.database.read(lambda c: c.execute(query).scalar()))

    def second_opinion(self) -> list[str]:
        return [said for call in self.world.calls for said in objections(call.method, call.fields)]


_OPEN_TURNS = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.state.in_(("kept", "answered")))


@asynccontextmanager
async def telegram_over(
    folder: Path, script: Script, *, polls: bool = True, manners: Manners | None = None
) -> AsyncIterator[Telegram]:
    """Everything between the words of a person and the reply they see; by polling unless told otherwise."""
    world = World(TOKEN)
    world.join(XIAOYUN)
    world.join(LAOWANG, "老王", "en")
    database = Database(f"sqlite:///{folder}/zhiran.db")
    metadata.create_all(database.engine)
    async with AsyncExitStack() as stack:
        stack.callback(database.close)
        server = await stack.enter_async_context(TelegramServer(world))
        door = TelegramDoor(open_bot(TOKEN, server.base), database, manners=manners)
        stack.push_async_callback(_close, door)
        conversation = ScriptedConversation(script)
        turns = Turns(database, conversation, system_clock, doors={"telegram": door})  # type: ignore[arg-type]
        telegram = Telegram(world, server, database, conversation, turns, door)
        if polls:
            task = asyncio.create_task(Polling(turns, door).run())
            stack.callback(task.cancel)
        yield telegram
        await turns.drain(2)
        assert telegram.second_opinion() == []


async def _close(door: TelegramDoor) -> None:
    # aiogram's own close sleeps a quarter of a second for TLS, which the loopback has not; what is closed, it passes.
    assert isinstance(door.bot.session, AiohttpSession)
    await (await door.bot.session.create_session()).close()
    await door.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
