"""Where teaching meets the shelf: a learner's tutor with everything that their playbooks let it ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.lesson_shelf import learned_books
from bot.practice_items import FREE_KINDS, items_of, tutor_item
from bot.writing import is_whole
from curriculum.learning_settings import LearningSettings, settings_of
from curriculum.people import Person
from curriculum.practice_steps import Item, Skill, Step, TutorSettings
from curriculum.reviews import local_day
from curriculum.sentences import day_name
from curriculum.tables import handover
from curriculum.tutor import Tutor
from curriculum.tutor_rows import Pupil, pupil
from foundation.errors import NotFound
from foundation.phrasebook import Phrasebook
from foundation.scope import Scope
from knowledge import shelf
from knowledge.facts import SkillEntry, read_skills
from knowledge.playbook import Playbook, QuizItem

FREE_EVERY = timedelta(days=3)  # writing proves nothing without a grader: it is practised, but not day by day


@lru_cache(1)
def skill_map() -> Mapping[str, SkillEntry]:
    return read_skills()


def skill_name(skill: str, language: str) -> str:
    known = skill_map().get(skill)
    return known.name(language) if known else skill


@dataclass(frozen=True)
class Coach:
    """One learner's tutor at work, and the items it may choose from by their tutor's id."""

    pupil: Pupil
    choices: LearningSettings
    books: Mapping[str, Playbook]
    items: Mapping[str, tuple[Playbook, QuizItem]]

    @property
    def tutor(self) -> Tutor:
        return self.pupil.tutor

    def plan(self, at: datetime) -> list[Step]:
        """The steps left for today."""
        return [step for step in self.tutor.practice(at, self.choices.minutes) if step.item in self.items]

    def next_day(self, at: datetime) -> date | None:
        """The day on which the next review comes; today's leftovers count as tomorrow."""
        days = [local_day(one.review.due, self.tutor.zone) for one in self.tutor.memory.skills.values() if one.review]
        return max(min(days), local_day(at, self.tutor.zone) + timedelta(days=1)) if days else None

    def next_day_name(self, at: datetime) -> str:
        """That day in words; empty when nothing is planned."""
        day = self.next_day(at)
        return day_name(day, local_day(at, self.tutor.zone), self.tutor.settings.language) if day else ""

    def asked_today(self, item: Item, at: datetime) -> bool:
        """Whether this very item was before the learner today already: a repeat from short memory proves nothing."""
        asked = self.tutor.memory.items.get(item.id)
        if asked is None or asked.last_asked is None:
            return False
        return local_day(asked.last_asked, self.tutor.zone) == local_day(at, self.tutor.zone)

    def graded(
        self, connection: Connection, item: Item, correct: bool | None, at: datetime, turn_id: str, hints: int = 0
    ) -> str:
        """Tell the tutor of an answer: the sentence for the mentor."""
        evidence = None if self.asked_today(item, at) else correct
        return self.pupil.graded(connection, item, evidence, at, turn_id, hints)


def tutor_settings(person: Person, choices: LearningSettings) -> TutorSettings:
    names = {key: entry.name(person.language) for key, entry in skill_map().items()}
    return TutorSettings(zone=person.zone, language=person.language, daily_minutes=float(choices.minutes), names=names)


def coach(
    connection: Connection, scope: Scope, person: Person, phrases: Phrasebook, now: datetime, *, items: bool = True
) -> Coach:
    """The learner's coach as it stands; without `items` for what asks nothing."""
    choices = settings_of(connection, person.id)
    skills = [Skill(entry.id, tuple(entry.confusable)) for entry in skill_map().values()]
    books = used_books(connection, scope) if items else {}
    pool: dict[str, tuple[Playbook, QuizItem]] = {}
    for book in books.values():
        pool |= {f"{book.id}/{key}": (book, item) for key, item in items_of(book, person.language, phrases).items()}
    # A whole prompt is no matter of minutes: it is written when somebody asks for it.
    pool = {key: known for key, known in pool.items() if not is_whole(known[1])}
    one = pupil(connection, scope, skills, [], tutor_settings(person, choices))
    if items and _wrote_lately(one.tutor, pool, now):
        pool = {key: known for key, known in pool.items() if known[1].kind not in FREE_KINDS}
    tutor = Tutor.restore(skills, [tutor_item(book.id, item) for book, item in pool.values()], {}, one.tutor.settings)
    tutor.memory = one.tutor.memory
    tutor.items = one.tutor.items | tutor.items
    one.tutor = tutor
    return Coach(one, choices, books, pool)


def _wrote_lately(tutor: Tutor, pool: Mapping[str, tuple[Playbook, QuizItem]], now: datetime) -> bool:
    written = (key for key, (_, item) in pool.items() if item.kind in FREE_KINDS)
    moments = (tutor.memory.items[key].last_asked for key in written if key in tutor.memory.items)
    return any(moment is not None and now - moment < FREE_EVERY for moment in moments)


def used_books(connection: Connection, scope: Scope) -> dict[str, Playbook]:
    """The playbooks this person has taken a prompt from or begun a lesson on, as vetted today, the latest used first."""
    mine = (handover.c.person_id == scope.person_id) & (handover.c.team_id == scope.team_id)
    last = sa.func.max(handover.c.at)
    query = sa.select(handover.c.playbook_id).where(mine).group_by(handover.c.playbook_id).order_by(last.desc())
    books: dict[str, Playbook] = {}
    for playbook_id in dict.fromkeys([*connection.execute(query).scalars(), *learned_books(connection, scope)]):
        try:
            standing = shelf.get(connection, scope, playbook_id)
        except NotFound:
            continue
        if standing.playbook is not None:
            books[playbook_id] = standing.playbook
    return books
