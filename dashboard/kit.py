"""The trainer's kit: the next group session made from this team's own errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum import assignments, live_quiz, report, teams
from curriculum.lessons import courses, playbook_of
from curriculum.live_quiz import Question
from curriculum.notices import Notice, Tell
from foundation.errors import ExpectedError
from foundation.pinyin import name_order
from foundation.scope import Scope
from knowledge import shelf
from knowledge.playbook import Playbook, QuizItem

Say = Callable[..., str]
LOOK_BACK = timedelta(days=14)
QUESTIONS, COUNTS = 5, (3, 5, 8, 12)  # in the kit; what a lead can choose for the live quiz
OF_A_CLAUSE = 2  # questions about one error
LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class Misconception:
    """One frequent error with the clause that speaks against it."""

    title: str
    clause: str
    words: str
    why: str
    bad: str
    times: int
    people: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Kit:
    made_at: datetime
    misconceptions: tuple[Misconception, ...]
    questions: tuple[Question, ...]

    @property
    def follow_ups(self) -> dict[str, list[str]]:
        """By name, what to look at with them."""
        found: dict[str, list[str]] = {}
        for one in self.misconceptions:
            for name in one.names:
                found.setdefault(name, []).append(f"{one.title} · {one.clause}")
        return dict(sorted(found.items(), key=lambda pair: name_order(pair[0])))


def make(connection: Connection, scope: Scope, now: datetime, language: str) -> Kit:
    """The five errors most people share, and five questions, of those errors as far as they go."""
    since = now - LOOK_BACK
    found = []
    frequent = report.misconceptions(connection, scope, since)
    missed = report.missed_by(connection, scope, since, [(row.playbook_id, row.clause) for row in frequent])
    for row in frequent:
        book = shelf.find(connection, scope, row.playbook_id, row.version)
        clause = book.clause(row.clause) if book and row.clause else None
        names = tuple(missed.get((row.playbook_id, row.clause), ()))
        title = book.title.in_language(language) if book else row.playbook_id
        words = row.misconception or (clause.name if clause else row.clause)
        why, bad = (clause.why, clause.bad) if clause else ("", "")
        found.append(
            Misconception(
                title,
                clause.name if clause else row.clause,
                words,
                _plain(why),
                bad or "",
                row.times,
                row.people,
                names,
            )
        )
    return Kit(now, tuple(found), _questions(connection, scope, now, language, frequent, QUESTIONS))


def questions(connection: Connection, scope: Scope, now: datetime, language: str, count: int) -> tuple[Question, ...]:
    """So many questions, or as many as there are: first about what the team got wrong lately, then those that fill up."""
    frequent = report.misconceptions(connection, scope, now - LOOK_BACK, max(COUNTS))
    return _questions(connection, scope, now, language, frequent, count)


def _questions(
    connection: Connection, scope: Scope, now: datetime, language: str, missed: Sequence[sa.Row[Any]], count: int
) -> tuple[Question, ...]:
    own: list[Question] = []
    for row in missed:
        book = shelf.find(connection, scope, row.playbook_id, row.version)
        items = (
            [item for item in book.quiz if item.is_closed and row.clause and item.segment == row.clause] if book else []
        )
        own += [one for one in map(_question, items[:OF_A_CLAUSE]) if one not in own]
    if len(own) < count:
        books = _in_use(connection, scope, [row.playbook_id for row in missed])
        own += _filling(books, {one.stem for one in own}, now, language)
    return tuple(own[:count])


def _in_use(connection: Connection, scope: Scope, missed: Sequence[str]) -> list[Playbook]:
    """The vetted playbooks that the team has to do with: missed in, used most, given as a task."""
    ids = [*missed, *(one.playbook_id for one in report.playbook_use(connection, scope))]
    for one in assignments.current(connection, scope):
        lessons = courses()[one.target].lessons if one.kind == "course" and one.target in courses() else (one.target,)
        ids += map(playbook_of, lessons) if one.kind in assignments.TOLD else lessons
    vetted = {one.id: one.playbook for one in shelf.visible(connection, scope, drafts=False)}
    return [book for one in dict.fromkeys(ids) if (book := vetted.get(one))]


def _filling(books: Sequence[Playbook], asked: set[str], now: datetime, language: str) -> list[Question]:
    """A question of each playbook, then a second of each; every week it begins with other ones."""
    week, heaps = now.date().toordinal() // 7, []
    for book in books:
        items = [item for item in book.quiz if item.is_closed and item.stem.strip() not in asked]
        begin = week % len(items) if items else 0
        title = book.title.in_language(language)
        heaps.append([_question(item, title) for item in (*items[begin:], *items[:begin])])
    return [one for level in zip_longest(*heaps) for one in level if one is not None]


def _question(item: QuizItem, filled_from: str = "") -> Question:
    options = tuple(one.text for one in item.options)
    return Question(item.stem.strip(), options, options.index(item.answer[0]), item.explain, filled_from)


def source(question: Question, say: Say) -> str:
    """Where a question comes from, said plainly."""
    return say("live.filled", title=question.filled_from) if question.filled_from else say("live.own")


@dataclass(frozen=True)
class Offer:
    """How many questions a lead can choose, and how many of them the team's own errors make."""

    counts: tuple[int, ...]
    own: int


