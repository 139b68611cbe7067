"""The courier over the true Bot API: what Telegram refuses, forgets or holds back loses nothing and is not said for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot import notices
from bot.courier.courier import Courier
from bot.courier.telegram_sender import TelegramSender
from bot.message import Attachment, Choice, Reply, Text, reply_to_json
from bot.notices import Post
from bot.tables import outbox
from bot.team_rounds import TeamRounds
from curriculum import assignments, people
from curriculum.assignments import Wish
from dashboard import giving
from foundation.database import new_id
from tests.helpers.stage import Stage
from tests.helpers.telegram_double.second_opinion import objections
from tests.helpers.telegram_double.server import TelegramServer
from tests.helpers.telegram_double.world import Fault, World

TOKEN = "42:a-token-of-thirty-five-characters-xx"
XIAOLIN, AMEI = 71, 72


@dataclass
class PostOffice:
    """The house's outbox, a courier, and Telegram."""

    stage: Stage
    world: World
    senders: list[TelegramSender]

    def courier(self) -> Courier:
        return Courier(self.stage.database, self.stage.house.phrases, self.senders, self.stage.clock)

    def post(self, person: str, text: str = "你好", kind: str = "answer", **more: object) -> str:
        said = Reply((Text(text),), (Choice("我的任务", "/tasks"),), **more)  # type: ignore[arg-type]
        row = {"id": new_id(), "person_id": person, "cause": new_id(), "kind": kind, "state": "due"}
        row |= {"not_before": self.stage.clock(), "reply": reply_to_json(said), "sent_at": None}
        self.stage.write(lambda c: c.execute(outbox.insert().values(row)))
        return str(row["id"])

    def rows(self) -> dict[str, sa.Row]:
        return {row.id: row for row in self.stage.read(lambda c: c.execute(sa.select(outbox)).all())}

    def texts(self, chat: int) -> list[str]:
        return [one.text for one in self.world.chats[chat].by_bot]


@pytest.fixture
async def office(stage: Stage) -> AsyncIterator[PostOffice]:
    world = World(TOKEN)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramServer(world))
        sender = TelegramSender(TOKEN, server.base)
        stack.push_async_callback(sender.close)
        for chat, name in ((XIAOLIN, "小林"), (AMEI, "阿梅")):
            world.join(chat, name)
            stage.bind("telegram", str(chat), stage.demo.people[name])
        yield PostOffice(stage, world, [sender])
    assert [said for call in world.calls for said in objections(call.method, call.fields)] == []


def give(stage: Stage, due_in: timedelta = timedelta(days=5)) -> str:
    lead, giver = stage.scope("陈组长"), stage.read(lambda c: people.meet(c, stage.demo.people["陈组长"])).person
    wish = Wish("quiz", "amazon-listing-title", 3, "all", stage.clock() + due_in, "周会前做完")
    tell = Post(stage.house.phrases).tell
    given, _ = stage.write(lambda c: giving.give(c, lead, giver, wish, stage.clock(), tell))
    return given


async def test_a_task_arrives_in_each_ones_language_with_its_button(office: PostOffice) -> None:
    office.stage.write(lambda c: people.change_person(c, office.stage.demo.people["阿梅"], language="en"))
    give(office.stage)
    assert await office.courier().run_once() == 2
    assert "新任务" in office.texts(XIAOLIN)[0] and "周会前做完" in office.texts(XIAOLIN)[0]
    assert "Amazon" in office.texts(AMEI)[0] and "新任务" not in office.texts(AMEI)[0]
    assert office.world.chats[XIAOLIN].by_bot[0].buttons == {"我的任务": "/tasks"}
    assert await office.courier().run_once() == 0, "a second courier finds the lease taken and nothing due"


