"""Money: racers and caps, settling once, calls lost in a crash, and a ledger that adds up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.seed import Demo
from curriculum import people, spending
from curriculum.model_tables import model_call, model_charge
from curriculum.model_tables import spending as purses
from curriculum.spending import LOST_AFTER, Held
from foundation.database import Database
from foundation.errors import ExpectedError
from foundation.language_model import Charge, Usage
from foundation.model_endpoints import Limits
from foundation.scope import Scope
from tests.helpers.clock import MORNING

TODAY = date(2026, 11, 22)
WIDE = Limits(10**9, 10**9, 10**9)


def _scopes(database: Database, team: str, count: int) -> list[Scope]:
    def add(connection: sa.Connection) -> list[Scope]:
        ids = [people.add_person(connection, f"p{n}", "zh-CN", MORNING) for n in range(count)]
        for one in ids:
            people.join_team(connection, team, one, ("trainee",), MORNING)
        return [Scope(team, one, frozenset({"trainee"})) for one in ids]

    return database.write_now(add)


def _reserve(database: Database, scope: Scope, amount: int, limits: Limits, now: datetime = MORNING) -> Held:
    return database.write_now(lambda c: spending.reserve(c, scope, amount, limits, "run", "t", now, TODAY))


def _charge(cost: int) -> Charge:
    return Charge("e", "m", Usage(10, 4, 3), cost)


def _purses(database: Database) -> dict[str, tuple[int, int]]:
    return {row.purse: (row.held, row.spent) for row in database.read_now(lambda c: c.execute(sa.select(purses)).all())}


@pytest.mark.parametrize("limits", [Limits(1000, 10**9, 10**9), Limits(10**9, 1000, 10**9), Limits(10**9, 10**9, 1000)])
def test_of_a_hundred_racers_with_room_for_ten_just_ten_pass(
    demo_database: tuple[Database, Demo], limits: Limits
) -> None:
    database, demo = demo_database
    alone = limits.person == 1000
    scopes = _scopes(database, demo.team_id, 1 if alone else 100)
    start = threading.Barrier(8)

    def race(number: int) -> bool:
        if number < 8:
            start.wait(20)
        try:
            _reserve(database, scopes[0 if alone else number], 100, limits)
        except ExpectedError:
            return False
        return True

    with ThreadPoolExecutor(8) as racers:
        passed = list(racers.map(race, range(100)))
    assert sum(passed) == 10
    assert _purses(database)["house"] == (1000, 0)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 400), st.lists(st.integers(0, 300), max_size=3), st.booleans()), max_size=12))
def test_the_ledger_adds_up_after_any_story(
    demo_database: tuple[Database, Demo], calls: list[tuple[int, list[int], bool]]
) -> None:
    database, demo = demo_database
    [scope] = _scopes(database, demo.team_id, 1)
    limits = Limits(1000, 10**9, 10**9)
    spent = held = 0
    for amount, costs, settles in calls:
        if held + spent + amount > limits.person:
            with pytest.raises(ExpectedError):
                _reserve(database, scope, amount, limits)
            continue
        call = _reserve(database, scope, amount, limits)
        if not settles:
            held += amount
            continue
        for _ in range(2):  # said twice, done once
            database.write_now(
                lambda c, call=call, costs=costs: spending.settle(c, scope, call, [_charge(x) for x in costs], MORNING)
            )
        spent += sum(costs)
    standing = database.read_now(lambda c: spending.standing(c, scope, limits, TODAY))
    assert (standing.held, standing.spent) == (held, spent)
    query = sa.select(sa.func.coalesce(sa.func.sum(model_charge.c.cost), 0)).join(
        model_call, model_call.c.id == model_charge.c.call_id
    )
    assert (
        database.read_now(lambda c: c.execute(query.where(model_call.c.person_id == scope.person_id)).scalar()) == spent
    )


def test_a_refused_reservation_leaves_nothing_behind(demo_database: tuple[Database, Demo]) -> None:
    database, demo = demo_database
    [scope] = _scopes(database, demo.team_id, 1)

    def try_it(connection: sa.Connection) -> None:
        with pytest.raises(ExpectedError, match="person_is_empty"):
            spending.reserve(connection, scope, 100, Limits(99, 1000, 1000), "run", "t", MORNING, TODAY)

    database.write_now(try_it)
    assert _purses(database) == {}


def test_what_a_dead_process_held_is_spent_after_a_while(demo_database: tuple[Database, Demo]) -> None:
    database, demo = demo_database
    [scope] = _scopes(database, demo.team_id, 1)
    lost = _reserve(database, scope, 300, WIDE)
    later = MORNING + LOST_AFTER + timedelta(seconds=1)
    _reserve(database, scope, 50, WIDE, later)
    assert _purses(database)[f"person:{scope.person_id}"] == (50, 300)
    assert database.write_now(lambda c: spending.settle(c, scope, lost, [_charge(10)], later)) == 0


def test_a_forgotten_persons_calls_go_and_the_teams_sum_stays(demo_database: tuple[Database, Demo]) -> None:
    database, demo = demo_database
    [scope] = _scopes(database, demo.team_id, 1)
    call = _reserve(database, scope, 300, WIDE)
    database.write_now(lambda c: spending.settle(c, scope, call, [_charge(120)], MORNING))
    database.write_now(lambda c: people.forget(c, scope.person_id))
    assert _purses(database) == {"house": (0, 120), f"team:{demo.team_id}": (0, 120)}


def test_only_leads_see_what_the_team_spent(demo_database: tuple[Database, Demo]) -> None:
    database, demo = demo_database
    trainee = Scope(demo.team_id, demo.people["小林"], frozenset({"trainee"}))
    call = _reserve(database, trainee, 300, WIDE)
    database.write_now(lambda c: spending.settle(c, trainee, call, [_charge(120), _charge(5)], MORNING))

    def ask(scope: Scope) -> list[spending.DayTotal]:
        return database.read_now(lambda c: spending.team_days(c, scope, TODAY))

    with pytest.raises(ExpectedError):
        ask(trainee)
    assert ask(Scope(demo.team_id, demo.people["陈组长"], frozenset({"lead"}))) == [
        spending.DayTotal(TODAY, 1, 20, 8, 6, 125)
    ]
