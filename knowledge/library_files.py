"""The starter library on disk: the written playbooks, and the catalogue entries of those not yet written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from foundation import safe_yaml
from knowledge.facts import LIBRARY


@dataclass(frozen=True)
class Input:
    key: str
    label: str
    required: bool
    example: str
    validate: str


@dataclass(frozen=True)
class CatalogueEntry:
    """A need of the trade: what it is, what it takes, where beginners stumble, and where to go instead."""

    id: str
    title_zh: str
    title_en: str
    stage: str
    need: str
    platforms: tuple[str, ...]
    difficulty: int
    prerequisites: tuple[str, ...]
    skills: tuple[str, ...]
    inputs: tuple[Input, ...]
    output: str
    facts: tuple[str, ...]
    pitfall: str
    not_for: str
    questions: tuple[str, ...]


def catalogue_entries(folder: Path = LIBRARY) -> tuple[CatalogueEntry, ...]:
    """All entries of the catalogue, in its order; none where the folder has no catalogue."""
    path = folder / "catalogue.yaml"
    return _entries(path) if path.exists() else ()


def written_files(folder: Path = LIBRARY) -> Sequence[Path]:
    return sorted(folder.glob("*.md"))


@cache
def _entries(path: Path) -> tuple[CatalogueEntry, ...]:
    data = safe_yaml.load(path.read_text("utf-8")).data
    return tuple(entry_from(one) for one in data["entries"])


def entry_from(one: dict[str, Any]) -> CatalogueEntry:
    """An entry from its plain values, as the catalogue and the shelf store it."""
    lists: dict[str, Any] = {
        name: tuple(one.get(name) or ()) for name in ("platforms", "prerequisites", "skills", "facts", "questions")
    }
    inputs = tuple(
        Input(i["key"], i["label"], bool(i["required"]), str(i["example"]), str(i["validate"])) for i in one["inputs"]
    )
    texts = {
        name: one[name]
        for name in ("id", "title_zh", "title_en", "stage", "need", "difficulty", "output", "pitfall", "not_for")
    }
    return CatalogueEntry(**texts, **lists, inputs=inputs)


def entry_data(entry: CatalogueEntry) -> dict[str, Any]:
    """The entry as plain values; `entry_from` gives it back equal."""
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(entry).items()}
    return plain | {"inputs": [vars(one) for one in entry.inputs]}
