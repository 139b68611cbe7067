"""Facts with sources, and the skill map: what playbooks may state as rules, and what their clauses train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from foundation import safe_yaml

LIBRARY = Path(__file__).parent / "library"
_DAYS = {"M": 31, "Q": 92, "Y": 366, "E": 92}


@dataclass(frozen=True)
class Fact:
    """A platform rule, law or formula. `grade`: A official, B several sources, C one, V unverified, M mathematics."""

    id: str
    statement: str
    source: str
    addresses: tuple[str, ...]
    found: date
    confidence: str
    grade: str
    cycle: str

    def expires(self) -> date | None:
        """The day from which it must be checked again: found + one review cycle (monthly, quarterly, yearly)."""
        days = _DAYS.get(self.cycle)
        return self.found + timedelta(days=days) if days else None

    def is_expired(self, today: date) -> bool:
        due = self.expires()
        return due is not None and due < today


@dataclass(frozen=True)
class SkillEntry:
    id: str
    zh: str
    en: str
    layer: str
    definition: str
    beginner: str
    expert: str
    learned: str
    confusable: tuple[str, ...]

    def name(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


def read_facts(path: Path = LIBRARY / "facts.yaml") -> Mapping[str, Fact]:
    """All facts by id. Raises YamlProblem, KeyError or ValueError for a file that is not in order."""
    data = safe_yaml.load(path.read_text("utf-8")).data
    return {entry["id"]: _fact(entry) for entry in data["facts"]}


def _fact(entry: dict[str, Any]) -> Fact:
    return Fact(
        id=entry["id"],
        statement=entry["statement"],
        source=entry["source"],
        addresses=tuple(entry["addresses"]),
        found=date.fromisoformat(str(entry["found"])),
        confidence=entry["confidence"],
        grade=entry["grade"],
        cycle=entry["cycle"],
    )


def read_skills(path: Path = LIBRARY / "skills.yaml") -> Mapping[str, SkillEntry]:
    """All skills by id, in the order of the map."""
    data = safe_yaml.load(path.read_text("utf-8")).data
    wanted = SkillEntry.__dataclass_fields__
    skills = ({key: value for key, value in entry.items() if key in wanted} for entry in data["skills"])
    return {s["id"]: SkillEntry(**(s | {"confusable": tuple(s.get("confusable") or ())})) for s in skills}
