"""What the lead sees of models at work: how much of what was used the model wrote, and what it cost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.model_tables import model_call, model_charge, work, work_outcome
from curriculum.report import ENOUGH, Z, here, lead_only
from curriculum.tables import membership, person
from curriculum.team_tables import skill_tally
from foundation.pinyin import name_order
from foundation.scope import Scope

LEFT = "left"  # in the place of a person's id
SHARE_KNOWN = work.c.ai_share.is_not(None) & (work.c.words > 0)
SEEN = work_outcome.c.impressions.is_not(None) & work_outcome.c.clicks.is_not(None)  # a day that makes a click rate
BOUGHT = work_outcome.c.clicks.is_not(None) & work_outcome.c.orders.is_not(None)  # a day that makes an order rate
PASSED = 0.8  # the lower end of the likely range from which a skill counts as passed (learning.md: "mastered")


@dataclass(frozen=True)
class AiShare:
    """含AI率 over finished works, weighted by their words; `works` whose share is known."""

    share: float
    works: int

    @property
    def known(self) -> bool:
        """As with answers: below so many there is no number."""
        return self.works >= ENOUGH


def ai_shares(connection: Connection, scope: Scope) -> dict[str, tuple[str, AiShare]]:
    """By person: name, and the share of the model in what they really used. A share is seen by its owner first:
    it is counted only once they have said what was used, which shows it to them."""
    lead_only(scope)
    weight = work.c.ai_share * work.c.words
    columns = (work.c.person_id, person.c.name, sa.func.sum(weight), sa.func.sum(work.c.words), sa.func.count())
    joined = work.join(membership, here(work, scope)).join(person, person.c.id == work.c.person_id)
    known = (work.c.team_id == scope.team_id) & work.c.finished_at.is_not(None) & SHARE_KNOWN
    query = sa.select(*columns).select_from(joined).where(known).group_by(work.c.person_id, person.c.name)
    return {row[0]: (row[1], AiShare(float(row[2]) / row[3], row[4])) for row in connection.execute(query)}


@dataclass(frozen=True)
class WorkUse:
    """What became of a version's drafts: how many were really used, why people changed them, and how they did.

    `changed` counts the reasons they tapped; a rate counts only days of which both its figures are known, and of how
    many works they are: `seen` for clicks, `bought` for orders.
    """

    used: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)
    seen: int = 0
    impressions: int = 0
    clicks: int = 0
    bought: int = 0
    clicked: int = 0  # clicks of works whose orders are known
    orders: int = 0

    @property
    def click_rate(self) -> float | None:
        return self.clicks / self.impressions if self.impressions else None

    @property
    def order_rate(self) -> float | None:
        return self.orders / self.clicked if self.clicked else None


def works_by_version(connection: Connection, scope: Scope) -> dict[tuple[str, str], WorkUse]:
    """By playbook and version: feedback and outcome. A correlation: who took which version was nobody's draw."""
    lead_only(scope)
    mine = (work.c.team_id == scope.team_id) & work.c.finished_at.is_not(None)
    version = (work.c.playbook_id, work.c.version)
    reasons = sa.cast(work.c.changes, sa.Text)
    told = sa.select(*version, reasons, sa.func.count()).select_from(work.join(membership, here(work, scope)))
    used: Counter[tuple[str, str]] = Counter()
    changed: dict[tuple[str, str], Counter[str]] = {}
    for book, number, listed, count in connection.execute(told.where(mine).group_by(*version, reasons)):
        used[book, number] += count
        for reason in json.loads(listed):
            changed.setdefault((book, number), Counter())[str(reason)] += count
    outcomes = _outcomes(connection, scope, mine)
    return {one: WorkUse(used[one], changed.get(one, {}), *outcomes.get(one, ())) for one in used}


