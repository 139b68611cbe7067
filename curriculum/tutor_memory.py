"""What the tutor remembers of one learner, and its form as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from curriculum.ladder import COPY, Foothold
from curriculum.mastery import NEW_LEARNER, NEW_LEARNER_SKILL, Rating
from curriculum.reviews import Review

FORMAT = 1
# One learner's answers cannot tell a hard skill from a weak spot of theirs, so here the difficulty of a skill is taken
# as nearly known, and what is not known stays with the learner.
SKILL_HERE = Rating(0.0, 0.15)


@dataclass
class SkillMemory:
    """One skill: its ratings, its place on the ladder, its review."""

    in_skill: Rating = NEW_LEARNER_SKILL
    skill: Rating = SKILL_HERE
    answers: int = 0
    uses: int = 0
    steps: int = 0
    last_used: datetime | None = None
    last_graded: datetime | None = None
    foothold: Foothold = Foothold(COPY)
    proven: int = COPY  # the highest rung with an unaided right answer
    let_go: bool = False  # mastered: reviews only, until two in a row fail
    review: Review | None = None


@dataclass
class ItemMemory:
    """One item: how hard it has proved to be, when it was asked last, and what was said then."""

    rating: Rating
    asked: int = 0
    last_asked: datetime | None = None


@dataclass
class DayMemory:
    """What was done on the current day; a new day starts empty."""

    day: date | None = None
    minutes: float = 0.0
    upkeep: float = 0.0
    steps: int = 0
    misses: int = 0  # in a row
    ended: bool = False
    skills: list[str] = field(default_factory=list)


@dataclass
class TutorMemory:
    """Everything the tutor knows of one learner."""

    learner: Rating = NEW_LEARNER
    skills: dict[str, SkillMemory] = field(default_factory=dict)
    items: dict[str, ItemMemory] = field(default_factory=dict)
    today: DayMemory = field(default_factory=DayMemory)
    uses: int = 0
    offers: int = 0


def memory_to(memory: TutorMemory) -> dict[str, Any]:
    """The memory as plain JSON values."""
    today = memory.today
    return {
        "format": FORMAT,
        "learner": _pair(memory.learner),
        "uses": memory.uses,
        "offers": memory.offers,
        "today": vars(today) | {"day": today.day.isoformat() if today.day else None, "skills": list(today.skills)},
        "items": {
            key: {"rating": _pair(one.rating), "asked": one.asked, "last_asked": _moment(one.last_asked)}
            for key, one in memory.items.items()
        },
        "skills": {key: _skill_to(one) for key, one in memory.skills.items()},
    }


def memory_from(state: Mapping[str, Any]) -> TutorMemory:
    """The memory a state holds; what is missing starts as new."""
    today = dict(state.get("today") or {})
    today["day"] = date.fromisoformat(today["day"]) if today.get("day") else None
    today["skills"] = list(today.get("skills") or ())
    known = set(DayMemory.__dataclass_fields__)
    return TutorMemory(
        learner=_rating(state.get("learner"), NEW_LEARNER),
        skills={str(key): _skill_from(one) for key, one in dict(state.get("skills") or {}).items()},
        items={
            str(key): ItemMemory(
                _rating(one.get("rating"), Rating(0.0, 0.9)), int(one.get("asked", 0)), _parsed(one.get("last_asked"))
            )
            for key, one in dict(state.get("items") or {}).items()
        },
        today=DayMemory(**{key: value for key, value in today.items() if key in known}),
        uses=int(state.get("uses", 0)),
        offers=int(state.get("offers", 0)),
    )


def _skill_to(one: SkillMemory) -> dict[str, Any]:
    review = one.review
    return {
        "in_skill": _pair(one.in_skill),
        "skill": _pair(one.skill),
        "answers": one.answers,
        "uses": one.uses,
        "steps": one.steps,
        "last_used": _moment(one.last_used),
        "last_graded": _moment(one.last_graded),
        "rung": one.foothold.rung,
        "misses": one.foothold.misses,
        "proven": one.proven,
        "let_go": one.let_go,
        "review": None
        if review is None
        else {name: getattr(review, name) for name in _REVIEW_NUMBERS}
        | {"due": _moment(review.due), "last": _moment(review.last)},
    }


_REVIEW_NUMBERS = ("stability", "difficulty", "reps", "lapses", "failed_in_a_row")


def _skill_from(state: Mapping[str, Any]) -> SkillMemory:
    return SkillMemory(
        in_skill=_rating(state.get("in_skill"), NEW_LEARNER_SKILL),
        skill=_rating(state.get("skill"), SKILL_HERE),
        answers=int(state.get("answers", 0)),
        uses=int(state.get("uses", 0)),
        steps=int(state.get("steps", 0)),
        last_used=_parsed(state.get("last_used")),
        last_graded=_parsed(state.get("last_graded")),
        foothold=Foothold(int(state.get("rung", COPY)), int(state.get("misses", 0))),
        proven=int(state.get("proven", COPY)),
        let_go=bool(state.get("let_go", False)),
        review=_review_from(state.get("review") or {}),
    )


def _review_from(state: Mapping[str, Any]) -> Review | None:
    due = _parsed(state.get("due"))
    if due is None:
        return None
    return Review(due, _parsed(state.get("last")), **{name: state[name] for name in _REVIEW_NUMBERS if name in state})


def _pair(rating: Rating) -> list[float]:
    return [rating.value, rating.variance]


def _rating(pair: Any, default: Rating) -> Rating:
    if not pair:
        return default
    value, variance = float(pair[0]), float(pair[1])
    return Rating(value, variance) if isfinite(value) and isfinite(variance) and variance > 0 else default


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _parsed(text: Any) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
