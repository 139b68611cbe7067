"""Rows about people, teams and what they did; written only through the functions beside them."""

from __future__ import annotations

import sqlalchemy as sa

from foundation.database import Moment, id_column, metadata


def _person(*, primary_key: bool = False, index: bool = False) -> sa.Column[str]:
    whose = sa.ForeignKey("person.id", ondelete="CASCADE")
    return sa.Column("person_id", sa.String(32), whose, nullable=False, primary_key=primary_key, index=index or None)


def _team(*, primary_key: bool = False) -> sa.Column[str]:
    where = sa.ForeignKey("team.id", ondelete="CASCADE")
    return sa.Column("team_id", sa.String(32), where, nullable=False, primary_key=primary_key)


def _turn() -> sa.Column[str]:
    """Effects happen once by constraint: a turn answered again finds its row."""
    return sa.Column("turn_id", sa.String(32), nullable=False, unique=True)


person = sa.Table(
    "person",
    metadata,
    id_column(),
    sa.Column("name", sa.String(80), nullable=False, default=""),
    sa.Column("language", sa.String(8), nullable=False, default="zh-CN"),
    sa.Column("zone", sa.String(64), nullable=False, default="Asia/Shanghai"),
    sa.Column("team_id", sa.String(32), nullable=True),  # the team the person is acting in
    sa.Column(
        "session_epoch", sa.Integer, nullable=False, default=0
    ),  # raised on dismissal: every older session is out
    sa.Column("created_at", Moment, nullable=False),
)

team = sa.Table(
    "team",
    metadata,
    id_column(),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("zone", sa.String(64), nullable=False, default="Asia/Shanghai"),
    sa.Column("is_demo", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", Moment, nullable=False),
)

membership = sa.Table(
    "membership",
    metadata,
    _team(primary_key=True),
    _person(primary_key=True),
    sa.Column("roles", sa.String(60), nullable=False),  # space-separated
    sa.Column("cohort", sa.String(60), nullable=False, default=""),
    sa.Column("joined_at", Moment, nullable=False),
    sa.Column("left_at", Moment, nullable=True),
    sa.Column("dismissed_at", Moment, nullable=True),  # the last time; stays when they are invited anew
    sa.Index("ix_membership_person_id", "person_id"),
)

invitation = sa.Table(
    "invitation",
    metadata,
    id_column(),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    _team(),
    sa.Column("roles", sa.String(60), nullable=False),
    sa.Column("cohort", sa.String(60), nullable=False, default=""),
    sa.Column("uses", sa.Integer, nullable=False, default=0),
    sa.Column("max_uses", sa.Integer, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("created_by", sa.String(32), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment, nullable=True),
    sa.CheckConstraint("uses >= 0 AND uses <= max_uses", name="uses_within"),
)

sign_in_link = sa.Table(
    "sign_in_link",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    _person(),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("max_uses", sa.Integer, nullable=False, default=1),
    sa.Column("uses", sa.Integer, nullable=False, default=0),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    _person(index=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

form = sa.Table(
    "form",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("playbook_id", sa.String(32), nullable=False),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # open · saved · done · cancelled
    sa.Column("answers", sa.JSON, nullable=False),  # slot key -> value
    sa.Column("progress", sa.JSON, nullable=False),  # at, skipped, quick, taken over
    sa.Column("updated_at", Moment, nullable=False),
    sa.Index("ix_form_person_state", "person_id", "state"),
)

handover = sa.Table(
    "handover",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("playbook_id", sa.String(32), nullable=False),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("answers", sa.JSON, nullable=False),
    sa.Column("door", sa.String(16), nullable=False),
    sa.Column("at", Moment, nullable=False),
    _turn(),
    sa.Index("ix_handover_person_at", "person_id", "at"),
)

product_card = sa.Table(
    "product_card",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),  # slot key -> value
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("team_id", "person_id", "name"),
)

reveal = sa.Table(
    "reveal",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("playbook_id", sa.String(32), nullable=False),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("clause", sa.String(32), nullable=False),
    sa.Column("skill", sa.String(32), nullable=False),
    sa.Column("how", sa.String(8), nullable=False),  # earned · missed · peeked
    sa.Column("door", sa.String(16), nullable=False),
    sa.Column("at", Moment, nullable=False),
    _turn(),
    sa.Index("ix_reveal_person_playbook", "person_id", "playbook_id"),
)

answer = sa.Table(
    "answer",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("playbook_id", sa.String(32), nullable=False),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("item_id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("skill", sa.String(32), nullable=False),
    sa.Column("clause", sa.String(32), nullable=False, default=""),
    sa.Column("given", sa.Text, nullable=False),
    sa.Column("score", sa.Float, nullable=False),  # 0 to 1
    sa.Column("correct", sa.Boolean, nullable=True),  # null: nobody who can judge has judged (self-check)
    sa.Column("self_check", sa.Boolean, nullable=False, default=False),
    sa.Column("misconception", sa.String(80), nullable=False, default=""),
    sa.Column("hints", sa.Integer, nullable=False, default=0),
    sa.Column("confidence", sa.String(8), nullable=False, default=""),
    sa.Column("purpose", sa.String(12), nullable=False, default="quiz"),  # quiz · why · practice · probe
    sa.Column("seconds", sa.Float, nullable=True),
    sa.Column("rested", sa.Integer, nullable=True),  # days since its skill was last judged; null: never before
    sa.Column("door", sa.String(16), nullable=False),
    sa.Column("at", Moment, nullable=False),
    _turn(),
    sa.CheckConstraint("score >= 0 AND score <= 1", name="score_range"),
    sa.Index("ix_answer_person_at", "person_id", "at"),
    sa.Index("ix_answer_team_at", "team_id", "at"),
)

question = sa.Table(
    "question",
    metadata,
    id_column(),
    _team(),
    _person(),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("outcome", sa.String(8), nullable=False),  # found · choose · several · none
    sa.Column("candidates", sa.JSON, nullable=False),  # playbook ids shown, best first
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("rejected", sa.JSON, nullable=False, default=list),  # ids the person said "not this" to
    sa.Column("is_gap", sa.Boolean, nullable=False, default=False),  # waits for a mentor or an owner
    sa.Column("answered_by", sa.String(32), nullable=True),
    sa.Column("answer", sa.Text, nullable=True),
    sa.Column("at", Moment, nullable=False),
    _turn(),
    sa.Index("ix_question_team_gap", "team_id", "is_gap"),
)
