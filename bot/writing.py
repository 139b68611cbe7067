"""A playbook's writing tasks: what is asked, what an answer is held against, and what code alone can say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from bot.grader import Wanted
from curriculum.made_items import body_of, brief
from curriculum.writing_gates import (
    CAP_CLAIM,
    CAP_FAILED,
    LEAST_ANSWER,
    LEAST_CLAUSE,
    LEAST_PROMPT,
    Blank,
    Fault,
    WritingTask,
    faults,
)
from foundation.phrasebook import Phrasebook
from knowledge.playbook import Clause, Criterion, Playbook, QuizItem, Slot, slots_in

WHOLE = "write:all"
MOST_POINTS = 5  # criteria of one clause: as many as a grader keeps apart (learning.md: 3 to 5)
CARRIED_SKILLS = ("sk-rules", "sk-compliance", "sk-audience", "sk-facts")
CARRIED = 2  # clauses of a playbook that are carried to a new case
_LISTED = re.compile(r"\s*[、；;+＋]\s*")
_JOINED = re.compile(r"\s*[，,]\s*(?:并且?|且)?")


def is_whole(item: QuizItem) -> bool:
    return item.id == WHOLE


def is_writing(item: QuizItem) -> bool:
    """Whether the answer is a piece of prompt: rungs 4 and 5; other free text answers a question."""
    return item.kind in ("compose", "transfer")


def made_writing(book: Playbook, clauses: list[Any], language: str, phrases: Phrasebook) -> list[QuizItem]:
    """Each clause to be written from a brief, a few of them for a new case, and the whole prompt."""
    need = brief(book.need.in_language(language) or book.title.in_language(language), 80)
    found = []
    for clause in clauses:
        stem = phrases.say("practice.compose", language, need=need, name=clause.name, why=brief(clause.why, 110))
        keys = points_of(book, clause.skill) or (brief(body_of(clause.prompt), 200),)
        found.append(
            QuizItem(f"compose:{clause.key}", "compose", clause.skill, stem, clause.key, keys=keys, explain="")
        )
    found += _carried(book, clauses, need, language, phrases)
    stem = phrases.say("practice.compose_whole", language, need=need)
    keys = tuple(one.full for one in book.rubric.criteria)
    if keys:
        skill = "sk-task" if any(clause.skill == "sk-task" for clause in clauses) else clauses[0].skill
        found.append(QuizItem(WHOLE, "compose", skill, stem, keys=keys))
    return found


def _carried(book: Playbook, clauses: list[Any], need: str, language: str, phrases: Phrasebook) -> Iterator[QuizItem]:
    """The clauses that a new market or platform changes most, for a case that the example is not about."""
    change = _new_case(book, language, phrases)
    fit = sorted((one for one in clauses if one.skill in CARRIED_SKILLS), key=lambda c: CARRIED_SKILLS.index(c.skill))
    for clause in fit[:CARRIED]:
        stem = phrases.say("practice.carry", language, change=change, need=need, name=clause.name)
        first = phrases.say("practice.carry_point", language, change=change)
        keys = (first, *points_of(book, clause.skill)[: MOST_POINTS - 1])
        yield QuizItem(f"carry:{clause.key}", "transfer", clause.skill, stem, clause.key, keys=keys, difficulty=1)


def _new_case(book: Playbook, language: str, phrases: Phrasebook) -> str:
    """Another value of the first blank that lists its values, or another product of one's own."""
    for slot in book.slots:
        options = [str(one) for one in (slot.check.get("options") or ())]
        others = [one for one in options if one != slot.example]
        if slot.kind == "enum" and slot.required and others:
            value = others[sum(map(ord, book.id + slot.key)) % len(others)]
            return phrases.say("practice.case_slot", language, label=slot.label.in_language(language), value=value)
    return phrases.say("practice.case_product", language)


def points_of(book: Playbook, skill: str) -> tuple[str, ...]:
    """What the playbook's rubric wants of a skill, as single points that are there or not."""
    one = next((criterion for criterion in book.rubric.criteria if criterion.skill == skill), None)
    return _points(one.full) if one else ()


