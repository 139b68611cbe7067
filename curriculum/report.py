"""What the lead's page counts, in SQL over the running counts: how many queries does not grow with the team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.alike import heaps
from curriculum.tables import answer, handover, membership, person, question
from curriculum.tallies import rested_in
from curriculum.team_tables import assignment, gap_tally, mark, playbook_tally, skill_tally, task
from foundation.clock import zone
from foundation.errors import NotFound
from foundation.pinyin import name_order
from foundation.scope import Scope

LEADS = ("lead", "owner")
ENOUGH = 3  # below this many answers no share is shown (learning.md: never a bare number before 3 answers)
Z = 1.28  # eight times out of ten the true share lies in the range shown
A_PAGE = 40
ROWS = 200


@dataclass(frozen=True)
class Share:
    """A share of points among answers, with its likely range."""

    points: float
    answers: int

    @property
    def known(self) -> bool:
        return self.answers >= ENOUGH

    @property
    def mean(self) -> float:
        return self.points / self.answers if self.answers else 0.0

    @property
    def range(self) -> tuple[float, float]:
        """Wilson's score interval (1927), which stays sound for few answers."""
        n, p = self.answers, self.mean
        if not n:
            return 0.0, 1.0
        middle, spread = p + Z * Z / (2 * n), Z * sqrt(max(0.0, p * (1 - p)) / n + Z * Z / (4 * n * n))
        low, high = (middle - spread) / (1 + Z * Z / n), (middle + spread) / (1 + Z * Z / n)
        return max(0.0, min(p, low)), min(1.0, max(p, high))


@dataclass(frozen=True)
class Week:
    """This week at a glance, and the week before beside it."""

    answers: Share
    before: Share
    active: int
    people: int
    uses: int
    open_tasks: int
    overdue: int
    unanswered: int


def week_start(now: datetime, zone_name: str) -> datetime:
    """Monday's midnight where the team lives."""
    local = now.astimezone(zone(zone_name)).replace(hour=0, minute=0, second=0, microsecond=0)
    return local - timedelta(days=local.weekday())


def lead_only(scope: Scope) -> None:
    """Raises NotFound for anybody else."""
    if not scope.may(*LEADS):
        raise NotFound("report")


def here(table: sa.Table, scope: Scope) -> sa.ColumnElement[bool]:
    """The join that keeps only those who belong to the team today."""
    return (
        (membership.c.person_id == table.c.person_id)
        & (membership.c.team_id == scope.team_id)
        & membership.c.left_at.is_(None)
    )


def week(connection: Connection, scope: Scope, now: datetime, zone_name: str) -> Week:
    lead_only(scope)
    start = week_start(now, zone_name)
    this, before = (
        _answers(connection, scope, start, now + timedelta(seconds=1)),
        _answers(connection, scope, start - timedelta(days=7), start),
    )
    count = sa.func.count
    people = connection.execute(
        sa.select(count()).where((membership.c.team_id == scope.team_id) & membership.c.left_at.is_(None))
    ).scalar_one()
    took = (handover.c.team_id == scope.team_id) & (handover.c.at >= start)
    users = handover.join(membership, here(handover, scope))
    uses = connection.execute(sa.select(count()).select_from(users).where(took)).scalar_one()
    late = sa.func.sum(sa.case((assignment.c.due_at < now, 1), else_=0))
    still = (task.c.team_id == scope.team_id) & task.c.done_at.is_(None) & assignment.c.withdrawn_at.is_(None)
    joined = task.join(assignment, assignment.c.id == task.c.assignment_id).join(membership, here(task, scope))
    tasks = connection.execute(sa.select(count(), late).select_from(joined).where(still)).one()
    gaps = (question.c.team_id == scope.team_id) & question.c.is_gap.is_(True) & question.c.answered_by.is_(None)
    unanswered = connection.execute(sa.select(count()).select_from(question).where(gaps)).scalar_one()
    return Week(this[0], before[0], this[1], people, uses, tasks[0], int(tasks[1] or 0), unanswered)


