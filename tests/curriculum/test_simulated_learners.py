"""A quick floor under the tutor's reason to exist; the full comparison is benchmarks/simulate.py."""

from __future__ import annotations

import pytest
from numpy.random import default_rng

from benchmarks.learners import WORLDS, Learner, World
from benchmarks.simulate import compare
from curriculum.tutor import TutorSettings


@pytest.mark.parametrize("world", [WORLDS[0], WORLDS[1]], ids=lambda world: world.name)
def test_two_lanes_keep_more_per_minute_than_theory_with_reviews(world: World) -> None:
    rows = compare(world, 6, 21, TutorSettings())
    ours, theirs = rows["two-lane"], rows["theory first + FSRS"]
    assert ours["kept_per_100_minutes"] >= 1.4 * theirs["kept_per_100_minutes"]
    assert ours["full_prompt"] == 1.0 and ours["annoyed_per_100_tasks"] <= 1
    assert ours["minutes"] <= 5 * 30 * 1.3  # the cap, at the pace of slow people
    assert rows["two-lane + upkeep"]["p120"] > ours["p120"]


def test_spacing_pays_in_the_simulated_memory_by_itself() -> None:
    """Four exposures over four weeks outlast four in one evening: the truth the reviews have to find."""

    def left(days: list[float]) -> float:
        learner = Learner(WORLDS[0], 1, default_rng(1))
        for day in days:
            learner.takes_lesson(0, day)
        return learner.recall(0, 120)

    assert left([0, 7, 14, 28]) > left([27.9, 27.93, 27.96, 28])
