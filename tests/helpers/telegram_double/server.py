"""The double as a real HTTP server on the loopback: long poll, webhook push, faults, control for other processes.

Control: POST /control/{join,say,tap,tap_data,block,repeat,fault,set,clear} with JSON arguments as in `World`;
GET /control/{state,calls}. `python -m tests.helpers.telegram_double --port N --token T` serves it alone.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import aiohttp
from aiohttp import web

from tests.helpers.telegram_double.refusals import Refused
from tests.helpers.telegram_double.world import Fault, Fields, Pending, World

LONGEST_POLL = 50.0
AS_JSON = {
    *("reply_markup", "commands", "scope", "allowed_updates", "entities"),
    *("menu_button", "options", "reply_parameters", "link_preview_options"),
}


class TelegramServer:
    def __init__(self, world: World, port: int = 0, resend_after: float = 0.1) -> None:
        self.world, self.port = world, port
        self.resend_after = resend_after  # Telegram begins with about a second and doubles up to 60–120
        self.pushes: deque[tuple[int, int]] = deque(maxlen=10_000)  # update id and the status it was answered with
        self._news = asyncio.Event()
        self._poll = 0
        self._lanes: dict[str, asyncio.Queue[Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        world.on_update = self._on_update

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> TelegramServer:
        app = web.Application(client_max_size=60 << 20)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        app.router.add_post("/control/{what}", self._control)
        app.router.add_get("/control/{what}", self._look)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        if self._client:
            await self._client.close()
        if self._runner:
            await self._runner.cleanup()

    # --- the Bot API ----------------------------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fields = await self._fields(request)
        fault = self.world.fault(method)
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.value)
        if fault and fault.kind == "drop_before":
            return self._hang_up(request)
        try:
            if request.match_info["token"] != self.world.token:
                self.world.strangers += 1
                raise Refused(401, "Unauthorized")
            if fault and fault.kind == "status":
                raise _refused_by(fault)
            if method.lower() == "getupdates":
                result: Any = await self._updates(fields)
            else:
                result = self.world.call(method, fields)
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status)
        if fault and fault.kind == "drop_after":
            return self._hang_up(request)
        if fault and fault.kind == "delay_after":
            await asyncio.sleep(fault.value)
        return web.json_response({"ok": True, "result": result})

    @staticmethod
    def _hang_up(request: web.Request) -> web.StreamResponse:
        if request.transport:
            request.transport.abort()
        return web.Response()

    @staticmethod
    async def _fields(request: web.Request) -> Fields:
        if request.content_type == "application/json":
            fields: Fields = await request.json()
            return fields
        fields, files = {}, {}
        for key, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[key] = (value.filename, value.file.read())
            else:
                fields[key] = json.loads(str(value)) if key in AS_JSON else value
        for key, value in fields.items():
            if isinstance(value, str) and value.startswith("attach://") and value[9:] in files:
                fields[key] = files[value[9:]]
        return fields | {key: file for key, file in files.items() if key in ("document", "photo")}

    async def _updates(self, fields: Fields) -> list[Fields]:
        """A second poller ends the first one's wait with 409, as Telegram does."""
        self._poll += 1
        mine, kinds = self._poll, fields.get("allowed_updates")
        offset, limit = int(fields.get("offset") or 0), int(fields.get("limit") or 100)
        until = asyncio.get_running_loop().time() + min(float(fields.get("timeout") or 0), LONGEST_POLL)
        while not (batch := self.world.updates(offset, limit, kinds)):
            self._news.clear()
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                return []
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)
            if mine != self._poll:
                said = "terminated by other getUpdates request; make sure that only one bot instance is running"
                raise Refused(409, f"Conflict: {said}")
        return batch

    async def _download(self, request: web.Request) -> web.Response:
        content = self.world.files.get(request.match_info["path"])
        if request.match_info["token"] != self.world.token or content is None:
            return web.json_response(Refused(404, "Not Found").body, status=404)
        return web.Response(body=content)

    # --- webhook --------------------------------------------------------------------------------------------------

    def _on_update(self) -> None:
        self._news.set()
        if not self.world.webhook["url"]:
            return
        for one in [one for one in self.world.pending if not one.handed_out]:
            one.handed_out = True
            self._lane(one.update).put_nowait(one)

    def _lane(self, update: Fields) -> asyncio.Queue[Pending]:
        """One update at a time in each lane: a chat's messages, a person's taps; the two may overtake each other."""
        content = next(value for key, value in update.items() if key != "update_id")
        name = f"tap {content['from']['id']}" if "data" in content else f"chat {content['chat']['id']}"
        if name not in self._lanes:
            self._lanes[name] = asyncio.Queue()
            task = asyncio.get_running_loop().create_task(self._push_all(self._lanes[name]))
            self._tasks.add(task)
        return self._lanes[name]

    async def _push_all(self, lane: asyncio.Queue[Pending]) -> None:
        while True:
            one, wait = await lane.get(), self.resend_after
            while not await self._push(one.update):
                await asyncio.sleep(wait)
                wait = min(2 * wait, 60.0)
            with suppress(ValueError):
                self.world.pending.remove(one)

    async def _push(self, update: Fields) -> bool:
        assert self._client is not None
        hook, status = self.world.webhook, 0
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret_token"]} if hook.get("secret_token") else {}
        try:
            async with self._client.post(hook["url"], json=update, headers=headers) as response:
                status, body = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError):
            return False
        finally:
            self.pushes.append((update["update_id"], status))
        if 200 <= status < 300 and body.strip().startswith(b"{"):
            self._do_what_the_answer_says(json.loads(body))
        return 200 <= status < 300

    def _do_what_the_answer_says(self, said: Fields) -> None:
        """A method in the answer's body is tried once, and nobody learns how it went."""
        method = said.pop("method", None)
        if method:
            with suppress(Refused):
                self.world.call(method, said)

    # --- control for other processes ------------------------------------------------------------------------------

    async def _control(self, request: web.Request) -> web.Response:
        asked = await request.json() if request.can_read_body else {}
        match request.match_info["what"]:
            case "join" | "say" | "tap" | "tap_data" | "block" | "repeat" | "push" as what:
                answer = getattr(self.world, what)(**asked)
                return web.json_response(answer if what not in ("join", "repeat") else {})
            case "fault":
                self.world.faults.append(Fault(**asked))
            case "set":
                for name, value in asked.items():
                    setattr(self.world, name, set(value) if name == "unknown_methods" else value)
            case "clear":
                self.world.calls.clear()
            case what:
                return web.json_response({"unknown": what}, status=404)
        return web.json_response({})

    async def _look(self, request: web.Request) -> web.Response:
        world = self.world
        if request.match_info["what"] == "calls":
            return web.json_response([asdict(call) for call in world.calls], dumps=_dumps)
        chats = {
            chat.id: {
                "messages": [asdict(message) | {"buttons": message.buttons} for message in chat.shown],
                "drafts": [draft.text for draft in chat.drafts],
                "actions": chat.actions,
            }
            for chat in world.chats.values()
        }
        state = {"chats": chats, "pending": len(world.pending), "toasts": world.toasts, "calls": len(world.calls)}
        return web.json_response(state, dumps=_dumps)


def _refused_by(fault: Fault) -> Refused:
    if fault.value == 429:
        return Refused(429, "Too Many Requests: retry after 1", retry_after=1)
    return Refused(int(fault.value), fault.said)


def _dumps(value: object) -> str:
    def other(found: object) -> str:
        return f"{len(found)} bytes" if isinstance(found, bytes) else str(found)

    return json.dumps(value, ensure_ascii=False, default=other)
