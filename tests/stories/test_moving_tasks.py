"""A given task gets another day or another note: whoever is still to do it hears so once, and only how it is now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from bot import reach
from bot.commands.serve import application
from bot.notices import Post
from curriculum import api_tokens, assignments, people
from dashboard.giving import move
from tests.courier.town import LIN, MEI, Town, town_over
from tests.helpers.stage import Stage
from tests.stories.doors import at_each_door

KIWI = 91
TITLE = "亚马逊标题 + 商品亮点"


@pytest.fixture
async def town(stage_on_both: Stage) -> AsyncIterator[Town]:
    """Xiao Lin, and somebody in New Zealand, where the day is over earlier, hear on Telegram; told on both databases."""
    async with town_over(stage_on_both) as town:
        town.lives("小林", LIN)
        town.comes("Kiri", KIWI, "en", "Pacific/Auckland")
        yield town


@asynccontextmanager
async def pages(town: Town, name: str = "周老师") -> AsyncIterator[httpx.AsyncClient]:
    stage = town.stage
    transport = httpx.ASGITransport(app=application(stage.house))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        person_id = stage.demo.people[name]
        http.cookies["zhiran_session"] = stage.write(lambda c: people.open_session(c, person_id, stage.clock()))
        yield http


@dataclass
class Change:
    """Changes a task by a day and a note, as a page's form or a program's request does; gives the status of the answer."""

    town: Town
    http: httpx.AsyncClient
    by: str
    secret: str = ""

    async def __call__(self, task_id: str, due: str, note: str | None = None) -> int:
        self.town.stage.clock.tick()
        asked = {"due": due} | ({} if note is None else {"note": note})
        if not self.secret:
            return (await self.http.post(f"/lead/tasks/{task_id}/move", data=asked)).status_code
        header = {"Authorization": f"Bearer {self.secret}"}
        return (await self.http.patch(f"/api/v1/tasks/{task_id}", json=asked, headers=header)).status_code


@pytest.fixture(params=["page", "api"])
async def change(town: Town, request: pytest.FixtureRequest) -> AsyncIterator[Change]:
    """The mentor at the page, and a program of the lead's."""
    stage = town.stage
    async with pages(town) as http:
        if request.param == "page":
            yield Change(town, http, "周老师")
            return
        lead = stage.scope("陈组长")
        secret = stage.write(lambda c: api_tokens.make(c, lead, "排课", ["assign"], 30, stage.clock()))
        yield Change(town, http, "陈组长", secret)


def said_since(town: Town, chat: int, already: int) -> list[str]:
    return town.texts(chat)[already:]


@at_each_door
async def test_a_mentor_puts_a_task_off_in_the_chat_and_its_people_hear_it(stage: Stage, door: str) -> None:
    """Once each, in their language, with the day as it is where they live; the note is changed the same way."""
    async with town_over(stage) as town:
        town.lives("小林", LIN)
        town.comes("Kiri", KIWI, "en", "Pacific/Auckland")
        given = town.gives(days=5.45, note="先看第一段")  # 20:18 in Shanghai, after midnight in Auckland
        await town.passes(times=3)
        mentor = await stage.trainee(door, "周老师")
        await mentor.says(f"/assigned {given}")
        moved = await mentor.presses("推后 7 天")
        assert "会告诉还没做完的 3 人" in moved and "2026-12-05" in moved
        await town.passes(times=5)
        assert said_since(town, LIN, 1) == [
            f"任务改了：「{TITLE}」做 5 题，现在是 2026-12-05 前。周老师 改的。\n留言：\n先看第一段"
        ]
        [in_english] = said_since(town, KIWI, 1)
        assert "now by 2026-12-06. Changed by 周老师." in in_english
        assert town.heard(LIN)[-1].buttons == {"我的任务": "/tasks"}
        assert "先看第一段" in await mentor.presses("改留言")
        assert "改成看第二段" in await mentor.says("改成看第二段")
        await town.passes(times=5)
        assert [text.partition("留言：\n")[2] for text in said_since(town, LIN, 2)] == ["改成看第二段"]
        await mentor.presses("改留言")
        await mentor.presses("返回")
        await mentor.says("标题怎么砍到 75 个字符")
        await town.passes(times=5)
        assert len(town.texts(LIN)) == 3, "nobody asked for a note any more"


async def test_a_change_by_a_page_or_a_program_is_told_once(town: Town, change: Change) -> None:
    given = town.gives(note="先看第一段")
    await town.passes(times=3)
    assert await change(given, "2026-12-05", "看 <第二段>") in (200, 303)
    await town.passes(times=5)
    [told], [in_english] = said_since(town, LIN, 1), said_since(town, KIWI, 1)
    assert told.startswith("任务改了") and "2026-12-05" in told and told.endswith("看 <第二段>")
    assert "2026-12-06" in in_english
    assert await change(given, "2026-12-05", "看 <第二段>") in (200, 303)
    assert await change(given, "2020-01-01") in (400, 422)
    assert await change("0" * 32, "2026-12-07") == 404
    await town.passes(times=5)
    assert said_since(town, LIN, 2) == [], "nothing was changed by any of these"


