"""Reading a model's JSON however it is wrapped; what is not clearly one object of plain values is not read at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_TEXT = 60_000
_FENCE = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)```", re.S)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


class NoJson(ValueError):
    """There is no such object in the text, or it says two things at once."""


def read_object(text: str) -> dict[str, Any]:
    """The one JSON object in a text: bare, fenced, or between words. Raises NoJson."""
    text = text[:MAX_TEXT].replace("\ufeff", "").strip()
    for candidate in _candidates(text):
        for form in (candidate, _TRAILING_COMMA.sub(r"\1", candidate)):
            try:
                found = json.loads(form, object_pairs_hook=_once, parse_constant=_no_constant)
            except NoJson:
                raise
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return found
    raise NoJson("no object")


def _candidates(text: str) -> Iterator[str]:
    yield text
    for found in _FENCE.finditer(text):
        yield found[1].strip()
    begin = text.find("{")
    if begin >= 0 and (end := _end_of(text, begin)) is not None:
        yield text[begin:end]


def _end_of(text: str, begin: int) -> int | None:
    """Where the object that begins here ends; braces in strings do not count."""
    depth, in_string, escaped = 0, False, False
    for place in range(begin, len(text)):
        character = text[place]
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "{}":
            depth += 1 if character == "{" else -1
            if depth == 0:
                return place + 1
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NoJson("a key twice")
    return found


def _no_constant(name: str) -> Any:
    raise NoJson(name)
