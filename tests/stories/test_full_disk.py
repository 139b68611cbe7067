"""A full disk: said in plain words, nothing half-written, and mended by freeing space."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from bot.tables import inbox
from tests.helpers.stage import Stage

LONG = "这句话很长。" * 1300  # more than what is left in pages that are there already
FULL, ROOMY = 1, 10**9  # pages; SQLite takes what it has already as the least


async def room(stage: Stage, pages: int) -> None:
    """How large the file may grow, on each of the connections that write."""

    def limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    stage.write(limit)
    await stage.database.write(limit)


def kept(stage: Stage) -> int:
    return stage.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(inbox)).scalar_one())


async def test_at_the_terminal_it_is_said_and_the_talk_goes_on(stage: Stage) -> None:
    trainee = await stage.trainee("terminal")
    await room(stage, FULL)
    while "磁盘满了" not in await trainee.says(LONG):
        assert kept(stage) < 100, "what was free in the file fills up"
    await room(stage, ROOMY)
    stage.clock.tick(60)  # a lease that could not be given back runs out
    assert "小林" in await trainee.says("首页")


async def test_on_the_web_it_may_be_sent_again(stage: Stage) -> None:
    """503 and not an error of the program; the same message, sent again later, is kept once."""
    trainee: Any = await stage.trainee("web")
    await room(stage, FULL)
    for _ in range(100):
        message = {"words": LONG, "id": str(uuid4()), "tapped": False}
        before = kept(stage)
        refused = await trainee.http.post("/chat/say", json=message)
        if refused.status_code != 202:
            break
        await stage.answered()
    assert (refused.status_code, refused.headers.get("retry-after")) == (503, "5")
    await room(stage, ROOMY)
    for _ in range(2):
        assert (await trainee.http.post("/chat/say", json=message)).status_code == 202
    assert kept(stage) == before + 1
