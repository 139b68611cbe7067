"""Does the tutor earn its minutes? `python -m benchmarks.simulate [--json] [--learners N] [--plot FILE.png]`.

Simulated learners (benchmarks/learners.py) live thirty active days at work, then fall silent; what counts is what
they can do alone on day 120, beyond what copying alone left them, per 100 practice minutes. Policies see right and
wrong only. `--drivers` asks the same under other items, days, minutes and memories (benchmarks/drivers.py).
docs/learning.md says what would be cheating.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.random import Generator, default_rng

from benchmarks.drivers import DRIVERS, USUAL, Driver
from benchmarks.learners import WORLDS, Learner, World, strange_world
from curriculum.practice_steps import TutorSettings
from curriculum.tutor import Tutor

START = datetime(2026, 1, 5, 1, tzinfo=UTC)  # a Monday, nine in the morning in Shanghai
ACTIVE_DAYS, SCORED = 30, (60, 120)
URGENT_SHARE = 0.25


def moment(day: float) -> datetime:
    return START + timedelta(days=day)


def tasks_of(driver: Driver, rng: Generator) -> list[list[tuple[int, bool]]]:
    """For each active day the tasks, as (skill, urgent): Zipf over skills, about four a workday, none at weekends."""
    weights = 1 / np.arange(1, driver.skills + 1)
    order = rng.permutation(driver.skills)
    days = []
    for day in range(ACTIVE_DAYS):
        count = 0 if is_weekend(day) else int(rng.poisson(driver.tasks_a_day))
        chosen = rng.choice(driver.skills, size=count, p=weights / weights.sum())
        days.append([(int(order[one]), bool(rng.random() < URGENT_SHARE)) for one in chosen])
    return days


def is_weekend(day: int) -> bool:
    return day % 7 >= 5


class Policy(Protocol):
    def task(self, learner: Learner, skill: int, urgent: bool, day: float) -> None: ...
    def evening(self, learner: Learner, day: float) -> float: ...


@dataclass
class Tally:
    """What handing prompts over and asking for more has cost people."""

    requests: int = 0
    full: int = 0
    annoyed: int = 0


class NoContact:
    """Nobody there: tasks are done elsewhere, and teach nothing here."""

    def task(self, learner: Learner, skill: int, urgent: bool, day: float) -> None:
        return None

    def evening(self, learner: Learner, day: float) -> float:
        return 0.0


class CopyOnly(NoContact):
    """The prompt is copied, never explained."""

    def task(self, learner: Learner, skill: int, urgent: bool, day: float) -> None:
        learner.copies(skill, day, annotated=False)


class TheoryFirst(CopyOnly):
    """A lesson on every skill in the first days, then, if asked for, reviews as py-fsrs wants them by default."""

    def __init__(self, driver: Driver, with_reviews: bool) -> None:
        from fsrs import Card, Scheduler

        self.driver, self.with_reviews, self.next_lesson = driver, with_reviews, 0
        self.scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
        self.cards: dict[int, Card] = {}

    def evening(self, learner: Learner, day: float) -> float:
        from fsrs import Card, Rating

        minutes, skills = 0.0, self.driver.skills
        for skill in range(self.next_lesson, min(self.next_lesson + 3, skills)):
            minutes += learner.takes_lesson(skill, day)
            self.cards[skill] = Card(card_id=skill + 1, due=moment(day + 1))
        self.next_lesson = min(self.next_lesson + 3, skills)
        if not self.with_reviews:
            return minutes
        kind, guess = self.driver.review_item
        for skill, card in list(self.cards.items()):
            if card.due <= moment(day):
                right, took = learner.answers(skill, kind, guess, day)
                grade = Rating.Good if right else Rating.Again
                self.cards[skill], _ = self.scheduler.review_card(card, grade, moment(day))
                minutes += took
        return minutes


class TwoLane:
    """Our tutor: the full prompt always, and what it asks for in the practice lane."""

    def __init__(self, driver: Driver, settings: TutorSettings, tally: Tally) -> None:
        self.skills, items = driver.pool()
        self.items = {item.id: item for item in items}
        self.tutor = Tutor(self.skills, items, settings)
        self.driver, self.tally, self.minutes = driver, tally, driver.minutes

    def task(self, learner: Learner, skill: int, urgent: bool, day: float) -> None:
        given = self.tutor.used(self.skills[skill].id, moment(day), urgent)
        self.tally.requests += 1
        self.tally.full += given.prompt == "full"
        self.tally.annoyed += given.offer and learner.rng.random() < (1.0 if urgent else 0.3)
        learner.copies(skill, day, annotated=given.annotation == "open" and not urgent)

    def evening(self, learner: Learner, day: float) -> float:
        took = spent = 0.0
        for step in self.tutor.practice(moment(day), self.minutes):
            item = self.items[step.item]
            right, minutes = learner.answers(int(step.skill[1:]), item.kind, item.guess, day, item.difficulty)
            self.tutor.graded(step, right, moment(day) + timedelta(minutes=took))
            took += minutes
            spent += step.minutes if self.driver.books_steps else minutes
        return spent


@dataclass
class Result:
    minutes: float
    kept: dict[int, float]  # scored day -> skills done unaided, of 24
    tally: Tally


def live(
    world: World,
    policy_of: Callable[[Tally], Policy],
    learners: int,
    seed: int,
    upkeep: bool = False,
    driver: Driver = USUAL,
) -> Result:
    """Some learners under one policy; the same seed gives every policy the same people, work and days off."""
    tally, minutes, kept = Tally(), 0.0, dict.fromkeys(SCORED, 0.0)
    for number in range(learners):
        learner = driver.learner(world, driver.skills, default_rng([seed, number, 1]))
        tasks, policy = tasks_of(driver, default_rng([seed, number, 2])), policy_of(tally)
        attending = default_rng([seed, number, 3]).random(max(SCORED)) < driver.attends
        for day in range(max(SCORED)):
            active = day < ACTIVE_DAYS
            for place, (skill, urgent) in enumerate(tasks[day] if active else ()):
                policy.task(learner, skill, urgent, day + 0.05 + 0.3 * place / len(tasks[day]))
            if upkeep and not active and isinstance(policy, TwoLane):
                policy.minutes = 2.0
            if (active or upkeep) and attending[day] and not (driver.workdays_only and is_weekend(day)):
                minutes += sum(policy.evening(learner, day + part) for part in driver.sittings)
            if day + 1 in kept:
                kept[day + 1] += sum(learner.unaided(skill, day + 1.0) for skill in range(driver.skills))
    return Result(minutes / learners, {day: total / learners for day, total in kept.items()}, tally)


def compare(
    world: World, learners: int, seed: int, settings: TutorSettings, driver: Driver = USUAL, short: bool = False
) -> dict[str, Any]:
    """All policies in one world; `short` leaves out those that are there for comparison only."""

    def two_lane(tally: Tally) -> Policy:
        return TwoLane(driver, settings, tally)

    policies: dict[str, Callable[[Tally], Policy]] = {
        "no contact": lambda _: NoContact(),
        "copy-paste only": lambda _: CopyOnly(),
        "theory first": lambda _: TheoryFirst(driver, False),
        "theory first + FSRS": lambda _: TheoryFirst(driver, True),
        "two-lane": two_lane,
    }
    left_out = ("no contact", "theory first") if short else ()
    results = {
        name: live(world, policy, learners, seed, driver=driver)
        for name, policy in policies.items()
        if name not in left_out
    }
    results["two-lane + upkeep"] = live(world, two_lane, learners, seed, upkeep=True, driver=driver)
    copied = results["copy-paste only"].kept[120]
    return {name: _row(result, copied, driver.skills) for name, result in results.items()}


def _row(result: Result, copied: float, skills: int) -> dict[str, Any]:
    gained = result.kept[120] - copied
    requests = max(result.tally.requests, 1)
    return {
        "minutes": round(result.minutes, 1),
        "p60": round(result.kept[60] / skills, 3),
        "p120": round(result.kept[120] / skills, 3),
        "kept_per_100_minutes": round(gained / result.minutes * 100, 2) if result.minutes else 0.0,
        "annoyed_per_100_tasks": round(result.tally.annoyed / requests * 100, 2),
        "full_prompt": result.tally.full / requests if result.tally.requests else None,
    }


def report(
    learners: int,
    seed: int,
    settings: TutorSettings,
    worlds: Sequence[World] = WORLDS,
    drivers: Sequence[Driver] = (USUAL,),
) -> dict[str, Any]:
    """Every world, and the ratio that is the goal: two-lane against theory first with FSRS, per minute."""
    found: dict[str, Any] = {"learners": learners, "seed": seed, "worlds": {}}
    for driver in drivers:
        for world in worlds:
            rows = compare(world, learners, seed, settings, driver, short=len(drivers) > 1)
            ours, theirs = rows["two-lane"]["kept_per_100_minutes"], rows["theory first + FSRS"]["kept_per_100_minutes"]
            name = world.name if driver is USUAL else f"{world.name}, {driver.name}"
            found["worlds"][name] = {"policies": rows, "ratio": round(ours / theirs, 2) if theirs > 0 else None}
    return found


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--learners", type=int, default=60)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--strange", type=int, default=0, metavar="N", help="N more worlds, each constant pulled about")
    parser.add_argument("--worlds", type=int, default=len(WORLDS), metavar="N", help="the first N worlds only")
    parser.add_argument("--drivers", action="store_true", help="other items, days, minutes and memories as well")
    parser.add_argument("--plot", type=Path, help="write a chart (PNG) of kept skills per 100 minutes")
    asked = parser.parse_args(words)
    strange = [strange_world(default_rng([asked.seed, number]), number) for number in range(asked.strange)]
    drivers = (USUAL, *DRIVERS) if asked.drivers else (USUAL,)
    found = report(asked.learners, asked.seed, TutorSettings(), (*WORLDS[: asked.worlds], *strange), drivers)
    if asked.plot:
        plot(found, asked.plot)
    print(json.dumps(found, ensure_ascii=False, indent=2) if asked.json else _table(found))


def plot(found: dict[str, Any], path: Path) -> None:
    """Kept skills per 100 minutes, and beside it what is kept for how many minutes, each policy in each world."""
    import altair as alt

    rows = [
        {"world": world, "policy": policy, "kept per 100 minutes": row["kept_per_100_minutes"]}
        | {"minutes": row["minutes"], "share of new cases done alone on day 120": row["p120"]}
        for world, result in found["worlds"].items()
        for policy, row in result["policies"].items()
    ]
    worlds, everybody = alt.Row("world:N", title=None, sort=list(found["worlds"])), {"values": rows}
    policies = list(dict.fromkeys(row["policy"] for row in rows))
    colour = alt.Color("policy:N", title=None, sort=policies)
    by_policy = alt.Y("policy:N", title=None, axis=alt.Axis(labels=False, ticks=False), sort=policies)
    bars = alt.Chart(everybody).mark_bar().transform_filter("datum.minutes > 0")
    points = alt.Chart(everybody).mark_point(filled=True, size=90)
    share = alt.Y("share of new cases done alone on day 120:Q", title="alone, day 120")
    left = bars.encode(x="kept per 100 minutes:Q", y=by_policy, color=colour, row=worlds)
    right = points.encode(x="minutes:Q", y=share, color=colour, row=worlds)
    (left.properties(height=90) | right.properties(height=90)).save(str(path))


def _table(found: dict[str, Any]) -> str:
    lines = []
    for name, world in found["worlds"].items():
        lines.append(f"{name}: ratio {world['ratio']}")
        for policy, row in world["policies"].items():
            lines.append(f"  {policy:22} " + "  ".join(f"{key} {value}" for key, value in row.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