@lru_cache(maxsize=2048)
def _points(full: str) -> tuple[str, ...]:
    parts = [part.strip(" 。.") for part in _LISTED.split(full)]
    if len(parts) == 1:
        parts = [part.strip(" 。.") for part in _JOINED.split(full)]
    kept = [part for part in parts if len(part) >= 2]
    if len(kept) > MOST_POINTS:
        kept = [*kept[: MOST_POINTS - 1], "、".join(kept[MOST_POINTS - 1 :])]
    return tuple(kept) or (full,)


def wanted_of(book: Playbook, item: QuizItem) -> tuple[Wanted, ...]:
    """The criteria of an item: a whole prompt's by the rubric's points, all others of one weight."""
    if is_whole(item):
        return tuple(Wanted(one.id, _told(one), one.points) for one in book.rubric.criteria)
    return tuple(Wanted(f"k{number}", text, 1) for number, text in enumerate(item.keys))


def _told(one: Criterion) -> str:
    return f"{one.name}：{one.full}"


def short_name(book: Playbook, item: QuizItem, number: int) -> str:
    """A criterion as a line on a phone."""
    return book.rubric.criteria[number].name if is_whole(item) else item.keys[number]


def task_of(book: Playbook, item: QuizItem) -> WritingTask:
    """What the gates need to know."""
    clause = book.clause(item.segment) if item.segment else None
    # A whole prompt may not be the vetted one; a transfer may lean on it, a question's answer on its points.
    vetted = book.prompt if is_whole(item) else clause.prompt if clause and is_writing(item) else ""
    blanks = _blanks(book, vetted) if item.kind == "compose" else ()
    least = LEAST_PROMPT if is_whole(item) else LEAST_CLAUSE if is_writing(item) else LEAST_ANSWER
    return WritingTask(item.stem, vetted, blanks, least, item.kind == "transfer")


def _blanks(book: Playbook, vetted: str) -> tuple[Blank, ...]:
    needed = (book.slot(key) for key in slots_in(vetted))
    return tuple(_blank(slot) for slot in needed if slot is not None and slot.required)


def _blank(slot: Slot) -> Blank:
    label = re.sub(r"[（(].*?[）)]", "", slot.label.zh)
    values = (slot.example, slot.default or "") if len(slot.example) >= 2 else ()
    return Blank(label, tuple(one for one in (slot.key, label, slot.label.en, *values) if one))


def checked(book: Playbook, item: QuizItem, answer: str) -> list[Fault]:
    """Everything code can say of an answer: the gates, the rubric's hard failures, and claims nobody may make."""
    found = faults(task_of(book, item), answer)
    if not is_writing(item) or any(one.stops for one in found):
        return found
    return [*found, *_hard_failures(book, answer), *_claims(book, answer)]


def _hard_failures(book: Playbook, answer: str) -> Iterator[Fault]:
    """A rule of the rubric that fails the whole: its pattern in a sentence that does not forbid the thing."""
    sentences = re.split(r"[。！？!?；;\n]+", answer)
    for one in book.rubric.hard_fail:
        for sentence in sentences:
            if _found(one.pattern, sentence) and not (one.unless and _found(one.unless, sentence)):
                yield Fault("hard", {"rule": one.rule, "text": sentence.strip()[:30]}, cap=CAP_FAILED)
                break


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    try:
        return re2.compile(pattern)
    except re2.error:
        return None


def _found(pattern: str, text: str) -> bool:
    compiled = _compiled(pattern)
    return bool(compiled and compiled.search(text))


def _claims(book: Playbook, answer: str) -> Iterator[Fault]:
    """What the ruler of claims objects to, an instruction not to say it apart."""
    if "claims" not in book.rulers:
        return
    from knowledge.rulers.rulers import rule

    options = {"marketplace": book.example_values.get("marketplace", "")}
    for one in rule("claims", answer, {key: value for key, value in options.items() if value}).errors[:1]:
        yield Fault("claim", {"text": one.text[:24]}, cap=CAP_CLAIM)


@dataclass(frozen=True)
class Trial:
    """What is run of a learner's writing on the playbook's own example, beside the vetted prompt."""

    prompt: str
    values: Mapping[str, str]


def trial_of(book: Playbook, clause: Clause | None, answer: str) -> Trial:
    """The vetted prompt with the learner's clause in place of its own; a whole prompt as it stands."""
    if clause is None:
        return Trial(answer, book.example_values)
    texts = [answer if one.key == clause.key else one.prompt for one in book.clauses]
    return Trial("\n\n".join(texts), book.example_values)
