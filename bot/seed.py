"""The demo: a small team, so that a newcomer can try everything at once; nothing here is real, and the demo says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.doors.terminal import LOCAL
from bot.inbox import bind_account
from bot.tables import account
from curriculum import people
from curriculum.tables import membership, person, team
from foundation.scope import Scope
from knowledge import shelf
from knowledge.facts import LIBRARY

TEAM = "演示团队"
VETTER = "演示内容负责人（仅供演示）"
CAST = (
    ("小林", ("trainee",)),
    ("阿梅", ("trainee",)),
    ("周老师", ("mentor",)),
    ("陈组长", ("lead",)),
    (VETTER, ("owner",)),
)


@dataclass(frozen=True)
class Demo:
    """The demo team's people by name."""

    team_id: str
    people: dict[str, str]


def seed_demo(connection: Connection, now: datetime, folder: Path = LIBRARY) -> Demo:
    """Make the demo team once; repeated, it only brings in what the library has newly. Vetted here by a made-up owner."""
    found = connection.execute(sa.select(team.c.id).where(team.c.is_demo.is_(True)).limit(1)).scalar()
    team_id = str(found) if found else people.add_team(connection, TEAM, now, is_demo=True)
    cast = _cast(connection, team_id)
    for name, roles in CAST:
        if name not in cast:
            cast[name] = people.add_person(connection, name, "zh-CN", now)
            people.join_team(connection, team_id, cast[name], roles, now)
    shelf.import_library(connection, team_id, now, folder)
    owner = Scope(team_id, cast[VETTER], frozenset({"owner"}))
    for standing in shelf.all_versions(connection, owner):
        if standing.status == "in review" and standing.playbook is not None:
            shelf.vet(connection, owner, standing.id, standing.version, VETTER, now)
    _bind_terminal(connection, cast["小林"], now)
    return Demo(team_id, cast)


def _cast(connection: Connection, team_id: str) -> dict[str, str]:
    query = sa.select(person.c.name, person.c.id).join(membership, membership.c.person_id == person.c.id)
    return {row.name: row.id for row in connection.execute(query.where(membership.c.team_id == team_id))}


def _bind_terminal(connection: Connection, person_id: str, now: datetime) -> None:
    known = connection.execute(
        sa.select(account.c.person_id).where((account.c.door == "terminal") & (account.c.external_id == LOCAL))
    ).scalar()
    if known is None:
        bind_account(connection, "terminal", LOCAL, person_id, now)
