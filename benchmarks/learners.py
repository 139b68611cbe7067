"""Simulated learners whose truth shares no formula with the tutor.

Memory: every exposure leaves a trace that decays as a power of time, and decays faster the fresher the skill was when
it was laid down (Pavlik & Anderson 2005), so spacing pays by itself. Understanding: a share between 0 and 1 that
exposures raise. Doing a new case unaided takes both, and ability. Nobody but the simulator ever reads any of this:
the tutor sees right or wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import exp, log

from numpy.random import Generator

FIRST_INSTANT = 0.02  # days: a trace's age never falls below half an hour


GAIN = {"explain": 0.12, "cloze": 0.11, "repair": 0.12, "compose": 0.18, "transfer": 0.21}


@dataclass(frozen=True)
class World:
    """The constants of one kind of world; effects are per exposure.

    Chosen by a random search so that five policies land on the published figures of another simulator (learning.md,
    day 60 and 120: no contact, copying, theory, theory + FSRS, two lanes at FSRS' own rhythm). The tutor's own rhythm
    was chosen afterwards, across several such fits; `strange_world` asks whether it hangs on any of them.
    """

    name: str = "base"
    decay_floor: float = 0.25
    decay_by_freshness: float = 0.18
    threshold: float = -0.2
    noise: float = 0.67
    ability_sd: float = 0.75
    ability_in_recall: float = 0.63
    before: tuple[float, float] = (0.86, 0.34)  # what people bring: an old trace, some understanding
    copying: tuple[float, float] = (0.25, 0.027)  # trace, understanding
    annotation: float = 0.05  # understanding, when an open annotation comes with the prompt
    lesson: tuple[float, float] = (0.67, 0.20)
    retrieval_bonus: float = 1.8  # the trace of a hit, a mere look leaving 1
    feedback: float = 0.6  # the trace of a miss whose answer was shown and explained
    gain: Mapping[str, float] = field(default_factory=lambda: dict(GAIN))  # understanding, by kind
    reversal: bool = True  # help stops helping once one understands
    learning: float = 1.0  # scales every gain in understanding and every trace
    dearness: float = 1.0  # what a step costs beyond the tutor's estimate


BASE = World()
WORLDS = (
    BASE,
    replace(BASE, name="fast-forget", decay_floor=0.38, decay_by_freshness=0.28),
    replace(BASE, name="slow-learn", learning=0.75),
    replace(BASE, name="copying-teaches", copying=(0.42, 0.06)),
    replace(BASE, name="flat", retrieval_bonus=1.0, reversal=False),
)


def strange_world(rng: Generator, number: int) -> World:
    """The base world with every constant pulled about, most of them by up to a factor of two: what if we are wrong?"""

    def pulled(value: float, factor: float = 2.0) -> float:
        return value * float(factor ** rng.uniform(-1, 1))

    trace, share = BASE.before
    return World(
        name=f"strange-{number}",
        decay_floor=pulled(BASE.decay_floor, 1.6),
        decay_by_freshness=pulled(BASE.decay_by_freshness),
        threshold=BASE.threshold + float(rng.uniform(-0.6, 0.6)),
        noise=pulled(BASE.noise, 1.6),
        ability_sd=pulled(BASE.ability_sd, 1.3),
        ability_in_recall=pulled(BASE.ability_in_recall, 1.5),
        before=(pulled(trace, 1.5), pulled(share, 1.5)),
        copying=(pulled(BASE.copying[0]), pulled(BASE.copying[1])),
        annotation=pulled(BASE.annotation),
        lesson=(pulled(BASE.lesson[0], 1.5), pulled(BASE.lesson[1], 1.5)),
        retrieval_bonus=1 + 0.8 * float(rng.uniform(0, 2)),
        feedback=pulled(BASE.feedback, 1.5),
        gain={kind: pulled(value) for kind, value in GAIN.items()},
        reversal=bool(rng.random() < 0.5),
        dearness=float(rng.uniform(1, 2)),
    )


# How much easier a kind is than a new case, and what it costs in minutes at average speed.
EASE = {"explain": 1.5, "cloze": 1.2, "repair": 0.8, "compose": 0.3, "transfer": 0.0}
MINUTES = {"explain": 0.6, "cloze": 0.8, "repair": 1.0, "compose": 2.5, "transfer": 3.0, "lesson": 6.7}


@dataclass
class KnownSkill:
    traces: list[tuple[float, float, float]] = field(default_factory=list)  # day, decay, weight
    understanding: float = 0.0


class Learner:
    """One simulated person; `day` is a fraction of days since the start."""

    def __init__(self, world: World, skills: int, rng: Generator) -> None:
        self.world, self.rng = world, rng
        self.ability = float(rng.normal(0, world.ability_sd))
        self.speed = float(rng.lognormal(0, 0.2))
        self.hardness = rng.normal(0, 0.4, skills)
        trace, share = world.before
        self.known = [KnownSkill([(-30.0, world.decay_floor, trace)], share) for _ in range(skills)]

    def activation(self, skill: int, day: float) -> float:
        total = 0.0
        for laid, decay, weight in self.known[skill].traces:
            total += weight * max(day - laid, FIRST_INSTANT) ** -decay
        return log(total) if total > 0 else -9.0

    def recall(self, skill: int, day: float, ease: float = 0.0) -> float:
        world = self.world
        drive = (self.activation(skill, day) - world.threshold + ease * 0.5) / world.noise
        drive += world.ability_in_recall * self.ability - float(self.hardness[skill])
        return 1 / (1 + exp(-max(min(drive, 30.0), -30.0)))

    def unaided(self, skill: int, day: float) -> float:
        """The chance of doing a new case alone, which is what counts."""
        return self.recall(skill, day) * self.known[skill].understanding

    def _trace(self, skill: int, day: float, weight: float) -> None:
        fresh = min(exp(self.activation(skill, day)), 3.0)
        decay = self.world.decay_floor + self.world.decay_by_freshness * fresh
        self.known[skill].traces.append((day, decay, weight * self.world.learning))

    def _understand(self, skill: int, share: float) -> None:
        known = self.known[skill]
        quick = exp(0.35 * self.ability) * self.world.learning
        known.understanding += min(share * quick, 0.9) * (1 - known.understanding)

    def copies(self, skill: int, day: float, annotated: bool) -> None:
        trace, share = self.world.copying
        self._trace(skill, day, trace)
        self._understand(skill, share + (self.world.annotation if annotated else 0.0))

    def takes_lesson(self, skill: int, day: float) -> float:
        trace, share = self.world.lesson
        self._trace(skill, day, trace)
        self._understand(skill, share)
        return MINUTES["lesson"] * self.speed

    def answers(self, skill: int, kind: str, guess: float, day: float, difficulty: float = 0.0) -> tuple[bool, float]:
        """Try one item, get feedback; returns right or wrong, and the minutes it truly took."""
        world, known = self.world, self.known[skill]
        share = known.understanding if kind in ("compose", "transfer") else 0.4 + 0.6 * known.understanding
        right = bool(self.rng.random() < guess + (1 - guess) * self.recall(skill, day, EASE[kind] - difficulty) * share)
        self._trace(skill, day, world.retrieval_bonus if right else world.feedback)
        gain = world.gain[kind]
        if world.reversal and kind == "explain" and known.understanding > 0.6:
            gain = 0.0
        if kind == "transfer" and known.understanding < 0.3:
            gain *= 0.4  # too early: there is nothing to carry over yet
        self._understand(skill, gain)
        return right, MINUTES[kind] * self.world.dearness * self.speed * float(self.rng.lognormal(0, 0.15))


class HalvingLearner(Learner):
    """Another memory altogether: one half-life a skill, which grows the more, the less was left to recall.

    No sum of traces, no power of time: exponential forgetting (Ebbinghaus; half-lives as in Settles & Meeder 2016).
    """

    FIRST_HALF_LIFE, GROWTH, LONGEST = 3.0, 1.1, 400.0  # days, per unit of trace, days

    def __init__(self, world: World, skills: int, rng: Generator) -> None:
        super().__init__(world, skills, rng)
        self.half_lives, self.last = [self.FIRST_HALF_LIFE] * skills, [-30.0] * skills

    def left(self, skill: int, day: float) -> float:
        """The share of the memory that is left."""
        speed = self.world.decay_floor / BASE.decay_floor
        return float(0.5 ** (speed * max(day - self.last[skill], 0.0) / self.half_lives[skill]))

    def recall(self, skill: int, day: float, ease: float = 0.0) -> float:
        left = min(max(self.left(skill, day), 1e-6), 1 - 1e-3)
        drive = log(left / (1 - left)) + ease + 0.8 * self.ability - float(self.hardness[skill])
        return 1 / (1 + exp(-max(min(drive, 30.0), -30.0)))

    def _trace(self, skill: int, day: float, weight: float) -> None:
        grown = 1 + self.GROWTH * weight * self.world.learning * (1 - self.left(skill, day)) ** 0.5
        self.half_lives[skill] = min(self.half_lives[skill] * grown, self.LONGEST)
        self.last[skill] = day
