"""How well the shipped rating predicts answers: `python -m benchmarks.mastery FILE.tsv [--train TRAIN.tsv] [--json]`.

Columns user_id, item_id, timestamp, correct, skill_id (tab-separated; several skills parted by ~ or a comma, or none;
timestamps in seconds, milliseconds or ISO; rows in any order). Rows without a learner, an item or an outcome are left
out and counted; rows that repeat an answer for another of its skills are one answer. Every answer of FILE is predicted from earlier answers only. Items, skills
and the head are learned from TRAIN, without the learners of FILE, and carried on online. Without TRAIN everything is
learned online from FILE itself, the head too, refitted on what is past.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answer_log import AnswerLog, BadLog, read_logs, skills_of
from benchmarks.made_logs import KINDS, Kind, made_log
from curriculum.answer_watch import NAMES, AnswerWatch
from curriculum.mastery import estimate
from curriculum.mastery_head import (
    FOLDS,
    LEAST_ANSWERS,
    MOST_ROWS,
    PLAIN,
    Fitting,
    GradedAnswer,
    Head,
    Tuning,
    fit_head,
    fit_on,
    fold,
)

COLD = 10  # the first answers of a new learner
FLAG_NEXT, FLAG_PAIRS = 3, 4


@dataclass
class Run:
    """Predictions over a log, in its order."""

    plain: np.ndarray[Any, np.dtype[np.float64]]
    head: np.ndarray[Any, np.dtype[np.float64]]
    right: np.ndarray[Any, np.dtype[np.float64]]
    place: np.ndarray[Any, np.dtype[np.int64]]  # how many answers the learner had given before
    mastered: dict[str, float]
    microseconds: float
    fittings: list[Fitting]


def predict(answers: Sequence[GradedAnswer], watch: AnswerWatch, head: Head | None) -> Run:
    """Predict each answer, then learn from it. Without a head, one is fitted online as soon as there is enough."""
    online = head is None
    head, flags, tuning = head or PLAIN, FlagWatch(), Tuning()
    rows, folds, right = array("d"), array("d"), array("d")
    plain, headed, place = array("d"), array("d"), array("q")
    fittings: list[Fitting] = []
    refit_at, spent, now = LEAST_ANSWERS, 0.0, time.process_time
    for number, answer in enumerate(answers):
        if online and number == refit_at:
            table = np.array(rows).reshape(-1, len(NAMES))
            fittings.append(fit_on(table, np.array(right)[: len(table)], np.array(folds), 0))
            head, refit_at, tuning = fittings[-1].head, refit_at * 2, Tuning()
        started = now()
        look = watch.look(answer.learner, answer.item, answer.skills, answer.at)
        statistics = look.statistics()
        level = head.level(statistics)
        chance = tuning.chance(level)
        before = look.who.count
        look.learn(answer.correct)
        tuning.learn(level, chance, answer.correct)
        spent += now() - started
        plain.append(look.chance)
        headed.append(chance)
        place.append(before)
        right.append(answer.correct)
        if online and number < MOST_ROWS:
            rows.extend(statistics)
            folds.append(fold(answer.learner))
        flags.saw(watch, answer)
    each = spent / max(len(answers), 1) * 1e6
    seen = (np.array(plain), np.array(headed), np.array(right), np.array(place))
    return Run(*seen, flags.result(), each, fittings)


class FlagWatch:
    """For each learner and skill (or skills asked together): when "mastered" first showed, and the next three answers."""

    def __init__(self) -> None:
        self.counts: dict[tuple[Any, Any], int] = defaultdict(int)
        self.after: dict[tuple[Any, Any], list[bool]] = {}

    def saw(self, watch: AnswerWatch, answer: GradedAnswer) -> None:
        pair = (answer.learner, answer.skills)
        self.counts[pair] += 1
        if pair in self.after:
            if len(self.after[pair]) < FLAG_NEXT:
                self.after[pair].append(answer.correct)
        elif self.counts[pair] >= 3 and estimate(*watch.standing(*pair)).mastered:
            self.after[pair] = []

    def result(self) -> dict[str, float]:
        pairs = [pair for pair, count in self.counts.items() if count >= FLAG_PAIRS]
        raised = sum(pair in self.after for pair in pairs)
        shares = [sum(after) / len(after) for after in self.after.values() if after]
        return {
            "accuracy": round(float(np.mean(shares)), 4) if shares else float("nan"),
            "wrong_flags": round(float(np.mean([share < 0.5 for share in shares])), 4) if shares else float("nan"),
            "coverage": round(raised / len(pairs), 4) if pairs else 0.0,
            "pairs": len(pairs),
        }


def auc(chance: Any, right: Any) -> float:
    """The chance that a right answer was rated above a wrong one; ties count half."""
    from scipy.stats import rankdata

    hits = int(right.sum())
    misses = len(right) - hits
    if not hits or not misses:
        return float("nan")
    return float((rankdata(chance)[right > 0].sum() - hits * (hits + 1) / 2) / (hits * misses))


def log_loss(chance: Any, right: Any) -> float:
    safe = np.clip(chance, 1e-9, 1 - 1e-9)
    return float(-np.mean(right * np.log(safe) + (1 - right) * np.log(1 - safe)))


def calibration_error(chance: Any, right: Any, bins: int = 10) -> float:
    """Expected calibration error over ten equal bins of predicted chance."""
    number = np.minimum((chance * bins).astype(int), bins - 1)
    here = [number == one for one in range(bins) if (number == one).any()]
    return float(sum(abs(chance[one].mean() - right[one].mean()) * one.mean() for one in here))


def measures(chance: Any, run: Run) -> dict[str, float]:
    cold = run.place < COLD
    return {
        "auc": round(auc(chance, run.right), 4),
        "log_loss": round(log_loss(chance, run.right), 4),
        "ece": round(calibration_error(chance, run.right), 4),
        "cold_start_auc": round(auc(chance[cold], run.right[cold]), 4),
    }


def learn_from(train: Sequence[GradedAnswer]) -> tuple[AnswerWatch, Fitting | None]:
    """Items and skills from a training log, and a head if it is long enough."""
    fitting = None
    if len(train) >= LEAST_ANSWERS:
        fitting = fit_head(train)
    watch = AnswerWatch()
    for answer in train:
        watch.look(answer.learner, answer.item, answer.skills, answer.at).learn(answer.correct)
    return watch, fitting


def benchmark(answers: list[GradedAnswer], train: list[GradedAnswer]) -> dict[str, Any]:
    """All figures for a log, with or without a training log."""
    new = {answer.learner for answer in answers}
    train = [answer for answer in train if answer.learner not in new]
    watch, fitting = learn_from(train)
    run = predict(answers, watch, fitting.head if fitting else None)
    found: dict[str, Any] = measures(run.head, run)
    found |= {"mastered": run.mastered, "microseconds_per_answer": round(run.microseconds, 1)}
    found["n"] = len(answers)
    found["learners"], found["train_n"] = len(new), len(train)
    found["positive_rate"] = round(float(run.right.mean()), 4)
    found["bayes_elo"] = measures(run.plain, run)
    if train:
        cold = predict(answers, AnswerWatch(), None)
        found["zero_data"] = measures(cold.head, cold) | {"bayes_elo": measures(cold.plain, cold)}
    last = fitting or (run.fittings[-1] if run.fittings else None)
    found["head"] = describe(last) if last else None
    return found


def describe(fitting: Fitting) -> dict[str, Any]:
    return {
        "used": not fitting.is_plain,
        "numbers": fitting.head.numbers,
        "folds": FOLDS,
        "cross_fitted_log_loss": round(fitting.loss_head, 4),
        "plain_log_loss": round(fitting.loss_plain, 4),
        "weights": {name: round(value, 4) for name, value in fitting.head.explained().items()},
    }


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mastery", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="an answer log; without one, made-up logs are predicted")
    parser.add_argument("--train", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--learners", type=int, default=150, help="how many to make up where no log is given")
    asked = parser.parse_args(words)
    if asked.file is None:
        found: dict[str, Any] = {kind.name: on_made(kind, asked.learners) for kind in KINDS}
        print(json.dumps(_plain_json(found)) if asked.json else _table(found))
        return
    try:
        log, *train = read_logs(asked.file, *([asked.train] if asked.train else []))
    except BadLog as problem:
        sys.exit(str(problem))
    if not log.answers:
        sys.exit(f"{asked.file}: no answers")
    found = benchmark(log.answers, train[0].answers if train else []) | told_of(log)
    print(json.dumps(_plain_json(found), ensure_ascii=False, indent=None if asked.json else 2))


def on_made(kind: Kind, learners: int, seed: int = 4) -> dict[str, Any]:
    """The figures on a made-up log, four learners in five to train on."""
    rows = made_log(kind, learners, seed)
    answers = [GradedAnswer(row[0], row[1], float(row[2]), bool(row[3]), skills_of(row[4])) for row in rows]
    test, train = ([one for one in answers if (fold(one.learner) == 0) == held] for held in (True, False))
    return benchmark(test, train)


def _table(found: dict[str, Any]) -> str:
    lines = []
    for name, one in found.items():
        for what, row in (("Bayes-Elo", one["bayes_elo"]), ("with the head", one)):
            figures = "  ".join(f"{key} {row[key]:.3f}" for key in ("auc", "log_loss", "ece", "cold_start_auc"))
            lines.append(f"{name:8} {what:14} {figures}")
        lines.append(f"{name:8} {one['n']} answers, {one['microseconds_per_answer']} us each")
    return "\n".join(lines)


def told_of(log: AnswerLog) -> dict[str, int]:
    """What became of the rows."""
    return {"rows": log.rows, "rows_left_out": log.left_out, "rows_merged": log.merged}


def _plain_json(value: Any) -> Any:
    """NaN is no JSON: what could not be measured is null."""
    if isinstance(value, dict):
        return {key: _plain_json(one) for key, one in value.items()}
    return None if isinstance(value, float) and value != value else value


if __name__ == "__main__":
    main()
