"""The real coach behind the real door: invited, asked, a card turned by taps; nothing scripted but the person."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.doors.telegram.api import open_bot
from bot.doors.telegram.door import TelegramDoor
from bot.doors.telegram.polling import Polling
from bot.seed import seed_demo
from bot.tables import inbox
from bot.wiring import build_house
from curriculum import people
from foundation.scope import Scope
from foundation.settings import Settings
from migrations.upgrade import bring_up
from tests.doors.telegram.conftest import TOKEN, XIAOYUN
from tests.helpers.index import shared_finder
from tests.helpers.telegram_double.second_opinion import objections
from tests.helpers.telegram_double.server import TelegramServer
from tests.helpers.telegram_double.world import World

pytestmark = pytest.mark.asyncio


def open_turns(connection: sa.Connection) -> int:
    query = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.state.in_(("kept", "answered")))
    return connection.execute(query).scalar_one()


async def test_from_the_invitation_to_a_card(folder: Path) -> None:
    """Every payload on the way is accepted by the double and by python-telegram-bot's types."""
    house = build_house(Settings(database_url=f"sqlite:///{folder}/zhiran.db", data_folder=folder))
    house.finders.build = shared_finder
    bring_up(house.database)
    now = house.now()
    demo = house.database.write_now(lambda c: seed_demo(c, now))
    lead = Scope(demo.team_id, demo.people["陈组长"], frozenset({"lead"}))
    invitation = house.database.write_now(lambda c: people.invite(c, lead, ("trainee",), now))
    world = World(TOKEN)
    world.join(XIAOYUN)
    async with AsyncExitStack() as stack:
        stack.callback(house.database.close)
        server = await stack.enter_async_context(TelegramServer(world))
        door = house.turns.doors["telegram"] = TelegramDoor(open_bot(TOKEN, server.base), house.database)
        stack.push_async_callback(door.close)
        stack.callback(asyncio.create_task(Polling(house.turns, door).run()).cancel)

        async def says(words: str) -> str:
            world.say(XIAOYUN, words)
            return await answered()

        async def taps(words: str) -> str:
            message = next(m for m in reversed(world.chats[XIAOYUN].by_bot) if words in m.buttons.values())
            world.tap_data(XIAOYUN, message.message_id, words)
            return await answered()

        async def answered() -> str:
            async with asyncio.timeout(120):
                while await house.database.read(open_turns) or world.pending:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            return world.chats[XIAOYUN].by_bot[-1].text

        assert "inv_" not in await says(f"/start {invitation}")
        assert await says("/home")
        card = await says("新规 75 个字符，我 200 字符的标题怎么砍 amazon listing title")
        assert card
        card = await says("/use amazon-listing-title")
        messages = len(world.chats[XIAOYUN].by_bot)
        primer = await taps("/primer amazon-listing-title")
        assert primer != card
        assert await taps("/use amazon-listing-title") == card
        assert len(world.chats[XIAOYUN].by_bot) == messages  # turned, not sent anew
        assert await says("/begin amazon-listing-title quick")
    assert [said for call in world.calls for said in objections(call.method, call.fields)] == []
    assert {call.status for call in world.calls} == {200}
