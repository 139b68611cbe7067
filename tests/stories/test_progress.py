"""Where a learner stands: the ladder, skills with ranges, the power-cut test; never a bare number from too little."""

from __future__ import annotations

import pytest

from tests.helpers.answering import answer
from tests.helpers.stage import DOORS, Stage
from tests.stories.test_two_lanes import TITLE, later, takes, tutor_now

pytestmark = pytest.mark.parametrize("door", DOORS)


async def test_before_any_answer_there_is_no_number(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    assert "没有数字可看" in await trainee.says("我的进度")
    await takes(trainee)
    assert "没有数字可看" in await trainee.says("我的进度")
    seen = await trainee.says("放手阶梯")
    assert "第 0 级：照抄" in seen and "光复制不会升级" in seen


async def test_the_power_cut_test_is_taken_once_a_week_and_tells_a_share_with_its_range(
    stage: Stage, door: str
) -> None:
    trainee = await stage.newcomer(door)
    await takes(trainee)
    await trainee.says("断电测试")
    seen = await trainee.presses("开始")
    count = 0
    while "（没有提示）" in seen:
        assert not {"给点提示", "现在就告诉我"} & set(seen.choices)
        items = tutor_now(stage, await trainee.id).items
        sure = await answer(trainee, seen, items, right=count % 3 > 0)
        assert "多大把握" in sure and "✔" not in sure
        await trainee.presses("有把握" if count % 2 else "猜的")
        seen = await trainee.presses("下一题")
        count += 1
    right = sum(n % 3 > 0 for n in range(count))
    assert count >= 5
    assert f"自主率：{right / count:.0%}（可能" in seen and f"{count} 题）" in seen and "含AI率：还没测" in seen
    assert "自主率" in await trainee.says("/powercut go"), "once a week"
    later(stage, 7)
    assert "开始" in (await trainee.says("断电测试")).choices


async def test_progress_shows_ranges_and_a_picture_where_there_can_be_one(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await takes(trainee)
    for _ in range(22):
        later(stage, 1)
        seen = await trainee.says("练一练")
        for _ in range(9):
            if "今天第" not in seen:
                break
            await answer(trainee, seen, tutor_now(stage, await trainee.id).items, right=True)
            seen = await trainee.says("练一练")
    seen = await trainee.says("我的进度")
    assert "（可能 ." in seen and "近 14 天练了" in seen
    assert f"/rung {TITLE}" and "级：" in await trainee.says(f"/rung {TITLE}")
