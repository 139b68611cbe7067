"""`zhiran lessons check`: lint the lessons written by hand, and the courses they stand in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bot.practice_items import items_of
from bot.wiring import PHRASES
from curriculum.lessons import COURSES, LESSONS, Course, Lesson, check_ids, read_courses, read_lesson
from foundation.documents import DocumentError, Problem, text_of
from foundation.phrasebook import Phrasebook
from knowledge.document import read_file
from knowledge.library_files import written_files


def check_lessons(path: Path | None, *, as_json: bool) -> int:
    """Print the problems of one lesson or a folder of them; returns the exit code (1: problems, 2: nothing to check)."""
    where = path or LESSONS
    files = [where] if where.suffix == ".md" else sorted(where.glob("*.md"))
    if not files:
        print(json.dumps({"error": f"no lesson at {where}"}) if as_json else f"no lesson at {where}")
        return 2
    lessons: list[Lesson] = []
    courses: list[Course] = []
    found: list[Problem] = []
    for file in files:
        try:
            if file.name == COURSES.name:
                courses += read_courses(text_of(file), file.name)
            else:
                lessons.append(read_lesson(text_of(file), file.name))
        except DocumentError as error:
            found += error.problems
    found += check_ids(lessons, courses, _items_of_named(lessons), [path.stem for path in written_files()])
    if as_json:
        print(json.dumps({"files": len(files), "problems": [vars(one) for one in found]}, ensure_ascii=False))
    else:
        for problem in found:
            print(f"{problem.level}: {problem}")
        print(f"{len(files)} file(s), {len(found)} problem(s)")
    return 1 if found else 0


def _items_of_named(lessons: Sequence[Lesson]) -> list[str]:
    """The items of the library's playbooks that these lessons name; the others need not be read."""
    phrases = Phrasebook.read(PHRASES)
    named = {card.item.partition("/")[0] for lesson in lessons for card in lesson.cards if card.asks}
    books = [read_file(path) for path in written_files() if path.stem in named]
    return [f"{book.id}/{item}" for book in books for item in items_of(book, "zh-CN", phrases)]
