"""Running counts behind the lead's page: kept with each answer, so that no page counts a million rows; rebuilt from the log."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.ladder import EXPLAIN, RUNG_OF_KIND
from curriculum.tables import answer, handover
from curriculum.team_tables import gap_tally, playbook_tally, skill_tally
from foundation.database import OncePerDialect, insert

GAPS = (0, 1, 2, 4, 8, 16, 32, 64)  # least days since the skill was last asked


@dataclass(frozen=True, slots=True)
class Counted:
    """One judged answer, as the tallies see it."""

    team_id: str
    person_id: str
    playbook_id: str
    version: str
    skill: str
    kind: str
    score: float
    correct: bool
    hints: int
    purpose: str
    at: datetime
    rested: int | None = None

    @property
    def rung(self) -> int:
        """What this answer proves: nothing when a hint helped."""
        return RUNG_OF_KIND.get(self.kind, EXPLAIN) if self.correct and self.hints == 0 else 0


def gap_of(rested: int) -> int:
    """The bucket of a pause."""
    return GAPS[bisect_right(GAPS, rested) - 1]


def rested_in(gap: int) -> tuple[int, int | None]:
    """The pauses a bucket holds: from so many days to less than so many; the last one has no end."""
    return gap, next((one for one in GAPS if one > gap), None)


def rested(connection: Connection, team_id: str, person_id: str, skill: str, now: datetime) -> int | None:
    """For how many whole days somebody has not been judged in a skill; None if never before."""
    last = connection.execute(_LAST, {"team_id": team_id, "person_id": person_id, "skill": skill}).scalar()
    return None if last is None else max(0, (now - last).days)


def _adding(
    table: sa.Table, keys: tuple[str, ...], sums: tuple[str, ...], highest: tuple[str, ...] = ()
) -> OncePerDialect:
    def build(connection: Connection) -> Any:
        fresh = insert(connection, table)
        changes: dict[str, Any] = {name: table.c[name] + fresh.excluded[name] for name in sums}
        changes |= {
            name: sa.case((fresh.excluded[name] > table.c[name], fresh.excluded[name]), else_=table.c[name])
            for name in highest
        }
        return fresh.on_conflict_do_update(index_elements=list(keys), set_=changes)

    return OncePerDialect(build)


_LAST = sa.select(skill_tally.c.last_at).where(
    *(skill_tally.c[name] == sa.bindparam(name) for name in ("team_id", "person_id", "skill"))
)
_SKILL_SUMS = ("answers", "points", "probes", "probe_points")
_ADD_SKILL = _adding(skill_tally, ("team_id", "person_id", "skill"), _SKILL_SUMS, ("last_at",))
_BOOK_KEYS = ("team_id", "person_id", "playbook_id", "version")
_ADD_BOOK = _adding(playbook_tally, _BOOK_KEYS, ("uses", "answers", "points"), ("rung", "last_at"))
_ADD_GAP = _adding(gap_tally, ("team_id", "person_id", "gap"), ("answers", "points"))


def count_answer(connection: Connection, one: Counted) -> None:
    """Add one judged answer to the counts, in the transaction that stores it."""
    who = {"team_id": one.team_id, "person_id": one.person_id}
    connection.execute(_ADD_SKILL(connection), who | {"skill": one.skill, "last_at": one.at} | _skill_sums(one))
    book = {
        "playbook_id": one.playbook_id,
        "version": one.version,
        "uses": 0,
        "answers": 1,
        "points": one.score,
        "rung": one.rung,
    }
    connection.execute(_ADD_BOOK(connection), who | book | {"last_at": one.at})
    _count_rest(connection, one, 1, one.score)


def _count_rest(connection: Connection, one: Counted, answers: int, points: float) -> None:
    if one.rested is not None:
        who = {"team_id": one.team_id, "person_id": one.person_id, "gap": gap_of(one.rested)}
        connection.execute(_ADD_GAP(connection), who | {"answers": answers, "points": points})


def _skill_sums(one: Counted) -> dict[str, Any]:
    probe = one.purpose == "probe"
    return {"answers": 1, "points": one.score, "probes": int(probe), "probe_points": one.score if probe else 0.0}


def correct_mark(connection: Connection, one: Counted, *, before: float | None) -> None:
    """A mentor's mark takes the place of the first verdict; what nobody had judged counts from now on."""
    change, fresh = one.score - (before or 0.0), int(before is None)
    who = {"team_id": one.team_id, "person_id": one.person_id, "last_at": one.at}
    probe = int(one.purpose == "probe")
    sums = {"answers": fresh, "points": change, "probes": fresh * probe, "probe_points": change * probe}
    connection.execute(_ADD_SKILL(connection), who | {"skill": one.skill} | sums)
    book = {
        "playbook_id": one.playbook_id,
        "version": one.version,
        "uses": 0,
        "answers": fresh,
        "points": change,
        "rung": one.rung,
    }
    connection.execute(_ADD_BOOK(connection), who | book)
    _count_rest(connection, one, fresh, change)


