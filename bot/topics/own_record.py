"""One's own record to take along: everything kept of a person as JSON, and the questions they answered as an Anki deck."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bot.message import Attachment
from bot.talk import Answer, Emit, Talk, Work
from curriculum.own_record import own_record
from curriculum.tables import answer
from dashboard.interop import deck
from foundation.errors import NotFound
from knowledge import shelf
from knowledge.playbook import Playbook, QuizItem

JSON, ANKI = "application/json", "application/octet-stream"


def export(talk: Talk, words: str) -> Answer:
    """`/export`: read in this transaction; the files are made with none open."""
    record = own_record(talk.connection, talk.scope) | {"exported_at": talk.now.isoformat()}
    items = _answered(talk)

    async def run(_emit: Emit) -> tuple[Attachment, ...]:
        return await asyncio.to_thread(_files, record, items)

    def then(talk: Talk, files: tuple[Attachment, ...]) -> Answer:
        ways = (talk.choice("button.me", "/me"), talk.choice("button.home", "/home"))
        return [talk.reply("me.exported", *ways, columns=2, files=files, cards=len(items))]

    return Work(run, then)


def _files(record: dict[str, Any], items: Sequence[tuple[Playbook, QuizItem]]) -> tuple[Attachment, ...]:
    text = json.dumps(record, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    files = (Attachment("zhiran-record.json", JSON, text),)
    return (*files, Attachment("zhiran-deck.apkg", ANKI, deck(items))) if items else files


def _answered(talk: Talk) -> list[tuple[Playbook, QuizItem]]:
    """The closed questions this person has answered: their keys are no secret to them any more."""
    mine = (answer.c.person_id == talk.person.id) & (answer.c.team_id == talk.scope.team_id)
    query = sa.select(answer.c.playbook_id, answer.c.item_id).where(mine).distinct()
    found: list[tuple[Playbook, QuizItem]] = []
    for row in talk.connection.execute(query.order_by(answer.c.playbook_id, answer.c.item_id)):
        try:
            book = shelf.get(talk.connection, talk.scope, row.playbook_id).playbook
        except NotFound:
            continue
        item = book.item(row.item_id) if book else None
        if book and item and item.is_closed:
            found.append((book, item))
    return found
