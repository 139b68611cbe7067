"""When skills come back, at which hours people are spoken to, and how rungs move."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from curriculum import ladder, reviews
from curriculum.ladder import Chances, Foothold
from curriculum.sentences import day_name, phrases
from foundation.phrasebook import places

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
ZONES = [SHANGHAI, NEW_YORK, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]
zones = st.sampled_from(ZONES)
MINUTES = st.integers(0, 15 * 365 * 24 * 60)
moments = MINUTES.map(lambda minute: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
hours = st.integers(0, 23)
SURE, UNSURE = Chances(0.95, 0.9, 0.9), Chances(0.4, 0.1, 0.1)


@given(moments, zones)
def test_the_first_review_is_on_the_next_calendar_day(at: datetime, zone: ZoneInfo) -> None:
    due = reviews.local_day(reviews.first_review(at, zone).due, zone)
    assert (due - reviews.local_day(at, zone)).days == 1


@given(moments, zones, st.lists(st.tuples(st.integers(1, 4), st.integers(-3, 400)), max_size=12))
def test_reviews_come_back_within_forty_five_days_whatever_was_answered(
    at: datetime, zone: ZoneInfo, answers: list[tuple[int, int]]
) -> None:
    review = reviews.first_review(at, zone)
    for grade, gap in answers:
        at += timedelta(days=gap)
        review = reviews.reviewed(review, grade, at, zone)
        assert review.last is not None
        ahead = (reviews.local_day(review.due, zone) - reviews.local_day(review.last, zone)).days
        assert 1 <= ahead <= 45
        assert 0 <= reviews.recall_chance(review, at, zone) <= 1
    assert review.reps == len(answers) and review.lapses <= review.reps


def test_good_answers_stretch_the_gaps_and_a_miss_shortens_them() -> None:
    at, gaps = datetime(2026, 11, 2, 9, tzinfo=UTC), []
    review = reviews.first_review(at, SHANGHAI)
    for grade in (3, 3, 3, 1, 3):
        at = review.due
        review = reviews.reviewed(review, grade, at, SHANGHAI)
        gaps.append(round((review.due - at) / timedelta(days=1)))
    assert gaps == [2, 11, 45, 1, 5]


def test_an_hour_less_than_a_day_is_still_the_next_day() -> None:
    at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    first = reviews.reviewed(reviews.first_review(at, SHANGHAI), 3, at, SHANGHAI)
    early = reviews.reviewed(first, 3, at + timedelta(hours=47), SHANGHAI)
    late = reviews.reviewed(first, 3, at + timedelta(hours=49), SHANGHAI)
    assert early.stability == late.stability


@given(st.dictionaries(st.text(max_size=4), moments, max_size=60), zones, st.integers(1, 8))
def test_spreading_keeps_every_review_and_no_day_over_the_cap(
    due: dict[str, datetime], zone: ZoneInfo, cap: int
) -> None:
    today = date(2027, 3, 1)
    planned = reviews.spread(due, today, zone, cap)
    assert planned.keys() == due.keys()
    assert all(day >= max(today, reviews.local_day(due[key], zone)) for key, day in planned.items())
    counts = [list(planned.values()).count(day) for day in set(planned.values())]
    assert max(counts, default=0) <= cap


@given(moments, zones, hours, st.tuples(hours, hours))
def test_a_push_comes_within_two_days_and_never_in_quiet_hours(
    after: datetime, zone: ZoneInfo, hour: int, quiet: tuple[int, int]
) -> None:
    push = reviews.next_push(after, zone, hour, quiet)
    assert after < push <= after + timedelta(days=2, hours=1)
    assert not reviews.is_quiet(push, zone, quiet)
    assert not reviews.is_quiet(reviews.snoozed(after, zone, 3, quiet), zone, quiet)


def test_an_hour_skipped_by_the_clock_comes_right_after_the_gap() -> None:
    push = reviews.next_push(datetime(2026, 3, 8, 5, tzinfo=UTC), NEW_YORK, 2, (0, 0))
    assert push == datetime(2026, 3, 8, 7, tzinfo=UTC)  # 03:00 summer time


def test_a_push_at_ten_at_night_waits_for_the_morning() -> None:
    push = reviews.next_push(datetime(2026, 11, 2, 1, tzinfo=UTC), SHANGHAI, 23, (22, 8))
    assert push.astimezone(SHANGHAI).hour == 8


def test_one_rung_up_for_an_unaided_answer_and_down_after_two_misses() -> None:
    foot = Foothold()
    for kind in ("explain", "cloze", "repair", "compose", "transfer"):
        foot = ladder.climbed(foot, kind, True, 0, SURE)
    assert foot == Foothold(ladder.CARRY)
    once = ladder.climbed(foot, "transfer", False, 0, SURE)
    assert once == Foothold(ladder.CARRY, 1)
    assert ladder.climbed(once, "transfer", False, 0, SURE) == Foothold(ladder.WRITE)


@given(st.integers(0, 5), st.sampled_from(list(ladder.RUNG_OF_KIND)), st.booleans(), st.integers(0, 5))
def test_no_answer_moves_more_than_a_rung_and_hints_never_lift(rung: int, kind: str, correct: bool, hints: int) -> None:
    after = ladder.climbed(Foothold(rung), kind, correct, hints, SURE)
    assert abs(after.rung - max(rung, 1)) <= 1
    if hints or not correct:
        assert after.rung <= max(rung, 1)
    assert ladder.climbed(Foothold(rung), kind, correct, hints, UNSURE).rung <= max(rung, 1)


def test_the_last_clause_is_hidden_first_then_the_last_two() -> None:
    assert ladder.clauses_to_hide(2, 5, 0) == (4,)
    assert ladder.clauses_to_hide(2, 5, 1) == (3, 4)
    assert ladder.clauses_to_hide(1, 5, 1) == ladder.clauses_to_hide(2, 0, 1) == ()


def test_a_playbook_stands_where_its_weaker_half_stands() -> None:
    assert [ladder.of_playbook(rungs) for rungs in ([], [3], [1, 5], [0, 2, 5], [2, 2, 4, 5])] == [0, 3, 1, 2, 2]


def test_phrases_of_both_languages_agree_in_keys_and_nearly_in_places() -> None:
    book = phrases().phrases
    assert book["zh-CN"].keys() == book["en"].keys()
    for key, template in book["zh-CN"].items():
        assert places(template) <= places(book["en"][key]) | {"year"}


def test_days_are_named_as_people_name_them() -> None:
    monday = date(2026, 11, 2)
    named = [day_name(monday + timedelta(days=n), monday, "zh-CN") for n in (0, 1, 3, 7)]
    assert named == ["今天", "明天", "周四", "11月9日"]
