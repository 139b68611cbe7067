"""What finding knows beside the shelf: the glossary, what is not covered, and what tells siblings apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from foundation.safe_yaml import load
from knowledge.search.glossary import EMPTY, Glossary, glossary_from


@dataclass(frozen=True)
class Wording:
    """The same words in Chinese and in English."""

    zh: str = ""
    en: str = ""

    def like(self, text: str) -> str:
        """In the language of this text: Chinese as soon as it holds one Chinese character."""
        return self.zh if not self.en or any("\u4e00" <= c <= "\u9fff" for c in text) else self.en


@dataclass(frozen=True)
class Topic:
    """A topic that no playbook answers, with the polite way out; `reason` and `instead` are set for what is refused."""

    id: str
    kind: str
    way_out: Wording
    questions: tuple[str, ...]
    reason: Wording = Wording()
    instead: str | None = None
    whenever: frozenset[str] = frozenset()  # glossary concepts that decide alone, whatever else is said


@dataclass(frozen=True)
class Family:
    """Playbooks that a bare word (标题) does not tell apart, in the order to offer them."""

    asks: tuple[str, ...]
    among: tuple[str, ...]


@dataclass(frozen=True)
class SearchData:
    """Everything the finder is given with its documents."""

    glossary: Glossary = EMPTY
    topics: tuple[Topic, ...] = ()
    families: tuple[Family, ...] = ()
    tells: Mapping[str, Wording] | None = None
    wordings: Mapping[str, tuple[str, ...]] | None = None
    joins: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()

    @classmethod
    def of_library(cls) -> SearchData:
        """The data that comes with the product."""
        return cls.read(files("knowledge").joinpath("library"))

    @classmethod
    def read(cls, folder: Traversable) -> SearchData:
        """From the four YAML files of a folder."""
        confusable = _yaml(folder, "confusable.yaml")
        wordings = _yaml(folder, "wordings.yaml")["wordings"]
        return cls(
            glossary=glossary_from(_yaml(folder, "glossary.yaml")),
            topics=tuple(map(_topic, _yaml(folder, "not_covered.yaml")["topics"])),
            families=tuple(Family(_texts(f["asks"]), _texts(f["among"])) for f in confusable["families"]),
            tells={str(id_): _wording(words) for id_, words in confusable["tells"].items()},
            wordings={str(id_): _texts(found) for id_, found in wordings.items()},
            joins=_texts(confusable["joins"]),
            pairs=_texts(confusable["pairs"]),
            fillers=_texts(confusable["fillers"]),
        )


def _yaml(folder: Traversable, name: str) -> Any:
    return load(folder.joinpath(name).read_text(encoding="utf-8")).data


def _topic(row: Mapping[str, Any]) -> Topic:
    return Topic(
        id=str(row["id"]),
        kind=str(row["kind"]),
        way_out=_wording(row["way_out"]),
        questions=_texts(row["questions"]),
        reason=_wording(row.get("reason")),
        instead=row.get("instead"),
        whenever=frozenset(_texts(row.get("whenever", ()))),
    )


def _wording(words: Mapping[str, str] | None) -> Wording:
    return Wording(words["zh"], words.get("en", "")) if words else Wording()


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