async def test_told_to_wait_it_waits_and_others_are_not_kept_waiting(office: PostOffice) -> None:
    person = office.stage.demo.people
    first = office.post(person["小林"])
    office.world.chats[XIAOLIN].silent_until = time.time() + 40
    office.post(person["阿梅"])
    courier = office.courier()
    assert await courier.run_once() == 1 and office.texts(AMEI) == ["你好"]
    row = office.rows()[first]
    assert row.state == "due" and 35 <= (row.not_before - office.stage.clock()).total_seconds() <= 41
    office.world.chats[XIAOLIN].silent_until = 0
    assert await courier.run_once() == 0
    office.stage.clock.tick(42)
    assert await courier.run_once() == 1 and office.texts(XIAOLIN) == ["你好"]


@pytest.mark.parametrize("gone", ["blocked", "deactivated", "unknown"])
async def test_whom_telegram_does_not_reach_is_parked_shown_and_found_again(office: PostOffice, gone: str) -> None:
    stage, who = office.stage, office.stage.demo.people["小林"]
    chat = office.world.chats[XIAOLIN]
    if gone == "unknown":
        del office.world.chats[XIAOLIN]
    else:
        setattr(chat, gone, True)
    given = give(stage)
    courier = office.courier()
    for _ in range(4):
        await courier.run_once()
        stage.clock.tick(600)
    tried = [call for call in office.world.made("sendMessage") if str(call.fields["chat_id"]) == str(XIAOLIN)]
    assert len(tried) == 1, "never for ever"
    assert stage.read(lambda c: notices.out_of_reach(c, [who])) == {who}
    lead = await stage.trainee("terminal", "陈组长")
    assert "小林（联系不上）" in await lead.says(f"/assigned {given}")
    await stage.house.turns.handle(_start(str(XIAOLIN)))
    assert stage.read(lambda c: notices.out_of_reach(c, [who])) == set()
    office.world.chats[XIAOLIN] = chat
    chat.blocked = chat.deactivated = False
    await courier.run_once()
    assert sum("新任务" in text for text in office.texts(XIAOLIN)) == 1


def _start(account_id: str):  # type: ignore[no-untyped-def]
    from bot.message import Arrival

    return Arrival("telegram", new_id(), account_id, "/start")


async def test_a_task_withdrawn_meanwhile_is_not_told_after_all(office: PostOffice) -> None:
    stage = office.stage
    office.world.chats[XIAOLIN].blocked = True
    given = give(stage)
    courier = office.courier()
    await courier.run_once()
    stage.write(lambda c: assignments.withdraw(c, stage.scope("陈组长"), given, stage.clock()))
    stage.write(lambda c: notices.take_back(c, f"task:{given}:"))
    office.world.chats[XIAOLIN].blocked = False
    await stage.house.turns.handle(_start(str(XIAOLIN)))
    await courier.run_once()
    assert not any("新任务" in text for text in office.texts(XIAOLIN))


async def test_what_telegram_took_before_the_line_broke_is_said_at_most_twice(office: PostOffice) -> None:
    office.world.faults.append(Fault("sendMessage", "drop_after"))
    office.post(office.stage.demo.people["小林"])
    courier = office.courier()
    for _ in range(5):
        await courier.run_once()
        office.stage.clock.tick(60)
    assert office.texts(XIAOLIN) in (["你好"], ["你好"] * 2)
    assert {row.state for row in office.rows().values()} == {"sent"}


@pytest.mark.parametrize("fault", [Fault("sendMessage", "drop_before"), Fault("sendMessage", "status", 502)])
async def test_a_line_or_server_that_fails_is_tried_again(office: PostOffice, fault: Fault) -> None:
    office.world.faults.append(fault)
    office.post(office.stage.demo.people["小林"])
    courier = office.courier()
    assert await courier.run_once() == 0
    office.stage.clock.tick(301)
    assert await courier.run_once() == 1 and office.texts(XIAOLIN) == ["你好"]


