"""The real program and the Telegram double as processes, so that one of them can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import sqlalchemy as sa

from bot.inbox import bind_account
from bot.seed import Demo
from bot.standin.server import StandIn, serving
from bot.tables import inbox
from curriculum import people
from curriculum.tables import handover, membership, person
from foundation.clock import system_clock
from foundation.database import Database, new_id
from foundation.model_endpoints import STAND_IN
from tests.helpers.index import lend_index

TOKEN = "42:a-token-of-thirty-five-characters-xx"
WHO = 7001
WITHIN = 90.0  # seconds to wait for anything; a busy machine is no fault


@dataclass
class Telegram:
    """The double, seen from outside."""

    base: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def ask(self, what: str, **fields: Any) -> Any:
        return self.client.post(f"{self.base}/control/{what}", json=fields).raise_for_status().json()

    def texts(self) -> list[str]:
        state = self.client.get(f"{self.base}/control/state").raise_for_status().json()
        chat = state["chats"].get(str(WHO), {"messages": []})
        return [message["text"] for message in chat["messages"]]

    def said_since(self, number: int) -> tuple[int, int]:
        """How many messages after so many of them are the person's, and how many ours."""
        state = self.client.get(f"{self.base}/control/state").raise_for_status().json()
        by_bot = [message["by_bot"] for message in state["chats"][str(WHO)]["messages"][number:]]
        return by_bot.count(False), by_bot.count(True)

    def pending(self) -> int:
        """Updates that were not confirmed yet."""
        return int(self.client.get(f"{self.base}/control/state").raise_for_status().json()["pending"])

    def says(self, words: str) -> Any:
        return self.ask("say", user_id=WHO, text=words)

    def taps(self, label: str) -> Any:
        return self.ask("tap", user_id=WHO, label=label)


@contextmanager
def telegram_double() -> Iterator[Telegram]:
    command = [sys.executable, "-m", "tests.helpers.telegram_double", "--port", "0", "--token", TOKEN]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base = process.stdout.readline().strip()
        telegram = Telegram(base)
        telegram.ask("join", user_id=WHO)
        yield telegram
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class Program:
    """`zhiran serve` on one database; started again as often as it is killed."""

    url: str
    telegram: str
    folder: Path
    model: str = ""
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self, crash_at: str = "") -> None:
        self.port = _free_port()
        env = os.environ | {
            "ZHIRAN_DATABASE_URL": self.url,
            "ZHIRAN_DATA_FOLDER": str(self.folder),
            "ZHIRAN_TELEGRAM_TOKEN": TOKEN if self.telegram else "",
            "ZHIRAN_TELEGRAM_API": self.telegram,
            "ZHIRAN_MODEL_URL": self.model,
            "ZHIRAN_MODEL_NAME": STAND_IN if self.model else "",
            "ZHIRAN_PORT": str(self.port),
            "ZHIRAN_CRASH_AT": crash_at,
            "ZHIRAN_LEASE_SECONDS": "3",
        }
        lend_index(self.folder)
        log = (self.folder / "serve.log").open("ab")
        command = [sys.executable, "-m", "bot.entry", "serve"]
        self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        return (self.folder / "serve.log").read_text()

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_done(self) -> bool:
        """Whether every turn that was kept is delivered."""
        return count(self.url, inbox, inbox.c.state != "delivered") == 0 and count(self.url, inbox) > 0

    def signed_in(self, name: str) -> httpx.Client:
        """A browser of this person."""
        database = Database(self.url)
        try:
            who = database.read_now(
                lambda c: c.execute(sa.select(person.c.id).where(person.c.name == name)).scalar_one()
            )
            token = database.write_now(lambda c: people.sign_in_token(c, who, system_clock()))
        finally:
            database.close()
        web = httpx.Client(base_url=self.address, timeout=WITHIN, follow_redirects=True, trust_env=False)
        assert web.post(f"/in/{token}").url.path == "/chat"
        return web

    def dies(self) -> None:
        """Wait until it was killed, as by `kill -9`."""
        assert self.process is not None
        assert self.process.wait(WITHIN) == -signal.SIGKILL, (self.folder / "serve.log").read_text()[-3000:]

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


def until(true: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < ends, f"not within {WITHIN} s: {what}"
        time.sleep(0.1)


def bound(url: str, demo: Demo) -> None:
    """The demo trainee speaks from the double's account."""
    database = Database(url)
    try:
        now = system_clock()
        database.write_now(lambda c: bind_account(c, "telegram", str(WHO), demo.people["小林"], now))
    finally:
        database.close()


def count(url: str, table: sa.Table, where: sa.ColumnElement[bool] | None = None) -> int:
    database = Database(url)
    try:
        query = sa.select(sa.func.count()).select_from(table)
        query = query if where is None else query.where(where)
        return int(database.read_now(lambda c: c.execute(query).scalar_one()))
    finally:
        database.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def has_used_a_prompt(url: str, name: str) -> None:
    """This demo person has taken a prompt away, as if at Telegram."""
    database = Database(url)

    def work(connection: sa.Connection) -> None:
        who = connection.execute(sa.select(person.c.id).where(person.c.name == name)).scalar_one()
        team = connection.execute(sa.select(membership.c.team_id).where(membership.c.person_id == who)).scalar_one()
        about = {"id": new_id(), "team_id": team, "person_id": who, "playbook_id": "amazon-listing-title"}
        row = about | {"version": "1.0.0", "answers": {}, "door": "telegram", "at": system_clock()}
        connection.execute(handover.insert().values(row | {"turn_id": new_id()}))

    try:
        database.write_now(work)
    finally:
        database.close()


@contextmanager
def standin_beside(standin: StandIn) -> Iterator[str]:
    """The stand-in model on a real port, in a thread of its own; gives its address."""
    begun, ended = Queue[tuple[str, asyncio.AbstractEventLoop]](), asyncio.Event()

    async def serve() -> None:
        async with serving(standin) as url:
            begun.put((url, asyncio.get_running_loop()))
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    url, loop = begun.get(timeout=WITHIN)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(WITHIN)
