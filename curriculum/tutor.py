"""The tutor decides what to hand over, what to practise, and what an answer has shown; it owns no clock and no rows.

Two lanes (learning.md): in the work lane the full prompt is always handed over; the practice lane is a few minutes a
day in which due reviews double as steps on the ladder. Only graded answers of the learner's own move mastery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from curriculum import ladder, reviews
from curriculum.mastery import NEW_ITEM, Estimate, Rating, Standing, estimate, expected, learned
from curriculum.practice_steps import RUNG_DIFFICULTY, Item, RungView, Skill, Step, TutorSettings, WorkHelp, step_of
from curriculum.sentences import change_sentence, phrases
from curriculum.session_plan import arranged, choose_item, overdue_days
from curriculum.tutor_memory import DayMemory, ItemMemory, SkillMemory, TutorMemory, memory_from, memory_to
from foundation.clock import zone as zone_of

__all__ = ["Item", "RungView", "Skill", "Step", "Tutor", "TutorSettings", "WorkHelp"]

MISSES_THAT_END = 3  # a session ends kindly at three misses in a row
REVIEWS_THAT_REOPEN = 2  # two failed reviews in a row bring the guided steps back
REST_BEFORE_PULLING = 5  # days since the last step before real work may bring a review forward
USUAL = TutorSettings()
UNKNOWN_GUESS = 1 / 3
HINT_HELPS = 0.25  # each hint of the first two leaves that much less to find alone


class Tutor:
    """One learner's tutor. The same calls in the same order give the same decisions."""

    def __init__(self, skills: Iterable[Skill], items: Iterable[Item], settings: TutorSettings = USUAL) -> None:
        self.skills = {skill.id: skill for skill in skills}
        self.items = {item.id: item for item in items}
        self.settings = settings
        self.zone = zone_of(settings.zone)
        self.memory = TutorMemory()
        self._pools: dict[str, list[Item]] = {}
        for item in self.items.values():
            self._pools.setdefault(item.skill, []).append(item)

    # The work lane

    def used(self, skill: str, at: datetime, urgent: bool = False) -> WorkHelp:
        """A prompt that needs this skill was asked for: it is handed over in full, and practice comes another day."""
        self.memory.uses += 1
        if skill not in self.skills:
            return WorkHelp(everything=urgent)
        known, today = self._skill(skill), self._day(at)
        asked_twice = known.last_used is not None and reviews.local_day(known.last_used, self.zone) == today
        known.uses += 1
        known.last_used = reviews.utc(at)
        help_now = WorkHelp(
            annotation=self._annotation(skill, at),
            offer=not (urgent or asked_twice) and self._may_offer(skill, at),
            everything=urgent or asked_twice,
        )
        self.memory.offers += help_now.offer
        self._plan_after_use(known, at, help_now.everything)
        return help_now

    def _annotation(self, skill: str, at: datetime) -> str:
        if self._skill(skill).uses <= 1:
            return "open"
        return "none" if self.mastery(skill, at).stop_fading else "folded"

    def _may_offer(self, skill: str, at: datetime) -> bool:
        """Rarely: the review is due, writing would likely succeed, and few prompts of a hundred have asked before."""
        within = (self.memory.offers + 1) * 100 <= self.memory.uses * self.settings.offers_per_hundred
        return within and self._is_due(skill, at) and self.chances(skill, at).compose >= ladder.OPENS[ladder.WRITE]

    def _plan_after_use(self, known: SkillMemory, at: datetime, everything: bool) -> None:
        """First use: an item tomorrow. Everything handed over at once: the same, unless it was practised just now."""
        tomorrow = reviews.first_review(at, self.zone)
        if known.review is None:
            known.review = tomorrow
        elif everything and known.review.due > tomorrow.due and not known.let_go:
            last = known.review.last
            rested = last is None or (self._day(at) - reviews.local_day(last, self.zone)).days >= REST_BEFORE_PULLING
            if rested and not self._pulled_for(tomorrow.due):
                known.review = reviews.postponed(known.review, reviews.local_day(tomorrow.due, self.zone), self.zone)

    def _pulled_for(self, due: datetime) -> bool:
        """Whether tomorrow already holds a review: one item is what was promised, not a pile."""
        return any(one.review is not None and one.review.due <= due for one in self.memory.skills.values())

    # The practice lane

    def practice(self, at: datetime, minutes: float) -> list[Step]:
        """The steps for now, within the minutes given and the day's cap; asking again changes nothing."""
        done = self._today(at)
        if done.ended:
            return []
        left = min(minutes, self.settings.daily_minutes - done.minutes)
        upkeep_left = self.settings.upkeep_minutes - done.upkeep
        steps: list[Step] = []
        may_climb = True
        for skill in self._due(at):
            if len(steps) + done.steps >= self.settings.per_day:
                break
            step = self._fitting(skill, at, left, may_climb)
            if step is None:
                continue
            if self._skill(skill).let_go:
                if step.minutes > upkeep_left + 1e-9 and upkeep_left < self.settings.upkeep_minutes:
                    continue
                upkeep_left -= step.minutes
            steps.append(step)
            left -= step.minutes
            may_climb = may_climb and step.kind not in ("compose", "transfer")
        if may_climb:
            steps += self._step_up(at, left, {step.skill for step in steps}, len(steps) + done.steps)
        exposures = {skill: one.steps for skill, one in self.memory.skills.items()}
        return arranged(steps, exposures, self._confusable)

    def _step_up(self, at: datetime, minutes: float, taken: set[str], done: int) -> list[Step]:
        """After the reviews one step up: a rung that is open and new, for the most used skill that has rested."""
        if done >= self.settings.per_day:
            return []
        rested = reviews.utc(at) - timedelta(days=self.settings.step_up_rest)
        for skill in sorted(self.skills, key=lambda one: -self._uses(one)):
            known = self.memory.skills.get(skill)
            if known is None or skill in taken or known.let_go or known.review is None or known.review.last is None:
                continue
            step = self._step(skill, at, may_climb=True) if known.review.last <= rested else None
            if step is not None and step.kind != "review" and step.minutes <= minutes + 1e-9:
                return [step]
        return []

    def _uses(self, skill: str) -> int:
        known = self.memory.skills.get(skill)
        return known.uses if known else 0

    def _due(self, at: datetime) -> list[str]:
        """Skills whose review has come and that were not practised today, the longest overdue first: none starves."""
        today = self._day(at)
        due = [skill for skill in self.skills if self._is_due(skill, at) and skill not in self._today(at).skills]

        def order(skill: str) -> tuple[int, int]:
            one = self._skill(skill)
            assert one.review is not None
            return -overdue_days(one.review.due, today, self.zone), -one.uses

        return sorted(due, key=order)

    def _fitting(self, skill: str, at: datetime, minutes: float, may_climb: bool) -> Step | None:
        """The skill's step if it fits, else a closed review: no skill waits for a day with more time."""
        for climb in (True, False) if may_climb else (False,):
            step = self._step(skill, at, climb)
            if step is not None and step.minutes <= minutes + 1e-9:
                return step
        return None

    def _step(self, skill: str, at: datetime, may_climb: bool) -> Step | None:
        """The step for a due skill: its own rung when that is new and open, else a short closed review."""
        known, chances = self._skill(skill), self.chances(skill, at)
        rung = known.foothold.rung or ladder.first_rung(chances)
        climbs = rung > known.proven and not known.let_go and ladder.reachable(rung, chances) == rung
        climbs = climbs and (may_climb or rung < ladder.WRITE)
        wanted = (rung,) if climbs else _review_rungs(rung)
        open_rungs = {*range(ladder.EXPLAIN, ladder.WRITE), *wanted}
        pool, rest_days = self._pools.get(skill, ()), self.settings.same_item_days
        item = choose_item(pool, wanted, open_rungs, self.memory.items, self._day(at), self.zone, rest_days)
        if item is None:
            return None
        return step_of(item, is_review=known.steps > 0 and not (climbs and item.rung == rung))

    def graded(self, step: Step, correct: bool, at: datetime, hints: int = 0) -> str:
        """An answer was graded; returns the sentence for the mentor.

        The third hint shows the answer: a worked example, which comes back as "again" and never raises mastery.
        """
        if step.skill not in self.skills:
            return phrases().say("mentor.unknown", self.settings.language, skill=self._name(step.skill))
        item = self._item_of(step)
        asked = self._item(item)
        if asked.last_asked == reviews.utc(at):
            return phrases().say("mentor.repeated", self.settings.language, skill=self._name(step.skill))
        hints, correct = max(0, int(hints)), bool(correct)
        shown = correct and hints >= ladder.WORKED_EXAMPLE
        before, chance = self.mastery(step.skill, at), self._chance(item, at, hints)
        if not shown:
            self._rate(item, correct, at, hints)
        self._note(step, item, None if shown else correct, at)
        self._reviewed(item, correct and not shown, hints, at)
        after = self.mastery(step.skill, at)
        return self._sentence(step.skill, chance, _outcome(correct, shown, hints), before, after, at)

    def studied(self, step: Step, at: datetime) -> str:
        """A worked example read, or free text compared alone: it takes its minutes, comes back, and proves nothing."""
        if step.skill not in self.skills:
            return phrases().say("mentor.unknown", self.settings.language, skill=self._name(step.skill))
        item = self._item_of(step)
        known, now = self._skill(step.skill), self.mastery(step.skill, at)
        self._spend(step, item, at)
        tomorrow = self._day(at) + timedelta(days=1)
        known.review = reviews.postponed(known.review or reviews.first_review(at, self.zone), tomorrow, self.zone)
        return self._sentence(step.skill, self._chance(item, at, 0), "studied", now, now, at)

    def _rate(self, item: Item, correct: bool, at: datetime, hints: int) -> None:
        known, asked = self._skill(item.skill), self._item(item)
        after = learned(self._standing(item), correct, _guess(item, hints), self._days(known, at))
        self.memory.learner, known.in_skill, known.skill = after.learner, after.in_skill, after.skill
        asked.rating = after.item
        known.answers += 1
        known.last_graded = max(reviews.utc(at), known.last_graded or reviews.utc(at))

    def _note(self, step: Step, item: Item, right: bool | None, at: datetime) -> None:
        """Count the step; three misses in a row end the session. An answer that was shown is neither hit nor miss."""
        today = self._spend(step, item, at)
        if right is not None and step.minutes > 0:  # a verdict that comes later is no part of today's session
            today.misses = 0 if right else today.misses + 1
        today.ended = today.ended or today.misses >= MISSES_THAT_END

    def _spend(self, step: Step, item: Item, at: datetime) -> DayMemory:
        """Book the step's minutes on the day, the skill and the item."""
        known, asked, today = self._skill(item.skill), self._item(item), self._today(at)
        known.steps += 1
        asked.asked, asked.last_asked = asked.asked + 1, reviews.utc(at)
        if step.minutes <= 0:
            return today
        today.minutes += max(step.minutes, 0.0)
        today.upkeep += max(step.minutes, 0.0) if known.let_go else 0.0
        today.steps += 1
        today.skills.append(item.skill)
        return today

    def _reviewed(self, item: Item, right: bool, hints: int, at: datetime) -> None:
        """Move the review and the rung; mastery lets go, two failed reviews in a row take the hand again."""
        known, settings = self._skill(item.skill), self.settings
        grade = reviews.AGAIN if not right else reviews.HARD if hints else reviews.GOOD
        before = known.review or reviews.first_review(at, self.zone)
        known.review = reviews.reviewed(
            before, grade, at, self.zone, settings.retention, settings.least_gap, settings.miss_gap
        )
        known.foothold = ladder.climbed(known.foothold, item.kind, right, hints, self.chances(item.skill, at))
        if right and not hints:
            known.proven = max(known.proven, item.rung)
        if self.mastery(item.skill, at).mastered:
            known.let_go = True
        if not known.let_go and known.foothold.rung > known.proven:
            known.review = reviews.no_later(known.review, at, settings.fading_gap, self.zone)
        if known.review.failed_in_a_row >= REVIEWS_THAT_REOPEN and known.let_go:
            known.let_go, known.proven = False, ladder.EXPLAIN
            known.foothold = ladder.Foothold(ladder.PUT_BACK)

    # What is known

    def mastery(self, skill: str, at: datetime) -> Estimate:
        """What the graded answers say about this skill today."""
        known = self.memory.skills.get(skill) or SkillMemory()
        standing = Standing(self.memory.learner, known.in_skill, NEW_ITEM, known.skill)
        return estimate(standing, known.answers, self._days(known, at))

    def chances(self, skill: str, at: datetime) -> ladder.Chances:
        """Predicted success now on an average item of each kind that opens a rung."""

        def chance(rung: int, guess: float) -> float:
            return self._chance(Item("", skill, ladder.KIND_OF_RUNG[rung], guess), at, 0)

        return ladder.Chances(
            cloze=chance(ladder.PUT_BACK, 1 / 3),
            compose=chance(ladder.WRITE, 0.0),
            transfer=chance(ladder.CARRY, 0.0),
        )

    def rung(self, skill: str, at: datetime) -> RungView:
        """The rung in this skill and what moves it."""
        known = self.memory.skills.get(skill) or SkillMemory()
        return self._rung_view(known.foothold.rung)

    def playbook_rung(self, skills: Iterable[str], at: datetime) -> RungView:
        """The rung in a playbook: the lower middle of its skills."""
        return self._rung_view(ladder.of_playbook(self.rung(skill, at).rung for skill in skills))

    def _rung_view(self, rung: int) -> RungView:
        say, language = phrases().say, self.settings.language
        return RungView(rung, say(f"rung.{rung}", language), say(f"rung.moves_{rung}", language))

    def due(self, at: datetime) -> list[str]:
        """The skills to announce as due today: at most eight, whatever has gathered."""
        return self._due(at)[: max(0, self.settings.per_day - self._today(at).steps)]

    def session_ended(self, at: datetime) -> bool:
        """Whether three misses in a row have ended today's practice."""
        return self._today(at).ended

    def state(self) -> dict[str, Any]:
        """Everything remembered, as JSON values."""
        return memory_to(self.memory)

    @classmethod
    def restore(
        cls, skills: Iterable[Skill], items: Iterable[Item], state: Mapping[str, Any], settings: TutorSettings = USUAL
    ) -> Tutor:
        """The tutor that gave this state; skills and items may have come or gone since."""
        tutor = cls(skills, items, settings)
        tutor.memory = memory_from(state)
        return tutor

    def _sentence(
        self, skill: str, chance: float, outcome: str, before: Estimate, after: Estimate, at: datetime
    ) -> str:
        known, language = self._skill(skill), self.settings.language
        hints = outcome.removeprefix("hinted:")
        words = phrases().say("mentor.hinted" if hints != outcome else f"mentor.{outcome}", language, hints=hints)
        due = reviews.local_day(known.review.due, self.zone) if known.review else None
        return change_sentence(chance, words, self._name(skill), before, after, due, self._day(at), language)

    def _skill(self, skill: str) -> SkillMemory:
        return self.memory.skills.setdefault(skill, SkillMemory())

    def _item_of(self, step: Step) -> Item:
        """The step's item; one that has left the pool since counts as an average item of its kind."""
        item = self.items.get(step.item)
        return item if item and item.skill == step.skill else Item(step.item, step.skill, step.kind, UNKNOWN_GUESS)

    def _item(self, item: Item) -> ItemMemory:
        if item.id not in self.memory.items:
            self.memory.items[item.id] = ItemMemory(_author_rating(item))
        return self.memory.items[item.id]

    def _today(self, at: datetime) -> DayMemory:
        """Today's tally; a later day starts a new one, an answer that arrives late counts into the newest."""
        day, kept = self._day(at), self.memory.today
        if kept.day is None or day > kept.day:
            self.memory.today = DayMemory(day)
        return self.memory.today

    def _is_due(self, skill: str, at: datetime) -> bool:
        known = self.memory.skills.get(skill)
        if known is None or known.review is None:
            return False
        return overdue_days(known.review.due, self._day(at), self.zone) >= 0

    def _standing(self, item: Item) -> Standing:
        known, asked = self.memory.skills.get(item.skill) or SkillMemory(), self.memory.items.get(item.id)
        rating = asked.rating if asked else _author_rating(item)
        return Standing(self.memory.learner, known.in_skill, rating, known.skill)

    def _chance(self, item: Item, at: datetime, hints: int) -> float:
        known = self.memory.skills.get(item.skill) or SkillMemory()
        return expected(self._standing(item), _guess(item, hints), self._days(known, at))

    def _days(self, known: SkillMemory, at: datetime) -> float:
        if known.last_graded is None:
            return 0.0
        return max(0.0, (reviews.utc(at) - known.last_graded) / timedelta(days=1))

    def _day(self, at: datetime) -> date:
        return reviews.local_day(at, self.zone)

    def _confusable(self, one: str, other: str) -> bool:
        first, second = self.skills.get(one), self.skills.get(other)
        return bool(first and other in first.confusable or second and one in second.confusable)

    def _name(self, skill: str) -> str:
        return self.settings.names.get(skill, skill)


def _guess(item: Item, hints: int) -> float:
    """The chance of a right answer without knowing; each hint raises it."""
    blind = min(max(item.guess, 0.0), 0.95)
    return 1 - (1 - blind) * (1 - HINT_HELPS) ** min(hints, ladder.WORKED_EXAMPLE)


def _author_rating(item: Item) -> Rating:
    return Rating(RUNG_DIFFICULTY[item.rung] + item.difficulty, NEW_ITEM.variance)


def _outcome(correct: bool, shown: bool, hints: int) -> str:
    if shown:
        return "shown"
    if not correct:
        return "wrong"
    return f"hinted:{hints}" if hints else "right"


def _review_rungs(rung: int) -> tuple[int, ...]:
    """What a review may ask: closed items at the rung, then the easier ones, so that many short reviews fit."""
    return tuple(range(min(max(rung, ladder.PUT_BACK), ladder.REPAIR), ladder.COPY, -1))
