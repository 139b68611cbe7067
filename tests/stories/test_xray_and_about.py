"""Taking a clause away, and asking why it stands there: both work with no model."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.standin.server import StandIn, serving
from curriculum.model_tables import model_call
from curriculum.tables import question
from tests.helpers.databases import Shelf
from tests.helpers.stage import DOORS, Stage, staged
from tests.stories.test_running import hands_over, rows


@pytest.fixture
async def with_model(sqlite_shelf: Shelf, clock) -> AsyncIterator[tuple[Stage, StandIn]]:
    standin = StandIn()
    async with serving(standin) as url, staged(*sqlite_shelf.seeded(), clock, model_url=url, model_name="m") as stage:
        yield stage, standin


@pytest.mark.parametrize("door", DOORS)
async def test_a_clause_is_taken_away_without_a_model(stage: Stage, door: str) -> None:
    person = await stage.trainee(door)
    await hands_over(person)
    await person.says("/xray")
    await person.presses("1. ")
    said = await person.presses("会变差")
    assert "拿掉" in said and "留着它" in said and "你猜会变差" in said
    assert not any("我的产品" in label for label in said.choices)


async def test_on_ones_own_product_a_model_writes_both_and_only_once(with_model) -> None:
    stage, standin = with_model
    person = await stage.trainee("terminal")
    await hands_over(person)
    await person.says("/xray")
    await person.presses("1. ")
    await person.presses("看不出差别")
    standin.will("mit", "ohne")
    said = await person.presses("用我的产品试")
    assert "mit" in said and "ohne" in said and "一次对比不是证明" in said
    assert len(standin.asked[1]["messages"][0]["content"]) < len(standin.asked[0]["messages"][0]["content"])
    await person.says("/xray")
    await person.presses("1. ")
    await person.presses("会变差")
    assert "ohne" in await person.presses("用我的产品试")
    assert len(standin.asked) == len(rows(stage, model_call)) == 2


async def test_why_is_answered_from_the_playbook_and_what_it_leaves_open_goes_to_a_mentor(stage: Stage) -> None:
    person = await stage.trainee("web")
    await hands_over(person)
    said = await person.says("为什么要有交付格式这一段？")
    assert "交付格式" in said and "来源：" in said
    await person.presses("没答到")
    assert [(row.is_gap, row.words) for row in rows(stage, question)] == [(True, "为什么要有交付格式这一段？")]


@pytest.mark.parametrize("door", DOORS)
async def test_a_question_while_filling_is_answered_and_fills_nothing(stage: Stage, door: str) -> None:
    person = await stage.newcomer(door)
    await person.says("/begin amazon-listing-title")
    said = await person.says("为什么要填站点？")
    assert "站点" in said and "来源：" in said or "原样放进指令" in said
    assert "「站点」" not in await person.says("为什么要填品牌名？")
    assert "1/" in await person.presses("接着填")
    said = await person.says("US")
    assert "站点" not in said.text.splitlines()[0]


async def test_why_of_something_in_no_playbook_is_not_made_up_but_passed_on(stage: Stage) -> None:
    person = await stage.trainee("web")
    await hands_over(person)
    words = "为什么要写月亮的圆缺周期？"
    said = await person.says(words)
    assert "我不编" in said and "来源：" not in said
    assert [(row.words, row.is_gap) for row in rows(stage, question)] == [(words, True)]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "before", ["/home", "/use amazon-listing-title", "亚马逊标题怎么写", "/works", "/begin amazon-listing-title"]
)
async def test_a_why_is_answered_wherever_it_is_asked(stage: Stage, door: str, before: str) -> None:
    person = await stage.newcomer(door)
    await person.says("/now amazon-listing-title")
    await person.says(before)
    said = await person.says("为什么要写核对日期？")
    assert "（《亚马逊标题" in said and "来源：" in said, said
    assert rows(stage, question) == [] or not any(row.is_gap for row in rows(stage, question))


@pytest.mark.parametrize("door", DOORS)
async def test_a_why_that_names_another_playbook_is_answered_by_that_one(stage: Stage, door: str) -> None:
    person = await stage.newcomer(door)
    assert "（《亚马逊标题" in await person.says("亚马逊标题那条为什么要单独列还不能说的话？")
    assert "amazon-listing-title" in await person.presses("打开这条指令")
    await person.says("/now amazon-listing-title")
    assert "（《差评分析" in await person.says("差评分析那条为什么要分个案还是批次？")


@pytest.mark.parametrize("door", DOORS)
async def test_a_why_that_several_playbooks_answer_is_asked_back(stage: Stage, door: str) -> None:
    person = await stage.newcomer(door)
    said = await person.says("为什么要写核对日期？")
    if "哪一条" in said:
        said = await person.presses(said.choices[0])
        assert "来源：" in said
    else:
        assert "核对" in said.text.partition("没有它")[0] and "日期" in said or "我不编" in said, said
