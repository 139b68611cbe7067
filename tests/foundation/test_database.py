"""The database: transactions whole or not at all, moments in UTC, files nobody else reads; on both kinds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from curriculum import people
from curriculum.tables import person
from foundation.database import Database, Moment, insert_new, new_id
from foundation.people_text import storable, visible
from tests.helpers.clock import MORNING
from tests.helpers.databases import Shelf, open_database, path_of


def names(database: Database) -> list[str]:
    return sorted(database.read_now(lambda c: c.execute(sa.select(person.c.name)).scalars().all()))


async def test_what_fails_half_way_leaves_nothing(database: Database) -> None:
    def work(connection: sa.Connection) -> None:
        people.add_person(connection, "半", "en", MORNING)
        raise RuntimeError("power cut")

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await database.write(work)
        with pytest.raises(RuntimeError):
            database.write_now(work)
    assert names(database) == []
    await database.write(lambda c: people.add_person(c, "全", "en", MORNING))
    assert names(database) == ["全"]


async def test_many_writers_at_once_all_get_through(database: Database) -> None:
    """From two processes' worth of connections, each row once."""
    with open_database(database.url.render_as_string(hide_password=False)) as other:
        doors = (database, other)
        await asyncio.gather(
            *(doors[n % 2].write(lambda c, n=n: people.add_person(c, f"{n:03}", "en", MORNING)) for n in range(120))  # type: ignore[misc]
        )
    assert names(database) == [f"{n:03}" for n in range(120)]


def test_an_insert_that_stands_already_says_so(database: Database) -> None:
    row = {"id": new_id(), "name": "一", "language": "en", "zone": "UTC", "created_at": MORNING}
    assert database.write_now(lambda c: c.execute(insert_new(c, person), row).first()) is not None
    assert database.write_now(lambda c: c.execute(insert_new(c, person), row | {"name": "二"}).first()) is None
    assert names(database) == ["一"]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=9, minutes=30))])
def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database, zone: timezone) -> None:
    at = datetime(2026, 3, 29, 2, 30, 1, 123456, tzinfo=zone)
    person_id = database.write_now(lambda c: people.add_person(c, "x", "en", at))
    kept = database.read_now(
        lambda c: c.execute(sa.select(person.c.created_at).where(person.c.id == person_id)).scalar_one()
    )
    assert (kept, kept.utcoffset()) == (at, timedelta(0))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), sa.create_engine("sqlite://").dialect)  # noqa: DTZ001


def test_a_sqlite_file_is_its_owners_alone(sqlite_shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    with open_database(f"sqlite:///{folder}/zhiran.db") as database:
        database.write_now(lambda c: c.execute(sa.text("CREATE TABLE t (x)")))
        assert folder.stat().st_mode & 0o077 == 0
        for path in folder.iterdir():
            assert path.stat().st_mode & 0o077 == 0, path.name


async def test_what_was_deleted_leaves_no_trace(sqlite_shelf: Shelf) -> None:
    """Neither in the file nor in its journal."""
    url = sqlite_shelf.brought_up()
    with open_database(url) as database:
        ids = [await database.write(lambda c, n=n: people.add_person(c, f"ZEBRA{n}", "en", MORNING)) for n in range(60)]  # type: ignore[misc]
        for person_id in ids:
            await database.write(lambda c, p=person_id: people.forget(c, p))  # type: ignore[misc]
        await database.leave_no_trace()
        left = b"".join(path.read_bytes() for path in path_of(url).parent.iterdir())
    assert left.count(b"ZEBRA") == 0


@given(st.text())
def test_what_is_storable_fits_in_utf8_and_loses_nothing_else(text: str) -> None:
    kept = storable(text + "\x00\ud800")
    kept.encode("utf-8")
    assert kept == text.replace("\x00", "")


@given(st.text())
def test_a_visible_name_stays_as_it_is(text: str) -> None:
    """Cleaning twice changes nothing more, and no line break is left."""
    once = visible(text)
    assert visible(once) == once and len(once.splitlines()) <= 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("\u202eevil", "evil"), ("a\u200bb", "ab"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("  a \n b ", "a b"), ("\u200d", "")],
)
def test_names_show_as_what_they_are(typed: str, kept: str) -> None:
    assert visible(typed) == kept
