"""The restore drill: a copy made while people write is whole, comes back, and says nothing a second time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.tables import inbox, outbox
from curriculum import people
from curriculum.tables import person
from foundation.database import Database, new_id
from tests.faults.house import count
from tests.helpers.clock import MORNING
from tests.helpers.databases import Shelf, open_database
from tests.helpers.postgres import wheel_programs

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def zhiran(url: str, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"ZHIRAN_DATABASE_URL": url, "ZHIRAN_DATA_FOLDER": str(folder)}
    environment["PATH"] = f"{wheel_programs()}:{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "bot.entry", *command], env=environment, cwd=ROOT, capture_output=True, text=True
    )


def copied(url: str, folder: Path, *more: str) -> Path:
    done = zhiran(url, folder, "backup", str(folder / "copies"), *more)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def leave_open(connection: sa.Connection, person_id: str) -> None:
    """A turn nobody has answered, and a reminder that is due."""
    turn = {"id": new_id(), "door": "terminal", "external_id": "1", "account": "local", "person_id": person_id}
    connection.execute(inbox.insert().values(turn | {"words": "x", "payload": {}, "at": MORNING, "state": "kept"}))
    due = {"id": new_id(), "person_id": person_id, "cause": "c", "kind": "reminder", "reply": {}, "state": "due"}
    connection.execute(outbox.insert().values(due | {"not_before": MORNING}))


def writing(database: Database) -> Callable[[], int]:
    """Somebody who writes until told to stop; then says how often."""
    stop, written = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            written.append(database.write_now(lambda c: people.add_person(c, f"n{len(written)}", "en", MORNING)))

    thread = threading.Thread(target=work)
    thread.start()

    def stopped() -> int:
        stop.set()
        thread.join()
        return len(written)

    return stopped


def test_a_copy_made_under_load_comes_back_whole(shelf_of_databases: Shelf, tmp_path: Path) -> None:
    url, demo = shelf_of_databases.seeded()
    before = count(url, person)
    with open_database(url) as database:
        database.write_now(lambda c: leave_open(c, demo.people["小林"]))
        stopped = writing(database)
        copies = [copied(url, tmp_path, "--keep", "2") for _ in range(3)]
        written = stopped()
        assert sorted((tmp_path / "copies").iterdir()) == copies[1:], "older ones go"
        assert all(copy.stat().st_mode & 0o077 == 0 for copy in copies[1:])
        refused = zhiran(url, tmp_path, "restore", str(copies[-1]))
        assert refused.returncode == 2 and "in use" in refused.stderr
    assert count(url, person) == before + written, "the refusal changed nothing"
    with open_database(url) as database:
        database.write_now(lambda c: c.execute(person.delete()))
    done = zhiran(url, tmp_path, "restore", str(copies[-1]))
    assert done.returncode == 0, done.stderr
    assert before < count(url, person) <= before + written
    assert count(url, inbox, inbox.c.state == "given_up") == 1 == count(url, outbox, outbox.c.state == "dropped")


def test_what_is_no_copy_is_refused(sqlite_shelf: Shelf, tmp_path: Path) -> None:
    """A torn file takes nobody's place."""
    url, _ = sqlite_shelf.seeded()
    copy = copied(url, tmp_path)
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    before = count(url, person)
    refused = zhiran(url, tmp_path, "restore", str(copy))
    assert refused.returncode == 2 and "no whole copy" in refused.stderr
    assert count(url, person) == before
