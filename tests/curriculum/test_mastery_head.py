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
from benchmarks.answer_log import BadLog, clock_unit, moment, outcome, read_log, read_logs, skills_of
from benchmarks.mastery import auc, benchmark, main, predict
from curriculum.answer_watch import NAMES, AnswerWatch
from curriculum.mastery import Standing, expected, learned, logistic
from curriculum.mastery_head import PLAIN, GradedAnswer, Tuning, fit_head
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
        standing, _count = watch.standing(who, (skill,))
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


def log_of(folder: Path, *rows: str, header: str = "user_id\titem_id\ttimestamp\tcorrect\tskill_id") -> Path:
    path = folder / "log.tsv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_timestamps_are_told_by_their_size(tmp_path: Path) -> None:
    assert clock_unit([1700000000, 1700000060]) == clock_unit([0, 5000]) == clock_unit([]) == 1
    assert clock_unit([1700000000000]) == clock_unit([0, 60000000000]) == 1e3
    assert clock_unit([1.7e15, 1.6e15]) == 1e6
    assert moment("2026-11-02T09:00:00Z") == moment("2026-11-02 17:00:00+08:00") == moment("2026-11-02 09:00:00")
    assert [text for text in ("1", "1.0", "0", "0.5", "True", "wrong") if outcome(text)] == ["1", "1.0", "True"]


def test_a_training_log_and_its_test_share_one_clock(tmp_path: Path) -> None:
    """Milliseconds since each learner's beginning are told only where somebody stayed for years."""
    short = log_of(tmp_path, "u\ti\t0\t1\tk", "u\ti\t60000\t1\tk")
    long = tmp_path / "long.tsv"
    long.write_text(short.read_text(encoding="utf-8") + "v\ti\t60000000000\t1\tk\n", encoding="utf-8")
    assert [log.answers[-1].at for log in read_logs(short, long)] == [60.0, 6e7]


def test_a_log_may_come_in_any_order_with_holes_and_huge_ids(tmp_path: Path) -> None:
    huge = "9" * 40
    rows = (f"{huge}\t7.0\t300\t1\t3.0", "u\t7\t100\t0\tnan", "u\t\t50\t1\tk", "\t7\t50\t1\tk", "u\t7\t\tNaN\tk")
    [log] = read_logs(log_of(tmp_path, *rows, "u\t8\t\t1\tk", "", "u\t9", ""))
    assert [(one.learner, one.item, one.at, one.skills) for one in log.answers] == [
        ("u", "7", 100.0, ("",)),
        ("u", "8", 100.0, ("k",)),
        (huge, "7", 300.0, ("3",)),
    ]
    assert (log.rows, log.left_out, log.merged) == (7, 4, 0)


def test_rows_of_one_answer_are_one_answer_and_tries_are_not(tmp_path: Path) -> None:
    rows = ("u\ti\t5\t1\ta", "w\ti\t5\t1\ta", "u\ti\t5\t1\tb", "u\ti\t5\t1\ta", "u\ti\t5\t0\tb")
    [log] = read_logs(log_of(tmp_path, *rows))
    skills = [(one.learner, one.skills) for one in log.answers]
    assert skills == [("u", ("a", "b")), ("w", ("a",)), ("u", ("a",)), ("u", ("b",))] and log.merged == 1


def test_several_skills_are_written_in_many_ways() -> None:
    written = ("12~45", "45,12", "12;45", "12_45", "[12, 45]", "12.0|45.0", "['12', '45']")
    assert {skills_of(text) for text in written} == {("12", "45")}
    assert skills_of("long_division") == ("long_division",) and skills_of("nan") == skills_of("[]") == ("",)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("u\ti\tyesterday\t1\tk", ("row 2", "timestamp", "yesterday")),
        ("u\ti\t1e999\t1\tk", ("row 2", "timestamp")),
        ("u\ti\t5\t2\tk", ("row 2", "correct", "'2'")),
        ("u\ti\t5\tmaybe\tk", ("row 2", "correct", "maybe")),
        ("u\ti\t5\t1\tk\tmore", ("row 2", "6 fields")),
    ],
)
def test_what_cannot_be_read_is_named_by_row_and_field(tmp_path: Path, row: str, named: tuple[str, ...]) -> None:
    with pytest.raises(BadLog) as problem:
        read_log(log_of(tmp_path, row))
    assert all(word in str(problem.value) for word in (*named, "log.tsv"))


def test_a_log_without_its_columns_or_file_ends_in_one_line(tmp_path: Path) -> None:
    for path in (log_of(tmp_path, "1,2,3", header="user_id,item_id,correct"), tmp_path / "none.tsv"):
        with pytest.raises(SystemExit) as ended:
            main([str(path), "--json"])
        assert "\n" not in str(ended.value) and path.name in str(ended.value)


def test_tuning_carries_the_head_over_to_people_it_was_not_fitted_on() -> None:
    coin, tuning = Random(3), Tuning()
    off = tuned = 0.0
    for number in range(6000):
        level = coin.gauss(0, 1)
        right = coin.random() < logistic(1.5 * level - 1)
        if number >= 3000:
            off += logistic(level) - right
            tuned += tuning.chance(level) - right
        tuning.learn(level, tuning.chance(level), right)
    assert abs(off) / 3000 > 0.1 > 0.03 > abs(tuned) / 3000
    assert tuning.slope == pytest.approx(1.5, abs=0.2) and tuning.offset == pytest.approx(-1, abs=0.2)


def test_auc_counts_ties_by_half() -> None:
    import numpy as np

    assert auc(np.array([0.1, 0.5, 0.5, 0.9]), np.array([0, 0, 1, 1])) == pytest.approx(0.875)