async def test_changed_again_before_it_is_said_only_the_last_is_said(town: Town, change: Change) -> None:
    """Also where it comes back to a day that waits to be said already."""
    given = town.gives()
    await town.passes(times=3)
    for day in (5, 8, 5):
        await change(given, f"2026-12-0{day}")
    await town.passes(times=8)
    [told] = said_since(town, LIN, 1)
    assert "2026-12-05" in told
    await change(given, "2026-12-08")
    await town.passes(times=3)
    await change(given, "2026-12-05")
    await town.passes(times=3)
    assert ["12-08" in text for text in said_since(town, LIN, 2)] == [True, False], "said before, and true again"


async def test_changed_before_it_is_announced_it_is_announced_as_it_is(town: Town, change: Change) -> None:
    """Xiao Lin sleeps when it is given and put off twice; in New Zealand it is morning, and it was announced already."""
    town.stage.clock.tick(19 * 3600)
    given = town.gives(note="先看第一段")
    await town.passes(times=3)
    assert (town.texts(LIN), len(town.texts(KIWI))) == ([], 1)
    await change(given, "2026-12-05")
    await change(given, "2026-12-09", "不急")
    await town.passes(3600, times=12)
    assert town.texts(LIN) == [f"新任务：「{TITLE}」做 5 题，2026-12-09 前。\n{change.by} 留言：\n不急"]
    [told] = said_since(town, KIWI, 1)
    assert "2026-12-10" in told


async def test_the_note_of_a_task_that_only_got_another_day_stays_the_givers(town: Town) -> None:
    """Also when they have gone and taken their name along."""
    town.stage.clock.tick(15 * 3600)
    tell, stage = Post(town.stage.house.phrases).tell, town.stage

    def later(task_id: str) -> None:
        stage.clock.tick()
        due, mentor = stage.clock() + timedelta(days=9), stage.scope("周老师")

        def work(connection: sa.Connection) -> None:
            by = people.meet(connection, mentor.person_id).person
            move(connection, mentor, by, task_id, stage.clock(), tell, due_at=due)

        stage.write(work)

    first = town.gives(note="先看第一段")
    later(first)
    await town.passes(3600, times=10)
    assert [text.partition("前。")[2] for text in town.texts(LIN)] == ["\n陈组长 留言：\n先看第一段"]
    town.stage.clock.tick(14 * 3600)
    second = town.gives(target="amazon-bullets", note="五点")
    stage.write(lambda c: people.forget(c, stage.demo.people["陈组长"]))
    later(second)
    await town.passes(3600, times=10)
    assert town.texts(LIN)[-1].endswith("前。\n— 留言：\n五点")


async def test_reminders_follow_the_new_day_and_who_is_done_hears_nothing(town: Town, change: Change) -> None:
    given = town.gives(days=4)
    await town.passes(times=3)
    trainee = town.stage.read(lambda c: people.meet(c, town.stage.demo.people["Kiri"])).scope
    assert trainee
    now = town.stage.clock()
    town.stage.write(lambda c: assignments.finished(c, trainee, "quiz", "amazon-listing-title", now))
    await change(given, "2026-12-20")
    await town.lives_through(days=29)
    told, *reminders = said_since(town, LIN, 1)
    assert told.startswith("任务改了")
    assert [text.partition("：")[0] for text in reminders if text.startswith("提醒")] == [
        "提醒（1/3）",
        "提醒（2/3）",
        "提醒（3/3）",
    ]
    assert all("2026-12-20" in text for text in reminders if text.startswith("提醒"))
    assert said_since(town, KIWI, 1) == []


async def test_who_could_not_be_reached_hears_the_last_change_alone(town: Town, change: Change) -> None:
    """Parked while nobody could be reached: two changes of what they knew of; and a task they never heard of."""
    town.lives("阿梅", MEI)
    known = town.gives()
    await town.passes(times=4)
    town.world.block(MEI)
    for day in (5, 8):
        await change(known, f"2026-12-0{day}")
        await town.passes(times=4)
    fresh = town.gives(target="amazon-bullets")
    await town.passes(times=4)
    await change(fresh, "2026-12-09")
    await town.passes(times=4)
    assert ("assignment", "unreached") in town.rows("阿梅")
    town.world.block(MEI, blocked=False)
    stage = town.stage
    stage.write(lambda c: reach.back(c, "telegram", str(MEI), stage.demo.people["阿梅"], stage.clock()))
    await town.passes(times=6)
    told = sorted((text[:4], text.partition("2026-")[2][:5]) for text in said_since(town, MEI, 1))
    assert told == [("任务改了", "12-08"), ("新任务：", "12-09")]
