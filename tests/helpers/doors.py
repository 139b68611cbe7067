"""The three doors as people meet them: lines at a terminal, HTTP at the web page, a chat at Telegram."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import queue
import re
import socket
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import uvicorn

from bot.commands.serve import application
from bot.doors.telegram.api import Bot
from bot.doors.telegram.door import TelegramDoor
from bot.doors.telegram.polling import take_in
from bot.doors.terminal import RULE, TerminalDoor, chat
from bot.doors.web.tables import web_message
from curriculum import people
from tests.helpers.stage import Person, Seen, Stage
from tests.helpers.telegram_double.second_opinion import objections
from tests.helpers.telegram_double.session import StrictSession
from tests.helpers.telegram_double.world import World

TOKEN = "42:a-token-of-thirty-five-characters-xx"
_CHOICE = re.compile(r"^  \[(\d+|[a-z])\] (.*)$", re.M)

# --- the terminal -----------------------------------------------------------------------------------------------------


class AtTerminal(Person):
    """Reads what the program prints and types lines, in the real loop of `zhiran chat`."""

    door = "terminal"

    def __init__(self, stage: Stage, account: str) -> None:
        super().__init__(stage, account)
        self.out, self.lines = io.StringIO(), queue.Queue[str | None]()
        self.asked = asyncio.Event()
        self.marks: dict[str, str] = {}
        self.loop = asyncio.get_running_loop()

    async def sits_down(self) -> None:
        self.terminal = TerminalDoor(self.out, folder=self.stage.house.settings.data_folder / self.account)
        unkept = self.stage.house.phrases.say("terminal.unkept", "zh-CN")
        talk = chat(
            self.stage.house.turns, self.terminal, self.account, prompt="你> ", read_line=self._read_line, unkept=unkept
        )
        self.task = asyncio.create_task(talk)
        self.stage.stack.push_async_callback(self.leaves)
        await self.asked.wait()
        self.last = self._seen()
        self.history.append(self.last)

    async def leaves(self) -> None:
        self.lines.put(None)
        await self.task

    def _read_line(self, prompt: str) -> str | None:
        self.loop.call_soon_threadsafe(self.asked.set)
        return self.lines.get()

    async def _say(self, words: str) -> Seen:
        self.stage.house.turns.doors["terminal"] = self.terminal  # each would be a process of its own
        self.asked.clear()
        self.lines.put(words)
        await self.asked.wait()
        return self._seen()

    async def _send(self, content: bytes, name: str, words: str) -> Seen:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            return await self._say(f"/photo {path}")

    async def _press(self, label: str) -> Seen:
        return await self._say(self.marks.get(label, label))

    def _seen(self) -> Seen:
        printed = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        self.marks = {label: mark for mark, label in _CHOICE.findall(printed)}
        choices = [label for _, label in _CHOICE.findall(printed)]
        between = printed.split(RULE)
        text = _CHOICE.sub("", printed).strip()
        copied = between[1].strip("\n") if len(between) > 2 else ""
        paths = [Path(found) for found in re.findall(rf"\[({re.escape(str(self.terminal.folder))}/[^\]]+)\]", printed)]
        files = tuple((path.name, path.read_bytes()) for path in paths)
        return Seen((text,) if text else (), tuple(choices), copied, files)


class Terminals:
    """Each person sits at a terminal of their own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def somebody(self, person_id: str | None, language: str) -> Person:
        account = f"tty{self.stage.number()}"
        if person_id:
            self.stage.bind("terminal", account, person_id)
        person = AtTerminal(self.stage, account)
        await person.sits_down()
        return person


async def _terminals(stage: Stage) -> Terminals:
    return Terminals(stage)


# --- the web ----------------------------------------------------------------------------------------------------------


