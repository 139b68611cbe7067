"""The one module that takes names from aiogram: it comes first, so that aiogram's models wait until they are used."""

# ruff: noqa: E402

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from aiohttp.payload import BytesPayload

from bot.doors.telegram.lazy_aiogram import import_aiogram

import_aiogram()

from aiogram import Bot, exceptions, methods, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer

__all__ = [
    "AiohttpSession",
    "Bot",
    "exceptions",
    "methods",
    "open_bot",
    "plain",
    "types",
]

REQUEST_SECONDS = 20.0


class _PlainCall:
    """What `plain` gives: to aiogram's client and session a method like any other."""

    __returning__ = Any

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self.__api_method__ = name
        self._fields = fields

    def model_dump(self, **_: Any) -> dict[str, Any]:
        return self._fields


def plain(name: str, **fields: Any) -> methods.TelegramMethod[Any]:
    """A call whose fields and answer stay plain JSON: to build and read aiogram's models costs as much as the request.

    It also leaves each update as it came: one that aiogram cannot read must not hide the others of its batch.
    """
    said = {key: value for key, value in fields.items() if value is not None}
    return cast("methods.TelegramMethod[Any]", _PlainCall(name, said))


# Pydantic keeps the answer's type of a method only while somebody holds it; built anew it costs a millisecond or two.
_ANSWERS = (methods.Response[Any], methods.Response[bool])


@dataclass(frozen=True)
class _Answer:
    result: Any


class JsonSession(AiohttpSession):
    """Sends JSON where no file goes along: percent-encoding Chinese in a form costs more than the rest of a request."""

    def build_form_data(self, bot: Bot, method: methods.TelegramMethod[Any]) -> Any:
        if isinstance(method, _PlainCall):
            return _as_json(method.model_dump())
        files: dict[str, types.InputFile] = {}
        given = method.model_dump(warnings=False, exclude_none=True)
        prepared = {key: self.prepare_value(value, bot, files, _dumps_json=False) for key, value in given.items()}
        if files:
            return super().build_form_data(bot, method)
        return _as_json({key: value for key, value in prepared.items() if value is not None})

    def check_response(self, bot: Bot, method: methods.TelegramMethod[Any], status_code: int, content: str) -> Any:
        if isinstance(method, _PlainCall) and status_code == 200:
            with suppress(ValueError, TypeError, KeyError):
                answer = json.loads(content)
                if answer["ok"] is True:
                    return _Answer(answer["result"])
        return super().check_response(bot, method, status_code, content)


def _as_json(fields: dict[str, Any]) -> BytesPayload:
    return BytesPayload(json.dumps(fields, ensure_ascii=False).encode(), content_type="application/json")


def open_bot(token: str, api: str = "") -> Bot:
    """A client for this token; `api` is the address of a Bot API server other than Telegram's own."""
    server = TelegramAPIServer.from_base(api) if api else PRODUCTION
    return Bot(token, session=JsonSession(api=server, timeout=REQUEST_SECONDS))
