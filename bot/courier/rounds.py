"""Who is to be reminded now: decided by a pure function, written as outbox rows, each once for its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.message import Choice, Reply, Text, reply_to_json
from bot.tables import outbox
from curriculum.learning_settings import LearningSettings, settings_of
from curriculum.practice_steps import Skill, TutorSettings
from curriculum.reviews import awake, local_day, next_push
from curriculum.tables import membership, person
from curriculum.teaching_tables import tutor_state
from curriculum.tutor import Tutor
from foundation.clock import zone as zone_of
from foundation.database import insert, new_id
from foundation.phrasebook import Phrasebook

WINDOW = timedelta(hours=2)  # an hour missed (the house was down) is made up for this long, then it is another day's
MINUTES_EACH = 0.8


@dataclass(frozen=True)
class Slot:
    """A moment at which somebody may be reminded, and whether they asked for it by snoozing."""

    at: datetime
    is_snoozed: bool = False


def slot_now(chosen: LearningSettings, zone: tzinfo, now: datetime) -> Slot | None:
    """The reminding moment that has come just now, if any: the learner's own hour, or the end of a snooze.

    Never in quiet hours; nothing while snoozed or switched off.
    """
    if not chosen.is_on or awake(now, zone, chosen.quiet) > now:
        return None
    if chosen.snoozed_until is not None:
        if now < chosen.snoozed_until:
            return None
        if now < chosen.snoozed_until + WINDOW:
            return Slot(chosen.snoozed_until, is_snoozed=True)
    at = next_push(now - WINDOW, zone, chosen.hour, chosen.quiet)
    return Slot(at) if at <= now else None


def cause_of(person_id: str, slot: Slot, zone: tzinfo) -> str:
    """One push a day, and one more where it was snoozed."""
    again = ":snoozed" if slot.is_snoozed else ""
    return f"review:{person_id}:{local_day(slot.at, zone).isoformat()}{again}"


def remind(connection: Connection, phrases: Phrasebook, now: datetime) -> int:
    """Write this round's reminders; returns how many. Repeated, it writes nothing twice."""
    belongs = (
        (membership.c.person_id == person.c.id)
        & (membership.c.team_id == person.c.team_id)
        & membership.c.left_at.is_(None)
    )
    known = (tutor_state.c.person_id == person.c.id) & (tutor_state.c.team_id == person.c.team_id)
    query = sa.select(person.c.id, person.c.language, person.c.zone, person.c.team_id)
    query = query.select_from(person.join(membership, belongs).join(tutor_state, known))
    rows: list[Any] = list(connection.execute(query))
    return sum([_remind_one(connection, phrases, row, now) for row in rows])


def _remind_one(connection: Connection, phrases: Phrasebook, row: Any, now: datetime) -> int:
    chosen, zone = settings_of(connection, row.id), zone_of(row.zone)
    slot = slot_now(chosen, zone, now)
    if slot is None:
        return 0
    cause = cause_of(row.id, slot, zone)
    if connection.execute(sa.select(outbox.c.id).where(outbox.c.cause == cause)).first():
        return 0
    mine = (tutor_state.c.person_id == row.id) & (tutor_state.c.team_id == row.team_id)
    state = connection.execute(sa.select(tutor_state.c.state).where(mine)).scalar_one()
    count = due_count(state, row.zone, chosen.minutes, now)
    if not count:
        return 0
    minutes = max(1, min(round(count * MINUTES_EACH), chosen.minutes))
    said = Reply(
        (Text(phrases.say("remind.push", row.language, count=count, minutes=minutes)),),
        (Choice(phrases.say("remind.begin", row.language), "/quiz"),),
    )
    fresh = {"id": new_id(), "person_id": row.id, "cause": cause, "kind": "reminder", "reply": reply_to_json(said)}
    fresh |= {"state": "due", "not_before": now, "sent_at": None}
    written = insert(connection, outbox).values(fresh).on_conflict_do_nothing(index_elements=["cause"])
    return int(connection.execute(written.returning(outbox.c.id)).first() is not None)


def due_count(state: Mapping[str, Any], zone: str, minutes: int, now: datetime) -> int:
    """How many reviews the stored tutor has due; none where something was practised today already."""
    skills = [Skill(skill) for skill in dict(state.get("skills") or {})]
    tutor = Tutor.restore(skills, (), state, TutorSettings(zone=zone, daily_minutes=float(minutes)))
    due = tutor.due(now)
    return 0 if tutor.memory.today.steps and tutor.memory.today.day == local_day(now, tutor.zone) else len(due)
