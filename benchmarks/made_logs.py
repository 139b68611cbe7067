"""Answer logs made up from several mechanisms, to test the rating on where no real log may be had.

`python -m benchmarks.made_logs DIR [--seed N] [--learners N]` writes train and test logs of three kinds: `blocks`
(practice in blocks of a skill until it sits, tries repeated after a miss), `mixed` (many items, four options, learners
who come and go) and `course` (everybody walks the same steps of the same problems). Truth: ability, skills under
skills, learning, forgetting, slips, guesses, moods that last, tired evenings, items that tell more or less apart, and
steps that hang together.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import exp, log1p
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng

Numbers = np.ndarray[Any, np.dtype[Any]]
Row = tuple[int, int, int, int, str]  # learner, item, timestamp, correct, skills


@dataclass(frozen=True)
class Kind:
    """The constants of one kind of log."""

    name: str
    skills: int
    items_per_skill: int
    answers: float  # per learner, median
    ability_sd: float
    item_sd: float
    skill_sd: float
    easy: float  # log-odds an average item lies below an average learner
    guess: float
    slip: float
    learning: float
    forgetting: float
    mood_sd: float
    several: float  # share of items with two skills
    retries: float  # chance to meet a missed item again at once


KINDS = (
    Kind("blocks", 60, 40, 60, 0.9, 0.9, 0.8, 0.5, 0.10, 0.05, 0.10, 0.12, 0.5, 0.15, 0.3),
    Kind("mixed", 40, 120, 70, 0.9, 1.0, 0.4, 0.6, 0.25, 0.05, 0.03, 0.08, 0.4, 0.3, 0.05),
    Kind("course", 50, 12, 300, 1.0, 1.3, 0.8, 1.2, 0.05, 0.05, 0.15, 0.10, 0.3, 0.1, 0.0),
)


@dataclass
class Items:
    """The items of a log: difficulty, how well they tell apart, skills, and what family of steps they belong to."""

    difficulty: Numbers
    slope: Numbers
    skills: list[tuple[int, ...]]
    of_skill: list[list[int]] = field(default_factory=list)


def make_items(kind: Kind, rng: Generator) -> Items:
    count = kind.skills * kind.items_per_skill
    skill_level = rng.normal(0, kind.skill_sd, kind.skills)
    first = np.repeat(np.arange(kind.skills), kind.items_per_skill)
    skills: list[tuple[int, ...]] = [
        (int(one), int(rng.integers(kind.skills))) if rng.random() < kind.several else (int(one),) for one in first
    ]
    difficulty = skill_level[first] + rng.normal(0, kind.item_sd, count)
    of_skill = [list(range(one * kind.items_per_skill, (one + 1) * kind.items_per_skill)) for one in range(kind.skills)]
    return Items(difficulty, np.exp(rng.normal(0, 0.3, count)), skills, of_skill)


class Person:
    """One learner's hidden truth."""

    def __init__(self, kind: Kind, items: Items, parents: Numbers, rng: Generator) -> None:
        self.kind, self.items, self.rng = kind, items, rng
        ability = rng.normal(0, kind.ability_sd)
        by_parent = rng.normal(0, 0.4, int(parents.max()) + 1)
        self.level = ability + by_parent[parents] + rng.normal(0, 0.5, kind.skills)
        self.speed = float(np.exp(rng.normal(0, 0.5))) * kind.learning
        self.mood, self.sitting, self.family_luck = 0.0, 0, 0.0
        self.practised = np.zeros(kind.skills)
        self.last = np.full(kind.skills, -1.0)
        self.solved: dict[int, bool] = {}

    def answer(self, item: int, day: float, family: int) -> bool:
        kind, rng, fading = self.kind, self.rng, self.kind.forgetting
        skills = list(self.items.skills[item])
        rested = [log1p(day - self.last[one]) if self.last[one] >= 0 else 0.0 for one in skills]
        known = [
            self.level[one] + self.speed * self.practised[one] ** 0.6 - fading * rest * min(self.practised[one], 3)
            for one, rest in zip(skills, rested, strict=True)
        ]
        drive = float(min(known)) * 0.6 + float(np.mean(known)) * 0.4
        drive += self.mood - 0.004 * self.sitting + self.family_luck * (family > 0)
        drive += (1.5 if self.solved.get(item) else 0.7) if item in self.solved else 0.0
        level = float(self.items.slope[item]) * (drive - float(self.items.difficulty[item]) + kind.easy)
        chance = kind.guess + (1 - kind.guess - kind.slip) / (1 + exp(-level))
        right = bool(rng.random() < chance)
        for one in skills:
            self.practised[one] += 1
            self.last[one] = day
        self.mood = 0.85 * self.mood + float(rng.normal(0, kind.mood_sd * 0.53))
        self.family_luck = 0.6 * self.family_luck + (0.35 if right else -0.35)
        self.solved[item] = right
        self.sitting += 1
        return right


