"""A quiz that a group answers together: one question at a time, counts instead of names, nothing of it moves mastery.

Answers given with others beside one are practice, not evidence; so they are kept apart from the learning log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.tables import membership
from curriculum.team_tables import live_answer, live_quiz
from foundation.database import insert, new_id
from foundation.errors import ExpectedError, NotFound
from foundation.scope import Scope

HOSTS = ("lead", "owner")
LASTS = timedelta(hours=4)  # a session that nobody ended is over by then


@dataclass(frozen=True)
class Question:
    """A closed question; `right` is the place of its right option.

    `filled_from` names the playbook of one that only fills up; the others are about the team's own errors.
    """

    stem: str
    options: tuple[str, ...]
    right: int
    why: str
    filled_from: str = ""

    @property
    def answer(self) -> str:
        return self.options[self.right]


@dataclass(frozen=True)
class Live:
    """The session as it stands: the question asked now, whether its answer is shown, and how many chose what."""

    id: str
    place: int
    total: int
    is_shown: bool
    question: Question
    counts: tuple[int, ...]
    people: int

    @property
    def answered(self) -> int:
        return sum(self.counts)

    @property
    def is_last(self) -> bool:
        return self.place + 1 == self.total


def start(connection: Connection, scope: Scope, questions: Sequence[Question], now: datetime) -> str:
    """Begin with the first question; an earlier session of the team ends. Raises ExpectedError without questions."""
    _must_host(scope)
    if not questions:
        raise ExpectedError("live.no_questions")
    connection.execute(live_quiz.update().where(_running(scope, now)).values(ended_at=now))
    row: dict[str, Any] = {"id": new_id(), "team_id": scope.team_id, "questions": [asdict(one) for one in questions]}
    row |= {"place": 0, "is_shown": False, "started_by": scope.person_id, "started_at": now, "ended_at": None}
    connection.execute(live_quiz.insert().values(row))
    return str(row["id"])


def current(connection: Connection, scope: Scope, now: datetime) -> Live | None:
    """What the team is being asked now."""
    newest = live_quiz.c.started_at.desc()
    row = connection.execute(sa.select(live_quiz).where(_running(scope, now)).order_by(newest).limit(1)).first()
    if row is None:
        return None
    known = row.questions[row.place]
    question = Question(**known | {"options": tuple(known["options"])})
    here = (live_answer.c.quiz_id == row.id) & (live_answer.c.place == row.place)
    query = sa.select(live_answer.c.choice, sa.func.count()).where(here).group_by(live_answer.c.choice)
    chosen = {choice: int(count) for choice, count in connection.execute(query)}
    counts = tuple(chosen.get(n, 0) for n in range(len(question.options)))
    members = (membership.c.team_id == scope.team_id) & membership.c.left_at.is_(None)
    people = connection.execute(sa.select(sa.func.count()).select_from(membership).where(members)).scalar_one()
    return Live(row.id, row.place, len(row.questions), row.is_shown, question, counts, int(people))


def choose(connection: Connection, scope: Scope, place: int, choice: int, now: datetime) -> Live:
    """Answer the question at this place; until it is shown another choice takes the first one's place.

    Raises ExpectedError for a question that is over.
    """
    live = current(connection, scope, now)
    if live is None or live.place != place or live.is_shown or not 0 <= choice < len(live.question.options):
        raise ExpectedError("live.over")
    row = {"quiz_id": live.id, "place": place, "person_id": scope.person_id, "choice": choice, "at": now}
    fresh = insert(connection, live_answer).values(row)
    keys = ["quiz_id", "place", "person_id"]
    connection.execute(fresh.on_conflict_do_update(index_elements=keys, set_={"choice": choice, "at": now}))
    return live


def chosen(connection: Connection, scope: Scope, live: Live) -> int | None:
    """What this person chose."""
    mine = (live_answer.c.quiz_id == live.id) & (live_answer.c.person_id == scope.person_id)
    return connection.execute(
        sa.select(live_answer.c.choice).where(mine & (live_answer.c.place == live.place))
    ).scalar()


def show(connection: Connection, scope: Scope, place: int, now: datetime) -> None:
    """Close the question and show what is right; said twice it is done once."""
    _change(connection, scope, place, now, {"is_shown": True})


def go_on(connection: Connection, scope: Scope, place: int, now: datetime) -> None:
    """Ask the question after this one; after the last one the session ends. Said twice it is done once."""
    live = current(connection, scope, now)
    if live is not None and live.place == place:
        changes: dict[str, Any] = {"ended_at": now} if live.is_last else {"place": place + 1, "is_shown": False}
        _change(connection, scope, place, now, changes)


def end(connection: Connection, scope: Scope, now: datetime) -> None:
    _must_host(scope)
    connection.execute(live_quiz.update().where(_running(scope, now)).values(ended_at=now))


def _change(connection: Connection, scope: Scope, place: int, now: datetime, changes: dict[str, Any]) -> None:
    _must_host(scope)
    connection.execute(live_quiz.update().where(_running(scope, now) & (live_quiz.c.place == place)).values(changes))


def _running(scope: Scope, now: datetime) -> sa.ColumnElement[bool]:
    recent = live_quiz.c.started_at > now - LASTS
    return (live_quiz.c.team_id == scope.team_id) & live_quiz.c.ended_at.is_(None) & recent


def _must_host(scope: Scope) -> None:
    if not scope.may(*HOSTS):
        raise NotFound("live")
