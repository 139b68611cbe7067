"""`zhiran eval grader`: how well the grader agrees with mentors, on a file of answers."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.grader import Grade, Grader, Wanted
from curriculum.agreement import MIN_MARKS, MIN_QWK, agreement
from foundation import settings as settings_module
from foundation.language_model import Asked, ModelFault, whole
from foundation.model_chain import ModelChain
from foundation.model_endpoints import load_models

NEEDED = {"answer", "mark"}
AT_ONCE = 4


@dataclass(frozen=True)
class Row:
    """One answer with a mentor's mark; `suggested` where a mark was made before, so that no model is needed."""

    question: str
    wanted: tuple[Wanted, ...]
    answer: str
    mark: float
    suggested: float | None


class BadFile(ValueError):
    """What is wrong with the file, in one line."""


def evaluate_grader(path: Path, *, as_json: bool) -> int:
    """Measure a TSV: answer, mark (0 to 100), and either item (its id) or question and criteria (split by |), or suggested."""
    try:
        rows = list(read_rows(path))
    except (BadFile, OSError, UnicodeDecodeError) as error:
        print(f"zhiran: {path.name}: {error}", file=sys.stderr)
        return 2
    models = load_models(settings_module.load())
    open_ones = [row for row in rows if row.suggested is None]
    if open_ones and not models.endpoints:
        print(
            "zhiran: no model is set; give a column `suggested`, or set ZHIRAN_MODEL_URL and ZHIRAN_MODEL_NAME",
            file=sys.stderr,
        )
        return 2
    chain = ModelChain.of(models)
    spent: list[int] = []
    grades = asyncio.run(_grade_all(chain, open_ones, spent)) if open_ones else []
    figures = summary(rows, dict(zip(map(id, open_ones), grades, strict=True))) | {"cost_micro": sum(spent)}
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        for name, value in figures.items():
            print(f"{name}: {value}")
    return 0


def summary(rows: Sequence[Row], grades: Mapping[int, Grade]) -> dict[str, Any]:
    """Agreement over the answers whose mark stands, and how many went to a mentor and why."""
    made: list[tuple[float, float]] = []
    reasons: dict[str, int] = {}
    for row in rows:
        if row.suggested is not None:
            made.append((row.suggested, row.mark))
            continue
        grade = grades[id(row)]
        if grade.stands and grade.suggested is not None:
            made.append((grade.suggested, row.mark))
        else:
            reasons[grade.reason] = reasons.get(grade.reason, 0) + 1
    found = agreement([one for one, _ in made], [mark for _, mark in made])
    return {
        "answers": len(rows),
        "graded": found.count,
        "to_mentor": sum(reasons.values()),
        "reasons": reasons,
        "qwk": None if found.qwk is None else round(found.qwk, 4),
        "exact": round(found.exact, 4),
        "mean_error": round(found.mean_error, 2),
        "passed": found.passed,
        "gate": {"qwk": MIN_QWK, "marks": MIN_MARKS},
    }


async def _grade_all(chain: ModelChain, rows: Sequence[Row], spent: list[int]) -> list[Grade]:
    async def ask(asked: Asked) -> str | None:
        try:
            text, done = await whole(chain, asked)
        except ModelFault as fault:
            spent.extend(charge.cost for charge in fault.charges)
            return None
        spent.extend(charge.cost for charge in done.charges)
        return text

    room, grader = asyncio.Semaphore(AT_ONCE), Grader(ask)

    async def one(row: Row) -> Grade:
        async with room:
            return await grader.grade(row.question, row.wanted, row.answer)

    return list(await asyncio.gather(*map(one, rows)))


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of the file. Raises BadFile, naming the line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        columns = set(table.fieldnames or ())
        if missing := NEEDED - columns:
            raise BadFile(f"lacks the column(s) {', '.join(sorted(missing))}")
        if not {"item"} & columns and not {"question", "criteria"} <= columns and "suggested" not in columns:
            raise BadFile("needs item, or question and criteria, or suggested")
        items = _items() if "item" in columns else {}
        for number, row in enumerate(table, 2):
            yield _row(number, {key: (value or "").replace("\\n", "\n") for key, value in row.items() if key}, items)


def _row(number: int, row: Mapping[str, str], items: Mapping[str, tuple[str, tuple[Wanted, ...]]]) -> Row:
    mark = _mark(number, row["mark"])
    if row.get("suggested", "").strip():
        return Row("", (), row["answer"], mark, _mark(number, row["suggested"]))
    if row.get("item"):
        if row["item"] not in items:
            raise BadFile(f"line {number}: no item {row['item'][:40]} with points to look for")
        question, wanted = items[row["item"]]
        return Row(question, wanted, row["answer"], mark, None)
    points = [text.strip() for text in row.get("criteria", "").split("|") if text.strip()]
    if not points:
        raise BadFile(f"line {number}: no criteria")
    return Row(row.get("question", ""), wanted_of(points), row["answer"], mark, None)


def _mark(number: int, text: str) -> float:
    try:
        mark = float(text)
    except ValueError:
        mark = -1.0
    if not 0 <= mark <= 100:
        raise BadFile(f"line {number}: a mark is a number from 0 to 100")
    return mark


def wanted_of(points: Sequence[str]) -> tuple[Wanted, ...]:
    """An item's points to look for as criteria of one weight."""
    return tuple(Wanted(f"k{number}", text, 1) for number, text in enumerate(points))


def _items() -> dict[str, tuple[str, tuple[Wanted, ...]]]:
    """The library's questions that are answered in free text, by id."""
    from knowledge.document import read_file
    from knowledge.library_files import written_files

    books = [read_file(path) for path in written_files()]
    return {item.id: (item.stem, wanted_of(item.keys)) for book in books for item in book.quiz if item.keys}
