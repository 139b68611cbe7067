"""Ways to drive the tutor: which items there are, when practice happens, whose minutes count, how memory works.

The tutor was settled under the usual one. The others are there to find what hangs on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from benchmarks.learners import HalvingLearner, Learner
from curriculum.tutor import Item, Skill

GUESS = {"explain": 1 / 3, "cloze": 1 / 3, "repair": 1 / 4, "compose": 0.02, "transfer": 0.02}
SPREAD = (0.0, -1.0, 1.0, 0.5)  # difficulties, where they differ


def only(*kinds: str) -> dict[str, float]:
    """The guess rates of these kinds alone."""
    return {kind: GUESS[kind] for kind in kinds}


@dataclass(frozen=True)
class Driver:
    """Who calls the tutor, and how."""

    name: str = "usual"
    kinds: Mapping[str, float] = field(default_factory=lambda: dict(GUESS))
    per_kind: int = 4
    spread: float = 0.0  # how far items differ in difficulty
    minutes: float = 5.0  # offered in one sitting
    sittings: tuple[float, ...] = (0.4,)  # when on a day
    workdays_only: bool = False
    attends: float = 1.0  # the chance that a day's practice happens
    books_steps: bool = False  # the minutes that count are the tutor's estimates, not the person's own
    skills: int = 24
    tasks_a_day: float = 4.0
    learner: type[Learner] = Learner

    @property
    def review_item(self) -> tuple[str, float]:
        """What plain reviews ask: a cloze, or else what there is."""
        kind = "cloze" if "cloze" in self.kinds else next(iter(self.kinds))
        return kind, self.kinds[kind]

    def pool(self) -> tuple[list[Skill], list[Item]]:
        """The skills, confusable in pairs, and their items."""
        skills = [Skill(f"s{number}", (f"s{number ^ 1}",)) for number in range(self.skills)]
        items = [
            Item(f"{skill.id}-{kind}-{number}", skill.id, kind, guess, self.spread * SPREAD[number % len(SPREAD)])
            for skill in skills
            for kind, guess in self.kinds.items()
            for number in range(self.per_kind)
        ]
        return skills, items


USUAL = Driver()
DRIVERS = (
    replace(USUAL, name="workdays only", workdays_only=True),
    replace(USUAL, name="half the days", attends=0.5),
    replace(USUAL, name="three sittings", minutes=2.0, sittings=(0.0, 0.37, 0.6)),
    replace(USUAL, name="half an hour", minutes=30.0),
    replace(USUAL, name="two minutes", minutes=2.0),
    replace(USUAL, name="the tutor's minutes", books_steps=True),
    replace(USUAL, name="one item a kind", per_kind=1),
    replace(USUAL, name="one cloze a skill", kinds=only("cloze"), per_kind=1),
    replace(USUAL, name="cloze and compose", kinds=only("cloze", "compose"), per_kind=1),
    replace(USUAL, name="closed only", kinds=only("explain", "cloze", "repair")),
    replace(USUAL, name="open only", kinds=only("compose", "transfer")),
    replace(USUAL, name="coins", kinds=dict.fromkeys(("explain", "cloze", "repair"), 0.5)),
    replace(USUAL, name="uneven items", spread=1.0),
    replace(USUAL, name="8 skills", skills=8),
    replace(USUAL, name="60 skills", skills=60),
    replace(USUAL, name="one task a day", tasks_a_day=1.0),
    replace(USUAL, name="ten tasks a day", tasks_a_day=10.0),
    replace(USUAL, name="halving memory", learner=HalvingLearner),
)
