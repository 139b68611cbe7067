"""Teams as people live them: founding, inviting, joining, giving a task, doing it, being dismissed."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bot.tables import outbox
from curriculum import assignments, desk, learning_log, people, tallies, teams
from curriculum.grading import Verdict
from curriculum.tables import answer
from curriculum.team_tables import gap_tally, playbook_tally, skill_tally
from foundation.errors import ExpectedError, NotFound
from tests.helpers.stage import Stage
from tests.stories.doors import at_each_door


@pytest.fixture
def stage(stage_on_both: Stage) -> Stage:
    """Every story here is told on both databases."""
    return stage_on_both


async def test_a_lead_founds_a_team_vets_invites_and_gives_a_task(stage: Stage) -> None:
    lead = await stage.trainee("terminal", "陈组长")
    await lead.says("/newteam")
    ready = await lead.says("春季团队")
    assert "春季团队" in ready and "待看" in ready
    await lead.presses("审定指令")
    await lead.presses("全部审定")
    await lead.presses("我看过了")
    invited = await lead.says("/invite 学员 2 7 一班")
    token = next(word for word in invited.text.split() if word.startswith("inv_"))
    trainee = await stage.stranger("telegram")
    assert "春季团队" in await trainee.joins(token)
    await trainee.says("小新")
    for step in ("布置任务", "一条指令练到", "亚马逊", "1 说得出"):
        await (lead.says("/assign") if step == "布置任务" else lead.presses(step))
    await lead.presses("一班")
    await lead.presses("3 天后")
    await lead.says("先看第一段")
    given = await lead.presses("布置下去")
    assert "1 人" in given
    shown = await trainee.says("我的任务")
    assert "先看第一段" in shown and shown.choices[0] == "先用一次这条指令"
    told = stage.read(lambda c: c.execute(sa.select(outbox)).all())
    assert [(one.person_id, one.kind) for one in told] == [(await trainee.id, "assignment")]


async def test_a_dismissed_person_is_out_of_every_door(stage: Stage) -> None:
    at_web, at_terminal = await stage.trainee("web", "阿梅"), await stage.trainee("terminal", "阿梅")
    await at_web.says("/home")  # the page listens
    stale = stage.invitation(uses=5)
    lead = stage.scope("陈组长")
    gone = stage.demo.people["阿梅"]
    stage.clock.tick()
    stage.write(lambda c: teams.dismiss(c, lead, gone, stage.clock()))
    assert (await at_web.http.get("/chat", follow_redirects=False)).status_code == 303  # type: ignore[attr-defined]
    async with asyncio.timeout(3):
        await at_web.listener  # type: ignore[attr-defined]
    assert "邀请链接" in await at_terminal.says("/home")
    assert "已用完、过期或撤销" in await at_terminal.says(f"/start {stale}")
    assert "欢迎加入" in await at_terminal.says(f"/start {stage.invitation()}")


@at_each_door
async def test_the_dismissed_come_back_only_by_an_invitation_made_after_it(stage: Stage, door: str) -> None:
    """Whichever link there was then, with whichever roles; their own browser knows them. For others the link still holds."""
    first, stronger = stage.invitation(("trainee", "mentor"), uses=5), stage.invitation(("mentor",), uses=5)
    goer = await stage.stranger(door)
    await goer.joins(first)
    if door != "web":  # the page asks for a name before it opens
        await goer.says("小新")
    stage.clock.tick()
    gone = await goer.id
    stage.write(lambda c: teams.dismiss(c, stage.scope("陈组长"), gone, stage.clock()))
    for link in (first, stronger):
        assert "邀请链接已用完、过期或撤销了" in await goer.joins(link)
    other = await stage.stranger(door)
    await other.joins(first)
    assert (await stage.person_behind(other)) != gone
    stage.clock.tick()
    await goer.joins(stage.invitation(("trainee",)))
    assert stage.read(lambda c: teams.member(c, stage.scope("陈组长"), gone)).roles == {"trainee"}
    await goer.joins(stronger)
    assert stage.read(lambda c: teams.member(c, stage.scope("陈组长"), gone)).roles == {"trainee"}


@at_each_door
async def test_a_lead_who_dismisses_is_told_what_cannot_be_barred_and_closes_every_link_at_once(
    stage: Stage, door: str
) -> None:
    lead, token = await stage.trainee(door, "陈组长"), stage.invitation(uses=5)
    stage.invitation(("mentor",))
    await lead.says(f"/person out {stage.demo.people['阿梅']}")
    told = await lead.presses("确定请出")
    assert "已请出 阿梅" in told and "换个名字、当新人进来的，程序认不出" in told and "还有 2 个邀请链接开着" in told
    assert "撤销了 2 个邀请" in await lead.presses("撤销全部 2 个邀请")
    stranger = await stage.stranger("terminal")
    assert "撤销" in await stranger.joins(token)
    told = await lead.says(f"/person gone {stage.demo.people['小林']}")
    assert "现在没有开着的邀请链接" in told and not any("撤销" in one for one in told.choices)


async def test_the_last_lead_and_owner_stay(stage: Stage) -> None:
    lead = await stage.trainee("terminal", "陈组长")
    assert "最后一位负责人" in await lead.says("/leave yes")
    scope = stage.scope("演示内容负责人（仅供演示）")
    with pytest.raises(ExpectedError, match=r"team\.last_owner"):
        stage.write(lambda c: teams.leave(c, scope, stage.clock()))
    stage.write(lambda c: teams.set_roles(c, scope, stage.demo.people["周老师"], {"mentor", "lead"}))
    assert "已离开" in await lead.says("/leave yes")


async def test_a_lead_gives_no_owner_role_and_reaches_nobody_elsewhere(stage: Stage) -> None:
    lead = stage.scope("陈组长")
    with pytest.raises(ExpectedError):
        stage.write(lambda c: teams.set_roles(c, lead, stage.demo.people["小林"], {"owner"}))
    other = stage.write(lambda c: people.add_person(c, "外人", "zh-CN", stage.clock()))
    stage.write(lambda c: teams.found(c, other, "别队", stage.clock()))
    for act in (
        lambda c: teams.dismiss(c, lead, other, stage.clock()),
        lambda c: teams.set_roles(c, lead, other, {"trainee"}),
    ):
        with pytest.raises(NotFound):
            stage.write(act)


async def test_revoked_invitations_let_nobody_in(stage: Stage) -> None:
    token, lead = stage.invitation(uses=3), stage.scope("陈组长")
    [offer] = stage.read(lambda c: teams.offers(c, lead, stage.clock()))
    stage.write(lambda c: teams.revoke(c, lead, offer.id, stage.clock()))
    stranger = await stage.stranger("terminal")
    assert "撤销" in await stranger.joins(token)
    assert stage.read(lambda c: teams.offers(c, lead, stage.clock())) == []


async def test_a_task_is_done_by_answers_and_reminded_at_most_three_times(stage: Stage) -> None:
    lead, trainee = stage.scope("陈组长"), await stage.trainee("terminal", "小林")
    due = stage.clock.now.replace(hour=15) + assignments.REMINDERS[0] * 2
    wish = assignments.Wish("rung", "amazon-listing-title", 1, stage.demo.people["小林"], due)
    given, _ = stage.write(lambda c: assignments.give(c, lead, wish, stage.clock()))
    said = []
    for _ in range(20):
        stage.clock.tick(12 * 3600)
        said += stage.write(lambda c: assignments.due_reminders(c, stage.clock()))
    assert [one.number for one in said] == [1, 2, 3]
    await trainee.says("/use amazon-listing-title")
    await _answer_one(stage, correct=True)
    assert stage.read(lambda c: assignments.get(c, lead, given)).done == 1
    assert "没有任务" in await trainee.says("/tasks")


async def _answer_one(
    stage: Stage, *, correct: bool = False, kind: str = "what-breaks", days: float = 0, verdict: Verdict | None = None
) -> None:
    stage.clock.tick(days * 86_400)
    about = learning_log.About("amazon-listing-title", "1.0.0", f"q{stage.number()}", kind, "constraints")
    how = learning_log.How("A", verdict or Verdict(float(correct), correct))
    scope = stage.scope("小林")
    stage.write(
        lambda c: learning_log.record_answer(c, scope, about, how, "terminal", f"t{stage.number()}", stage.clock())
    )


async def test_the_running_counts_equal_the_log_counted_anew(stage: Stage) -> None:
    for n, days in enumerate((0, 0.2, 1.5, 3, 9, 40, 100)):
        await _answer_one(stage, correct=n % 3 > 0, kind="cloze" if n % 2 else "which-segment", days=days)
    lead = stage.scope("陈组长")
    for verdict, mark in ((Verdict(0.0, False), 50), (Verdict(1.0, None, self_check=True), 0)):
        await _answer_one(stage, verdict=verdict, days=5)
        learner = stage.scope("小林")
        stage.write(lambda c, s=learner: desk.dispute(c, s, "", stage.clock()))  # type: ignore[misc]
        [card], _ = stage.read(lambda c: desk.today(c, lead, stage.clock(), "Asia/Shanghai"))
        judged = (card.id, mark, "", stage.clock(), lambda c, n: None)
        stage.write(lambda c, j=judged: desk.judge(c, lead, *j))  # type: ignore[misc]
    await _answer_one(stage, correct=True, days=1)
    tables = (skill_tally, playbook_tally, gap_tally)
    kept = [sorted(map(tuple, stage.read(lambda c, t=t: c.execute(sa.select(t)).all()))) for t in tables]  # type: ignore[misc]
    stage.write(lambda c: tallies.rebuild(c, stage.demo.team_id))
    anew = [sorted(map(tuple, stage.read(lambda c, t=t: c.execute(sa.select(t)).all()))) for t in tables]  # type: ignore[misc]
    assert kept == anew
    assert (
        sum(row[2] for row in kept[2] if row)
        and stage.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(answer)).scalar()) == 10
    )


@at_each_door
async def test_home_offers_first_what_each_role_comes_for(stage: Stage, door: str) -> None:
    """A lead finds the week, the desk and tasks; a mentor the desk; an owner what waits for vetting; a trainee none of it."""
    wanted = {"lead": "看本周", "mentor": "带教台", "owner": "审定"}
    for role, label in wanted.items():
        seen = await (await stage.newcomer(door, roles=(role,))).says("/home")
        assert any(one.startswith(label) for one in seen.choices[:2]), seen.choices
    trainee = await (await stage.newcomer(door)).says("/home")
    assert not set(wanted.values()) & set(trainee.choices)


async def test_dismissed_by_one_team_one_stays_signed_in_for_another(stage: Stage) -> None:
    at_web = await stage.trainee("web", "陈组长")
    await at_web.says("/newteam 甲队")
    lead, owner = stage.scope("陈组长"), stage.scope("演示内容负责人（仅供演示）")
    assert "甲队" in await at_web.says("/team")
    demo = next(one.team_id for one in stage.read(lambda c: teams.teams_of(c, lead.person_id)) if one.name != "甲队")
    assert demo == owner.team_id
    stage.write(lambda c: teams.set_roles(c, owner, owner.person_id, {"owner", "lead"}))
    stage.write(lambda c: teams.dismiss(c, owner, lead.person_id, stage.clock()))
    said = await at_web.says("/team")
    assert "甲队" in said and "演示团队" not in said
