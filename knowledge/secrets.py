"""What of all shelves a person must not be shown, and what they may read in full: for the outgoing check."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import Connection

from foundation.scope import Scope
from knowledge.document import read
from knowledge.playbook import Playbook
from knowledge.tables import playbook as rows


def state_of_shelves(connection: Connection) -> str:
    """Changes whenever any document on any shelf does."""
    count, last = connection.execute(sa.select(sa.func.count(), sa.func.max(rows.c.changed_at))).one()
    return f"{count}-{last}"


def hidden_and_allowed(connection: Connection, scope: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hidden: other teams' and unvetted documents, and every answer key. Allowed: the vetted texts of this team."""
    found = connection.execute(sa.select(rows.c.team_id, rows.c.status, rows.c.kind, rows.c.document, rows.c.digest))
    hidden: dict[str, str] = {}
    allowed: dict[str, str] = {}
    keys: dict[str, str] = {}
    for row in found:
        if row.kind != "document":
            continue
        mine = row.team_id == scope.team_id and row.status in ("vetted", "retired")
        readable, secret = _parts(row.digest, row.document)
        (allowed if mine else hidden)[row.digest] = readable
        keys[row.digest] = secret
    others = tuple(text for digest, text in hidden.items() if digest not in allowed)
    return (*others, *keys.values()), tuple(allowed.values())


@lru_cache(maxsize=512)
def _parts(digest: str, document: str) -> tuple[str, str]:
    """What a reader of a document sees, and its answer keys."""
    book = read(document, digest[:8])
    return readable(book), answer_keys(book)


def readable(book: Playbook) -> str:
    """What a member of a playbook's own team may read of it, sooner or later, in full."""
    clauses = [
        text for clause in book.clauses for text in (clause.name, clause.prompt, clause.why, clause.without, clause.bad)
    ]
    slots = [
        text
        for slot in book.slots
        for text in (slot.label.zh, slot.ask.zh, slot.example, slot.default or "", slot.validate)
    ]
    questions = [text for item in book.quiz for text in (item.stem, *(option.text for option in item.options))]
    sections = [book.usage, book.primer.body, book.example.body, book.contrast.body, book.further.body]
    return "\n".join((*clauses, *sections, *slots, *questions))


def answer_keys(book: Playbook) -> str:
    """What decides what is right: explanations, hints, points and the rubric."""
    explained = [option.explain for item in book.quiz for option in item.options]
    items = [text for item in book.quiz for text in (item.explain, *item.hints, *item.keys)]
    rubric = [text for one in book.rubric.criteria for text in (one.full, one.half, one.zero)]
    return "\n".join((*explained, *items, *rubric, book.rubric.judge_notes))
