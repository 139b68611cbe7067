"""What the lead sees of models: the share of AI in works beside what people can do alone, and what it cost."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from benchmarks.lead_page import counted
from curriculum import assignments, learning_log, people, portfolio, report, report_models, spending, teams, works
from curriculum.assignments import Wish
from curriculum.model_tables import model_call, model_charge
from curriculum.outcomes import Outcome
from dashboard.lead_pages import SHEETS
from dashboard.sheets import Sheets
from foundation.database import new_id
from foundation.language_model import Charge, Usage
from foundation.model_endpoints import Limits
from tests.helpers.stage import Stage

ROOM = Limits(10**9, 10**9, 10**9)
DRAFT = "Slow Feeder Dog Bowl with a full ring base for large dogs that eat too fast"


def makes(stage: Stage, name: str, final: str | None, turn: str, cost: int = 40_000) -> None:
    """A model drafts a title for somebody, who uses it as told."""
    scope, book = stage.scope(name), ("amazon-listing-title", "1.0.0")
    today = stage.clock().date()
    held = stage.write(lambda c: spending.reserve(c, scope, 90_000, ROOM, "run", turn, stage.clock(), today))
    charge = Charge("stand-in", "m", Usage(900, 0, 100), cost)
    stage.write(lambda c: spending.settle(c, scope, held, [charge], stage.clock()))
    work_id = stage.write(lambda c: works.keep(c, scope, book, {}, [DRAFT], turn, stage.clock()))
    if final is not None:
        stage.write(lambda c: works.finish(c, scope, work_id, final, stage.clock()))


async def test_the_field_sets_the_share_of_ai_beside_what_one_can_alone(stage: Stage, visit, answers) -> None:
    """One person pastes and cannot do without, one rewrites and can; both stand by name, nobody is ranked."""
    for n in range(3):
        makes(stage, "小林", DRAFT, f"w{n}")
        makes(stage, "阿梅", "PAWNEST bowl, gray, three cups, stays put on tiles", f"v{n}")
    answers("小林", right=1, wrong=7, purpose="probe")
    answers("阿梅", right=8, purpose="probe")
    shown = (await visit("陈组长").get("/lead/field")).text
    assert "100%" in shown and "豢养" in shown and "苦干" in shown
    assert shown.index("阿梅") < shown.index("小林") and "不是排名" in shown
    assert (await visit("陈组长").get("/lead/chart/field.svg")).text.startswith("<svg")


async def test_each_version_shows_use_feedback_and_outcome(stage: Stage, visit) -> None:
    """Why drafts were changed, and how they did; figures of which one is missing make no rate, and it is no proof."""
    outcomes = (Outcome(1_000, 40, 4), Outcome(None, 60, 3), Outcome(1_000, None, None))
    for n, (name, outcome) in enumerate(zip(("小林", "阿梅", "小林"), outcomes, strict=True)):
        scope = stage.scope(name)
        hand = ("amazon-listing-title", "1.0.0", {}, "web", f"h{n}")
        stage.write(lambda c, s=scope, h=hand: portfolio.hand_over(c, s, *h, stage.clock()))
        makes(stage, name, "rewritten", f"w{n}")
        [one] = stage.read(lambda c, s=scope: works.of_person(c, s))[:1]
        stage.write(lambda c, s=scope, w=one.id: works.explain(c, s, w, "facts"))
        how = (one.id, stage.clock().date(), outcome, "hand", stage.clock())
        stage.write(lambda c, s=scope, h=how: works.add_outcome(c, s, *h))
        stage.clock.tick()
    exported = (await visit("陈组长").get("/lead/export/playbooks.csv")).content.decode("utf-8-sig")
    head, row = list(csv.reader(io.StringIO(exported)))
    shown = dict(zip(head, row, strict=True))
    assert (shown["用成的稿"], shown["改动原因"]) == ("3", "事实不对 3")
    assert (shown["点击率"], shown["下单率"], shown["点击率 n"]) == ("4.0%", "7.0%", "1")
    assert "不是因果" in (await visit("陈组长").get("/lead/playbooks")).text


async def test_a_work_nobody_finished_is_not_measured(stage: Stage, visit, answers) -> None:
    makes(stage, "小林", None, "w1")
    answers("小林", right=4, purpose="probe")
    exported = (await visit("陈组长").get("/lead/export/field.csv")).content.decode("utf-8-sig")
    [_, row] = list(csv.reader(io.StringIO(exported)))
    assert row[0] == "小林" and row[1:3] == ["还没测", "0"] and row[-1] == "还没测"


async def test_a_share_without_a_test_stands_there_too_and_is_no_number_before_three_works(stage: Stage, visit) -> None:
    """Two works are counted and open, but say nothing of how much of one's work is the model's."""
    lead = visit("陈组长")
    for n, seen in enumerate(("不满 3 份不给数", "不满 3 份不给数", "100%")):
        makes(stage, "小林", DRAFT, f"w{n}")
        _, [name, share, alone, _] = table((await lead.get("/lead/field")).text)
        assert (name[0], share[0], alone[0]) == ("小林", f"{seen} n={n + 1}", "— n=0")
        assert len(table((await lead.get(share[1])).text)) == n + 2


async def test_names_stand_in_the_order_of_their_pinyin(stage: Stage, visit, answers) -> None:
    """Not in that of code points, which no reader knows: on every sheet of people, whatever the page."""
    names = ("邹一", "闫二", "曾三", "Bob", "白四", "欧阳五")
    for one in names:
        person = stage.write(lambda c, n=one: people.add_person(c, n, "zh-CN", stage.clock()))
        stage.write(lambda c, p=person: people.join_team(c, stage.demo.team_id, p, ("trainee",), stage.clock()))
        stage.demo.people[one] = person
        answers(one, right=12, purpose="probe")
    expected = ["白四", "Bob", "欧阳五", "闫二", "曾三", "邹一"]
    for path in ("/lead/skills", "/lead/field", "/lead/passed"):
        shown = [row[0][0] for row in table((await visit("陈组长").get(path)).text)]
        assert [one for one in shown if one in names] == expected, path


async def test_the_cost_adds_up_by_person_and_by_playbook(stage: Stage, visit, answers) -> None:
    """The team's sum, each person's with the skills they passed, each playbook's; what is too little is not divided."""
    makes(stage, "小林", DRAFT, "w1", cost=40_000)
    makes(stage, "小林", None, "w2", cost=20_000)
    makes(stage, "阿梅", DRAFT, "w3", cost=10_000)
    answers("小林", right=12)
    answers("阿梅", right=1)
    exported = (await visit("陈组长").get("/lead/export/cost.csv")).content.decode("utf-8-sig")
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(exported))}
    assert rows["全队"] == ["3", "3000", "0.07", "1", "0.07"]
    assert rows["小林"] == ["2", "2000", "0.06", "1", "0.06"]
    assert rows["阿梅"] == ["1", "1000", "0.01", "0", "—"]
    assert rows["亚马逊标题 + 商品亮点"][:3] == ["3", "3000", "0.07"]
    assert "只是相关" in (await visit("陈组长").get("/lead/cost")).text


