"""The rows that the numbers on the lead's sheets open: who, when, which; page by page, and whole in an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqlalchemy import Connection

from curriculum import report, report_behind, report_models
from curriculum.report import Asked, Changed, Share
from dashboard.cells import Cell, Sheet, share_cell
from dashboard.targets import course_names, lesson_names
from foundation import safe_yaml
from knowledge import shelf
from knowledge.facts import LIBRARY

if TYPE_CHECKING:
    from dashboard.visitor import Visitor  # it knows the web server, which the chat must not load

Say = Callable[..., str]
EXPORTED = 100_000  # rows at most
WORDS = 200  # characters of a question, on the page
OF = {"person": "person_id", "playbook": "playbook_id", "version": "version"}  # filters, and their columns


@cache
def skill_names() -> dict[str, dict[str, str]]:
    data = safe_yaml.load((LIBRARY / "skills.yaml").read_text("utf-8")).data
    return {one["id"]: {"zh": one["zh"], "en": one["en"]} for one in data["skills"]}


def skill_name(skill: str, language: str) -> str:
    return skill_names().get(skill, {}).get("en" if language.startswith("en") else "zh", skill)


Made = Callable[[Connection, "Visitor", Say, Mapping[str, str]], Sheet]


def rows(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """Answers, the newest first; how many there are in all is not counted, as that would take as long as reading them."""
    since, until = _span(asked.get("since", ""), visitor)
    named = OF | {one: one for one in ("skill", "purpose")}
    page, size = page_of(asked, report.ROWS)
    wanted = Asked(**_columns(asked, named), rested=_number(asked.get("rested", "")), since=since, until=until)
    found = report.rows_behind(connection, visitor.scope, wanted, size + 1, page * size)
    titles = titles_of(connection, visitor)
    # A mark is given after its answer, so that the oldest answer shown says how far back to look.
    marks = report.changed_marks(connection, visitor.scope, found[-1].at if found else visitor.now)
    lines = [
        (Cell(row.name or "—"), Cell(visitor.local(row.at)), Cell(titles.get(row.playbook_id, row.playbook_id)), Cell(row.version), Cell(row.item_id),
         Cell(skill_name(row.skill, visitor.language)), Cell(f"{row.score:.0%}"), Cell(str(row.hints)), Cell(row.confidence or "—"),
         Cell("—" if row.rested is None else str(row.rested)), Cell(_before(marks.get(row.id, ()), visitor)))
        for row in found[:size]
    ]  # fmt: skip
    heads = ("person", "at", "playbook", "version", "item", "skill", "score", "hints", "confidence", "rested", "marked")
    more = next_page("rows", filters(asked, *named, "rested", "since"), page, size, page * size + len(found))
    note = say("board.note_rows", count=len(lines))
    return Sheet("rows", tuple(say(f"board.{one}") for one in heads), lines, note, more=more)


def _before(marks: Sequence[Changed], visitor: Visitor) -> str:
    """What stood before a mentor's marks, who changed it, and when."""
    return " · ".join(f"{one.before:.0%} → {one.by or '—'} {visitor.local(one.at)}" for one in marks) or "—"


