"""How the coach behaves among people: menus that follow a person, groups that hear why it leaves, and long waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doors.telegram.arrivals import UNREAD
from bot.doors.telegram.manners import BY_ROLE, MEMBERS, Manners
from bot.inbox import bind_account
from bot.tables import inbox
from bot.wiring import PHRASES
from curriculum import people
from foundation.phrasebook import Phrasebook
from tests.doors.telegram.conftest import LAOWANG, XIAOYUN, Telegram, echo, telegram_over
from tests.helpers.clock import MORNING

pytestmark = pytest.mark.asyncio
GROUP = -100_7
MANNERS = Manners(Phrasebook.read(PHRASES), "https://zhiran.example")


def belongs(telegram: Telegram, person: int, *roles: str) -> None:
    def work(connection) -> None:  # type: ignore[no-untyped-def]
        team = people.add_team(connection, "上新组", MORNING)
        who = people.add_person(connection, "某人", "zh-CN", MORNING)
        people.join_team(connection, team, who, roles, MORNING)
        bind_account(connection, "telegram", str(person), who, MORNING)

    telegram.database.write_now(work)


def menu_of(telegram: Telegram, person: int) -> dict[str, str]:
    told = telegram.world.commands.get((f"chat:{person}", ""), [])
    return {command["command"]: command["description"] for command in told}


async def test_a_menu_follows_role_and_language(folder: Path) -> None:
    """A stranger finds the way in; a lead finds a lead's commands and the board; what changes is shown anew, once."""
    async with telegram_over(folder, echo, manners=MANNERS) as telegram:
        telegram.world.say(LAOWANG, "hello")
        await telegram.until(lambda: menu_of(telegram, LAOWANG))
        assert menu_of(telegram, LAOWANG)["help"] == "How it works" and "quiz" not in menu_of(telegram, LAOWANG)
        belongs(telegram, XIAOYUN, "lead")
        telegram.world.say(XIAOYUN, "你好")
        await telegram.until(lambda: XIAOYUN in telegram.world.menu_buttons)
        assert set(menu_of(telegram, XIAOYUN)) == {*MEMBERS, *BY_ROLE["lead"]}
        assert telegram.world.menu_buttons[XIAOYUN]["web_app"] == {"url": "https://zhiran.example/mini"}
        telegram.database.write_now(lambda c: c.exec_driver_sql("UPDATE membership SET roles = 'trainee'"))
        telegram.world.say(XIAOYUN, "还在吗")
        await telegram.until(lambda: telegram.world.menu_buttons[XIAOYUN] == {"type": "commands"})
        assert set(menu_of(telegram, XIAOYUN)) == set(MEMBERS)
        shown = len(telegram.world.made("setMyCommands"))
        telegram.world.say(XIAOYUN, "好")
        await telegram.quiet()
        assert len(telegram.world.made("setMyCommands")) == shown


async def test_a_language_chosen_shows_in_the_menu_at_once(folder: Path) -> None:
    """Not only with the next words."""
    async with telegram_over(folder, echo, manners=MANNERS) as telegram:
        belongs(telegram, XIAOYUN, "trainee")
        telegram.world.say(XIAOYUN, "你好")
        await telegram.until(lambda: menu_of(telegram, XIAOYUN).get("home") == "首页")
        telegram.conversation.script = lambda turn: _in_english(telegram, turn)
        telegram.world.say(XIAOYUN, "/language en")
        await telegram.until(lambda: menu_of(telegram, XIAOYUN)["home"] == "Home")


def _in_english(telegram: Telegram, turn):  # type: ignore[no-untyped-def]
    telegram.database.write_now(lambda c: c.exec_driver_sql("UPDATE person SET language = 'en'"))
    return echo(turn)


@pytest.mark.parametrize(("kind", "words"), [("supergroup", 1), ("channel", 0)])
async def test_a_group_hears_why_and_is_left(folder: Path, kind: str, words: int) -> None:
    """Nothing of it becomes a turn; a channel is left without a word."""
    async with telegram_over(folder, echo, manners=MANNERS) as telegram:
        telegram.world.group(GROUP, by=XIAOYUN, kind=kind)
        await telegram.until(lambda: telegram.world.chats[GROUP].left)
        said = telegram.texts_to(GROUP)
        assert len(said) == words and all("私聊" in text for text in said)
        assert telegram.database.read_now(lambda c: c.execute(inbox.select()).all()) == []


async def test_what_cannot_be_read_is_said_to_be_so(folder: Path) -> None:
    """A sticker gets an answer; what Telegram tells of the chat itself gets none."""
    async with telegram_over(folder, echo) as telegram:
        telegram.world.say(XIAOYUN, "", pinned_message={"message_id": 1})
        telegram.world.say(XIAOYUN, "", sticker={"file_id": "s", "file_unique_id": "s", "emoji": "👍"})
        await telegram.quiet()
        assert [turn.words for turn in telegram.conversation.asked] == [UNREAD]


async def test_a_long_wait_holds_no_place(folder: Path) -> None:
    """Told to wait an hour, the turn gives its place away, stays open, and is taken up when the hour is over."""
    async with telegram_over(folder, echo) as telegram:
        telegram.world.chats[XIAOYUN].silent_until = telegram.world.now() + 3600
        telegram.world.say(XIAOYUN, "急")
        await telegram.until(lambda: telegram.world.made("sendMessage") and not telegram.turns._running)
        assert await telegram.turns.recover() == 0, "not before the hour is over"
        telegram.world.chats[XIAOYUN].silent_until = 0
        telegram.door.sending.now = lambda: float("inf")
        telegram.turns.now = lambda: MORNING.replace(year=2100)
        assert await telegram.turns.recover() == 1
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["听到：急"]
