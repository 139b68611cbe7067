"""YAML from people: no aliases, no deep nesting, no doubled keys, and a line number for every field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

MAX_DEPTH = 12
MAX_EVENTS = 100_000


class YamlProblem(Exception):
    """A YAML text that is not taken; `line` counts from 1 within the text."""

    def __init__(self, line: int, what: str, mend: str) -> None:
        super().__init__(what)
        self.line, self.what, self.mend = line, what, mend


@dataclass(frozen=True)
class Loaded:
    """Plain values, and where each stands: `lines` maps a path such as ("slots", 2, "type") to its line (from 1)."""

    data: Any
    lines: dict[tuple[str | int, ...], int]

    def line(self, *path: str | int) -> int:
        """The line of the nearest enclosing field that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(text: str) -> Loaded:
    """Read one YAML document of plain values. Raises YamlProblem.

    Aliases are refused before anything is built: 324 bytes of them unfold to gigabytes (the "billion laughs").
    """
    try:
        _refuse_bombs(text)
        loader = yaml.CSafeLoader(text)
        try:
            node = loader.get_single_node()
            lines: dict[tuple[str | int, ...], int] = {}
            _note_lines(node, (), lines)
            data = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise YamlProblem(
            line, f"not valid YAML: {error.problem}", "quote texts that hold ': ' or '#', check indentation"
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise YamlProblem(
            1, f"not valid YAML: {str(error)[:80]}", "remove control characters, check dates and numbers"
        ) from error
    return Loaded(data, lines)


def _refuse_bombs(text: str) -> None:
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlProblem(line, "aliases (& and *) are not allowed", "write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise YamlProblem(line, f"nested deeper than {MAX_DEPTH} levels", "flatten the structure")
        if count > MAX_EVENTS:
            raise YamlProblem(line, "too many values", "split the document")


def _note_lines(node: yaml.Node | None, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> None:
    if node is None:
        return
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(getattr(key, "value", ""))
            if name in seen:
                raise YamlProblem(key.start_mark.line + 1, f"the key {name!r} stands twice", "keep one of them")
            seen.add(name)
            _note_lines(value, (*path, name), lines)
            lines[(*path, name)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, index), lines)