def _outcomes(
    connection: Connection, scope: Scope, mine: sa.ColumnElement[bool]
) -> dict[tuple[str, str], tuple[int, ...]]:
    """Works with impressions and their clicks, works with clicks and their orders."""
    figure = work_outcome.c
    sums = (
        sa.func.count(sa.case((SEEN, figure.work_id)).distinct()),
        sa.func.sum(sa.case((SEEN, figure.impressions), else_=0)),
        sa.func.sum(sa.case((SEEN, figure.clicks), else_=0)),
        sa.func.count(sa.case((BOUGHT, figure.work_id)).distinct()),
        sa.func.sum(sa.case((BOUGHT, figure.clicks), else_=0)),
        sa.func.sum(sa.case((BOUGHT, figure.orders), else_=0)),
    )
    joined = work.join(membership, here(work, scope)).join(work_outcome, figure.work_id == work.c.id)
    query = sa.select(work.c.playbook_id, work.c.version, *sums).select_from(joined).where(mine)
    rows = connection.execute(query.group_by(work.c.playbook_id, work.c.version))
    return {(row[0], row[1]): tuple(int(one or 0) for one in row[2:]) for row in rows}


@dataclass(frozen=True)
class Cost:
    """What calls to models cost, in millionths of the currency's unit; `guessed` of the calls are estimates."""

    calls: int = 0
    tokens: int = 0
    cost: int = 0
    guessed: int = 0

    def __add__(self, other: Cost) -> Cost:
        parts = ("calls", "tokens", "cost", "guessed")
        return Cost(*(getattr(self, part) + getattr(other, part) for part in parts))


@dataclass(frozen=True)
class Costs:
    """Each person's name and cost, and each playbook's; under "" what grading, filling and looking into clauses cost.

    Under LEFT stand those together who are no longer here: what a team spent does not shrink when somebody goes.
    """

    people: Mapping[str, tuple[str, Cost]]
    playbooks: Mapping[str, Cost]


def costs(connection: Connection, scope: Scope) -> Costs:
    """Who called models, and for which playbook, in one pass over the calls."""
    lead_only(scope)
    columns = (_spender, person.c.name, _book)
    query = sa.select(*columns, *_SUMS).select_from(_charged(scope)).where(model_call.c.team_id == scope.team_id)
    people: dict[str, tuple[str, Cost]] = {}
    books: dict[str, Cost] = {}
    for person_id, name, playbook, *sums in connection.execute(query.group_by(*columns).order_by(person.c.name, _book)):
        one = _cost(sums)
        known = people.get(person_id, ("", Cost()))[1]
        people[person_id] = ("" if person_id == LEFT else name, known + one)
        books[playbook] = books.get(playbook, Cost()) + one
    if LEFT in people:
        people[LEFT] = people.pop(LEFT)  # last of all
    return Costs(people, dict(sorted(books.items())))


@dataclass(frozen=True)
class Call:
    """One call to a model, with all its tries; of what was said in it there is nothing here."""

    name: str | None  # of those who left, none
    playbook_id: str
    purpose: str
    models: tuple[str, ...]
    at: datetime
    cost: Cost


def calls_behind(
    connection: Connection, scope: Scope, person_id: str, playbook_id: str | None, limit: int, skip: int = 0
) -> tuple[Cost, list[Call]]:
    """What these calls cost together, and some of them, the newest first: two queries, however many there are.

    A playbook "" means those that ran none, None all of them.
    """
    lead_only(scope)
    where = model_call.c.team_id == scope.team_id
    if person_id:
        where &= _spender == person_id
    if playbook_id is not None:
        where &= _book == playbook_id
    sums = connection.execute(sa.select(*_SUMS).select_from(_charged(scope)).where(where)).one()
    name = sa.case((membership.c.left_at.is_(None), person.c.name)).label("name")
    columns = (model_call.c.id, name, _book.label("book"), model_call.c.purpose, model_call.c.at)
    first = where & (model_charge.c.number == 0)
    newest = (model_call.c.at.desc(), model_call.c.id)
    page = (
        sa.select(*columns).select_from(_charged(scope)).where(first).order_by(*newest).limit(limit).offset(skip)
    ).subquery()
    tries = page.join(model_charge, model_charge.c.call_id == page.c.id)
    query = (
        sa.select(page, model_charge).select_from(tries).order_by(page.c.at.desc(), page.c.id, model_charge.c.number)
    )
    found: dict[str, Call] = {}
    for row in connection.execute(query):
        one = Cost(int(row.number == 0), row.input_tokens + row.output_tokens, row.cost, int(row.is_estimate))
        known = found.get(row.id)
        models = dict.fromkeys((*(known.models if known else ()), row.model or row.endpoint))
        cost = known.cost + one if known else one
        found[row.id] = Call(row.name, row.book, row.purpose, tuple(filter(None, models)), row.at, cost)
    return _cost(sums), list(found.values())


