"""Handing over: the whole prompt, every blank resolved, never withheld; then one small step is offered."""

from __future__ import annotations

from bot.message import Choice, Code, Reply
from bot.talk import Talk, clip
from curriculum import portfolio
from curriculum.portfolio import Form
from foundation.errors import ExpectedError
from knowledge import shelf
from knowledge.playbook import Playbook, assemble


def hand_over(talk: Talk, book: Playbook, one: Form) -> list[Reply]:
    """Close the form, keep the product card, and give the full prompt with its fact-check date."""
    answers = {slot.key: one.answers.get(slot.key) or slot.default or "" for slot in book.slots}
    one.answers, one.state, one.asking = answers, "done", None
    portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
    portfolio.hand_over(talk.connection, talk.scope, book.id, book.version, answers, talk.turn.door, talk.turn.id, talk.now)
    card = portfolio.keep_card(talk.connection, talk.scope, answers, talk.now)
    queue = [other for other in talk.state.get("queue", []) if other != book.id]
    talk.state.clear()
    talk.state.update({"topic": "after", "playbook": book.id, "version": book.version, "queue": queue})
    return [prompt_reply(talk, book, answers), _after(talk, book, card, queue)]


def prompt_reply(talk: Talk, book: Playbook, answers: dict[str, str]) -> Reply:
    """The whole prompt as a block to copy."""
    text = assemble(book, answers, empty=talk.say("hand_over.nothing"))
    title = book.title.in_language(talk.language)
    intro = talk.rich("hand_over.prompt", title=title, id=book.id, version=book.version)
    return Reply((*intro, Code(text, title=f"{book.id}-{book.version}")))


def _after(talk: Talk, book: Playbook, card: str | None, queue: list[str]) -> Reply:
    stale = shelf.stale_facts(book, talk.today)
    overdue = book.review_by is not None and book.review_by < talk.today
    notes = [talk.say("hand_over.checked", date=book.updated or "—")]
    if stale or overdue:
        notes.append(talk.say("hand_over.stale", facts="、".join(fact.id for fact in stale[:5]) or book.id))
    if card:
        notes.append(talk.say("hand_over.card_kept", name=clip(card, 30)))
    choices = [talk.choice("button.why", "/why"), talk.choice("button.practice", "/quiz")]
    if queue:
        choices.insert(0, talk.choice("button.next_need", f"/use {queue[0]}"))
    choices.append(Choice(talk.say("button.home"), "/home"))
    return talk.reply("hand_over.after", *choices, notes="\n".join(notes))


def prompt_again(talk: Talk, words: str) -> list[Reply]:
    """`/prompt [ID]`: the last prompt handed over, once more, at any door."""
    taken = portfolio.handovers(talk.connection, talk.scope, words.strip() or None, limit=1)
    if not taken:
        raise ExpectedError("hand_over.none_yet")
    standing = shelf.get(talk.connection, talk.scope, taken[0].playbook_id, version=taken[0].version)
    assert standing.playbook is not None
    return [prompt_reply(talk, standing.playbook, dict(taken[0].answers)), talk.reply("hand_over.again", talk.choice("button.home", "/home"))]
