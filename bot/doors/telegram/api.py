"""The one module that takes names from aiogram: it comes first, so that aiogram's models wait until they are used."""

# ruff: noqa: E402

from __future__ import annotations

from typing import Any

from bot.doors.telegram.lazy_aiogram import import_aiogram

import_aiogram()

from aiogram import Bot, exceptions, methods, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer

__all__ = ["AiohttpSession", "Bot", "GetUpdatesAsTheyCame", "exceptions", "methods", "open_bot", "types"]

REQUEST_SECONDS = 20.0


class GetUpdatesAsTheyCame(methods.TelegramMethod[list[dict[str, Any]]]):
    """getUpdates, each update left as JSON: one that aiogram cannot read must not hide the others of its batch."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


def open_bot(token: str, api: str = "") -> Bot:
    """A client for this token; `api` is the address of a Bot API server other than Telegram's own."""
    server = TelegramAPIServer.from_base(api) if api else PRODUCTION
    return Bot(token, session=AiohttpSession(api=server, timeout=REQUEST_SECONDS))
