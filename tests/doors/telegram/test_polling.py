"""Stories told through the real polling loop against the strict double."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.doors.telegram.door import TelegramDoor
from bot.doors.telegram.polling import Polling
from bot.inbox import Kept
from bot.message import Arrival, Bold, Choice, Code, Reply, Text, Turn
from foundation.clock import system_clock
from foundation.errors import DatabaseAway
from tests.doors.telegram.conftest import LAOWANG, TOKEN, XIAOYUN, echo, telegram_over
from tests.helpers.telegram_double.world import Chat, Fault

pytestmark = pytest.mark.asyncio


def cards(turn: Turn) -> Iterable[Reply]:
    """A screen that is turned by its buttons."""
    page = turn.words if turn.words in ("一", "二") else "一"
    return [Reply((Bold(f"第{page}页"),), (Choice("上一页", "一"), Choice("下一页", "二")), key="card", columns=2)]


async def test_a_question_brings_an_answer(folder: Path) -> None:
    """What was typed reaches the conversation with its sender; what it says stands in the chat."""
    async with telegram_over(folder, echo) as telegram:
        telegram.world.say(XIAOYUN, "标题怎么砍 <b>")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["听到：标题怎么砍 <b>"]
        [turn] = telegram.conversation.asked
        assert (turn.door, turn.account, turn.payload["kind"]) == ("telegram", str(XIAOYUN), "message")


async def test_pages_are_turned_in_one_message(folder: Path) -> None:
    """A tap is answered, and the message that was tapped changes; a question typed below gets a new message."""
    async with telegram_over(folder, cards) as telegram:
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        telegram.world.tap(XIAOYUN, "下一页")
        await telegram.quiet()
        [card] = telegram.said_to(XIAOYUN)
        assert (card.text, card.edits, list(card.buttons)) == ("第二页", 1, ["上一页", "下一页"])
        await telegram.until(lambda: all(answered for _, answered in telegram.world.queries.values()))
        telegram.world.say(XIAOYUN, "再来")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["第二页", "第一页"]


async def test_a_tap_that_changes_nothing_is_no_error(folder: Path) -> None:
    """Telegram refuses an edit that changes nothing; for us it is done."""
    async with telegram_over(folder, cards) as telegram:
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        telegram.world.tap(XIAOYUN, "上一页")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["第一页"]


async def test_a_tap_on_a_deleted_message_brings_a_new_one(folder: Path) -> None:
    """ "Message to edit not found" means: say it anew."""
    async with telegram_over(folder, cards) as telegram:
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        [card] = telegram.said_to(XIAOYUN)
        telegram.world.tap(XIAOYUN, "下一页")
        del telegram.world.chats[XIAOYUN].stood[card.message_id]
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["第二页"]


async def test_the_same_update_fifty_times_has_one_effect(folder: Path) -> None:
    """Also when the copies come in one batch."""
    async with telegram_over(folder, echo) as telegram:
        update = telegram.world.say(XIAOYUN, "一次就好")
        telegram.world.repeat(update, 49)
        await telegram.quiet()
        telegram.world.say(XIAOYUN, "完")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["听到：一次就好", "听到：完"]
        assert len(telegram.conversation.asked) == 2


async def test_one_persons_order_is_kept_while_others_go_on(folder: Path) -> None:
    """Thirty messages of two people: each gets their answers in order."""
    async with telegram_over(folder, echo) as telegram:
        for number in range(15):
            telegram.world.say(XIAOYUN, f"云{number}")
            telegram.world.say(LAOWANG, f"王{number}")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == [f"听到：云{number}" for number in range(15)]
        assert telegram.texts_to(LAOWANG) == [f"听到：王{number}" for number in range(15)]


@dataclass
class SlowToKeep:
    """Turns whose database is away until it comes back."""

    comes_back: asyncio.Event = field(default_factory=asyncio.Event)
    kept: list[str] = field(default_factory=list)

    async def receive(self, arrival: Arrival) -> Kept | None:
        if not self.comes_back.is_set():
            raise DatabaseAway("for a while")
        self.kept.append(arrival.words)
        return None

    def start(self, kept: Kept) -> None:
        raise AssertionError("nothing was new")


async def test_nothing_is_confirmed_before_it_is_kept(folder: Path) -> None:
    """While the database is away Telegram keeps the batch; when it is back, all of it is kept, in order."""
    async with telegram_over(folder, echo, polls=False) as telegram:
        turns, tries = SlowToKeep(), []

        async def nap(seconds: float) -> None:
            tries.append(seconds)
            await asyncio.sleep(0.01)

        for words in ("别", "丢"):
            telegram.world.say(XIAOYUN, words)
        polling = asyncio.create_task(Polling(turns, telegram.door, sleep=nap).run())
        await telegram.until(lambda: len(tries) > 3)
        assert [one.handed_out for one in telegram.world.pending] == [True, True]
        turns.comes_back.set()
        await telegram.until(lambda: not telegram.world.pending)
        polling.cancel()
        assert turns.kept == ["别", "丢"]


async def test_words_typed_in_a_row_get_an_answer_each(folder: Path) -> None:
    """Also when both were typed before the first answer came: the second card must not overwrite the first."""
    async with telegram_over(folder, cards) as telegram:
        telegram.world.say(XIAOYUN, "一")
        telegram.world.say(XIAOYUN, "二")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["第一页", "第二页"]


async def test_told_to_wait_it_waits_for_that_chat_only(folder: Path) -> None:
    """A 429 holds one chat; the other gets its answer meanwhile."""
    async with telegram_over(folder, echo) as telegram:
        chat = telegram.world.chats[XIAOYUN]
        chat.silent_until = telegram.world.now() + 0.5
        telegram.world.say(XIAOYUN, "急")
        telegram.world.say(LAOWANG, "不急")
        await telegram.until(lambda: telegram.texts_to(LAOWANG))
        assert telegram.texts_to(XIAOYUN) == []
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["听到：急"]
        refused = [call for call in telegram.world.made("sendMessage") if call.status == 429]
        assert len(refused) == 1  # it asked once, was told how long, and waited that long


async def test_a_person_who_blocks_the_bot_is_left_alone(folder: Path) -> None:
    """Blocking is noted, and being written to again by them opens the door again."""
    async with telegram_over(folder, echo) as telegram:
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        telegram.world.block(XIAOYUN)
        await telegram.until(lambda: not telegram.world.pending)
        while await telegram.is_reachable(XIAOYUN):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        telegram.world.block(XIAOYUN, blocked=False)
        telegram.world.say(XIAOYUN, "回来了")
        await telegram.quiet()
        assert await telegram.is_reachable(XIAOYUN)


async def test_a_403_while_answering_marks_the_person_unreachable(folder: Path) -> None:
    """They blocked between question and answer: no second try."""
    async with telegram_over(folder, echo) as telegram:
        telegram.world.chats[XIAOYUN].blocked = True
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        assert not await telegram.is_reachable(XIAOYUN)
        assert [call.status for call in telegram.world.made("sendMessage")] == [403]


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
async def test_an_answer_whose_receipt_got_lost_is_said_once(folder: Path, kind: str) -> None:
    """The connection dies after the request left: whether it was done or not, one message stands in the chat."""
    async with telegram_over(folder, echo) as telegram:
        telegram.world.faults.append(Fault("sendMessage", kind))
        telegram.world.say(XIAOYUN, "在吗")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["听到：在吗"]


async def test_a_turn_delivered_again_after_a_crash_is_not_said_twice(folder: Path) -> None:
    """The next process finds which messages the turn sent, and edits them to what they say already."""

    def two_replies(turn: Turn) -> Iterable[Reply]:
        return [Reply((Text("一"),)), Reply((Text("二"),), (Choice("好", "/ok"),), key="card")]

    async with telegram_over(folder, two_replies) as telegram:
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        [turn] = telegram.conversation.asked
        reborn = TelegramDoor(telegram.door.bot, telegram.database)
        for reply in two_replies(turn):
            await reborn.deliver(turn, reply)
        assert telegram.texts_to(XIAOYUN) == ["一", "二"]
        assert [call.status for call in telegram.world.made("editMessageText")] == [400, 400]  # not modified


@pytest.mark.parametrize("status", [500, 502])
async def test_a_server_error_is_tried_again(folder: Path, status: int) -> None:
    """Telegram's own trouble passes."""
    async with telegram_over(folder, cards) as telegram:
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        telegram.world.faults += [Fault("sendMessage", "status", status), Fault("editMessageText", "status", status)]
        telegram.world.tap(XIAOYUN, "下一页")
        telegram.world.say(XIAOYUN, "一")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["第二页", "第一页"]


