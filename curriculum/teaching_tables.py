"""Rows of teaching: what the tutor was told, what it remembers, lessons under way, reminders, power-cut tests."""

from __future__ import annotations

import sqlalchemy as sa

from foundation.database import Moment, metadata


def _mine(**options: object) -> tuple[sa.Column[str], sa.Column[str]]:
    team = sa.ForeignKey("team.id", ondelete="CASCADE")
    person = sa.ForeignKey("person.id", ondelete="CASCADE")
    return (
        sa.Column("team_id", sa.String(32), team, nullable=False, **options),  # type: ignore[arg-type]
        sa.Column("person_id", sa.String(32), person, nullable=False, **options),  # type: ignore[arg-type]
    )


# The tutor's whole input in order: whoever tells it the same again gets the same tutor.
tutor_event = sa.Table(
    "tutor_event",
    metadata,
    sa.Column("seq", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), primary_key=True, autoincrement=True),
    *_mine(),
    sa.Column("what", sa.String(8), nullable=False),  # used · graded · studied
    sa.Column("skill", sa.String(32), nullable=False),
    sa.Column("item", sa.String(120), nullable=False, default=""),
    sa.Column("kind", sa.String(20), nullable=False, default=""),
    sa.Column("guess", sa.Float, nullable=False, default=0.0),
    sa.Column("difficulty", sa.Float, nullable=False, default=0.0),
    sa.Column("minutes", sa.Float, nullable=False, default=0.0),
    sa.Column("correct", sa.Boolean, nullable=True),
    sa.Column("hints", sa.Integer, nullable=False, default=0),
    sa.Column("urgent", sa.Boolean, nullable=False, default=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("turn_id", sa.String(32), nullable=False),
    sa.UniqueConstraint("turn_id", "what", "skill", "item"),
    sa.Index("ix_tutor_event_person", "person_id", "team_id", "seq"),
)

tutor_state = sa.Table(
    "tutor_state",
    metadata,
    *_mine(primary_key=True),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("settings", sa.String(80), nullable=False),  # under which settings it came about
    sa.Column("told", sa.Integer, nullable=False),  # how many events it was told
)

learning_setting = sa.Table(
    "learning_setting",
    metadata,
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("minutes", sa.Integer, nullable=False, default=5),
    sa.Column("hour", sa.Integer, nullable=False, default=9),
    sa.Column("quiet_from", sa.Integer, nullable=False, default=22),
    sa.Column("quiet_to", sa.Integer, nullable=False, default=8),
    sa.Column("is_on", sa.Boolean, nullable=False, default=True),
    sa.Column("snoozed_until", Moment, nullable=True),
)

power_cut = sa.Table(
    "power_cut",
    metadata,
    *_mine(primary_key=True),
    sa.Column("week", sa.String(8), primary_key=True),
    sa.Column("items", sa.JSON, nullable=False),
    sa.Column("began_at", Moment, nullable=False),
    sa.Column("done_at", Moment, nullable=True),
)

lesson_progress = sa.Table(
    "lesson_progress",
    metadata,
    *_mine(primary_key=True),
    sa.Column("lesson", sa.String(64), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("done_at", Moment, nullable=True),
    sa.Column("updated_at", Moment, nullable=False),
)
