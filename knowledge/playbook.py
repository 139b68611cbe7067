"""A playbook (指令): a vetted prompt with blanks, and for each of its clauses the reason why it stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from foundation.documents import Names

SLOT_MARK = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
ITEM_KINDS = ("which-segment", "what-breaks", "cloze", "order", "spot-the-flaw", "pick-better", "transfer")
SLOT_KINDS = ("enum", "string", "int", "number", "date", "list", "table")


@dataclass(frozen=True)
class Source:
    """A fact the playbook leans on, and what for."""

    fact: str
    use: str


@dataclass(frozen=True)
class Slot:
    """A blank (变量) of the prompt: what is asked, why, and what an answer must satisfy."""

    key: str
    label: Names
    kind: str
    required: bool
    example: str = ""
    default: str | None = None
    validate: str = ""
    ask: Names = Names("")
    check: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Clause:
    """One clause (段) of the prompt: its words, why it is there, and what goes wrong without it."""

    key: str
    name: str
    skill: str
    prompt: str
    why: str
    without: str
    bad: str


@dataclass(frozen=True)
class Option:
    text: str
    explain: str = ""
    misconception: str = ""


@dataclass(frozen=True)
class QuizItem:
    """An authored question; `answer` is the right option, the order, the blanks, or empty where `keys` judge free text."""

    id: str
    kind: str
    skill: str
    stem: str
    segment: str = ""
    options: tuple[Option, ...] = ()
    answer: tuple[str, ...] = ()
    accept: tuple[tuple[str, ...], ...] = ()
    keys: tuple[str, ...] = ()
    explain: str = ""
    difficulty: int = 0
    hints: tuple[str, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether one of its options is the answer: an order may have options too, and is answered otherwise."""
        return len(self.answer) == 1 and self.answer[0] in {option.text for option in self.options}


@dataclass(frozen=True)
class Criterion:
    id: str
    name: str
    skill: str
    points: int
    full: str
    half: str
    zero: str
    signals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HardFail:
    id: str
    rule: str
    pattern: str
    unless: str = ""


@dataclass(frozen=True)
class Rubric:
    total: int
    passing: int
    excellent: int
    criteria: tuple[Criterion, ...]
    hard_fail: tuple[HardFail, ...] = ()
    applies_to: str = ""
    judge_notes: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the document kept as its author wrote it: heading and Markdown body."""

    heading: str
    body: str


@dataclass(frozen=True)
class Playbook:
    id: str
    version: str
    title: Names
    stage: str
    status: str
    difficulty: int
    skills: tuple[str, ...]
    slots: tuple[Slot, ...]
    clauses: tuple[Clause, ...]
    primer: Section
    clauses_heading: str
    usage: str
    example: Section
    contrast: Section
    rubric_section: Section
    rubric: Rubric
    quiz_section: Section
    quiz: tuple[QuizItem, ...]
    further: Section
    platforms: tuple[str, ...] = ()
    language: Mapping[str, str] = field(default_factory=dict)
    prerequisites: tuple[str, ...] = ()
    owner: str = ""
    updated: date | None = None
    review_by: date | None = None
    review_trigger: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    model_hints: Mapping[str, Any] = field(default_factory=dict)
    sample_questions: tuple[str, ...] = ()
    need: Names = Names("")
    pitfall: str = ""
    not_for: str = ""
    rulers: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """The whole prompt with its blanks open: all clauses in order."""
        return "\n\n".join(clause.prompt for clause in self.clauses)

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(source.fact for source in self.sources)

    @property
    def primer_points(self) -> tuple[str, ...]:
        """The numbered things to know before anything else."""
        parts = re.split(r"(?m)^\d+\.\s+", self.primer.body)
        return tuple(part.strip() for part in parts[1:])

    @property
    def example_values(self) -> dict[str, str]:
        """The filled example's values by slot key, read from its table; empty where the author wrote prose."""
        return _table_values(self.example.body)

    @property
    def expected(self) -> str:
        """What the filled example should give."""
        return block(self.example.body, "good")

    @property
    def vague(self) -> str:
        """The offhand ask that the full prompt is held against."""
        return block(self.contrast.body, "prompt-vague")

    def slot(self, key: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.key == key), None)

    def clause(self, key: str) -> Clause | None:
        return next((clause for clause in self.clauses if clause.key == key), None)

    def item(self, item_id: str) -> QuizItem | None:
        return next((item for item in self.quiz if item.id == item_id), None)


def block(markdown: str, kind: str) -> str:
    """The text of the first fenced block of this kind, or an empty string."""
    found = re.search(rf"(?ms)^```{re.escape(kind)}[ \t]*\n(.*?)^```[ \t]*$", markdown)
    return found.group(1).rstrip("\n") if found else ""


def slots_in(text: str) -> tuple[str, ...]:
    """The keys of the blanks named in a text, each once, in order of first use."""
    return tuple(dict.fromkeys(SLOT_MARK.findall(text)))


def assemble(
    playbook: Playbook, values: Mapping[str, str], empty: str = "（无）", skip: frozenset[str] = frozenset()
) -> str:
    """The whole prompt with every blank resolved; `skip` leaves clauses out (for teaching), `empty` stands for no value."""

    def resolve(found: re.Match[str]) -> str:
        return values.get(found.group(1), "").strip() or empty

    return "\n\n".join(SLOT_MARK.sub(resolve, c.prompt) for c in playbook.clauses if c.key not in skip)


def _table_values(markdown: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in markdown.split("```", 1)[0].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|", 1)] if line.startswith("|") else []
        if len(cells) != 2 or cells[0] in ("变量", "") or set(cells[0]) <= {"-", ":", " "}:
            continue
        keys = [key.strip(" `") for key in cells[0].split(" / ")]
        split = cells[1].split(" / ")
        values.update(zip(keys, split if len(keys) == len(split) else [cells[1]], strict=False))
    return values
