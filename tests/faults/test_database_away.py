"""PostgreSQL stops in the middle of turns and starts again: nothing is lost, nothing comes twice, nobody need do anything."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from bot.doors.web.tables import web_message
from bot.tables import inbox
from tests.faults.house import Program, Telegram, bound, count, telegram_double, until
from tests.helpers.databases import PostgresShelf, open_database
from tests.helpers.postgres import Cluster, cluster

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture
def postgres() -> Iterator[Cluster]:
    """A server that no other test uses."""
    with cluster() as running:
        yield running


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with telegram_double() as double:
        yield double


@pytest.fixture
def program(postgres: Cluster, telegram: Telegram, tmp_path: Path) -> Iterator[Program]:
    url, demo = PostgresShelf(postgres.url).seeded()
    bound(url, demo)
    running = Program(url, telegram.base, tmp_path)
    running.start()
    until(running.answers, "it serves")
    try:
        yield running
    finally:
        running.stop()


def says(web: httpx.Client, words: str, sending: str) -> httpx.Response:
    return web.post("/chat/say", json={"words": words, "id": sending, "tapped": False})


def listens(web: httpx.Client, heard: list[str]) -> None:
    """An open page: the turns of what the coach says, in one connection that is never opened again."""
    with suppress(httpx.TransportError), web.stream("GET", "/chat/events", timeout=None) as events:
        for line in events.iter_lines():
            if line.startswith("data: ") and (message := json.loads(line[6:])).get("who") == "coach":
                heard.append(message["turn"])


def in_the_transcript(program: Program) -> Counter[str]:
    """How many messages of the coach stand there for each turn."""
    with open_database(program.url) as database:
        query = sa.select(web_message.c.turn_id).where(web_message.c.place > 0)
        return Counter(database.read_now(lambda c: c.execute(query).scalars().all()))


def test_postgres_goes_and_comes_back(program: Program, postgres: Cluster, telegram: Telegram) -> None:
    """What was kept is answered once; what comes meanwhile is refused on the web and left with Telegram, then answered once."""
    web, heard, asked = program.signed_in("阿梅"), list[str](), 0
    threading.Thread(target=listens, args=(web, heard), daemon=True).start()
    for how in (signal.SIGQUIT, signal.SIGINT):  # as in a crash, and as in an upgrade
        before, sendings = len(telegram.texts()), [str(uuid4()) for _ in range(12)]
        for sending in sendings:
            telegram.says("/help")
            assert says(web, "/help", sending).status_code == 202
        postgres.stop(how)
        sendings.append(str(uuid4()))
        for _ in range(4):
            refused = says(web, "/help", sendings[-1])
            assert (refused.status_code, refused.headers.get("retry-after")) == (503, "5"), refused.text
            telegram.says("/help")
        until(lambda: telegram.pending() > 0, "Telegram keeps what came meanwhile")
        postgres.start()
        for sending in (sendings[-1], *sendings):  # as a page does that heard no answer
            until(lambda sending=sending: says(web, "/help", sending).status_code == 202, "it is kept")  # type: ignore[misc]
        asked += len(sendings) + 16
        until(lambda: count(program.url, inbox) == asked and program.is_done(), "all is answered")  # noqa: B023
        assert telegram.said_since(before) == (16, 16)
        assert telegram.pending() == 0
    times = in_the_transcript(program)
    assert len(times) == 26 and set(times.values()) == {1}, times
    until(lambda: len(heard) >= 26, "the open page has heard it all")
    assert Counter(heard) == times and program.is_running()
    said = [line.split(" ", 2)[2] for line in program.log().splitlines() if " ERROR " in line or " WARNING " in line]
    assert "Traceback" not in program.log(), program.log()[-6000:]
    # Two lines an outage; while it begins, one more pair where somebody's last transaction still comes through.
    assert 4 <= len(said) <= 8 and ["can be used again" in line for line in said] == [False, True] * (len(said) // 2)
