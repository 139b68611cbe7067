"""The trainer's kit: the next group session made from this team's own errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from curriculum import live_quiz, report, teams
from curriculum.live_quiz import Question
from curriculum.notices import Notice, Tell
from foundation.scope import Scope
from knowledge import shelf
from knowledge.playbook import Playbook

Say = Callable[..., str]
LOOK_BACK = timedelta(days=14)
QUESTIONS = 5
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
        return dict(sorted(found.items()))


def make(connection: Connection, scope: Scope, now: datetime, language: str) -> Kit:
    """The five errors most people share, and questions about just those."""
    since = now - LOOK_BACK
    found, questions = [], []
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
        if book:
            questions += [one for one in _questions(book, row.clause) if one not in questions]
    return Kit(now, tuple(found), tuple(questions[:QUESTIONS]))


def _questions(book: Playbook, clause: str) -> list[Question]:
    closed = [item for item in book.quiz if item.options and item.answer]
    fitting = [item for item in closed if clause and item.segment == clause] or closed[:1]
    found = []
    for item in fitting[:2]:
        options = tuple(one.text for one in item.options)
        found.append(Question(item.stem.strip(), options, options.index(item.answer[0]), item.explain))
    return found


def begin_quiz(tell: Tell, connection: Connection, scope: Scope, now: datetime, language: str) -> None:
    """Start with the kit's questions, and tell everybody in the team where to answer. Raises ExpectedError without any."""
    quiz = live_quiz.start(connection, scope, make(connection, scope, now, language).questions, now)
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
        lines += [f"{n}. {_inline(question.stem)}", *(f"   - {_inline(option)}" for option in question.options)]
        lines += [f"   - ✔ {_inline(question.answer)}：{_inline(question.why)}"]
    lines += ["", f"## {say('kit.follow')}", ""] if kit.follow_ups else []
    lines += [f"- {_inline(name)}：{'；'.join(map(_inline, what))}" for name, what in kit.follow_ups.items()]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    """Words of people in a line of Markdown: no markup, no new line."""
    return "".join("\\" + char if char in "\\`*_[]<>#|" else char for char in " ".join(text.split()))


def _plain(markdown: str) -> str:
    return " ".join(markdown.replace("**", "").replace("`", "").split())
