"""The lead's sheets: what the counts say, each number with its range, its answers, and the way to the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import Connection

from curriculum import assignments, report
from curriculum.report import A_PAGE, Asked
from dashboard.cells import Cell, Sheet, share_cell
from foundation import safe_yaml
from foundation.errors import NotFound
from knowledge import shelf
from knowledge.facts import LIBRARY

if TYPE_CHECKING:
    from dashboard.visitor import Visitor  # it knows the web server, which the chat must not load

Say = Callable[..., str]
AiShares = Callable[
    [Connection, "Visitor"], Mapping[str, tuple[float, int]]
]  # person -> share of the model, works measured


def no_shares(connection: Connection, visitor: Visitor) -> Mapping[str, tuple[float, int]]:
    """含AI率 is "not measured" until works are kept."""
    return {}


@cache
def skill_names() -> dict[str, dict[str, str]]:
    data = safe_yaml.load((LIBRARY / "skills.yaml").read_text("utf-8")).data
    return {one["id"]: {"zh": one["zh"], "en": one["en"]} for one in data["skills"]}


def skill_name(skill: str, language: str) -> str:
    return skill_names().get(skill, {}).get("en" if language.startswith("en") else "zh", skill)


@dataclass(frozen=True)
class Sheets:
    """Every sheet by its key."""

    ai_shares: AiShares = no_shares

    def make(self, key: str, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        makers: dict[str, Callable[..., Sheet]] = {
            "skills": self.skills, "ladder": self.ladder, "field": self.field, "retention": self.retention, "questions": self.questions,
            "overdue": self.overdue, "playbooks": self.playbooks, "rows": self.rows,
        }  # fmt: skip
        if key not in makers:
            raise NotFound(key)
        return makers[key](connection, visitor, say, asked)

    def skills(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        page = int(asked["page"]) if asked.get("page", "").isdecimal() and len(asked["page"]) < 5 else 0
        size = 5_000 if asked.get("all") else A_PAGE
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
        more = f"/lead/skills?page={page + 1}" if known.total > (page + 1) * size else ""
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
                    *(Cell(str(one)) for one in counts),
                    Cell(str(sum(counts))),
                )
            )
        columns = (say("board.playbook"), *(f"{n} {say(f'rung.{n}')}" for n in range(6)), say("board.people"))
        return Sheet("ladder", columns, rows, say("board.note_ladder"), chart=True)

    def field(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """Four fields by name, in the order of names: a map, never a ranking."""
        shares, few, rows = self.ai_shares(connection, visitor), say("board.few"), []
        for person_id, (name, alone) in report.autonomy(connection, visitor.scope).items():
            measured = shares.get(person_id)
            model = (
                Cell(f"{measured[0]:.0%}", measured[1])
                if measured
                else Cell(say("board.not_measured"), 0, "", "unknown")
            )
            where = quadrant(measured[0], alone.mean) if measured and alone.known else ""
            cell = share_cell(alone, few, _rows(person=person_id, purpose="probe"))
            rows.append(
                (
                    Cell(name or "—"),
                    model,
                    cell,
                    Cell(say(f"board.field_{where}") if where else say("board.not_measured")),
                )
            )
        columns = (say("board.person"), say("board.ai_share"), say("board.autonomy"), say("board.field"))
        return Sheet("field", columns, rows, say("board.note_field"), chart=True)

    def retention(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        known = report.retention(connection, visitor.scope)
        rows = [
            (Cell(say("board.days_or_more", days=gap)), share_cell(share, say("board.few"), "/lead/rows"))
            for gap, share in known.items()
        ]
        return Sheet(
            "retention", (say("board.rested"), say("board.right")), rows, say("board.note_retention"), chart=True
        )

    def questions(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        rows = [
            (Cell(one.words), Cell(str(one.count)), Cell(str(one.answered)), Cell(visitor.local(one.last_at)))
            for one in report.gaps(connection, visitor.scope)
        ]
        columns = (say("board.question"), say("board.times"), say("board.answered"), say("board.last"))
        return Sheet("questions", columns, rows, say("board.note_questions"))

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
        titles, few = _titles(connection, visitor), say("board.few")
        rows = []
        for one in report.playbook_use(connection, visitor.scope):
            link = _rows(playbook=one.playbook_id, version=one.version)
            result = share_cell(one.result, few, link)
            rows.append(
                (
                    Cell(titles.get(one.playbook_id, one.playbook_id)),
                    Cell(one.version),
                    Cell(str(one.people)),
                    Cell(str(one.uses)),
                    result,
                )
            )
        columns = (
            say("board.playbook"),
            say("board.version"),
            say("board.people"),
            say("board.uses"),
            say("board.right"),
        )
        return Sheet("playbooks", columns, rows, say("board.note_playbooks"))

    def rows(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """The answers behind a number."""
        since = report.week_start(visitor.now, visitor.zone) if asked.get("since") == "week" else None
        names = {
            "person": "person_id",
            "skill": "skill",
            "playbook": "playbook_id",
            "version": "version",
            "purpose": "purpose",
        }
        wanted: dict[str, Any] = {field: asked[name][:64] for name, field in names.items() if asked.get(name)}
        limit = 100_000 if asked.get("all") else report.ROWS
        titles = _titles(connection, visitor)
        rows = [
            (Cell(row.name or "—"), Cell(visitor.local(row.at)), Cell(titles.get(row.playbook_id, row.playbook_id)), Cell(row.version), Cell(row.item_id),
             Cell(skill_name(row.skill, visitor.language)), Cell(f"{row.score:.0%}"), Cell(str(row.hints)), Cell(row.confidence or "—"))
            for row in report.rows_behind(connection, visitor.scope, Asked(**wanted, since=since), limit)
        ]  # fmt: skip
        heads = ("person", "at", "playbook", "version", "item", "skill", "score", "hints", "confidence")
        return Sheet("rows", tuple(say(f"board.{one}") for one in heads), rows, say("board.note_rows", count=len(rows)))


def quadrant(ai_share: float, autonomy: float) -> str:
    """Which of the four fields: much or little of the model, right or not without it."""
    if autonomy >= 0.6:
        return "ride" if ai_share >= 0.5 else "toil"
    return "fed" if ai_share >= 0.5 else "start"


def _rows(**asked: str) -> str:
    return f"/lead/rows?{urlencode(asked)}"


def _titles(connection: Connection, visitor: Visitor) -> dict[str, str]:
    return {one.id: one.title(visitor.language) for one in shelf.visible(connection, visitor.scope, drafts=True)}
