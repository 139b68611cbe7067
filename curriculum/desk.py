"""The mentor's desk: at most seven cards a day, the ones a human look is worth most; each is closed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum import gradings
from curriculum.alike import heaps
from curriculum.ladder import WRITE
from curriculum.model_tables import grading
from curriculum.notices import Notice, Tell
from curriculum.tables import answer, membership, person, question
from curriculum.tallies import Counted, correct_mark
from curriculum.team_tables import desk_card, mark, playbook_tally, question_draft
from foundation.clock import zone
from foundation.database import insert, new_id
from foundation.errors import ExpectedError, NotFound
from foundation.people_text import sentence
from foundation.scope import Scope

A_DAY = 7
ALIKE = "alike"  # the deed that closes a question answered with another one
LOOK_BACK = timedelta(days=14)
# What a human look is worth: a learner who objects first, then what nobody else can answer, then praise.
WORTH = {
    "dispute": 1.0,
    "disagree": 0.9,
    "unanswered": 0.8,
    "stuck": 0.7,
    "sure_wrong": 0.6,
    "writing": 0.5,
    "first": 0.3,
}
WAITING = 0.02  # worth a day of waiting, so that nothing waits for ever
MISSES_STUCK = 3
NEAR = 5  # of 100: marks this close are the same mark


@dataclass(frozen=True)
class Card:
    """One thing to look at."""

    id: str
    kind: str
    person_id: str
    name: str
    subject: dict[str, Any]
    at: datetime
    alike: tuple[Card, ...] = ()  # questions that ask the same: one answer is for all of them

    @property
    def can_be_marked(self) -> bool:
        return "answer" in self.subject or "grading" in self.subject


@dataclass(frozen=True)
class Agreement:
    """How often the grader and the mentors gave the same mark, and on how many answers that stands."""

    same: int
    marked: int


def put(
    connection: Connection, team_id: str, person_id: str, cause: str, kind: str, subject: dict[str, Any], now: datetime
) -> None:
    """Lay a card on the team's desk, once for its cause."""
    row: dict[str, Any] = {
        "id": new_id(),
        "team_id": team_id,
        "person_id": person_id,
        "cause": cause,
        "kind": kind,
        "subject": subject,
    }
    row |= {"worth": WORTH[kind], "at": now, "deed": "", "comment": ""}
    connection.execute(insert(connection, desk_card).values(row).on_conflict_do_nothing(index_elements=["cause"]))


def lay_out(connection: Connection, scope: Scope, now: datetime) -> None:
    """Bring what has come up since: unanswered questions, sure but wrong, stuck, first success."""
    _must_teach(scope)
    since = now - LOOK_BACK
    asked = (question.c.team_id == scope.team_id) & question.c.is_gap.is_(True) & question.c.answered_by.is_(None)
    for row in connection.execute(sa.select(question).where(asked).order_by(question.c.at).limit(200)).all():
        put(
            connection,
            scope.team_id,
            row.person_id,
            f"q:{row.id}",
            "unanswered",
            {"question": row.id, "words": row.words[:300]},
            row.at,
        )
    for one in gradings.waiting(connection, scope, limit=100):
        kind = "disagree" if one.reason not in ("", "no_model") else "writing"
        put(connection, scope.team_id, one.person_id, f"g:{one.id}", kind, _grading_subject(connection, one), one.at)
    wrong = (answer.c.team_id == scope.team_id) & (answer.c.at >= since) & answer.c.correct.is_(False)
    sure = sa.select(answer).where(wrong & (answer.c.confidence == "sure")).order_by(answer.c.at.desc()).limit(100)
    for row in connection.execute(sure).all():
        put(connection, scope.team_id, row.person_id, f"s:{row.id}", "sure_wrong", _answer_subject(row), row.at)
    _lay_out_stuck(connection, scope, since, now)
    reached = (
        (playbook_tally.c.team_id == scope.team_id)
        & (playbook_tally.c.rung >= WRITE)
        & (playbook_tally.c.last_at >= since)
    )
    for row in connection.execute(sa.select(playbook_tally).where(reached).limit(100)).all():
        subject = {"playbook": row.playbook_id, "rung": row.rung}
        put(
            connection,
            scope.team_id,
            row.person_id,
            f"f:{scope.team_id[:8]}:{row.person_id}:{row.playbook_id}",
            "first",
            subject,
            row.last_at,
        )


