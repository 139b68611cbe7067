"""A learner's tutor in rows: every event it is told is kept, and its state is a memory of them that may be lost.

The events are the source. The stored state holds how many events it was told and the settings it came about under;
where either does not fit, the tutor is told all events again. So no crash or race can make it believe what no event says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.practice_steps import Item, Skill, Step, TutorSettings, WorkHelp, step_of
from curriculum.teaching_tables import tutor_event, tutor_state
from curriculum.tutor import Tutor
from foundation.database import insert
from foundation.scope import Scope


@dataclass(frozen=True)
class Happening:
    """One thing the tutor is told: a skill used in real work, an answer graded, or something only studied."""

    what: str  # used · graded · studied
    skill: str
    at: datetime
    item: str = ""
    kind: str = ""
    guess: float = 0.0
    difficulty: float = 0.0
    minutes: float = 0.0
    correct: bool | None = None
    hints: int = 0
    urgent: bool = False


def answered(item: Item, correct: bool | None, at: datetime, hints: int = 0) -> Happening:
    """An answer to this item; one that nobody has judged (a self-check, a peek) was studied, and proves nothing."""
    what = "studied" if correct is None else "graded"
    about = (item.id, item.kind, item.guess, item.difficulty, item.minutes)
    return Happening(what, item.skill, at, *about, correct=correct, hints=hints)


@dataclass
class Pupil:
    """A tutor at hand, with the rows it came from."""

    scope: Scope
    tutor: Tutor
    told: int  # how many events it has been told

    def used(
        self, connection: Connection, skills: Sequence[str], at: datetime, turn_id: str, urgent: bool = False
    ) -> dict[str, WorkHelp]:
        """A prompt was handed over: what goes with it, by skill."""
        help_of: dict[str, WorkHelp] = {}
        for skill in dict.fromkeys(skills):
            told = self.tell(connection, Happening("used", skill, at, urgent=urgent), turn_id)
            if isinstance(told, WorkHelp):
                help_of[skill] = told
        self.keep(connection)
        return help_of

    def graded(
        self, connection: Connection, item: Item, correct: bool | None, at: datetime, turn_id: str, hints: int = 0
    ) -> str:
        """An answer was given: the sentence for the mentor, empty where this turn was counted before."""
        told = self.tell(connection, answered(item, correct, at, hints), turn_id)
        self.keep(connection)
        return told if isinstance(told, str) else ""

    def tell(self, connection: Connection, one: Happening, turn_id: str) -> WorkHelp | str | None:
        """Keep an event and tell the tutor; None, and nothing told, when the turn has said it before."""
        row = vars(one) | {"team_id": self.scope.team_id, "person_id": self.scope.person_id, "turn_id": turn_id}
        fresh = insert(connection, tutor_event).values(row).on_conflict_do_nothing()
        if connection.execute(fresh.returning(tutor_event.c.seq)).first() is None:
            return None
        self.told += 1
        return tell(self.tutor, one)

    def keep(self, connection: Connection) -> None:
        """Store the state; where another turn told the tutor something meanwhile, the next one is told everything anew."""
        row: dict[str, Any] = {"team_id": self.scope.team_id, "person_id": self.scope.person_id}
        if _count(connection, self.scope) != self.told:
            connection.execute(tutor_state.delete().where(_state_of(self.scope)))
            return
        row |= {"state": self.tutor.state(), "settings": settings_key(self.tutor.settings), "told": self.told}
        fresh = insert(connection, tutor_state).values(row)
        changes = {name: fresh.excluded[name] for name in ("state", "settings", "told")}
        connection.execute(fresh.on_conflict_do_update(index_elements=["team_id", "person_id"], set_=changes))


def tell_later(connection: Connection, scope: Scope, one: Happening, turn_id: str) -> None:
    """Keep an event of somebody who is not here (a mentor has marked their text); their tutor is told at its next use."""
    row = vars(one) | {"team_id": scope.team_id, "person_id": scope.person_id, "turn_id": turn_id, "minutes": 0.0}
    connection.execute(insert(connection, tutor_event).values(row).on_conflict_do_nothing())


def tell(tutor: Tutor, one: Happening) -> WorkHelp | str:
    """The same event gives the same change, live or told again."""
    if one.what == "used":
        return tutor.used(one.skill, one.at, one.urgent)
    item = Item(one.item, one.skill, one.kind, one.guess, one.difficulty)
    tutor.items[item.id] = item  # as it was when it was asked, whatever the pool says today
    planned = step_of(item, is_review=False)
    step = Step(planned.kind, one.skill, one.item, one.minutes)
    if one.what == "studied" or one.correct is None:
        return tutor.studied(step, one.at)
    return tutor.graded(step, one.correct, one.at, one.hints)


def settings_key(settings: TutorSettings) -> str:
    """What of the settings changes what an event does."""
    return f"{settings.zone} {settings.daily_minutes:g}"


def pupil(
    connection: Connection, scope: Scope, skills: Iterable[Skill], items: Iterable[Item], settings: TutorSettings
) -> Pupil:
    """The learner's tutor as the events have it: from the stored state, or told anew."""
    skills, items = list(skills), list(items)
    kept = connection.execute(sa.select(tutor_state).where(_state_of(scope))).first()
    count = _count(connection, scope)
    if kept is not None and kept.told == count and kept.settings == settings_key(settings):
        return Pupil(scope, Tutor.restore(skills, items, kept.state, settings), count)
    return Pupil(scope, rebuilt(connection, scope, skills, items, settings), count)


def rebuilt(
    connection: Connection, scope: Scope, skills: Iterable[Skill], items: Iterable[Item], settings: TutorSettings
) -> Tutor:
    """A tutor that was told every event again."""
    tutor = Tutor(skills, items, settings)
    for one in events(connection, scope):
        tell(tutor, one)
    return tutor


def events(connection: Connection, scope: Scope) -> list[Happening]:
    """What the tutor was told about this person in this team, in order."""
    columns = [tutor_event.c[name] for name in Happening.__dataclass_fields__]
    query = sa.select(*columns).where(_events_of(scope)).order_by(tutor_event.c.seq)
    return [Happening(*row) for row in connection.execute(query)]


def _events_of(scope: Scope) -> sa.ColumnElement[bool]:
    return (tutor_event.c.person_id == scope.person_id) & (tutor_event.c.team_id == scope.team_id)


def _state_of(scope: Scope) -> sa.ColumnElement[bool]:
    return (tutor_state.c.person_id == scope.person_id) & (tutor_state.c.team_id == scope.team_id)


def _count(connection: Connection, scope: Scope) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(tutor_event).where(_events_of(scope))).scalar_one()