def grades(stage: Stage, name: str, *tries: Charge) -> None:
    """A model is asked for a grade, which makes no work."""
    scope, turn = stage.scope(name), f"g{stage.number()}"
    today = stage.clock().date()
    held = stage.write(lambda c: spending.reserve(c, scope, 90_000, ROOM, "grade", turn, stage.clock(), today))
    stage.write(lambda c: spending.settle(c, scope, held, tries, stage.clock()))


def table(page: str) -> list[list[tuple[str, str]]]:
    """The rows of a page's table: what stands in each cell, and where it leads."""
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", page, re.S)]
    link = re.compile(r'<a href="([^"]*)"')
    return [
        [(re.sub("<[^>]*>", "", one).strip(), unescape(found[1]) if (found := link.search(one)) else "") for one in row]
        for row in cells
    ]


async def test_every_number_of_the_cost_opens_just_what_it_counts(stage: Stage, visit, answers) -> None:
    """The team's, each person's, each playbook's, and what ran none; so does the export of what was opened."""
    makes(stage, "小林", DRAFT, "w1", cost=40_000)
    makes(stage, "小林", None, "w2", cost=20_000)
    makes(stage, "阿梅", DRAFT, "w3", cost=10_000)
    failed = Charge("first", "small", Usage(100, 0, 0, estimated=True), 300)
    grades(stage, "小林", failed, Charge("second", "large", Usage(500, 0, 50), 700))
    grades(stage, "周老师")  # refused before anything was charged: no call that cost
    answers("小林", right=12)
    lead = visit("陈组长")
    _, *rows = table((await lead.get("/lead/cost")).text)
    assert [row[0][0] for row in rows] == ["全队", "阿梅", "小林", "批改、填格、拆段", "亚马逊标题 + 商品亮点"]
    for row in rows:
        (_, of_row), (calls, to_calls), (tokens, to_tokens), (cost, to_cost), (passed, to_passed), (each, to_each) = row
        assert of_row == to_calls == to_tokens == to_cost and to_each == (to_calls if each != "—" else "")
        exported = (await lead.get(to_calls.replace("/lead/calls", "/lead/export/calls.csv"))).content
        head, *opened = csv.reader(io.StringIO(exported.decode("utf-8-sig")))
        assert head == ["人", "时间", "花费", "字元（token）", "花在", "指令", "模型", "估算"]
        assert (len(opened), sum(int(one[3]) for one in opened)) == (int(calls), int(tokens)), row
        assert round(sum(float(one[2]) for one in opened), 6) == float(cost)
        assert [[text for text, _ in one] for one in table((await lead.get(to_calls)).text)[1:]] == opened
        if to_passed:
            assert len(table((await lead.get(to_passed)).text)) == 1 + int(passed)
    [graded] = [row for row in table((await lead.get("/lead/calls?playbook=-")).text) if row[4][0] == "批改"]
    assert [text for text, _ in graded[2:]] == ["0.001", "650", "批改", "—", "small → large", "✓"]
    [_, [name, skill, share, _]] = table((await lead.get(f"/lead/passed?person={stage.demo.people['小林']}")).text)
    assert (name[0], skill[0]) == ("小林", "角色与视角") and share[0].endswith("n=12")
    assert len(table((await lead.get(share[1])).text)) == 13
    book = load_workbook(io.BytesIO((await lead.get("/lead/export/calls.xlsx")).content))
    assert len(list(book.active.iter_rows())) == 5


