"""Documents that people write: Markdown with a YAML head, read field by field, every fault with its line and its mend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from foundation import safe_yaml

MAX_BYTES = 512 * 1024


@dataclass(frozen=True)
class Names:
    """A name in Chinese and in English."""

    zh: str
    en: str = ""

    def in_language(self, language: str) -> str:
        return self.en if language.startswith("en") and self.en else self.zh


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document: where, in which field, and how to mend it."""

    file: str
    line: int
    field: str
    what: str
    mend: str
    level: str = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.what} — {self.mend}"


class DocumentError(Exception):
    """A document that cannot be read; `problems` says each fault with its line and mend."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def text_of(path: Path) -> str:
    """The text of a document's file. Raises DocumentError for a file too large, not UTF-8, or not to be opened."""
    name = path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentError([Problem(name, 1, "file", f"larger than {MAX_BYTES // 1024} KB", "split it")])
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError([Problem(name, 1, "file", "not UTF-8 text", "save it as UTF-8")]) from error
    except OSError as error:
        raise DocumentError(
            [Problem(name, 1, "file", f"cannot be opened: {error.strerror}", "check the path")]
        ) from error


@dataclass(frozen=True)
class Part:
    """A level-2 section: its heading, its body without blank ends, and the line it begins on."""

    heading: str
    body: str
    line: int


class Reader:
    """Reads one document, gathering problems on the way so that an author sees all of them at once."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text.replace("\r\n", "\n"), name
        self.problems: list[Problem] = []

    def fault(self, line: int, field: str, what: str, mend: str) -> None:
        self.problems.append(Problem(self.name, line, field, what, mend))

    def stop(self) -> DocumentError:
        return DocumentError(self.problems)

    def opened(self) -> tuple[Fields, list[Part]]:
        """The head's fields, and the sections of the body. Raises DocumentError where there is no head to read."""
        if len(self.text.encode("utf-8", "replace")) > MAX_BYTES:
            self.fault(1, "file", f"larger than {MAX_BYTES // 1024} KB", "split it")
            raise self.stop()
        head, body, body_line = self._split_head()
        loaded = self.yaml(head, 2, "head")
        if not isinstance(loaded.data, dict):
            self.fault(
                1, "head", "is not a mapping", "write `id: …`, `title: …` and the other fields between the --- lines"
            )
            raise self.stop()
        return Fields(self, loaded, loaded.data, 1), self._parts(body, body_line)

    def _split_head(self) -> tuple[str, str, int]:
        match = re.match(r"---[ \t]*\n(.*?\n)---[ \t]*\n", self.text, re.S)
        if not match:
            self.fault(1, "head", "no YAML head", "begin the file with a line ---, the fields, and a line ---")
            raise self.stop()
        return match.group(1), self.text[match.end() :], self.text.count("\n", 0, match.end()) + 1

    def yaml(self, text: str, first_line: int, field: str) -> safe_yaml.Loaded:
        try:
            return safe_yaml.load(text)
        except safe_yaml.YamlProblem as problem:
            self.fault(first_line + problem.line - 1, field, problem.what, problem.mend)
            raise self.stop() from problem

    def _parts(self, body: str, first_line: int) -> list[Part]:
        """The level-2 sections of the body; headings inside code fences do not count."""
        parts: list[Part] = []
        lines: list[str] = []
        heading, at, fenced = "", first_line, False
        for offset, line in enumerate(body.split("\n")):
            if line.startswith("```"):
                fenced = not fenced
            if line.startswith("## ") and not fenced:
                parts.append(Part(heading, trimmed("\n".join(lines)), at))
                heading, at, lines = line[3:].strip(), first_line + offset, []
            else:
                lines.append(line)
        parts.append(Part(heading, trimmed("\n".join(lines)), at))
        if fenced:
            self.fault(at, heading or "body", "a ``` block is not closed", "close it with a line ```")
        return parts


class Fields:
    """A mapping read field by field, each with its type; what is wrong is noted with its line."""

    def __init__(
        self, reader: Reader, loaded: safe_yaml.Loaded, data: Mapping[str, Any], first_line: int, *path: str | int
    ):
        self.reader, self.loaded, self.data, self.first, self.path = reader, loaded, data, first_line, path

    def line(self, *path: str | int) -> int:
        return self.first + self.loaded.line(*self.path, *path)

    def name(self, key: str | int) -> str:
        return ".".join(str(part) for part in (*self.path, key))

    def fault(self, key: str, what: str, mend: str) -> None:
        self.reader.fault(self.line(key), self.name(key), what, mend)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key)
        if value is None:
            if default is None:
                self.fault(key, "is missing", f"add `{key}: …`")
            return default or ""
        if isinstance(value, (dict, list)):
            self.fault(key, "must be a text", "write one value, in quotes if it holds ': '")
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value).rstrip("\n") if isinstance(value, str) else str(value)

    def number(self, key: str, default: int | None = None) -> int:
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(key, f"must be a whole number, not {value!r}", f"write `{key}: 1`")
            return default or 0
        return value

    def flag(self, key: str) -> bool:
        value = self.data.get(key)
        if not isinstance(value, bool):
            self.fault(key, f"must be true or false, not {value!r}", f"write `{key}: true`")
        return bool(value)

    def day(self, key: str) -> date | None:
        value = self.data.get(key)
        if value is None or (isinstance(value, date) and type(value) is date):
            return value
        self.fault(key, f"must be a date, not {value!r}", "write it as 2026-11-22")
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key) or []
        if not isinstance(value, list):
            self.fault(key, "must be a list", "write `[a, b]` or one `- ` line each")
            return ()
        if any(isinstance(one, (dict, list)) or one is None for one in value):
            self.fault(key, "every entry must be one text", "put entries that hold ': ' in quotes")
            return ()
        return tuple(str(one) for one in value)

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.data.get(key) or {}
        if not isinstance(value, dict):
            self.fault(key, "must be a mapping", "write `key: value` pairs")
            return {}
        return value

    def names(self, key: str, default: str | None = None) -> Names:
        """A name in Chinese and English: `{zh: …, en: …}`, or one text that serves as both."""
        value = self.data.get(key)
        if isinstance(value, dict):
            return Names(str(value.get("zh") or ""), str(value.get("en") or ""))
        return Names(self.text(key, default))

    def each(self, key: str) -> list[Fields]:
        value = self.data.get(key) or []
        if not isinstance(value, list):
            self.fault(key, "must be a list", "write one `- ` line each")
            return []
        found = []
        for index, one in enumerate(value):
            if isinstance(one, dict):
                found.append(Fields(self.reader, self.loaded, one, self.first, *self.path, key, index))
            else:
                self.reader.fault(
                    self.line(key, index), self.name(key), "each entry must be a mapping", "write {key: value, …}"
                )
        return found

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        value = self.text(key)
        if value and value not in allowed:
            self.fault(key, f"unknown value {value!r}", f"use one of: {', '.join(allowed)}")
        return value


def trimmed(body: str) -> str:
    """The body without blank ends and without the rule (---) that separates it from the next section."""
    lines = body.strip().split("\n")
    while lines and lines[-1].strip() in ("", "---"):
        lines.pop()
    return "\n".join(lines).strip()