def _answers(connection: Connection, scope: Scope, since: datetime, until: datetime) -> tuple[Share, int]:
    where = (
        (answer.c.team_id == scope.team_id)
        & (answer.c.at >= since)
        & (answer.c.at < until)
        & answer.c.correct.is_not(None)
    )
    counts = (sa.func.count(), sa.func.sum(answer.c.score), sa.func.count(answer.c.person_id.distinct()))
    joined = answer.join(membership, here(answer, scope))
    row = connection.execute(sa.select(*counts).select_from(joined).where(where)).one()
    return Share(float(row[1] or 0), row[0]), row[2]


@dataclass(frozen=True)
class SkillMap:
    """People by skills; `people` in the order of their names, `total` of them in all pages."""

    people: list[tuple[str, str]]
    total: int
    cells: Mapping[tuple[str, str], Share]
    team: Mapping[str, Share]


def skill_map(connection: Connection, scope: Scope, page: int = 0, size: int = A_PAGE) -> SkillMap:
    lead_only(scope)
    members = (membership.c.team_id == scope.team_id) & membership.c.left_at.is_(None)
    names = sa.select(person.c.id, person.c.name).select_from(membership.join(person)).where(members)
    # No database sorts names as Chinese readers do, so all of them are sorted here and a page is cut out.
    everybody = sorted((name_order(row.name), row.id, row.name) for row in connection.execute(names))
    people = [(person_id, name) for _, person_id, name in everybody[page * size : (page + 1) * size]]
    tally = skill_tally.c
    of_page = (tally.team_id == scope.team_id) & tally.person_id.in_([one for one, _ in people])
    cells = {
        (row.person_id, row.skill): Share(row.points, row.answers)
        for row in connection.execute(sa.select(skill_tally).where(of_page))
    }
    sums = sa.select(tally.skill, sa.func.sum(tally.points), sa.func.sum(tally.answers)).where(
        tally.team_id == scope.team_id
    )
    joined = sums.select_from(skill_tally.join(membership, here(skill_tally, scope))).group_by(tally.skill)
    team = {row[0]: Share(float(row[1]), int(row[2])) for row in connection.execute(joined)}
    return SkillMap(people, len(everybody), cells, team)


def ladder(connection: Connection, scope: Scope) -> dict[str, list[int]]:
    """For each playbook, how many people stand on each of the six rungs (by what they have proven)."""
    lead_only(scope)
    best = sa.select(
        playbook_tally.c.playbook_id, playbook_tally.c.person_id, sa.func.max(playbook_tally.c.rung).label("rung")
    )
    joined = best.select_from(playbook_tally.join(membership, here(playbook_tally, scope))).where(
        playbook_tally.c.team_id == scope.team_id
    )
    each = joined.group_by(playbook_tally.c.playbook_id, playbook_tally.c.person_id).subquery()
    counted = sa.select(each.c.playbook_id, each.c.rung, sa.func.count()).group_by(each.c.playbook_id, each.c.rung)
    found: dict[str, list[int]] = {}
    for book, rung, count in connection.execute(counted):
        found.setdefault(book, [0] * 6)[rung] = count
    return found


def autonomy(connection: Connection, scope: Scope) -> dict[str, tuple[str, Share]]:
    """By person: name, and the share right with the power cut; only those who have taken a test."""
    lead_only(scope)
    tally = skill_tally.c
    sums = sa.select(
        tally.person_id, person.c.name, sa.func.sum(tally.probe_points), sa.func.sum(tally.probes).label("probes")
    )
    joined = skill_tally.join(membership, here(skill_tally, scope)).join(person, person.c.id == tally.person_id)
    query = sums.select_from(joined).where(tally.team_id == scope.team_id).group_by(tally.person_id, person.c.name)
    rows = connection.execute(query.having(sa.func.sum(tally.probes) > 0).order_by(person.c.name))
    return {row[0]: (row[1], Share(float(row[2]), int(row[3]))) for row in rows}


