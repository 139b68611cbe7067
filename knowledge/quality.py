"""The floors of quality: what a playbook must have before it may be shown for review, and what a whole library must keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from foundation.documents import Problem
from knowledge.linting import Lint
from knowledge.playbook import ITEM_KINDS, Playbook, QuizItem

UNWRITTEN = "【待写"  # begins every place that a skeleton leaves to its author: 【待写：…】
REVIEWED = ("in review", "vetted", "gold")
LEAST_CLAUSES, MOST_CLAUSES, LEAST_QUESTIONS, LEAST_ITEMS, OPTIONS = 9, 15, 25, 10, 3
MAX_OVERLAP = 0.25  # of the shorter prompt's character 8-grams: beyond this two playbooks say the same
GRAM = 8


def unwritten(lint: Lint) -> Iterator[Problem]:
    """Places of a skeleton that still wait for their words."""
    for number, line in enumerate(lint.text.split("\n"), start=1):
        if UNWRITTEN in line:
            asked = line.partition(UNWRITTEN)[2].partition("】")[0].lstrip("：:")
            yield Problem(
                lint.name, number, "unwritten", f"still to be written: {asked[:60]}", "write it, and remove 【待写：…】"
            )


def floors(lint: Lint) -> Iterator[Problem]:
    """What every playbook in review has: enough clauses, questions and items, and options that teach."""
    p = lint.playbook
    if p.status not in REVIEWED:
        return
    if not LEAST_CLAUSES <= len(p.clauses) <= MOST_CLAUSES:
        what = f"{len(p.clauses)} clauses"
        yield lint.error(
            p.clauses_heading, "clauses", what, f"a playbook in review has {LEAST_CLAUSES} to {MOST_CLAUSES}"
        )
    if len(set(p.sample_questions)) < LEAST_QUESTIONS:
        what = f"{len(set(p.sample_questions))} different sample questions"
        yield lint.error(
            "sample_questions:", "sample_questions", what, f"write {LEAST_QUESTIONS}, in operators' own words"
        )
    if len(p.quiz) < LEAST_ITEMS:
        yield lint.error("yaml quiz", "quiz", f"{len(p.quiz)} items", f"write {LEAST_ITEMS}")
    for kind in ITEM_KINDS:
        if kind not in {item.kind for item in p.quiz}:
            yield lint.error("yaml quiz", "quiz", f"no item of type {kind}", "a playbook in review has all seven types")
    for item in p.quiz:
        if item.options and item.kind != "order":
            yield from _options(lint, item)


def _options(lint: Lint, item: QuizItem) -> Iterator[Problem]:
    where, field = f"id: {item.id}", f"quiz {item.id}"
    if len(item.options) != OPTIONS:
        yield lint.error(where, field, f"{len(item.options)} options", f"give {OPTIONS}")
    for option in item.options:
        if not option.explain:
            yield lint.error(where, field, f"option {option.text[:20]!r} has no explanation", "add `explain: …`")
        if option.text not in item.answer and not option.misconception:
            yield lint.error(
                where, field, f"wrong option {option.text[:20]!r} names no misconception", "add `misconception: …`"
            )


def example_rulings(lint: Lint) -> Iterator[Problem]:
    """The expected output, under the rulers that the playbook itself names."""
    from knowledge.rulers.outputs import rulings_of_output

    p = lint.playbook
    for ruling in rulings_of_output(p, p.example_values, p.expected):
        for finding in ruling.errors:
            what = f"{ruling.ruler}: {finding.message.en or finding.message.zh}"
            yield lint.warning(finding.text[:24], "section 2", what, "mend the example, or say why it may stand")
        for measure in ruling.measures:
            if not measure.ok and not ruling.errors:
                what = f"{ruling.ruler}: {measure.label.en} {measure.value}, limit {measure.limit}"
                yield lint.warning("```good", "section 2", what, "mend the example")


def overlap(one: str, other: str, size: int = GRAM) -> float:
    """The share of the shorter text's character n-grams that stand in the other too; blanks and spaces do not count."""
    return _shared(_grams(one, size), _grams(other, size))


def _shared(one: set[str], other: set[str]) -> float:
    smallest = min(len(one), len(other))
    return len(one & other) / smallest if smallest else 0.0


def _grams(text: str, size: int) -> set[str]:
    bare = re.sub(r"\{\{[^{}]{0,64}\}\}|\s", "", text)
    return {bare[i : i + size] for i in range(len(bare) - size + 1)}


def overlaps(books: Sequence[tuple[Path, Playbook]]) -> list[Problem]:
    """Pairs of prompts that say too much of the same."""
    grams = [_grams(book.prompt, GRAM) for _, book in books]
    found: list[Problem] = []
    for index, (path, _) in enumerate(books):
        for other in range(index):
            share = _shared(grams[index], grams[other])
            if share > MAX_OVERLAP:
                what = f"shares {share:.0%} of its 8-character pieces with {books[other][0].name}"
                found.append(
                    Problem(path.name, 1, "prompt", what, f"word it for its own task (at most {MAX_OVERLAP:.0%})")
                )
    return found
