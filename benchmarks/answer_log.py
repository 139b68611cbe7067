"""Answer logs: reading them as they come, and making them up from several mechanisms."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from curriculum.mastery_head import GradedAnswer

YEARS_IN_SECONDS = 30 * 365.25 * 86400
EPOCH_MILLISECONDS, EPOCH_MICROSECONDS = 1e11, 1e14  # what no count of seconds of our time reaches
TRUE_WORDS = {"1", "true", "t", "yes", "correct", "right"}


def read_log(path: Path) -> list[GradedAnswer]:
    """The answers of a tab-separated log by time; rows of the same moment keep the file's order."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if row.get("user_id")]
    moments = seconds([row.get("timestamp") or "" for row in rows])
    answers = [
        GradedAnswer(row["user_id"], row["item_id"], at, is_right(row["correct"]), skills_of(row.get("skill_id") or ""))
        for row, at in zip(rows, moments, strict=True)
        if (row.get("correct") or "").strip()
    ]
    return sorted(answers, key=lambda answer: answer.at)


def is_right(text: str) -> bool:
    """1, 1.0 or a word for it; partial credit counts as wrong."""
    try:
        return float(text) >= 1.0
    except ValueError:
        return text.strip().casefold() in TRUE_WORDS


def skills_of(text: str) -> tuple[str, ...]:
    """One or several skills; an answer without any belongs to one skill without a name."""
    found = dict.fromkeys(part.strip() for part in re.split(r"[~,]", text))
    return tuple(sorted(part for part in found if part and part.casefold() not in ("nan", "none", "null"))) or ("",)


def seconds(texts: Iterable[str]) -> list[float]:
    """Timestamps in seconds, told by their size: seconds, milli- or microseconds since any beginning, or ISO."""
    values = [_number(text) for text in texts]
    known = [value for value in values if value is not None]
    largest, span = max(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    thousands = largest > EPOCH_MILLISECONDS or span > YEARS_IN_SECONDS
    unit = 1e6 if largest > EPOCH_MICROSECONDS else 1e3 if thousands else 1.0
    last, filled = 0.0, []
    for value in values:
        last = value / unit if value is not None else last
        filled.append(last)
    return filled


def _number(text: str) -> float | None:
    try:
        value = float(text)
        return value if value == value else None
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