async def test_refused_markup_is_said_plainly_once(folder: Path) -> None:
    """Should our markup ever be wrong, the words still arrive."""
    async with telegram_over(folder, cards) as telegram:
        said = 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 1'
        telegram.world.faults.append(Fault("sendMessage", "status", 400, said=said))
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        [card] = telegram.said_to(XIAOYUN)
        assert (card.text, card.entities, list(card.buttons)) == ("第一页", [], ["上一页", "下一页"])


async def test_a_second_poller_waits_and_then_takes_over(folder: Path) -> None:
    """Two processes with one token: Telegram says 409, nothing is lost, nothing is said twice."""
    async with telegram_over(folder, echo) as telegram:
        pauses: list[float] = []

        async def nap(seconds: float) -> None:
            pauses.append(seconds)
            await asyncio.sleep(0.01)

        second = asyncio.create_task(Polling(telegram.turns, telegram.door, sleep=nap).run())
        for number in range(3):
            telegram.world.say(XIAOYUN, f"{number}")
            await telegram.quiet()
        second.cancel()
        assert telegram.texts_to(XIAOYUN) == ["听到：0", "听到：1", "听到：2"]


async def test_an_update_nobody_can_read_does_not_hide_the_others(folder: Path) -> None:
    """Groups, channels, edits, bots and shapes of tomorrow are passed over."""
    async with telegram_over(folder, echo) as telegram:
        world = telegram.world
        world.push("message", {"strange": [1, 2, 3]})
        world.push("something_of_2031", {"from": {"id": 7}})
        world.chats[-100] = Chat(-100, world.chats[XIAOYUN].user, kind="supergroup", started=True)
        world.say(-100, "/ask@zhiran_bot 群里问")
        update = world.say(XIAOYUN, "改过的")
        update["edited_message"] = update.pop("message")
        world.say(XIAOYUN, "/start@zhiran_bot inv_abc")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["听到：/start inv_abc"]
        assert telegram.said_to(-100) == []


