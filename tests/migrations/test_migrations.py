"""Migrations on both databases: from nothing to what the tables say, and back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from foundation.database import Database
from migrations.tables import all_tables
from migrations.upgrade import HERE, bring_up, newest


def test_an_empty_database_becomes_what_the_tables_say(empty_database: Database) -> None:
    assert bring_up(empty_database)
    assert not bring_up(empty_database), "a second time there is nothing to do"

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), all_tables()))

    assert empty_database.read_now(differences) == []


def test_every_step_goes_back(empty_database: Database) -> None:
    bring_up(empty_database)

    def down(connection: Connection) -> list[str]:
        config = Config()
        config.set_main_option("script_location", str(HERE))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return [name for name in sa.inspect(connection).get_table_names() if name != "alembic_version"]

    assert empty_database.write_now(down) == []


def test_a_step_that_fails_leaves_the_old_schema_whole(empty_database: Database) -> None:
    class Killed(Exception):
        pass

    def half(connection: Connection) -> None:
        from migrations.upgrade import _upgrade

        _upgrade(connection)
        raise Killed

    with pytest.raises(Killed):
        empty_database.write_now(half)
    tables = empty_database.read_now(lambda c: sa.inspect(c).get_table_names())
    assert "person" not in tables
    assert bring_up(empty_database)
    version = empty_database.read_now(lambda c: c.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())
    assert version == newest()