def _lay_out_stuck(connection: Connection, scope: Scope, since: datetime, now: datetime) -> None:
    """Three misses and no right answer on one playbook within two weeks."""
    misses = sa.func.sum(sa.case((answer.c.correct.is_(False), 1), else_=0))
    right = sa.func.sum(sa.case((answer.c.correct.is_(True), 1), else_=0))
    where = (answer.c.team_id == scope.team_id) & (answer.c.at >= since)
    grouped = sa.select(answer.c.person_id, answer.c.playbook_id, misses.label("misses")).where(where)
    stuck = (
        grouped.group_by(answer.c.person_id, answer.c.playbook_id)
        .having((misses >= MISSES_STUCK) & (right == 0))
        .limit(100)
    )
    week = f"{now.isocalendar().year}w{now.isocalendar().week}"
    for row in connection.execute(stuck).all():
        subject = {"playbook": row.playbook_id, "misses": int(row.misses)}
        put(
            connection,
            scope.team_id,
            row.person_id,
            f"x:{row.person_id}:{row.playbook_id}:{week}",
            "stuck",
            subject,
            now,
        )


def _answer_subject(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "answer": row.id,
        "playbook": row.playbook_id,
        "version": row.version,
        "item": row.item_id,
        "given": row.given[:300],
        "score": row.score,
    }


def _grading_subject(connection: Connection, one: gradings.Waiting) -> dict[str, Any]:
    """A piece of writing to be marked: its points, and the answer row that its mark corrects."""
    found = connection.execute(sa.select(answer.c.id).where(answer.c.turn_id == one.turn_id)).scalar()
    subject: dict[str, Any] = {"grading": one.id, "playbook": one.playbook_id, "item": one.item_id}
    subject |= {"given": one.answer[:900], "score": (one.suggested or 0) / 100, "graded": one.suggested is not None}
    subject |= {"reason": one.reason, "points": [str(each.get("text", ""))[:80] for each in one.criteria][:12]}
    return subject | ({"answer": found} if found else {})


def dispute(connection: Connection, scope: Scope, words: str, now: datetime) -> None:
    """The learner objects to how their last answer was judged. Raises ExpectedError when there is none to object to."""
    mine = (
        (answer.c.person_id == scope.person_id) & (answer.c.team_id == scope.team_id) & (answer.c.at >= now - LOOK_BACK)
    )
    last = connection.execute(sa.select(answer).where(mine).order_by(answer.c.at.desc()).limit(1)).first()
    if last is None:
        raise ExpectedError("desk.nothing_to_dispute")
    if grading_id := gradings.object_to(connection, scope, last.turn_id):
        one = gradings.waiting_one(connection, scope, grading_id)
        subject = _grading_subject(connection, one) | {"words": words[:300]}
        put(connection, scope.team_id, scope.person_id, f"g:{one.id}", "dispute", subject, now)
        again = (desk_card.c.cause == f"g:{one.id}") & desk_card.c.done_at.is_(None)
        changes = {"kind": "dispute", "worth": WORTH["dispute"], "subject": subject}
        connection.execute(desk_card.update().where(again).values(changes))
        return
    subject = _answer_subject(last) | {"words": words[:300]}
    put(connection, scope.team_id, scope.person_id, f"d:{last.id}", "dispute", subject, now)


def today(connection: Connection, scope: Scope, now: datetime, zone_name: str) -> tuple[Sequence[Card], int]:
    """What is left of this mentor's seven for today, the worthiest first, and how many wait in all."""
    _must_teach(scope)
    morning = now.astimezone(zone(zone_name)).replace(hour=0, minute=0, second=0, microsecond=0)
    did = (
        (desk_card.c.team_id == scope.team_id)
        & (desk_card.c.done_by == scope.person_id)
        & (desk_card.c.done_at >= morning)
        & (desk_card.c.deed != ALIKE)
    )
    done = connection.execute(sa.select(sa.func.count()).select_from(desk_card).where(did)).scalar_one()
    waiting = _waiting(connection, scope, now)
    return waiting[: max(0, A_DAY - done)], len(waiting)


def _waiting(connection: Connection, scope: Scope, now: datetime) -> list[Card]:
    """What waits for this mentor, the worthiest first; of questions that ask the same the first, with the others."""
    rows = connection.execute(_open(scope).limit(400)).all()
    ranked = sorted(rows, key=lambda row: (-row.worth - WAITING * max(0, (now - row.at).days), row.at, row.id))
    own = [_card(row) for row in ranked if row.person_id != scope.person_id]  # nobody judges themselves
    asked = heaps([one for one in own if one.kind == "unanswered"], lambda one: str(one.subject.get("words", "")))
    firsts = {first.id: tuple(others) for first, *others in asked}
    return [replace(one, alike=firsts.get(one.id, ())) for one in own if one.kind != "unanswered" or one.id in firsts]


