"""`zhiran serve` and `zhiran demo`: the web chat, Telegram where a token is set, recovery, all in one process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import FrameType
from typing import NoReturn

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from bot.commands.chat import seed_if_empty
from bot.commands.pages import add_pages
from bot.courier.courier import Courier
from bot.courier.sender import Sender
from bot.courier.web_sender import WebSender
from bot.demo_history import live_through
from bot.doors.telegram.refusal import refusal
from bot.doors.web.door import WebDoor
from bot.doors.web.pages import WebChat
from bot.doors.web.server import build_app
from bot.seed import CAST, seed_demo
from bot.team_rounds import TeamRounds
from bot.wiring import House, build_house
from curriculum import people
from curriculum.tables import membership, team
from foundation import logs
from foundation import settings as settings_module
from foundation.errors import BadSetting
from foundation.logs import Trouble
from foundation.model_endpoints import STAND_IN
from foundation.scope import Scope
from foundation.settings import Settings
from migrations.upgrade import bring_up

DRAIN_SECONDS = 10  # for turns under way and messages going out
LEAVING_SECONDS = 3  # then for pages that are being sent


def serve(settings: Settings | None = None) -> int:
    """Serve every door that is set up, until stopped; the next start takes up what was begun."""
    settings = settings or settings_module.load()
    with _listening(settings.host, settings.port, tries=1) as door:
        _run(_ready(settings), door)
    return 0


def demo(settings: Settings | None = None) -> int:
    """The whole product on this machine with a made-up team; prints its addresses and needs nothing from outside."""
    settings = settings or settings_module.load()
    # Listening before the addresses are printed: whoever opens one at once waits a moment and is not refused.
    with _listening(settings.host, settings.port, tries=50) as door:
        settings, standin = _with_a_model(replace(settings, port=door.getsockname()[1]))
        house = _ready(settings)
        print("\n".join(_addresses(house, standin)), flush=True)
        _run(house, door)
    return 0


def _addresses(house: House, standin: tuple[str, ...]) -> list[str]:
    now = house.now()
    cast = house.database.write_now(lambda c: seed_demo(c, now))
    house.database.write_now(lambda c: live_through(c, cast, now))
    lines = ["", "知然 Zhiran · 演示 demo", "（人物、产品、审定人都是虚构的；没有模型也能用）", ""]
    say, language = house.phrases.say, house.settings.language
    for name, roles in CAST:
        link = partial(people.sign_in_token, person_id=cast.people[name], now=now, minutes=24 * 60, uses=1000)
        who = f"{name} · {' '.join(say(f'role.{role}', language) for role in roles)}"
        lines.append(f"  {house.settings.address}/in/{house.database.write_now(link)}  {who}")
    lines += ["", *standin] if standin else []
    return [*lines, "", "  终端 terminal: make chat", "  停止 stop: Ctrl-C", ""]


def _run(house: House, door: socket.socket) -> None:
    app = application(house)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=LEAVING_SECONDS)
    _Server(config, lambda: app.state.drain()).run(sockets=[door])
    _leave()


def _leave() -> NoReturn:
    """Not by way of the interpreter's end, which waits for threads: a stop is a crash, and one may be learning a shelf."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


class _Server(uvicorn.Server):
    """Told to stop it takes nothing new, lets what is under way end, and ends with 0; told twice it leaves at once."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self.drain = drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        draining = asyncio.ensure_future(self.drain())
        while not (draining.done() or self.force_exit):  # a signal's handler may only set a mark
            await asyncio.wait({draining}, timeout=0.1)
        if self.force_exit:
            _leave()
        await super().shutdown(sockets)


STANDIN_BANNER = (
    "  模型是替身：它不是模型，只会给出指令自带的示例答案，好让你看见流式、检查和批改。",
    "  The model is a stand-in: no model at all, it recites each playbook's own example.",
    "  用真的模型 for a real one: ZHIRAN_MODEL_URL, ZHIRAN_MODEL_NAME, ZHIRAN_MODEL_KEY",
)


def _with_a_model(settings: Settings) -> tuple[Settings, tuple[str, ...]]:
    """The demo's settings with a stand-in where no model is set, and the banner that says so."""
    if settings.model_url or settings.models_file:
        return settings, ()
    from bot.standin.demo import start_beside

    return replace(
        settings, model_url=start_beside(), model_name=STAND_IN, model_vision=True, model_transcription=STAND_IN
    ), STANDIN_BANNER


