"""The same stories when Telegram brings the updates, through a real server; and what is refused at that door."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from bot.doors.telegram.webhook import Webhook
from bot.inbox import Kept
from bot.message import Arrival
from foundation.errors import BadSetting, DatabaseAway
from tests.doors.telegram.conftest import XIAOYUN, Telegram, echo, telegram_over
from tests.doors.telegram.test_polling import cards
from tests.helpers.telegram_double.world import Fault

pytestmark = pytest.mark.asyncio
SECRET = "a-secret_of-ours"
UPDATE = {
    "update_id": 5,
    "message": {
        "message_id": 1,
        "date": 0,
        "chat": {"id": XIAOYUN, "type": "private"},
        "from": {"id": XIAOYUN, "is_bot": False, "first_name": "晓云"},
        "text": "好",
    },
}


@asynccontextmanager
async def webhook_of(telegram: Telegram) -> AsyncIterator[tuple[Webhook, str]]:
    """Our route behind uvicorn, and the address of its server."""
    webhook = Webhook(telegram.turns, telegram.door, SECRET)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = Starlette(routes=[webhook.route()])
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield webhook, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def test_a_tap_is_answered_in_the_response(folder: Path) -> None:
    """Question, card, tap: one message edited, and no request of its own for the tap's answer."""
    async with telegram_over(folder, cards, polls=False) as telegram, webhook_of(telegram) as (webhook, address):
        await webhook.register(address)
        telegram.world.say(XIAOYUN, "你好")
        await telegram.quiet()
        telegram.world.tap(XIAOYUN, "下一页")
        await telegram.quiet()
        [card] = telegram.said_to(XIAOYUN)
        assert (card.text, card.edits) == ("第二页", 1)
        [(_, answered)] = telegram.world.queries.values()
        assert answered
        assert {status for _, status in telegram.server.pushes} == {200}


async def test_fifty_copies_have_one_effect(folder: Path) -> None:
    """Brought again and again, also after the answer was sent."""
    async with telegram_over(folder, echo, polls=False) as telegram, webhook_of(telegram) as (webhook, address):
        await webhook.register(address)
        update = telegram.world.say(XIAOYUN, "一次就好")
        telegram.world.repeat(update, 24)
        await telegram.quiet()
        telegram.world.repeat(update, 25)
        await telegram.quiet()
        assert telegram.texts_to(XIAOYUN) == ["听到：一次就好"]
        assert len(telegram.server.pushes) == 50


async def test_fifty_copies_at_once_have_one_effect(folder: Path) -> None:
    """Fifty requests in parallel, as from a resend storm."""
    async with telegram_over(folder, echo, polls=False) as telegram, webhook_of(telegram) as (webhook, address):
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as client:
            answers = await asyncio.gather(*(client.post(webhook.path, json=UPDATE) for _ in range(50)))
        await telegram.quiet()
        assert {answer.status_code for answer in answers} == {200}
        assert telegram.texts_to(XIAOYUN) == ["听到：好"]


class Away:
    """Turns whose database is away for the first two updates."""

    def __init__(self, telegram: Telegram) -> None:
        self.turns, self.left = telegram.turns, 2

    async def receive(self, arrival: Arrival) -> Kept | None:
        self.left -= 1
        if self.left >= 0:
            raise DatabaseAway("for a while")
        return await self.turns.receive(arrival)

    def start(self, kept: Kept) -> None:
        self.turns.start(kept)


async def test_what_cannot_be_kept_is_brought_again(folder: Path) -> None:
    """503 while the database is away; Telegram resends, and the person gets one answer."""
    async with telegram_over(folder, echo, polls=False) as telegram, webhook_of(telegram) as (webhook, address):
        object.__setattr__(webhook, "turns", Away(telegram))
        await webhook.register(address)
        telegram.world.say(XIAOYUN, "在吗")
        await telegram.quiet()
        assert [status for _, status in telegram.server.pushes] == [503, 503, 200]
        assert telegram.texts_to(XIAOYUN) == ["听到：在吗"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"{}", 401),
        ({"X-Telegram-Bot-Api-Secret-Token": "wrong"}, b"{}", 401),
        ({"X-Telegram-Bot-Api-Secret-Token": "密".encode()}, b"{}", 401),
        ({"X-Telegram-Bot-Api-Secret-Token": b"\xff\xfe"}, b"{}", 401),
        ([("X-Telegram-Bot-Api-Secret-Token", SECRET), ("X-Telegram-Bot-Api-Secret-Token", "x")], b"{}", 401),
        ({}, b"x" * (2 << 20), 401),
        ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"x" * ((1 << 20) + 1), 413),
        ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"not json", 400),
        ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"[" * 100_000, 400),
        ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"[1]", 400),
        ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"{}", 200),
        ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b'{"update_id": "x", "message": 5}', 200),
    ],
)
async def test_strangers_are_refused_and_nothing_breaks(
    folder: Path, headers: dict[str, str], body: bytes, status: int
) -> None:
    """Without the secret 401, whatever is sent; with it never a 500."""
    async with telegram_over(folder, echo, polls=False) as telegram:
        webhook = Webhook(telegram.turns, telegram.door, SECRET)
        transport = httpx.ASGITransport(Starlette(routes=[webhook.route()]))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            answer = await client.post(webhook.path, headers=headers, content=body)
        assert answer.status_code == status
        assert telegram.conversation.asked == []


async def test_there_is_no_webhook_without_a_secret(folder: Path) -> None:
    """It refuses to start; and the path tells nothing of the secret."""
    async with telegram_over(folder, echo, polls=False) as telegram:
        with pytest.raises(BadSetting, match="ZHIRAN_TELEGRAM_WEBHOOK_SECRET"):
            Webhook(telegram.turns, telegram.door, "")
        path = Webhook(telegram.turns, telegram.door, SECRET).path
        assert SECRET not in path
        assert len(path) > 32


async def test_registering_waits_for_the_network(folder: Path) -> None:
    """No network at the start is no reason not to start; a refused address is, in one line."""
    async with telegram_over(folder, echo, polls=False) as telegram:
        naps: list[float] = []

        async def nap(seconds: float) -> None:
            naps.append(seconds)
            await asyncio.sleep(0)

        telegram.door.sending.sleep = nap
        webhook = Webhook(telegram.turns, telegram.door, SECRET)
        telegram.world.faults.append(Fault("setWebhook", "drop_before"))
        await webhook.register("https://zhiran.example")
        await telegram.until(lambda: telegram.world.webhook["url"])
        assert telegram.world.webhook["url"] == f"https://zhiran.example{webhook.path}"
        assert telegram.world.webhook["secret_token"] == SECRET
        assert naps == [10.0]
        with pytest.raises(BadSetting, match="ZHIRAN_TELEGRAM_WEBHOOK_URL"):
            await webhook.register("http://zhiran.example")
