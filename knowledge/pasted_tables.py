"""A pasted table as answers: Markdown, a spreadsheet's copy (tabs), CSV, or columns set apart by spaces.

Either the first row names the blanks, or the first column does. Nothing is guessed: a cell that names no blank is
left alone, and of several different products the first one is taken and the others are counted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.blank_names import named_by, names_of
from knowledge.playbook import Slot

FEWEST_NAMES = 2
HEAD_WITHIN = 4  # rows: a title may stand above the head
_RULE = re.compile(r"\s*\|?[\s|:+=-]*-{2,}[\s|:+=-]*\|?\s*")
_BAR = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.I)
_LISTS = ("list", "table")

Grid = list[list[str]]


@dataclass(frozen=True)
class Tabled:
    """What a table says of the blanks; `others` is how many further rows speak of something else."""

    values: Mapping[str, str]
    others: int = 0


def tabled(slots: Sequence[Slot], text: str) -> Tabled | None:
    """The answers of a table in the text; None where there is no table, or it names fewer than two blanks."""
    names = names_of(slots)
    lists = {slot.key for slot in slots if slot.kind in _LISTS}
    best: Tabled | None = None
    for grid in _grids(text):
        for found in (_by_head(grid, names, lists), _by_column(grid, names, lists)):
            if found is not None and (best is None or len(found.values) > len(best.values)):
                best = found
    return best


def _grids(text: str) -> Iterator[Grid]:
    """The text as rows of cells, in each way that it may be a table."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    barred = [line for line in lines if len(_BAR.findall(line)) >= 1 and not _RULE.fullmatch(line)]
    if barred:
        yield [_markdown_row(line) for line in barred]
    if any("\t" in line for line in lines):
        yield _separated(lines, "\t")
    for mark in (",", ";", "，", "；"):
        if sum(mark in line for line in lines) >= FEWEST_NAMES:
            yield _separated(lines, mark)
    if sum(bool(re.search(r"\S(?: {2,}|　+)\S", line)) for line in lines) >= FEWEST_NAMES:
        yield [re.split(r" {2,}|　+", line.strip()) for line in lines if line.strip()]


def _markdown_row(line: str) -> list[str]:
    inner = line.strip()
    inner = inner.removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [_BREAK.sub("\n", cell.replace("\\|", "|")).strip() for cell in _BAR.split(inner)]


def _separated(lines: Sequence[str], mark: str) -> Grid:
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=mark))
    except csv.Error:
        rows = [line.split(mark) for line in lines]
    return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]


def _by_head(grid: Grid, names: Mapping[str, str], lists: set[str]) -> Tabled | None:
    """A row of names, and rows of values under it."""
    for place, head in enumerate(grid[:HEAD_WITHIN]):
        keys = [named_by(cell, names) for cell in head]
        known = [key for key in keys if key]
        if len(known) < FEWEST_NAMES or len(set(known)) < len(known):
            continue
        rows = [{key: cell for key, cell in zip(keys, row, strict=False) if key and cell} for row in grid[place + 1 :]]
        rows = [row for row in rows if row]
        if rows:
            return _together(rows, lists)
    return None


def _together(rows: list[dict[str, str]], lists: set[str]) -> Tabled | None:
    """The first row, and what goes on under it: rows that only lengthen its lists."""
    first = dict(rows[0])
    others = 0
    for row in rows[1:]:
        goes_on = not others and all(key in lists or first.get(key) == value for key, value in row.items())
        if not goes_on:
            others += 1
            continue
        for key, value in row.items():
            if key in lists and value not in first.get(key, "").split("\n"):
                first[key] = f"{first[key]}\n{value}" if first.get(key) else value
    return Tabled(first, others)


def _by_column(grid: Grid, names: Mapping[str, str], lists: set[str]) -> Tabled | None:
    """A column of names with the values beside them."""
    values: dict[str, str] = {}
    last: str | None = None
    for row in grid:
        key = named_by(row[0], names) if row else None
        value = next((cell for cell in row[1:] if cell), "")
        if key and value:
            if key not in values:
                values[key], last = value, key
        elif last in lists and row and not row[0] and value:
            values[str(last)] += f"\n{value}"  # a list goes on under an empty name
        else:
            last = None
    return Tabled(values) if len(values) >= FEWEST_NAMES else None
