"""Files of answers with marks, as people and public data sets write them: columns by any usual name, marks on any scale."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.grader import Wanted

# What a column is for, and the names it goes by (blanks, - and _ alike, case does not count).
NAMES: dict[str, tuple[str, ...]] = {
    "answer": ("answer", "student_answer", "response", "provided_answer", "student_response", "text", "作答", "答案"),
    "mark": ("mark", "score", "label", "grade", "score_avg", "gold", "gold_label", "rating", "accuracy", "verification_feedback", "分数", "得分"),
    "second": ("second", "mark2", "score2", "second_mark", "second_score", "rater2", "rater_2", "other_score", "score_other"),
    "max": ("max", "max_score", "max_mark", "max_points", "points", "full_score", "满分"),
    "question": ("question", "prompt", "question_text", "stem", "题目", "问题"),
    "reference": ("reference", "reference_answer", "ref", "ref_answer", "rubric", "model_answer", "desired_answer", "参考答案"),
    "criteria": ("criteria", "points_wanted", "keys", "要点"),
    "item": ("item", "item_id"),
    "suggested": ("suggested", "predicted", "prediction"),
}  # fmt: skip
LABELS = {
    "correct": 1.0, "right": 1.0, "true": 1.0, "yes": 1.0, "对": 1.0, "正确": 1.0,
    "partially_correct_incomplete": 0.5, "partially_correct": 0.5, "partial": 0.5, "incomplete": 0.5, "部分正确": 0.5,
    "incorrect": 0.0, "wrong": 0.0, "false": 0.0, "no": 0.0, "contradictory": 0.0, "irrelevant": 0.0, "non_domain": 0.0, "错": 0.0, "错误": 0.0,
}  # fmt: skip
# Marked as if it were an answer, and none: left in, it makes any grader look good.
NO_ANSWER = re.compile(r"\W*(no submission|no answer|no response|blank|n/?a|nan|none|null|未作答|无|空)?\W*", re.I)
MOST_POINTS = 5
USUAL_SCALES = (1.0, 5.0, 10.0, 100.0)
Item = tuple[str, tuple[Wanted, ...]]


class BadFile(ValueError):
    """What is wrong with the file, in one line."""


@dataclass(frozen=True)
class Row:
    """One answer; marks are shares of 0 to 1. `wanted` is empty where a mark was made before (`suggested`)."""

    number: int
    question: str
    wanted: tuple[Wanted, ...]
    answer: str
    mark: float
    second: float | None = None
    suggested: float | None = None
    scale: float = 100.0

    @property
    def is_empty(self) -> bool:
        return NO_ANSWER.fullmatch(self.answer) is not None


@dataclass(frozen=True)
class _Table:
    columns: Mapping[str, str]  # what for -> the name in the file
    rows: Sequence[tuple[int, dict[str, str]]]

    def text(self, row: Mapping[str, str], what: str) -> str:
        return row.get(self.columns.get(what, ""), "").strip()


def read_rows(path: Path) -> list[Row]:
    """The rows of a file. Raises BadFile, naming the line and the column."""
    table = _read(path)
    for needed in ("answer", "mark"):
        if needed not in table.columns:
            raise BadFile(f"lacks the column {needed} (or: {', '.join(NAMES[needed][1:5])})")
    if not {"item", "criteria", "reference", "suggested"} & set(table.columns):
        raise BadFile("needs item, or question with reference or criteria, or suggested")
    if not table.rows:
        raise BadFile("has no rows")
    scale = _scale(table)
    return [_row(table, number, row, scale) for number, row in table.rows]


def _read(path: Path) -> _Table:
    text = path.read_text("utf-8-sig")
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    written = text.splitlines()
    # In a tab-separated file a quote is a quote.
    tabbed = csv.reader(written, delimiter="\t", quoting=csv.QUOTE_NONE)
    lines = tabbed if delimiter == "\t" else csv.reader(written)
    header = next(lines, [])
    known: dict[str, str] = {}
    names = {_folded(name): name for name in header}
    for what, spellings in NAMES.items():
        found = next((names[one] for one in spellings if one in names), None)
        if found is not None:
            known[what] = found
    rows = []
    for number, fields in enumerate(lines, 2):
        if not any(fields):
            continue
        if len(fields) > len(header):
            raise BadFile(f"line {number}: more fields than columns")
        if len(fields) < len(header):
            raise BadFile(f"line {number}: no field {header[len(fields)]}")
        rows.append((number, {key: one.replace("\\n", "\n") for key, one in zip(header, fields, strict=True)}))
    return _Table(known, rows)


def _folded(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip()).casefold()


def _scale(table: _Table) -> float:
    """What full marks are where no column says it: the smallest usual scale that holds every mark."""
    if table.columns.get("mark") == "mark":
        return 100.0
    numbers = []
    for _, row in table.rows:
        for what in ("mark", "second"):
            try:
                numbers.append(float(table.text(row, what)))
            except ValueError:
                continue
    most = max(numbers, default=1.0)
    return next((scale for scale in USUAL_SCALES if most <= scale), most)


def _row(table: _Table, number: int, row: Mapping[str, str], scale: float) -> Row:
    if table.text(row, "max"):
        scale = _number(number, table.columns["max"], table.text(row, "max"))
        if scale <= 0:
            raise BadFile(f"line {number}: {table.columns['max']} must be above 0")
    mark = _share(table, number, row, "mark", scale)
    second = _share(table, number, row, "second", scale) if table.text(row, "second") else None
    answer = table.text(row, "answer")
    if table.text(row, "suggested"):
        return Row(number, "", (), answer, mark, second, _share(table, number, row, "suggested", scale), scale)
    question, wanted = _asked(table, number, row)
    return Row(number, question, wanted, answer, mark, second, None, scale)


def _share(table: _Table, number: int, row: Mapping[str, str], what: str, scale: float) -> float:
    text, column = table.text(row, what), table.columns[what]
    if (label := LABELS.get(_folded(text))) is not None:
        return label
    value = _number(number, column, text)
    if not 0 <= value <= scale * (1 + 1e-9):
        raise BadFile(f"line {number}: {column} {text[:20]!r} is not between 0 and {scale:g}")
    return min(value / scale, 1.0)


def _number(number: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        raise BadFile(f"line {number}: {column} {text[:20]!r} is no number")
    return value


def _asked(table: _Table, number: int, row: Mapping[str, str]) -> Item:
    question = table.text(row, "question")
    if wanted := table.text(row, "item"):
        if wanted not in _items():
            raise BadFile(f"line {number}: {table.columns['item']} {wanted[:40]!r} is no item with points to look for")
        return _items()[wanted]
    if points := [part.strip() for part in table.text(row, "criteria").split("|") if part.strip()]:
        return question, wanted_of(points)
    if reference := table.text(row, "reference"):
        return question, from_reference(reference)
    lacking = table.columns.get("criteria") or table.columns.get("reference") or "criteria"
    raise BadFile(f"line {number}: {lacking} is empty")


def wanted_of(points: Sequence[str]) -> tuple[Wanted, ...]:
    """An item's points to look for as criteria of one weight."""
    return tuple(Wanted(f"k{number}", text, 1) for number, text in enumerate(points))


def from_reference(reference: str) -> tuple[Wanted, ...]:
    """A reference answer as criteria: its statements; a single one asked for in its gist and in full."""
    parts = [part.strip() for part in re.split(r"(?<=[.;!?])\s+|[。；;|\n]+", reference) if len(part.strip()) > 2]
    if len(parts) > MOST_POINTS:
        size = -(-len(parts) // MOST_POINTS)
        parts = [" ".join(parts[i : i + size]) for i in range(0, len(parts), size)]
    if len(parts) <= 1:
        whole = parts[0] if parts else reference.strip()
        return wanted_of([f"至少说中了主要意思：{whole}", f"完整说对，没有矛盾：{whole}"])
    return wanted_of([f"说到了：{part}" for part in parts])


@cache
def _items() -> Mapping[str, Item]:
    """The library's questions that are answered in free text, by id."""
    from knowledge.document import read_file
    from knowledge.library_files import written_files

    books = [read_file(path) for path in written_files()]
    return {item.id: (item.stem, wanted_of(item.keys)) for book in books for item in book.quiz if item.keys}
