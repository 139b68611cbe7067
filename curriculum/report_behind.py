"""What stands behind the lead's numbers, row by row: each kind of row in two queries, however many there are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.report import here, lead_only
from curriculum.tables import membership, person
from curriculum.team_tables import playbook_tally
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
