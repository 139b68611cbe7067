"""The rounds of team work: reminders of tasks, and Monday's digest; each is an outbox row, written once for its cause."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.notices import Post
from bot.topics.reports import week_values
from curriculum import assignments, people, report, task_notices
from curriculum.notices import Notice
from curriculum.tables import membership, person, team
from curriculum.team_tables import used_once
from dashboard.targets import called
from foundation.clock import Clock, zone
from foundation.database import Database, insert
from foundation.errors import DatabaseAway
from foundation.phrasebook import Phrasebook
from foundation.scope import Scope

log = logging.getLogger(__name__)
EVERY = 60.0  # seconds
DIGEST_HOUR = 9


@dataclass
class TeamRounds:
    database: Database
    phrases: Phrasebook
    now: Clock

    async def go_for_ever(self) -> None:
        """Every minute; a fault is logged and must not end the rounds."""
        while True:
            try:
                await self.once()
            except DatabaseAway:
                pass
            except Exception:
                log.exception("team rounds failed")
            await asyncio.sleep(EVERY)

    async def once(self) -> None:
        now = self.now()
        await self.database.write(lambda c: self.remind(c, now))
        # Looking costs little; writing only where a digest is missing keeps the one writer free.
        for team_id, zone_name, week in await self.database.read(lambda c: teams_to_tell(c, now)):
            await self.database.write(lambda c, t=team_id, z=zone_name, w=week: self.digest(c, t, z, w, now))  # type: ignore[misc]

    def remind(self, connection: Connection, now: datetime) -> int:
        """Tell what has come due."""
        post, taken = Post(self.phrases), assignments.due_reminders(connection, now)
        for one in taken:
            known = people.meet(connection, one.person_id)
            if known.scope is None:
                continue
            title = called(connection, known.scope, one.kind, one.target, known.person.language) or self._kind(
                one.kind, known.person.language
            )
            day = task_notices.day_said(one.due_at, known.person.zone)
            values = {"title": title, "due": day, "number": one.number}
            cause = task_notices.reminder(one.assignment_id, one.person_id, one.number, one.due_at)
            post.tell(
                connection,
                Notice(
                    one.person_id, cause, "reminder", "notice.task_remind", values, now, (("button.tasks", "/tasks"),)
                ),
            )
        return len(taken)

    def _kind(self, kind: str, language: str) -> str:
        return self.phrases.say(f"assign.kind_{kind}", language)

    def digest(self, connection: Connection, team_id: str, zone_name: str, week: str, now: datetime) -> int:
        """Last week in two lines, to every lead; once for a week, and of a week in which there was anybody or anything."""
        here = (membership.c.team_id == team_id) & membership.c.left_at.is_(None)
        columns = (person.c.id, person.c.language, membership.c.roles, membership.c.joined_at, team.c.name)
        joined = membership.join(person, person.c.id == membership.c.person_id).join(
            team, team.c.id == membership.c.team_id
        )
        members = connection.execute(sa.select(*columns).select_from(joined).where(here)).all()
        leads = [row for row in members if "lead" in row.roles.split()]
        if not leads:
            return 0
        end = report.week_start(now, zone_name)
        known = report.week(
            connection, Scope(team_id, leads[0].id, frozenset({"lead"})), end - timedelta(seconds=1), zone_name
        )
        learned = any("trainee" in row.roles.split() and row.joined_at < end for row in members)
        had_something = learned or known.answers.answers or known.unanswered
        post = Post(self.phrases)
        for row in leads if had_something else ():
            values = week_values(known, self.phrases.say("board.few", row.language)) | {"team": row.name}
            cause, step = f"digest:{team_id}:{row.id}:{week}", (("button.report", "/report"),)
            post.tell(connection, Notice(row.id, cause, "digest", "report.digest", values, now, step))
        told = {"digest": _mark(team_id, week), "until": now + timedelta(days=14)}
        connection.execute(insert(connection, used_once).values(told).on_conflict_do_nothing())
        return len(leads)


def teams_to_tell(connection: Connection, now: datetime) -> list[tuple[str, str, str]]:
    """The teams in whose zone it is Monday morning, who were there last week and have not been told of it: id, zone, week."""
    found = []
    for row in connection.execute(sa.select(team.c.id, team.c.zone, team.c.created_at)):
        local = now.astimezone(zone(row.zone))
        week = f"{local.isocalendar().year}w{local.isocalendar().week:02d}"
        was_there = row.created_at < report.week_start(now, row.zone)
        if was_there and local.weekday() == 0 and DIGEST_HOUR <= local.hour < 12:
            found.append((row.id, row.zone, week))
    marks = [_mark(team_id, week) for team_id, _, week in found]
    told = (
        set(connection.execute(sa.select(used_once.c.digest).where(used_once.c.digest.in_(marks))).scalars())
        if marks
        else set()
    )
    return [one for one, mark in zip(found, marks, strict=True) if mark not in told]


def _mark(team_id: str, week: str) -> str:
    return hashlib.sha256(f"digest:{team_id}:{week}".encode()).hexdigest()
