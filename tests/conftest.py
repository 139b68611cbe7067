"""What every test may ask for: real databases, a clock in the hand, the demo team, and a stage for stories."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

# Before anything loads it: several test workers with a thread a core each only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import pytest

from bot.seed import Demo
from foundation.database import Database
from tests.helpers.clock import HandClock
from tests.helpers.databases import PostgresShelf, Shelf, SQLiteShelf, open_database
from tests.helpers.postgres import running_postgres
from tests.helpers.stage import Stage, staged

# Half of the usual examples keep the quick suite quick; on a busy machine no pace is a fault.
hypothesis.settings.register_profile(
    "quick", max_examples=50, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("thorough", hypothesis.settings.get_profile("quick"), max_examples=300)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def sqlite_shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return SQLiteShelf(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_shelf() -> Iterator[Shelf]:
    """One cluster for the session, gone with it."""
    with running_postgres() as url:
        yield PostgresShelf(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shelf_of_databases(request: pytest.FixtureRequest) -> Shelf:
    """Every test that asks for it runs on both databases."""
    shelf: Shelf = request.getfixturevalue(f"{request.param}_shelf")
    return shelf


@pytest.fixture
def empty_database(shelf_of_databases: Shelf) -> Iterator[Database]:
    with open_database(shelf_of_databases.fresh()) as database:
        yield database


@pytest.fixture
def database(shelf_of_databases: Shelf) -> Iterator[Database]:
    """Brought up to the newest schema, without a row."""
    with open_database(shelf_of_databases.brought_up()) as database:
        yield database


@pytest.fixture
def demo_database(shelf_of_databases: Shelf) -> Iterator[tuple[Database, Demo]]:
    """With the demo team and its vetted shelf."""
    url, demo = shelf_of_databases.seeded()
    with open_database(url) as database:
        yield database, demo


@pytest.fixture
async def stage(sqlite_shelf: Shelf, clock: HandClock) -> AsyncIterator[Stage]:
    """The whole house on the demo team, ready for people at any door."""
    async with staged(*sqlite_shelf.seeded(), clock) as stage:
        yield stage


@pytest.fixture
async def stage_on_both(shelf_of_databases: Shelf, clock: HandClock) -> AsyncIterator[Stage]:
    async with staged(*shelf_of_databases.seeded(), clock) as stage:
        yield stage


IN_THE_QUICK_SUITE = ("test_asking.py", "test_filling.py", "test_why.py", "test_lessons.py")
TOLD_ONCE = (
    "test_whatever_the_demos_model_makes_says_that_it_is_a_stand_in[telegram]",
    "test_every_number_opens_just_the_rows_it_counts[postgres]",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every story is told at every door; at the web door, the dearest to open, most of them wait for the slow suite."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        at_the_web = callspec is not None and callspec.params.get("door") == "web"
        if at_the_web and item.path.name not in IN_THE_QUICK_SUITE:
            item.add_marker("slow")
        # What takes ten seconds or more is told once in the quick suite, and elsewhere in the slow one.
        if item.nodeid.endswith(TOLD_ONCE):
            item.add_marker("slow")