def _ready(settings: Settings) -> House:
    logs.set_up(settings.secrets)
    house = build_house(settings)
    bring_up(house.database)
    house.database.write_now(lambda c: seed_if_empty(c, house))
    return house


def application(house: House) -> FastAPI:
    """The web application with everything that runs beside it."""
    door = WebDoor(house.database, house.now)
    house.turns.doors[door.name] = door

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            tasks = [asyncio.create_task(house.turns.recover_for_ever()), asyncio.create_task(_warm(house))]
            rounds = TeamRounds(house.database, house.phrases, house.now)
            tasks += [asyncio.create_task(rounds.go_for_ever())]
            refused = refusal()
            courier = _courier(house, stack, refused)
            speaking = asyncio.create_task(courier.run_for_ever())
            tasks += await _telegram(house, app, stack, refused)

            async def drain() -> None:
                """Take nothing new, let what is under way end where people see it, then let go of the open pages."""
                for task in tasks:
                    task.cancel()
                courier.stop()
                house.turns.stop()
                await asyncio.gather(house.turns.drain(DRAIN_SECONDS), _ended(speaking))
                door.let_go()

            app.state.drain = drain
            try:
                yield
            finally:
                await drain()

    settings = house.settings
    chat = WebChat(
        house.database,
        house.turns,
        door,
        house.phrases,
        house.now,
        settings.language,
        settings.address.startswith("https://"),
        any(one.transcription for one in house.models.settings.endpoints),
    )
    app = build_app(chat, lifespan)
    add_pages(app, house)
    return app


async def _ended(task: asyncio.Task[None]) -> None:
    """Let it end by itself for as long as turns are let."""
    await asyncio.wait({task}, timeout=DRAIN_SECONDS)
    task.cancel()
    await asyncio.wait({task})


def _courier(house: House, stack: contextlib.AsyncExitStack, refused: Trouble) -> Courier:
    """Whoever speaks first: on Telegram where there is a token, else in the web chat."""
    senders: list[Sender] = [WebSender(house.database, house.now)]
    if house.settings.telegram_token:
        from bot.courier.telegram_sender import TelegramSender

        settings = house.settings
        telegram = TelegramSender(str(settings.telegram_token), settings.telegram_api, refusal=refused)
        stack.push_async_callback(telegram.close)
        senders.insert(0, telegram)
    return Courier(house.database, house.phrases, senders, house.now)


async def _telegram(
    house: House, app: FastAPI, stack: contextlib.AsyncExitStack, refused: Trouble
) -> list[asyncio.Task[None]]:
    """Open the Telegram door if there is a token: by webhook where an address is set, else by polling."""
    settings = house.settings
    if not settings.telegram_token:
        return []
    from bot.doors.telegram import serve as telegram

    door = telegram.open_door(settings, house.database, house.turns, refused)
    stack.push_async_callback(door.close)  # after the turns under way, which speak through it
    if settings.telegram_webhook_url:
        hook = telegram.webhook(settings, door, house.turns)
        app.router.routes.append(hook.route())
        await hook.register(settings.telegram_webhook_url)
        return []
    return [asyncio.create_task(telegram.poll(door, house.turns))]


async def _warm(house: House) -> None:
    """What the first question and the first run of the first team would else wait for."""

    def first(connection: sa.Connection) -> tuple[Scope, bool] | None:
        query = (
            sa.select(team.c.id, team.c.is_demo, membership.c.person_id)
            .join(membership, membership.c.team_id == team.c.id)
            .limit(1)
        )
        row = connection.execute(query).first()
        return (Scope(row.id, row.person_id, frozenset()), bool(row.is_demo)) if row else None

    found = await house.database.read(first)
    if found:
        await house.finders.warm(found[0], drafts=found[1])
        if house.models:
            await asyncio.to_thread(import_module, "openai")
            await house.guards.guard(found[0])


def _listening(host: str, wanted: int, *, tries: int) -> socket.socket:
    """A socket that listens on the wanted port, or on the next free one. Raises BadSetting when none is free."""
    for port in range(wanted, min(wanted + tries, 65536)):
        try:
            return socket.create_server((host, port), backlog=128)
        except OSError as error:
            reason = error.strerror or type(error).__name__
    raise BadSetting(f"ZHIRAN_PORT: {wanted} cannot be used ({reason}); stop the other program or set another port")
