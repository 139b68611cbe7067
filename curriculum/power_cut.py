"""The weekly power-cut test in rows: which items it holds, what was answered, and the numbers it yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.probes import ProbeAnswer, week_of
from curriculum.tables import answer
from curriculum.teaching_tables import power_cut
from foundation.database import insert
from foundation.scope import Scope


@dataclass(frozen=True)
class Test:
    """One week's test as it stands."""

    week: str
    items: tuple[str, ...]
    began_at: datetime
    done_at: datetime | None


def test_of(connection: Connection, scope: Scope, week: str) -> Test | None:
    row = connection.execute(sa.select(power_cut).where(_mine(scope) & (power_cut.c.week == week))).first()
    return Test(row.week, tuple(row.items), row.began_at, row.done_at) if row else None


def begin_test(connection: Connection, scope: Scope, week: str, items: Sequence[str], now: datetime) -> Test:
    """This week's test; begun twice, it is the first one."""
    row = {"team_id": scope.team_id, "person_id": scope.person_id, "week": week, "items": list(items), "began_at": now}
    connection.execute(insert(connection, power_cut).values(row).on_conflict_do_nothing())
    begun = test_of(connection, scope, week)
    assert begun is not None
    return begun


def end_test(connection: Connection, scope: Scope, week: str, now: datetime) -> None:
    unfinished = _mine(scope) & (power_cut.c.week == week) & power_cut.c.done_at.is_(None)
    connection.execute(power_cut.update().where(unfinished).values(done_at=now))


def weeks_taken(connection: Connection, scope: Scope) -> set[str]:
    """The weeks whose test was gone through to its end."""
    return set(
        connection.execute(sa.select(power_cut.c.week).where(_mine(scope) & power_cut.c.done_at.is_not(None))).scalars()
    )


def probe_answers(connection: Connection, scope: Scope, zone: tzinfo) -> list[ProbeAnswer]:
    """Every graded answer given in a test, with how sure the learner was."""
    mine = (answer.c.person_id == scope.person_id) & (answer.c.team_id == scope.team_id) & (answer.c.purpose == "probe")
    columns = (answer.c.at, answer.c.playbook_id, answer.c.item_id, answer.c.correct, answer.c.confidence)
    query = sa.select(*columns).where(mine & answer.c.correct.is_not(None)).order_by(answer.c.at)
    return [
        ProbeAnswer(week_of(row.at, zone), f"{row.playbook_id}/{row.item_id}", bool(row.correct), row.confidence)
        for row in connection.execute(query)
    ]


def _mine(scope: Scope) -> sa.ColumnElement[bool]:
    return (power_cut.c.person_id == scope.person_id) & (power_cut.c.team_id == scope.team_id)