def blocks(kind: Kind, items: Items, person: Person, rng: Generator) -> Iterator[int]:
    """Skill after skill, each until three in a row are right or patience ends."""
    while True:
        skill = int(rng.integers(kind.skills))
        run = 0
        for _ in range(int(rng.integers(4, 25))):
            item = items.of_skill[skill][int(rng.integers(kind.items_per_skill) * rng.random())]
            yield item
            while not person.solved[item] and rng.random() < kind.retries:
                yield item
            run = run + 1 if person.solved[item] else 0
            if run >= 3:
                break


def mixed(kind: Kind, items: Items, person: Person, rng: Generator) -> Iterator[int]:
    """Items at random, the popular ones more often, in small bundles of a skill."""
    while True:
        skill = int(kind.skills * rng.random() ** 1.5)
        start = int(kind.items_per_skill * rng.random() ** 1.5)
        for offset in range(int(rng.integers(1, 5))):
            yield items.of_skill[skill][(start + offset) % kind.items_per_skill]


def course(kind: Kind, items: Items, person: Person, rng: Generator) -> Iterator[int]:
    """Everybody the same steps in the same order, some left out."""
    while True:
        for pool in items.of_skill:
            for item in pool:
                if rng.random() < 0.85:
                    yield item


ORDERS: dict[str, Callable[[Kind, Items, Person, Generator], Iterator[int]]] = {
    "blocks": blocks,
    "mixed": mixed,
    "course": course,
}


def made_log(kind: Kind, learners: int, seed: int) -> list[Row]:
    """The answers of so many learners, sorted by time."""
    rng = default_rng([seed, len(kind.name)])
    items = make_items(kind, rng)
    parents = np.arange(kind.skills) // 6
    rows: list[Row] = []
    for learner in range(learners):
        person = Person(kind, items, parents, rng)
        moment = float(rng.uniform(0, 60 * 86400))
        count = int(max(3, kind.answers * np.exp(rng.normal(0, 0.8))))
        order, before = ORDERS[kind.name](kind, items, person, rng), -99
        for _ in range(count):
            item = next(order)
            family = int(abs(item - before) == 1)
            right = person.answer(item, moment / 86400, family)
            rows.append((learner, item, int(moment), int(right), "~".join(f"k{one}" for one in items.skills[item])))
            before = item
            moment += float(rng.lognormal(3.3, 0.8))
            if rng.random() < 0.03:
                moment += float(rng.lognormal(11, 1.2))
                person.sitting = 0
    return sorted(rows, key=lambda row: row[2])


def write(rows: Sequence[Row], path: Path) -> None:
    lines = ["user_id\titem_id\ttimestamp\tcorrect\tskill_id", *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.made_logs", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--learners", type=int, default=600)
    parser.add_argument("--seed", type=int, default=4)
    asked = parser.parse_args(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        rows = made_log(kind, asked.learners, asked.seed)
        write([row for row in rows if row[0] % 5], asked.folder / f"{kind.name}-train.tsv")
        write([row for row in rows if row[0] % 5 == 0], asked.folder / f"{kind.name}-test.tsv")


if __name__ == "__main__":
    main()
