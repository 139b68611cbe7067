"""How well asking works, measured on questions with known answers."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.search.finder import Finder, Finding

NONE = "NONE"


@dataclass(frozen=True)
class AskRow:
    """A question, the ids that answer it (none where nothing does), and its kind."""

    query: str
    gold: frozenset[str]
    kind: str

    @property
    def answerable(self) -> bool:
        return bool(self.gold)


@dataclass(frozen=True)
class _Asked:
    row: AskRow
    finding: Finding
    milliseconds: float

    @property
    def none(self) -> bool:
        return self.finding.outcome == "none"

    @property
    def rank(self) -> int:
        """The place of the first right candidate, from 1; 0 where nothing right was offered."""
        if self.none:
            return 0
        return next((rank for rank, c in enumerate(self.finding.candidates, 1) if c.id in self.row.gold), 0)

    @property
    def all_needs(self) -> bool:
        return self.row.gold <= {need.candidate.id for need in self.finding.needs}


def ask_row(row: Mapping[str, str]) -> AskRow:
    """A row with the columns query, gold_ids (split by |, NONE for nothing) and kind; other columns are ignored."""
    gold = frozenset(id_.strip() for id_ in row["gold_ids"].split("|"))
    return AskRow(row["query"], gold - {NONE, ""}, row["kind"])


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a TSV file; quotes are letters like any other."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def evaluate_asking(finder: Finder, rows: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Ask everything once; shares are rounded to four digits, times are processor time a question."""
    asked = [_timed(finder, ask_row(row)) for row in rows]
    answerable = [one for one in asked if one.row.answerable]
    unanswerable = [one for one in asked if not one.row.answerable]
    kinds = sorted({one.row.kind for one in asked})
    several = [one for one in answerable if one.row.kind == "multi"]
    times = sorted(one.milliseconds for one in asked) or [0.0]
    return {
        "n": len(asked),
        "top1": _share(one.rank == 1 for one in answerable),
        "top3": _share(1 <= one.rank <= 3 for one in answerable),
        "mrr": _share(1 / one.rank if one.rank else 0.0 for one in answerable),
        "none_recall": _share(one.none for one in unanswerable),
        "false_none": _share(one.none for one in answerable),
        "per_kind": {kind: _of_kind([one for one in asked if one.row.kind == kind]) for kind in kinds},
        "all_needs": _share(one.all_needs for one in several),
        "p50_ms": _percentile(times, 0.5),
        "p99_ms": _percentile(times, 0.99),
    }


def _timed(finder: Finder, row: AskRow) -> _Asked:
    started = time.thread_time()
    finding = finder.ask(row.query)
    return _Asked(row, finding, 1000 * (time.thread_time() - started))


def _of_kind(asked: Sequence[_Asked]) -> dict[str, float | int]:
    answerable = [one for one in asked if one.row.answerable]
    return {
        "n": len(asked),
        "top1": _share(one.rank == 1 for one in answerable),
        "top3": _share(1 <= one.rank <= 3 for one in answerable),
        "none": _share(one.none for one in asked),
    }


def _share(values: Iterable[float]) -> float:
    listed = list(values)
    return round(sum(listed) / len(listed), 4) if listed else 0.0


def _percentile(ordered: Sequence[float], share: float) -> float:
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 2)