class AtWeb(Person):
    """A browser without a screen: signs in by a link, sends, and listens to the stream of events."""

    door = "web"

    def __init__(self, stage: Stage, site: WebSite, language: str) -> None:
        super().__init__(stage, "")
        headers = {"accept-language": language, "origin": site.address}
        self.http = httpx.AsyncClient(
            base_url=site.address,
            headers=headers,
            timeout=20,
            follow_redirects=True,
            verify=False,  # loopback; reading the authorities' certificates would take longer than the test
        )
        self.events: list[tuple[int, dict[str, Any]]] = []
        self.came = asyncio.Condition()
        self.listener: asyncio.Task[None] | None = None

    async def follows(self, link: str, **form: str) -> httpx.Response:
        """Open the page behind a link and press its one button, where the link still leads somewhere."""
        shown = await self.http.get(link)
        assert shown.status_code in (200, 410), shown.text
        if shown.status_code == 410:
            return shown
        return await self.http.post(link, data=form)

    async def signs_in(self, person_id: str) -> None:
        token = self.stage.write(lambda c: people.sign_in_token(c, person_id, self.stage.clock()))
        response = await self.follows(f"/in/{token}")
        assert response.url.path == "/chat", response.text
        self.comes_in(person_id)

    def comes_in(self, person_id: str) -> None:
        self.account = person_id
        self.listener = asyncio.create_task(self._listen())

    async def joins(self, invitation: str) -> Seen:
        response = await self.follows(f"/join/{invitation}", name="小新")
        if response.url.path != "/chat":
            self.last = Seen((_text_of(response.text),), ())
            return self.last
        token = self.http.cookies["zhiran_session"]
        person_id = self.stage.read(lambda c: people.person_of_session(c, token, self.stage.clock()))
        assert person_id
        self.comes_in(person_id)
        return await self.says("/start")

    async def _listen(self) -> None:
        async with self.http.stream("GET", "/chat/events", params={"after": 0}, timeout=None) as response:
            assert response.status_code == 200
            number: int | None = None
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = int(value)
                elif name == "data" and number is not None:
                    async with self.came:
                        self.events.append((number, json.loads(value)))
                        self.came.notify_all()
                    number = None

    async def _say(self, words: str, tapped: bool = False) -> Seen:
        known = len(self.events)
        sent = json.dumps({"words": words, "id": str(uuid.uuid4()), "tapped": tapped})
        response = await self.http.post("/chat/say", content=sent, headers={"content-type": "application/json"})
        assert response.status_code == 202, f"{response.status_code} {response.text}"
        await self.stage.answered()
        return await self._new(known)

    async def _send(self, content: bytes, name: str, words: str) -> Seen:
        known = len(self.events)
        form = {"id": str(uuid.uuid4()), "words": words}
        response = await self.http.post("/chat/file", data=form, files={"file": (name, content)})
        assert response.status_code == 202, f"{response.status_code} {response.text}"
        await self.stage.answered()
        return await self._new(known)

    async def _new(self, known: int) -> Seen:
        newest = sa.select(sa.func.max(web_message.c.seq)).where(web_message.c.account == self.account)
        last = self.stage.read(lambda c: c.execute(newest).scalar()) or 0
        async with self.came:
            await self.came.wait_for(lambda: not last or (self.events and self.events[-1][0] >= last))
        said = [message for _, message in self.events[known:] if message["who"] == "coach"]
        texts = tuple("".join(span["text"] for _, span in message["text"]) for message in said)
        codes = [span["text"] for message in said for kind, span in message["text"] if kind == "code"]
        choices = tuple(label for label, _ in said[-1]["choices"]) if said else ()
        given = [one for message in said for one in message["attachments"]]
        files = tuple((name, base64.b64decode(content)) for name, _, content, _ in given)
        return Seen(texts, choices, "".join(codes), files)

    async def _press(self, label: str) -> Seen:
        for _, message in reversed(self.events):
            for known, words in message.get("choices", ()):
                if known == label:
                    return await self._say(words, tapped=True)
        raise LookupError(label)

    async def leaves(self) -> None:
        if self.listener:
            self.listener.cancel()
            await asyncio.gather(self.listener, return_exceptions=True)
        await self.http.aclose()


