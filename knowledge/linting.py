"""What the lint rules stand on: the ground that ids are resolved against, and the document with its line numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from foundation.documents import Problem
from knowledge.facts import Fact, SkillEntry
from knowledge.playbook import Playbook


@dataclass(frozen=True)
class Ground:
    """What a playbook's ids are resolved against, and the day on which review dates are judged."""

    facts: Mapping[str, Fact]
    skills: Mapping[str, SkillEntry]
    playbooks: frozenset[str]
    today: date


@dataclass(frozen=True)
class Lint:
    """One document under lint: problems are made with the line where the named words stand."""

    playbook: Playbook
    text: str
    name: str
    ground: Ground

    def at(self, needle: str) -> int:
        found = self.text.find(needle) if needle else -1
        return self.text.count("\n", 0, found) + 1 if found >= 0 else 1

    def error(self, needle: str, field: str, what: str, mend: str) -> Problem:
        return Problem(self.name, self.at(needle), field, what, mend)

    def warning(self, needle: str, field: str, what: str, mend: str) -> Problem:
        return Problem(self.name, self.at(needle), field, what, mend, level="warning")
