"""Speaking first: at the learner's own hour, never at night, once, and by one courier at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.courier.courier import Courier
from bot.courier.rounds import remind, slot_now
from bot.courier.sender import NotNow, SoFar
from bot.doors.door import CannotReach
from bot.inbox import bind_account
from bot.message import Reply, Text, reply_to_json
from bot.tables import account, outbox
from bot.wiring import PHRASES
from curriculum import people
from curriculum.learning_settings import LearningSettings, change_settings
from curriculum.practice_steps import Skill, TutorSettings
from curriculum.reviews import is_quiet, local_day
from curriculum.tutor_rows import pupil
from foundation.database import Database, new_id
from foundation.phrasebook import Phrasebook
from foundation.scope import Scope
from tests.helpers.clock import MORNING, HandClock

SAID = Phrasebook.read(PHRASES)
SKILLS = [Skill("sk-role"), Skill("sk-facts")]


@dataclass
class Ear:
    """A channel that hears, or refuses as it was told to."""

    door: str = "telegram"
    heard: list[tuple[str, str]] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)

    async def send(self, account: str, reply: Reply, message_id: str, so_far: SoFar) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        self.heard.append((account, reply.plain))


@pytest.fixture
def learner(database: Database) -> Scope:
    """Somebody in Shanghai who took a prompt yesterday."""

    def make(c: sa.Connection) -> Scope:
        team, person = people.add_team(c, "一队", MORNING), people.add_person(c, "小林", "zh-CN", MORNING)
        people.join_team(c, team, person, ["trainee"], MORNING)
        scope = Scope(team, person, frozenset({"trainee"}))
        bind_account(c, "telegram", "77", person, MORNING)
        one = pupil(c, scope, SKILLS, [], TutorSettings())
        one.used(c, ["sk-role", "sk-facts"], MORNING - timedelta(days=1), "a turn")
        return scope

    return database.write_now(make)


def courier_of(database: Database, clock: HandClock, *ears: Any) -> Courier:
    return Courier(database, SAID, ears, clock)


def post(c: sa.Connection, person: str, kind: str, now: datetime, cause: str = "") -> None:
    row = {
        "id": new_id(),
        "person_id": person,
        "cause": cause or new_id(),
        "kind": kind,
        "state": "due",
        "not_before": now,
    }
    c.execute(outbox.insert().values(row | {"reply": reply_to_json(Reply((Text(kind),))), "sent_at": None}))


def states(database: Database) -> list[str]:
    return sorted(database.read_now(lambda c: c.execute(sa.select(outbox.c.state)).scalars().all()))


async def test_what_is_due_is_said_once_at_the_own_hour(database: Database, learner: Scope, clock: HandClock) -> None:
    ear = Ear()
    one = courier_of(database, clock, ear)
    for _ in range(40):
        await one.run_once()
        clock.tick(600)
    assert [words for _, words in ear.heard] == ["今天有 2 道小复习，约 2 分钟。"]
    clock.tick(18 * 3600)
    for _ in range(20):
        await one.run_once()
        clock.tick(600)
    assert len(ear.heard) == 2


async def test_off_is_silence_and_a_snooze_comes_back(database: Database, learner: Scope, clock: HandClock) -> None:
    ear = Ear()
    database.write_now(lambda c: change_settings(c, learner.person_id, is_on=False))
    await courier_of(database, clock, ear).run_once()
    assert ear.heard == []
    until = clock() + timedelta(hours=3)
    database.write_now(lambda c: change_settings(c, learner.person_id, is_on=True, snoozed_until=until))
    one = courier_of(database, clock, ear)
    for _ in range(24):
        heard_at = len(ear.heard)
        await one.run_once()
        assert len(ear.heard) == heard_at or clock() >= until
        clock.tick(600)
    assert len(ear.heard) == 1


async def test_answers_go_before_reminders_and_one_at_a_time(
    database: Database, learner: Scope, clock: HandClock
) -> None:
    ear = Ear()
    for kind in ("digest", "assignment", "answer"):
        database.write_now(lambda c, k=kind: post(c, learner.person_id, k, clock()))  # type: ignore[misc]
    one = courier_of(database, clock, ear)
    counts = [await one.run_once() for _ in range(4)]
    assert [words for _, words in ear.heard][:2] == ["answer", "assignment"]
    assert counts == [1, 1, 1, 0] and len(ear.heard) == 3, "one reminder or digest a day, the other waits"


async def test_told_to_wait_it_waits_and_blocked_is_unreachable(
    database: Database, learner: Scope, clock: HandClock
) -> None:
    database.write_now(lambda c: change_settings(c, learner.person_id, is_on=False))
    database.write_now(lambda c: post(c, learner.person_id, "answer", clock()))
    ear = Ear(refuses=[NotNow(90), CannotReach("77")])
    one = courier_of(database, clock, ear)
    assert await one.run_once() == 0 and states(database) == ["due"]
    clock.tick(60)
    assert await one.run_once() == 0 and len(ear.refuses) == 1
    clock.tick(31)
    await one.run_once()
    assert states(database) == ["unreached"] and not ear.heard
    assert database.read_now(lambda c: c.execute(sa.select(account.c.reachable)).scalar()) is False


async def test_blocked_at_one_door_it_is_said_at_the_other(
    database: Database, learner: Scope, clock: HandClock
) -> None:
    database.write_now(lambda c: change_settings(c, learner.person_id, is_on=False))
    database.write_now(lambda c: bind_account(c, "web", learner.person_id, learner.person_id, clock()))
    database.write_now(lambda c: post(c, learner.person_id, "answer", clock()))
    web = Ear("web")
    await courier_of(database, clock, Ear(refuses=[CannotReach("77")]), web).run_once()
    assert web.heard == [(learner.person_id, "answer")] and states(database) == ["sent"]


async def test_one_courier_at_a_time_and_the_next_takes_up_what_was_left(
    database: Database, learner: Scope, clock: HandClock
) -> None:
    database.write_now(lambda c: change_settings(c, learner.person_id, is_on=False))
    ear = Ear()
    first, second = courier_of(database, clock, Ear()), courier_of(database, clock, ear)
    await first.run_once()
    database.write_now(lambda c: post(c, learner.person_id, "answer", clock()))
    database.write_now(lambda c: c.execute(outbox.update().values(state="sending")))  # died in the middle
    assert await second.run_once() == 0
    clock.tick(61)
    assert await second.run_once() == 1 and ear.heard


async def test_a_pass_takes_its_lease_once(database: Database, learner: Scope, clock: HandClock) -> None:
    """Where nothing is due it is one transaction of few statements, as it runs every second."""
    one, heard = courier_of(database, clock, Ear()), list[str]()
    database.write_now(lambda c: change_settings(c, learner.person_id, is_on=False))
    await one.run_once()

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        await one.run_once()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
    assert ["courier_lease" in statement for statement in heard] == [True, False, False]


ZONES = st.sampled_from(
    ["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo"]
)


@settings(max_examples=80, deadline=None)
@given(ZONES, st.integers(0, 23), st.integers(0, 23), st.integers(0, 23), st.integers(0, 364))
def test_every_day_has_its_moment_outside_quiet_hours_whatever_the_clocks_do(
    zone: str, hour: int, start: int, end: int, day: int
) -> None:
    here, chosen = ZoneInfo(zone), LearningSettings(hour=hour, quiet_from=start, quiet_to=end)
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    slots = {}
    for minutes in range(0, 3 * 24 * 60, 20):
        now = begin + timedelta(minutes=minutes)
        slot = slot_now(chosen, here, now)
        if slot is not None:
            assert not is_quiet(now, here, chosen.quiet)
            slots[local_day(slot.at, here)] = slot.at
    assert 2 <= len(slots) <= 4


def test_remind_repeated_writes_nothing_twice(database: Database, learner: Scope, clock: HandClock) -> None:
    assert [database.write_now(lambda c: remind(c, SAID, clock())) for _ in range(2)] == [1, 0]
