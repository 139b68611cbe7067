"""The two lanes at every door: work gets the whole prompt at once; practice is short, and only it moves what is known."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.coaching import coach
from curriculum import people
from curriculum.teaching_tables import tutor_state
from curriculum.tutor_rows import rebuilt
from tests.helpers.stage import DOORS, Person, Stage

pytestmark = pytest.mark.parametrize("door", DOORS)
TITLE = "amazon-listing-title"
BRAND_BLANK = "【品牌名】"


async def takes(person: Person) -> str:
    """Take a prompt in a hurry; returns it."""
    await person.says(f"/use {TITLE}")
    return (await person.says("直接给我")).copied


def later(stage: Stage, days: float) -> None:
    stage.clock.now += timedelta(days=days)


def tutor_now(stage: Stage, person_id: str):  # type: ignore[no-untyped-def]
    def look(c: sa.Connection):  # type: ignore[no-untyped-def]
        member = people.meet(c, person_id)
        assert member.scope is not None
        return coach(c, member.scope, member.person, stage.house.phrases, stage.clock())

    return stage.read(look)


async def test_in_a_hurry_the_whole_prompt_comes_at_once_without_a_lecture(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await trainee.says(f"/use {TITLE}")
    seen = await trainee.says("直接给我")
    assert "# 角色" in seen.copied and BRAND_BLANK in seen.copied and "{{" not in seen.copied
    assert "为什么这样写" not in seen and "明天只问你一道" in seen


async def test_the_card_itself_hands_the_whole_prompt_over(stage: Stage, door: str) -> None:
    """One tap on the card, no blank asked: what is not filled stands in the prompt by its name."""
    trainee = await stage.newcomer(door)
    await trainee.says("新规75个字符我200字符的标题怎么砍")
    seen = await trainee.presses("直接要整段")
    assert BRAND_BLANK in seen.copied and "{{" not in seen.copied


async def test_copying_alone_moves_no_rung_and_no_mastery(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    for _ in range(4):
        await takes(trainee)
        later(stage, 1)
    one = tutor_now(stage, await trainee.id)
    assert {known.answers for known in one.tutor.memory.skills.values()} == {0}
    assert {one.tutor.rung(skill, stage.clock()).rung for skill in one.tutor.memory.skills} == {0}
    assert one.plan(stage.clock())


async def test_the_next_day_brings_a_short_session_that_ends_with_the_day_of_the_next(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await takes(trainee)
    later(stage, 1)
    seen = await trainee.says("练一练")
    assert "今天第 1/" in seen
    for _ in range(12):
        if "今天第" not in seen:
            break
        await trainee.presses("现在就告诉我")
        seen = await trainee.says("练一练")
    assert "下一次：" in seen
    one = tutor_now(stage, await trainee.id)
    assert {known.answers for known in one.tutor.memory.skills.values()} == {0}, "peeking proves nothing"
    assert one.tutor.memory.today.minutes <= 5


async def test_three_misses_end_the_session_kindly(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await takes(trainee)
    later(stage, 1)
    seen = await trainee.says("练一练")
    for _ in range(9):
        if "今天先到这里" in seen or "今天第" not in seen:
            break
        wrong = tutor_now(stage, await trainee.id).items
        seen = await answers(trainee, seen, wrong, right=False)
        if "今天先到这里" not in seen:
            seen = await trainee.says("练一练")
    assert "今天先到这里" in seen and "不怪你" in seen
    assert "今天先到这里" in await trainee.says("练一练")


async def test_what_is_stored_of_the_tutor_is_what_its_events_say(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    for day in range(4):
        await takes(trainee)
        later(stage, 1)
        seen = await trainee.says("练一练")
        for _ in range(3):
            if "今天第" not in seen:
                break
            await answers(trainee, seen, tutor_now(stage, await trainee.id).items, right=day % 2 == 0)
            seen = await trainee.says("练一练")
        await trainee.says("/home")
    one = tutor_now(stage, await trainee.id)
    stored = stage.read(
        lambda c: c.execute(
            sa.select(tutor_state.c.state).where(tutor_state.c.person_id == one.pupil.scope.person_id)
        ).scalar()
    )
    skills, settings = one.tutor.skills.values(), one.tutor.settings
    again = stage.read(lambda c: rebuilt(c, one.pupil.scope, skills, [], settings))
    assert stored == again.state()
    assert any(known.answers for known in one.tutor.memory.skills.values())


async def answers(person: Person, seen, items, *, right: bool):  # type: ignore[no-untyped-def]
    """Answer the item that is shown, as somebody who knows it, or who does not."""
    from tests.helpers.answering import answer

    return await answer(person, seen, items, right=right)
