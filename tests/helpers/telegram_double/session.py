"""aiogram's session without a network: every call goes to a `World`, which refuses what Telegram refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import ServerDisconnectedError

from bot.doors.telegram.lazy_aiogram import import_aiogram

import_aiogram()

from aiogram import Bot  # noqa: E402
from aiogram.client.session.base import BaseSession  # noqa: E402
from aiogram.exceptions import TelegramNetworkError  # noqa: E402
from aiogram.methods import TelegramMethod  # noqa: E402

from tests.helpers.telegram_double.refusals import Refused  # noqa: E402
from tests.helpers.telegram_double.second_opinion import objections  # noqa: E402
from tests.helpers.telegram_double.server import AS_JSON  # noqa: E402
from tests.helpers.telegram_double.world import World  # noqa: E402


class StrictSession(BaseSession):
    """Serialises as aiogram does, asks for a second opinion, then lets the world answer."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:
        name, fields = method.__api_method__, await self._fields(bot, method)
        if found := objections(name, fields):
            raise AssertionError(f"python-telegram-bot objects to {name}: {found}")
        fault = self.world.fault(name)
        if fault and fault.kind == "drop_before":
            raise self._hung_up(method)
        status, body = 200, {"ok": True}
        try:
            if fault and fault.kind == "status":
                raise Refused(int(fault.value), fault.said)
            body = {"ok": True, "result": self.world.call(name, fields)}
        except Refused as refused:
            status, body = refused.status, refused.body
        if fault and fault.kind == "drop_after":
            raise self._hung_up(method)
        return self.check_response(bot, method, status, json.dumps(body)).result

    async def _fields(self, bot: Bot, method: TelegramMethod[Any]) -> dict[str, Any]:
        files: dict[str, Any] = {}
        fields: dict[str, Any] = {}
        for key, value in method.model_dump(warnings=False).items():
            prepared = self.prepare_value(value, bot, files)
            if not prepared:
                continue
            fields[key] = json.loads(prepared) if key in AS_JSON else prepared
            if isinstance(prepared, str) and prepared.startswith("attach://"):
                file = files[prepared[9:]]
                fields[key] = (file.filename, b"".join([chunk async for chunk in file.read(bot)]))
        return fields

    @staticmethod
    def _hung_up(method: TelegramMethod[Any]) -> TelegramNetworkError:
        error = TelegramNetworkError(method=method, message="ServerDisconnectedError: Server disconnected")
        error.__cause__ = ServerDisconnectedError()
        return error

    async def close(self) -> None:
        """Nothing is open."""

    async def stream_content(self, url: str, *args: Any, **kwargs: Any) -> AsyncGenerator[bytes, None]:
        yield self.world.files[url.rsplit("/", 1)[1]]
