"""The rating: what an answer may and may not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import isfinite, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.mastery import (
    NEW_ITEM,
    Rating,
    Standing,
    estimate,
    expected,
    learned,
    logistic,
)
from curriculum.sentences import change_sentence, probability

values = st.floats(-6, 6)
ratings = st.builds(Rating, values, st.floats(0.01, 2))
standings = st.builds(Standing, ratings, ratings, ratings, ratings)
guesses = st.floats(0, 0.9)
gaps = st.floats(0, 4000)


@given(standings, guesses, gaps)
def test_a_right_answer_raises_and_a_wrong_one_lowers(standing: Standing, guess: float, days: float) -> None:
    right, wrong = learned(standing, True, guess, days), learned(standing, False, guess, days)
    assert right.learner.value > standing.learner.value > wrong.learner.value
    assert right.item.value < standing.item.value < wrong.item.value
    assert estimate(right, 5).mean >= estimate(standing, 4).mean >= estimate(wrong, 5).mean


@given(standings, st.booleans(), guesses)
def test_every_answer_leaves_less_to_know_save_for_drift(standing: Standing, correct: bool, guess: float) -> None:
    after = learned(standing, correct, guess)
    assert 0 < after.item.variance < standing.item.variance
    assert 0 < after.learner.variance < standing.learner.variance + 0.0021


@given(standings, gaps)
def test_a_right_guessable_answer_says_less_than_one_nobody_can_guess(standing: Standing, days: float) -> None:
    open_item, closed_item = learned(standing, True, 0.0, days), learned(standing, True, 1 / 3, days)
    assert closed_item.learner.value < open_item.learner.value


@given(standings, guesses, gaps)
def test_expectation_is_a_probability_above_the_guess_and_fades_with_time(
    standing: Standing, guess: float, days: float
) -> None:
    now, later = expected(standing, guess), expected(standing, guess, days)
    assert guess <= later <= now <= 1 and isfinite(later)


def test_without_guessing_and_days_the_update_is_the_measured_one() -> None:
    """learning.md's five lines, computed by hand for a new learner on a new item."""
    standing = Standing()
    variance = 1.0 + 0.5 + 0.9 + 0.5
    chance = logistic(0 / sqrt(1 + pi * variance / 8))
    information = chance * (1 - chance)
    step = (1 - chance) / (1 + variance * information)
    after = learned(standing, True)
    assert after.learner.value == pytest.approx(1.0 * step)
    assert after.learner.variance == pytest.approx(1.0 - information / (1 + variance * information) + 0.002)
    assert after.in_skill.variance == pytest.approx(0.5 - 0.25 * information / (1 + variance * information) + 0.01)
    assert after.item.value == pytest.approx(-0.9 * step)


@given(st.lists(st.booleans(), max_size=40))
def test_the_flags_speak_by_the_lower_bound_and_never_before_three_answers(hits: list[bool]) -> None:
    standing = Standing()
    for count, hit in enumerate(hits, 1):
        standing = learned(standing, hit, 1 / 3)
        shown = estimate(standing, count)
        assert shown.low < shown.mean < shown.high and shown.mean - shown.sd == pytest.approx(shown.low)
        assert shown.stop_fading == (count >= 3 and shown.mean - shown.sd >= 0.75)
        assert not shown.mastered or (shown.stop_fading and shown.mean >= 0.80)


def test_mastery_is_earned_and_lost() -> None:
    standing = Standing()
    for _ in range(16):
        standing = replace(learned(standing, True), item=NEW_ITEM)
    assert estimate(standing, 16).mastered
    assert not estimate(standing, 8, days=10**9).mastered
    for _ in range(6):
        standing = replace(learned(standing, False), item=NEW_ITEM)
    assert not estimate(standing, 22).stop_fading


@given(st.floats(-1e9, 1e9))
def test_the_logistic_never_overflows(level: float) -> None:
    assert 0 <= logistic(level) <= 1


def test_the_sentence_for_the_mentor_in_both_languages() -> None:
    before = estimate(Standing(Rating(-1.3, 0.2), Rating(0, 0.2)), 3)
    after = estimate(Standing(Rating(1.05, 0.2), Rating(0, 0.2)), 4)
    thursday, monday = date(2026, 11, 5), date(2026, 11, 2)
    chinese = change_sentence(0.62, "答对了", "约束", before, after, thursday, monday, "zh-CN")
    assert chinese.startswith("预期 62%，答对了；「约束」从 .21 升到 .74（可能 .")
    assert chinese.endswith("；下次复习周四")
    english = change_sentence(0.62, "answered right", "constraints", before, after, thursday, monday, "en")
    assert "rose from .21 to .74 (likely ." in english and english.endswith("next review Thursday")
    young = estimate(Standing(), 2)
    early = change_sentence(0.62, "答对了", "约束", young, young, None, monday, "zh-CN")
    assert early == "预期 62%，答对了；「约束」才答 2 题，还看不准；不再安排复习"


@given(st.floats(0, 1))
def test_no_probability_is_shown_as_certain(value: float) -> None:
    assert probability(value) not in (".00", "1.00", "0")
