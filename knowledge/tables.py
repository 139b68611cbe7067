"""The shelf's rows: playbooks by team, id and version."""

from __future__ import annotations

import sqlalchemy as sa

from foundation.database import Moment, metadata

playbook = sa.Table(
    "playbook",
    metadata,
    sa.Column("team_id", sa.String(32), sa.ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("version", sa.String(20), primary_key=True),
    sa.Column("status", sa.String(10), nullable=False),  # draft · in review · vetted · retired
    sa.Column("kind", sa.String(10), nullable=False),  # document (Markdown) · entry (a catalogue entry, to be written)
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("vetted_by", sa.String(80), nullable=False, default=""),
    sa.Column("vetted_at", Moment, nullable=True),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint("status IN ('draft', 'in review', 'vetted', 'retired')", name="status_known"),
    sa.CheckConstraint("status <> 'vetted' OR vetted_at IS NOT NULL", name="vetted_has_date"),
)