@pytest.mark.parametrize("key", sorted(set(Sheets().makers) - set(SHEETS)))
async def test_what_a_number_opens_is_of_ones_own_team_alone(stage: Stage, visit, answers, key: str) -> None:
    """Whatever is asked for by id, and nothing of who has left; no word of anybody's is in it."""
    makes(stage, "小林", DRAFT, "w1")
    answers("小林", right=12)
    lin, learner, head = stage.demo.people["小林"], stage.scope("小林"), stage.scope("陈组长")
    hand, now = ("amazon-listing-title", "1.0.0", {"brand": "Slow Feeder"}, "web", "h1"), stage.clock()
    asked = ("泰国站清关要什么资料", "none", [], 0.1, True, "q1")
    stage.write(lambda c: portfolio.hand_over(c, learner, *hand, now))
    stage.write(lambda c: learning_log.record_question(c, learner, *asked, now))
    stage.write(lambda c: assignments.give(c, head, Wish("quiz", hand[0], 60, lin, now + timedelta(days=2)), now))
    other = stage.write(lambda c: people.add_person(c, "别队负责人", "zh-CN", stage.clock()))
    stage.write(lambda c: teams.found(c, other, "别队", stage.clock()))
    for query in ("", f"?person={lin}", "?playbook=amazon-listing-title"):
        for path in (f"/lead/{key}{query}", f"/lead/export/{key}.csv{query}"):
            own = (await visit("陈组长").get(path)).text
            assert "小林" in own and "Slow Feeder" not in own
            assert "小林" not in (await visit(other).get(path)).text, path
            for nobody in ("小林", "周老师", None):
                assert (await visit(nobody).get(path)).status_code == 404, (nobody, path)
    lead = stage.scope("陈组长")
    stage.write(lambda c: teams.dismiss(c, lead, lin, stage.clock()))
    assert "小林" not in (await visit("陈组长").get(f"/lead/{key}?person={lin}")).text


