"""Real databases for tests: SQLite files and databases of one PostgreSQL cluster, copied from one that was made once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Protocol, TypeVar

import sqlalchemy as sa

from bot.seed import Demo, seed_demo
from foundation.database import Database
from migrations.upgrade import bring_up
from tests.helpers.clock import MORNING

T = TypeVar("T")
KINDS = ("sqlite", "postgres")


class Shelf(Protocol):
    """Where databases of one kind come from: empty, brought up, or with the demo team."""

    def fresh(self) -> str: ...
    def brought_up(self) -> str: ...
    def seeded(self) -> tuple[str, Demo]: ...


@dataclass
class SQLiteShelf:
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def fresh(self) -> str:
        folder = self.folder / f"db{next(self._numbers)}"
        folder.mkdir()
        return f"sqlite:///{folder}/zhiran.db"

    def brought_up(self) -> str:
        return self._copy(self._brought_up)

    def seeded(self) -> tuple[str, Demo]:
        url, demo = self._seeded
        return self._copy(url), demo

    @cached_property
    def _brought_up(self) -> str:
        return _made(self.fresh(), _bring_up)[0]

    @cached_property
    def _seeded(self) -> tuple[str, Demo]:
        return _made(self.brought_up(), _seed)

    def _copy(self, url: str) -> str:
        fresh = self.fresh()
        shutil.copy(path_of(url), path_of(fresh))
        return fresh


@dataclass
class PostgresShelf:
    """Databases of one cluster, copied by the server itself."""

    server: str
    _numbers: Iterator[int] = field(default_factory=count)

    def fresh(self) -> str:
        return self._create("template0")

    def brought_up(self) -> str:
        return self._create(_name(self._brought_up))

    def seeded(self) -> tuple[str, Demo]:
        url, demo = self._seeded
        return self._create(_name(url)), demo

    @cached_property
    def _brought_up(self) -> str:
        return _made(self.fresh(), _bring_up)[0]

    @cached_property
    def _seeded(self) -> tuple[str, Demo]:
        return _made(self.brought_up(), _seed)

    def _create(self, template: str) -> str:
        name = f"t{next(self._numbers)}"
        engine = sa.create_engine(_psycopg(self.server), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        engine.dispose()
        return _psycopg(self.server).set(database=name).render_as_string(hide_password=False)


def path_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def open_database(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def _psycopg(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def _name(url: str) -> str:
    return str(sa.make_url(url).database)


def _made(url: str, work: Callable[[Database], T]) -> tuple[str, T]:
    with open_database(url) as database:  # closed, a SQLite file alone is the whole database
        return url, work(database)


def _bring_up(database: Database) -> None:
    bring_up(database)


def _seed(database: Database) -> Demo:
    return database.write_now(lambda c: seed_demo(c, MORNING))