def passed(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """The skills that were passed, each with the answers it stands on."""
    page, size = page_of(asked, report.ROWS)
    person = asked.get("person", "")[:64]
    total, found = report_models.passes_behind(connection, visitor.scope, person, size, page * size)
    lines = []
    for row in found:
        link = rows_of(person=row.person_id, skill=row.skill)
        right = share_cell(Share(row.points, row.answers), say("board.few"), link)
        skill = Cell(skill_name(row.skill, visitor.language))
        lines.append((Cell(row.name or "—"), skill, right, Cell(visitor.local(row.last_at))))
    return _sheet("passed", ("person", "skill", "right", "last"), lines, say, total, filters(asked, "person"), asked)


def standing(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """Who stands where on the ladder of a playbook, with the answers this stands on."""
    page, size = page_of(asked, report.ROWS)
    wanted, rung = _columns(asked, OF), _number(asked.get("rung", ""))
    total, found = report_behind.standing(connection, visitor.scope, wanted, rung, size, page * size)
    titles = titles_of(connection, visitor)
    lines = []
    for row in found:
        whose = filters(asked, "version") | {"person": row.person_id, "playbook": row.playbook_id}
        right = share_cell(Share(row.points, row.answers), say("board.few"), rows_of(**whose))
        rung_cell = Cell(f"{row.rung} {say(f'rung.{row.rung}')}")
        book = Cell(titles.get(row.playbook_id, row.playbook_id))
        uses = Cell(str(row.uses), link=address("handovers", whose) if row.uses else "")
        lines.append((Cell(row.name or "—"), rung_cell, book, uses, right, Cell(visitor.local(row.last_at))))
    heads = ("person", "rung", "playbook", "uses", "right", "last")
    return _sheet("standing", heads, lines, say, total, filters(asked, *OF, "rung"), asked)


def handovers(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """Prompts taken: by whom, when, which."""
    page, size = page_of(asked, report.ROWS)
    wanted, since = _columns(asked, OF), _monday(asked, visitor)
    total, found = report_behind.handovers(connection, visitor.scope, wanted, since, size, page * size)
    titles = titles_of(connection, visitor)
    lines = []
    for row in found:
        book = titles.get(row.playbook_id, row.playbook_id)
        lines.append(tuple(map(Cell, (row.name or "—", visitor.local(row.at), book, row.version))))
    heads = ("person", "at", "playbook", "version")
    return _sheet("handovers", heads, lines, say, total, filters(asked, *OF, "since"), asked)


def works(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """Finished works with their numbers; nothing that was written in them."""
    page, size = page_of(asked, report.ROWS)
    what, reason = asked.get("of", ""), asked.get("reason", "")[:64]
    wanted = _columns(asked, OF)
    total, found = report_behind.works(connection, visitor.scope, wanted, what, reason, size, page * size)
    titles = titles_of(connection, visitor)
    lines = []
    for one in found:
        share = "—" if one.share is None else f"{one.share:.0%}"
        changed = say("list.joint").join(say(f"works.reason_{reason}") for reason in one.changes) or "—"
        words = (visitor.local(one.at), share, titles.get(one.playbook_id, one.playbook_id), one.version)
        numbers = ("—" if n is None else str(n) for n in (one.words, one.impressions, one.clicks, one.orders))
        lines.append(tuple(map(Cell, (one.name or "—", *words, one.product or "—", changed, *numbers))))
    heads = ("person", "at", "ai_share", "playbook", "version", "product", "changed")
    figures = ("length", "impressions", "clicks", "orders")
    return _sheet("works", (*heads, *figures), lines, say, total, filters(asked, *OF, "of", "reason"), asked)


def asked_for(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """Questions no playbook answers: of one heap, or of all."""
    page, size = page_of(asked, report.ROWS)
    heap, person = asked.get("heap", ""), asked.get("person", "")[:64]
    answered = {"1": True, "0": False}.get(asked.get("answered", ""))
    if heap:
        heaps = (one.asked for one in report.gaps(connection, visitor.scope))
        of_heap = next((rows for rows in heaps if any(row.id == heap for row in rows)), ())
        fitting = [row for row in of_heap if answered in (None, row.answered_by is not None)]
        total, found = len(fitting), fitting[page * size : (page + 1) * size]
    else:
        total, found = report_behind.questions(connection, visitor.scope, person, answered, size, page * size)
    lines, shown = [], None if asked.get("all") else WORDS
    for row in found:
        by = "—" if row.answered_by is None else row.helper or "✓"
        lines.append(tuple(map(Cell, (row.words[:shown], name_of(row.name, say), visitor.local(row.at), by))))
    heads = ("question", "person", "at", "answered_by")
    return _sheet("asked", heads, lines, say, total, filters(asked, "heap", "person", "answered"), asked)


def members(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """Who is in the team, or has answered this week."""
    page, size = page_of(asked, report.ROWS)
    person, since = asked.get("person", "")[:64], _monday(asked, visitor)
    total, found = report_behind.members(connection, visitor.scope, person, since, size, page * size)
    lines = []
    for row in found:
        link = rows_of(person=row.person_id, **filters(asked, "since"))
        right = share_cell(Share(float(row.points), int(row.answers)), say("board.few"), link)
        roles = say("list.joint").join(say(f"role.{one}") for one in row.roles.split())
        whose = (Cell(row.name or "—"), Cell(roles), Cell(row.cohort or "—"))
        lines.append((*whose, right, Cell(visitor.local(row.joined_at))))
    heads = ("person", "roles", "cohort", "right", "joined")
    return _sheet("members", heads, lines, say, total, filters(asked, "person", "since"), asked)


def open_tasks(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """Tasks that are still to do."""
    return _tasks("open", connection, visitor, say, asked)


def overdue(connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    """Tasks past their day."""
    return _tasks("overdue", connection, visitor, say, asked)


def _tasks(key: str, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
    page, size = page_of(asked, report.ROWS)
    person, late = asked.get("person", "")[:64], visitor.now if key == "overdue" else None
    total, found = report_behind.open_tasks(connection, visitor.scope, person, late, size, page * size)
    titles = titles_of(connection, visitor)
    lines = []
    for row in found:
        what = f"{say(f'assign.kind_{row.kind}')} {titles.get(row.target, row.target)}"
        lines.append((Cell(row.name or "—", link=rows_of(person=row.id)), Cell(what), Cell(visitor.local(row.due_at))))
    return _sheet(key, ("person", "task", "due"), lines, say, total, filters(asked, "person"), asked)


def _sheet(
    key: str,
    heads: tuple[str, ...],
    lines: Sequence[tuple[Cell, ...]],
    say: Say,
    total: int,
    kept: Mapping[str, str],
    asked: Mapping[str, str],
) -> Sheet:
    """One page of rows; the way to the next one keeps what was asked for."""
    columns, note = tuple(say(f"board.{one}") for one in heads), say(f"board.note_{key}", count=total)
    return Sheet(key, columns, lines, note, more=next_page(key, kept, *page_of(asked, report.ROWS), total))


BEHIND: dict[str, Made] = {
    "rows": rows, "passed": passed, "standing": standing, "handovers": handovers, "works": works, "asked": asked_for, "members": members,
    "open": open_tasks,
}  # fmt: skip


def _span(asked: str, visitor: Visitor) -> tuple[datetime | None, datetime | None]:
    """This week, the last one, or all there is."""
    monday = report.week_start(visitor.now, visitor.zone)
    if asked == "last-week":
        return report.week_start(monday - timedelta(hours=1), visitor.zone), monday
    return (monday, None) if asked == "week" else (None, None)


def name_of(name: str | None, say: Say) -> str:
    """A name; those who left have none."""
    return say("board.left") if name is None else name or "—"


def _monday(asked: Mapping[str, str], visitor: Visitor) -> datetime | None:
    """When this week began, if it alone is asked for."""
    return report.week_start(visitor.now, visitor.zone) if asked.get("since") == "week" else None


def address(key: str, asked: Mapping[str, str]) -> str:
    return f"/lead/{key}?{urlencode(asked)}" if asked else f"/lead/{key}"


def rows_of(**asked: str) -> str:
    return address("rows", asked)


def page_of(asked: Mapping[str, str], size: int) -> tuple[int, int]:
    """Which page is asked for, and how long it is; an export is one page, whichever it was asked from."""
    if asked.get("all"):
        return 0, EXPORTED
    return _number(asked.get("page", "")) or 0, size


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 5 else None


def filters(asked: Mapping[str, str], *names: str) -> dict[str, str]:
    """What rows are asked for: who, which playbook and the like."""
    return {name: asked[name][:64] for name in names if asked.get(name)}


def next_page(key: str, asked: Mapping[str, str], page: int, size: int, total: int) -> str:
    """The next page's address, if there is one."""
    return address(key, {**asked, "page": str(page + 1)}) if total > (page + 1) * size else ""


def titles_of(connection: Connection, visitor: Visitor) -> dict[str, str]:
    """What playbooks, lessons and courses are called: tasks are about all three."""
    books = {one.id: one.title(visitor.language) for one in shelf.visible(connection, visitor.scope, drafts=True)}
    return course_names(visitor.language) | lesson_names(visitor.language) | books


def _columns(asked: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """The values asked for, by the columns they stand in."""
    return {names[one]: value for one, value in filters(asked, *names).items()}
