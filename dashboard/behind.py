"""The rows that the numbers on the lead's sheets open: who, when, which; page by page, and whole in an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqlalchemy import Connection

from curriculum import report, report_behind, report_models
from curriculum.report import Asked, Share
from dashboard.cells import Cell, Sheet, share_cell
from dashboard.targets import course_names, lesson_names
from foundation import safe_yaml
from knowledge import shelf
from knowledge.facts import LIBRARY

if TYPE_CHECKING:
    from dashboard.visitor import Visitor  # it knows the web server, which the chat must not load

Say = Callable[..., str]
EXPORTED = 100_000  # rows at most
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
    lines = [
        (Cell(row.name or "—"), Cell(visitor.local(row.at)), Cell(titles.get(row.playbook_id, row.playbook_id)), Cell(row.version), Cell(row.item_id),
         Cell(skill_name(row.skill, visitor.language)), Cell(f"{row.score:.0%}"), Cell(str(row.hints)), Cell(row.confidence or "—"),
         Cell("—" if row.rested is None else str(row.rested)))
        for row in found[:size]
    ]  # fmt: skip
    heads = ("person", "at", "playbook", "version", "item", "skill", "score", "hints", "confidence", "rested")
    more = next_page("rows", filters(asked, *named, "rested", "since"), page, size, page * size + len(found))
    note = say("board.note_rows", count=len(lines))
    return Sheet("rows", tuple(say(f"board.{one}") for one in heads), lines, note, more=more)


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
        lines.append((Cell(row.name or "—"), rung_cell, book, right, Cell(visitor.local(row.last_at))))
    heads = ("person", "rung", "playbook", "right", "last")
    return _sheet("standing", heads, lines, say, total, filters(asked, *OF, "rung"), asked)


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


BEHIND: dict[str, Made] = {"rows": rows, "passed": passed, "standing": standing}


def _span(asked: str, visitor: Visitor) -> tuple[datetime | None, datetime | None]:
    """This week, the last one, or all there is."""
    monday = report.week_start(visitor.now, visitor.zone)
    if asked == "last-week":
        return report.week_start(monday - timedelta(hours=1), visitor.zone), monday
    return (monday, None) if asked == "week" else (None, None)


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
