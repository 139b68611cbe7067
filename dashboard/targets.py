"""What a task is about, as people call it: a playbook, a lesson, a course; one reading for the chat and the pages."""

from __future__ import annotations

from sqlalchemy import Connection

from curriculum.assignments import PROBES_IN_A_TEST
from curriculum.lessons import courses, playbook_of, written_lessons
from foundation.errors import NotFound
from foundation.scope import Scope
from knowledge import shelf

KINDS = ("course", "lesson", "rung", "quiz", "powercut")  # a beginner's first
AMOUNTS = {"quiz": 5, "powercut": PROBES_IN_A_TEST, "lesson": 1, "course": 1}  # where nobody says another


def lesson_title(connection: Connection, scope: Scope, lesson_id: str, language: str) -> str:
    """A lesson's name, one without a file being its playbook's. Raises NotFound where the playbook is not vetted."""
    standing = shelf.get(connection, scope, playbook_of(lesson_id))
    if standing.playbook is None:
        raise NotFound(lesson_id)
    return lesson_names(language).get(lesson_id) or standing.title(language)


def lesson_names(language: str) -> dict[str, str]:
    """The names of the lessons written by hand; all others bear their playbook's."""
    return {one.id: one.title.in_language(language) for one in written_lessons().values()}


def course_names(language: str) -> dict[str, str]:
    """The names of the courses, in their order."""
    return {one.id: one.title.in_language(language) for one in courses().values()}


def target_title(connection: Connection, scope: Scope, kind: str, target: str, language: str) -> str:
    """What a task of this kind is about. Raises NotFound for what this team cannot be given."""
    if kind == "powercut":
        return ""
    if kind == "course":
        if target not in courses():
            raise NotFound(target)
        return course_names(language)[target]
    if kind == "lesson":
        return lesson_title(connection, scope, target, language)
    return shelf.get(connection, scope, target).title(language)


def called(connection: Connection, scope: Scope, kind: str, target: str, language: str) -> str:
    """The same for a task that stands already: where its target was retired since, its id."""
    try:
        return target_title(connection, scope, kind, target, language)
    except NotFound:
        return target


def targets(connection: Connection, scope: Scope, kind: str, language: str) -> list[tuple[str, str]]:
    """All that can be given as a task of this kind: id and name."""
    if kind == "course":
        return list(course_names(language).items())
    books = [one for one in shelf.visible(connection, scope, drafts=False) if one.playbook]
    known = sorted(((one.id, one.title(language)) for one in books), key=lambda pair: pair[1])
    if kind != "lesson":
        return known
    vetted = {one for one, _ in known}
    written = [pair for pair in lesson_names(language).items() if playbook_of(pair[0]) in vetted]
    return written + known
