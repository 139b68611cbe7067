"""Where lessons meet the shelf: those written by hand, and one built from each vetted playbook by its structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.practice_items import items_of, open_blanks
from curriculum import lesson_rows
from curriculum.lessons import LONGEST, Card, Lesson, fitting, playbook_of, written_lessons
from foundation.errors import NotFound
from foundation.phrasebook import Phrasebook
from foundation.scope import Scope
from knowledge import shelf
from knowledge.playbook import Clause, Playbook, QuizItem

# Clauses that look alike in every playbook teach least about this one.
COMMON = ("role", "task", "format", "selfcheck", "handoff")
# What completes a clause just seen, the most telling kind first.
COMPLETING = ("cloze", "what-breaks", "pick-better", "which-segment", "spot-the-flaw")


@dataclass(frozen=True)
class OnShelf:
    """A lesson that can be taken, and the playbook its whole prompt comes from."""

    lesson: Lesson
    book: Playbook


def lesson_at_hand(connection: Connection, scope: Scope, lesson_id: str, language: str, phrases: Phrasebook) -> OnShelf:
    """A lesson by its id, a playbook's id meaning the one built from it. Raises NotFound, also where it is not vetted."""
    standing = shelf.get(connection, scope, playbook_of(lesson_id))
    if standing.playbook is None:
        raise NotFound(lesson_id)
    written = written_lessons().get(lesson_id)
    return OnShelf(written or built(standing.playbook, language, phrases), standing.playbook)


def item_at_hand(
    connection: Connection, scope: Scope, card: Card, language: str, phrases: Phrasebook
) -> tuple[Playbook, QuizItem]:
    """The item a card asks, with the playbook it belongs to. Raises NotFound."""
    playbook_id, _, item_id = card.item.partition("/")
    book = shelf.get(connection, scope, playbook_id).playbook
    item = items_of(book, language, phrases).get(item_id) if book else None
    if book is None or item is None:
        raise NotFound(card.item)
    return book, item


def learned_books(connection: Connection, scope: Scope) -> list[str]:
    """The playbooks whose lessons this person has begun, the latest first."""
    return list(dict.fromkeys(map(playbook_of, lesson_rows.progress(connection, scope))))


def built(book: Playbook, language: str, phrases: Phrasebook) -> Lesson:
    """A playbook's own lesson: what to know, two clauses with their reasons, what happens without, then doing it."""
    clauses = _telling(book)
    points = [piece for point in book.primer_points for piece in fitting(point)]
    cards = [
        Card("concept", phrases.say("lesson.concept_number", language, number=n), text)
        for n, text in enumerate(points, 1)
    ]
    cards += [_example(book, clause, language, phrases) for clause in clauses]
    cards += [_contrast(clause, language, phrases) for clause in clauses[:1]]
    asked = [_completing(book, clause) for clause in clauses]
    asked += [f"compose:{clause.key}" for clause in clauses[:1]]
    asked += [item.id for item in book.quiz if item.kind == "transfer"][:1]
    kinds = ["completion"] * len(clauses) + ["compose"] * len(clauses[:1]) + ["transfer"]
    for kind, item in zip(kinds, asked, strict=False):
        if item:
            cards.append(Card(kind, phrases.say(f"lesson.kind.{kind}", language), item=f"{book.id}/{item}"))
    return Lesson(book.id, book.title, book.id, tuple(cards))


def _telling(book: Playbook) -> Sequence[Clause]:
    """Two clauses apart from each other that say most about this playbook's own task, and that can be asked about."""
    asked = {item.segment for item in book.quiz if item.kind in COMPLETING}
    known = [clause for clause in book.clauses if clause.key in asked and clause.why and clause.bad]
    own = [clause for clause in known if clause.key not in COMMON] or known
    return list(dict.fromkeys((own[0], own[len(own) // 2]))) if own else []


def _completing(book: Playbook, clause: Clause) -> str:
    items: Mapping[str, str] = {item.kind: item.id for item in reversed(book.quiz) if item.segment == clause.key}
    return next((items[kind] for kind in COMPLETING if kind in items), "")


def _example(book: Playbook, clause: Clause, language: str, phrases: Phrasebook) -> Card:
    """The clause as it stands, and the reason; a long clause is shown by its beginning."""
    why = phrases.say("lesson.why", language, why=clause.why)[: LONGEST // 2]
    prompt = open_blanks(book, clause.prompt, language)
    return Card("example", clause.name, f"{_quoted(prompt, LONGEST - len(why) - 10)}\n\n{why}")


def _contrast(clause: Clause, language: str, phrases: Phrasebook) -> Card:
    without = phrases.say("lesson.without", language, name=clause.name)
    return Card("contrast", without, f"{_quoted(clause.bad, LONGEST // 2)}\n\n{clause.without}")


def _quoted(text: str, longest: int) -> str:
    """Lines set apart, as many as fit; an ellipsis where some are left out."""
    kept: list[str] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if sum(map(len, kept)) + 3 * len(kept) + len(line) > longest:
            kept.append("…" if kept else line[: longest - 1] + "…")
            break
        kept.append(line)
    return "\n".join(f"> {line}" for line in kept)
