"""Speaking first on Telegram: what is given, refused, cut off, killed and come back to, against the Bot API double."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from bisect import bisect_right
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.courier.courier import LANES, Courier
from bot.courier.telegram_sender import TelegramSender
from bot.doors.telegram.arrivals import heard
from bot.message import Arrival, Attachment, Bold, Choice, Code, Reply, Text
from bot.reach import out_of_reach
from curriculum import assignments
from tests.courier.town import CLOUDY, LIN, MEI, TOKEN, Town, town_over
from tests.helpers.stage import Stage
from tests.helpers.telegram_double.refusals import MAX_TEXT, units

HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
async def town(stage: Stage) -> AsyncIterator[Town]:
    async with town_over(stage) as town:
        yield town


# --- a task reaches its people ----------------------------------------------------------------------------------------


async def test_a_task_reaches_everybody_in_their_language_at_their_door(town: Town) -> None:
    """With a button that says what the person could have typed; who is on the web only hears it there."""
    town.lives("小林", LIN)
    town.comes("Cloudy", CLOUDY, "en", "America/New_York")
    town.stage.bind("web", town.stage.demo.people["阿梅"], town.stage.demo.people["阿梅"])
    town.gives(note="<先看> & 第一段")
    assert await town.passes(times=3) == 3
    [said], [said_in_english] = town.heard(LIN), town.heard(CLOUDY)
    assert said.text.startswith("新任务：") and said.text.endswith("陈组长 留言：\n<先看> & 第一段")
    assert said.buttons == {"我的任务": "/tasks"}
    assert said_in_english.text.startswith("A new task: 5 questions") and said_in_english.buttons == {
        "My tasks": "/tasks"
    }
    [at_web] = town.at_web("阿梅")
    assert at_web["choices"] == [["我的任务", "/tasks"]] and len(town.world.made("sendMessage")) == 2
    tapped = heard(town.world.tap(LIN, "我的任务"), bot_id=42)
    assert isinstance(tapped, Arrival) and (tapped.account, tapped.words) == (str(LIN), "/tasks")


async def test_nobody_is_disturbed_in_their_own_night(town: Town) -> None:
    """Neither by a task nor by its reminder; an answer that somebody waits for comes at once."""
    town.lives("小林", LIN)
    town.comes("Cloudy", CLOUDY, "en", "America/New_York")
    town.stage.clock.tick(3 * HOUR)  # half past twelve in Shanghai, half past eleven at night in New York
    town.gives(days=4)
    town.posts("Cloudy", "an answer")
    await town.passes(60, times=5)
    assert len(town.texts(LIN)) == 1 and town.texts(CLOUDY) == ["an answer"]
    await town.passes(HOUR / 2, times=15)  # until seven in the morning
    assert town.texts(CLOUDY) == ["an answer"]
    await town.passes(HOUR / 2, times=3)
    assert len(town.texts(CLOUDY)) == 2 and "A new task" in town.texts(CLOUDY)[1]
    town.stage.clock.tick(DAY - 9 * HOUR)  # three days before it is due: midnight in New York
    await town.rounds()
    await town.passes(60, times=5)
    assert "提醒（1/3）" in town.texts(LIN)[-1] and len(town.texts(CLOUDY)) == 2
    await town.passes(HOUR / 2, times=18)
    assert "(1/3)" in town.texts(CLOUDY)[-1]


# --- refused altogether -----------------------------------------------------------------------------------------------


async def test_while_the_token_is_refused_what_is_due_waits(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """One line for the operator; nobody counts as out of reach, the web hears all; with the token back all is said."""
    for number in range(20):
        town.comes(f"新{number}", 200 + number)
        town.posts(f"新{number}", "到了")
    town.posts("新0", "还有")
    lin = town.lives("小林", LIN)
    town.stage.bind("web", lin, lin)
    town.posts("小林", "在网页")
    town.world.token = "42:another"
    await town.passes(20, times=30)
    assert 1 <= town.world.strangers <= 11 * LANES, "in ten minutes it knocks once a minute, a knock a lane"
    assert town.rows("新0") == [("answer", "due")] * 2 and all(town.is_reachable(200 + n) for n in range(20))
    assert [message["text"] for message in town.at_web("小林")] == [[["text", {"text": "在网页"}]]]
    assert len([record for record in caplog.records if record.levelname in ("ERROR", "WARNING")]) == 1
    assert "ZHIRAN_TELEGRAM_TOKEN" in caplog.text and "@BotFather" in caplog.text and "Traceback" not in caplog.text
    town.world.token = TOKEN
    town.stage.clock.tick(60)
    assert await town.passes(times=3) == 21
    assert [len(town.texts(200 + n)) for n in range(20)] == [2] + [1] * 19
    assert caplog.records[-1].getMessage() == "Telegram takes the token again" and TOKEN not in caplog.text


# --- told to wait -----------------------------------------------------------------------------------------------------


async def test_told_to_wait_the_message_waits_and_the_others_go_on(town: Town) -> None:
    """429 with retry_after 90: nothing more for that person within it, then all of it once, in order."""
    town.lives("小林", LIN), town.lives("阿梅", MEI)
    now = town.stage.clock()
    town.world.chats[LIN].silent_until = now.timestamp() + 90
    town.gives()
    town.posts("小林", "第二条", kind="assignment")
    await town.passes()
    assert town.texts(LIN) == [] and len(town.texts(MEI)) == 1
    assert set(town.due_at("小林")) == {now + timedelta(seconds=90)}
    await town.passes(1, times=88)
    assert len(town.calls(LIN)) == 1, "no call into the silence"
    await town.passes(1, times=5)
    assert [text[:3] for text in town.texts(LIN)] == ["新任务", "第二条"] and len(town.texts(MEI)) == 1
    assert town.rows("小林") == [("assignment", "sent")] * 2


async def test_told_to_wait_in_the_middle_nothing_is_said_twice(town: Town) -> None:
    """A message of several parts goes on with the part that was refused."""
    town.lives("小林", LIN)
    long = "".join(f"第{n}句。" for n in range(2000))
    town.posts("小林", long)
    town.breaks("delay")  # the first part passes
    town.breaks("status", value=429)
    await town.passes()
    assert len(town.texts(LIN)) == 1
    await town.passes(times=3)
    assert len(town.texts(LIN)) >= 3 and "".join(town.texts(LIN)) == long


# --- gone, and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["blocked", "deactivated", "unknown"])
async def test_who_is_gone_is_tried_once(town: Town, why: str) -> None:
    """The account counts as out of reach, what waits is parked, and nothing more is tried for days."""
    person = town.lives("小林", LIN)
    if why == "unknown":
        del town.world.chats[LIN]
    else:
        setattr(town.world.chats[LIN], why, True)
    town.gives()
    town.posts("小林", "还有")
    await town.lives_through(days=2.5)
    [tried] = town.calls(LIN)
    assert tried.status == (400 if why == "unknown" else 403) and not town.is_reachable(LIN)
    assert {state for _, state in town.rows("小林")} == {"unreached"}
    assert town.stage.read(lambda c: out_of_reach(c, [person, town.stage.demo.people["阿梅"]])) >= {person}


async def test_the_lead_sees_who_is_gone_and_start_brings_them_back(stage: Stage) -> None:
    """What was parked is said once: of an open task its announcement, of a closed one nothing, of a nudge nothing."""
    xin, lead = await stage.newcomer("telegram"), await stage.trainee("terminal", "陈组长")
    chats, number = xin.chats, xin.number  # type: ignore[attr-defined]
    stage.demo.people["小新"] = await xin.id
    async with town_over(stage, chats.world) as town:
        chats.world.block(number)
        given, closed = town.gives(await xin.id), town.gives(await xin.id, target="amazon-bullets")
        town.posts("小新", "今天有 2 道小复习。", kind="reminder")
        town.posts("小新", "带教的回答")
        await town.lives_through(days=2.5)
        assert "小新（联系不上）" in await lead.says(f"/assigned {given}")
        await lead.says(f"/assigned off {closed}")
        said = len(town.texts(number))
        chats.world.block(number, blocked=False)
        await xin.says("/start")
        answered = len(town.texts(number))
        await town.lives_through(days=0.75)
        said_after_all = town.texts(number)[answered:]
        assert said < answered and len(said_after_all) == 2
        assert said_after_all[0] == "带教的回答" and said_after_all[1].startswith("新任务：")
        assert "联系不上" not in await lead.says(f"/assigned {given}")
        chats.world.calls.clear()  # the refusals were meant


async def test_who_has_no_door_yet_hears_when_they_come(town: Town) -> None:
    person = town.stage.demo.people["阿梅"]
    town.gives(person)
    await town.passes(times=3)
    assert town.rows("阿梅") == [("assignment", "unreached")]
    town.lives("阿梅", MEI)
    await town.passes(times=3)
    assert len(town.texts(MEI)) == 1 and town.rows("阿梅") == [("assignment", "sent")]


async def test_old_answers_and_digests_are_no_news(town: Town) -> None:
    """Of what was parked three weeks ago only the open task is said, ten days ago the answer too, three days ago all."""
    town.gives(town.stage.demo.people["小林"], days=60)
    for days in (11, 7, 3):
        town.posts("小林", f"{days}", kind="answer")
        town.posts("小林", f"周报 {days}", kind="digest")
        await town.passes(days * DAY)
    town.lives("小林", LIN)
    await town.passes(HOUR, times=30)
    assert town.texts(LIN)[:2] == ["7", "3"] and town.texts(LIN)[2].startswith("新任务")
    assert town.texts(LIN)[3:] == ["周报 3"]


# --- connections and processes that break -----------------------------------------------------------------------------


async def test_cut_off_after_telegram_took_it_it_is_said_twice_at_most(town: Town) -> None:
    town.lives("小林", LIN), town.lives("阿梅", MEI)
    town.breaks("drop_after", times=9)
    town.posts("小林", "一次")
    await town.passes(31, times=10)
    assert town.texts(LIN) == ["一次"] * 2 and town.rows("小林") == [("answer", "sent")]
    town.world.faults.clear()
    town.breaks("drop_after")
    town.posts("阿梅", "一次")
    await town.passes(31, times=10)
    assert 1 <= town.texts(MEI).count("一次") <= 2 and town.rows("阿梅") == [("answer", "sent")]


async def test_a_start_does_not_begin_the_counting_anew(town: Town) -> None:
    """Every try in a process of its own: said twice at most all the same, and of a long message no part is said again."""
    town.lives("小林", LIN), town.lives("阿梅", MEI)
    town.breaks("drop_after", times=9)
    town.posts("小林", "一次")
    for _ in range(5):
        await town.another().run_once()
        town.stage.clock.tick(61)
    assert town.texts(LIN) == ["一次"] * 2 and town.rows("小林") == [("answer", "sent")]
    town.world.faults.clear()
    long = "".join(f"第{n}句。" for n in range(2000))
    town.posts("阿梅", long)
    town.breaks("delay")  # the first part passes
    town.breaks("status", value=502)
    for _ in range(2):
        await town.another().run_once()
        town.stage.clock.tick(61)
    assert "".join(town.texts(MEI)) == long


async def test_as_long_as_telegram_is_away_nothing_is_lost(town: Town) -> None:
    """Neither where no connection is made, nor where Telegram itself is in trouble; then it is said once."""
    town.lives("小林", LIN)
    town.posts("小林", "到了")
    town.breaks("drop_before", method="getMe")
    town.breaks("status", value=502)
    town.breaks("status", value=500, times=3)
    await town.passes(31, times=10)
    assert town.texts(LIN) == ["到了"] and town.rows("小林") == [("answer", "sent")]
    await town.server.__aexit__()
    town.posts("小林", "又到了")
    await town.passes(31, times=5)
    assert town.rows("小林") == [("answer", "sent"), ("answer", "due")]
    await town.server.__aenter__()
    await town.passes(31, times=2)
    assert town.texts(LIN) == ["到了", "又到了"]


async def test_killed_between_saying_and_noting_the_next_courier_says_it(town: Town) -> None:
    """The process dies when Telegram has taken the message and it does not know so; the next one too; no third says it."""
    town.lives("小林", LIN)
    town.posts("小林", "还在路上")
    town.breaks("delay_after", value=60, times=2)
    for said in (1, 2):
        url, now = str(town.stage.database.url), town.stage.clock().isoformat()
        program = [sys.executable, "-m", "tests.courier.courier_process", url, town.server.base, now]
        process = await asyncio.create_subprocess_exec(*program)
        async with asyncio.timeout(60):
            while len(town.texts(LIN)) < said:  # noqa: ASYNC110  # another process has no event for it
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL and town.rows("小林") == [("answer", "sending")]
        assert await town.passes(30) == 0, "the dead one may still be at work"
        town.stage.clock.tick(31)
    await town.passes(times=3)
    assert town.texts(LIN) == ["还在路上"] * 2 and town.rows("小林") == [("answer", "sent")]


@pytest.mark.parametrize("how", ["told to stop", "cancelled"])
async def test_after_a_clean_stop_the_next_courier_speaks_at_once(town: Town, how: str) -> None:
    """What was on its way is said and noted, what was not begun is left whole; only a crash costs the minute."""
    for number in range(7):
        town.comes(f"新{number}", 200 + number)
        town.posts(f"新{number}", "一")
    town.breaks("delay_after", value=0.5, times=5)
    at_work = asyncio.create_task(town.courier.run_for_ever())
    while not town.world.made("sendMessage"):  # noqa: ASYNC110  # as above
        await asyncio.sleep(0.01)
    town.courier.stop() if how == "told to stop" else at_work.cancel()
    await asyncio.wait({at_work})
    noted = [state for number in range(7) for _, state in town.rows(f"新{number}")].count("sent")
    assert (1 <= noted <= 5) if how == "told to stop" else noted == 0
    assert await town.another().run_once() == 7 - noted
    times = [len(town.texts(200 + number)) for number in range(7)]
    assert times == [1] * 7 if how == "told to stop" else set(times) <= {1, 2}


async def test_a_courier_that_slept_through_its_minute_says_nothing(town: Town) -> None:
    """Another took over: of what the sleeper had in hand only the message on its way is said twice."""
    town.lives("小林", LIN)
    for number in range(7):
        town.comes(f"新{number}", 200 + number)
    town.gives()
    town.breaks("delay_after", value=1, times=5)
    sleeper = asyncio.create_task(town.courier.run_once())
    while len(town.world.made("sendMessage")) < 5:  # noqa: ASYNC110  # as above
        await asyncio.sleep(0.01)
    town.stage.clock.tick(61)
    assert await town.another().run_once() == 8
    await sleeper
    said = [len(town.texts(chat)) for chat in (LIN, *range(200, 207))]
    assert min(said) == 1 and max(said) <= 2 and said.count(2) <= 5


async def test_two_couriers_say_each_message_once(stage_on_both: Stage) -> None:
    async with town_over(stage_on_both) as town:
        for number in range(8):
            town.comes(f"新{number}", 200 + number)
        town.gives()
        couriers = [town.courier, town.another(), town.another()]
        for _ in range(4):
            await asyncio.gather(*(courier.run_once() for courier in couriers))
            town.stage.clock.tick(25)  # now and then one loses its minute
        assert [len(town.texts(200 + number)) for number in range(8)] == [1] * 8


# --- reminders --------------------------------------------------------------------------------------------------------


def _numbers(town: Town, chat: int) -> list[str]:
    return [text.partition("）")[0] for text in town.texts(chat) if text.startswith("提醒")]


async def test_a_task_is_reminded_in_three_steps(town: Town) -> None:
    person = town.lives("小林", LIN)
    town.gives(person, days=5)
    await town.lives_through(days=7)
    assert _numbers(town, LIN) == ["提醒（1/3", "提醒（2/3", "提醒（3/3"]


async def test_a_moved_task_is_reminded_by_its_new_day(town: Town) -> None:
    """Also where the reminder of the old one was written already, and waits for the morning."""
    person = town.lives("小林", LIN)
    now, lead = town.stage.clock(), town.stage.scope("陈组长")
    given = town.gives(person, days=3.6)  # three days before is six minutes to midnight
    await town.lives_through(days=0.75)
    assert ("reminder", "due") in town.rows("小林")
    moved = now + timedelta(days=10)
    town.stage.write(lambda c: assignments.move(c, lead, given, moved, town.stage.clock()))
    await town.lives_through(days=11)
    reminders = [text for text in town.texts(LIN) if text.startswith("提醒")]
    assert _numbers(town, LIN) == ["提醒（2/3", "提醒（3/3"]
    assert all(moved.date().isoformat() in text for text in reminders)
    assert ("reminder", "dropped") in town.rows("小林")


@pytest.mark.parametrize("how", ["withdrawn", "done", "left"])
async def test_of_a_closed_task_nothing_is_said(town: Town, how: str) -> None:
    """Also what was written already and waits for the morning."""
    from curriculum import teams

    person = town.lives("小林", LIN)
    lead = town.stage.scope("陈组长")
    trainee = town.stage.scope("小林")
    given = town.gives(person, days=3.6)
    await town.lives_through(days=0.75)
    assert ("reminder", "due") in town.rows("小林")
    now = town.stage.clock()
    match how:
        case "withdrawn":
            town.stage.write(lambda c: assignments.withdraw(c, lead, given, now))
        case "done":
            town.stage.write(lambda c: assignments.finished(c, trainee, "quiz", "amazon-listing-title", now))
        case "left":
            town.stage.write(lambda c: teams.dismiss(c, lead, person, now))
    await town.lives_through(days=4)
    assert len(town.texts(LIN)) == 1 and town.rows("小林") == [("assignment", "sent"), ("reminder", "dropped")]


# --- what does not fit into one message -------------------------------------------------------------------------------


async def test_long_texts_and_attachments_go_out(town: Town) -> None:
    """In parts that fit, a second apart, the buttons under the last; a picture as a photo, all else as a file."""
    town.lives("小林", LIN)
    long = "".join(f"第{n}句 <&> 🙂。" for n in range(900))
    pictures = (Attachment("一周.png", "image/png", b"\x89PNG", "本周 <b>"), Attachment("表.csv", "text/csv", b"a,b"))
    prompt = Code("提示词\n" * 1500, "标题")
    town.posts(
        "小林", Reply((Bold("周报\n"), Text(long), prompt), (Choice("看全部", "/report"),), attachments=pictures)
    )
    assert await town.passes(times=3) == 1
    picture, table, *texts, file = town.heard(LIN)
    assert (picture.kind, picture.text, picture.file) == ("photo", "本周 <b>", ("一周.png", b"\x89PNG"))
    assert (table.kind, table.file) == ("document", ("表.csv", b"a,b"))
    assert "".join(one.text for one in texts) == "周报\n" + long and max(units(one.text) for one in texts) <= MAX_TEXT
    assert file.file and file.file[1].decode() == prompt.text
    assert [bool(one.buttons) for one in town.heard(LIN)] == [False] * (len(texts) + 2) + [True]


async def test_what_telegram_never_takes_is_not_tried_for_ever(town: Town) -> None:
    """Markup that is refused is said plainly, an odd picture goes as a file; refused all the same, it is given up."""
    town.lives("小林", LIN)
    town.breaks("status", value=400, said="Bad Request: can't parse entities: odd")
    town.posts("小林", Reply((Bold("粗"), Text("话"))))
    await town.passes()
    assert town.texts(LIN) == ["粗话"] and town.heard(LIN)[0].entities == []
    town.breaks("status", method="sendPhoto", value=400, said="Bad Request: PHOTO_INVALID_DIMENSIONS")
    town.posts("小林", Reply((), attachments=(Attachment("长.png", "image/png", b"\x89PNG"),)))
    await town.passes()
    assert town.heard(LIN)[-1].kind == "document"
    town.breaks("status", value=400, said="Bad Request: odd", times=99)
    town.posts("小林", "不收")
    await town.lives_through(days=0.2)
    assert town.rows("小林")[-1] == ("answer", "dropped") and town.is_reachable(LIN)
    assert town.world.faults[-1].times == 99 - 2, "with its markup, and plainly"


# --- the pace ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_sixty_people_hear_at_a_pace_telegram_bears(town: Town) -> None:
    """Told a task and two things more: at most 21 messages in any second, to one chat one a second, nothing refused."""
    chats = range(1000, 1060)
    for chat in chats:
        town.comes(f"新{chat}", chat)
    town.gives()
    for chat in chats:
        town.posts(f"新{chat}", "一")
        town.posts(f"新{chat}", "二")
    long = "".join(f"第{n}句。" for n in range(2000))
    town.posts("新1000", long)
    began = time.monotonic()
    town.world.now = time.monotonic
    town.world.one_chat_per_second = True
    sender = TelegramSender(TOKEN, town.server.base)
    now = town.stage.clock.now
    courier = Courier(
        town.stage.database,
        town.stage.house.phrases,
        (sender,),
        lambda: now + timedelta(seconds=time.monotonic() - began),
    )
    at_work = asyncio.create_task(courier.run_for_ever())
    async with asyncio.timeout(90):
        while any(state != "sent" for chat in chats for _, state in town.rows(f"新{chat}")):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.5)
    took = time.monotonic() - began
    at_work.cancel()
    await sender.close()
    calls = town.world.made("sendMessage")
    times = sorted(call.at for call in calls)
    busiest = max(bisect_right(times, at + 1.0) - place for place, at in enumerate(times))
    by_chat = [sorted(call.at for call in town.calls(chat)) for chat in chats]
    closest = min(after - before for ats in by_chat for before, after in pairwise(ats))
    print(f"{len(calls)} messages in {took:.1f} s; at most {busiest} in a second; to one chat {closest:.2f} s apart")
    assert {call.status for call in calls} == {200} and len(calls) >= 183
    assert busiest <= 21 and closest >= 0.95
