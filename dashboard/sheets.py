"""The lead's sheets: what the counts say, each number with its range, its answers, and the way to the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from curriculum import report, report_models
from curriculum.report import A_PAGE
from curriculum.report_models import LEFT, Cost, WorkUse
from curriculum.spending import money
from dashboard.behind import (
    BEHIND,
    Say,
    address,
    filters,
    name_of,
    next_page,
    overdue,
    page_of,
    rows_of,
    skill_name,
    titles_of,
)
from dashboard.cells import Cell, Sheet, share_cell
from foundation.errors import NotFound
from foundation.pinyin import name_order

if TYPE_CHECKING:
    from dashboard.visitor import Visitor  # it knows the web server, which the chat must not load

WORDINGS = 3  # of a heap of questions, on the page
NO_PLAYBOOK = "-"  # in an address, for calls that ran none


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
            "overdue": overdue, "playbooks": self.playbooks, "cost": self.cost, "calls": self.calls,
        } | BEHIND  # fmt: skip

    def skills(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        page, size = page_of(asked, A_PAGE)
        known = report.skill_map(connection, visitor.scope, page, size)
        skills = sorted(known.team, key=lambda one: skill_name(one, visitor.language))
        few = say("board.few")
        team = tuple(share_cell(known.team[one], few, rows_of(skill=one)) for one in skills)
        rows = [(Cell(say("board.whole_team")), *team)]
        for person_id, name in known.people:
            cells = (
                share_cell(known.cells.get((person_id, one)), few, rows_of(person=person_id, skill=one))
                for one in skills
            )
            rows.append((Cell(name or "—", link=rows_of(person=person_id)), *cells))
        more = next_page("skills", {}, page, size, known.total)
        columns = (say("board.person"), *(skill_name(one, visitor.language) for one in skills))
        return Sheet("skills", columns, rows, say("board.note_skills", people=known.total), chart=True, more=more)

    def ladder(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        titles = titles_of(connection, visitor)
        rows = []
        for book, counts in sorted(
            report.ladder(connection, visitor.scope).items(), key=lambda pair: titles.get(pair[0], pair[0])
        ):
            everybody = address("standing", {"playbook": book})
            rows.append(
                (
                    Cell(titles.get(book, book), link=everybody),
                    *(Cell(str(one), link=f"{everybody}&rung={n}" if one else "") for n, one in enumerate(counts)),
                    Cell(str(sum(counts)), link=everybody),
                )
            )
        columns = (say("board.playbook"), *(f"{n} {say(f'rung.{n}')}" for n in range(6)), say("board.people"))
        return Sheet("ladder", columns, rows, say("board.note_ladder"), chart=True)

    def field(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """Four fields by name, in the order of names: a map, never a ranking."""
        shares, alone = report_models.ai_shares(connection, visitor.scope), report.autonomy(connection, visitor.scope)
        names = {one: name for one, (name, _) in (shares | alone).items()}
        unknown, rows = say("board.not_measured"), []
        for person_id, name in sorted(names.items(), key=lambda pair: (name_order(pair[1]), pair[0])):
            ai = shares[person_id][1] if person_id in shares else None
            own = alone[person_id][1] if person_id in alone else None
            works = address("works", {"person": person_id, "of": "share"})
            model = Cell(unknown, 0, "", "unknown")
            if ai:
                enough = ai.known
                text = f"{ai.share:.0%}" if enough else say("board.few_works", count=report.ENOUGH)
                model = Cell(text, ai.works, works, "" if enough else "unknown")
            cell = share_cell(own, say("board.few"), rows_of(person=person_id, purpose="probe"))
            where = quadrant(ai.share, own.mean) if ai and ai.known and own and own.known else ""
            rows.append((Cell(name or "—"), model, cell, Cell(say(f"board.field_{where}") if where else unknown)))
        columns = (say("board.person"), say("board.ai_share"), say("board.autonomy"), say("board.field"))
        return Sheet("field", columns, rows, say("board.note_field"), chart=True)

    def retention(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        known = report.retention(connection, visitor.scope)
        rows = [
            (Cell(say("board.days_or_more", days=gap)), share_cell(share, say("board.few"), rows_of(rested=str(gap))))
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
            heap = address("asked", {"heap": one.id})
            answered = Cell(str(one.answered), link=f"{heap}&answered=1" if one.answered else "")
            counts = (Cell(str(one.count), link=heap), answered, Cell(visitor.local(one.asked[0].at)))
            rows.append((Cell(one.words), *counts, Cell(" / ".join(one.others[:shown]) or "—")))
        names = ("question", "times", "answered", "last", "otherwise")
        return Sheet("questions", tuple(say(f"board.{name}") for name in names), rows, say("board.note_questions"))

    def playbooks(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """Use, feedback and outcome, each version by itself."""
        titles, few = titles_of(connection, visitor), say("board.few")
        made = report_models.works_by_version(connection, visitor.scope)
        rows = []
        for one in report.playbook_use(connection, visitor.scope):
            which = {"playbook": one.playbook_id, "version": one.version}
            people = Cell(str(one.people), link=address("standing", which))
            uses = Cell(str(one.uses), link=address("handovers", which) if one.uses else "")
            after = _what_became(made.get((one.playbook_id, one.version), WorkUse()), say, which)
            name = Cell(titles.get(one.playbook_id, one.playbook_id), link=rows_of(**which))
            rows.append((name, Cell(one.version), people, uses, share_cell(one.result, few, rows_of(**which)), *after))
        names = ("playbook", "version", "people", "uses", "right", "used", "changed", "click_rate", "order_rate")
        columns = tuple(say(f"board.{one}") for one in names)
        return Sheet("playbooks", columns, rows, say("board.note_playbooks"))

    def cost(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """What models cost: the team, each person with the skills they passed, each playbook that was run."""
        known = report_models.costs(connection, visitor.scope)
        people, books = known.people, known.playbooks
        passed, titles = report_models.passed_skills(connection, visitor.scope), titles_of(connection, visitor)
        team = sum(books.values(), Cost())
        rows = [self._cost_row(say("board.whole_team"), team, sum(passed.values()), {})] if people else []
        rows += [
            self._cost_row(
                say("board.left") if person_id == LEFT else name or "—",
                one,
                None if person_id == LEFT else passed.get(person_id, 0),
                {"person": person_id},
            )
            for person_id, (name, one) in sorted(people.items(), key=_by_name)
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
        calls = address("calls", whose)
        spent = [Cell(str(one.calls), link=calls), Cell(str(one.tokens), link=calls), Cell(money(one.cost), link=calls)]
        skills = Cell("—" if passed is None else str(passed), link=address("passed", whose) if passed else "")
        return (Cell(name, link=calls), *spent, skills, Cell(each, link=calls if passed else ""))

    def calls(self, connection: Connection, visitor: Visitor, say: Say, asked: Mapping[str, str]) -> Sheet:
        """The calls behind a cost: who, for what, with which model, how much; nothing of what was said in them."""
        page, size = page_of(asked, report.ROWS)
        whose = filters(asked, "person", "playbook")
        book = whose.get("playbook")
        wanted = (whose.get("person", ""), "" if book == NO_PLAYBOOK else book)
        sums, found = report_models.calls_behind(connection, visitor.scope, *wanted, size, page * size)
        titles = titles_of(connection, visitor)
        rows = []
        for one in found:
            spent = (money(one.cost.cost), str(one.cost.tokens), say(f"purpose.{one.purpose}"))
            how = (titles.get(one.playbook_id, one.playbook_id) or "—", " → ".join(one.models) or "—")
            guessed = "✓" if one.cost.guessed else "—"
            rows.append(tuple(map(Cell, (name_of(one.name, say), visitor.local(one.at), *spent, *how, guessed))))
        # The narrow columns first: on a phone there is room for three.
        heads = ("person", "at", "cost", "tokens", "what_for", "playbook", "model", "guessed")
        total = {"calls": sums.calls, "tokens": sums.tokens, "cost": money(sums.cost), "currency": self.currency or "—"}
        note, more = say("board.note_calls", **total), next_page("calls", whose, page, size, sums.calls)
        return Sheet("calls", tuple(say(f"board.{one}") for one in heads), rows, note, more=more)


def _what_became(one: WorkUse, say: Say, which: Mapping[str, str]) -> tuple[Cell, ...]:
    """How many drafts were really used, why they were changed, and how they did; each number opens its works."""

    def works(**more: str) -> str:
        return address("works", {**which, **more})

    often = sorted(one.changed.items(), key=lambda pair: (-pair[1], pair[0]))
    parts = tuple(Cell(f"{say(f'works.reason_{why}')} {count}", link=works(reason=why)) for why, count in often)
    reasons = Cell(say("list.joint").join(part.text for part in parts) or "—", parts=parts)
    rates = (
        Cell("—" if rate is None else f"{rate:.1%}", count, works(of=what) if count else "")
        for what, rate, count in (("clicks", one.click_rate, one.seen), ("orders", one.order_rate, one.bought))
    )
    return (Cell(str(one.used), link=works() if one.used else ""), reasons, *rates)


def _by_name(one: tuple[str, tuple[str, Cost]]) -> tuple[bool, tuple[str, str], str]:
    """Those who left come last, together."""
    return one[0] == LEFT, name_order(one[1][0]), one[0]


def quadrant(ai_share: float, autonomy: float) -> str:
    """Which of the four fields: much or little of the model, right or not without it."""
    if autonomy >= 0.6:
        return "ride" if ai_share >= 0.5 else "toil"
    return "fed" if ai_share >= 0.5 else "start"
