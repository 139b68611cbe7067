"""`zhiran eval grader`: how well the grader agrees with people's marks, on a file of answers."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.commands.grading_files import BadFile, Row, read_rows
from bot.grader import Grade, Grader
from curriculum.agreement import LEVELS, MIN_MARKS, MIN_QWK, Closeness, closeness
from curriculum.writing_gates import LEAST_ANSWER, WritingTask, faults
from foundation import settings as settings_module
from foundation.language_model import Asked, ModelFault, whole
from foundation.model_chain import ModelChain
from foundation.model_endpoints import load_models

AT_ONCE = 4


def evaluate_grader(path: Path, *, as_json: bool) -> int:
    """Print the figures; exit code 2 and one line for a file that cannot be read."""
    try:
        rows = read_rows(path)
    except (BadFile, OSError, UnicodeDecodeError) as error:
        print(f"zhiran: {path.name}: {error}", file=sys.stderr)
        return 2
    models = load_models(settings_module.load())
    kept = [row for row in rows if not row.is_empty]
    figures: dict[str, Any] = {"answers": len(rows), "empty_dropped": len(rows) - len(kept)}
    if all(row.suggested is not None for row in kept):
        figures |= summary(kept, [None] * len(kept)) | {"grader": "suggested", "cost_micro": 0}
    elif models.endpoints:
        spent: list[int] = []
        grades = asyncio.run(_grade_all(ModelChain.of(models), kept, spent))
        figures |= summary(kept, grades) | {"grader": "model", "cost_micro": sum(spent)}
    else:
        print("zhiran: no model is set, so only the gates are measured", file=sys.stderr)
        figures |= gates(kept) | {"grader": "gates", "cost_micro": 0}
    _print(figures, as_json)
    return 0


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name}: {value}")


def summary(rows: Sequence[Row], grades: Sequence[Grade | None]) -> dict[str, Any]:
    """Agreement over the answers whose mark stands, beside a constant and beside a second person; who went to a mentor."""
    made: list[tuple[float, Row]] = []
    reasons: Counter[str] = Counter()
    for row, grade in zip(rows, grades, strict=True):
        if grade is None:
            made.append((row.suggested or 0.0, row))
        elif grade.stands and grade.suggested is not None:
            made.append((grade.suggested / 100, row))
        else:
            reasons[grade.reason] += 1
    levels = levels_of(rows)
    found = closeness([one for one, _ in made], [row.mark for _, row in made], levels)
    passed = found.qwk is not None and found.qwk >= MIN_QWK and found.count >= MIN_MARKS
    return {
        "graded": found.count,
        "to_mentor": sum(reasons.values()),
        "reasons": dict(reasons),
        "levels": levels,
        **_figures(found),
        **_beside(rows, levels),
        "passed": passed,
        "gate": {"qwk": MIN_QWK, "marks": MIN_MARKS},
    }


def gates(rows: Sequence[Row]) -> dict[str, Any]:
    """What code alone refuses, and how often wrongly: the agreement is that of "refused is nothing, else everything"."""
    refused = [bool(faults(WritingTask(row.question, least=LEAST_ANSWER), row.answer)) for row in rows]
    marks = [row.mark for row, no in zip(rows, refused, strict=True) if no]
    levels = levels_of(rows)
    found = closeness([0.0 if no else 1.0 for no in refused], [row.mark for row in rows], levels)
    return {
        "graded": len(rows),
        "refused": sum(refused),
        "refused_wrongly": sum(mark >= 0.5 for mark in marks),
        "refused_mean_mark": _round(statistics.fmean(marks)) if marks else None,
        "levels": levels,
        **_figures(found),
        **_beside(rows, levels),
        "passed": False,
        "gate": {"qwk": MIN_QWK, "marks": MIN_MARKS},
    }


def levels_of(rows: Sequence[Row]) -> int:
    """The steps that marks are compared in: those of a short scale in whole points, else five."""
    scales = {row.scale for row in rows}
    scale = scales.pop() if len(scales) == 1 else 100.0
    whole_points = all(abs(row.mark * scale - round(row.mark * scale)) < 1e-6 for row in rows)
    return int(scale) + 1 if whole_points and 1 < scale <= 10 and scale == int(scale) else LEVELS


def _beside(rows: Sequence[Row], levels: int) -> dict[str, Any]:
    """The same figures for saying the mean each time, and for a second person where the file has one."""
    marks = [row.mark for row in rows]
    mean = statistics.fmean(marks) if marks else 0.0
    found: dict[str, Any] = {"constant": _figures(closeness([mean] * len(marks), marks, levels))}
    both = [(row.second, row.mark) for row in rows if row.second is not None]
    if both:
        second, first = zip(*both, strict=True)
        human = closeness(second, first, levels)
        found["human_human"] = {"count": human.count} | _figures(human)
    return found


def _figures(found: Closeness) -> dict[str, float | None]:
    return {name: _round(value) for name, value in asdict(found).items() if name != "count"}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


async def _grade_all(chain: ModelChain, rows: Sequence[Row], spent: list[int]) -> list[Grade | None]:
    async def ask(asked: Asked) -> str | None:
        try:
            text, done = await whole(chain, asked)
        except ModelFault as fault:
            spent.extend(charge.cost for charge in fault.charges)
            return None
        spent.extend(charge.cost for charge in done.charges)
        return text

    room, grader = asyncio.Semaphore(AT_ONCE), Grader(ask)

    async def one(row: Row) -> Grade | None:
        if row.suggested is not None:
            return None
        async with room:
            return await grader.grade(row.question, row.wanted, row.answer)

    return list(await asyncio.gather(*map(one, rows)))