async def test_many_calls_come_in_pages_at_the_same_number_of_queries(stage: Stage, visit) -> None:
    """Every call on one page and no more than one; an export from any page has them all."""
    lead, scope = visit("陈组长"), stage.scope("小林")

    async def asked(path: str) -> tuple[int, str]:
        with counted(stage.database) as seen:
            shown = await lead.get(path, headers={"hx-request": "true"})
        return len(seen), shown.text

    makes(stage, "小林", None, "w1", cost=1)
    queries, _ = await asked("/lead/calls")
    ids, who = [new_id() for _ in range(2 * report.ROWS)], {"team_id": scope.team_id, "person_id": scope.person_id}
    base = who | {"day": stage.clock().date(), "purpose": "try", "state": "settled", "held": 0, "at": stage.clock()}
    charge = {"number": 0, "endpoint": "e", "input_tokens": 1, "cached_tokens": 0, "output_tokens": 0}
    charge |= {"is_estimate": False, "cost": 1}
    rows = [charge | {"call_id": one, "model": f"m{n}"} for n, one in enumerate(ids)]
    stage.write(lambda c: c.execute(model_call.insert(), [base | {"id": one, "turn_id": one} for one in ids]))
    stage.write(lambda c: c.execute(model_charge.insert(), rows))
    path, models = "/lead/calls", []
    while path:
        now, text = await asked(path)
        assert now == queries
        shown = table(text)
        path = shown.pop()[0][1] if "hx-get" in text else ""
        models += [row[6][0] for row in shown]
    assert len(models) == len(set(models)) == 2 * report.ROWS + 1
    exported = (await lead.get("/lead/export/calls.csv?page=1")).content.decode("utf-8-sig")
    assert exported.count("\n") == 2 * report.ROWS + 2
    skills = (await lead.get("/lead/export/skills.csv?page=1")).content.decode("utf-8-sig")
    assert "小林" in skills, "asked from the second page of the sheet"
    assert stage.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(model_call)).scalar()) == len(models)


async def test_costs_and_shares_are_for_leads_alone(stage: Stage, visit) -> None:
    for who in ("小林", "周老师", None):
        for path in ("/lead/cost", "/lead/field", "/lead/export/cost.csv"):
            assert (await visit(who).get(path)).status_code == 404, (who, path)


async def test_passed_is_what_the_range_says(stage: Stage, answers) -> None:
    """The question asked of the database agrees with the range shown: Wilson's lower end at four fifths."""
    for right, wrong in ((2, 0), (5, 0), (6, 0), (7, 0), (12, 1), (20, 1), (30, 4)):
        skill = f"sk-{right}-{wrong}"
        answers("小林", right=right, wrong=wrong, skill=skill)
    lead = stage.scope("陈组长")
    cells = stage.read(lambda c: report.skill_map(c, lead)).cells.values()
    expected = sum(share.known and share.range[0] >= report_models.PASSED for share in cells)
    assert 0 < expected < len(cells)
    assert sum(stage.read(lambda c: report_models.passed_skills(c, lead)).values()) == expected


async def test_an_overdue_course_stands_there_by_its_name(stage: Stage, visit) -> None:
    lead = stage.scope("陈组长")
    wish = Wish("course", "fill-in", 1, "all", stage.clock() + timedelta(days=1))
    stage.write(lambda c: assignments.give(c, lead, wish, stage.clock()))
    stage.clock.tick(2 * 24 * 3600)
    shown = (await visit("陈组长").get("/lead/overdue")).text
    assert "第一课程 · 会填空" in shown and "fill-in" not in shown


async def test_who_left_counts_in_no_share_and_what_they_spent_stays_in_the_sum(stage: Stage, visit, answers) -> None:
    for name, cost in (("小林", 40_000), ("阿梅", 50_000)):
        makes(stage, name, None, f"w{cost}", cost)
        answers(name, right=3, wrong=1)
        scope, hand = stage.scope(name), ("amazon-listing-title", "1.0.0", {}, "web", f"h{cost}")
        stage.write(lambda c, s=scope, h=hand: portfolio.hand_over(c, s, *h, stage.clock()))
    lead, zone = stage.scope("陈组长"), "Asia/Shanghai"
    before = stage.read(lambda c: report.week(c, lead, stage.clock(), zone))
    assert (before.answers.answers, before.active, before.uses) == (8, 2, 2)
    stage.write(lambda c: teams.dismiss(c, lead, stage.scope("阿梅").person_id, stage.clock()))
    after = stage.read(lambda c: report.week(c, lead, stage.clock(), zone))
    assert (after.answers.answers, after.active, after.uses) == (4, 1, 1)
    assert len(stage.read(lambda c: report.rows_behind(c, lead, report.Asked()))) == 4
    known = stage.read(lambda c: report_models.costs(c, lead))
    assert sum(cost.cost for _, cost in known.people.values()) == 90_000
    assert known.people[report_models.LEFT] == ("", report_models.Cost(1, 1000, 50_000, 0))
    assert "已离开的人" in (await visit("陈组长").get("/lead/cost")).text
    opened = (await visit("陈组长").get("/lead/export/calls.csv?person=left")).content.decode("utf-8-sig")
    assert len(opened.strip().splitlines()) == 2
