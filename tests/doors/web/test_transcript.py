"""The transcript: a page that asks for what comes after the last number it heard misses nothing."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from bot.doors.web import tables
from tests.helpers.stage import Stage


async def test_two_who_write_at_once_are_heard_in_their_order(stage_on_both: Stage) -> None:
    """An answer that is being written, and the person's next words: they wait for it, and do not stand there before it."""
    stage = stage_on_both
    person = stage.demo.people["小林"]
    stage.bind("web", person, person)

    def append(connection: sa.Connection, turn: str) -> int | None:
        return tables.append(connection, person, turn, 1, {"turn": turn}, stage.clock())

    def heard(after: int) -> list[str]:
        return [message["turn"] for _, message in stage.read(lambda c: tables.after(c, person, after))]

    words = threading.Thread(target=lambda: stage.write(lambda c: append(c, "words")))
    with stage.database.engine.begin() as slow:
        append(slow, "answer")
        words.start()
        words.join(0.3)
        assert heard(0) == []
    words.join()
    assert heard(0) == ["answer", "words"]
