"""The bots that are compared, each in a process of its own: `python -m benchmarks.telegram_bots NAME --api … …`."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

ACCOUNTS = range(501, 509)


def bare_aiogram(api: str, token: str) -> None:
    """The smallest bot: echoes a message; answers a tap and edits the message."""
    from aiogram import Bot, Dispatcher, types
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: types.Message) -> None:
        await message.answer(message.text or "", reply_markup=_aiogram_buttons())

    @dispatcher.callback_query()
    async def tap(query: types.CallbackQuery) -> None:
        await query.answer()
        if isinstance(query.message, types.Message):
            await query.message.edit_text(f"{query.id} {query.data}", reply_markup=_aiogram_buttons())

    def _aiogram_buttons() -> types.InlineKeyboardMarkup:
        row = [types.InlineKeyboardButton(text=text, callback_data=text) for text in ("one", "two")]
        return types.InlineKeyboardMarkup(inline_keyboard=[row])

    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))
    dispatcher.run_polling(bot, handle_signals=True)


def bare_ptb(api: str, token: str) -> None:
    """The same with python-telegram-bot."""
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
    from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters

    def buttons() -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=text) for text in ("one", "two")]])

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message
        await update.message.reply_text(update.message.text or "", reply_markup=buttons())

    async def tap(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query
        await query.answer()
        await query.edit_message_text(f"{query.id} {query.data}", reply_markup=buttons())

    application = Application.builder().token(token).base_url(f"{api}/bot").build()
    application.add_handler(MessageHandler(filters.ALL, echo))
    application.add_handler(CallbackQueryHandler(tap))
    application.run_polling()


def prepare(folder: Path) -> None:
    """A database with the demo team, a trainee behind every account of the benchmark, and the index learned."""
    from bot.inbox import bind_account
    from bot.seed import seed_demo
    from bot.wiring import build_house
    from curriculum import people
    from foundation.scope import Scope
    from migrations.upgrade import bring_up

    house = build_house(_settings(folder, "", ""))
    bring_up(house.database)

    def fill(connection: Any) -> Scope:
        demo = seed_demo(connection, house.now())
        for account in ACCOUNTS:
            person_id = people.add_person(connection, f"trainee {account}", "zh-CN", house.now())
            people.join_team(connection, demo.team_id, person_id, ("trainee",), house.now())
            bind_account(connection, "telegram", str(account), person_id, house.now())
        return Scope(demo.team_id, person_id, frozenset({"trainee"}))

    scope = house.database.write_now(fill)
    asyncio.run(house.finders.warm(scope, drafts=True))
    house.database.close()


def ours(api: str, token: str, folder: Path, parts: bool) -> None:
    """The real house behind the real door."""
    from bot.wiring import build_house

    house = build_house(_settings(folder, api, token))
    spent = Spent(house) if parts else None
    _run(lambda: _serve(house, spent))
    if spent:
        print(json.dumps(spent.shares()), flush=True)


async def _serve(house: Any, spent: Spent | None) -> None:
    from bot.doors.telegram import serve
    from bot.doors.telegram.refusal import refusal

    door = serve.open_door(house.settings, house.database, house.turns, refusal())
    if spent:
        spent.watch(door, "deliver", "send")
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, spent.seconds.clear)  # the warm-up is over
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    tasks = [asyncio.create_task(serve.poll(door, house.turns)), asyncio.create_task(house.turns.recover_for_ever())]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Spent:
    """Seconds spent in each part of our turns; with one person asking at a time they add up to the turn."""

    def __init__(self, house: Any) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.watch(house.turns, "receive", "inbox")
        self.watch(house.turns, "_answer_all", "turn")
        self.watch(house.finders, "ask", "search")
        self.watch_plain(type(house.turns.conversation), "_act", "card")

    def watch(self, holder: Any, name: str, part: str) -> None:
        real: Callable[..., Awaitable[Any]] = getattr(holder, name)

        async def timed(*args: Any, **more: Any) -> Any:
            began = time.perf_counter()
            try:
                return await real(*args, **more)
            finally:
                self.seconds[part] += time.perf_counter() - began

        setattr(holder, name, timed)

    def watch_plain(self, holder: Any, name: str, part: str) -> None:
        real = getattr(holder, name)

        def timed(*args: Any, **more: Any) -> Any:
            began = time.perf_counter()
            try:
                return real(*args, **more)
            finally:
                self.seconds[part] += time.perf_counter() - began

        setattr(holder, name, timed)

    def shares(self) -> dict[str, float]:
        """Each part's share of inbox plus turn; what is left is leases, commits and hops between threads."""
        whole = self.seconds["inbox"] + self.seconds["turn"]
        parts = {part: self.seconds[part] / whole for part in ("inbox", "search", "card", "send")}
        return parts | {"commit, lease, threads": 1 - sum(parts.values())}


def _settings(folder: Path, api: str, token: str) -> Any:
    from foundation.settings import Secret, Settings

    return Settings(
        database_url=f"sqlite:///{folder}/zhiran.db", data_folder=folder, telegram_api=api, telegram_token=Secret(token)
    )


def _run(main: Callable[[], Awaitable[None]]) -> None:
    """On uvloop where it is installed, as aiogram's own run_polling does."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main())  # type: ignore[arg-type]
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=["aiogram", "ptb", "ours", "ours-parts", "prepare"])
    parser.add_argument("--api", default="")
    parser.add_argument("--token", default="")
    parser.add_argument("--folder", type=Path, default=Path())
    given = parser.parse_args()
    match given.name:
        case "aiogram":
            bare_aiogram(given.api, given.token)
        case "ptb":
            bare_ptb(given.api, given.token)
        case "prepare":
            prepare(given.folder)
        case _:
            ours(given.api, given.token, given.folder, parts=given.name == "ours-parts")


if __name__ == "__main__":
    main()
