"""Migrations on both databases: from nothing to what the tables say, and back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from curriculum.tables import answer, person, team
from curriculum.team_tables import gap_tally, mark
from foundation.database import Database
from migrations.tables import all_tables
from migrations.upgrade import HERE, bring_up, newest
from tests.helpers.clock import MORNING


def test_an_empty_database_becomes_what_the_tables_say(empty_database: Database) -> None:
    assert bring_up(empty_database)
    assert not bring_up(empty_database), "a second time there is nothing to do"

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), all_tables()))

    assert empty_database.read_now(differences) == []


def _down(connection: Connection, revision: str) -> list[str]:
    """Back to a revision; what tables there are then."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    command.downgrade(config, revision)
    return [name for name in sa.inspect(connection).get_table_names() if name != "alembic_version"]


def test_every_step_goes_back(empty_database: Database) -> None:
    bring_up(empty_database)
    assert empty_database.write_now(lambda c: _down(c, "base")) == []


def test_how_long_a_skill_had_rested_is_found_for_answers_given_before_it_was_kept(empty_database: Database) -> None:
    """Whole days since the skill was last judged; their counts are made anew, and marks live through it both ways."""
    bring_up(empty_database)
    empty_database.write_now(lambda c: _down(c, "0011"))
    day, same = timedelta(days=1), {"team_id": "t", "playbook_id": "b", "version": "1", "item_id": "q", "kind": "cloze"}
    same |= {"given": "A", "hints": 0, "door": "web"}
    given = [  # who, which skill, when, the verdict
        ("p", "s", 0 * day, True), ("p", "s", day, False), ("p", "s", 3 * day - timedelta(milliseconds=1), None),
        ("p", "s", 100 * day, True), ("p", "s", 100 * day, True), ("p", "other", 9 * day, True), ("q", "s", 9 * day, True),
    ]  # fmt: skip
    rows = [
        same | {"id": f"a{n}", "turn_id": f"a{n}", "person_id": who, "skill": skill, "at": MORNING + after}
        | {"score": float(right or 0), "correct": right} for n, (who, skill, after, right) in enumerate(given)
    ]  # fmt: skip
    audit = {"id": "m", "team_id": "t", "person_id": "p", "answer_id": "a0", "first_score": 0.0, "first_by": "grader"}
    audit |= {"score": 1.0, "by": "q", "at": MORNING, "deed_id": "d"}

    def live(connection: Connection) -> None:
        connection.execute(team.insert(), {"id": "t", "name": "t", "created_at": MORNING})
        connection.execute(person.insert(), [{"id": one, "created_at": MORNING} for one in "pq"])
        connection.execute(answer.insert(), rows)
        connection.execute(mark.insert(), audit)
        wrong = {"team_id": "t", "person_id": "p", "gap": 1, "answers": 7, "points": 3.0}
        connection.execute(gap_tally.insert(), wrong)

    empty_database.write_now(live)
    assert bring_up(empty_database)
    rested = sa.select(answer.c.rested).order_by(answer.c.id)
    assert empty_database.read_now(lambda c: list(c.execute(rested).scalars())) == [None, 1, 1, 99, 0, None, None]
    counts = sa.select(gap_tally).order_by(gap_tally.c.gap)
    expected = [("t", "p", 0, 1, 1.0), ("t", "p", 1, 1, 0.0), ("t", "p", 64, 1, 1.0)]
    assert empty_database.read_now(lambda c: [tuple(row) for row in c.execute(counts)]) == expected
    empty_database.write_now(lambda c: _down(c, "0011"))
    assert empty_database.read_now(lambda c: c.execute(sa.select(mark.c.answer_id)).scalars().all()) == ["a0"]


def test_a_step_that_fails_leaves_the_old_schema_whole(empty_database: Database) -> None:
    class Killed(Exception):
        pass

    def half(connection: Connection) -> None:
        from migrations.upgrade import _upgrade

        _upgrade(connection)
        raise Killed

    with pytest.raises(Killed):
        empty_database.write_now(half)
    tables = empty_database.read_now(lambda c: sa.inspect(c).get_table_names())
    assert "person" not in tables
    assert bring_up(empty_database)
    version = empty_database.read_now(lambda c: c.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())
    assert version == newest()