def card(connection: Connection, scope: Scope, card_id: str) -> Card:
    """An open card of this team. Raises NotFound, or ExpectedError when a colleague has closed it."""
    _must_teach(scope)
    row = connection.execute(_open(scope, still=False).where(desk_card.c.id == card_id)).first()
    if row is None or row.person_id == scope.person_id:
        raise NotFound(card_id)
    if row.done_at is not None:
        raise ExpectedError("desk.done_already")
    return _card(row)


def _open(scope: Scope, *, still: bool = True) -> sa.Select[Any]:
    joined = desk_card.join(person, person.c.id == desk_card.c.person_id)
    query = sa.select(desk_card, person.c.name).select_from(joined).where(desk_card.c.team_id == scope.team_id)
    return (
        query.where(desk_card.c.done_at.is_(None)).order_by(desk_card.c.worth.desc(), desk_card.c.at)
        if still
        else query
    )


def _card(row: sa.Row[Any]) -> Card:
    return Card(row.id, row.kind, row.person_id, row.name, dict(row.subject), row.at)


def _must_teach(scope: Scope) -> None:
    if not scope.may("mentor", "lead"):
        raise NotFound("desk")


def comment(connection: Connection, scope: Scope, card_id: str, words: str, now: datetime, tell: Tell) -> Card:
    """Say a sentence to the learner; to an unanswered question the sentence is its answer, and a draft for the owner."""
    said = sentence(words)[:1000]
    known = card(connection, scope, card_id)
    if not said:
        raise ExpectedError("desk.say_something")
    if known.kind == "unanswered":
        alike = next((one.alike for one in _waiting(connection, scope, now) if one.id == known.id), ())
        known = replace(known, alike=alike)
        _answer(connection, scope, known, said, now)
    _close(connection, scope, known, "answered" if known.kind == "unanswered" else "said", said, now)
    for one in known.alike:
        _answer(connection, scope, one, said, now, drafted=False)
        _close(connection, scope, one, ALIKE, said, now)
    phrase = "notice.answered" if known.kind == "unanswered" else "notice.comment"
    for one in (known, *known.alike):
        values = {"words": str(one.subject.get("words") or one.subject.get("given") or ""), "said": said}
        _tell(connection, scope, one, phrase, values, now, tell)
    return known


def _answer(
    connection: Connection, scope: Scope, known: Card, said: str, now: datetime, *, drafted: bool = True
) -> None:
    where = (question.c.id == known.subject["question"]) & (question.c.team_id == scope.team_id)
    row = connection.execute(sa.select(question).where(where)).first()
    if row is None:
        raise NotFound(known.id)
    connection.execute(question.update().where(where).values(answered_by=scope.person_id, answer=said))
    if not drafted:
        return
    draft = {
        "question_id": row.id,
        "team_id": scope.team_id,
        "person_id": row.person_id,
        "words": row.words,
        "answer": said,
    }
    draft |= {"by": scope.person_id, "at": now, "state": "draft"}
    connection.execute(insert(connection, question_draft).values(draft).on_conflict_do_nothing())


def agree(connection: Connection, scope: Scope, card_id: str, now: datetime, tell: Tell) -> Card:
    """The first verdict stands (or, without one, the card was seen)."""
    known = card(connection, scope, card_id)
    if "grading" in known.subject:  # marked blind, or there would be nothing to measure the grader by
        raise ExpectedError("desk.give_a_mark")
    if "answer" in known.subject:
        _mark(connection, scope, known, None, "", now)
    _close(connection, scope, known, "agreed", "", now)
    if known.kind == "dispute":
        _tell(connection, scope, known, "notice.mark_stands", {"given": known.subject.get("given", "")}, now, tell)
    return known


def judge(
    connection: Connection, scope: Scope, card_id: str, score: int, words: str, now: datetime, tell: Tell
) -> Card:
    """Another mark (0 to 100) in place of the first verdict, which the audit keeps."""
    known = card(connection, scope, card_id)
    if not known.can_be_marked or not 0 <= score <= 100:
        raise ExpectedError("desk.nothing_to_mark")
    said = sentence(words)[:1000]
    if "grading" in known.subject:
        gradings.mark(connection, scope, known.subject["grading"], score, now)
    if "answer" in known.subject:
        _mark(connection, scope, known, score / 100, said, now)
    _close(connection, scope, known, "changed", said, now)
    values = {"given": known.subject.get("given", ""), "score": score, "note": said}
    _tell(connection, scope, known, "notice.marked", values, now, tell)
    return known


