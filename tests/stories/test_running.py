"""A model at work: streamed, checked, stopped, chosen among three, paid for; and everything without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.standin.server import Act, StandIn, serving
from curriculum.model_tables import model_call, model_charge, spending, work
from foundation.model_endpoints import Limits
from tests.helpers.databases import Shelf
from tests.helpers.stage import DOORS, Person, Stage, staged

BOOK = "review-mining"


@pytest.fixture
async def with_model(sqlite_shelf: Shelf, clock) -> AsyncIterator[tuple[Stage, StandIn]]:
    standin = StandIn()
    async with (
        serving(standin) as url,
        staged(*sqlite_shelf.seeded(), clock, model_url=url, model_name="stand-in") as stage,
    ):
        yield stage, standin


async def hands_over(person: Person) -> None:
    """Fill a playbook by its own example, up to the hand-over."""
    from knowledge.document import read_file
    from knowledge.library_files import written_files

    book = next(read_file(path) for path in written_files() if path.stem == BOOK)
    await person.says(f"/begin {BOOK} quick")
    for _ in range(40):
        if any(label.startswith("生成指令") for label in person.last.choices):
            break
        label = next(slot for slot in book.slots if slot.label.zh in person.last.text)
        await person.says(book.example_values.get(label.key) or label.example)
        if any(one.startswith("先用这些") for one in person.last.choices):
            await person.presses("先用这些")
    await person.presses("生成指令")


def rows(stage: Stage, table: sa.Table) -> list[sa.Row]:
    return list(stage.read(lambda c: c.execute(sa.select(table)).all()))


@pytest.mark.parametrize("door", DOORS)
async def test_after_the_hand_over_a_model_writes_and_the_work_is_kept(with_model, door: str) -> None:
    stage, standin = with_model
    person = await stage.trainee(door)
    await hands_over(person)
    standin.will("# 结果\n差评集中在杯盖漏水。")
    said = await person.presses("直接生成")
    assert "差评集中在杯盖漏水。" in said and "尺子量过" in said
    [made] = rows(stage, work)
    assert (made.drafts, made.final, made.playbook_id) == (["# 结果\n差评集中在杯盖漏水。"], None, BOOK)
    [charge] = rows(stage, model_charge)
    [counted] = standin.counted
    assert (charge.input_tokens, charge.output_tokens, charge.is_estimate) == (counted.input, counted.output, False)


async def test_without_a_model_nothing_offers_one(stage: Stage) -> None:
    person = await stage.trainee("terminal")
    await hands_over(person)
    assert not any("直接生成" in label for label in person.last.choices)
    assert "没有接模型" in await person.says("/run")


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (Act("ein halber Text", piece=2, cut_after=3), "断了"),
        (Act(status=401), "拒绝了我们"),
        (Act("abgeschnitten", finish="length"), "没有写完"),
    ],
)
async def test_no_half_answer_is_kept_and_the_money_is_settled(with_model, act: Act, said: str) -> None:
    stage, standin = with_model
    person = await stage.trainee("terminal")
    await hands_over(person)
    standin.will(*[act] * 4)
    assert said in await person.presses("直接生成")
    assert rows(stage, work) == []
    assert {row.state for row in rows(stage, model_call)} == {"settled"}
    assert {row.held for row in rows(stage, spending)} == {0}


async def test_stop_is_heard_while_the_model_writes(with_model) -> None:
    stage, standin = with_model
    person = await stage.trainee("web")
    await hands_over(person)
    standin.will(Act("长" * 3000, piece=1, pause=0.02))
    await person.http.post("/chat/say", json={"words": "/run", "id": "11111111-1111-4111-8111-111111111111"})
    async with asyncio.timeout(10):
        while not standin.open_calls:  # noqa: ASYNC110  # it begins in its own time
            await asyncio.sleep(0.02)
    said = await person.says("停")
    assert "停下了" in said and rows(stage, work) == []
    [charge] = rows(stage, model_charge)
    assert charge.is_estimate and 0 < charge.output_tokens < 3000
    async with asyncio.timeout(5):
        while standin.open_calls:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_three_are_run_and_one_is_chosen(with_model) -> None:
    stage, standin = with_model
    person = await stage.trainee("telegram")
    await hands_over(person)
    standin.will("eins", "zwei", "drei")
    said = await person.says("/run 3")
    assert {"eins", "zwei", "drei"} <= set(said.text.split()), said.text
    assert "用 B" in await person.presses("B")
    [made] = rows(stage, work)
    assert (sorted(made.drafts), made.chosen) == (["drei", "eins", "zwei"], 1)
    assert len(rows(stage, model_call)) == 3


async def test_a_days_cap_ends_running_but_not_the_prompt(with_model) -> None:
    stage, standin = with_model
    object.__setattr__(stage.house.models.settings, "limits", Limits(0, 0, 0))
    endpoint = stage.house.models.settings.endpoints[0]
    from datetime import date

    from foundation.model_endpoints import Price

    object.__setattr__(endpoint, "prices", (Price(date(2026, 1, 1), 10**6, 10**6, 10**6),))
    person = await stage.trainee("terminal")
    await hands_over(person)
    assert "总额度用完了" in await person.presses("直接生成")
    assert standin.asked == []
    assert (await person.says("/prompt")).copied


async def test_draft_then_polish_then_results(with_model) -> None:
    stage, standin = with_model
    person = await stage.trainee("web")
    await hands_over(person)
    standin.will("差评集中在杯盖漏水，建议换硅胶圈，并在主图写清容量。")
    await person.presses("直接生成")
    await person.presses("我改好了")
    said = await person.says("差评集中在杯盖漏水，建议换硅胶圈，并在主图标出 600 毫升。")
    assert "含AI率" in said and "100%" not in said and "＋" in said
    assert any(label.startswith("✔") for label in (await person.presses("事实不对")).choices)
    await person.presses("记效果")
    assert "没看懂" in await person.says("还不错")
    said = await person.says("曝光 1,200 点击 36 订单 3 收入 $89.7")
    assert "曝光 1200 · 点击 36 · 订单 3 · 收入 USD 89.70" in said and "相关不等于因果" in said


async def test_the_context_begins_with_the_vetted_text_and_holds_no_answer_key(with_model) -> None:
    stage, standin = with_model
    for name in ("小林", "阿梅"):
        person = await stage.trainee("terminal", name)
        await hands_over(person)
        await person.presses("直接生成")
    first, second = (asked["messages"][0]["content"] for asked in standin.asked)
    assert standin.counted[1].cached > 0.5 * standin.counted[1].input
    assert first != second  # the marks around values are new each time
    assert "正确答案" not in first


async def test_with_blanks_open_it_says_so_before_anything_is_paid(with_model) -> None:
    stage, standin = with_model
    person = await stage.trainee("terminal")
    await person.says("/now amazon-listing-title")
    said = await person.says("/run")
    assert "格空着" in said and standin.asked == []
    assert said.choice("先填")
    await person.presses("照样生成")
    assert len(standin.asked) == 1


async def test_an_answer_that_leaves_the_format_is_no_all_clear(with_model) -> None:
    stage, standin = with_model
    person = await stage.trainee("terminal")
    await person.says("/now amazon-listing-title")
    standin.will("Sure! Here is what I think about your product.\nIt is a bowl.\nBuyers like bowls.")
    said = await person.says("/run 1 anyway")
    assert "找不到要量的部分" in said and "没有发现问题" not in said


async def test_a_prompt_without_a_ruler_says_that_nothing_was_measured(with_model) -> None:
    stage, standin = with_model
    person = await stage.trainee("terminal")
    await person.says("/now review-mining")
    standin.will("# 结果\n差评集中在杯盖漏水。")
    said = await person.says("/run 1 anyway")
    assert "没有尺子" in said and "没有发现问题" not in said


@pytest.mark.parametrize("door", DOORS)
async def test_a_redirecting_endpoint_is_a_wrong_address_told_the_operator_once(with_model, door: str, caplog) -> None:
    """Each who asks hears the same true reason, and can copy the prompt; nothing is followed."""
    stage, standin = with_model
    elsewhere = (("location", "http://127.0.0.1:1/v1/chat/completions"),)
    standin.will(Act(status=307, headers=elsewhere))
    person, other = await stage.trainee(door), await stage.trainee("terminal", "阿梅")
    await hands_over(person)
    said = await person.presses("直接生成")
    assert "模型的地址设得不对" in said and "请告诉运维" in said and "太长" not in said
    await hands_over(other)
    assert "模型的地址设得不对" in await other.presses("直接生成")
    told = [one.getMessage() for one in caplog.records if "its url is wrong (307)" in one.getMessage()]
    assert len(told) == 1 and len(standin.asked) == 1


@pytest.mark.parametrize("door", DOORS)
async def test_a_model_that_rests_is_said_to_rest_and_not_to_be_missing(with_model, door: str) -> None:
    stage, standin = with_model
    chain = stage.house.models.chain
    person = await stage.trainee(door)
    await hands_over(person)
    chain.lines[0].rests_until = chain.monotonic() + 120
    said = await person.presses("直接生成")
    assert "先歇一会儿" in said and "没有能用的模型" not in said
    assert standin.asked == []
    chain.lines[0].rests_until = 0.0
    standin.will("# 结果\n好了。")
    assert "好了。" in await person.says("/run")


async def test_of_three_drafts_those_that_came_to_nothing_are_named(with_model) -> None:
    stage, standin = with_model
    person = await stage.trainee("terminal")
    await hands_over(person)
    standin.will("# 结果\n第一份。", Act("abgeschnitten", finish="length"), Act("abgeschnitten", finish="length"))
    said = await person.says("/run 3")
    assert "第一份" in said and "3 份里有 2 份没写出来" in said
