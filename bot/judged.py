"""What an answer on the desk was an answer to: nobody can judge "B" without the question and what was right."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from bot.practice_items import form_of, items_of
from dashboard.judging import Judged
from foundation.phrasebook import Phrasebook
from foundation.scope import Scope
from knowledge import shelf
from knowledge.playbook import Playbook, QuizItem


def judged(connection: Connection, scope: Scope, subject: dict[str, Any], language: str, phrases: Phrasebook) -> Judged:
    """The question behind a card's answer, what was said and what is right, in words."""
    given, item_id = str(subject.get("given", "")), str(subject.get("item", ""))
    book = shelf.find(connection, scope, str(subject.get("playbook", "")), str(subject.get("version", "")))
    if book is None:
        return Judged(given=given)
    title = book.title.in_language(language)
    if item_id.startswith("why:"):
        return _reason(book, phrases, item_id.rpartition(":")[2], Judged(title, "", given), language)
    item = items_of(book, language, phrases).get(item_id)
    if item is None:
        return Judged(title, "", given)
    right = "；".join(item.answer) or item.explain
    return Judged(title, item.stem.strip(), _in_words(item, given), right)


def _reason(book: Playbook, phrases: Phrasebook, key: str, known: Judged, language: str) -> Judged:
    clause = next((one for one in book.clauses if one.key == key), None)
    if clause is None:
        return known
    question = phrases.say("desk.why_question", language, name=clause.name)
    return Judged(known.title, question, known.given, clause.why.replace("**", ""))


def _in_words(item: QuizItem, given: str) -> str:
    """Lines that were tapped are kept as numbers; a person reads the lines."""
    places = [int(one) for one in given.split(",") if one.isdecimal()]
    if form_of(item) != "lines" or any(place >= len(item.options) for place in places):
        return given
    return " / ".join(item.options[place].text for place in places) or "—"