def _mark(connection: Connection, scope: Scope, known: Card, score: float | None, words: str, now: datetime) -> None:
    where = (answer.c.id == known.subject["answer"]) & (answer.c.team_id == scope.team_id)
    row = connection.execute(sa.select(answer).where(where)).first()
    if row is None:
        raise NotFound(known.id)
    given = row.score if score is None else score
    before = connection.execute(
        sa.select(mark.c.by).where(mark.c.answer_id == row.id).order_by(mark.c.at.desc()).limit(1)
    ).scalar()
    audit = {
        "id": new_id(),
        "team_id": scope.team_id,
        "person_id": row.person_id,
        "answer_id": row.id,
        "first_score": row.score,
    }
    audit |= {
        "first_correct": row.correct,
        "first_by": before or ("self" if row.self_check else "grader"),
        "score": given,
        "by": scope.person_id,
        "comment": words,
        "at": now,
    }
    connection.execute(mark.insert().values(audit | {"deed_id": f"card:{known.id}"}))
    if score is None or score == row.score:
        return
    right = score >= 0.5
    connection.execute(answer.update().where(answer.c.id == row.id).values(score=score, correct=right))
    place = (row.team_id, row.person_id, row.playbook_id, row.version, row.skill, row.kind)
    counted = Counted(*place, score, right, row.hints, row.purpose, row.at, row.rested)
    correct_mark(connection, counted, before=row.score if row.correct is not None else None)


def _close(connection: Connection, scope: Scope, known: Card, deed: str, words: str, now: datetime) -> None:
    """One conditional update: two mentors pressing at once close it once."""
    still = (desk_card.c.id == known.id) & (desk_card.c.team_id == scope.team_id) & desk_card.c.done_at.is_(None)
    changes = {"done_at": now, "done_by": scope.person_id, "deed": deed, "comment": words}
    if connection.execute(desk_card.update().where(still).values(changes)).rowcount != 1:
        raise ExpectedError("desk.done_already")


def _tell(
    connection: Connection,
    scope: Scope,
    known: Card,
    phrase: str,
    values: dict[str, Any],
    now: datetime,
    tell: Tell,
) -> None:
    # Who was dismissed meanwhile is told nothing more of the team.
    here = (
        (membership.c.team_id == scope.team_id)
        & (membership.c.person_id == known.person_id)
        & membership.c.left_at.is_(None)
    )
    if connection.execute(sa.select(membership.c.person_id).where(here)).first() is None:
        return
    by = connection.execute(sa.select(person.c.name).where(person.c.id == scope.person_id)).scalar() or ""
    values = values | {"by": by}
    tell(connection, Notice(known.person_id, f"desk:{known.id}", "answer", phrase, values, now))


def agreement(connection: Connection, scope: Scope) -> Agreement:
    """How often the mentors let the first verdict stand."""
    _must_teach(scope)
    same = sa.func.sum(sa.case((sa.func.abs(mark.c.score - mark.c.first_score) < 0.005, 1), else_=0))
    where = (mark.c.team_id == scope.team_id) & (mark.c.first_by == "grader")
    row = connection.execute(sa.select(same.label("same"), sa.func.count().label("marked")).where(where)).one()
    both = (grading.c.team_id == scope.team_id) & grading.c.mark.is_not(None) & grading.c.suggested.is_not(None)
    near = sa.func.sum(sa.case((sa.func.abs(grading.c.mark - grading.c.suggested) <= NEAR, 1), else_=0))
    free = connection.execute(sa.select(near.label("same"), sa.func.count().label("marked")).where(both)).one()
    return Agreement(int(row.same or 0) + int(free.same or 0), int(row.marked) + int(free.marked))


def drafts(connection: Connection, scope: Scope) -> list[sa.Row[Any]]:
    """Answered questions that wait for the owner to make something lasting of them."""
    if not scope.may("owner"):
        raise NotFound("drafts")
    where = (question_draft.c.team_id == scope.team_id) & (question_draft.c.state == "draft")
    return list(connection.execute(sa.select(question_draft).where(where).order_by(question_draft.c.at)))
