"""A text is checked at every door: in one's own words, by the command, or with the ruler chosen by a button."""

from __future__ import annotations

import pytest

from tests.helpers.stage import DOORS, Stage

pytestmark = pytest.mark.parametrize("door", DOORS)


async def test_a_title_is_checked_in_ones_own_words(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    seen = await trainee.says(
        "检查一下这个标题：LUMORA Best Camping Lantern Camping Light Lantern for Camping, Bright!"
    )
    assert "亚马逊标题 · 不过" in seen and "字符数 70（上限 75）" in seen
    assert "「Camping」出现 3 次" in seen and "F-AMZ-05，官方页面" in seen and "F-AMZ-04" in seen
    card = await trainee.presses("用指令")
    assert "亚马逊标题" in card


async def test_a_sentence_that_may_not_be_said_names_its_fact(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    seen = await trainee.says("帮我看看这句能不能说：戴上它招财转运，全网最低价")
    assert "宣称 · 不过" in seen and "F-CN-05" in seen and "F-CN-01" in seen
    clean = await trainee.says("帮我看看这句能不能说：这条手链我戴了三个月，绳子没断过")
    assert "宣称 · 过" in clean and "没有发现问题" in clean


async def test_what_is_meant_is_asked_when_it_is_not_clear(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    seen = await trainee.says("检查一下：ceramic vase, nine inches tall, for home")
    assert "用哪把尺子量" in seen
    assert "商品亮点" in await trainee.presses("商品亮点")


async def test_the_ruler_first_then_the_text(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    assert "后台搜索词" in await trainee.says("/ruler search-terms")
    seen = await trainee.says("best mat camping rug")
    assert "后台搜索词 · 不过" in seen and "主观词" in seen


async def test_a_question_with_a_colon_is_still_a_question(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    seen = await trainee.says("帮我写一个标题：宠物慢食碗，75 个字符")
    assert "· 不过" not in seen and "· 过" not in seen


async def test_checking_on_the_way_loses_nothing_that_was_being_filled(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await trainee.says("/use amazon-listing-title")
    await trainee.says("/begin amazon-listing-title")
    await trainee.says("/ruler claims Antibacterial towel")
    assert "亚马逊标题" in await trainee.says("/saved") or "亚马逊标题" in str(trainee.last.choices)
