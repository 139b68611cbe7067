"""What a person finds under the menu button, told in process by a session that refuses what Telegram refuses."""

from __future__ import annotations

import pytest

from bot.doors.telegram.api import Bot
from bot.doors.telegram.menu import About, Menu, introduce, show_menu
from bot.doors.telegram.sending import Sending
from tests.helpers.telegram_double.session import StrictSession
from tests.helpers.telegram_double.world import World

pytestmark = pytest.mark.asyncio
TOKEN = "42:a-token-of-thirty-five-characters-xx"


async def test_menus_by_role_and_language() -> None:
    """A mentor has more commands and a page; the newcomer's commands stand in both languages; a change replaces."""
    world = World(TOKEN)
    world.join(7)
    bot = Bot(TOKEN, session=StrictSession(world))
    about = {
        "zh-CN": About("知然", "教你写提示词", "教练", (("start", "开始"),)),
        "en": About("Zhiran", "A coach", "Coach", (("start", "Begin"),)),
    }
    await introduce(bot, about, default="zh-CN")
    await show_menu(Sending(bot), "7", Menu((("ask", "提问"), ("me", "我")), ("看板", "https://zhiran.example/team")))
    assert world.commands == {
        ("default", ""): [{"command": "start", "description": "开始"}],
        ("default", "zh"): [{"command": "start", "description": "开始"}],
        ("default", "en"): [{"command": "start", "description": "Begin"}],
        ("chat:7", ""): [{"command": "ask", "description": "提问"}, {"command": "me", "description": "我"}],
    }
    assert world.said_of_itself["name", "en"] == "Zhiran"
    assert world.menu_buttons[7]["web_app"] == {"url": "https://zhiran.example/team"}
    await show_menu(Sending(bot), "7", Menu((("ask", "Ask"),), ("Board", "http://127.0.0.1/team")))
    assert world.commands["chat:7", ""] == [{"command": "ask", "description": "Ask"}]
    assert world.menu_buttons[7] == {"type": "commands"}
