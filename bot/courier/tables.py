"""The courier's one row: which process speaks first now, because Telegram's limits belong to the bot, not to a process."""

from __future__ import annotations

import sqlalchemy as sa

from foundation.database import Moment, metadata

courier_lease = sa.Table(
    "courier_lease",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("token", sa.String(32), nullable=False),
    sa.Column("until", Moment, nullable=False),
)
