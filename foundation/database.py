"""The database: a transaction is a plain function, run in a worker thread, so that no network call fits inside one.

SQLite (embedded default): WAL, one writer thread, BEGIN IMMEDIATE. PostgreSQL: a pool of threads and connections.
SQLAlchemy Core, synchronous: measured, one hop to a thread a transaction costs less than one hop a statement,
which is what the async drivers do.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.types import TypeDecorator

from foundation.errors import BadSetting, DatabaseAway
from foundation.logs import Trouble
from foundation.people_text import storable

T = TypeVar("T")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BUSY_SECONDS = 30
CONNECTS_WITHIN = 10  # seconds, in which a server that is there has answered
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
EMPTYING_TRIES = 50
log = logging.getLogger(__name__)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. Refuses naive datetimes: a moment without a zone is a guess."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    """A fresh id: rows are born whole, without asking the database."""
    return uuid4().hex


def id_column(**options: Any) -> sa.Column[str]:
    return sa.Column("id", sa.String(32), primary_key=True, **options)


def insert(connection: Connection, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of this connection."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as dialect_insert
    else:
        from sqlalchemy.dialects.postgresql import insert as dialect_insert  # type: ignore[assignment]
    return dialect_insert(table)


def insert_new(connection: Connection, table: sa.Table, *unique: str) -> Any:
    """An INSERT that leaves a row standing that is there already; `.first()` of its result is None then.

    Its rowcount would not tell: psycopg gives -1 for every such INSERT.
    """
    columns = list(unique) or None
    return insert(connection, table).on_conflict_do_nothing(index_elements=columns).returning(sa.literal_column("1"))


class OncePerDialect:
    """A statement built once for each dialect: building one costs several times what running it costs.

    The values come with the execution, as bind parameters.
    """

    def __init__(self, build: Callable[[Connection], Any]) -> None:
        self._build = build
        self._built: dict[str, Any] = {}

    def __call__(self, connection: Connection) -> Any:
        dialect = connection.dialect.name
        if dialect not in self._built:
            self._built[dialect] = self._build(connection)
        return self._built[dialect]


class Database:
    """One database, reached through `read` and `write`."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self._writer_engine: Engine
        self._reader_engine: Engine
        self._has_answered = False  # as long as it has not, whoever starts says what is wrong
        self._trouble = Trouble(log, "the database cannot be used", "the database can be used again")
        self.url = _normal(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if self.url.database and self.url.database != ":memory:":
                _private_folder(Path(self.url.database).parent)
            engine = _sqlite_engine(self.url, threads=1 + 1 + 3)  # one for all: a statement is compiled once
            self._writer_engine = engine.execution_options(begin="BEGIN IMMEDIATE", wait=BUSY_SECONDS)
            # A turn's transaction takes less time than handing it to a thread: it is tried at once, without waiting.
            self._at_once = _AtOnce(engine.execution_options(begin="BEGIN IMMEDIATE", wait=0))
            self._reader_engine = engine.execution_options(begin="BEGIN", wait=BUSY_SECONDS)
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-write")
            self._reader = ThreadPoolExecutor(3, thread_name_prefix="db-read")
        else:
            self._writer_engine = self._reader_engine = _postgres_engine(self.url, pool_size)
            self._writer = self._reader = ThreadPoolExecutor(pool_size, thread_name_prefix="db")

    @property
    def engine(self) -> Engine:
        return self._writer_engine

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction and commit; any exception rolls all of it back. Raises DatabaseAway.

        `work` must be short: on SQLite it runs at once when nobody else writes, else in the writer's thread.
        """
        if self.is_sqlite:
            with self._our_words(), self._at_once.connection() as connection:
                if connection is not None:
                    done = work(connection)
            if connection is not None:
                self._trouble.over()
                return done
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.write_now, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent view; it must not write. Raises DatabaseAway."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, self.read_now, work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """As `write`, from a thread without an event loop (commands, migrations)."""
        with self._our_words(), self._writer_engine.begin() as connection:
            done = work(connection)
        self._trouble.over()  # not after reading: a full disk is read all the same
        return done

    def read_now(self, work: Callable[[Connection], T]) -> T:
        with self._our_words(), self._reader_engine.connect() as connection:
            found = work(connection)
        self._has_answered = True
        return found

    @contextmanager
    def _our_words(self) -> Iterator[None]:
        """What time mends becomes DatabaseAway, and is logged here alone: whoever asks again need not."""
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            if not _is_away(error):
                raise
            if self._has_answered:
                self._trouble.met(_cause(error))
            raise DatabaseAway(_cause(error)) from error

    async def leave_no_trace(self) -> None:
        """After a deletion: what was deleted goes from SQLite's journal too, as soon as no reader needs it.

        In the file itself `secure_delete` has overwritten it; PostgreSQL does so when it next cleans up.
        """
        if self.is_sqlite:
            for _ in range(EMPTYING_TRIES):
                if await asyncio.get_running_loop().run_in_executor(self._writer, self._empty_journal):
                    return
                await asyncio.sleep(0.1)
            log.warning("the journal could not be emptied yet: somebody reads all the time")

    def _empty_journal(self) -> bool:
        raw = self._writer_engine.raw_connection()
        try:
            return bool(raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        finally:
            raw.close()

    def close(self) -> None:
        if self.is_sqlite:
            self._at_once.close()
        self._writer.shutdown(wait=True)
        self._reader.shutdown(wait=True)
        self._writer_engine.dispose()
        self._reader_engine.dispose()


async def patiently(do: Callable[[Callable[[Connection], T]], Awaitable[T]], work: Callable[[Connection], T]) -> T:
    """As `do(work)`, however long the database is away: for what has happened outside already and must be noted."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await do(work)
        except DatabaseAway:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


# SQLite's codes for what is no fault of the statement.
_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}


