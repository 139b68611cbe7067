"""The coach's own words, by key and language; authors may write **bold** in them, people's words are never markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        loaded: dict[str, dict[str, str]] = {}
        for path in sorted(folder.glob("*.yaml")):
            language = path.stem.rsplit(".", 1)[-1]
            loaded.setdefault(language, {}).update(_flat(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)))
        return cls(loaded, default)

    def template(self, key: str, language: str) -> str:
        return (self.phrases.get(language) or self.phrases[self.default])[key]

    def say(self, key: str, language: str, **values: object) -> str:
        """The phrase with its places filled, as plain text."""
        return _PLACE.sub(lambda place: str(values[place[1]]), self.template(key, language).replace("**", ""))


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
