"""What models cost: reserved before a call, settled after it, never beyond the caps of person, team and house a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.model_tables import model_call, model_charge, spending
from foundation.database import insert, new_id
from foundation.errors import ExpectedError
from foundation.language_model import Charge
from foundation.model_endpoints import Limits
from foundation.scope import Scope

LOST_AFTER = timedelta(minutes=10)  # a call never lasts so long: whoever held it is gone


@dataclass(frozen=True)
class Held:
    """An amount set aside for one call."""

    call_id: str
    amount: int
    day: date


def reserve(
    connection: Connection,
    scope: Scope,
    amount: int,
    limits: Limits,
    purpose: str,
    turn_id: str,
    now: datetime,
    today: date,
) -> Held:
    """Set the amount aside, or raise ExpectedError and set nothing aside.

    Each purse is checked and raised in one conditional update, always in the same order, so that of many racers just
    as many pass as there is room for, and none waits for another crosswise.
    """
    release_lost(connection, scope, now)
    with connection.begin_nested():
        for purse, cap, owner in _purses(scope, limits):
            row = {"purse": purse, "day": today, "held": 0, "spent": 0} | owner
            connection.execute(insert(connection, spending).values(row).on_conflict_do_nothing())
            room = spending.c.held + spending.c.spent + amount <= cap
            mine = (spending.c.purse == purse) & (spending.c.day == today)
            raised = connection.execute(spending.update().where(mine & room).values(held=spending.c.held + amount))
            if raised.rowcount != 1:
                raise ExpectedError(f"spending.{purse.partition(':')[0]}_is_empty")
        held = Held(new_id(), amount, today)
        call: dict[str, object] = {
            "id": held.call_id,
            "team_id": scope.team_id,
            "person_id": scope.person_id,
            "turn_id": turn_id,
        }
        call |= {"day": today, "purpose": purpose, "state": "held", "held": amount, "at": now}
        connection.execute(model_call.insert().values(call))
    return held


def _purses(scope: Scope, limits: Limits) -> tuple[tuple[str, int, dict[str, str]], ...]:
    return (
        ("house", limits.house, {}),
        (f"team:{scope.team_id}", limits.team, {"team_id": scope.team_id}),
        (f"person:{scope.person_id}", limits.person, {"person_id": scope.person_id}),
    )


def settle(connection: Connection, scope: Scope, held: Held, charges: Sequence[Charge], now: datetime) -> int:
    """Turn what was held into what was spent; a call is settled once, however often this is said. Returns the cost."""
    return _close(connection, scope, held, charges, "settled", now)


def _close(
    connection: Connection, scope: Scope, held: Held, charges: Sequence[Charge], state: str, now: datetime
) -> int:
    open_one = (model_call.c.id == held.call_id) & (model_call.c.state == "held")
    closed = connection.execute(model_call.update().where(open_one).values(state=state, settled_at=now))
    if closed.rowcount != 1:
        return 0
    cost = sum(charge.cost for charge in charges)
    if charges:
        connection.execute(model_charge.insert(), [_row(held.call_id, n, charge) for n, charge in enumerate(charges)])
    for purse, _, _ in _purses(scope, Limits()):
        mine = (spending.c.purse == purse) & (spending.c.day == held.day)
        changes = {"held": spending.c.held - held.amount, "spent": spending.c.spent + cost}
        connection.execute(spending.update().where(mine).values(changes))
    return cost


def _row(call_id: str, number: int, charge: Charge) -> dict[str, object]:
    usage = charge.usage
    row: dict[str, object] = {
        "call_id": call_id,
        "number": number,
        "endpoint": charge.endpoint[:40],
        "model": charge.model[:80],
    }
    row |= {"input_tokens": usage.input, "cached_tokens": usage.cached, "output_tokens": usage.output}
    return row | {"is_estimate": usage.estimated, "cost": charge.cost}


def release_lost(connection: Connection, scope: Scope, now: datetime) -> int:
    """Close this person's calls whose process died: what they held counts as spent, for nobody knows better."""
    query = sa.select(model_call).where(
        (model_call.c.person_id == scope.person_id)
        & (model_call.c.state == "held")
        & (model_call.c.at < now - LOST_AFTER)
    )
    lost = list(connection.execute(query))
    for row in lost:
        held = Held(row.id, row.held, row.day)
        _close(connection, Scope(row.team_id, row.person_id, frozenset()), held, [_unknown(row.held)], "lost", now)
    return len(lost)


def _unknown(amount: int) -> Charge:
    from foundation.language_model import Usage

    return Charge("", "", Usage(0, 0, 0, estimated=True), amount)


@dataclass(frozen=True)
class Spent:
    """A day's standing of one purse against its cap."""

    held: int
    spent: int
    cap: int

    @property
    def left(self) -> int:
        return max(self.cap - self.held - self.spent, 0)


def standing(connection: Connection, scope: Scope, limits: Limits, today: date) -> Spent:
    """The person's own purse today."""
    query = sa.select(spending).where((spending.c.purse == f"person:{scope.person_id}") & (spending.c.day == today))
    row = connection.execute(query).first()
    return Spent(row.held if row else 0, row.spent if row else 0, limits.person)


@dataclass(frozen=True)
class DayTotal:
    day: date
    calls: int
    input: int
    cached: int
    output: int
    cost: int


def team_days(connection: Connection, scope: Scope, since: date) -> list[DayTotal]:
    """What the team's calls cost, day by day; for leads and owners. Raises ExpectedError for others."""
    if not scope.may("lead", "owner"):
        raise ExpectedError("spending.not_yours")
    charge, call = model_charge.c, model_call.c
    sums = [
        sa.func.coalesce(sa.func.sum(one), 0)
        for one in (charge.input_tokens, charge.cached_tokens, charge.output_tokens, charge.cost)
    ]
    query = (
        sa.select(call.day, sa.func.count(sa.distinct(call.id)), *sums)
        .select_from(model_call.outerjoin(model_charge, charge.call_id == call.id))
        .where((call.team_id == scope.team_id) & (call.day >= since))
        .group_by(call.day)
        .order_by(call.day)
    )
    return [DayTotal(row[0], *(int(value) for value in row[1:])) for row in connection.execute(query)]


def money(millionths: int) -> str:
    """An amount for people: never "0" for what cost something."""
    if 0 < millionths < 100:
        return "<0.0001"
    return f"{millionths / 1_000_000:.4f}".rstrip("0").rstrip(".") or "0"
