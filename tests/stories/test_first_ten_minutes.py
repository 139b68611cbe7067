"""A lead's first ten minutes, at every door: the way shown, a date in one's own words, a course before anybody is there."""

from __future__ import annotations

import httpx
import pytest
import sqlalchemy as sa

from bot.commands.serve import application
from curriculum import teams
from curriculum.tables import membership, question
from curriculum.team_tables import assignment
from tests.helpers.stage import Person, Stage
from tests.stories.doors import at_each_door


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """A Tuesday: on a Monday morning the lead's digest may speak in between."""
    stage.clock.tick(86_400)
    return stage


async def new_lead(stage: Stage, door: str) -> Person:
    lead = await stage.trainee(door, "陈组长")
    await lead.says("/newteam 春季团队")
    await lead.presses("审定指令")
    await lead.presses("全部审定")
    await lead.presses("我看过了")
    return lead


@at_each_door
async def test_a_new_lead_is_shown_the_way_until_it_has_been_gone(stage: Stage, door: str) -> None:
    lead = await stage.trainee(door, "陈组长")
    await lead.says("/newteam 春季团队")
    shown = await lead.says("/start")
    assert "春季团队" in shown and "待看" in shown
    assert (await lead.says("/home")).choices[0] == "起步清单"
    stage.clock.tick(15 * 86_400)
    assert "起步清单" in (await lead.says("/home")).choices, "still alone"


@at_each_door
async def test_a_course_is_given_before_anybody_is_there_and_found_by_who_joins(stage: Stage, door: str) -> None:
    lead = await new_lead(stage, door)
    for step in ("布置任务", "一门课", "第一课程", "全体学员"):
        await (lead.says("/assign") if step == "布置任务" else lead.presses(step))
    unread = await lead.says("看情况")
    assert "没看懂这个日期" in unread and any("3 天后" in label for label in unread.choices)
    assert "之后" in await lead.says("昨天") or "没看懂" in lead.last
    assert "留句话" in await lead.says("下周五之前")
    await lead.says("周五一起讲")
    assert "自动收到" in await lead.presses("布置下去")
    invited = await lead.says("/invite 学员")
    token = next(word for word in (invited.text + " " + invited.copied).split() if word.startswith("inv_"))
    trainee = await stage.stranger(door)
    await trainee.joins(token)
    assert "周五一起讲" in await trainee.says("/tasks")
    assert "0/6" in trainee.last, "how many lessons of the course are done"
    [given] = stage.read(lambda c: c.execute(sa.select(assignment)).all())
    assert given.due_at.weekday() == 4


async def test_our_own_addresses_can_be_tapped_and_nobody_elses(stage: Stage) -> None:
    """A link is a span of its own: made of our address, never of what somebody typed."""
    lead = await new_lead(stage, "web")
    await lead.says("/assign")
    for step in ("断电测试", "全体学员", "3 天后"):
        await lead.presses(step)
    await lead.says("看 http://evil.example/x")
    own = stage.house.settings.address
    for words, path in (("/setup", "/lead"), ("/report", "/lead"), ("/kit", "/lead/kit"), ("/link", "/in/in_")):
        await lead.says(words)
        assert [url for url in _links(lead) if url.startswith(own + path)], words
    assert all(url.startswith(own + "/") for url in _links(lead)) and "evil.example" in str(lead.events)  # type: ignore[attr-defined]


def _links(person: Person) -> list[str]:
    said = [message for _, message in person.events if message["who"] == "coach"]  # type: ignore[attr-defined]
    return [span["url"] for message in said for kind, span in message["text"] if kind == "link"]


@at_each_door
async def test_a_cohort_is_tapped_or_typed(stage: Stage, door: str) -> None:
    lead = await stage.trainee(door, "陈组长")
    await lead.says("/people")
    await lead.presses("小林")
    await lead.presses("分班组")
    assert "春季班" in await lead.says("春季班")
    await lead.says("/people")
    await lead.presses("阿梅")
    await lead.presses("分班组")
    assert "春季班" in await lead.presses("春季班")
    cohorts = stage.read(lambda c: list(c.execute(sa.select(membership.c.cohort)).scalars()))
    assert cohorts.count("春季班") == 2
    await lead.presses("分班组")
    assert "班组" not in await lead.presses("不分班组")


@at_each_door
async def test_an_owner_reads_the_whole_before_signing(stage: Stage, door: str) -> None:
    lead = await stage.trainee(door, "陈组长")
    await lead.says("/newteam 春季团队")
    await lead.presses("审定指令")
    one = await lead.presses("亚马逊标题")
    assert one.text.count("\n") > 8, "every clause in a line"
    whole = await lead.presses("看全文")
    [(name, content)] = whole.files
    assert name == "amazon-listing-title-1.0.0.md" and "{{marketplace}}" in content.decode() and len(content) > 10_000
    await lead.presses("由我")
    vetted = stage.read(lambda c: teams.teams_of(c, stage.demo.people["陈组长"]))
    assert any(one.name == "春季团队" for one in vetted)


@pytest.mark.parametrize("name", ["", "   ", "\u202e", "x" * 41])
async def test_nobody_comes_in_without_a_name(stage: Stage, name: str) -> None:
    token = stage.invitation(uses=2)
    transport = httpx.ASGITransport(app=application(stage.house))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        assert "演示团队" in (await http.get(f"/join/{token}")).text
        again = await http.post(f"/join/{token}", data={"name": name})
        assert again.status_code == 400 and "zhiran_session" not in http.cookies
        assert 'role="alert"' in again.text and "<form" in again.text
        assert (await http.post(f"/join/{token}", data={"name": "小新"})).status_code == 303


@at_each_door
async def test_before_anything_is_vetted_a_question_is_no_gap(stage: Stage, door: str) -> None:
    lead = await stage.trainee(door, "陈组长")
    await lead.says("/newteam 春季团队")
    invited = await lead.says("/invite 学员")
    token = next(word for word in (invited.text + " " + invited.copied).split() if word.startswith("inv_"))
    trainee = await stage.stranger(door)
    await trainee.joins(token)
    await trainee.says("/home")
    for words in ("亚马逊标题怎么写", "标题怎么写", "为什么要写核对日期？"):
        assert "还没有审定" in await trainee.says(words)
    assert stage.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(question)).scalar_one()) == 0
    assert "审定指令" in (await lead.says("亚马逊标题怎么写")).choices
