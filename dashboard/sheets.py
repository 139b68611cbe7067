"""The lead's sheets: what the counts say, each number with its range, its answers, and the way to the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import Connection

from curriculum import assignments, report, report_models
from curriculum.report import A_PAGE, Asked, Share
from curriculum.report_models import Cost, WorkUse
from curriculum.spending import money
from dashboard.cells import Cell, Sheet, share_cell
from dashboard.targets import course_names, lesson_names
from foundation import safe_yaml
from foundation.errors import NotFound
from knowledge import shelf
from knowledge.facts import LIBRARY

if TYPE_CHECKING:
    from dashboard.visitor import Visitor  # it knows the web server, which the chat must not load

Say = Callable[..., str]
WORDINGS = 3  # of a heap of questions, on the page
BEHIND = ("rows", "calls", "passed")  # what numbers open: no sheets to begin with
EXPORTED = 100_000  # rows at most
NO_PLAYBOOK = "-"  # in an address, for calls that ran none


@cache
def skill_names() -> dict[str, dict[str, str]]:
    data = safe_yaml.load((LIBRARY / "skills.yaml").read_text("utf-8")).data
    return {one["id"]: {"zh": one["zh"], "en": one["en"]} for one in data["skills"]}


def skill_name(skill: str, language: str) -> str:
    return skill_names().get(skill, {}).get("en" if language.startswith("en") else "zh", skill)


@dataclass(frozen=True)
class Sheets:
    """Every sheet by its key; `currency` is what models are paid in."""

    currency: str = ""

    def make(self, key: str, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        if key not in self.makers:
            raise NotFound(key)
        return self.makers[key](connection, visitor, say, asked)

    @property
    def makers(self) -> dict[str, Callable[..., Sheet]]:
        return {
            "skills": self.skills, "ladder": self.ladder, "field": self.field, "retention": self.retention, "questions": self.questions,
            "overdue": self.overdue, "playbooks": self.playbooks, "cost": self.cost, "rows": self.rows, "calls": self.calls,
            "passed": self.passed,
        }  # fmt: skip

    def skills(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        page, size = _page(asked, A_PAGE)
        known = report.skill_map(connection, visitor.scope, page, size)
        skills = sorted(known.team, key=lambda one: skill_name(one, visitor.language))
        few = say("board.few")
        team = tuple(share_cell(known.team[one], few, _rows(skill=one)) for one in skills)
        rows = [(Cell(say("board.whole_team")), *team)]
        for person_id, name in known.people:
            cells = (
                share_cell(known.cells.get((person_id, one)), few, _rows(person=person_id, skill=one)) for one in skills
            )
            rows.append((Cell(name or "—", link=_rows(person=person_id)), *cells))
        more = _more("skills", {}, page, size, known.total)
        columns = (say("board.person"), *(skill_name(one, visitor.language) for one in skills))
        return Sheet("skills", columns, rows, say("board.note_skills", people=known.total), chart=True, more=more)

    def ladder(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        titles = _titles(connection, visitor)
        rows = []
        for book, counts in sorted(
            report.ladder(connection, visitor.scope).items(), key=lambda pair: titles.get(pair[0], pair[0])
        ):
            rows.append(
                (
                    Cell(titles.get(book, book), link=_rows(playbook=book)),
                    *(Cell(str(one), link=_rows(playbook=book) if one else "") for one in counts),
                    Cell(str(sum(counts)), link=_rows(playbook=book)),
                )
            )
        columns = (say("board.playbook"), *(f"{n} {say(f'rung.{n}')}" for n in range(6)), say("board.people"))
        return Sheet("ladder", columns, rows, say("board.note_ladder"), chart=True)

    def field(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """Four fields by name, in the order of names: a map, never a ranking."""
        shares, alone = report_models.ai_shares(connection, visitor.scope), report.autonomy(connection, visitor.scope)
        names = {one: name for one, (name, _) in (shares | alone).items()}
        unknown, rows = say("board.not_measured"), []
        for person_id, name in sorted(names.items(), key=lambda pair: (pair[1], pair[0])):
            ai = shares[person_id][1] if person_id in shares else None
            own = alone[person_id][1] if person_id in alone else None
            model = Cell(f"{ai.share:.0%}", ai.works) if ai else Cell(unknown, 0, "", "unknown")
            cell = share_cell(own, say("board.few"), _rows(person=person_id, purpose="probe"))
            where = quadrant(ai.share, own.mean) if ai and own and own.known else ""
            rows.append((Cell(name or "—"), model, cell, Cell(say(f"board.field_{where}") if where else unknown)))
        columns = (say("board.person"), say("board.ai_share"), say("board.autonomy"), say("board.field"))
        return Sheet("field", columns, rows, say("board.note_field"), chart=True)

    def retention(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        known = report.retention(connection, visitor.scope)
        rows = [
            (Cell(say("board.days_or_more", days=gap)), share_cell(share, say("board.few"), _rows(rested=str(gap))))
            for gap, share in known.items()
        ]
        return Sheet(
            "retention", (say("board.rested"), say("board.right")), rows, say("board.note_retention"), chart=True
        )

    def questions(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """Each heap with its other wordings beside it; an export has them all."""
        shown = None if asked.get("all") else WORDINGS
        rows = []
        for one in report.gaps(connection, visitor.scope):
            counts = (Cell(str(one.count)), Cell(str(one.answered)), Cell(visitor.local(one.last_at)))
            rows.append((Cell(one.words), *counts, Cell(" / ".join(one.others[:shown]) or "—")))
        names = ("question", "times", "answered", "last", "otherwise")
        return Sheet("questions", tuple(say(f"board.{name}") for name in names), rows, say("board.note_questions"))

    def overdue(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        titles = _titles(connection, visitor)
        late = assignments.overdue(connection, visitor.scope, visitor.now)
        rows = [
            (
                Cell(name or "—", link=_rows(person=person_id)),
                Cell(f"{say(f'assign.kind_{kind}')} {titles.get(target, target)}"),
                Cell(visitor.local(due)),
            )
            for person_id, name, kind, target, due in late
        ]
        return Sheet("overdue", (say("board.person"), say("board.task"), say("board.due")), rows)

    def playbooks(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """Use, feedback and outcome, each version by itself."""
        titles, few = _titles(connection, visitor), say("board.few")
        made = report_models.works_by_version(connection, visitor.scope)
        rows = []
        for one in report.playbook_use(connection, visitor.scope):
            link = _rows(playbook=one.playbook_id, version=one.version)
            name = Cell(titles.get(one.playbook_id, one.playbook_id), link=link)
            counts = (Cell(one.version), Cell(str(one.people)), Cell(str(one.uses)))
            after = _what_became(made.get((one.playbook_id, one.version), WorkUse()), say)
            rows.append((name, *counts, share_cell(one.result, few, link), *after))
        names = ("playbook", "version", "people", "uses", "right", "used", "changed", "click_rate", "order_rate")
        columns = tuple(say(f"board.{one}") for one in names)
        return Sheet("playbooks", columns, rows, say("board.note_playbooks"))

    def cost(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """What models cost: the team, each person with the skills they passed, each playbook that was run."""
        known = report_models.costs(connection, visitor.scope)
        people, books = known.people, known.playbooks
        passed, titles = report_models.passed_skills(connection, visitor.scope), _titles(connection, visitor)
        team = sum(books.values(), Cost())
        rows = [self._cost_row(say("board.whole_team"), team, sum(passed.values()), {})] if people else []
        rows += [
            self._cost_row(name or "—", one, passed.get(person_id, 0), {"person": person_id})
            for person_id, (name, one) in people.items()
        ]
        for book, one in books.items():
            name = titles.get(book, book) if book else say("board.other_calls")
            rows.append(self._cost_row(name, one, None, {"playbook": book or NO_PLAYBOOK}))
        heads = ("what_for", "calls", "tokens", "cost", "passed", "cost_per_passed")
        note = say("board.note_cost", guessed=team.guessed, currency=self.currency or "—")
        return Sheet("cost", tuple(say(f"board.{one}") for one in heads), rows, note)

    def _cost_row(self, name: str, one: Cost, passed: int | None, whose: Mapping[str, str]) -> tuple[Cell, ...]:
        """Every number opens what it counts: calls, or the skills passed."""
        each = money(one.cost // passed) if passed else "—"
        calls = _address("calls", whose)
        spent = [Cell(str(one.calls), link=calls), Cell(str(one.tokens), link=calls), Cell(money(one.cost), link=calls)]
        skills = Cell("—" if passed is None else str(passed), link=_address("passed", whose) if passed else "")
        return (Cell(name, link=calls), *spent, skills, Cell(each, link=calls if passed else ""))

    def calls(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """The calls behind a cost: who, for what, with which model, how much; nothing of what was said in them."""
        page, size = _page(asked, report.ROWS)
        whose = _filters(asked, "person", "playbook")
        book = whose.get("playbook")
        wanted = (whose.get("person", ""), "" if book == NO_PLAYBOOK else book)
        sums, found = report_models.calls_behind(connection, visitor.scope, *wanted, size, page * size)
        titles = _titles(connection, visitor)
        rows = []
        for one in found:
            spent = (money(one.cost.cost), str(one.cost.tokens), say(f"purpose.{one.purpose}"))
            how = (titles.get(one.playbook_id, one.playbook_id) or "—", " → ".join(one.models) or "—")
            guessed = "✓" if one.cost.guessed else "—"
            rows.append(tuple(map(Cell, (one.name or "—", visitor.local(one.at), *spent, *how, guessed))))
        # The narrow columns first: on a phone there is room for three.
        heads = ("person", "at", "cost", "tokens", "what_for", "playbook", "model", "guessed")
        total = {"calls": sums.calls, "tokens": sums.tokens, "cost": money(sums.cost), "currency": self.currency or "—"}
        note, more = say("board.note_calls", **total), _more("calls", whose, page, size, sums.calls)
        return Sheet("calls", tuple(say(f"board.{one}") for one in heads), rows, note, more=more)

    def passed(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """The skills that were passed, each with the answers it stands on."""
        page, size = _page(asked, report.ROWS)
        whose = _filters(asked, "person")
        person = whose.get("person", "")
        total, found = report_models.passes_behind(connection, visitor.scope, person, size, page * size)
        rows = []
        for row in found:
            link = _rows(person=row.person_id, skill=row.skill)
            right = share_cell(Share(row.points, row.answers), say("board.few"), link)
            skill = Cell(skill_name(row.skill, visitor.language))
            rows.append((Cell(row.name or "—"), skill, right, Cell(visitor.local(row.last_at))))
        heads = tuple(say(f"board.{one}") for one in ("person", "skill", "right", "last"))
        more = _more("passed", whose, page, size, total)
        return Sheet("passed", heads, rows, say("board.note_passed", count=total), more=more)

    def rows(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """The answers behind a number; how many there are in all is not counted, as that would take as long as to read them."""
        since, until = _span(asked.get("since", ""), visitor)
        names = {one: one for one in ("skill", "version", "purpose")} | {
            "person": "person_id",
            "playbook": "playbook_id",
        }
        wanted: dict[str, Any] = {field: asked[name][:64] for name, field in names.items() if asked.get(name)}
        wanted["rested"] = _number(asked.get("rested", ""))
        page, size = _page(asked, report.ROWS)
        behind = Asked(**wanted, since=since, until=until)
        found = report.rows_behind(connection, visitor.scope, behind, size + 1, page * size)
        titles = _titles(connection, visitor)
        rows = [
            (Cell(row.name or "—"), Cell(visitor.local(row.at)), Cell(titles.get(row.playbook_id, row.playbook_id)), Cell(row.version), Cell(row.item_id),
             Cell(skill_name(row.skill, visitor.language)), Cell(f"{row.score:.0%}"), Cell(str(row.hints)), Cell(row.confidence or "—"),
             Cell("—" if row.rested is None else str(row.rested)))
            for row in found[:size]
        ]  # fmt: skip
        heads = ("person", "at", "playbook", "version", "item", "skill", "score", "hints", "confidence", "rested")
        more = _more("rows", _filters(asked, *names, "rested", "since"), page, size, page * size + len(found))
        note = say("board.note_rows", count=len(rows))
        return Sheet("rows", tuple(say(f"board.{one}") for one in heads), rows, note, more=more)


def _what_became(one: WorkUse, say: Say) -> tuple[Cell, ...]:
    """How many drafts were really used, why they were changed, and how they did; a rate with the works behind it."""
    often = sorted(one.changed.items(), key=lambda pair: (-pair[1], pair[0]))
    reasons = say("list.joint").join(f"{say(f'works.reason_{reason}')} {count}" for reason, count in often)
    rates = (Cell("—" if rate is None else f"{rate:.1%}", one.measured) for rate in (one.click_rate, one.order_rate))
    return (Cell(str(one.used)), Cell(reasons or "—"), *rates)


def _span(asked: str, visitor: Visitor) -> tuple[datetime | None, datetime | None]:
    """This week, the last one, or all there is."""
    monday = report.week_start(visitor.now, visitor.zone)
    if asked == "last-week":
        return report.week_start(monday - timedelta(hours=1), visitor.zone), monday
    return (monday, None) if asked == "week" else (None, None)


def quadrant(ai_share: float, autonomy: float) -> str:
    """Which of the four fields: much or little of the model, right or not without it."""
    if autonomy >= 0.6:
        return "ride" if ai_share >= 0.5 else "toil"
    return "fed" if ai_share >= 0.5 else "start"


def _address(key: str, asked: Mapping[str, str]) -> str:
    return f"/lead/{key}?{urlencode(asked)}" if asked else f"/lead/{key}"


def _rows(**asked: str) -> str:
    return _address("rows", asked)


def _page(asked: Mapping[str, str], size: int) -> tuple[int, int]:
    """Which page is asked for, and how long it is; an export is one page, whichever it was asked from."""
    if asked.get("all"):
        return 0, EXPORTED
    return _number(asked.get("page", "")) or 0, size


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _filters(asked: Mapping[str, str], *names: str) -> dict[str, str]:
    """What rows are asked for: who, which playbook and the like."""
    return {name: asked[name][:64] for name in names if asked.get(name)}


def _more(key: str, asked: Mapping[str, str], page: int, size: int, total: int) -> str:
    """The next page's address, if there is one."""
    return _address(key, {**asked, "page": str(page + 1)}) if total > (page + 1) * size else ""


def _titles(connection: Connection, visitor: Visitor) -> dict[str, str]:
    """What playbooks, lessons and courses are called: tasks are about all three."""
    books = {one.id: one.title(visitor.language) for one in shelf.visible(connection, visitor.scope, drafts=True)}
    return course_names(visitor.language) | lesson_names(visitor.language) | books
