"""`zhiran backup` and `zhiran restore`: a whole copy under load, and back from it with nothing said twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import URL

from bot.inbox import OPEN
from bot.tables import inbox, lease, outbox
from foundation import settings as settings_module
from foundation.clock import system_clock
from foundation.database import Database
from foundation.errors import BadSetting
from migrations.upgrade import bring_up

KEY = "ZHIRAN_DATABASE_URL"


def backup(folder: Path, keep: int) -> int:
    """Write a copy named by its moment (UTC), readable by its owner alone; only the newest `keep` stay."""
    settings = settings_module.load()
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    url = _url(settings.database_url)
    ending = ".db" if _is_sqlite(url) else ".dump"
    path = folder / f"zhiran-{system_clock():%Y%m%d-%H%M%S-%f}{ending}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _copy(url, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    for old in sorted(folder.glob(f"zhiran-*{ending}"), reverse=True)[keep:]:
        old.unlink()
    print(path)
    return 0


def restore(file: Path) -> int:
    """Put a copy in the database's place, bring it up to date, and close what was open in it.

    Refused while a process uses the database. What was open was answered or sent after the copy was made: it is not
    said a second time.
    """
    settings = settings_module.load()
    url = _url(settings.database_url)
    if _is_sqlite(url):
        _put_sqlite(file, Path(str(url.database)))
    else:
        _put_postgres(file, url)
    database = Database(settings.database_url)
    try:
        bring_up(database)
        database.write_now(_close_what_was_open)
    finally:
        database.close()
    print(f"{file} restored")
    return 0


def _close_what_was_open(connection: Connection) -> None:
    connection.execute(inbox.update().where(inbox.c.state.in_(OPEN)).values(state="given_up", replies=None))
    connection.execute(lease.delete())
    connection.execute(outbox.update().where(outbox.c.state.in_(("due", "sending"))).values(state="dropped"))


def _copy(url: URL, path: Path) -> None:
    if not _is_sqlite(url):
        _run(url, "pg_dump", "--format=custom", f"--file={path}")
        return
    if not Path(str(url.database)).exists():
        raise BadSetting(f"{KEY}: there is no database to copy yet")
    with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
    _check(path)


def _check(file: Path) -> None:
    """Raises BadSetting for what is no whole database of ours."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            said = copy.execute("PRAGMA integrity_check").fetchone()[0]
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise BadSetting(f"{file} is no whole copy of a database ({said[:80]})")


def _put_sqlite(file: Path, place: Path) -> None:
    _check(file)
    if place.exists():
        _refuse_while_used(place)
        os.replace(place, place.with_name(place.name + ".before-restore"))
    for journal in ("-wal", "-shm"):  # of the old database: over the restored one they would spoil it
        Path(f"{place}{journal}").unlink(missing_ok=True)
    place.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    beside = place.with_name(place.name + ".restoring")
    shutil.copyfile(file, beside)
    beside.chmod(0o600)
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(beside, place)


def _refuse_while_used(place: Path) -> None:
    """SQLite leaves its journal mode only when no other connection is open; that also empties the journal."""
    try:
        with closing(sqlite3.connect(place, timeout=1)) as own:
            own.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise BadSetting(f"{KEY}: the database is in use; stop the program first") from error
    except sqlite3.DatabaseError:
        return  # spoilt: that is why somebody restores


def _put_postgres(file: Path, url: URL) -> None:
    if not file.exists():
        raise BadSetting(f"{file} is not there")
    engine = sa.create_engine(url)
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with engine.connect() as connection:
        used = connection.execute(others).scalar_one()
    engine.dispose()
    if used:
        raise BadSetting(f"{KEY}: the database is in use; stop the program first")
    # With no owner named, the rows belong to whoever restores; in one transaction it is done whole or not at all.
    _run(url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname=", str(file))


def _run(url: URL, program: str, *options: str) -> None:
    """One of PostgreSQL's own programs; where to is said in its environment, so that no password stands in a process list."""
    found = shutil.which(program)
    if found is None:
        raise BadSetting(f"{program} is missing: install PostgreSQL's client programs")
    given = {"PGHOST": url.host or url.query.get("host"), "PGPORT": url.port, "PGUSER": url.username}
    given |= {"PGPASSWORD": url.password, "PGDATABASE": url.database}
    environment = os.environ | {key: str(value) for key, value in given.items() if value}
    options = tuple(f"--dbname={url.database}" if option == "--dbname=" else option for option in options)
    done = subprocess.run([found, *options], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise BadSetting(f"{program}: {last[0][:160]}")


def _url(database_url: str) -> URL:
    database = Database(database_url)
    database.close()
    return database.url


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"
