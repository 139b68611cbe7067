"""Works: what a model drafted for somebody, what became of it, and how it did out there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.ai_share import Share, Step, share_of
from curriculum.model_tables import work, work_outcome
from curriculum.outcomes import Outcome
from foundation.database import insert, new_id
from foundation.errors import NotFound
from foundation.scope import Scope

REASONS = ("facts", "rules", "buyer", "wording", "cut", "order")


@dataclass(frozen=True)
class Work:
    id: str
    playbook_id: str
    version: str
    product: str
    answers: Mapping[str, str]
    drafts: Sequence[str]
    chosen: int
    origin: str
    findings: Sequence[Mapping[str, Any]]
    final: str | None
    changes: Sequence[str]
    at: datetime
    finished_at: datetime | None

    @property
    def draft(self) -> str:
        return self.drafts[self.chosen] if self.drafts else ""

    @property
    def share(self) -> Share | None:
        """The share of the model's wording in what was really used; None while nobody has said what that is."""
        return share_of(Step("text", self.origin, self.draft, self.final)) if self.final is not None else None

    @property
    def decisions(self) -> int:
        """What the person decided, whoever wrote the words: blanks answered, a draft chosen, changes explained."""
        return sum(bool(value) for value in self.answers.values()) + (len(self.drafts) > 1) + len(self.changes)


def keep(
    connection: Connection,
    scope: Scope,
    playbook: tuple[str, str],
    answers: Mapping[str, str],
    drafts: Sequence[str],
    turn_id: str,
    now: datetime,
    *,
    product: str = "",
    findings: Sequence[Mapping[str, Any]] = (),
    origin: str = "model",
) -> str:
    """A new work, once for a turn; gives its id."""
    row: dict[str, Any] = {
        "id": new_id(),
        "team_id": scope.team_id,
        "person_id": scope.person_id,
        "playbook_id": playbook[0],
        "version": playbook[1],
    }
    row |= {"answers": dict(answers), "drafts": list(drafts), "chosen": 0, "origin": origin, "product": product[:80]}
    row |= {"findings": list(findings), "changes": [], "at": now, "turn_id": turn_id}
    connection.execute(insert(connection, work).values(row).on_conflict_do_nothing(index_elements=["turn_id"]))
    return str(connection.execute(sa.select(work.c.id).where(work.c.turn_id == turn_id)).scalar_one())


def get(connection: Connection, scope: Scope, work_id: str) -> Work:
    """One's own work. Raises NotFound."""
    row = connection.execute(sa.select(work).where(_mine(scope) & (work.c.id == work_id))).first()
    if row is None:
        raise NotFound(work_id)
    return _work(row)


def of_person(connection: Connection, scope: Scope, limit: int = 8) -> list[Work]:
    """One's own works, the newest first."""
    query = sa.select(work).where(_mine(scope)).order_by(work.c.at.desc()).limit(limit)
    return [_work(row) for row in connection.execute(query)]


def choose(connection: Connection, scope: Scope, work_id: str, number: int) -> Work:
    """Go on with one of several drafts."""
    one = get(connection, scope, work_id)
    if not 0 <= number < len(one.drafts):
        raise NotFound(work_id)
    connection.execute(work.update().where(_mine(scope) & (work.c.id == work_id)).values(chosen=number))
    return get(connection, scope, work_id)


def finish(connection: Connection, scope: Scope, work_id: str, final: str, now: datetime) -> Work:
    """Keep what was really used, and how much of it the model wrote."""
    one = get(connection, scope, work_id)
    counted = share_of(Step("text", one.origin, one.draft, final))
    changes = {"final": final, "finished_at": now, "ai_share": counted.share, "words": counted.words}
    connection.execute(work.update().where(_mine(scope) & (work.c.id == work_id)).values(changes))
    return get(connection, scope, work_id)


def explain(connection: Connection, scope: Scope, work_id: str, reason: str) -> Work:
    """Note why something was changed; said again, it is taken back."""
    one = get(connection, scope, work_id)
    if reason not in REASONS:
        raise NotFound(reason)
    reasons = [known for known in one.changes if known != reason] if reason in one.changes else [*one.changes, reason]
    connection.execute(work.update().where(_mine(scope) & (work.c.id == work_id)).values(changes=reasons))
    return get(connection, scope, work_id)


def add_outcome(
    connection: Connection, scope: Scope, work_id: str, day: date, outcome: Outcome, source: str, now: datetime
) -> None:
    """How a work did on a day; told again, the later word holds."""
    get(connection, scope, work_id)
    row = {"work_id": work_id, "day": day, "person_id": scope.person_id, "source": source, "at": now} | vars(outcome)
    statement = insert(connection, work_outcome).values(row)
    changes = {key: value for key, value in row.items() if key not in ("work_id", "day")}
    connection.execute(statement.on_conflict_do_update(index_elements=["work_id", "day"], set_=changes))


def outcomes(connection: Connection, scope: Scope, work_id: str) -> list[tuple[date, Outcome]]:
    """A work's days in order, for whoever made it."""
    get(connection, scope, work_id)
    query = sa.select(work_outcome).where(work_outcome.c.work_id == work_id).order_by(work_outcome.c.day)
    return [
        (row.day, Outcome(row.impressions, row.clicks, row.orders, row.revenue, row.currency))
        for row in connection.execute(query)
    ]


def _mine(scope: Scope) -> sa.ColumnElement[bool]:
    return (work.c.person_id == scope.person_id) & (work.c.team_id == scope.team_id)


def _work(row: Any) -> Work:
    return Work(
        row.id, row.playbook_id, row.version, row.product, row.answers, row.drafts, row.chosen, row.origin, row.findings,
        row.final, row.changes, row.at, row.finished_at,
    )  # fmt: skip
