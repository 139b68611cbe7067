"""The coach's own words, by key and language; authors may write **bold** in them, people's words are never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_PLACE = re.compile(r"\{([a-z_]+)\}")


class Phrasebook:
    """Phrases of all languages. An unknown language falls back to the default one; an unknown key is a KeyError."""

    def __init__(self, phrases: Mapping[str, Mapping[str, str]], default: str = "zh-CN") -> None:
        self.phrases, self.default = phrases, default

    @classmethod
    def read(cls, folder: Path, default: str = "zh-CN") -> Phrasebook:
        """All files of a folder: `zh-CN.yaml`, or `ROOM.zh-CN.yaml` for the words of one room."""
        files: dict[str, list[Path]] = {}
        for path in sorted(folder.glob("*.yaml")):
            files.setdefault(path.stem.rsplit(".", 1)[-1], []).append(path)
        return cls(_Languages(files), default)

    def template(self, key: str, language: str) -> str:
        return (self.phrases.get(language) or self.phrases[self.default])[key]

    def say(self, key: str, language: str, **values: object) -> str:
        """The phrase with its places filled, as plain text."""
        return _PLACE.sub(lambda place: str(values[place[1]]), self.template(key, language).replace("**", ""))


class _Languages(Mapping[str, Mapping[str, str]]):
    """Phrases by language, each language read when it is first spoken."""

    def __init__(self, files: Mapping[str, list[Path]]) -> None:
        self._files = files
        self._read: dict[str, dict[str, str]] = {}

    def __getitem__(self, language: str) -> dict[str, str]:
        if language not in self._read:
            self._read[language] = {key: said for path in self._files[language] for key, said in _of_file(path).items()}
        return self._read[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


@cache
def _of_file(path: Path) -> dict[str, str]:
    """A file's phrases, read once for all houses of a process."""
    return _flat(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader))


def places(template: str) -> set[str]:
    """The names of the places a phrase leaves open."""
    return set(_PLACE.findall(template))


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value).rstrip("\n")
    return flat
