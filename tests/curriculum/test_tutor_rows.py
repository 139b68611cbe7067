"""The tutor in rows: what is stored is what the events say, whatever was lost or said twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum import people
from curriculum.practice_steps import Item, Skill, TutorSettings
from curriculum.teaching_tables import tutor_event, tutor_state
from curriculum.tutor import Tutor
from curriculum.tutor_rows import Happening, Pupil, answered, pupil, rebuilt, tell
from foundation.database import Database
from foundation.scope import Scope
from tests.helpers.clock import MORNING

SKILLS = [Skill("sk-role", ("sk-voice",)), Skill("sk-voice"), Skill("sk-facts")]
ITEMS = [
    Item(f"{s.id}/{kind}{n}", s.id, kind, 1 / 3) for s in SKILLS for kind in ("why", "cloze", "mutant") for n in (1, 2)
]
USUAL = TutorSettings()


@pytest.fixture
def scope(database: Database) -> Scope:
    def make(c: sa.Connection) -> Scope:
        team, person = people.add_team(c, "一队", MORNING), people.add_person(c, "小林", "zh-CN", MORNING)
        people.join_team(c, team, person, ["trainee"], MORNING)
        return Scope(team, person, frozenset({"trainee"}))

    return database.write_now(make)


def at_hand(c: sa.Connection, scope: Scope) -> Pupil:
    return pupil(c, scope, SKILLS, ITEMS, USUAL)


def lived(c: sa.Connection, scope: Scope, days: int = 8) -> None:
    """Some days at work and in practice, each turn in a state loaded anew."""
    for day in range(days):
        at = MORNING + timedelta(days=day)
        at_hand(c, scope).used(c, ["sk-role", "sk-facts"], at, f"use{day}", urgent=day == 3)
        for n, step in enumerate(at_hand(c, scope).tutor.practice(at, 5)):
            one = at_hand(c, scope)
            right = None if n == 2 else (day + n) % 3 > 0
            one.graded(
                c, one.tutor.items[step.item], right, at + timedelta(minutes=n + 1), f"answer{day}-{n}", hints=n % 2
            )


def test_the_stored_state_equals_the_one_rebuilt_from_the_events(database: Database, scope: Scope) -> None:
    database.write_now(lambda c: lived(c, scope))
    stored = database.read_now(lambda c: c.execute(sa.select(tutor_state.c.state)).scalar_one())
    again = database.read_now(lambda c: rebuilt(c, scope, SKILLS, ITEMS, USUAL))
    assert stored == again.state()
    assert sum(one["answers"] for one in stored["skills"].values()) > 2


@pytest.mark.parametrize("harm", ["lost", "old"])
def test_a_lost_or_outdated_state_is_told_again(database: Database, scope: Scope, harm: str) -> None:
    database.write_now(lambda c: lived(c, scope))
    before = database.read_now(lambda c: at_hand(c, scope)).tutor.state()
    change = tutor_state.delete() if harm == "lost" else tutor_state.update().values(told=1, state={})
    database.write_now(lambda c: c.execute(change))
    assert database.read_now(lambda c: at_hand(c, scope)).tutor.state() == before


def test_a_turn_answered_again_tells_the_tutor_nothing_new(database: Database, scope: Scope) -> None:
    def twice(c: sa.Connection) -> tuple[str, str]:
        return tuple(at_hand(c, scope).graded(c, ITEMS[0], True, MORNING, "one turn") for _ in range(2))  # type: ignore[return-value]

    first, second = database.write_now(twice)
    assert first and not second
    assert database.read_now(lambda c: c.execute(sa.select(sa.func.count()).select_from(tutor_event)).scalar()) == 1


def test_a_slower_writer_does_not_overwrite_a_newer_state(database: Database, scope: Scope) -> None:
    def race(c: sa.Connection) -> None:
        slow, quick = at_hand(c, scope), at_hand(c, scope)
        slow.tell(c, answered(ITEMS[0], False, MORNING), "slow")
        quick.used(c, ["sk-role"], MORNING, "quick")
        slow.keep(c)

    database.write_now(race)
    now = database.read_now(lambda c: at_hand(c, scope))
    assert now.tutor.state() == database.read_now(lambda c: rebuilt(c, scope, SKILLS, ITEMS, USUAL)).state()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ITEMS), st.integers(0, 3), st.integers(1, 4000)), max_size=25))
def test_copying_peeking_and_self_checks_never_raise_mastery(told: list[tuple[Item, int, int]]) -> None:
    tutor, at = Tutor(SKILLS, ITEMS, USUAL), MORNING
    start = {skill.id: tutor.mastery(skill.id, at).mean for skill in SKILLS}
    for item, hints, minutes in told:
        at += timedelta(minutes=minutes)
        tell(tutor, Happening("used", item.skill, at))
        tell(tutor, answered(item, None, at, hints))
        tell(tutor, answered(item, True, at + timedelta(seconds=5), hints=3))
    assert all(tutor.mastery(skill.id, at).mean <= start[skill.id] + 1e-12 for skill in SKILLS)