def retention(connection: Connection, scope: Scope) -> dict[int, Share]:
    """Share right by how many days a skill had rested."""
    lead_only(scope)
    tally = gap_tally.c
    sums = sa.select(tally.gap, sa.func.sum(tally.points), sa.func.sum(tally.answers)).where(
        tally.team_id == scope.team_id
    )
    query = sums.select_from(gap_tally.join(membership, here(gap_tally, scope))).group_by(tally.gap).order_by(tally.gap)
    return {row[0]: Share(float(row[1]), int(row[2])) for row in connection.execute(query)}


@dataclass(frozen=True)
class BookUse:
    playbook_id: str
    version: str
    people: int
    uses: int
    result: Share


def playbook_use(connection: Connection, scope: Scope) -> list[BookUse]:
    """By playbook and version: people, prompts handed over, and how its answers went."""
    lead_only(scope)
    tally = playbook_tally.c
    sums = (sa.func.count(), sa.func.sum(tally.uses), sa.func.sum(tally.points), sa.func.sum(tally.answers))
    joined = playbook_tally.join(membership, here(playbook_tally, scope))
    query = sa.select(tally.playbook_id, tally.version, *sums).select_from(joined).where(tally.team_id == scope.team_id)
    rows = connection.execute(
        query.group_by(tally.playbook_id, tally.version).order_by(sa.func.sum(tally.uses).desc(), tally.playbook_id)
    )
    return [BookUse(row[0], row[1], row[2], int(row[3]), Share(float(row[4]), int(row[5]))) for row in rows]


@dataclass(frozen=True)
class Cluster:
    """Questions that say much the same, the newest first; `words` is the newest of them, `others` how else it was put."""

    asked: tuple[sa.Row[Any], ...]  # see gap_questions

    @property
    def id(self) -> str:
        """The newest question's: what its heap is opened by."""
        return str(self.asked[0].id)

    @property
    def words(self) -> str:
        return str(self.asked[0].words[:200])

    @property
    def count(self) -> int:
        return len(self.asked)

    @property
    def answered(self) -> int:
        return sum(one.answered_by is not None for one in self.asked)

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.words[:200] for one in self.asked[1:] if one.words != self.asked[0].words))


def gap_questions(scope: Scope) -> sa.Select[Any]:
    """Questions no playbook answers: id, name, at, words, answered_by, and that person's name.

    Somebody who left has no name; what they asked stays, as the gap is the team's.
    """
    helper, one = person.alias("helper"), question.c
    joined = question.join(membership, here(question, scope), isouter=True)
    joined = joined.join(person, person.c.id == membership.c.person_id, isouter=True)
    joined = joined.join(helper, helper.c.id == one.answered_by, isouter=True)
    columns = (one.id, person.c.name, one.at, one.words, one.answered_by, helper.c.name.label("helper"))
    where = (one.team_id == scope.team_id) & one.is_gap.is_(True)
    return sa.select(*columns).select_from(joined).where(where)


def gaps(connection: Connection, scope: Scope, limit: int = ROWS) -> list[Cluster]:
    """The newest questions no playbook answers, the like ones together, the largest heap first."""
    lead_only(scope)
    newest = gap_questions(scope).order_by(question.c.at.desc(), question.c.id).limit(limit)
    found = [Cluster(tuple(rows)) for rows in heaps(connection.execute(newest), lambda row: row.words)]
    return sorted(found, key=lambda one: (-one.count, one.words))


@dataclass(frozen=True)
class Asked:
    """Which answers a number stands on."""

    person_id: str = ""
    skill: str = ""
    playbook_id: str = ""
    version: str = ""
    purpose: str = ""
    rested: int | None = None  # a bucket of days
    since: datetime | None = None
    until: datetime | None = None


