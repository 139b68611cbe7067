"""Handing over: the whole prompt, every blank resolved, never withheld; then one small step is offered."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sqlalchemy as sa

from bot.coaching import coach
from bot.message import Choice, Code, Quote, Reply, Text
from bot.talk import Talk, clip
from curriculum import portfolio
from curriculum.portfolio import Form
from curriculum.practice_steps import WorkHelp
from curriculum.reviews import day_start
from curriculum.tables import handover
from foundation.clock import zone
from foundation.errors import ExpectedError
from knowledge import shelf
from knowledge.playbook import Playbook, assemble

LONGEST_NOTES = 300  # of a phone's screen, before the reader unfolds more


def hand_over(talk: Talk, book: Playbook, one: Form, *, urgent: bool = False) -> list[Reply]:
    """Close the form, keep the product card, and give the full prompt with its fact-check date.

    In a hurry, or asked for the same again on a day, everything comes at once and without a lecture.
    """
    in_a_hurry = urgent or is_urgent(talk, one.question) or _had_today(talk, book.id)
    answers = {slot.key: one.answers.get(slot.key) or slot.default or "" for slot in book.slots}
    one.answers, one.state, one.asking = answers, "done", None
    portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
    portfolio.hand_over(
        talk.connection, talk.scope, book.id, book.version, answers, talk.turn.door, talk.turn.id, talk.now
    )
    learner = coach(talk.connection, talk.scope, talk.person, talk.phrases, talk.now, items=False)
    skills = [clause.skill for clause in book.clauses]
    help_of = learner.pupil.used(talk.connection, skills, talk.now, talk.turn.id, in_a_hurry)
    card = portfolio.keep_card(talk.connection, talk.scope, answers, talk.now)
    queue = [other for other in talk.state.get("queue", []) if other != book.id]
    talk.state.clear()
    talk.state.update({"topic": "after", "playbook": book.id, "version": book.version, "queue": queue})
    notes = [] if in_a_hurry else annotation(talk, book, help_of)
    return [prompt_reply(talk, book, answers), *notes, _after(talk, book, card, queue, in_a_hurry)]


def annotation(talk: Talk, book: Playbook, help_of: Mapping[str, WorkHelp]) -> list[Reply]:
    """A line a clause on why it stands there: open for skills never used before, folded later, none once mastered."""
    shown = {skill: one.annotation for skill, one in help_of.items() if one.annotation != "none"}
    clauses = [clause for clause in book.clauses if clause.skill in shown]
    if not clauses:
        return []
    is_open = "open" in shown.values()
    if is_open:
        clauses.sort(key=lambda clause: shown[clause.skill] != "open")
    each = max(14, LONGEST_NOTES // len(clauses) - 8)
    lines = [talk.say("annotate.line", name=clause.name, why=clip(_first(clause.why), each)) for clause in clauses]
    intro = talk.say("annotate.open" if is_open else "annotate.folded")
    return [Reply((Text(intro), Quote("\n".join(lines), folded=not is_open)))]


def _first(text: str) -> str:
    """A reason's first sentence, without markup."""
    return re.split(r"(?<=[。；！？])", text.replace("**", "").replace("`", "").strip())[0].rstrip("。；")


def is_urgent(talk: Talk, words: str) -> bool:
    """Whether somebody says that there is no time, in either language."""
    return any(
        re.search(talk.phrases.template("annotate.urgent_words", language), words, re.IGNORECASE)
        for language in ("zh-CN", "en")
    )


def _had_today(talk: Talk, playbook_id: str) -> bool:
    """Whether this prompt was handed over today already: asking twice means "just give it to me"."""
    mine = (handover.c.person_id == talk.person.id) & (handover.c.team_id == talk.scope.team_id)
    mine &= (handover.c.playbook_id == playbook_id) & (handover.c.at >= day_start(talk.today, zone(talk.person.zone)))
    return (
        talk.connection.execute(
            sa.select(sa.func.count()).where(mine & (handover.c.turn_id != talk.turn.id))
        ).scalar_one()
        > 0
    )


def now_please(talk: Talk, words: str) -> list[Reply]:
    """`/now [ID]`: the whole prompt at once, whatever is still open; a blank nobody filled stands there by its name."""
    form_id, wanted = talk.state.get("form"), words.strip()
    if talk.state.get("topic") == "asked":
        wanted = wanted or str(talk.state.get("playbook") or "")
    if talk.state.get("topic") == "fill" and form_id and not wanted:
        one = portfolio.get_form(talk.connection, talk.scope, str(form_id))
        standing = shelf.get(talk.connection, talk.scope, one.playbook_id, version=one.version)
        if standing.playbook is not None and one.state == "open":
            return hand_over(talk, standing.playbook, one, urgent=True)
    if wanted:
        standing = shelf.get(talk.connection, talk.scope, wanted)
        if standing.playbook is not None:
            one = portfolio.begin_form(talk.connection, talk.scope, standing.id, standing.version, talk.now)
            return hand_over(talk, standing.playbook, one, urgent=True)
    return prompt_again(talk, "")


def prompt_reply(talk: Talk, book: Playbook, answers: dict[str, str]) -> Reply:
    """The whole prompt as a block to copy."""
    open_blanks = {slot.key: f"【{slot.label.in_language(talk.language)}】" for slot in book.slots if slot.required}
    filled = open_blanks | {key: value for key, value in answers.items() if value.strip()}
    text = assemble(book, filled, empty=talk.say("hand_over.nothing"))
    title = book.title.in_language(talk.language)
    intro = talk.rich("hand_over.prompt", title=title, id=book.id, version=book.version)
    return Reply((*intro, Code(text, title=f"{book.id}-{book.version}")))


def _after(talk: Talk, book: Playbook, card: str | None, queue: list[str], in_a_hurry: bool) -> Reply:
    stale = shelf.stale_facts(book, talk.today)
    overdue = book.review_by is not None and book.review_by < talk.today
    notes = [talk.say("hand_over.checked", date=book.updated or "—")]
    if stale or overdue:
        notes.append(talk.say("hand_over.stale", facts=talk.listed(fact.id for fact in stale[:5]) or book.id))
    if card:
        notes.append(talk.say("hand_over.card_kept", name=clip(card, 30)))
    choices = [talk.choice("button.why", "/why"), talk.choice("button.practice", "/quiz")]
    if queue:
        choices.insert(0, talk.choice("button.next_need", f"/use {queue[0]}"))
    choices.append(Choice(talk.say("button.home"), "/home"))
    if in_a_hurry:
        notes.append(talk.say("annotate.urgent"))
    return talk.reply("hand_over.plain" if in_a_hurry else "hand_over.after", *choices, notes="\n".join(notes))


def prompt_again(talk: Talk, words: str) -> list[Reply]:
    """`/prompt [ID]`: the last prompt handed over, once more, at any door."""
    taken = portfolio.handovers(talk.connection, talk.scope, words.strip() or None, limit=1)
    if not taken:
        raise ExpectedError("hand_over.none_yet")
    standing = shelf.get(talk.connection, talk.scope, taken[0].playbook_id, version=taken[0].version)
    assert standing.playbook is not None
    return [
        prompt_reply(talk, standing.playbook, dict(taken[0].answers)),
        talk.reply("hand_over.again", talk.choice("button.home", "/home")),
    ]
