"""Which message shows what: so that a later reply replaces the earlier one, also after a restart, also elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from foundation.database import insert, metadata

DOOR = "telegram"

telegram_message = sa.Table(
    "telegram_message",
    metadata,
    sa.Column("door", sa.String(16), nullable=False, default=DOOR),
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(120), primary_key=True),  # the reply's own, or #n for the n-th reply of a turn
    sa.Column("message_id", sa.BigInteger, nullable=False),
    sa.Column("turn_id", sa.String(32), nullable=False),  # a turn delivered again finds what it said the first time
    # Goes with the account when a person asks to be forgotten.
    sa.ForeignKeyConstraint(["door", "account"], ["account.door", "account.external_id"], ondelete="CASCADE"),
)


@dataclass(frozen=True)
class Shown:
    """Where a key stands: its message and the turn that sent it (None: nowhere yet), and the newest we know of."""

    message_id: int | None
    turn_id: str | None
    newest: int


# Built once: building a statement costs more than running it, and this one is run in every turn.
_OF_ACCOUNT = sa.select(telegram_message.c.key, telegram_message.c.message_id, telegram_message.c.turn_id).where(
    telegram_message.c.account == sa.bindparam("of")
)


def shown(connection: Connection, account_id: str, key: str) -> Shown:
    rows = connection.execute(_OF_ACCOUNT, {"of": account_id}).all()  # a handful: one for each key in use
    here = next((row for row in rows if row.key == key), None)
    newest = max((row.message_id for row in rows), default=0)
    return Shown(here.message_id, here.turn_id, newest) if here else Shown(None, None, newest)


def show(connection: Connection, account_id: str, key: str, message_id: int, turn_id: str) -> None:
    """From now on this key is shown by this message."""
    row = {"door": DOOR, "account": account_id, "key": key, "message_id": message_id, "turn_id": turn_id}
    connection.execute(_upsert(connection), row)


def _upsert(connection: Connection) -> Any:
    dialect = connection.dialect.name
    if dialect not in _UPSERTS:
        fresh = insert(connection, telegram_message)
        changes = {name: fresh.excluded[name] for name in ("message_id", "turn_id")}
        _UPSERTS[dialect] = fresh.on_conflict_do_update(index_elements=["account", "key"], set_=changes)
    return _UPSERTS[dialect]


_UPSERTS: dict[str, Any] = {}
