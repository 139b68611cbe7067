"""When a skill comes back: FSRS intervals in our own columns, at most eight a day, at hours people keep.

Days are the learner's own calendar days, so neither an hour's difference nor a clock change turns "tomorrow" into
"today". Time is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsrs import Scheduler

LONGEST_DAYS = 45  # learning.md: FSRS capped at 45 days
PER_DAY = 8  # never more than eight due items a day
AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4  # FSRS' grades


@dataclass(frozen=True, slots=True)
class Review:
    """One skill's place in the review rhythm: exactly the columns we keep."""

    due: datetime
    last: datetime | None = None
    stability: float | None = None
    difficulty: float | None = None
    reps: int = 0
    lapses: int = 0
    failed_in_a_row: int = 0


def utc(moment: datetime) -> datetime:
    """This moment in UTC; one without a zone is taken as UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def local_day(moment: datetime, zone: tzinfo) -> date:
    """The learner's calendar day at this moment."""
    return utc(moment).astimezone(zone).date()


def day_start(day: date, zone: tzinfo) -> datetime:
    """The first moment of a learner's day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def first_review(at: datetime, zone: tzinfo) -> Review:
    """The first retrieval comes the next day: no quiz at first exposure (van Gog & Kester 2012)."""
    return Review(due=day_start(local_day(at, zone) + timedelta(days=1), zone))


def reviewed(
    review: Review,
    grade: int,
    at: datetime,
    zone: tzinfo,
    retention: float = 0.9,
    least_days: int = 1,
    miss_days: int = 1,
) -> Review:
    """The review after an answer graded 1 (again) to 4 (easy); the next one is due in 1 to 45 days.

    An answer that arrives late, from before the last one, moves no date backwards.
    """
    today = local_day(at, zone)
    last_day = local_day(review.last, zone) if review.last else None
    if review.last is not None and last_day is not None and today < last_day:
        today, at = last_day, review.last
    stability, difficulty = _remembered(review, grade, (today - last_day).days if last_day else None)
    missed = grade == AGAIN
    days = miss_days if missed else max(least_days, interval_days(stability, retention))
    return Review(
        due=day_start(today + timedelta(days=min(days, LONGEST_DAYS)), zone),
        last=utc(at),
        stability=stability,
        difficulty=difficulty,
        reps=review.reps + 1,
        lapses=review.lapses + (missed and review.reps > 0),
        failed_in_a_row=review.failed_in_a_row + 1 if missed else 0,
    )


def _remembered(review: Review, grade: int, days: int | None) -> tuple[float, float]:
    """Stability and difficulty after this grade, by FSRS-6 with its default parameters."""
    from fsrs import Card, Rating, State  # imported here: start-up does not need it

    start = datetime(2000, 1, 1, tzinfo=UTC)
    card = Card(card_id=1)  # an id, or the library sleeps to find a free one
    if review.stability is not None and review.difficulty is not None and days is not None:
        card = Card(1, State.Review, stability=review.stability, difficulty=review.difficulty, last_review=start)
    after, _ = _scheduler().review_card(card, Rating(grade), start + timedelta(days=days or 0))
    return float(after.stability or 0.01), float(after.difficulty or 5.0)


@lru_cache(1)
def _scheduler() -> Scheduler:
    from fsrs import Scheduler

    return Scheduler(learning_steps=(), relearning_steps=(), maximum_interval=LONGEST_DAYS, enable_fuzzing=False)


_DECAY = 0.1542  # FSRS-6, default parameter 20
_FACTOR = 0.9 ** (-1 / _DECAY) - 1


def recall_chance(review: Review, at: datetime, zone: tzinfo) -> float:
    """FSRS' chance that the skill is still recalled; 0 before the first review."""
    if review.stability is None or review.last is None:
        return 0.0
    days = max(0, (local_day(at, zone) - local_day(review.last, zone)).days)
    return float((1 + _FACTOR * days / review.stability) ** -_DECAY)


def interval_days(stability: float, retention: float) -> int:
    """The days after which recall has fallen to `retention`, 1 to 45."""
    days: float = stability / _FACTOR * (retention ** (-1 / _DECAY) - 1)
    return max(1, min(LONGEST_DAYS, round(days)))


def spread(due: Mapping[str, datetime], today: date, zone: tzinfo, per_day: int = PER_DAY) -> dict[str, date]:
    """A day for each review, none before its due day, the longest overdue first, at most `per_day` on any day."""
    load: dict[date, int] = {}
    planned: dict[str, date] = {}
    for key in sorted(due, key=lambda one: (utc(due[one]), one)):
        day = max(today, local_day(due[key], zone))
        while load.get(day, 0) >= per_day:
            day += timedelta(days=1)
        planned[key], load[day] = day, load.get(day, 0) + 1
    return planned


Quiet = tuple[int, int]  # hours from .. to, local; may pass midnight; equal hours: never quiet
NIGHT: Quiet = (22, 8)


def is_quiet(moment: datetime, zone: tzinfo, quiet: Quiet = NIGHT) -> bool:
    """Whether this moment falls into the learner's quiet hours."""
    start, end = quiet
    hour = utc(moment).astimezone(zone).hour
    return start <= hour < end if start <= end else hour >= start or hour < end


def awake(moment: datetime, zone: tzinfo, quiet: Quiet = NIGHT) -> datetime:
    """This moment, or the end of the quiet hours it falls into."""
    if not is_quiet(moment, zone, quiet):
        return utc(moment)
    local = utc(moment).astimezone(zone)
    day = local.date() + timedelta(days=1 if local.hour >= quiet[1] else 0)
    return _at_hour(day, quiet[1], zone)


def next_push(after: datetime, zone: tzinfo, hour: int, quiet: Quiet = NIGHT) -> datetime:
    """The first moment after `after` at the learner's own hour, outside quiet hours, in UTC.

    An hour that a clock change skips comes at the first moment after the gap; one that comes twice, at the first.
    """
    after = utc(after)
    day = local_day(after, zone)
    for ahead in range(-1, 4):
        moment = awake(_at_hour(day + timedelta(days=ahead), hour, zone), zone, quiet)
        if moment > after:
            return moment
    raise AssertionError("some day has this hour")


def snoozed(at: datetime, zone: tzinfo, hours: float = 3.0, quiet: Quiet = NIGHT) -> datetime:
    """When a snoozed push comes back: some hours on, never into quiet hours."""
    return awake(utc(at) + timedelta(hours=hours), zone, quiet)


def no_later(review: Review, at: datetime, days: int, zone: tzinfo) -> Review:
    """The same review, due at most so many days from now."""
    latest = day_start(local_day(at, zone) + timedelta(days=days), zone)
    return replace(review, due=min(review.due, latest))


def postponed(review: Review, day: date, zone: tzinfo) -> Review:
    """The same review, due on another day."""
    return replace(review, due=day_start(day, zone))


def _at_hour(day: date, hour: int, zone: tzinfo) -> datetime:
    """A local hour as a moment in UTC; an hour inside a gap of the clock becomes the gap's end."""
    day += timedelta(days=hour // 24)
    return datetime.combine(day, time(hour % 24), tzinfo=zone).astimezone(UTC)
