"""The program is told to stop while a model writes: it ends in the time the docs name, and the answer comes once."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from bot.commands.serve import DRAIN_SECONDS
from bot.courier.tables import courier_lease
from bot.doors.web.tables import web_message
from bot.standin.server import Act, StandIn
from tests.faults.house import WITHIN, Program, count, has_used_a_prompt, standin_beside, until
from tests.helpers.databases import Shelf, open_database

pytestmark = pytest.mark.slow
TEXT = "".join(f"第{n}句。" for n in range(30))
QUICK, ENDLESS = Act(TEXT, piece=5, pause=0.1), Act(TEXT, piece=1, pause=3.0)


@pytest.fixture
def standin() -> StandIn:
    return StandIn(lambda messages: TEXT)


@pytest.fixture
def program(sqlite_shelf: Shelf, standin: StandIn, tmp_path: Path) -> Iterator[Program]:
    url, _ = sqlite_shelf.seeded()
    has_used_a_prompt(url, "小林")
    with standin_beside(standin) as model:
        running = Program(url, "", tmp_path, model)
        try:
            yield running
        finally:
            running.stop()


def listens(web: httpx.Client, heard: list[str]) -> None:
    """An open page, until it is let go."""
    with suppress(httpx.TransportError), web.stream("GET", "/chat/events", timeout=None) as events:
        for line in events.iter_lines():
            if line.startswith("data: ") and (message := json.loads(line[6:])).get("who") == "coach":
                heard.append("".join(fields["text"] for _, fields in message["text"]))
        heard.append("let go")


def final_answers(program: Program) -> int:
    """How many messages in the transcript hold the model's whole text."""
    with open_database(program.url) as database:
        query = sa.select(web_message.c.message).where(web_message.c.place > 0)
        found = database.read_now(lambda c: c.execute(query).scalars().all())
    return sum(TEXT in json.dumps(message, ensure_ascii=False) for message in found)


def test_told_to_stop_in_the_middle_of_an_answer(program: Program, standin: StandIn) -> None:
    """Once: what can end within the time does. Longer, told twice, or killed: the next start answers it, once."""
    program.start()
    until(program.answers, "it serves")
    stops = [
        ("once", QUICK, [signal.SIGTERM], 0),
        ("once, and longer than it is let", ENDLESS, [signal.SIGTERM], 0),
        ("twice", ENDLESS, [signal.SIGTERM, signal.SIGTERM], 0),
        ("killed", ENDLESS, [signal.SIGKILL], -signal.SIGKILL),
    ]
    for asked, (what, act, signals, code) in enumerate(stops, 1):
        web, heard = program.signed_in("小林"), list[str]()
        page = threading.Thread(target=listens, args=(web, heard), daemon=True)
        page.start()
        standin.will(act)
        web.post("/chat/say", json={"words": "/run 1 anyway", "id": str(uuid4()), "tapped": False}).raise_for_status()
        until(lambda: len(standin.asked) > 0 and any("第" in said for said in heard), "it is being written")  # noqa: B023
        assert program.process is not None
        began = time.monotonic()
        for number in signals:
            program.process.send_signal(number)
            time.sleep(0.3)
        assert program.process.wait(WITHIN) == code, program.log()[-3000:]
        print(f"stopped {what}: {time.monotonic() - began:.1f} s of at most {DRAIN_SECONDS} for turns under way")
        assert count(program.url, courier_lease) == (code != 0), "only a crash keeps the lease"
        page.join(WITHIN)
        if act is QUICK:
            assert TEXT in heard[-2] and heard[-1] == "let go", "before the eyes of who waits for it"
        assert final_answers(program) == (asked if act is QUICK else asked - 1)
        standin.asked.clear()
        program.start()
        until(program.answers, "it serves again")
        until(program.is_done, "the next start answers what was open")
        assert final_answers(program) == asked and len(standin.asked) == (0 if act is QUICK else 1)
    assert "Traceback" not in program.log(), program.log()[-6000:]
