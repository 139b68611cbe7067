"""Answer logs as they come: any order, any clock, ids of any size, holes; what cannot be read is named by its row."""

from __future__ import annotations

import csv
import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from curriculum.mastery_head import GradedAnswer

COLUMNS = ("user_id", "item_id", "timestamp", "correct", "skill_id")
NEEDED = ("user_id", "item_id", "correct")
YEARS_IN_SECONDS = 30 * 365.25 * 86400
EPOCH_MILLISECONDS, EPOCH_MICROSECONDS = 1e11, 1e14  # what no count of seconds of our time reaches
TRUE_WORDS = {"true", "t", "yes", "y", "correct", "right"}
FALSE_WORDS = {"false", "f", "no", "n", "incorrect", "wrong"}
MISSING = {"", "nan", "none", "null", "na", "n/a", "\\n"}
WHOLE = re.compile(r"(-?\d+)\.0+")
NUMBERED = re.compile(r"\d+(_\d+)+")  # several skills as 12_45


class BadLog(ValueError):
    """A log that cannot be read; the message names the file, the row and the field."""


@dataclass
class AnswerLog:
    """The answers of a log by time, and what was left out or put together on the way."""

    answers: list[GradedAnswer]
    rows: int
    left_out: int  # rows without a learner, an item or an outcome
    merged: int  # rows that only repeated an answer for another of its skills


@dataclass(frozen=True)
class Row:
    """A row that says who answered what, and how; `clock` as written, None where it says nothing."""

    learner: str
    item: str
    clock: float | None
    correct: bool
    skills: tuple[str, ...]


def read_logs(*paths: Path) -> list[AnswerLog]:
    """These logs, their clocks read in one unit. Raises BadLog for what cannot be read."""
    found = [_rows(path) for path in paths]
    unit = clock_unit([row.clock for rows in found for row in rows if row is not None and row.clock is not None])
    return [_log(rows, unit) for rows in found]


def read_log(path: Path) -> list[GradedAnswer]:
    """The answers of one log by time; rows of the same moment keep the file's order."""
    return read_logs(path)[0].answers


def _rows(path: Path) -> list[Row | None]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(_parsed(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), path.name))
    except OSError as problem:
        raise BadLog(f"{path}: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise BadLog(f"{path.name}: not UTF-8 at byte {problem.start}") from problem
    except csv.Error as problem:
        raise BadLog(f"{path.name}: {problem}") from problem


def _parsed(lines: Iterator[list[str]], name: str) -> Iterator[Row | None]:
    """A row for each line behind the header; None where learner, item or outcome are missing."""
    header = [cell.strip() for cell in next(lines, [])]
    lacking = [column for column in NEEDED if column not in header]
    if lacking:
        raise BadLog(f"{name}: no column {', '.join(lacking)} in the first row (columns are parted by tabs)")
    places = {column: header.index(column) for column in COLUMNS if column in header}
    for number, cells in enumerate(lines, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            raise BadLog(f"{name}, row {number}: {len(cells)} fields, but the header has {len(header)}")
        told = {
            column: "" if place >= len(cells) or is_missing(cells[place]) else cells[place].strip()
            for column, place in places.items()
        }
        try:
            yield _row(told)
        except BadLog as problem:
            raise BadLog(f"{name}, row {number}, {problem}") from problem


def _row(told: dict[str, str]) -> Row | None:
    clock, right = moment(told.get("timestamp", "")), outcome(told["correct"])
    if not told["user_id"] or not told["item_id"] or right is None:
        return None
    return Row(plain_id(told["user_id"]), plain_id(told["item_id"]), clock, right, skills_of(told.get("skill_id", "")))


def _log(rows: Sequence[Row | None], unit: float) -> AnswerLog:
    """By time, holes in the clock filled with the learner's moment before, or the row's; rows of one answer as one."""
    last: dict[str, float] = {}
    at = 0.0
    told: list[GradedAnswer] = []
    for row in rows:
        if row is not None:
            at = last[row.learner] = row.clock / unit if row.clock is not None else last.get(row.learner, at)
            told.append(GradedAnswer(row.learner, row.item, at, row.correct, row.skills))
    answers = _put_together(sorted(told, key=lambda answer: answer.at))
    return AnswerLog(answers, len(rows), len(rows) - len(told), len(told) - len(answers))


def _put_together(told: Sequence[GradedAnswer]) -> list[GradedAnswer]:
    """One answer for the rows that repeat it for each of its skills: predicting those would be knowing the outcome."""
    answers: list[GradedAnswer] = []
    place_of: dict[Hashable, int] = {}  # of the learner's answer before
    for answer in told:
        place = place_of.get(answer.learner)
        before = answers[place] if place is not None else None
        if place is not None and before is not None and _is_same(before, answer):
            answers[place] = replace(before, skills=tuple(sorted({*before.skills, *answer.skills}, key=str)))
        else:
            place_of[answer.learner] = len(answers)
            answers.append(answer)
    return answers


def _is_same(before: GradedAnswer, answer: GradedAnswer) -> bool:
    """Whether item, moment and outcome agree and only the skill is another."""
    both = ((one.item, one.at, one.correct) for one in (before, answer))
    return next(both) == next(both) and not set(before.skills) & set(answer.skills)


def is_missing(text: str) -> bool:
    """Whether a field says nothing."""
    return text.strip().casefold() in MISSING


def plain_id(text: str) -> str:
    """An id as text; 12.0 is 12, which is what a column with holes turns into."""
    whole = WHOLE.fullmatch(text)
    return whole.group(1) if whole else text


def outcome(text: str) -> bool | None:
    """1, 1.0 or a word for it; partial credit counts as wrong; None where nothing was said."""
    if is_missing(text):
        return None
    word = text.strip().casefold()
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    value = _number(text)
    if value is None or not 0 <= value <= 1:
        raise BadLog(f"correct: {text[:40]!r} is neither 0 nor 1")
    return value >= 1.0


def skills_of(text: str) -> tuple[str, ...]:
    """One or several skills; an answer without any belongs to one skill without a name."""
    told = text.strip().strip("[](){}")
    parts = re.split("_" if NUMBERED.fullmatch(told) else "[~,;|]", told)
    found = {plain_id(part.strip(" '\"")) for part in parts if not is_missing(part)}
    return tuple(sorted(found)) or ("",)


def moment(text: str) -> float | None:
    """A timestamp in whatever unit, or a date as seconds; None where nothing was said."""
    if is_missing(text):
        return None
    value = _number(text)
    if value is not None:
        return value
    try:
        at = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError as problem:
        raise BadLog(
            f"timestamp: {text[:40]!r} is neither a number nor a date such as 2026-11-02 09:00:00"
        ) from problem
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def clock_unit(values: Sequence[float]) -> float:
    """How many of the clock's units make a second, told by their size: seconds, milli- or microseconds."""
    largest = max(values, default=0.0)
    span = largest - min(values, default=0.0)
    if largest > EPOCH_MICROSECONDS:
        return 1e6
    return 1e3 if largest > EPOCH_MILLISECONDS or span > YEARS_IN_SECONDS else 1.0


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
