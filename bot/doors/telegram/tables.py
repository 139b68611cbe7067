"""Which message shows what: so that a later reply replaces the earlier one, also after a restart, also elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.tables import account
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


def shown(connection: Connection, account_id: str, key: str) -> Shown:
    table = telegram_message
    newest = sa.select(sa.func.max(table.c.message_id)).where(table.c.account == account_id).scalar_subquery()
    here = (table.c.account == account_id) & (table.c.key == key)
    row = connection.execute(
        sa.select(table.c.message_id, table.c.turn_id, newest.label("newest")).select_from(
            sa.select(sa.literal(1).label("one")).subquery().outerjoin(table, here)
        )
    ).one()
    return Shown(row.message_id, row.turn_id, row.newest or 0)


def show(connection: Connection, account_id: str, key: str, message_id: int, turn_id: str) -> None:
    """From now on this key is shown by this message."""
    row = {"door": DOOR, "account": account_id, "key": key, "message_id": message_id, "turn_id": turn_id}
    changes = {"message_id": message_id, "turn_id": turn_id}
    statement = insert(connection, telegram_message).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["account", "key"], set_=changes))


def note_unreachable(connection: Connection, account_id: str) -> None:
    """The person blocked the bot: nothing is said unasked until they write again."""
    here = (account.c.door == DOOR) & (account.c.external_id == account_id)
    connection.execute(account.update().where(here).values(reachable=False))
