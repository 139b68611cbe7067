"""What stands behind the lead's numbers, row by row: each kind of row in two queries, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum import report_models
from curriculum.model_tables import work, work_outcome
from curriculum.report import gap_questions, here, lead_only
from curriculum.tables import answer, handover, membership, person, question
from curriculum.team_tables import assignment, playbook_tally, skill_tally, task
from foundation.scope import Scope

Found = tuple[int, list[sa.Row[Any]]]  # how many there are, and those of one page


def standing(
    connection: Connection,
    scope: Scope,
    wanted: dict[str, str],
    rung: int | None,
    limit: int,
    skip: int = 0,
) -> Found:
    """Who has used a playbook or answered about it, and the rung they have proven; of one version where one is wanted."""
    lead_only(scope)
    tally = playbook_tally.c
    sums = {one: sa.func.sum(tally[one]).label(one) for one in ("uses", "points", "answers")}
    highest, last = sa.func.max(tally.rung), sa.func.max(tally.last_at).label("last_at")
    who = (tally.person_id, person.c.name, tally.playbook_id)
    query = sa.select(*who, highest.label("rung"), *sums.values(), last).select_from(_of_today(playbook_tally, scope))
    query = query.where(_mine(playbook_tally, scope, wanted)).group_by(*who)
    if rung is not None:
        query = query.having(highest == rung)
    return _some(connection, query, (last.desc(), tally.person_id, tally.playbook_id), limit, skip)


def handovers(
    connection: Connection, scope: Scope, wanted: dict[str, str], since: datetime | None, limit: int, skip: int = 0
) -> Found:
    """Prompts that were handed over: to whom, when, which; never what was filled in."""
    lead_only(scope)
    one = handover.c
    query = sa.select(person.c.name, one.at, one.playbook_id, one.version).select_from(_of_today(handover, scope))
    query = query.where(_mine(handover, scope, wanted))
    if since is not None:
        query = query.where(one.at >= since)
    return _some(connection, query, (one.at.desc(), one.id), limit, skip)


@dataclass(frozen=True)
class Made:
    """A finished work, without a word of it; its figures are the sums of the days that count for what was asked."""

    name: str
    at: datetime
    playbook_id: str
    version: str
    product: str
    share: float | None
    words: int | None
    changes: Sequence[str]
    impressions: int | None = None
    clicks: int | None = None
    orders: int | None = None


def works(
    connection: Connection,
    scope: Scope,
    wanted: dict[str, str],
    what: str,
    reason: str,
    limit: int,
    skip: int = 0,
) -> tuple[int, list[Made]]:
    """Finished works: all, those of which a share of AI, a click rate or an order rate is made, or changed for a reason."""
    lead_only(scope)
    one, figure = work.c, work_outcome.c
    days = {"clicks": report_models.SEEN, "orders": report_models.BOUGHT}.get(what, sa.true())
    columns = (one.id, person.c.name, one.finished_at, one.playbook_id, one.version, one.product)
    query = sa.select(*columns, one.ai_share, one.words, one.changes).select_from(_of_today(work, scope))
    query = query.where(_mine(work, scope, wanted) & one.finished_at.is_not(None))
    if what == "share":
        query = query.where(report_models.SHARE_KNOWN)
    elif what in ("clicks", "orders"):
        query = query.where(one.id.in_(sa.select(figure.work_id).where(days)))
    if reason:
        query = query.where(sa.cast(one.changes, sa.Text).contains(f'"{reason}"', autoescape=True))
    order = (one.finished_at.desc(), one.id)
    total, found = _some(connection, query, order, limit, skip)
    page = query.with_only_columns(one.id).order_by(*order).limit(limit).offset(skip).subquery()
    sums = [sa.func.sum(value) for value in (figure.impressions, figure.clicks, figure.orders)]
    of_page = sa.select(figure.work_id, *sums).select_from(work_outcome.join(page, page.c.id == figure.work_id))
    figures = {row[0]: row[1:] for row in connection.execute(of_page.where(days).group_by(figure.work_id))}
    return total, [_made(row, figures.get(row.id, (None, None, None))) for row in found]


def _made(row: sa.Row[Any], figures: Sequence[Any]) -> Made:
    # PostgreSQL adds up large whole numbers as decimals.
    sums = (None if one is None else int(one) for one in figures)
    book = (row.playbook_id, row.version, row.product)
    return Made(row.name, row.finished_at, *book, row.ai_share, row.words, row.changes, *sums)


def questions(
    connection: Connection, scope: Scope, person_id: str, answered: bool | None, limit: int, skip: int = 0
) -> Found:
    """Questions no playbook answers, the newest first: all, those somebody has answered, or those nobody has."""
    lead_only(scope)
    query = gap_questions(scope)
    if person_id:
        query = query.where(question.c.person_id == person_id)
    if answered is not None:
        query = query.where(question.c.answered_by.is_not(None) if answered else question.c.answered_by.is_(None))
    return _some(connection, query, (question.c.at.desc(), question.c.id), limit, skip)


def members(
    connection: Connection, scope: Scope, person_id: str, since: datetime | None, limit: int, skip: int = 0
) -> Found:
    """Who belongs to the team today, with how they answered; with a moment, those who have answered since."""
    lead_only(scope)
    of_team = skill_tally.c.team_id == scope.team_id
    sums = sa.select(skill_tally.c.person_id, sa.func.sum(skill_tally.c.points), sa.func.sum(skill_tally.c.answers))
    given = sums.where(of_team).group_by(skill_tally.c.person_id)
    if since is not None:
        judged = (answer.c.team_id == scope.team_id) & answer.c.correct.is_not(None) & (answer.c.at >= since)
        given = sa.select(answer.c.person_id, sa.func.sum(answer.c.score), sa.func.count()).where(judged)
        given = given.group_by(answer.c.person_id)
    made = given.subquery("made")
    who, points, answers = made.c
    one = membership.c
    joined = membership.join(person, person.c.id == one.person_id)
    joined = joined.join(made, who == one.person_id, isouter=since is None)
    counts = (sa.func.coalesce(points, 0.0).label("points"), sa.func.coalesce(answers, 0).label("answers"))
    query = sa.select(one.person_id, person.c.name, one.roles, one.cohort, one.joined_at, *counts).select_from(joined)
    query = query.where((one.team_id == scope.team_id) & one.left_at.is_(None))
    if person_id:
        query = query.where(one.person_id == person_id)
    return _some(connection, query, (one.joined_at.desc(), one.person_id), limit, skip)


def open_tasks(
    connection: Connection, scope: Scope, person_id: str, late: datetime | None, limit: int, skip: int = 0
) -> Found:
    """Tasks that are still to do, the earliest due first; with a moment, those due before it."""
    lead_only(scope)
    given = assignment.c
    joined = _of_today(task, scope).join(assignment, given.id == task.c.assignment_id)
    still = (task.c.team_id == scope.team_id) & task.c.done_at.is_(None) & given.withdrawn_at.is_(None)
    query = sa.select(person.c.id, person.c.name, given.kind, given.target, given.due_at).select_from(joined)
    query = query.where(still)
    if late is not None:
        query = query.where(given.due_at < late)
    if person_id:
        query = query.where(task.c.person_id == person_id)
    return _some(connection, query, (given.due_at, person.c.name, given.id, person.c.id), limit, skip)


def _of_today(table: sa.Table, scope: Scope) -> sa.Join:
    """Rows with their people, of those who belong to the team today."""
    return table.join(membership, here(table, scope)).join(person, person.c.id == table.c.person_id)


def _mine(table: sa.Table, scope: Scope, wanted: dict[str, str]) -> sa.ColumnElement[bool]:
    """The team's rows with these values in these columns."""
    where = table.c.team_id == scope.team_id
    for name, value in wanted.items():
        where &= table.c[name] == value
    return where


def _some(
    connection: Connection, query: sa.Select[Any], order: tuple[sa.ColumnElement[Any], ...], limit: int, skip: int
) -> Found:
    total = connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    return total, list(connection.execute(query.order_by(*order).limit(limit).offset(skip)))
