"""Lessons and courses: a short path of cards, and the order of lessons that leads from filling in to writing alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foundation.documents import Fields, Names, Part, Problem, Reader, text_of

# The order of the fading path (learning.md): worked example, contrast, completion, writing, a new case.
SHOWING = ("concept", "example", "contrast")
ASKING = ("completion", "compose", "transfer")
KINDS = SHOWING + ASKING
LONGEST = 350  # characters of one card: a phone's screen
LESSONS = Path(__file__).parent / "library"
COURSES = LESSONS / "courses.md"
_SENTENCE_END = re.compile(r"(?<=[。！？；\n])|(?<=[.!?] )")


@dataclass(frozen=True)
class Card:
    """One screen of a lesson: something to see, or (with `item`, as PLAYBOOK/ITEM) something to answer."""

    kind: str
    title: str
    text: str = ""
    item: str = ""

    @property
    def asks(self) -> bool:
        return bool(self.item)


@dataclass(frozen=True)
class Lesson:
    """A path of cards, those that show before those that ask; `playbook` is the one its whole prompt comes from."""

    id: str
    title: Names
    playbook: str
    cards: tuple[Card, ...]

    @property
    def first_asking(self) -> int:
        """The place (from 0) of the first card that asks; the number of cards where none does."""
        return next((place for place, card in enumerate(self.cards) if card.asks), len(self.cards))


@dataclass(frozen=True)
class Course:
    """Lessons in the order in which they build on each other; a lesson without a file is a playbook's own."""

    id: str
    title: Names
    about: Names
    lessons: tuple[str, ...]


def read_lesson(text: str, name: str = "lesson.md") -> Lesson:
    """Read a lesson written by hand. Raises DocumentError with every fault found."""
    reader = Reader(text, name)
    head, parts = reader.opened()
    cards = [_card(reader, part) for part in parts if part.heading]
    lesson = Lesson(head.text("id"), head.names("title"), head.text("playbook", ""), tuple(cards))
    _whole(reader, head, lesson, [part.line for part in parts if part.heading])
    if reader.problems:
        raise reader.stop()
    return lesson


def _card(reader: Reader, part: Part) -> Card:
    kind, _, title = (piece.strip() for piece in part.heading.partition("·"))
    item, text = "", part.body
    if kind not in KINDS:
        reader.fault(part.line, "card", f"unknown kind {kind!r}", f"begin the heading with one of: {', '.join(KINDS)}")
    if kind in ASKING:
        found = re.match(r"item:\s*(\S+/\S+)\s*$", part.body)
        item, text = (found[1], "") if found else ("", part.body)
        if not found:
            reader.fault(part.line, "item", "a card that asks names no item", "write one line `item: PLAYBOOK/ITEM`")
    elif not text:
        reader.fault(part.line, "card", "has no text", "write what the card shows")
    if not title:
        reader.fault(part.line, "card", "has no title", f"write `## {kind} · a short title`")
    if len(text) > LONGEST:
        what = f"{len(text)} characters, at most {LONGEST}"
        reader.fault(part.line, "card", what, "cut it, or make two cards of it")
    return Card(kind, title, text, item)


def _whole(reader: Reader, head: Fields, lesson: Lesson, lines: Sequence[int]) -> None:
    """What a lesson must be as a whole: an id, something to see first, nothing shown after the asking began."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}", lesson.id):
        head.fault("id", f"{lesson.id!r} is no short name", "use a-z, 0-9 and -, at most 48 characters")
    if not lesson.title.zh:
        head.fault("title", "has no Chinese title", "write `title: {zh: …, en: …}`")
    if lesson.first_asking == 0:
        reader.fault(1, "cards", "nothing is shown before something is asked", "begin with a concept or an example")
    for place, card in enumerate(lesson.cards):
        if place > lesson.first_asking and not card.asks and card.kind in SHOWING:
            reader.fault(lines[place], "card", "shows something after the asking began", "move it up")


def read_courses(text: str, name: str = "courses.md") -> tuple[Course, ...]:
    """Read the courses, in their order. Raises DocumentError."""
    reader = Reader(text, name)
    head, _ = reader.opened()
    courses = []
    for one in head.each("courses"):
        courses.append(Course(one.text("id"), one.names("title"), one.names("about"), one.texts("lessons")))
        if not courses[-1].lessons:
            one.fault("lessons", "names no lesson", "write `lessons: [ID, ID]`")
    if reader.problems:
        raise reader.stop()
    return tuple(courses)


@cache
def written_lessons(folder: Path = LESSONS) -> dict[str, Lesson]:
    """The lessons written by hand, by id."""
    paths = [path for path in sorted(folder.glob("*.md")) if path.name != COURSES.name]
    read = [read_lesson(text_of(path), path.name) for path in paths]
    return {lesson.id: lesson for lesson in read}


def playbook_of(lesson_id: str) -> str:
    """The playbook a lesson's prompt comes from; a lesson without a file bears its playbook's id."""
    written = written_lessons().get(lesson_id)
    return written.playbook if written else lesson_id


@cache
def courses(path: Path = COURSES) -> dict[str, Course]:
    """The courses by id, in their order."""
    return {course.id: course for course in read_courses(text_of(path), path.name)}


def check_ids(
    lessons: Iterable[Lesson], paths: Iterable[Course], known_items: Sequence[str], playbooks: Sequence[str]
) -> list[Problem]:
    """Ids that lead nowhere: items and playbooks named in lessons, lessons named in courses."""
    found: list[Problem] = []
    lessons, items, books = list(lessons), set(known_items), set(playbooks)
    for lesson in lessons:
        file = f"{lesson.id}.md"
        if lesson.playbook and lesson.playbook not in books:
            found.append(Problem(file, 1, "playbook", f"no playbook {lesson.playbook!r}", "name one of the shelf"))
        found += [
            Problem(file, 1, "item", f"no item {card.item!r}", "name an item of a playbook as PLAYBOOK/ITEM")
            for card in lesson.cards
            if card.asks and card.item not in items
        ]
    names = {lesson.id for lesson in lessons} | books
    for course in paths:
        found += [
            Problem(COURSES.name, 1, f"{course.id}.lessons", f"no lesson {one!r}", "name a lesson's or a playbook's id")
            for one in course.lessons
            if one not in names
        ]
    return found


def fitting(text: str, longest: int = LONGEST) -> list[str]:
    """The text cut into pieces that each fit a card, at ends of sentences where there are any."""
    pieces: list[str] = []
    for sentence in filter(None, _SENTENCE_END.split(text.strip())):
        while len(sentence) > longest:
            pieces.append(sentence[:longest])
            sentence = sentence[longest:]
        if pieces and len(pieces[-1]) + len(sentence) <= longest:
            pieces[-1] += sentence
        else:
            pieces.append(sentence)
    return [piece.strip() for piece in pieces if piece.strip()]
