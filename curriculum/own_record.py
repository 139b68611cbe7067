"""Everything that is kept of one person, as plain values: theirs to take along."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from foundation.database import metadata
from foundation.scope import Scope

# What proves who somebody is, or belongs to the machine room, is no part of what was said and learned.
PRIVATE = ("session", "sign_in_link", "lease", "api_token")
LEFT_OUT = ("token_hash", "turn_id")


def own_record(connection: Connection, scope: Scope) -> dict[str, Any]:
    """All rows about this person, by table, in every team of theirs; nothing about anybody else."""
    person = metadata.tables["person"]
    row = connection.execute(sa.select(person).where(person.c.id == scope.person_id)).one()
    tables = {table.name: _rows(connection, table, scope.person_id) for table in _about_people()}
    return {"person": _plain(row._mapping), "tables": {name: rows for name, rows in tables.items() if rows}}


def _about_people() -> Iterator[sa.Table]:
    for table in metadata.sorted_tables:
        if "person_id" in table.c and table.name not in PRIVATE:
            yield table


def _rows(connection: Connection, table: sa.Table, person_id: str) -> list[dict[str, Any]]:
    order = [table.c[name] for name in ("seq", "at", "created_at", "updated_at") if name in table.c]
    query = sa.select(table).where(table.c.person_id == person_id).order_by(*order, *table.primary_key.columns)
    return [_plain(row._mapping) for row in connection.execute(query)]


def _plain(row: Any) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, (datetime, date)) else value
        for key, value in row.items()
        if key not in LEFT_OUT and not isinstance(value, bytes)
    }
