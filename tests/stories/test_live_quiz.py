"""A group answers together: the lead goes on, members choose, counts are shown, nothing moves mastery."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from bot.commands.serve import application
from bot.tables import outbox
from curriculum import assignments, learning_log, live_quiz, people, portfolio
from curriculum.grading import Verdict
from curriculum.live_quiz import Question
from curriculum.tables import answer
from curriculum.team_tables import live_quiz as live_quiz_rows
from dashboard import kit
from foundation.errors import NotFound
from knowledge import shelf
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
    assert (await lead.presses("开始现场题")).choices[:4] == ("3 题", "5 题", "8 题", "10 题"), "there are ten"
    assert "已答 0/" in await lead.presses("3 题")
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
    for place in (1, 2):
        await lead.presses("下一题")
        await lead.says(f"/live show {place}")
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
        page = (await http.get("/lead/live")).text
        assert [f'value="{n}"' in page for n in (3, 5, 8, 10)] == [True] * 4
        refused = await http.post("/lead/live/start", data={"count": "13"})
        assert refused.status_code == 400 and "1 到 12" in refused.text
        assert (await http.post("/lead/live/start", data={"count": "8"})).status_code == 303
        page = (await http.get("/lead/live")).text
        assert "every 2s" in page and "✔" not in page and "1 / 8" in page and "出自本队近两周的错题" in page
        trainee = await stage.trainee("terminal")
        await trainee.says("/live 0 1")
        assert "已答 1/" in (await http.get("/lead/live")).text
        await http.post("/lead/live/show", data={"place": "0"})
        page = (await http.get("/lead/live")).text
        assert "✔" in page and "every 2s" not in page
        assert (await http.post("/lead/live/dance")).status_code == 404
        await http.post("/lead/live/end")
        assert "没有现场题" in (await http.get("/lead/live")).text


def sources(stage: Stage, count: int, name: str = "陈组长") -> list[str]:
    """Start a quiz of so many questions: for each which playbook it was filled up from, "" for the team's own errors."""
    scope = stage.scope(name)
    stage.write(lambda c: kit.begin_quiz(lambda c, n: True, c, scope, stage.clock(), "zh-CN", count))
    where = (live_quiz_rows.c.team_id == scope.team_id) & live_quiz_rows.c.ended_at.is_(None)
    [asked] = stage.read(lambda c: c.execute(sa.select(live_quiz_rows.c.questions).where(where)).scalars().all())
    assert len({one["stem"] for one in asked}) == len(asked)
    assert all(one["why"] and len(set(one["options"])) == len(one["options"]) > 1 for one in asked)
    return [one["filled_from"] for one in asked]


@pytest.mark.parametrize("count", kit.COUNTS)
async def test_own_errors_come_first_and_the_rest_is_filled_up(stage: Stage, count: int) -> None:
    """From what the team uses, and from what it was given before anybody began; a lesson means its playbook."""
    errs(stage)
    trainee, lead = stage.scope("小林"), stage.scope("陈组长")
    hand = ("amazon-bullets", "1.0.0", {}, "web", "h1")
    stage.write(lambda c: portfolio.hand_over(c, trainee, *hand, stage.clock()))
    wish = assignments.Wish("lesson", "keyword-bank", 1, "all", stage.clock() + timedelta(days=5))
    stage.write(lambda c: assignments.give(c, lead, wish, stage.clock()))
    asked = sources(stage, count)
    own = asked.count("")
    assert len(asked) == count and 1 <= own <= 2 and asked[:own] == [""] * own
    fill = ["亚马逊标题 + 商品亮点", "亚马逊五点描述", "关键词词库与埋词地图"]
    assert asked[own : own + 3] == fill[: count - own] and set(asked[own:]) <= set(fill)


async def test_nothing_is_filled_up_while_own_errors_go_as_far(stage: Stage) -> None:
    """However many misconceptions one clause was missed by: it is asked about twice, and room is left for the next."""
    scope, lead = stage.scope("小林"), stage.scope("陈组长")
    book = stage.read(lambda c: shelf.get(c, lead, "amazon-listing-title")).playbook
    assert book
    places = [item.segment for item in book.quiz if item.is_closed and item.segment]
    missed = [(place, f"错法{n}") for place in dict.fromkeys(places) for n in range(3)]
    for n, (clause, words) in enumerate(missed):
        about = learning_log.About(book.id, book.version, f"q{n}", "cloze", "sk-role", clause)
        how = learning_log.How("A", Verdict(0.0, False), misconception=words)
        stage.write(
            lambda c, a=about, h=how, t=f"m{n}": learning_log.record_answer(c, scope, a, h, "web", t, stage.clock())
        )  # type: ignore[misc]
    offer = stage.read(lambda c: kit.offer(c, lead, stage.clock(), "zh-CN"))
    assert offer and offer.own >= 3
    for count in offer.counts:
        assert sources(stage, count).count("") == min(count, offer.own)


async def test_the_next_week_fills_up_with_other_questions(stage: Stage) -> None:
    lead = stage.scope("陈组长")
    wish = assignments.Wish("quiz", "amazon-bullets", 5, "all", stage.clock() + timedelta(days=30))
    stage.write(lambda c: assignments.give(c, lead, wish, stage.clock()))
    stems = []
    for _ in range(2):
        now = stage.clock()
        stems.append({one.stem for one in stage.read(lambda c, at=now: kit.questions(c, lead, at, "zh-CN", 3))})  # type: ignore[misc]
        stage.clock.tick(7 * 86_400)
    assert stems[0] != stems[1]


@at_each_door
async def test_a_team_of_yesterday_has_a_quiz_from_its_first_course(stage: Stage, door: str) -> None:
    """Nobody has answered anything yet; what can be asked is said before it is, and where each question is from."""
    owner = stage.scope("演示内容负责人（仅供演示）")
    lead = await stage.trainee(door, "陈组长")
    assert "还出不了题" in await lead.says("/live start")
    books = stage.read(lambda c: shelf.visible(c, owner, drafts=False))
    for one in books:
        if one.id != "amazon-listing-title":
            stage.write(lambda c, o=one: shelf.set_status(c, owner, o.id, o.version, "retired", stage.clock()))  # type: ignore[misc]
    wish = assignments.Wish("course", "fill-in", 1, "all", stage.clock() + timedelta(days=5))
    stage.write(lambda c: assignments.give(c, stage.scope("陈组长"), wish, stage.clock()))
    offered = await lead.says("/live start")
    most = sum(item.is_closed for one in books if one.id == "amazon-listing-title" for item in one.playbook.quiz)  # type: ignore[union-attr]
    assert "现在够出 0 题" in offered and f"最多 {most} 题" in offered
    assert [one for one in offered.choices if one.endswith("题")] == [
        f"{n} 题" for n in sorted({min(n, most) for n in kit.COUNTS})
    ]
    asked = await lead.presses(f"{most} 题")
    assert f"第 1/{most} 题 · 补的题，出自「亚马逊标题 + 商品亮点」" in asked
    trainee = await stage.trainee("terminal")
    assert "补的题，出自「亚马逊标题 + 商品亮点」" in await trainee.says("现场题")
    assert "1 到 12" in await lead.says("/live start 99")
    assert "5 道现场题" in await lead.says("/kit")


async def test_without_errors_there_is_nothing_to_ask(stage: Stage) -> None:
    lead = await stage.trainee("terminal", "陈组长")
    assert "开始现场题" not in (await lead.says("/kit")).choices
    assert "还出不了题" in await lead.says("/live start")
