"""The power-cut test, and what answers say about items."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum import itemstats, probes
from curriculum.itemstats import Response
from curriculum.probes import ProbeAnswer, ProbeItem
from curriculum.sentences import flag_words

SHANGHAI = ZoneInfo("Asia/Shanghai")
LENGTHS = {"case": 2.0, "closed": 0.5, "judgement": 0.8}
POOL = [ProbeItem(f"{kind}{n}", f"s{n % 6}", kind, LENGTHS[kind]) for kind in LENGTHS for n in range(12)]
answers = st.lists(
    st.builds(
        ProbeAnswer,
        st.sampled_from(["2026-W45", "2026-W46", "2026-W47", "2026-W48", "2026-W49"]),
        st.text(max_size=3),
        st.booleans(),
        st.sampled_from(["sure", "think", "guess", ""]),
        st.floats(0, 0.5),
    ),
    max_size=40,
)


@given(st.sets(st.sampled_from([item.id for item in POOL])), st.text(max_size=5))
def test_a_test_is_unseen_short_and_the_same_at_every_door(seen: set[str], learner: str) -> None:
    probe = probes.weekly_probe(POOL, seen, "2026-W48", learner)
    assert probe == probes.weekly_probe(POOL[::-1], seen, "2026-W48", learner)
    assert not {item.id for item in probe.items} & seen
    assert sum(item.minutes for item in probe.items) <= 5 + 1e-9
    kinds = [item.kind for item in probe.items]
    assert kinds.count("case") <= 1 and kinds.count("judgement") <= 1


def test_a_full_pool_gives_a_case_a_judgement_and_closed_items_of_different_skills() -> None:
    probe = probes.weekly_probe(POOL, (), "2026-W48", "me")
    closed = [item.skill for item in probe.items if item.kind == "closed"]
    assert probe.is_complete and len(closed) == 4 == len(set(closed))
    assert probe != probes.weekly_probe(POOL, (), "2026-W49", "me")


def test_once_a_week_by_the_learners_own_calendar() -> None:
    sunday_night = datetime(2026, 11, 22, 17, tzinfo=UTC)  # Monday in Shanghai
    assert probes.week_of(sunday_night, SHANGHAI) == "2026-W48"
    assert not probes.is_due({"2026-W48"}, sunday_night, SHANGHAI)
    assert probes.next_week({"2026-W48"}, date(2026, 11, 25)) == date(2026, 11, 30)
    assert probes.next_week((), date(2026, 11, 25)) == date(2026, 11, 23)


def test_wilsons_range_as_published() -> None:
    """8 of 10 at 95 %: .490 to .943 (Newcombe 1998's method 3)."""
    share = probes.wilson(8, 10, 1.96)
    assert share is not None
    assert [share.low, share.high] == pytest.approx([0.490, 0.943], abs=0.001)
    assert probes.wilson(0, 0) is None


@given(answers)
def test_shares_stay_in_their_ranges_and_curves_lose_no_tap(given_answers: list[ProbeAnswer]) -> None:
    alone = probes.independence(given_answers)
    if alone is not None:
        assert 0 <= alone.low <= alone.value <= alone.high <= 1
        assert alone.count == sum(one.week in sorted({a.week for a in given_answers})[-4:] for one in given_answers)
    curve = probes.confidence_curve(given_answers)
    assert sum(point.right.count for point in curve) == sum(one.confidence != "" for one in given_answers)
    luck = probes.beyond_luck(given_answers)
    assert luck is None or (alone is not None and 0 <= luck <= 1)


def test_sure_and_wrong_is_overconfident() -> None:
    boasts = [ProbeAnswer("w", str(n), n == 0, "sure") for n in range(10)]
    assert probes.overconfidence(boasts) == pytest.approx(0.85)
    assert probes.overconfidence([]) is None


def test_the_dial_has_four_fields_and_stays_open_where_nothing_was_measured() -> None:
    able, unable = probes.wilson(19, 20), probes.wilson(4, 20)
    fields = [probes.dial(share, alone).field for share in (0.9, 0.1) for alone in (able, unable)]
    assert fields == ["in_command", "kept", "by_hand", "starting"]
    assert probes.dial(None, able).field == "" and probes.dial(0.9, probes.wilson(2, 3)).field == ""
    assert probes.dial(0.9, able).is_sure and not probes.dial(0.9, probes.wilson(6, 10)).is_sure


def school(learners: int = 200, seed: int = 3) -> list[Response]:
    """Ten honest items; one that everybody guesses, one that is keyed wrong, one that drifts."""
    random, given_answers = Random(seed), []
    for learner in range(learners):
        ability = random.gauss(0, 1)
        for item in range(10):
            right = random.random() < 1 / (1 + 2.718 ** -(1.3 * ability))
            option = "right" if right else random.choice(["near", "near", "far"])
            given_answers.append(Response(str(learner), f"good{item}", right, option))
        miskeyed = random.random() < 1 / (1 + 2.718 ** (1.5 * ability))
        given_answers.append(Response(str(learner), "miskeyed", miskeyed, "key" if miskeyed else "true", 0.5))
        given_answers.append(Response(str(learner), "giveaway", random.random() < 0.8, None, 0.8))
        drifted = random.random() < (0.7 if learner < learners - 40 else 0.3)
        given_answers.append(Response(str(learner), "changed", drifted, None, 0.7))
    return given_answers


def test_bad_items_are_flagged_with_their_reason_and_good_ones_are_not() -> None:
    found = itemstats.item_statistics(school(), {"giveaway": 1 / 3})
    flags = {item: {flag.reason for flag in one.flags} for item, one in found.items()}
    assert found["miskeyed"].is_to_retire and "tempts_the_able:true" in flags["miskeyed"]
    assert "guessable" in flags["giveaway"] and "drifted" in flags["changed"]
    assert all(not flags[f"good{n}"] for n in range(10))
    assert "0." in flag_words("tempts_the_able:true", 0.31, "zh-CN")


def test_an_item_is_new_until_thirty_different_people_have_answered() -> None:
    same = [Response("one", "a", True)] * 100
    assert itemstats.item_statistics(same)["a"].answers == 1
    found = itemstats.item_statistics(school(29))
    assert all(one.is_new and one.flags == () for one in found.values())


def test_options_nobody_picks_are_named() -> None:
    found = itemstats.item_statistics(school())["good1"]
    assert itemstats.idle_options(found, ["right", "near", "far", "never"]) == ["never"]


rows = st.lists(st.builds(Response, st.sampled_from("abcdefg"), st.sampled_from("xyz"), st.booleans()))


@given(rows)
def test_no_set_of_answers_breaks_the_statistics(given_answers: list[Response]) -> None:
    for one in itemstats.item_statistics(given_answers).values():
        assert one.item_rest is None or -1 <= one.item_rest <= 1
