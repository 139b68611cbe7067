"""The one module that takes names from aiogram: it comes first, so that aiogram's models wait until they are used."""

# ruff: noqa: E402

from __future__ import annotations

import json
from typing import Any

from aiohttp.payload import BytesPayload

from bot.doors.telegram.lazy_aiogram import import_aiogram

import_aiogram()

from aiogram import Bot, exceptions, methods, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer

__all__ = [
    "AiohttpSession",
    "Bot",
    "EditText",
    "GetUpdatesAsTheyCame",
    "SendText",
    "exceptions",
    "methods",
    "open_bot",
    "types",
]

REQUEST_SECONDS = 20.0


class GetUpdatesAsTheyCame(methods.TelegramMethod[list[dict[str, Any]]]):
    """getUpdates, each update left as JSON: one that aiogram cannot read must not hide the others of its batch."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class SendText(methods.SendMessage):
    """sendMessage, its answer left as JSON: of a message we sent ourselves only the id is news."""

    __returning__ = dict[str, Any]


class EditText(methods.EditMessageText):
    """editMessageText, its answer left as JSON."""

    __returning__ = dict[str, Any]


# Pydantic keeps the answer's type of a method only while somebody holds it; built anew it costs a millisecond or two.
_ANSWERS = (methods.Response[list[dict[str, Any]]], methods.Response[dict[str, Any]], methods.Response[bool])


class JsonSession(AiohttpSession):
    """Sends JSON where no file goes along: percent-encoding Chinese in a form costs more than the rest of a request."""

    def build_form_data(self, bot: Bot, method: methods.TelegramMethod[Any]) -> Any:
        files: dict[str, types.InputFile] = {}
        given = method.model_dump(warnings=False, exclude_none=True)
        prepared = {key: self.prepare_value(value, bot, files, _dumps_json=False) for key, value in given.items()}
        if files:
            return super().build_form_data(bot, method)
        said = {key: value for key, value in prepared.items() if value is not None}
        return BytesPayload(json.dumps(said, ensure_ascii=False).encode(), content_type="application/json")


def open_bot(token: str, api: str = "") -> Bot:
    """A client for this token; `api` is the address of a Bot API server other than Telegram's own."""
    server = TelegramAPIServer.from_base(api) if api else PRODUCTION
    return Bot(token, session=JsonSession(api=server, timeout=REQUEST_SECONDS))
