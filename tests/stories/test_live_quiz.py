"""A group answers together: the lead goes on, members choose, counts are shown, nothing moves mastery."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import sqlalchemy as sa

from bot.commands.serve import application
from bot.tables import outbox
from curriculum import learning_log, live_quiz, people
from curriculum.grading import Verdict
from curriculum.live_quiz import Question
from curriculum.tables import answer
from foundation.errors import NotFound
from tests.helpers.stage import Stage
from tests.stories.doors import at_each_door


@pytest.fixture
def stage(stage_on_both: Stage) -> Stage:
    """Every story here is told on both databases, on a Tuesday: on Mondays the lead's digest may speak in between."""
    stage_on_both.clock.tick(86_400)
    return stage_on_both


def errs(stage: Stage, name: str = "小林") -> None:
    """An error of this team, so that the kit has something to ask about."""
    about = learning_log.About("amazon-listing-title", "1.0.0", "q1", "cloze", "sk-role", "role")
    how = learning_log.How("A", Verdict(0.0, False))
    scope = stage.scope(name)
    stage.write(lambda c: learning_log.record_answer(c, scope, about, how, "web", "t1", stage.clock()))


@at_each_door
async def test_a_group_answers_and_sees_counts(stage: Stage, door: str) -> None:
    errs(stage)
    lead, one, two = (
        await stage.trainee(door, "陈组长"),
        await stage.trainee(door),
        await stage.trainee("terminal", "阿梅"),
    )
    assert "没有现场题" in await one.says("现场题")
    assert "开始现场题" in (await lead.says("/kit")).choices
    assert "已答 0/" in await lead.presses("开始现场题")
    told = stage.read(lambda c: c.execute(sa.select(outbox).where(outbox.c.cause.startswith("live:"))).all())
    assert stage.demo.people["小林"] in {row.person_id for row in told}
    assert stage.demo.people["陈组长"] not in {row.person_id for row in told}
    await one.says("现场题")
    assert "收到：A" in await one.presses("A")
    assert "收到：B" in await one.presses("B")
    await two.says("/live 0 0")
    assert "已答 2/" in await lead.presses("看人数")
    shown = await lead.presses("收题")
    assert "对的是" in shown and shown.text.count(" · 1") == 2
    assert "已经收了" in await two.says("/live 0 1")
    assert "你选 B" in await one.says("/live")
    assert "没有现场题" in await lead.presses("答完了")
    assert "没有现场题" in await one.says("/live")
    assert len(stage.read(lambda c: c.execute(sa.select(answer)).all())) == 1, "only the error from before"


@at_each_door
async def test_a_quiz_that_cannot_be_made_is_not_offered(stage: Stage, door: str) -> None:
    lead = await stage.trainee(door, "陈组长")
    shown = await lead.says("/live")
    assert "近两周没有错题" in shown and "开始现场题" not in shown.choices
    errs(stage)
    assert "开始现场题" in (await lead.says("/live")).choices


@at_each_door
async def test_nobody_but_a_lead_leads(stage: Stage, door: str) -> None:
    errs(stage)
    trainee, lead = await stage.trainee(door), stage.scope("陈组长")
    question = Question("?", ("a", "b"), 0, "")
    stage.write(lambda c: live_quiz.start(c, lead, [question, question], stage.clock()))
    for words in ("/live start", "/live show 0", "/live next 0", "/live end"):
        assert "找不到" in await trainee.says(words), words
    assert "第 1/2" in await trainee.says("/live")
    for words in ("/live 0 9", "/live 7 0", "/live 0 -1", "/live x y", "/live 0"):
        assert "第 1/2" in await trainee.says(words) or "已经收了" in trainee.last, words
    stage.write(lambda c: live_quiz.show(c, lead, 0, stage.clock()))
    stage.write(lambda c: live_quiz.go_on(c, lead, 0, stage.clock()))
    assert "第 2/2" in await trainee.says("/live")


async def test_another_team_sees_and_answers_nothing(stage: Stage) -> None:
    lead = stage.scope("陈组长")
    stage.write(lambda c: live_quiz.start(c, lead, [Question("?", ("a", "b"), 0, "")], stage.clock()))
    elsewhere = stage.write(lambda c: people.add_team(c, "别队", stage.clock()))
    other = stage.write(lambda c: people.add_person(c, "外人", "zh-CN", stage.clock()))
    stage.write(lambda c: people.join_team(c, elsewhere, other, ["lead"], stage.clock()))
    scope = stage.read(lambda c: people.meet(c, other)).scope
    assert scope and stage.read(lambda c: live_quiz.current(c, scope, stage.clock())) is None
    stage.write(lambda c: live_quiz.end(c, scope, stage.clock()))
    assert stage.read(lambda c: live_quiz.current(c, lead, stage.clock())) is not None
    with pytest.raises(NotFound):
        stage.write(lambda c: live_quiz.show(c, stage.scope("小林"), 0, stage.clock()))


async def test_many_at_once_are_each_counted_once_and_a_double_press_goes_on_once(stage: Stage) -> None:
    lead = stage.scope("陈组长")
    questions = [Question("?", ("a", "b", "c"), 0, "")] * 3
    stage.write(lambda c: live_quiz.start(c, lead, questions, stage.clock()))
    names = ("小林", "阿梅", "周老师")
    acts = [
        lambda c, n=name, k=k: live_quiz.choose(c, stage.scope(n), 0, k, stage.clock())
        for name in names
        for k in (0, 1, 2)
    ]
    await asyncio.gather(*(stage.database.write(act) for act in acts))
    live = stage.read(lambda c: live_quiz.current(c, lead, stage.clock()))
    assert live and live.answered == 3
    await asyncio.gather(
        *(stage.database.write(lambda c: live_quiz.go_on(c, lead, 0, stage.clock())) for _ in range(4))
    )
    live = stage.read(lambda c: live_quiz.current(c, lead, stage.clock()))
    assert live and live.place == 1
    stage.clock.tick(5 * 3600)
    assert stage.read(lambda c: live_quiz.current(c, lead, stage.clock())) is None, "nobody ended it"


async def test_the_big_screen_leads_the_same_quiz(stage: Stage) -> None:
    errs(stage)
    session = stage.write(lambda c: people.open_session(c, stage.demo.people["陈组长"], stage.clock()))
    transport = httpx.ASGITransport(app=application(stage.house))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        http.cookies["zhiran_session"] = session
        assert "开始现场题" in (await http.get("/lead/kit")).text
        assert (await http.post("/lead/live/start")).status_code == 303
        page = (await http.get("/lead/live")).text
        assert "every 2s" in page and "✔" not in page
        trainee = await stage.trainee("terminal")
        await trainee.says("/live 0 1")
        assert "已答 1/" in (await http.get("/lead/live")).text
        await http.post("/lead/live/show", data={"place": "0"})
        page = (await http.get("/lead/live")).text
        assert "✔" in page and "every 2s" not in page
        assert (await http.post("/lead/live/dance")).status_code == 404
        await http.post("/lead/live/end")
        assert "没有现场题" in (await http.get("/lead/live")).text


async def test_without_errors_there_is_nothing_to_ask(stage: Stage) -> None:
    lead = await stage.trainee("terminal", "陈组长")
    assert "开始现场题" not in (await lead.says("/kit")).choices
    assert "没有错题" in await lead.says("/live start")
