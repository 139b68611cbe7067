"""Which clause earns its place: no claim without a difference, none missed where it is plain, and the figures hold."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.ablation import (
    WHOLE,
    Output,
    bootstrap,
    effects,
    holm,
    permutation_p,
    repeats_needed,
    smallest_p,
)

COUNTS = st.lists(st.integers(0, 6), min_size=2, max_size=7)


def outputs(errors: dict[str, list[int]]) -> list[Output]:
    return [Output(clause, n, "m", "", (), one, 0) for clause, counts in errors.items() for n, one in enumerate(counts)]


@given(COUNTS, COUNTS)
def test_a_permutation_test_is_a_share_and_does_not_care_for_order(one: list[int], other: list[int]) -> None:
    p = permutation_p(one, other)
    assert smallest_p(len(one), len(other)) / 2 <= p <= 1
    assert p == pytest.approx(permutation_p(one[::-1], sorted(other)))
    assert p == pytest.approx(permutation_p(other, one))


@given(COUNTS)
def test_the_same_on_both_sides_is_no_difference(one: list[int]) -> None:
    assert permutation_p(one, one) == 1
    low, high = bootstrap(one, one)
    assert low <= 0 <= high
    assert [e.verdict for e in effects(outputs({WHOLE: one, "a": one}), ["a"])] != ["earns"]


@given(COUNTS, COUNTS)
def test_the_difference_stands_in_its_interval(one: list[int], other: list[int]) -> None:
    [found] = effects(outputs({WHOLE: one, "a": other}), ["a"])
    assert found.low - 1e-9 <= found.difference <= found.high + 1e-9
    assert (found.with_clause, found.without) == (sum(one) / len(one), sum(other) / len(other))


def test_a_clause_without_which_everything_fails_earns_its_place() -> None:
    made = outputs({WHOLE: [0] * 8, "plain": [3, 2, 4, 3, 3, 2, 3, 4], **{f"idle{n}": [0] * 8 for n in range(9)}})
    found = {one.clause: one.verdict for one in effects(made, ["plain", *(f"idle{n}" for n in range(9))])}
    assert found.pop("plain") == "earns" and set(found.values()) == {"no_difference"}
    made = outputs({WHOLE: [4] * 8, "bad": [0] * 8})
    assert effects(made, ["bad"])[0].verdict == "harms"


def test_what_would_stand_alone_is_unclear_among_many() -> None:
    noisy = {WHOLE: [0, 0, 2, 0, 2, 0], "a": [4, 2, 4, 3, 4, 4], **{f"c{n}": [0, 2, 0, 0, 1, 0] for n in range(11)}}
    found = {one.clause: one for one in effects(outputs(noisy), list(noisy)[1:])}
    assert 0.05 / 12 < found["a"].p <= 0.05 and found["a"].verdict == "unclear"


def test_too_few_outputs_claim_nothing_however_plain() -> None:
    clauses = [f"c{n}" for n in range(10)]
    made = outputs({WHOLE: [0] * 3, **{clause: [9] * 3 for clause in clauses}})
    assert {one.verdict for one in effects(made, clauses)} == {"too_few"}
    assert repeats_needed(10) == 6 and smallest_p(6, 6) <= 0.05 / 10 < smallest_p(5, 5)


def test_of_whole_ablations_without_any_effect_few_claim_one() -> None:
    """300 ablations of eight clauses, all outputs alike by chance: at most one in twenty claims anything (and some slack)."""
    chance = random.Random(11)
    claims = 0
    for _ in range(300):
        ps = {
            f"c{n}": permutation_p(*([chance.choice((0, 0, 1, 2)) for _ in range(6)] for _ in range(2)))
            for n in range(8)
        }
        claims += bool(holm(ps))
    assert claims <= 300 * 0.05 + 3 * (300 * 0.05 * 0.95) ** 0.5


def test_nothing_made_is_nothing_found() -> None:
    assert effects([], ["a"]) == []
    assert effects(outputs({"a": [1, 2]}), ["a"]) == []