def count_use(
    connection: Connection, team_id: str, person_id: str, playbook_id: str, version: str, now: datetime
) -> None:
    """Add one prompt handed over."""
    row = {
        "team_id": team_id,
        "person_id": person_id,
        "playbook_id": playbook_id,
        "version": version,
        "uses": 1,
        "answers": 0,
    }
    connection.execute(_ADD_BOOK(connection), row | {"points": 0.0, "rung": 0, "last_at": now})


@dataclass
class _Sums:
    skills: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    books: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    gaps: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)

    def book(self, person_id: str, playbook_id: str, version: str, at: datetime) -> dict[str, Any]:
        row = self.books.setdefault(
            (person_id, playbook_id, version), {"uses": 0, "answers": 0, "points": 0.0, "rung": 0, "last_at": at}
        )
        row["last_at"] = max(row["last_at"], at)
        return row

    def add(self, one: Counted) -> None:
        skill = self.skills.get((one.person_id, one.skill))
        if skill is None:
            skill = self.skills[one.person_id, one.skill] = dict.fromkeys(_SKILL_SUMS, 0) | {"last_at": one.at}
        if one.rested is not None:
            gap = self.gaps.setdefault((one.person_id, gap_of(one.rested)), {"answers": 0, "points": 0.0})
            gap["answers"], gap["points"] = gap["answers"] + 1, gap["points"] + one.score
        for name, more in _skill_sums(one).items():
            skill[name] += more
        skill["last_at"] = max(skill["last_at"], one.at)
        book = self.book(one.person_id, one.playbook_id, one.version, one.at)
        book["answers"], book["points"], book["rung"] = (
            book["answers"] + 1,
            book["points"] + one.score,
            max(book["rung"], one.rung),
        )


def rebuild(connection: Connection, team_id: str) -> None:
    """Count the team's log anew: the log is the source, the tallies only its sum."""
    for table in (skill_tally, playbook_tally, gap_tally):
        connection.execute(table.delete().where(table.c.team_id == team_id))
    sums = _Sums()
    for one in judged(connection, team_id):
        sums.add(one)
    uses = sa.select(handover.c.person_id, handover.c.playbook_id, handover.c.version, handover.c.at).where(
        handover.c.team_id == team_id
    )
    for row in connection.execute(uses):
        sums.book(row.person_id, row.playbook_id, row.version, row.at)["uses"] += 1
    _put(connection, skill_tally, ("person_id", "skill"), sums.skills, team_id)
    _put(connection, playbook_tally, ("person_id", "playbook_id", "version"), sums.books, team_id)
    _put(connection, gap_tally, ("person_id", "gap"), sums.gaps, team_id)


def _put(
    connection: Connection, table: sa.Table, keys: tuple[str, ...], rows: dict[Any, dict[str, Any]], team_id: str
) -> None:
    full = [{"team_id": team_id} | dict(zip(keys, key, strict=True)) | row for key, row in rows.items()]
    for begin in range(0, len(full), 5_000):
        connection.execute(table.insert(), full[begin : begin + 5_000])


def judged(connection: Connection, team_id: str) -> Iterable[Counted]:
    """The team's judged answers in the order they were given; a learner's own check is none."""
    names = (
        "team_id",
        "person_id",
        "playbook_id",
        "version",
        "skill",
        "kind",
        "score",
        "correct",
        "hints",
        "purpose",
        "at",
        "rested",
    )
    where = (answer.c.team_id == team_id) & answer.c.correct.is_not(None)
    query = sa.select(*(answer.c[name] for name in names)).where(where).order_by(answer.c.at, answer.c.id)
    for row in connection.execute(query.execution_options(yield_per=5_000)):
        yield Counted(*row)