def offer(connection: Connection, scope: Scope, now: datetime, language: str) -> Offer | None:
    """What can be asked now; None where there is nothing to ask."""
    known = questions(connection, scope, now, language, max(COUNTS))
    if not known:
        return None
    return Offer(tuple(sorted({min(one, len(known)) for one in COUNTS})), sum(not one.filled_from for one in known))


def begin_quiz(tell: Tell, connection: Connection, scope: Scope, now: datetime, language: str, count: int) -> None:
    """Start with so many questions, and tell everybody in the team where to answer. Raises ExpectedError without any."""
    if not 1 <= count <= max(COUNTS):
        raise ExpectedError("live.bad_count", most=max(COUNTS))
    quiz = live_quiz.start(connection, scope, questions(connection, scope, now, language, count), now)
    for one in teams.members(connection, scope):
        if one.id != scope.person_id:
            step = (("live.join", "/live"),)
            tell(connection, Notice(one.id, f"live:{quiz}:{one.id}", "answer", "live.begun", {}, now, step))


def as_markdown(kit: Kit, say: Say) -> str:
    """The kit as a text to print or to edit."""
    lines = [f"# {say('kit.title')} · {kit.made_at.date().isoformat()}", ""]
    if not kit.misconceptions:
        return "\n".join([*lines, say("kit.nothing")]) + "\n"
    lines += [f"## {say('kit.plan')}", "", say("kit.plan_text"), "", f"## {say('kit.errors')}", ""]
    for n, one in enumerate(kit.misconceptions, 1):
        lines += [
            f"{n}. **{_inline(one.words)}** · {_inline(one.title)} / {_inline(one.clause)} ({say('kit.count', times=one.times, people=one.people)})"
        ]
        lines += [f"   - {say('kit.why')}：{_inline(one.why)}"] if one.why else []
        lines += [f"   - {say('kit.bad')}：{_inline(one.bad)}"] if one.bad else []
    lines += ["", f"## {say('kit.quiz')}", ""] if kit.questions else []
    for n, question in enumerate(kit.questions, 1):
        lines += [
            f"{n}. {_inline(question.stem)}（{_inline(source(question, say))}）",
            *(f"   - {_inline(option)}" for option in question.options),
        ]
        lines += [f"   - ✔ {_inline(question.answer)}：{_inline(question.why)}"]
    lines += ["", f"## {say('kit.follow')}", ""] if kit.follow_ups else []
    lines += [f"- {_inline(name)}：{'；'.join(map(_inline, what))}" for name, what in kit.follow_ups.items()]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    """Words of people in a line of Markdown: no markup, no new line."""
    return "".join("\\" + char if char in "\\`*_[]<>#|" else char for char in " ".join(text.split()))


def _plain(markdown: str) -> str:
    return " ".join(markdown.replace("**", "").replace("`", "").split())
