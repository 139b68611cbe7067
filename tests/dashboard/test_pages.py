"""The pages of leads and mentors, as they are asked for."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from ralph.models.xapi.base.statements import BaseXapiStatement

from bot.tables import outbox
from curriculum import desk, people, task_notices
from curriculum.report import Share
from curriculum.team_tables import assignment
from dashboard.cells import FORMULA, safe
from dashboard.lead_pages import CHARTS, SHEETS
from tests.helpers.stage import Stage

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠A", " =1", "\ufeff=1", "　=1"]


async def test_the_week_and_every_sheet_are_shown_empty_and_full(visit, answers) -> None:
    lead = visit("陈组长")
    for path in (
        "/lead",
        *(f"/lead/{key}" for key in SHEETS),
        "/lead/rows",
        "/lead/team",
        "/lead/tasks",
        "/lead/kit",
        "/desk",
    ):
        shown = await lead.get(path)
        assert shown.status_code == 200, path
    answers("小林", right=4, wrong=1)
    answers("阿梅", right=1)
    answers("小林", right=3, wrong=2, purpose="probe")
    assert "依据 11 次作答" in (await lead.get("/lead")).text
    skills = (await lead.get("/lead/skills")).text
    assert "太少，先不下结论" in skills and "n=10" in skills and "角色与视角" in skills
    assert "小林" in (await lead.get("/lead/field")).text
    for path in (*(f"/lead/{key}" for key in SHEETS), "/lead/rows?since=week"):
        assert (await lead.get(path)).status_code == 200, path
    assert (await lead.get("/lead/rows?since=week")).text.count("<tr>") == 12


@pytest.mark.parametrize("name", CHARTS)
async def test_a_chart_is_drawn_with_chinese_words(visit, answers, name: str) -> None:
    answers("小林", right=4, wrong=1)
    shown = await visit("陈组长").get(f"/lead/chart/{name}.svg")
    assert shown.status_code == 200 and shown.text.startswith("<svg") and "Noto Sans CJK SC" in shown.text


def test_formulas_are_disarmed() -> None:
    assert all(safe(one).startswith("'") for one in FORMULAS)
    assert [safe(one) for one in ("标题", "a=b", "", 3)] == ["标题", "a=b", "", "3"]
    assert len(FORMULA) == 11


async def test_exports_hold_what_the_page_shows_and_run_nothing(stage: Stage, visit, answers) -> None:
    answers("小林", right=4)
    stage.write(lambda c: people.change_person(c, stage.demo.people["小林"], name='=HYPERLINK("http://x")'))
    lead = visit("陈组长")
    text = (await lead.get("/lead/export/skills.csv")).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][:3] == ["全队", rows[1][1], "4"] and rows[1][1].startswith("100%")
    assert any(row[0].startswith("'=HYPERLINK") for row in rows)
    book = load_workbook(io.BytesIO((await lead.get("/lead/export/rows.xlsx")).content))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert len(list(book.active.iter_rows())) == 5 and not [one for one in cells if one.data_type == "f"]


async def test_what_others_read_is_whole(visit, answers) -> None:
    answers("小林", right=2, wrong=1)
    lead = visit("陈组长")
    statements = json.loads((await lead.get("/lead/out/xapi.json")).content)
    assert len(statements) == 3 and {one["verb"]["id"] for one in statements} == {
        "http://adlnet.gov/expapi/verbs/answered"
    }
    assert len({one["id"] for one in statements}) == 3
    for one in statements:
        BaseXapiStatement(
            **one
        )  # Ralph's model of xAPI 1.0.3: it refuses any field, form or place the specification does not know
    assert (await lead.get("/lead/out/deck.apkg")).content[:2] == b"PK"


async def test_a_lead_invites_gives_and_dismisses_on_the_page(stage: Stage, visit) -> None:
    lead = visit("陈组长")
    made = await lead.post("/lead/team/invite", data={"role": ["trainee"], "uses": "3", "days": "5", "cohort": "二班"})
    assert "/join/inv_" in made.text
    form = {
        "what": "rung:amazon-listing-title",
        "amount": "2",
        "to": "all",
        "due": "2026-12-01",
        "note": "加油",
    }
    assert (await lead.post("/lead/tasks", data=form)).status_code == 303
    [given] = stage.read(lambda c: c.execute(sa.select(assignment)).all())
    assert (given.note, given.amount) == ("加油", 2)
    told = stage.read(lambda c: c.execute(sa.select(outbox.c.cause)).scalars().all())
    assert [stage.read(lambda c, one=one: task_notices.stands(c, one)) for one in told] == [True, True]
    assert (await lead.post(f"/lead/tasks/{given.id}/withdraw")).status_code == 303
    assert [stage.read(lambda c, one=one: task_notices.stands(c, one)) for one in told] == [False, False]
    trainee = visit("小林")
    assert (await trainee.get("/chat", follow_redirects=False)).status_code == 200
    assert (await lead.post(f"/lead/team/dismiss/{stage.demo.people['小林']}")).status_code == 303
    assert (await trainee.get("/chat", follow_redirects=False)).status_code == 303
    roster = {"file": ("名单.csv", "姓名,身份,班组\n小红,学员,三班\n老王,带教,\n".encode("gb18030"))}
    links = (await lead.post("/lead/team/roster", files=roster)).content.decode("utf-8-sig")
    assert links.count("/join/inv_") == 2
    foreign = {"origin": "https://evil.example"}
    assert (await lead.post("/lead/team/invite", data={"role": ["trainee"]}, headers=foreign)).status_code == 403


async def test_a_form_that_cannot_be_read_names_its_fields(stage: Stage, visit) -> None:
    lead, form = visit("陈组长"), {"what": "rung:amazon-listing-title", "to": "all", "due": "bald", "amount": "viele"}
    answer = await lead.post("/lead/tasks", data=form)
    assert (
        answer.status_code == 422
        and "截止" in answer.text
        and "级数或题数" in answer.text
        and "bald" not in answer.text
    )
    assert 'href="/lead/tasks"' in answer.text
    assert (await visit(None).post("/lead/tasks", data=form)).status_code == 404
    assert (await visit("小林").post("/lead/tasks", data=form)).status_code == 404
    assert stage.read(lambda c: c.execute(sa.select(assignment)).all()) == []


async def test_what_a_course_is_cannot_be_given_as_a_lesson(stage: Stage, visit) -> None:
    lead = visit("陈组长")
    good = {"to": "all", "due": "2026-12-01"}
    for what in ("lesson:course-one", "course:amazon-listing-title", "rung:nothing", "party:", ":"):
        assert (await lead.post("/lead/tasks", data=good | {"what": what})).status_code in (400, 404), what
    assert (await lead.post("/lead/tasks", data=good | {"what": "lesson:amazon-listing-title"})).status_code == 303
    assert (await lead.post("/lead/tasks", data=good | {"what": "powercut:"})).status_code == 303


async def test_names_of_people_are_never_markup(stage: Stage, visit, answers) -> None:
    answers("小林", right=4)
    bad = "<script>alert(1)</script>"
    stage.write(lambda c: people.change_person(c, stage.demo.people["小林"], name=bad))
    lead = visit("陈组长")
    for path in ("/lead/skills", "/lead/rows", "/lead/team", "/lead/tasks", "/lead/kit"):
        assert bad not in (await lead.get(path)).text, path


async def test_the_kit_is_made_of_the_teams_own_errors(visit, answers) -> None:
    answers("小林", wrong=2, misconception="角色写成头衔")
    answers("阿梅", wrong=1, misconception="角色写成头衔")
    lead = visit("陈组长")
    page, text = (await lead.get("/lead/kit")).text, (await lead.get("/lead/kit.md")).text
    for shown in (page, text):
        assert "角色写成头衔" in shown and "3 次，2 人" in shown and "小林" in shown and "阿梅" in shown


def test_a_share_has_a_range_that_holds_it() -> None:
    for n in range(1, 30):
        for points in range(n + 1):
            low, high = Share(points, n).range
            assert 0 <= low <= points / n <= high <= 1


async def test_the_team_page_says_what_dismissal_cannot_bar_and_closes_the_open_links(stage: Stage, visit) -> None:
    token, lead = stage.invitation(uses=3), visit("陈组长")
    told = (await lead.post(f"/lead/team/dismiss/{stage.demo.people['阿梅']}", follow_redirects=True)).text
    assert "已请出 阿梅" in told and "程序认不出" in told and "撤销全部 1 个邀请" in told
    assert (await lead.post("/lead/team/revoke")).status_code == 303
    assert (await visit(None).get(f"/join/{token}")).status_code == 410
    told = (await lead.post(f"/lead/team/dismiss/{stage.demo.people['小林']}", follow_redirects=True)).text
    assert "现在没有开着的邀请链接" in told and "撤销全部" not in told


async def test_from_the_chat_to_the_pages_and_back_by_role(visit) -> None:
    wanted = {"陈组长": ["/lead", "/desk"], "周老师": ["/desk"], "演示内容负责人（仅供演示）": ["/lead"], "小林": []}
    for name, ways in wanted.items():
        browser = visit(name)
        assert re.findall(r'<a href="([^"]+)"', (await browser.get("/chat")).text) == ways, name
        for way in ways:
            assert 'href="/chat"' in (await browser.get(way)).text


async def test_a_new_teams_first_steps_stand_on_the_page_with_the_way_to_vet(stage: Stage, visit) -> None:
    lead = visit("陈组长")
    await (await stage.trainee("terminal", "陈组长")).says("/newteam 丙队")
    shown = (await lead.get("/lead")).text
    assert "起步清单" in shown and "已审定 0 条，待看" in shown
    for way in ("/chat?open=vet", "/lead/team", "/lead/tasks"):
        assert f'<a href="{way}">' in shown, way
    chat = (await lead.get("/chat?open=vet")).text
    assert '"opens": "/vet"' in chat
    assert '"opens": ""' in (await lead.get("/chat?open=/leave%20yes")).text, "a link opens what only shows"
    await (await stage.trainee("terminal", "陈组长")).says("/team to " + stage.demo.team_id)
    stage.clock.tick(15 * 86_400)
    assert "起步清单" not in (await lead.get("/lead")).text, "that team is under way"


HEADINGS = ("现场题</h2>", "课后跟进</h2>", "安排（30 分钟）", "开始现场题")


async def test_an_empty_teams_kit_and_quiz_have_no_bare_headings_and_no_button_that_cannot_work(visit, answers) -> None:
    lead = visit("陈组长")
    pages = [(await lead.get(path)).text for path in ("/lead/kit", "/lead/kit.md", "/lead/live")]
    assert all("近两周没有错题" in page and not any(one in page for one in HEADINGS) for page in pages)
    assert "## " not in pages[1]
    answers("小林", wrong=2)
    kit, live = [(await lead.get(path)).text for path in ("/lead/kit", "/lead/live")]
    assert all(one in kit for one in HEADINGS) and "题</button>" in live and "没有错题" not in kit + live
    assert (await lead.post("/lead/live/start")).status_code == 303


async def test_a_task_form_asks_for_an_amount_only_where_one_counts(stage: Stage, visit) -> None:
    """One kind at a time, by links: it works without a script."""
    lead = visit("陈组长")
    asked = {}
    for kind in ("course", "lesson", "rung", "quiz", "powercut", "nonsense"):
        page = (await lead.get(f"/lead/tasks?kind={kind}")).text
        form = page.partition('action="/lead/tasks"')[2].partition("</form>")[0]
        asked[kind] = ("练到哪一级" in form, "做几题" in form)
        assert "布置下去" in form
    no = (False, False)
    assert asked == dict.fromkeys(asked, no) | {"rung": (True, False), "quiz": (False, True)}
    sent = {"what": "powercut:", "amount": "8", "to": "all", "due": "2026-12-01"}
    course = {"what": "course:fill-in", "to": "all", "due": "2026-12-01"}
    for form in (sent, course):
        assert (await lead.post("/lead/tasks", data=form)).status_code == 303, form
    await (await stage.trainee("terminal", "陈组长")).says("/newteam 丙队")
    empty = (await lead.get("/lead/tasks?kind=rung")).text
    assert "还没有可以布置的内容" in empty and "布置下去" not in empty


async def test_a_changed_mark_shows_what_stood_before_and_who_changed_it(stage: Stage, visit, answers) -> None:
    answers("小林", wrong=1)
    stage.write(lambda c: desk.dispute(c, stage.scope("小林"), "题目没说清", stage.clock()))
    mentor = stage.scope("周老师")
    [card], _ = stage.read(lambda c: desk.today(c, mentor, stage.clock(), "Asia/Shanghai"))
    stage.write(lambda c: desk.judge(c, mentor, card.id, 50, "有道理", stage.clock(), lambda c, n: True))
    shown = (await visit("陈组长").get("/lead/rows")).text
    assert "改分前" in shown and "0% → 周老师" in shown and "50%" in shown
    assert "0% → 周老师" in (await visit("陈组长").get("/lead/export/rows.csv")).content.decode("utf-8-sig")
