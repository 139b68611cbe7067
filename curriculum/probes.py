"""The power-cut test (断电测试): five minutes a week without help, and what they say of working without it.

自主率 is the share done right unaided, always with its range (Wilson 1927) and its count. Each answer comes with a tap
on how sure one was, so the test also shows whether people know what they know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from math import sqrt

from curriculum.reviews import local_day

MINUTES = 5.0
CONFIDENCE: Mapping[str, float] = {"sure": 0.95, "think": 0.70, "guess": 0.40}  # what each tap claims
RANGE_SDS = 1.645  # a range that holds nine times in ten
RECENT_WEEKS = 4
INDEPENDENT_FROM = 0.60  # the dial's middle lines
MUCH_AI_FROM = 0.50
LEAST_FOR_DIAL = 5  # answers below which the dial stays open


@dataclass(frozen=True, slots=True)
class ProbeItem:
    """Something that could be asked: a `case`, a `closed` item or a `judgement`."""

    id: str
    skill: str
    kind: str
    minutes: float = 0.7
    guess: float = 0.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One week's test; it lacks a case or a judgement only where no unseen one was left."""

    week: str
    items: tuple[ProbeItem, ...]

    @property
    def is_complete(self) -> bool:
        return {"case", "judgement"} <= {item.kind for item in self.items}


def week_of(at: datetime, zone: tzinfo) -> str:
    """The learner's calendar week, as 2026-W45."""
    year, week, _ = local_day(at, zone).isocalendar()
    return f"{year}-W{week:02d}"


def is_due(taken: Collection[str], at: datetime, zone: tzinfo) -> bool:
    """Once a calendar week; a missed week is not made up for."""
    return week_of(at, zone) not in taken


def weekly_probe(
    pool: Iterable[ProbeItem], seen: Collection[str], week: str, learner: str, minutes: float = MINUTES
) -> Probe:
    """This week's items for this learner, none of them seen before: a case, a judgement, closed items of many skills.

    The same week and learner give the same test, whichever door asks.
    """
    order = sorted((item for item in pool if item.id not in seen), key=lambda item: _mix(learner, week, item.id))
    chosen: list[ProbeItem] = []
    left = minutes
    for kind in ("case", "judgement"):
        first = next((item for item in order if item.kind == kind and item.minutes <= left), None)
        if first is not None:
            chosen.append(first)
            left -= first.minutes
    for item in _by_fresh_skill([item for item in order if item.kind == "closed"], {one.skill for one in chosen}):
        if item.minutes <= left + 1e-9:
            chosen.append(item)
            left -= item.minutes
    return Probe(week, tuple(sorted(chosen, key=lambda item: ("closed", "judgement", "case").index(item.kind))))


def _by_fresh_skill(items: Sequence[ProbeItem], met: set[str]) -> list[ProbeItem]:
    """One item of each skill before a second of any; skills not in the test yet come first."""
    rounds: dict[str, int] = dict.fromkeys(met, 1)
    placed = []
    for item in items:
        rounds[item.skill] = rounds.get(item.skill, 0) + 1
        placed.append((rounds[item.skill], item))
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """A graded answer of the test; `confidence` as tapped before the answer was graded."""

    week: str
    item: str
    correct: bool
    confidence: str = ""
    guess: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its range and the count it rests on."""

    value: float
    low: float
    high: float
    count: int


def wilson(right: float, count: int, sds: float = RANGE_SDS) -> Share | None:
    """A share of so many with Wilson's range; None where there is nothing to count."""
    if count <= 0:
        return None
    share, square = right / count, sds * sds
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = sds / (1 + square / count) * sqrt(share * (1 - share) / count + square / (4 * count * count))
    return Share(share, max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)), count)


def independence(answers: Sequence[ProbeAnswer], weeks: int = RECENT_WEEKS) -> Share | None:
    """自主率 over the last tests taken: right without help, of all that was asked."""
    recent = set(sorted({answer.week for answer in answers})[-weeks:])
    counted = [answer for answer in answers if answer.week in recent]
    return wilson(sum(answer.correct for answer in counted), len(counted))


def beyond_luck(answers: Sequence[ProbeAnswer]) -> float | None:
    """The same share with lucky hits taken out: a blind guesser stands at 0."""
    if not answers:
        return None
    luck = sum(answer.guess for answer in answers) / len(answers)
    right = sum(answer.correct for answer in answers) / len(answers)
    return max(0.0, (right - luck) / (1 - luck)) if luck < 1 else 0.0


@dataclass(frozen=True, slots=True)
class Confidence:
    """One point of the curve: what a tap claimed, and how often those answers were right."""

    tap: str
    claimed: float
    right: Share


def confidence_curve(answers: Sequence[ProbeAnswer]) -> list[Confidence]:
    """Confidence against correctness, the surest tap first; taps nobody made are left out."""
    curve = []
    for tap, claimed in CONFIDENCE.items():
        here = [answer.correct for answer in answers if answer.confidence == tap]
        share = wilson(sum(here), len(here))
        if share is not None:
            curve.append(Confidence(tap, claimed, share))
    return curve


def overconfidence(answers: Sequence[ProbeAnswer]) -> float | None:
    """How far the taps claimed more than came true; negative for the modest."""
    tapped = [answer for answer in answers if answer.confidence in CONFIDENCE]
    if not tapped:
        return None
    return sum(CONFIDENCE[answer.confidence] - answer.correct for answer in tapped) / len(tapped)


@dataclass(frozen=True, slots=True)
class Dial:
    """含AI率 × 自主率. `field` names one of the four fields, or is empty while either number is missing.

    in_command 驾驭 (much AI, able alone) · kept 豢养 (much AI, not able alone) · by_hand 苦干 (little AI, able) ·
    starting 起步 (little AI, not able yet). `is_sure` says whether the range lies on one side of the line.
    """

    ai_share: float | None
    independence: Share | None
    field: str
    is_sure: bool


def dial(ai_share: float | None, alone: Share | None) -> Dial:
    """The dial; an AI share nobody measured is None and stays "not measured"."""
    if alone is None or alone.count < LEAST_FOR_DIAL:
        return Dial(ai_share, alone, "", False)
    sure = alone.low >= INDEPENDENT_FROM or alone.high < INDEPENDENT_FROM
    if ai_share is None:
        return Dial(None, alone, "", sure)
    able, much = alone.value >= INDEPENDENT_FROM, ai_share >= MUCH_AI_FROM
    names = {(True, True): "in_command", (False, True): "kept", (True, False): "by_hand", (False, False): "starting"}
    return Dial(ai_share, alone, names[able, much], sure)


def next_week(taken: Collection[str], today: date) -> date:
    """The Monday from which the next test may be taken: this week's, or the next when it was taken."""
    monday = date.fromordinal(today.toordinal() - today.weekday())
    year, week, _ = today.isocalendar()
    return date.fromordinal(monday.toordinal() + 7) if f"{year}-W{week:02d}" in taken else monday


def _mix(*words: str) -> str:
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()