def rows_behind(
    connection: Connection, scope: Scope, asked: Asked, limit: int = ROWS, skip: int = 0
) -> list[sa.Row[Any]]:
    """The judged answers behind a number, the newest first."""
    lead_only(scope)
    where = (answer.c.team_id == scope.team_id) & answer.c.correct.is_not(None)
    for name in ("person_id", "skill", "playbook_id", "version", "purpose"):
        if wanted := getattr(asked, name):
            where &= answer.c[name] == wanted
    if asked.rested is not None:
        least, below = rested_in(asked.rested)
        where &= answer.c.rested >= least
        where &= answer.c.rested < below if below is not None else sa.true()
    if asked.since is not None:
        where &= answer.c.at >= asked.since
    if asked.until is not None:
        where &= answer.c.at < asked.until
    columns = [
        answer.c[name]
        for name in (
            "id",
            "at",
            "playbook_id",
            "version",
            "item_id",
            "kind",
            "skill",
            "score",
            "hints",
            "confidence",
            "purpose",
            "misconception",
            "rested",
        )
    ]
    joined = answer.join(membership, here(answer, scope)).join(person, person.c.id == answer.c.person_id)
    query = sa.select(person.c.name, *columns).select_from(joined).where(where)
    # By the index alone: with a second key for equal moments SQLite would sort all answers for each page.
    return list(connection.execute(query.order_by(answer.c.at.desc()).limit(limit).offset(skip)))


@dataclass(frozen=True)
class Changed:
    """A mark in place of another: the first verdict is kept."""

    before: float
    by: str
    at: datetime


def changed_marks(connection: Connection, scope: Scope, since: datetime) -> dict[str, list[Changed]]:
    """By answer: every mark given since this moment in place of another, the first one first; one query."""
    lead_only(scope)
    who = mark.outerjoin(person, person.c.id == mark.c.by)
    query = sa.select(mark.c.answer_id, mark.c.first_score, person.c.name, mark.c.at).select_from(who)
    found: dict[str, list[Changed]] = {}
    for row in connection.execute(
        query.where((mark.c.team_id == scope.team_id) & (mark.c.at >= since)).order_by(mark.c.at)
    ):
        found.setdefault(row.answer_id, []).append(Changed(row.first_score, row.name or "", row.at))
    return found


def misconceptions(connection: Connection, scope: Scope, since: datetime, limit: int = 5) -> list[sa.Row[Any]]:
    """The team's most frequent wrong answers: playbook, version, clause, misconception, how often, by how many."""
    lead_only(scope)
    columns = (answer.c.playbook_id, answer.c.version, answer.c.clause, answer.c.misconception)
    where = (answer.c.team_id == scope.team_id) & (answer.c.at >= since) & answer.c.correct.is_(False)
    people = sa.func.count(answer.c.person_id.distinct())
    joined = answer.join(membership, here(answer, scope))
    query = (
        sa.select(*columns, sa.func.count().label("times"), people.label("people"))
        .select_from(joined)
        .where(where)
        .group_by(*columns)
    )
    return list(connection.execute(query.order_by(people.desc(), sa.func.count().desc(), *columns).limit(limit)))


def missed_by(
    connection: Connection, scope: Scope, since: datetime, places: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[str]]:
    """Who missed these clauses of playbooks: names, for following up."""
    lead_only(scope)
    where = (answer.c.team_id == scope.team_id) & (answer.c.at >= since) & answer.c.correct.is_(False)
    where &= sa.or_(
        sa.false(), *((answer.c.playbook_id == book) & (answer.c.clause == clause) for book, clause in places)
    )
    joined = answer.join(membership, here(answer, scope)).join(person, person.c.id == answer.c.person_id)
    query = (
        sa.select(answer.c.playbook_id, answer.c.clause, person.c.name)
        .select_from(joined)
        .where(where)
        .distinct()
        .order_by(person.c.name)
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in connection.execute(query):
        found.setdefault((row.playbook_id, row.clause), []).append(row.name)
    return found