async def test_a_voice_message_arrives_with_its_file(folder: Path) -> None:
    """No words, but what is needed to fetch it; a caption counts as words."""
    async with telegram_over(folder, echo) as telegram:
        file = {"file_id": "v1", "file_unique_id": "u", "file_size": 9}
        telegram.world.say(XIAOYUN, "", voice=file | {"duration": 3})
        telegram.world.say(XIAOYUN, "", photo=[file | {"width": 1, "height": 1}], caption="这张图")
        await telegram.quiet()
        voice, photo = telegram.conversation.asked
        assert (voice.words, voice.payload["file"]) == ("", {"kind": "voice", "id": "v1", "name": "", "size": 9})
        assert (photo.words, photo.payload["file"]["kind"]) == ("这张图", "photo")


async def test_a_long_prompt_comes_as_a_document(folder: Path) -> None:
    """The words before it, the file, and the buttons under the last part."""

    def long_prompt(turn: Turn) -> Iterable[Reply]:
        spans = (Text("给你："), Code("字" * 5000, title="五点描述"))
        return [Reply(spans, (Choice("为什么", "/why"),))]

    async with telegram_over(folder, long_prompt) as telegram:
        telegram.world.say(XIAOYUN, "要提示词")
        await telegram.quiet()
        words, file = telegram.said_to(XIAOYUN)
        assert (words.text, words.rows) == ("给你：", [])
        assert file.file == ("五点描述.txt", ("字" * 5000).encode())
        assert (file.text, list(file.buttons)) == ("五点描述", ["为什么"])


@pytest.mark.parametrize("drafts_work", [True, False])
async def test_a_growing_answer_is_shown_at_most_once_a_second(folder: Path, drafts_work: bool) -> None:
    """By drafts where the server knows them, by edits where not; the last piece always stands in the chat."""

    def stream(turn: Turn) -> Iterable[Reply]:
        for length in range(1, 30):
            yield Reply((Text("字" * length),), key="answer", partial=True)
        yield Reply((Text("字" * 30),), key="answer")

    async with telegram_over(folder, stream) as telegram:
        if not drafts_work:
            telegram.world.unknown_methods = {"sendMessageDraft"}
        telegram.conversation.between = 0.05
        telegram.world.say(XIAOYUN, "写长一点")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["字" * 30]
        pieces = len(telegram.world.chats[XIAOYUN].drafts) + telegram.said_to(XIAOYUN)[0].edits
        assert 1 <= pieces <= 4
        assert bool(telegram.world.chats[XIAOYUN].drafts) is drafts_work


async def test_a_slow_answer_shows_typing(folder: Path) -> None:
    """The person sees that they were heard."""
    async with telegram_over(folder, echo) as telegram:
        telegram.conversation.before = 1.0
        telegram.world.say(XIAOYUN, "慢慢来")
        await telegram.quiet()
        telegram.conversation.before = 0.0
        telegram.world.say(XIAOYUN, "快")
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["听到：慢慢来", "听到：快"]
        assert telegram.world.chats[XIAOYUN].actions == ["typing"]


async def test_a_refused_token_is_named_in_one_line_and_tried_again(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The token is not in the line; when it works again what was said meanwhile is answered, and so is what was open."""
    async with telegram_over(folder, echo, polls=False) as telegram:
        naps, polling = list[float](), Polling(telegram.turns, telegram.door)
        telegram.turns.lease_seconds = 1
        telegram.conversation.before = 0.3

        async def nap(seconds: float) -> None:
            naps.append(seconds)
            await asyncio.sleep(0)

        polling.sleep = nap
        asks = asyncio.create_task(polling.run())
        telegram.world.say(XIAOYUN, "一")
        await telegram.until(lambda: telegram.conversation.asked)
        telegram.world.token = "42:another"
        telegram.world.say(XIAOYUN, "二")
        await telegram.turns.drain(5)
        await telegram.until(lambda: len(naps) > 3)
        assert telegram.texts_to(XIAOYUN) == []
        telegram.world.token = TOKEN
        await telegram.until(lambda: "听到：二" in telegram.texts_to(XIAOYUN) or not telegram.world.pending)
        telegram.turns.now = lambda: system_clock() + timedelta(seconds=90)
        await telegram.turns.recover()
        await telegram.quiet()
        asks.cancel()
        assert sorted(telegram.texts_to(XIAOYUN)) == ["听到：一", "听到：二"] and set(naps) == {60.0}
    said = [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "WARNING")]
    assert [line.split(":")[0] for line in said] == [
        "ZHIRAN_TELEGRAM_TOKEN is refused by Telegram",
        "Telegram takes the token again",
    ]
    assert TOKEN not in caplog.text and "Traceback" not in caplog.text