def passed_skills(connection: Connection, scope: Scope) -> dict[str, int]:
    """By person: in how many skills even the lower end of the likely range is high enough."""
    lead_only(scope)
    query = sa.select(skill_tally.c.person_id, sa.func.count()).select_from(_of_people(scope)).where(_passed(scope))
    return {row[0]: row[1] for row in connection.execute(query.group_by(skill_tally.c.person_id))}


def passes_behind(
    connection: Connection, scope: Scope, person_id: str, limit: int, skip: int = 0
) -> tuple[int, list[sa.Row[Any]]]:
    """How many skills were passed (by this person, or by all with ""), and some of them by name of their person:
    person_id, name, skill, points, answers, last_at."""
    lead_only(scope)
    tally = skill_tally.c
    where = _passed(scope) & (tally.person_id == person_id) if person_id else _passed(scope)
    columns = (tally.person_id, person.c.name, tally.skill, tally.points, tally.answers, tally.last_at)
    query = sa.select(*columns).select_from(_of_people(scope)).where(where)
    rows: list[sa.Row[Any]] = list(connection.execute(query))
    found = sorted(rows, key=lambda row: (name_order(row.name), row.person_id, row.skill))
    return len(found), found[skip : skip + limit]


def _of_people(scope: Scope) -> sa.FromClause:
    return skill_tally.join(membership, here(skill_tally, scope)).join(person, person.c.id == skill_tally.c.person_id)


def _passed(scope: Scope) -> sa.ColumnElement[bool]:
    """Wilson's lower end L solves (p - L)^2 = Z^2 L (1 - L) / n, so that L >= PASSED can be asked without a root."""
    tally = skill_tally.c
    above = tally.points - PASSED * tally.answers
    enough = (tally.team_id == scope.team_id) & (tally.answers >= ENOUGH) & (above >= 0)
    return enough & (above * above >= Z * Z * PASSED * (1 - PASSED) * tally.answers)


def _charged(scope: Scope) -> sa.FromClause:
    """Calls with their charges, their people of today and of earlier days, and the work they made, if any."""
    whose = (membership.c.person_id == model_call.c.person_id) & (membership.c.team_id == scope.team_id)
    return (
        model_call.join(model_charge, model_charge.c.call_id == model_call.c.id)
        .join(membership, whose)
        .join(person, person.c.id == model_call.c.person_id)
        .outerjoin(work, work.c.turn_id == model_call.c.turn_id)
    )


def _cost(sums: Iterable[int | None]) -> Cost:
    return Cost(*(int(value or 0) for value in sums))


_spender = sa.case((membership.c.left_at.is_(None), model_call.c.person_id), else_=LEFT)
_book = sa.func.coalesce(work.c.playbook_id, "")
_SUMS = (
    sa.func.sum(sa.case((model_charge.c.number == 0, 1), else_=0)),  # a call's charges are numbered
    sa.func.sum(model_charge.c.input_tokens + model_charge.c.output_tokens),
    sa.func.sum(model_charge.c.cost),
    sa.func.sum(sa.case((model_charge.c.is_estimate, 1), else_=0)),
)
