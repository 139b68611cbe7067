"""Rows of the conversation itself: who speaks at which door, what was kept, and what is to be said unasked."""

from __future__ import annotations

import sqlalchemy as sa

from foundation.database import Moment, id_column, metadata

account = sa.Table(
    "account",
    metadata,
    sa.Column("door", sa.String(16), primary_key=True),
    sa.Column("external_id", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("reachable", sa.Boolean, nullable=False, default=True),
    sa.Column("created_at", Moment, nullable=False),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("seq", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("door", sa.String(16), nullable=False),
    sa.Column("external_id", sa.String(96), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # kept · answered · delivered · given_up
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("replies", sa.JSON, nullable=True),
    sa.UniqueConstraint("door", "external_id"),
    sa.Index("ix_inbox_person_open", "person_id", "state", "seq"),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("token", sa.String(32), nullable=False),  # the fence: a late holder finds another token
    sa.Column("holder", sa.String(120), nullable=False),  # host:pid, so that a dead neighbour is seen at once
    sa.Column("until", Moment, nullable=False, index=True),
)

dialogue = sa.Table(
    "dialogue",
    metadata,
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.JSON, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    id_column(),
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("cause", sa.String(96), nullable=False, unique=True),  # what it is said for: said once
    sa.Column("kind", sa.String(16), nullable=False),  # reminder · assignment · answer · digest
    sa.Column("reply", sa.JSON, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # due · sending · sent · unreached · dropped
    sa.Column("not_before", Moment, nullable=False),
    sa.Column("sent_at", Moment, nullable=True),
    sa.Column("parts", sa.Integer, nullable=False, default=0),  # said for certain, of a message of several
    sa.Column("unsure", sa.Integer, nullable=False, default=0),  # tries of the next part whose outcome nobody knows
    sa.Index("ix_outbox_due", "state", "not_before"),
)

# A file that came with a turn (a photo, a voice message), kept only until the turn is done.
turn_file = sa.Table(
    "turn_file",
    metadata,
    sa.Column("turn_id", sa.String(32), sa.ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("media_type", sa.String(80), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

# What a person was let out of models' answers, as far as it could add up to something hidden; kept for a day.
let_out = sa.Table(
    "let_out",
    metadata,
    id_column(),
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("spent", sa.Integer, nullable=False),  # characters of hidden pieces
    sa.Column("pieces", sa.JSON, nullable=False),  # their hashes, in hex
    sa.Column("short", sa.Text, nullable=False),  # a short answer whole: it may be an instalment
    sa.Index("ix_let_out_person_at", "person_id", "at"),
)
