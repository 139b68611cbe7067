"""Three made-up weeks of a made-up team, so that a lead who tries the demo finds something to look at; nothing is real."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.seed import Demo
from curriculum import assignments, learning_log, people, portfolio, spending, works
from curriculum.assignments import Wish
from curriculum.grading import Verdict
from curriculum.learning_log import About, How
from curriculum.tables import answer
from foundation.database import new_id
from foundation.language_model import Charge, Usage
from foundation.model_endpoints import Limits
from foundation.scope import Scope
from knowledge import shelf
from knowledge.playbook import Playbook, QuizItem

BOOKS = ("amazon-listing-title", "amazon-bullets", "keyword-bank", "review-mining", "bid-budget-rules", "profit-model")
COHORT = "三月班"
GAPS = (
    "泰国站清关要什么资料",
    "清关资料泰国站要哪些",
    "怎么给供应商写催货邮件",
    "给供应商的催货邮件怎么写",
    "样品谁出运费",
)


@dataclass(frozen=True)
class Character:
    """Somebody made up: how often they are right, with help and without, and how much of a draft they leave as it was."""

    name: str
    right: float
    alone: float
    left_as_it_was: float
    uses: int
    answers: int


CHARACTERS = (
    Character("安然（虚构）", 0.88, 0.85, 0.75, 14, 46),
    Character("丁一（虚构）", 0.62, 0.35, 1.0, 22, 18),
    Character("高远（虚构）", 0.81, 0.78, 0.2, 8, 40),
    Character("何苗（虚构）", 0.55, 0.40, 0.3, 5, 22),
    Character("纪青（虚构）", 0.74, 0.66, 0.55, 11, 34),
    Character("罗以（虚构）", 0.50, 0.0, 0.0, 2, 2),
)


def live_through(connection: Connection, demo: Demo, now: datetime) -> None:
    """Write the weeks once; a team in which anybody has answered is left as it is."""
    if connection.execute(sa.select(answer.c.id).where(answer.c.team_id == demo.team_id).limit(1)).first():
        return
    chance = random.Random(20)
    lead = Scope(demo.team_id, demo.people["陈组长"], frozenset({"lead"}))
    books = [book for one in BOOKS if (book := shelf.get(connection, lead, one).playbook)]
    for character in CHARACTERS:
        person_id = people.add_person(connection, character.name, "zh-CN", now - timedelta(days=22))
        people.join_team(connection, demo.team_id, person_id, ("trainee",), now - timedelta(days=22), COHORT)
        scope = Scope(demo.team_id, person_id, frozenset({"trainee"}))
        _works(connection, scope, character, books, chance, now)
        _answers(connection, scope, character, books, chance, now)
    _questions(connection, demo, chance, now)
    due = now - timedelta(days=1)
    wish = Wish("quiz", BOOKS[0], 60, "all", due, "周会前做完")
    assignments.give(connection, lead, wish, now - timedelta(days=5))


def _moments(chance: random.Random, count: int, now: datetime) -> list[datetime]:
    return sorted(now - timedelta(minutes=chance.randrange(60, 21 * 24 * 60)) for _ in range(count))


def _works(
    connection: Connection,
    scope: Scope,
    who: Character,
    books: Sequence[Playbook],
    chance: random.Random,
    now: datetime,
) -> None:
    for at in _moments(chance, who.uses, now):
        book = chance.choice(books)
        portfolio.hand_over(connection, scope, book.id, book.version, book.example_values, "web", new_id(), at)
        if chance.random() < 0.5:
            draft, turn = book.expected[:600], new_id()
            _pays(connection, scope, turn, chance, at)
            kept = works.keep(connection, scope, (book.id, book.version), {}, [draft], turn, at)
            works.finish(connection, scope, kept, _reworked(draft, who.left_as_it_was, chance), at)


def _pays(connection: Connection, scope: Scope, turn: str, chance: random.Random, at: datetime) -> None:
    """The draft's call to a model, at a made-up price."""
    usage = Usage(chance.randrange(1_200, 2_400), 0, chance.randrange(400, 900))
    held = spending.reserve(connection, scope, 0, Limits(), "run", turn, at, at.date())
    charge = Charge("demo", "made-up-model", usage, 2 * usage.input + 8 * usage.output)
    spending.settle(connection, scope, held, [charge], at)


def _reworked(draft: str, left: float, chance: random.Random) -> str:
    """The draft with some of its lines written anew."""
    return "\n".join(
        line if chance.random() < left else f"改写：这一行换成了自己的话，第 {number} 处。"
        for number, line in enumerate(draft.splitlines())
    )


def _answers(
    connection: Connection,
    scope: Scope,
    who: Character,
    books: Sequence[Playbook],
    chance: random.Random,
    now: datetime,
) -> None:
    for number, at in enumerate(_moments(chance, who.answers, now)):
        probe = who.alone > 0 and number % 4 == 3
        book = chance.choice(books)
        item = chance.choice([one for one in book.quiz if one.options and one.answer and one.kind != "order"])
        right = chance.random() < (who.alone if probe else who.right)
        about = About(book.id, book.version, item.id, item.kind, item.skill, item.segment)
        given, misconception = _given(item, right, chance)
        sure = chance.choice(("sure", "think", "guess")) if probe else ""
        purpose = "probe" if probe else "practice"
        how = How(given, Verdict(float(right), right), purpose, misconception, confidence=sure, seconds=20.0)
        learning_log.record_answer(connection, scope, about, how, "web", new_id(), at)


def _given(item: QuizItem, right: bool, chance: random.Random) -> tuple[str, str]:
    fitting = [one for one in item.options if (one.text in item.answer) == right]
    option = chance.choice(fitting or list(item.options))
    return option.text, option.misconception


def _questions(connection: Connection, demo: Demo, chance: random.Random, now: datetime) -> None:
    scope = Scope(demo.team_id, demo.people["阿梅"], frozenset({"trainee"}))
    for words, at in zip(GAPS, _moments(chance, len(GAPS), now), strict=True):
        learning_log.record_question(connection, scope, words, "none", [], 0.1, True, new_id(), at)