def _is_away(error: OperationalError | InterfaceError) -> bool:
    """Whether time mends it. PostgreSQL's OperationalError never means the statement; SQLite's also does."""
    if isinstance(error.orig, sqlite3.Error):
        return (getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) in _PASSING
    return True


def _cause(error: OperationalError | InterfaceError) -> str:
    return str(getattr(error.orig, "sqlite_errorname", "") or type(error.orig).__name__)


def _normal(url: str) -> URL:
    """The URL with the driver we ship: `postgresql://` means psycopg 3."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername in ("postgresql", "postgres") else parsed


def _private_folder(folder: Path) -> None:
    # Playbooks and personal data lie here in clear: nobody else on the machine reads them.
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"ZHIRAN_DATABASE_URL: the folder {folder} cannot be made ({error.strerror})") from error


class _AtOnce:
    """One connection for transactions that need not wait: SQLite's write lock is free, or somebody else is at work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = threading.Lock()
        self._open: Connection | None = None

    @contextmanager
    def connection(self) -> Iterator[Connection | None]:
        """The connection in a transaction, or None when the lock is taken (only ever at BEGIN, so nothing was done)."""
        if not self._mine.acquire(blocking=False):
            yield None
            return
        try:
            try:
                self._open = self._open or self._engine.connect()
                transaction = self._open.begin()
            except OperationalError:
                yield None
                return
            with transaction:
                yield self._open
        finally:
            self._mine.release()

    def close(self) -> None:
        if self._open is not None:
            self._open.close()


def _sqlite_engine(url: URL, *, threads: int) -> Engine:
    """Execution options say how a transaction begins and how many seconds it waits for a lock."""
    # hide_parameters: a database error is logged, and people's words do not belong into logs.
    engine = sa.create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        pool_size=threads,
        max_overflow=2,
        pool_use_lifo=True,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        record.info["wait"] = BUSY_SECONDS
        if url.database and os.path.exists(url.database):
            os.chmod(url.database, 0o600)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options, info = connection.get_execution_options(), connection.info
        if info["wait"] != options["wait"]:
            _say(connection, f"PRAGMA busy_timeout={options['wait'] * 1000}")
            info["wait"] = options["wait"]
        _say(connection, options["begin"])

    return engine


def _postgres_engine(url: URL, pool_size: int) -> Engine:
    """PostgreSQL refuses a text with a NUL, whoever sent it: it is left out, as nobody sees it anyway."""
    from psycopg.types.string import StrDumper

    class Storable(StrDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(storable(obj))

    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": url.query.get("connect_timeout", CONNECTS_WITHIN)},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: Any) -> None:
        connection.adapters.register_dumper(str, Storable)

    return engine


def _say(connection: Connection, statement: str) -> None:
    """As SQLAlchemy's `exec_driver_sql`, which would cost a turn's four transactions more than their commits."""
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.execute(statement)
    except sqlite3.OperationalError as error:
        raise OperationalError(statement, None, error) from error
