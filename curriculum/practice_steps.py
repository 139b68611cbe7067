"""The words tutor and topics share: skills, items, steps, the help in real work, and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from curriculum.ladder import CARRY, EXPLAIN, KIND_OF_RUNG, PUT_BACK, REPAIR, RUNG_OF_KIND, WRITE
from curriculum.reviews import PER_DAY

# How long one step takes, reading its feedback included: estimates, until measured seconds replace them.
MINUTES = {EXPLAIN: 0.6, PUT_BACK: 0.8, REPAIR: 1.0, WRITE: 2.5, CARRY: 3.0}
# Log-odds by which an average item of a rung is harder than putting a clause back: author's priors.
RUNG_DIFFICULTY = {EXPLAIN: -0.3, PUT_BACK: 0.0, REPAIR: 0.2, WRITE: 0.5, CARRY: 0.7}


@dataclass(frozen=True)
class Skill:
    """Something to be able to do; `confusable` names the skills it is mistaken for."""

    id: str
    confusable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """A question for one skill; `guess` is the chance of a blind hit, `difficulty` the author's -1 easy to +1 hard."""

    id: str
    skill: str
    kind: str
    guess: float
    difficulty: float = 0.0

    @property
    def rung(self) -> int:
        return RUNG_OF_KIND.get(self.kind, PUT_BACK)

    @property
    def minutes(self) -> float:
        return MINUTES[self.rung]


@dataclass(frozen=True)
class Step:
    """One thing to do in the practice lane: explain, cloze, repair, compose, transfer, or a review."""

    kind: str
    skill: str
    item: str
    minutes: float


def step_of(item: Item, is_review: bool) -> Step:
    """The step that puts this item before the learner."""
    return Step("review" if is_review else KIND_OF_RUNG[item.rung], item.skill, item.id, item.minutes)


@dataclass(frozen=True)
class WorkHelp:
    """What goes with a prompt in real work. The prompt is full whatever the learner knows: nothing is ever withheld."""

    prompt: str = "full"
    annotation: str = "open"  # open at first use, then folded, none once fading may stop
    offer: bool = False  # "write this line yourself?": never in a hurry, never in the way
    everything: bool = False  # urgent or asked twice: no lecture, one item tomorrow


@dataclass(frozen=True)
class RungView:
    """Where a learner stands on the ladder in one skill, and the one sentence on what moves it."""

    rung: int
    name: str
    moves: str


@dataclass(frozen=True)
class TutorSettings:
    """What a learner or a team may choose, and the rhythm of reviews."""

    zone: str = "UTC"  # whose calendar days count
    language: str = "zh-CN"
    daily_minutes: float = 5.0  # 12 by choice
    upkeep_minutes: float = 2.0  # a day, for what is mastered
    per_day: int = PER_DAY
    same_item_days: int = 14
    retention: float = 0.9
    least_gap: int = 5  # days after a right answer before the same skill comes back
    miss_gap: int = 3  # and after a miss
    fading_gap: int = 10  # at most, while an open rung waits to be climbed
    step_up_rest: int = 4  # days since the last step before one may climb without being due
    offers_per_hundred: float = 1.0  # prompts handed over
    names: Mapping[str, str] = field(default_factory=dict)  # how people call a skill
