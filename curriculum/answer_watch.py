"""Watching answers go by: the Bayes-Elo ratings of many learners at once, and what else may be said before the next.

One pass, in the order the answers were given; every number about an answer is made from earlier answers only. This is
`curriculum.mastery` with its four ratings unrolled into lists, so that an answer costs microseconds; a test holds that
both agree. Beside the ratings it keeps the online statistics the small head weighs (NAMES, in the same order).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from math import exp, fsum, log1p, pi, sqrt

from curriculum.mastery import (
    LEARNER_DRIFT,
    LEAST_INFORMATION,
    NEW_ITEM,
    NEW_LEARNER,
    NEW_LEARNER_SKILL,
    NEW_SKILL,
    SKILL_DRIFT,
    Rating,
    Standing,
)

NAMES = (
    "rating",  # the Bayes-Elo log-odds, softened by what is not known
    "rating, bent",  # its square with its sign: are sure predictions too sure?
    "doubt",  # the standard deviation of those log-odds
    "lately",  # how far the learner has been above expectation: the last few answers,
    "today",  # the last dozen,
    "of late weeks",  # the last fifty
    "skill lately",  # the same in this skill: the last two,
    "skill so far",  # the last eight
    "skill last",  # last answer in this skill: right 1, wrong -1, none 0
    "run",  # answers in a row with the same outcome, in logs, signed
    "same skill again",  # the answer just before was in this skill: its outcome, 1 or -1; else 0
    "item last",  # the last answer on this very item: 1, -1, none 0
    "item again",  # how often this item was met, in logs
    "pause",  # minutes since the learner's last answer, in logs
    "skill rested",  # days since the skill was last met, in logs
    "in a row today",  # answers since the last long pause, in logs
    "learner met",  # answers of the learner so far, in logs
    "skill met",  # answers of the learner in the skill, in logs
    "item known",  # answers of everybody on the item, in logs
    "situation",  # rating of such a history in a skill: its last three outcomes and length
    "meeting again",  # rating of such a history with the item: times met, last outcome, pause
    "item after",  # rating of the item after a right (or wrong) answer in its skill
    "item pair",  # rating of the item after this very item was answered right (or wrong)
)
SESSION_PAUSE = 30 * 60.0  # seconds without an answer that end a sitting
FAST, MIDDLE, SLOW, SKILL_FAST, SKILL_MIDDLE = 0.3, 0.1, 0.03, 0.5, 0.15
SITUATION_VARIANCE, MEETING_VARIANCE, ITEM_VARIANCE = 0.05, 0.1, 0.25
MOST_MET = 6  # answers in a skill that make situations differ


@dataclass(slots=True)
class Seen:
    """What has been seen of one learner in one skill."""

    value: float = NEW_LEARNER_SKILL.value
    variance: float = NEW_LEARNER_SKILL.variance
    count: int = 0
    last: float = 0.0  # when
    fast: float = 0.0
    middle: float = 0.0
    history: int = 1  # the last three outcomes as bits behind a leading one


@dataclass(slots=True)
class Watched:
    """What has been seen of one learner."""

    value: float = NEW_LEARNER.value
    variance: float = NEW_LEARNER.variance
    count: int = 0
    last: float = 0.0
    fast: float = 0.0
    middle: float = 0.0
    slow: float = 0.0
    run: int = 0  # signed
    sitting: int = 0
    last_item: Hashable = None
    last_skills: Sequence[Hashable] | None = None
    last_right: bool = False
    skills: dict[Hashable, Seen] = field(default_factory=dict)
    items: dict[Hashable, int] = field(default_factory=dict)  # times met, signed by the last outcome


@dataclass(slots=True)
class Cell:
    """What a situation adds to the log-odds, over everybody, and how sure that is."""

    variance: float
    value: float = 0.0


@dataclass(slots=True)
class Hardness:
    """An item or a skill, over everybody."""

    value: float
    variance: float
    count: int = 0
    after: list[Cell] = field(default_factory=list)  # an item's, by the last outcome in its skill: wrong, right, none
    pairs: dict[tuple[Hashable, bool], Cell] = field(default_factory=dict)  # an item's, by the answer before


class AnswerWatch:
    """The ratings and statistics of everybody who answers; `look`, then `learn`, for each answer in turn."""

    def __init__(self) -> None:
        self.learners: dict[Hashable, Watched] = {}
        self.items: dict[Hashable, Hardness] = {}
        self.skills: dict[Hashable, Hardness] = {}
        self.situations = [Cell(SITUATION_VARIANCE) for _ in range(2 * 16 * (MOST_MET + 1))]
        self.meetings = [Cell(MEETING_VARIANCE) for _ in range(2 * 7)]

    def look(self, learner: Hashable, item: Hashable, skills: Sequence[Hashable], at: float) -> Look:
        """What is known before the answer is seen."""
        who = self.learners.get(learner)
        if who is None:
            who = self.learners[learner] = Watched()
        what = self.items.get(item)
        if what is None:
            what = self.items[item] = Hardness(NEW_ITEM.value, NEW_ITEM.variance)
            what.after = [Cell(ITEM_VARIANCE), Cell(ITEM_VARIANCE), Cell(ITEM_VARIANCE)]
        seen, hard = [], []
        for skill in skills:
            one = who.skills.get(skill)
            if one is None:
                one = who.skills[skill] = Seen()
            seen.append(one)
            difficulty = self.skills.get(skill)
            if difficulty is None:
                difficulty = self.skills[skill] = Hardness(NEW_SKILL.value, NEW_SKILL.variance)
            hard.append(difficulty)
        return Look(self, who, what, seen, hard, item, skills, at)

    def standing(self, learner: Hashable, skills: Sequence[Hashable]) -> tuple[Standing, int]:
        """The ratings of one learner before a new item of these skills, and how many answers they rest on."""
        who = self.learners.get(learner) or Watched()
        seen = [who.skills.get(skill) or Seen() for skill in skills]
        hard = [self.skills.get(skill) or Hardness(NEW_SKILL.value, NEW_SKILL.variance) for skill in skills]
        in_skills, difficulty = _shared(seen), _shared(hard)
        return Standing(Rating(who.value, who.variance), in_skills, NEW_ITEM, difficulty), min(s.count for s in seen)


def _shared(parts: Sequence[Seen] | Sequence[Hardness]) -> Rating:
    """Several skills that share one answer, as one rating."""
    share = 1 / len(parts)
    return Rating(share * fsum(one.value for one in parts), share * share * fsum(one.variance for one in parts))


class Look:
    """One answer about to be given: its expectation, its statistics, and, once it is seen, what it teaches."""

    __slots__ = (
        *("after", "again", "at", "chance", "hard", "item", "met", "pair"),
        *("same", "seen", "share", "situation", "skills", "soft", "variance", "what", "who"),
    )

    def __init__(
        self,
        watch: AnswerWatch,
        who: Watched,
        what: Hardness,
        seen: list[Seen],
        hard: list[Hardness],
        item: Hashable,
        skills: Sequence[Hashable],
        at: float,
    ) -> None:
        self.who, self.what, self.seen, self.hard = who, what, seen, hard
        self.item, self.skills, self.at = item, skills, at
        self.share = share = 1.0 / len(seen)  # several skills share one answer
        level, variance = who.value - what.value, who.variance + what.variance
        for one, difficulty in zip(seen, hard, strict=True):
            level += share * (one.value - difficulty.value)
            variance += share * share * (one.variance + difficulty.variance)
        self.variance = variance
        self.soft = level / sqrt(1 + pi * variance / 8)
        self.chance = 1 / (1 + exp(-self.soft))
        self._cells(watch, who, what, seen[0])

    def _cells(self, watch: AnswerWatch, who: Watched, what: Hardness, first: Seen) -> None:
        """The cells of the four tables this answer falls into."""
        count = first.count
        self.same = same = who.last_skills == self.skills
        self.met = met = who.items.get(self.item, 0)
        self.situation = watch.situations[32 * (count if count < MOST_MET else MOST_MET) + 2 * first.history + same]
        self.again = None
        if met:
            rested = self.at - who.last > SESSION_PAUSE
            self.again = watch.meetings[2 * (3 + (met if -3 <= met <= 3 else 3 if met > 0 else -3)) + rested]
        self.after = what.after[first.history & 1 if count else 2]
        key = (who.last_item, who.last_right)
        pair = what.pairs.get(key)
        if pair is None:
            pair = what.pairs[key] = Cell(ITEM_VARIANCE)
        self.pair = pair

    def statistics(self) -> list[float]:
        """The numbers of NAMES."""
        who, soft, share, met, at = self.who, self.soft, self.share, self.met, self.at
        first = self.seen[0]
        fast = middle = days = count = 0.0
        for one in self.seen:
            fast += one.fast
            middle += one.middle
            count += one.count
            if one.count and at > one.last:
                days += log1p((at - one.last) / 86400)
        pause = at - who.last if who.count and at > who.last else 0.0
        run = who.run
        return [
            soft,
            soft * abs(soft),
            sqrt(self.variance),
            who.fast,
            who.middle,
            who.slow,
            fast * share,
            middle * share,
            (1.0 if first.history & 1 else -1.0) if first.count else 0.0,
            log1p(run) if run >= 0 else -log1p(-run),
            (1.0 if who.last_right else -1.0) if self.same else 0.0,
            (1.0 if met > 0 else -1.0) if met else 0.0,
            log1p(abs(met)) if met else 0.0,
            log1p(pause / 60),
            days * share,
            log1p(who.sitting if pause < SESSION_PAUSE else 0),
            log1p(who.count),
            log1p(count * share),
            log1p(self.what.count),
            self.situation.value,
            self.again.value if self.again else 0.0,
            self.after.value,
            self.pair.value,
        ]

    def learn(self, correct: bool) -> None:
        """The answer is seen: move the ratings, then the statistics."""
        soft = self.soft
        for cell in (self.situation, self.after, self.pair, self.again):
            if cell is not None:
                variance = cell.variance
                chance = 1 / (1 + exp(-soft - cell.value))
                information = max(LEAST_INFORMATION, chance * (1 - chance))
                damping = 1 + variance * information
                cell.value += variance * (correct - chance) / damping
                cell.variance = variance - variance * variance * information / damping
        self._learn_ratings(correct)
        self._learn_statistics(correct)

    def _learn_ratings(self, correct: bool) -> None:
        chance, share, who, what = self.chance, self.share, self.who, self.what
        information = max(LEAST_INFORMATION, chance * (1 - chance))
        damping = 1 + self.variance * information
        step, information = (correct - chance) / damping, information / damping
        variance = who.variance
        who.value += variance * step
        who.variance = variance - variance * variance * information + LEARNER_DRIFT
        variance = what.variance
        what.value -= variance * step
        what.variance = variance - variance * variance * information
        what.count += 1
        for one, difficulty in zip(self.seen, self.hard, strict=True):
            variance = one.variance * share
            one.value += variance * step
            one.variance += SKILL_DRIFT - variance * variance * information
            variance = difficulty.variance * share
            difficulty.value -= variance * step
            difficulty.variance -= variance * variance * information
            difficulty.count += 1

    def _learn_statistics(self, correct: bool) -> None:
        who, at, surprise = self.who, self.at, correct - self.chance
        who.sitting = who.sitting + 1 if who.count and at - who.last <= SESSION_PAUSE else 1
        who.count += 1
        who.last = at
        who.fast += FAST * (surprise - who.fast)
        who.middle += MIDDLE * (surprise - who.middle)
        who.slow += SLOW * (surprise - who.slow)
        who.run = max(who.run, 0) + 1 if correct else min(who.run, 0) - 1
        who.last_item, who.last_skills, who.last_right = self.item, self.skills, correct
        met = abs(who.items.get(self.item, 0)) + 1
        who.items[self.item] = met if correct else -met
        for one in self.seen:
            one.count += 1
            one.last = at
            one.fast += SKILL_FAST * (surprise - one.fast)
            one.middle += SKILL_MIDDLE * (surprise - one.middle)
            one.history = (one.history << 1 | correct) & 7 | 8 if one.count >= 3 else one.history << 1 | correct
