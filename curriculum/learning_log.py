"""What was revealed, answered and asked: rows that are added once and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum import assignments, tallies
from curriculum.grading import Verdict
from curriculum.tables import answer, handover, question, reveal
from foundation.database import OncePerDialect, insert, insert_new, new_id
from foundation.scope import Scope


@dataclass(frozen=True)
class About:
    """What an answer is about."""

    playbook_id: str
    version: str
    item_id: str
    kind: str
    skill: str
    clause: str = ""


@dataclass(frozen=True)
class How:
    """How an answer was given."""

    given: str
    verdict: Verdict
    purpose: str = "quiz"
    misconception: str = ""
    hints: int = 0
    confidence: str = ""
    seconds: float | None = None


def record_answer(
    connection: Connection, scope: Scope, about: About, how: How, door: str, turn_id: str, now: datetime
) -> bool:
    """Keep one graded answer; once for a turn. Returns whether it was new."""
    row: dict[str, Any] = vars(about) | {key: value for key, value in vars(how).items() if key != "verdict"}
    row |= {"score": how.verdict.score, "correct": how.verdict.correct, "self_check": how.verdict.self_check}
    rested = tallies.rested(connection, scope.team_id, scope.person_id, about.skill, now)
    row["rested"] = rested
    new = _once(connection, answer, scope, row, door, turn_id, now)
    if new and how.verdict.correct is not None:
        place = (scope.team_id, scope.person_id, about.playbook_id, about.version, about.skill, about.kind)
        verdict = how.verdict
        one = tallies.Counted(*place, verdict.score, verdict.correct is True, how.hints, how.purpose, now, rested)
        tallies.count_answer(connection, one)
    if new:
        assignments.settle(connection, scope.team_id, scope.person_id, now)
    return new


def record_reveal(
    connection: Connection, scope: Scope, about: About, how: str, door: str, turn_id: str, now: datetime
) -> bool:
    """Keep that a clause's reason was shown: earned (predicted right), missed, or peeked (asked to be told)."""
    row = {
        "playbook_id": about.playbook_id,
        "version": about.version,
        "clause": about.clause,
        "skill": about.skill,
        "how": how,
    }
    return _once(connection, reveal, scope, row, door, turn_id, now)


_ASKED = OncePerDialect(lambda c: insert(c, question).on_conflict_do_nothing(index_elements=["turn_id"]))


def record_question(
    connection: Connection,
    scope: Scope,
    words: str,
    outcome: str,
    candidates: Sequence[str],
    confidence: float,
    gap: bool,
    turn_id: str,
    now: datetime,
) -> str:
    """Keep what was asked and what was shown for it; a gap waits for a mentor or an owner. Returns the question's id."""
    row: dict[str, Any] = {
        "id": new_id(),
        "team_id": scope.team_id,
        "person_id": scope.person_id,
        "words": words[:4000],
        "outcome": outcome,
    }
    row |= {"candidates": list(candidates), "confidence": confidence, "is_gap": gap, "turn_id": turn_id, "at": now}
    connection.execute(_ASKED(connection), row)
    return str(row["id"])


def reject_candidate(connection: Connection, scope: Scope, question_id: str, playbook_id: str, gap: bool) -> None:
    """ "Not this one": remembered with the question, so that finding can be mended."""
    where = (
        (question.c.id == question_id)
        & (question.c.person_id == scope.person_id)
        & (question.c.team_id == scope.team_id)
    )
    rejected = connection.execute(sa.select(question.c.rejected).where(where)).scalar() or []
    if playbook_id not in rejected:
        rejected = [*rejected, playbook_id]
    connection.execute(
        question.update().where(where).values(rejected=rejected, is_gap=sa.or_(question.c.is_gap, sa.literal(gap)))
    )


def _once(
    connection: Connection, table: sa.Table, scope: Scope, row: dict[str, Any], door: str, turn_id: str, now: datetime
) -> bool:
    row |= {
        "id": new_id(),
        "team_id": scope.team_id,
        "person_id": scope.person_id,
        "door": door,
        "turn_id": turn_id,
        "at": now,
    }
    return connection.execute(insert_new(connection, table, "turn_id"), row).first() is not None


def reveals(connection: Connection, scope: Scope, playbook_id: str) -> dict[str, str]:
    """How each clause of a playbook was last revealed to this person."""
    where = (
        (reveal.c.person_id == scope.person_id)
        & (reveal.c.team_id == scope.team_id)
        & (reveal.c.playbook_id == playbook_id)
    )
    query = sa.select(reveal.c.clause, reveal.c.how).where(where).order_by(reveal.c.at)
    return {row.clause: row.how for row in connection.execute(query)}


@dataclass(frozen=True)
class Answered:
    playbook_id: str
    item_id: str
    skill: str
    clause: str
    score: float
    correct: bool | None
    purpose: str
    at: datetime


def answers_of(connection: Connection, scope: Scope, since: datetime | None = None) -> list[Answered]:
    """This person's answers in this team, in the order they were given."""
    where = (answer.c.person_id == scope.person_id) & (answer.c.team_id == scope.team_id)
    if since is not None:
        where &= answer.c.at >= since
    columns = [answer.c[name] for name in Answered.__dataclass_fields__]
    return [Answered(*row) for row in connection.execute(sa.select(*columns).where(where).order_by(answer.c.at))]


@dataclass(frozen=True)
class Tally:
    """What `/me` counts: prompts used, clauses understood or shown, answers given and right (self-checks apart)."""

    used: int
    playbooks: int
    earned: int
    peeked: int
    answered: int
    right: int
    self_checked: int


def tally(connection: Connection, scope: Scope) -> Tally:
    def mine(table: sa.Table) -> sa.ColumnElement[bool]:
        return (table.c.person_id == scope.person_id) & (table.c.team_id == scope.team_id)

    count = sa.func.count
    used = connection.execute(sa.select(count(), count(handover.c.playbook_id.distinct())).where(mine(handover))).one()
    how_often = sa.select(reveal.c.how, count().label("times")).where(mine(reveal)).group_by(reveal.c.how)
    shown: dict[str, int] = {row.how: row.times for row in connection.execute(how_often)}
    given = connection.execute(
        sa.select(
            count(),
            sa.func.sum(sa.case((answer.c.correct.is_(True), 1), else_=0)),
            sa.func.sum(sa.case((answer.c.self_check.is_(True), 1), else_=0)),
        ).where(mine(answer) & (answer.c.purpose != "why"))
    ).one()
    return Tally(
        used[0],
        used[1],
        shown.get("earned", 0),
        shown.get("peeked", 0),
        given[0],
        int(given[1] or 0),
        int(given[2] or 0),
    )
