"""The web chat's transcript: a reply is delivered when its row stands, whether or not a browser is looking."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.tables import account as account_table
from foundation.database import Moment, metadata

DOOR = "web"
KEPT = 60  # messages kept for a reload; older ones go

web_message = sa.Table(
    "web_message",
    metadata,
    sa.Column("seq", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), primary_key=True, autoincrement=True),
    sa.Column("door", sa.String(16), nullable=False, default=DOOR),
    sa.Column("account", sa.String(64), nullable=False, index=True),
    sa.Column("turn_id", sa.String(32), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),  # which reply of the turn; 0 is the person's own words
    sa.Column("message", sa.JSON, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("turn_id", "place"),
    # Goes with the account when a person asks to be forgotten.
    sa.ForeignKeyConstraint(["door", "account"], ["account.door", "account.external_id"], ondelete="CASCADE"),
)


def append(
    connection: Connection, account: str, turn_id: str, place: int | None, message: dict[str, Any], now: datetime
) -> int | None:
    """Add a message to the transcript; None when this one stands already (a turn delivered again)."""
    # One at a time for an account: a page asks for what comes after the last number, and would never hear a lower one.
    whose = (account_table.c.door == DOOR) & (account_table.c.external_id == account)
    connection.execute(sa.select(account_table.c.door).where(whose).with_for_update(key_share=True))
    mine = web_message.c.account == account
    if place is None:
        count = connection.execute(
            sa.select(sa.func.max(web_message.c.place)).where(web_message.c.turn_id == turn_id)
        ).scalar()
        place = (count or 0) + 1
    row = {"account": account, "turn_id": turn_id, "place": place, "message": message, "at": now}
    known = connection.execute(
        sa.select(web_message.c.seq).where((web_message.c.turn_id == turn_id) & (web_message.c.place == place))
    ).scalar()
    if known is not None:
        return None
    seq = connection.execute(web_message.insert().values(row).returning(web_message.c.seq)).scalar_one()
    old = sa.select(web_message.c.seq).where(mine).order_by(web_message.c.seq.desc()).offset(KEPT)
    connection.execute(web_message.delete().where(mine & web_message.c.seq.in_(old)))
    return int(seq)


def after(connection: Connection, account: str, seq: int) -> list[tuple[int, dict[str, Any]]]:
    """The transcript after this number, in order."""
    query = sa.select(web_message.c.seq, web_message.c.message).where(
        (web_message.c.account == account) & (web_message.c.seq > seq)
    )
    return [(row.seq, row.message) for row in connection.execute(query.order_by(web_message.c.seq))]
