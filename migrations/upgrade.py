"""Bring a database to the newest schema: in one transaction, so that a kill in the middle leaves the old one whole."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from foundation.database import Database
from foundation.errors import BadSetting, DatabaseAway

HERE = Path(__file__).parent
_LOCK = 7_101_959  # any number, the same in every process


def newest() -> str:
    """The newest revision, by file name: asking Alembic would cost half a second at every start."""
    return max(path.name.split("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


def bring_up(database: Database) -> bool:
    """Migrate if needed; returns whether anything was done. Raises BadSetting for a database newer than this code."""
    try:
        current = database.read_now(_current)
    except DatabaseAway as error:
        raise BadSetting(f"ZHIRAN_DATABASE_URL: the database cannot be reached ({error})") from error
    if current == newest():
        return False
    if current is not None and current > newest():
        raise BadSetting("ZHIRAN_DATABASE_URL: this database was made by a newer version; update the program")
    database.write_now(_upgrade)
    return True


def _current(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def begin_revision(database: Database, message: str) -> None:
    """Write the next revision from what the tables say that the database does not (for developers)."""
    from alembic import command
    from alembic.config import Config

    files = list((HERE / "versions").glob("[0-9]*.py"))
    number = int(newest()) + 1 if files else 1
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")

    def work(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")

    database.write_now(work)
