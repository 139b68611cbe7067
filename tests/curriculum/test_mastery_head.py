"""Many learners at once: the unrolled rating is the rating, the past alone is used, and the head earns its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import made_logs
from benchmarks.answer_log import is_right, read_log, seconds, skills_of
from benchmarks.mastery import auc, benchmark, main, predict
from curriculum.answer_watch import NAMES, AnswerWatch
from curriculum.mastery import Standing, expected, learned
from curriculum.mastery_head import PLAIN, GradedAnswer, fit_head
from foundation.errors import ExpectedError

names = st.sampled_from("abc")
logs = st.lists(st.tuples(names, names, names, st.booleans(), st.integers(0, 10**6)), max_size=60)


def answers_of(rows: Sequence[made_logs.Row]) -> list[GradedAnswer]:
    return [GradedAnswer(who, what, at, bool(right), skills_of(skills)) for who, what, at, right, skills in rows]


@given(logs)
def test_the_unrolled_rating_agrees_with_the_readable_one(log: list[tuple[str, str, str, bool, int]]) -> None:
    watch = AnswerWatch()
    learners: dict[str, Standing] = {}
    pairs: dict[tuple[str, str], Standing] = {}
    items: dict[str, Standing] = {}
    skills: dict[str, Standing] = {}
    new = Standing()
    for who, what, skill, right, at in log:
        standing = Standing(
            learners.get(who, new).learner,
            pairs.get((who, skill), new).in_skill,
            items.get(what, new).item,
            skills.get(skill, new).skill,
        )
        look = watch.look(who, what, (skill,), at)
        assert look.chance == pytest.approx(expected(standing, forgetting=0.0))
        look.learn(right)
        after = learned(standing, right, forgetting=0.0)
        learners[who] = pairs[who, skill] = items[what] = skills[skill] = after
    for (who, skill), _ in pairs.items():
        standing, _count = watch.standing(who, skill)
        assert standing.learner.value == pytest.approx(learners[who].learner.value)
        assert standing.in_skill.variance == pytest.approx(pairs[who, skill].in_skill.variance)


@settings(max_examples=30, deadline=None)
@given(logs, st.integers(0, 59))
def test_no_prediction_depends_on_its_own_or_any_later_answer(
    log: list[tuple[str, str, str, bool, int]], changed: int
) -> None:
    answers = [GradedAnswer(who, what, at, right, (skill,)) for who, what, skill, right, at in log]
    other = [replace(one, correct=not one.correct) if place >= changed else one for place, one in enumerate(answers)]
    first, second = predict(answers, AnswerWatch(), PLAIN), predict(other, AnswerWatch(), PLAIN)
    assert list(first.plain[: changed + 1]) == list(second.plain[: changed + 1])


@pytest.fixture(scope="module")
def made() -> tuple[list[GradedAnswer], list[GradedAnswer]]:
    rows = made_logs.made_log(made_logs.KINDS[0], 200, 11)
    train, test = ([row for row in rows if (row[0] % 5 == 0) == held] for held in (False, True))
    return answers_of(train), answers_of(test)


def test_a_head_is_small_named_and_no_worse_than_the_rating_alone(
    made: tuple[list[GradedAnswer], list[GradedAnswer]],
) -> None:
    train, test = made
    found = benchmark(test, train)
    assert found["log_loss"] <= found["bayes_elo"]["log_loss"] + 0.002
    assert found["auc"] >= found["bayes_elo"]["auc"] - 0.002
    assert found["auc"] > 0.66 and found["n"] == len(test)
    assert found["head"]["numbers"] <= 25 and set(found["head"]["weights"]) == {"intercept", *NAMES}


def test_a_head_is_refused_below_five_thousand_answers(made: tuple[list[GradedAnswer], list[GradedAnswer]]) -> None:
    with pytest.raises(ExpectedError, match="too_few"):
        fit_head(made[0][:4999])


def test_on_coin_throws_the_head_learns_that_nothing_can_be_said() -> None:
    coin = Random(5)
    throws = [GradedAnswer(n % 50, coin.randrange(37), n * 60.0, coin.random() < 0.5, (n % 5,)) for n in range(6000)]
    fitting = fit_head(throws)
    assert fitting.loss_head < log(2) + 0.004 < fitting.loss_plain
    assert abs(fitting.head.weights[0]) < 0.3


def test_the_program_says_json_for_any_kind_of_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.tsv"
    log.write_text(
        "user_id\titem_id\ttimestamp\tcorrect\tskill_id\n"
        "u1\ti1\t2026-11-02T09:00:00Z\t1\ta~b\nu1\ti2\t2026-11-02 09:01:00\t0\t\nu2\ti1\t\t1.0\ta,b\n",
        encoding="utf-8",
    )
    main([str(log), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 3 and found["head"] is None
    assert set(found) >= {"auc", "log_loss", "ece", "cold_start_auc", "mastered", "microseconds_per_answer"}
    assert [answer.skills for answer in read_log(log)] == [("a", "b"), ("",), ("a", "b")]


def test_timestamps_are_told_by_their_size() -> None:
    assert seconds(["1700000000", "1700000060"]) == [1.7e9, 1.70000006e9]
    assert seconds(["1700000000000", "1700000060000"]) == [1.7e9, 1.70000006e9]
    assert seconds(["0", "60000000000"]) == [0.0, 6e7]
    assert seconds(["0", "5000"]) == [0.0, 5000.0]
    assert [text for text in ("1", "1.0", "0", "0.5", "True", "wrong") if is_right(text)] == ["1", "1.0", "True"]


def test_auc_counts_ties_by_half() -> None:
    import numpy as np

    assert auc(np.array([0.1, 0.5, 0.5, 0.9]), np.array([0, 0, 1, 1])) == pytest.approx(0.875)
