"""Every number of every sheet opens just the rows it counts: of a full team, and again once somebody left and a mark was changed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape

import httpx
import sqlalchemy as sa
from sqlalchemy import Connection

from benchmarks.lead_page import counted
from bot.demo_history import live_through
from curriculum import assignments, desk, learning_log, teams, works
from curriculum.assignments import Wish
from curriculum.grading import Verdict
from curriculum.model_tables import work
from curriculum.outcomes import Outcome
from curriculum.report import ROWS
from curriculum.tables import handover, question
from dashboard.sheets import Sheets
from foundation.scope import Scope
from tests.helpers.stage import Stage

# What is a number and opens no rows, by sheet and column, and why.
NO_ROWS = {
    ("cost", "字元（token）"): "a sum over the calls it opens",
    ("cost", "花费"): "a sum over the calls it opens",
    ("cost", "每过关一项"): "the cost of the calls it opens, by the skills passed beside it",
    ("calls", "花费"): "of one call, which is this row",
    ("calls", "字元（token）"): "of one call, which is this row",
    ("rows", "提示"): "of one answer, which is this row",
    ("rows", "隔了几天再考"): "of one answer, which is this row",
    ("works", "字词数"): "of one work, which is this row",
    ("works", "曝光"): "of one work, which is this row",
    ("works", "点击"): "of one work, which is this row",
    ("works", "订单"): "of one work, which is this row",
}
NO_NUMBERS = {"handovers", "asked", "open", "overdue"}  # rows of words and moments alone


@dataclass(frozen=True)
class Number:
    """A number as it is seen: where it stands, what it says it counts, the share beside it, and where it leads."""

    place: tuple[str, str]
    row: str
    counts: int
    share: str
    link: str


@dataclass
class Lead:
    """A lead at the pages, who opens whatever there is to open; each address once."""

    http: httpx.AsyncClient
    opened: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    async def open(self, link: str) -> list[dict[str, str]]:
        """The rows of an export, by what their columns are called."""
        if link not in self.opened:
            path, _, query = link.partition("?")
            answer = await self.http.get(f"/lead/export/{path.removeprefix('/lead/')}.csv?{query}")
            assert answer.status_code == 200, link
            self.opened[link] = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        return self.opened[link]

    async def numbers(self, key: str) -> list[Number]:
        page = (await self.http.get(f"/lead/{key}".rstrip("/"))).text
        if key == "":
            tiles = re.findall(r"<li>(.*?)<span>(.*?)</span>.*?</li>", page.partition('class="tiles"')[2], re.S)
            return [number for cell, name in tiles for number in _tile(name, cell)]
        [head] = re.findall(r"<thead>(.*?)</thead>", page, re.S) or [""]
        columns = [unescape(one) for one in re.findall(r"<th[^>]*>(.*?)</th>", head, re.S)]
        body = page.partition("<tbody>")[2]
        found = []
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.S):
            cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
            if len(cells) == len(columns):
                for column, cell in zip(columns, cells, strict=True):
                    found += list(_numbers((key, column), re.sub("<[^>]*>", "", cells[0]).strip(), cell))
        return found


def _tile(name: str, cell: str) -> Iterator[Number]:
    """The numbers of a tile of the week: of a share what stands under it."""
    link = [unescape(one) for one in re.findall(r'<a href="([^"]*)"', cell)]
    name, _, beneath = name.partition(" · ")
    if beneath:
        share = re.sub("<[^>]*>", "", cell)
        yield Number(("", name), "", int(re.findall(r"\d+", beneath)[0]), share, link[0])
        return
    counts = re.findall(r"\d+", re.sub("<[^>]*>", " ", cell))
    yield from (Number(("", name), "", int(count), "", to) for count, to in zip(counts, link, strict=True))


def _numbers(place: tuple[str, str], row: str, cell: str) -> Iterator[Number]:
    """The numbers of a cell: of a share what stands under it, otherwise each number that is alone or ends a word."""
    beneath = re.search(r"<small>n=(\d+)</small>", cell)
    links = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', cell, re.S)
    if beneath:
        yield Number(place, row, int(beneath[1]), cell, unescape(links[0][0]) if links else "")
        return
    for link, words in links:
        if count := re.search(r"(?:^|\s)(\d+)$", words.strip()):
            yield Number(place, row, int(count[1]), "", unescape(link))
    bare = re.sub(r"<a .*?</a>", "", cell, flags=re.S).strip()
    if re.fullmatch(r"\d+", bare):
        yield Number(place, row, int(bare), "", "")


def _fill(stage: Stage) -> None:
    """Three made-up weeks, with reasons and figures of works, an answered question, a task that is not late yet."""
    stage.write(lambda c: live_through(c, stage.demo, stage.clock()))
    lead, learner, now = stage.scope("陈组长"), stage.scope("阿梅"), stage.clock()

    def more(c: Connection) -> None:
        made = c.execute(sa.select(work.c.id, work.c.person_id).where(work.c.finished_at.is_not(None))).all()
        for n, one in enumerate(made):
            maker = Scope(lead.team_id, one.person_id, frozenset({"trainee"}))
            for reason in works.REASONS[: n % 4]:
                works.explain(c, maker, one.id, reason)
            figures = ((1_000, 40, 4), (None, 60, 3), (900, 30, None), (None, None, None))[n % 4]
            if n % 5:
                works.add_outcome(c, maker, one.id, now.date(), Outcome(*figures), "hand", now)
                works.add_outcome(c, maker, one.id, now.date() - timedelta(days=1), Outcome(500, 9, 1), "hand", now)
        for n in range(12):
            about = learning_log.About("amazon-bullets", "1.0.0", f"q{n}", "cloze", "sk-passed", "role")
            how = learning_log.How("A", Verdict(1.0, True))
            learning_log.record_answer(c, learner, about, how, "web", f"p{n}", now)
        newest = sa.select(question.c.id).order_by(question.c.at).limit(1).scalar_subquery()
        c.execute(question.update().where(question.c.id == newest).values(answered_by=stage.demo.people["周老师"]))
        assignments.give(c, lead, Wish("powercut", "", 1, "all", now + timedelta(days=3)), now)

    stage.write(more)


def _dispute(stage: Stage, name: str, first: Verdict, score: int) -> None:
    """Somebody has answered and objects to the verdict, and a mentor marks differently."""
    stage.clock.tick(600)
    who, mentor = stage.scope(name), stage.scope("周老师")
    about = learning_log.About("amazon-listing-title", "1.0.0", "q-new", "cloze", "sk-role", "role")
    how, turn = learning_log.How("A", first), f"t{stage.number()}"
    stage.write(lambda c: learning_log.record_answer(c, who, about, how, "web", turn, stage.clock()))
    stage.write(lambda c: desk.dispute(c, who, "", stage.clock()))
    cards, _ = stage.read(lambda c: desk.today(c, mentor, stage.clock(), "Asia/Shanghai"))
    [card] = [one for one in cards if one.person_id == who.person_id and one.kind == "dispute"]
    stage.write(lambda c: desk.judge(c, mentor, card.id, score, "", stage.clock(), lambda c, n: None))


async def _walk(lead: Lead) -> int:
    """Open every number there is; how many there were."""
    seen = 0
    for key in ("", *Sheets().makers):
        numbers = await lead.numbers(key)
        assert numbers or key in NO_NUMBERS, f"nothing to open on {key}"
        for one in numbers:
            seen += 1
            if one.place in NO_ROWS or not one.counts:
                continue
            assert one.link, f"a number that opens nothing: {one}"
            rows = await lead.open(one.link)
            assert len(rows) == one.counts, one
            if "/rows?" in one.link and (share := re.search(r"(\d+)%（", one.share)):
                points = [int(row["得分"].rstrip("%")) for row in rows]
                assert abs(sum(points) / len(points) - int(share[1])) <= 1, one
    return seen


async def test_every_number_opens_just_the_rows_it_counts(stage: Stage, visit) -> None:
    """Also where somebody was judged first by a mentor, marked differently, or sent away."""
    _fill(stage)
    assert await _walk(Lead(visit("陈组长"))) > 100
    for first, score in (
        (Verdict(0.0, False), 40),
        (Verdict(1.0, True), 30),
        (Verdict(0.0, None, self_check=True), 60),
    ):
        _dispute(stage, "小林", first, score)
    changed = Lead(visit("陈组长"))
    await _walk(changed)
    scope = stage.scope("陈组长")
    gone = next(one for one in stage.read(lambda c: teams.members(c, scope)) if one.name.startswith("丁一"))
    stage.write(lambda c: teams.dismiss(c, scope, gone.id, stage.clock()))
    after = Lead(visit("陈组长"))
    await _walk(after)
    assert any("丁一" in str(rows) for rows in changed.opened.values())
    assert not any("丁一" in str(rows) for rows in after.opened.values())


async def test_no_page_asks_more_of_the_database_for_a_full_team(stage: Stage, visit) -> None:
    lead = visit("陈组长")

    async def asked() -> dict[str, int]:
        found = {}
        for path in ("/lead", *(f"/lead/{key}" for key in Sheets().makers)):
            with counted(stage.database) as seen:
                await lead.get(path)
            found[path] = len(seen)
        return found

    empty = await asked()
    _fill(stage)
    assert await asked() == empty


async def test_what_a_number_opens_comes_in_pages(stage: Stage, visit) -> None:
    """Each row on one page and on no other; an export from any page has them all."""
    lead, who, now = visit("陈组长"), stage.scope("小林"), stage.clock()
    taken = {"team_id": who.team_id, "person_id": who.person_id, "answers": {}, "door": "web", "playbook_id": "b"}
    versions = [f"1.0.{n}" for n in range(2 * ROWS + 1)]
    rows = [
        taken | {"id": f"h{n}", "turn_id": f"h{n}", "version": one, "at": now - timedelta(minutes=n // 3)}
        for n, one in enumerate(versions)
    ]
    stage.write(lambda c: c.execute(handover.insert(), rows))
    path, shown = f"/lead/handovers?person={who.person_id}", []
    while path:
        page = (await lead.get(path)).text
        shown += re.findall(r"<td>(1\.0\.\d+)</td>", page)
        more = re.search(r'hx-get="([^"]*)"', page)
        path = unescape(more[1]) if more else ""
    assert sorted(shown) == sorted(versions)
    assert len(await Lead(lead).open(f"/lead/handovers?person={who.person_id}&page=1")) == len(versions)