async def test_what_a_dead_courier_left_is_said_by_the_next(office: PostOffice) -> None:
    message = office.post(office.stage.demo.people["小林"])
    first = office.courier()
    await first.run_once()
    office.stage.write(lambda c: c.execute(outbox.update().where(outbox.c.id == message).values(state="sending")))
    office.stage.clock.tick(61)
    assert await office.courier().run_once() == 1
    assert office.rows()[message].state == "sent"


async def test_two_couriers_say_everything_once(office: PostOffice) -> None:
    for n in range(6):
        office.post(office.stage.demo.people[("小林", "阿梅")[n % 2]], f"第 {n} 条")
    couriers = [office.courier(), office.courier()]
    for _ in range(8):
        await asyncio.gather(*(one.run_once() for one in couriers))
        office.stage.clock.tick(1)
    said = office.texts(XIAOLIN) + office.texts(AMEI)
    assert sorted(said) == [f"第 {n} 条" for n in range(6)]


async def test_a_long_text_and_a_file_go_out_whole(office: PostOffice) -> None:
    person = office.stage.demo.people["小林"]
    office.post(person, "长" * 9_000)
    courier = office.courier()
    await courier.run_once()
    assert "".join(office.texts(XIAOLIN)).count("长") == 9_000
    office.stage.clock.tick(2)
    office.post(person, "表在这里", attachments=(Attachment("week.csv", "text/csv", b"a,b\n1,2\n", "本周"),))
    assert await courier.run_once() == 1
    assert any(call.status == 200 for call in office.world.made("sendDocument"))


async def test_three_reminders_by_the_new_date_and_none_once_withdrawn(office: PostOffice) -> None:
    stage = office.stage
    rounds = TeamRounds(stage.database, stage.house.phrases, stage.clock)
    given, courier = give(stage, timedelta(days=10)), office.courier()
    stage.write(
        lambda c: assignments.move(c, stage.scope("陈组长"), given, stage.clock() + timedelta(days=6), stage.clock())
    )

    async def days(count: int) -> None:
        for _ in range(count * 4):
            stage.clock.tick(6 * 3600)
            await rounds.once()
            await courier.run_once()

    await days(14)
    told = [text for text in office.texts(AMEI) if text.startswith("提醒")]
    assert len(told) == 3 and [text[3] for text in told] == ["1", "2", "3"]
    again = give(stage, timedelta(days=4))
    await days(2)
    stage.write(lambda c: assignments.withdraw(c, stage.scope("陈组长"), again, stage.clock()))
    stage.write(lambda c: notices.take_back(c, f"task:{again}:"))
    count = len(office.texts(AMEI))
    await days(5)
    assert len(office.texts(AMEI)) == count


@pytest.mark.slow
async def test_a_crowd_is_told_at_telegrams_pace(office: PostOffice) -> None:
    stage = office.stage
    for n in range(60):
        who = stage.write(lambda c, n=n: people.add_person(c, f"学员{n}", "zh-CN", stage.clock()))
        stage.write(lambda c, w=who: people.join_team(c, stage.demo.team_id, w, ["trainee"], stage.clock()))
        office.world.join(1_000 + n, f"学员{n}")
        stage.bind("telegram", str(1_000 + n), who)
    give(stage)
    courier = office.courier()
    for _ in range(6):
        await courier.run_once()
        stage.clock.tick(1)
    at = sorted(call.at for call in office.world.made("sendMessage"))
    assert len(at) == 62
    assert max(sum(begin <= one < begin + 1 for one in at) for begin in at) <= 25  # of the 30 that Telegram allows


async def test_somebody_with_a_terminal_alone_cannot_be_told_and_the_lead_sees_it(office: PostOffice) -> None:
    stage, who = office.stage, await office.stage.newcomer("terminal", "小新")
    given = give(stage)
    await office.courier().run_once()
    assert "小新（联系不上）" in await (await stage.trainee("web", "陈组长")).says(f"/assigned {given}")
    assert "周会前做完" in await who.says("/tasks"), "and finds it all the same"
