"""Rows about models at work: what was spent, works made with them, outcomes, gradings that wait for a mentor."""

from __future__ import annotations

import sqlalchemy as sa

from foundation.database import Moment, id_column, metadata


def _person(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(
        "person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=nullable, index=True
    )


def _team_key() -> sa.Column[str]:
    return sa.Column("team_id", sa.String(32), sa.ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)


def _team(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column("team_id", sa.String(32), sa.ForeignKey("team.id", ondelete="CASCADE"), nullable=nullable)


# One row for a person, one for a team, one for the house a day: held by calls under way, spent by calls that ended.
spending = sa.Table(
    "spending",
    metadata,
    sa.Column("purse", sa.String(48), primary_key=True),  # person:ID · team:ID · house
    sa.Column("day", sa.Date, primary_key=True),
    _person(nullable=True),
    _team(nullable=True),
    sa.Column("held", sa.BigInteger, nullable=False, default=0),  # millionths of the currency's unit
    sa.Column("spent", sa.BigInteger, nullable=False, default=0),
    sa.CheckConstraint("held >= 0 AND spent >= 0", name="not_negative"),
)

model_call = sa.Table(
    "model_call",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("turn_id", sa.String(32), nullable=False, index=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("purpose", sa.String(16), nullable=False),  # run · grade · xray · fill
    sa.Column("state", sa.String(8), nullable=False),  # held · settled · lost
    sa.Column("held", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("settled_at", Moment, nullable=True),
    sa.Index("ix_model_call_team_day", "team_id", "day"),
)

model_charge = sa.Table(
    "model_charge",
    metadata,
    sa.Column("call_id", sa.String(32), sa.ForeignKey("model_call.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # a call may try several endpoints
    sa.Column("endpoint", sa.String(40), nullable=False),
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("input_tokens", sa.BigInteger, nullable=False),
    sa.Column("cached_tokens", sa.BigInteger, nullable=False),
    sa.Column("output_tokens", sa.BigInteger, nullable=False),
    sa.Column("is_estimate", sa.Boolean, nullable=False),
    sa.Column("cost", sa.BigInteger, nullable=False),
)

work = sa.Table(
    "work",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("playbook_id", sa.String(32), nullable=False),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("product", sa.String(80), nullable=False, default=""),
    sa.Column("answers", sa.JSON, nullable=False),
    sa.Column("drafts", sa.JSON, nullable=False),  # what the model wrote, each try
    sa.Column("chosen", sa.Integer, nullable=False, default=0),
    sa.Column("origin", sa.String(10), nullable=False),  # model · pasted · unknown
    sa.Column("findings", sa.JSON, nullable=False, default=list),
    sa.Column("final", sa.Text, nullable=True),  # what was really used
    sa.Column("changes", sa.JSON, nullable=False, default=list),  # what was changed and why: taps
    sa.Column("at", Moment, nullable=False),
    sa.Column("finished_at", Moment, nullable=True),
    sa.Column("turn_id", sa.String(32), nullable=False, unique=True),
    # Of the final text, kept when it is: counting it anew for a page of 500 people would take seconds.
    sa.Column("ai_share", sa.Float, nullable=True),
    sa.Column("words", sa.Integer, nullable=True),
)

work_outcome = sa.Table(
    "work_outcome",
    metadata,
    sa.Column("work_id", sa.String(32), sa.ForeignKey("work.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    _person(),
    sa.Column("impressions", sa.BigInteger, nullable=True),
    sa.Column("clicks", sa.BigInteger, nullable=True),
    sa.Column("orders", sa.BigInteger, nullable=True),
    sa.Column("revenue", sa.BigInteger, nullable=True),  # millionths
    sa.Column("currency", sa.String(3), nullable=False, default=""),
    sa.Column("source", sa.String(6), nullable=False),  # hand · csv
    sa.Column("at", Moment, nullable=False),
)

grading = sa.Table(
    "grading",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("playbook_id", sa.String(32), nullable=False, default=""),
    sa.Column("version", sa.String(20), nullable=False, default=""),
    sa.Column("item_id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False, default=""),
    sa.Column("skill", sa.String(32), nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("ticked", sa.JSON, nullable=False, default=list),  # ids of what the learner says is met
    sa.Column("suggested", sa.Integer, nullable=True),  # 0 to 100; null: no grade could be made
    sa.Column("criteria", sa.JSON, nullable=False),  # [{id, text, met, quote}]
    sa.Column("state", sa.String(8), nullable=False),  # said · waiting · marked
    sa.Column("reason", sa.String(24), nullable=False, default=""),  # why it waits for a mentor
    sa.Column("mark", sa.Integer, nullable=True),  # the mentor's, 0 to 100
    sa.Column("marked_by", sa.String(32), nullable=True),
    sa.Column("marked_at", Moment, nullable=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("turn_id", sa.String(32), nullable=False, unique=True),
    sa.CheckConstraint("suggested IS NULL OR (suggested >= 0 AND suggested <= 100)", name="suggested_range"),
    sa.CheckConstraint("mark IS NULL OR (mark >= 0 AND mark <= 100)", name="mark_range"),
    sa.Index("ix_grading_team_state", "team_id", "state"),
)

# A pair of outputs with and without one clause, made once for these answers.
clause_pair = sa.Table(
    "clause_pair",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("playbook_id", sa.String(32), nullable=False),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("clause", sa.String(32), nullable=False),
    sa.Column("answers_digest", sa.String(64), nullable=False),
    sa.Column("with_clause", sa.Text, nullable=False),
    sa.Column("without_clause", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("person_id", "playbook_id", "version", "clause", "answers_digest", name="uq_clause_pair_what"),
)

# One output of an ablation: a playbook's own example with everything in it (clause "") or with one clause missing.
ablation_output = sa.Table(
    "ablation_output",
    metadata,
    _team_key(),
    sa.Column("playbook_id", sa.String(32), primary_key=True),
    sa.Column("version", sa.String(20), primary_key=True),
    sa.Column("clause", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("output", sa.Text, nullable=False),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("errors", sa.Integer, nullable=False),  # what the rulers object to
    sa.Column("cost", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
