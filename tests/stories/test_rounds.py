"""The rounds and reports of team work."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.message import reply_from_json
from bot.tables import outbox
from bot.team_rounds import TeamRounds
from curriculum import assignments, learning_log
from curriculum.grading import Verdict
from tests.helpers.stage import Stage


@pytest.fixture
def stage(stage_on_both: Stage) -> Stage:
    """Every story here is told on both databases."""
    return stage_on_both


def _answers(stage: Stage, right: int) -> None:
    scope = stage.scope("小林")
    for _ in range(right):
        stage.clock.tick()
        about = learning_log.About("amazon-listing-title", "1.0.0", f"q{stage.number()}", "cloze", "sk-role")
        how = learning_log.How("A", Verdict(1.0, True))
        stage.write(
            lambda c, a=about, h=how: learning_log.record_answer(
                c, scope, a, h, "web", f"t{stage.number()}", stage.clock()
            )
        )  # type: ignore[misc]


async def test_monday_brings_one_digest_of_last_week_to_each_lead(stage: Stage) -> None:
    _answers(stage, 4)
    rounds = TeamRounds(stage.database, stage.house.phrases, stage.clock)
    stage.clock.now += timedelta(days=6, hours=12)  # Sunday evening
    await rounds.once()
    assert stage.read(lambda c: c.execute(sa.select(outbox)).all()) == []
    stage.clock.now += timedelta(hours=12)  # Monday morning in Shanghai
    for _ in range(3):
        await rounds.once()
    [told] = stage.read(lambda c: c.execute(sa.select(outbox)).all())
    assert told.person_id == stage.demo.people["陈组长"] and "4 次作答" in reply_from_json(told.reply).plain


async def test_no_digest_speaks_of_a_week_in_which_there_was_no_team_or_nobody_in_it(stage: Stage) -> None:
    """The demo's people learned last week; the new team was founded this Monday, and its first trainee came a week later."""
    lead = await stage.trainee("terminal", "陈组长")
    stage.clock.now += timedelta(days=7)  # Monday, half past nine
    await lead.says("/newteam 丙队")
    rounds = TeamRounds(stage.database, stage.house.phrases, stage.clock)

    async def told() -> list[str]:
        await rounds.once()
        replies = stage.read(
            lambda c: c.execute(sa.select(outbox.c.reply).order_by(outbox.c.not_before)).scalars().all()
        )
        return [said for said in (reply_from_json(one).plain for one in replies) if "丙队" in said]

    assert await told() == []
    stage.clock.now += timedelta(days=7)  # still nobody but its lead
    assert await told() == []
    invited = await lead.says("/invite 学员")
    token = next(word for word in invited.text.split() if word.startswith("inv_"))
    await (await stage.stranger("terminal")).joins(token)
    stage.clock.now += timedelta(days=7)
    assert len(await told()) == 1


async def test_reminders_are_told_once_each(stage: Stage) -> None:
    lead = stage.scope("陈组长")
    wish = assignments.Wish("quiz", "amazon-listing-title", 5, "all", stage.clock.now + timedelta(days=5))
    stage.write(lambda c: assignments.give(c, lead, wish, stage.clock()))
    rounds = TeamRounds(stage.database, stage.house.phrases, stage.clock)
    for _ in range(30):
        stage.clock.now += timedelta(hours=6)
        stage.write(lambda c: rounds.remind(c, stage.clock()))
    told = stage.read(lambda c: c.execute(sa.select(outbox)).all())
    assert sorted((one.person_id, one.kind) for one in told) == sorted(
        [(stage.demo.people[name], "reminder") for name in ("小林", "阿梅")] * 3
    )


async def test_the_report_is_a_picture_with_its_words(stage: Stage) -> None:
    _answers(stage, 4)
    lead = await stage.trainee("terminal", "陈组长")
    assert "100%" in await lead.says("/report")
    assert "备课包做好了" in await lead.says("/kit")
    trainee = await stage.trainee("web", "小林")
    assert "没有「/report」" in await trainee.says("/report")
