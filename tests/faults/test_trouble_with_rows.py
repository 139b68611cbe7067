"""Two processes' worth of houses on one database, copies and disorder, locks and lost connections: each turn once."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random

import pytest
import sqlalchemy as sa

from bot.inbox import bind_account
from bot.message import Arrival, Reply, Turn
from bot.seed import Demo
from bot.tables import inbox
from bot.wiring import House, build_house
from curriculum import people
from foundation.clock import system_clock
from foundation.errors import DatabaseAway
from foundation.settings import Settings
from tests.helpers.databases import Shelf, path_of
from tests.helpers.index import shared_finder

pytestmark = pytest.mark.slow
WITHIN = 240  # seconds; a busy machine is no fault


@dataclass
class Ear:
    """A door that notes what it was given to say, across all houses it belongs to."""

    name: str = "ear"
    turns: list[Turn] = field(default_factory=list)

    async def deliver(self, turn: Turn, reply: Reply, *, final: bool = True) -> None:
        await asyncio.sleep(0)
        self.turns.append(turn)


@dataclass
class Pair:
    """Two houses over one database, and the ear they share."""

    houses: list[House]
    demo: Demo
    ear: Ear

    async def keep(self, which: int, arrival: Arrival) -> None:
        """As a door does: again until it is kept."""
        turns = self.houses[which % 2].turns
        while True:
            try:
                kept = await turns.receive(arrival)
            except DatabaseAway:
                await asyncio.sleep(0.1)
                continue
            if kept is not None:
                turns.start(kept)
            return

    def bind(self, account: str, person_id: str) -> None:
        database = self.houses[0].database
        database.write_now(lambda c: bind_account(c, "ear", account, person_id, system_clock()))

    async def settled(self) -> None:
        """Until nothing is open; both houses recover as they do every half minute."""
        open_ones = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.state != "delivered")
        async with asyncio.timeout(WITHIN):
            while True:
                try:
                    for house in self.houses:
                        await house.turns.drain(WITHIN)
                    if not await self.houses[0].database.read(lambda c: c.execute(open_ones).scalar_one()):
                        return
                    for house in self.houses:
                        await house.turns.recover()
                except DatabaseAway:
                    pass
                await asyncio.sleep(0.1)


@pytest.fixture
async def pair(shelf_of_databases: Shelf) -> AsyncIterator[Pair]:
    url, demo = shelf_of_databases.seeded()
    ear = Ear()
    async with AsyncExitStack() as stack:
        houses = []
        for _ in range(2):
            house = build_house(Settings(database_url=url, lease_seconds=5))
            house.finders.build = shared_finder
            house.turns.doors["ear"] = ear
            stack.callback(house.database.close)
            houses.append(house)
        yield Pair(houses, demo, ear)


async def test_fifty_messages_of_one_person_at_two_houses(pair: Pair) -> None:
    """None is lost, none answered twice, and they are answered in the order they were kept."""
    pair.bind("a", pair.demo.people["小林"])
    await asyncio.gather(*(pair.keep(n, Arrival("ear", str(n), "a", "/help", payload={})) for n in range(50)))
    await pair.settled()
    order = await pair.houses[0].database.read(
        lambda c: c.execute(sa.select(inbox.c.id).order_by(inbox.c.seq)).scalars().all()
    )
    assert [turn.id for turn in pair.ear.turns] == list(order) and len(order) == 50


async def test_copies_and_disorder(pair: Pair) -> None:
    """A thousand updates, 30 % of them brought twice, 20 % out of order, at two houses: a thousand effects."""
    chance, wanted = Random(7), 1000
    for account in range(20):
        database = pair.houses[0].database
        person_id = database.write_now(lambda c: people.add_person(c, "p", "en", system_clock()))
        pair.bind(f"a{account}", person_id)
    updates = [Arrival("ear", str(n), f"a{n % 20}", "/start", payload={}) for n in range(wanted)]
    brought = updates + chance.sample(updates, 3 * wanted // 10)
    for _ in range(2 * wanted // 10):
        first, second = chance.sample(range(len(brought)), 2)
        brought[first], brought[second] = brought[second], brought[first]
    for begin in range(0, len(brought), 50):
        await asyncio.gather(*(pair.keep(n, one) for n, one in enumerate(brought[begin : begin + 50])))
    await pair.settled()
    times = Counter(turn.id for turn in pair.ear.turns)
    assert len(times) == wanted and set(times.values()) == {1}


async def test_while_the_database_is_held_or_cut_words_wait(pair: Pair) -> None:
    """SQLite: another process holds the file for five seconds. PostgreSQL: the server ends every connection eight times."""
    pair.bind("a", pair.demo.people["小林"])
    house = pair.houses[0]
    if house.database.is_sqlite:
        await _while_held(pair, str(path_of(house.settings.database_url)))
    else:
        await _while_cut(pair, house)


async def _while_cut(pair: Pair, house: House) -> None:
    name = house.database.url.database
    cut = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    server = sa.create_engine(house.database.url.set(database="postgres"))

    async def cutting() -> None:
        for _ in range(8):
            await asyncio.sleep(0.25)
            await asyncio.to_thread(_run, server, cut, name)

    speaking = asyncio.gather(*(pair.keep(n, Arrival("ear", str(n), "a", "/home", payload={})) for n in range(40)))
    await asyncio.gather(speaking, cutting())
    await pair.settled()
    server.dispose()
    assert len({turn.id for turn in pair.ear.turns}) == 40


def _run(engine: sa.Engine, statement: sa.TextClause, name: str | None) -> None:
    with engine.connect() as connection:
        connection.execute(statement, {"name": name})


_LOCKS = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(5)
held.execute("COMMIT")
"""


async def _while_held(pair: Pair, path: str) -> None:
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", _LOCKS, path, stdout=asyncio.subprocess.PIPE)
    assert other.stdout is not None and await other.stdout.readline() == b"held\n"
    await asyncio.gather(*(pair.keep(n, Arrival("ear", str(n), "a", "/home", payload={})) for n in range(10)))
    await other.wait()
    await pair.settled()
    assert len(pair.ear.turns) == 10 == len({turn.id for turn in pair.ear.turns})
