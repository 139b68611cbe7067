"""Rows of the work of mentors and leads: tasks, the desk, marks, tallies that the lead's page reads, access for programs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from foundation.database import Moment, id_column, metadata


def _person(**options: Any) -> sa.Column[str]:
    return sa.Column(
        "person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False, **options
    )


def _team(**options: Any) -> sa.Column[str]:
    return sa.Column("team_id", sa.String(32), sa.ForeignKey("team.id", ondelete="CASCADE"), nullable=False, **options)


assignment = sa.Table(
    "assignment",
    metadata,
    id_column(),
    _team(),
    sa.Column("kind", sa.String(10), nullable=False),  # rung · quiz · powercut · lesson · course
    sa.Column(
        "target", sa.String(64), nullable=False
    ),  # a playbook's, lesson's or course's id; empty for the power-cut test
    sa.Column("amount", sa.Integer, nullable=False),  # the rung to reach, or how many answers
    sa.Column("audience", sa.String(70), nullable=False),  # all · cohort:NAME · person
    sa.Column("note", sa.String(300), nullable=False, default=""),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("created_by", sa.String(32), nullable=False),  # outlives its author: what was given stays given
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("withdrawn_at", Moment, nullable=True),
    sa.Column("moved_at", Moment, nullable=True),  # when its date or note was last changed
    sa.CheckConstraint("kind IN ('rung', 'quiz', 'powercut', 'lesson', 'course')", name="kind_known"),
    sa.Index("ix_assignment_team_due", "team_id", "due_at"),
)

task = sa.Table(
    "task",
    metadata,
    sa.Column("assignment_id", sa.String(32), sa.ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True),
    _person(primary_key=True),
    _team(),
    sa.Column("done_at", Moment, nullable=True),
    sa.Column("reminders", sa.Integer, nullable=False, default=0),
    sa.Column("remind_at", Moment, nullable=True),  # null: nothing more will be said of it
    sa.CheckConstraint("reminders >= 0 AND reminders <= 3", name="at_most_three"),
    sa.Index("ix_task_person_open", "person_id", "done_at"),
    sa.Index("ix_task_team_open", "team_id", "done_at"),
    sa.Index("ix_task_remind_at", "remind_at"),
)

desk_card = sa.Table(
    "desk_card",
    metadata,
    id_column(),
    _team(),
    _person(),  # the trainee it is about
    sa.Column("cause", sa.String(96), nullable=False, unique=True),  # one card for one cause
    sa.Column(
        "kind", sa.String(12), nullable=False
    ),  # disagree · writing · stuck · sure_wrong · first · unanswered · dispute
    sa.Column("subject", sa.JSON, nullable=False),  # ids and words of what is to be looked at
    sa.Column("worth", sa.Float, nullable=False),  # of a human look, 0 to 1
    sa.Column("at", Moment, nullable=False),
    sa.Column("done_at", Moment, nullable=True),
    sa.Column("done_by", sa.String(32), nullable=True),
    sa.Column("deed", sa.String(12), nullable=False, default=""),  # agreed · changed · said · answered · passed
    sa.Column("comment", sa.String(1000), nullable=False, default=""),
    sa.Index("ix_desk_card_team_open", "team_id", "done_at"),
)

mark = sa.Table(
    "mark",
    metadata,
    id_column(),
    _team(),
    _person(),  # whose answer was marked
    sa.Column("answer_id", sa.String(32), sa.ForeignKey("answer.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("first_score", sa.Float, nullable=False),  # what stood before this mark: the audit
    sa.Column("first_correct", sa.Boolean, nullable=True),
    sa.Column("first_by", sa.String(32), nullable=False),  # grader, self, or the mentor whose mark was changed
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Column("comment", sa.String(1000), nullable=False, default=""),
    sa.Column("at", Moment, nullable=False),
    sa.Column("deed_id", sa.String(64), nullable=False, unique=True),
    sa.CheckConstraint("score >= 0 AND score <= 1", name="score_range"),
    sa.Index("ix_mark_team_at", "team_id", "at"),
)

question_draft = sa.Table(
    "question_draft",
    metadata,
    sa.Column("question_id", sa.String(32), sa.ForeignKey("question.id", ondelete="CASCADE"), primary_key=True),
    _team(),
    _person(),  # who asked
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("state", sa.String(10), nullable=False, default="draft"),  # draft · used · dropped
)

skill_tally = sa.Table(
    "skill_tally",
    metadata,
    _team(primary_key=True),
    _person(primary_key=True),
    sa.Column("skill", sa.String(32), primary_key=True),
    sa.Column("answers", sa.Integer, nullable=False, default=0),
    sa.Column("points", sa.Float, nullable=False, default=0.0),
    sa.Column("probes", sa.Integer, nullable=False, default=0),  # answers given with the power cut
    sa.Column("probe_points", sa.Float, nullable=False, default=0.0),
    sa.Column("last_at", Moment, nullable=False),
)

playbook_tally = sa.Table(
    "playbook_tally",
    metadata,
    _team(primary_key=True),
    _person(primary_key=True),
    sa.Column("playbook_id", sa.String(32), primary_key=True),
    sa.Column("version", sa.String(20), primary_key=True),
    sa.Column("uses", sa.Integer, nullable=False, default=0),
    sa.Column("answers", sa.Integer, nullable=False, default=0),
    sa.Column("points", sa.Float, nullable=False, default=0.0),
    sa.Column("rung", sa.Integer, nullable=False, default=0),  # the highest proven by an unaided right answer
    sa.Column("last_at", Moment, nullable=False),
)

gap_tally = sa.Table(
    "gap_tally",
    metadata,
    _team(primary_key=True),
    _person(primary_key=True),
    sa.Column("gap", sa.Integer, primary_key=True),  # least days since the skill was last asked: 0 1 2 4 8 16 32 64
    sa.Column("answers", sa.Integer, nullable=False, default=0),
    sa.Column("points", sa.Float, nullable=False, default=0.0),
)

api_token = sa.Table(
    "api_token",
    metadata,
    id_column(),
    _team(),
    _person(),  # for whom it speaks, with no more than their roles of the moment
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", sa.String(60), nullable=False),  # space-separated: read · assign
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment, nullable=True),
    sa.Column("revoked_at", Moment, nullable=True),
)

used_once = sa.Table(
    "used_once",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # of a sign-in that may not be shown twice
    sa.Column("until", Moment, nullable=False, index=True),
)

live_quiz = sa.Table(
    "live_quiz",
    metadata,
    id_column(),
    _team(index=True),
    sa.Column("questions", sa.JSON, nullable=False),
    sa.Column("place", sa.Integer, nullable=False, default=0),  # of the question asked now
    sa.Column("is_shown", sa.Boolean, nullable=False, default=False),  # its answer
    sa.Column("started_by", sa.String(32), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment, nullable=True),
)

live_answer = sa.Table(
    "live_answer",
    metadata,
    sa.Column("quiz_id", sa.String(32), sa.ForeignKey("live_quiz.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    _person(primary_key=True),
    sa.Column("choice", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
