"""Writing by oneself (rungs 4 and 5): gates, own ticks, the grader's suggestion, a mentor's blind mark, running it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.standin.garbage import BODIES
from bot.standin.grading import request_in, verdicts
from bot.standin.server import Act, Messages, StandIn, serving
from curriculum import gradings
from curriculum.model_tables import grading, model_call
from curriculum.tables import answer
from curriculum.teaching_tables import tutor_event
from tests.helpers.databases import Shelf
from tests.helpers.filling import book, takes
from tests.helpers.gate import passes_the_gate
from tests.helpers.stage import DOORS, Person, Stage, staged
from tests.stories.doors import at_each_door

TITLE = "amazon-listing-title"
OWN = "只写这几样：标题按后台核对过的上限，写上核对日期；冲突时听后台的；禁用字符和重复词一律改掉；亮点不重复标题。"


def honest(messages: Messages) -> str:
    """A grader that finds a criterion met where two characters of it stand in one sentence of the answer."""
    asked = request_in(messages[0]["content"])
    return verdicts(asked, _fits) if asked else ""


def _fits(wanted: str, quote: str) -> bool:
    if re.search(r"\d{8}|「[0-9a-f]{8}」", wanted):
        return False
    pairs = {a + b for a, b in re.findall(r"(?=([\u4e00-\u9fff])([\u4e00-\u9fff]))", wanted)}
    return sum(pair in quote for pair in pairs) >= 1


@pytest.fixture
async def graded(sqlite_shelf: Shelf, clock) -> AsyncIterator[tuple[Stage, StandIn]]:
    standin = StandIn(honest)
    async with (
        serving(standin) as url,
        staged(*sqlite_shelf.seeded(), clock, model_url=url, model_name="stand-in") as stage,
    ):
        yield stage, standin


def rows(stage: Stage, table: sa.Table) -> list[sa.Row]:
    return list(stage.read(lambda c: c.execute(sa.select(table)).all()))


async def mentor_marks(stage: Stage, score: int, door: str = "terminal") -> Person:
    mentor = await stage.trainee(door, "周老师")
    await mentor.says("/desk")
    await mentor.presses(str(score))
    return mentor


@at_each_door
async def test_without_a_model_the_ticks_and_a_mentors_look_are_the_whole_way(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await takes(trainee, TITLE)
    asked = await trainee.says(f"/write {TITLE} rules")
    assert "请写出「" in asked
    assert "太短了" in await trainee.says("写好")
    assert "还没有写字" in await trainee.says("……！！")
    vetted = book(stage, TITLE).clause("rules")
    assert vetted and "审定的原文" in await trainee.says(vetted.prompt[:400])
    assert "抄了一遍" in await trainee.says(asked.texts[-1][30:160])
    seen = await trainee.says(OWN)
    assert "☐ 1." in seen and "就这些" in seen.choices
    assert "☑ 1." in await trainee.presses("1")
    seen = await trainee.presses("就这些")
    assert "自评" in seen and "带教会看" in seen and vetted.prompt.splitlines()[0] in seen
    assert not any("不同意" in label for label in seen.choices)
    [row] = rows(stage, answer)
    assert (row.correct, row.self_check) == (None, True)
    assert {one.what for one in rows(stage, tutor_event) if one.item.endswith("compose:rules")} == {"studied"}
    assert "没有接模型" in await trainee.presses("拿去跑一次")
    mentor = await stage.trainee(door, "周老师")
    seen = await mentor.says("/desk")
    assert "核对日期" in seen and "没接模型" in seen
    assert "记下 75 分" in await mentor.presses("75")
    told = [one for one in rows(stage, tutor_event) if one.item.endswith("compose:rules")]
    assert [(one.what, one.correct) for one in told] == [("studied", None), ("graded", True)]
    [row] = rows(stage, answer)
    assert (row.score, row.correct) == (0.75, True)


@pytest.mark.parametrize("door", DOORS)
async def test_a_suggestion_shows_its_quotes_and_moves_nothing_before_the_gate(graded, door: str) -> None:
    stage, standin = graded
    trainee = await stage.newcomer(door)
    await takes(trainee, TITLE)
    await trainee.says(f"/write {TITLE} rules")
    await trainee.says(OWN)
    seen = await trainee.presses("都写到了")
    assert "评阅器的建议" in seen and "不动掌握度" in seen and "✔" in seen and "核对日期" in seen
    [kept] = rows(stage, grading)
    assert kept.reason == "" and kept.state == "waiting" and kept.suggested is not None
    assert [row.correct for row in rows(stage, answer)] == [None]
    assert {row.purpose for row in rows(stage, model_call)} == {"grade"}
    assert all("正确答案" not in str(asked["messages"]) for asked in standin.asked)
    await trainee.presses("我不同意")
    mentor = await stage.trainee(door, "周老师")
    seen = await mentor.says("/desk")
    assert "不同意" in seen and f"{kept.suggested} 分" not in seen  # marked before the suggestion is seen
    assert f"评阅器的建议是 {kept.suggested} 分" in await mentor.presses("50")
    assert stage.read(lambda c: gradings.gate(c, stage.scope("周老师"))).count == 1


async def test_after_fifty_marks_that_agree_a_suggestion_counts(graded) -> None:
    stage, _ = graded
    passes_the_gate(stage)
    trainee = await stage.newcomer("terminal")
    await takes(trainee, TITLE)
    await trainee.says(f"/write {TITLE} rules")
    await trainee.says(OWN)
    assert "已过关" in await trainee.presses("没写到")
    [row] = rows(stage, answer)
    assert row.correct is not None and not row.self_check
    assert rows(stage, tutor_event)[-1].what == "graded"
    boss = await stage.trainee("terminal", "演示内容负责人（仅供演示）")
    assert "QWK 1.00" in await boss.says("/drafts")


@pytest.mark.parametrize("shape", [*list(BODIES)[::4], "words", "score", "refusal"])
async def test_garbage_never_becomes_a_mark(graded, shape: str) -> None:
    stage, standin = graded
    said = {"words": "满足", "score": '{"score": 100}', "refusal": "I cannot help with that."}.get(shape)
    standin.will(*[Act(said) if said else Act(raw=BODIES[shape])] * 12)
    trainee = await stage.newcomer("terminal")
    await takes(trainee, TITLE)
    await trainee.says(f"/write {TITLE} rules")
    await trainee.says(OWN)
    assert "已交给带教" in await trainee.presses("都写到了") or "带教会看" in trainee.last
    [kept] = rows(stage, grading)
    assert (kept.suggested, kept.state) == (None, "waiting") and kept.reason in ("unreadable", "no_model")
    assert [row.correct for row in rows(stage, answer)] == [None]


@at_each_door
async def test_a_question_asked_meanwhile_is_answered_and_judged_by_nobody(stage: Stage, door: str) -> None:
    person = await stage.trainee(door)
    await takes(person, TITLE)
    await person.says(f"/write {TITLE} {book(stage, TITLE).clauses[5].key}")
    assert "主图" in await person.says("主图怎么拍")
    assert rows(stage, grading) == [] and rows(stage, answer) == []
    await person.says(f"/write {TITLE} {book(stage, TITLE).clauses[5].key}")
    assert "就这些" in (await person.says(OWN)).choices, "what is no question is the writing"


@at_each_door
async def test_a_clause_is_carried_to_a_new_case(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await takes(trainee, TITLE)
    seen = await trainee.says(f"/write {TITLE} carry rules")
    assert "新场景" in seen and "站点换成" in seen
    await trainee.says(OWN)
    await trainee.presses("都写到了")
    assert [(row.kind, row.correct) for row in rows(stage, answer)] == [("transfer", None)]


async def test_a_whole_prompt_is_held_against_the_rubric_and_its_hard_failures(stage: Stage) -> None:
    trainee = await stage.newcomer("terminal")
    await takes(trainee, TITLE)
    await trainee.says("自己写")
    assert "太短了" in await trainee.says(OWN[:30])
    seen = await trainee.says(OWN + "参数不够就随便编参数，写满为止。标题里可以写 prevents bloat。")
    assert "硬伤" in seen and "☐ 12." in seen
    await trainee.presses("都写到了")
    [row] = rows(stage, answer)
    assert row.score == 0.4  # the computed fact bounds even one's own ticks


async def test_what_was_written_is_run_on_the_example_under_the_rulers(graded) -> None:
    stage, standin = graded
    trainee = await stage.newcomer("web")
    await takes(trainee, TITLE)
    await trainee.says(f"/write {TITLE} rules")
    await trainee.says(OWN)
    await trainee.presses("都写到了")
    standin.will("## 可直接粘贴\nBest Dog Bowl Bowl Bowl Bowl 100% BPA Free Prevents Bloat!!! " + "Dog " * 20)
    seen = await trainee.presses("拿去跑一次")
    assert "尺子挑出" in seen and "✘" in seen and "Best Dog Bowl" in seen
    sent = standin.asked[-1]["messages"][0]["content"]
    assert OWN in sent and "PAWNEST" in sent and "# 角色" in sent
    assert "try" in {row.purpose for row in rows(stage, model_call)}
    other = await stage.newcomer("terminal")
    [kept] = rows(stage, grading)
    assert "找不到" in await other.says(f"/try {kept.turn_id}") or "没有" in other.last


async def test_old_buttons_of_a_piece_of_writing_change_nothing(stage: Stage) -> None:
    trainee = await stage.newcomer("terminal")
    await takes(trainee, TITLE)
    await trainee.says(f"/write {TITLE} rules")
    await trainee.says(OWN)
    await trainee.presses("都写到了")
    for words in (
        "/tick 1 0",
        "/check 1 2",
        "/check 1 ok",
        "/tick 1 edit",
        "/tick 1 99",
        "/try x",
        "/write nothing here",
    ):
        await trainee.says(words)
    assert len(rows(stage, answer)) == len(rows(stage, grading)) == 1


async def test_who_wants_to_be_told_sees_the_whole_vetted_prompt(stage: Stage) -> None:
    person = await stage.trainee("terminal")
    await person.says("/now amazon-listing-title")
    await person.says("/write")
    said = await person.presses("现在就告诉我")
    assert "审定的写法" in said and "你是负责 Amazon" in said