@dataclass
class WebSite:
    """The real application on a real port of the loopback."""

    stage: Stage
    address: str

    async def somebody(self, person_id: str | None, language: str) -> Person:
        person = AtWeb(self.stage, self, language)
        self.stage.stack.push_async_callback(person.leaves)
        if person_id:
            await person.signs_in(person_id)
        return person


async def _website(stage: Stage) -> WebSite:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(stage.house), log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined, method-assign]
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.005)

    async def stop() -> None:
        server.should_exit = True
        await serving

    stage.stack.push_async_callback(stop)
    return WebSite(stage, f"http://127.0.0.1:{listening.getsockname()[1]}")


def _text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


# --- Telegram ---------------------------------------------------------------------------------------------------------


class AtTelegram(Person):
    """A chat in the strict double; what is seen is what stands there anew or changed."""

    door = "telegram"

    def __init__(self, stage: Stage, chats: Chats, number: int) -> None:
        super().__init__(stage, str(number))
        self.chats, self.number = chats, number

    async def _say(self, words: str) -> Seen:
        return await self._after(lambda: self.chats.world.say(self.number, words))

    async def _send(self, content: bytes, name: str, words: str) -> Seen:
        file_id = f"file{self.stage.number()}"
        self.chats.world.files[file_id] = content
        about = {"file_id": file_id, "file_unique_id": file_id, "file_size": len(content)}
        kind = {"png": "photo", "ogg": "voice"}.get(name.rsplit(".", 1)[-1], "document")
        sent: Any = [about] if kind == "photo" else about | {"file_name": name}
        more = {kind: sent} | ({"caption": words} if words else {})
        return await self._after(lambda: self.chats.world.say(self.number, "", **more))

    async def _press(self, label: str) -> Seen:
        return await self._after(lambda: self.chats.world.tap(self.number, label))

    async def _after(self, act: Callable[[], object]) -> Seen:
        before = self._standing()
        act()
        await self.chats.bring()
        now = self._standing()
        fresh = [
            self.chats.world.chats[self.number].stood[number] for number in now if now[number] != before.get(number)
        ]
        given = tuple((one.file[0], one.file[1]) for one in fresh if one.file)
        files = [content.decode() for name, content in given if name.endswith(".txt")]
        copied = [
            one.text[e["offset"] : e["offset"] + e["length"]]
            for one in fresh
            for e in one.entities
            if e["type"] == "pre"
        ]
        choices = tuple(fresh[-1].buttons) if fresh else ()
        return Seen(tuple(one.text for one in fresh), choices, "".join(copied + files), given)

    def _standing(self) -> dict[int, tuple[str, int]]:
        return {m.message_id: (m.text, m.edits) for m in self.chats.world.chats[self.number].by_bot}


@dataclass
class Chats:
    """One bot and the people who chat with it; updates are brought as a poll would bring them."""

    stage: Stage
    door: TelegramDoor
    world: World = field(default_factory=lambda: World(TOKEN))

    async def somebody(self, person_id: str | None, language: str) -> Person:
        number = 1000 + self.stage.number()
        self.world.join(number, "晓云" if language == "zh" else "Cloudy", "zh-hans" if language == "zh" else "en")
        if person_id:
            self.stage.bind("telegram", str(number), person_id)
        person = AtTelegram(self.stage, self, number)
        if person_id:
            await person.says("/home")
        return person

    async def bring(self) -> None:
        while self.world.pending:
            await take_in(self.world.pending.pop(0).update, self.stage.house.turns, self.door)
        await self.stage.answered()

    async def close(self) -> None:
        await self.door.close()
        said = [complaint for call in self.world.calls for complaint in objections(call.method, call.fields)]
        refused = [f"{call.method}: {call.description}" for call in self.world.calls if call.status != 200]
        assert said + refused == []


async def _chats(stage: Stage) -> Chats:
    world = World(TOKEN)
    door = TelegramDoor(Bot(TOKEN, session=StrictSession(world)), stage.database)
    stage.house.turns.doors[door.name] = door
    chats = Chats(stage, door, world)
    stage.stack.push_async_callback(chats.close)
    return chats


GROUNDS = {"terminal": _terminals, "web": _website, "telegram": _chats}
