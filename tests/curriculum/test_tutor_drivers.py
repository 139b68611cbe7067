"""Whoever drives the tutor, with whatever items and clocks: its promises hold, and its state is all there is of it."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.mastery import Estimate
from curriculum.tutor import Item, Skill, Step, Tutor, TutorSettings, WorkHelp

KINDS = ("explain", "cloze", "repair", "compose", "transfer", "review")
START = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - a clock without a zone is what is tried here

pools = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(("explain", "cloze", "repair", "compose", "transfer", "order", "something new")),
        st.sampled_from((0.0, 0.02, 1 / 3, 0.5, 0.95, 1.0)),
        st.sampled_from((-3.0, -1.0, 0.0, 1.0, 3.0)),
    ),
    max_size=25,
)
zones = st.sampled_from((None, UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-11))))
moments = st.builds(
    lambda minutes, zone: (START + timedelta(minutes=minutes)).replace(tzinfo=zone),
    st.one_of(st.integers(0, 60 * 24 * 60), st.integers(-60 * 24 * 400, 60 * 24 * 900)),
    zones,
)
acts = st.lists(
    st.tuples(
        st.sampled_from(("used", "urgent", "practice", "practice", "practice", "graded", "read")),
        st.integers(0, 6),
        moments,
        st.sampled_from((0.0, 0.5, 2.0, 5.0, 30.0, 1e9)),
        st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=8, max_size=8),
    ),
    max_size=30,
)


def made(pool: list[tuple[int, str, float, float]]) -> tuple[list[Skill], list[Item]]:
    skills = [Skill(f"s{number}", (f"s{number + 1}", "nobody")) for number in range(5)]
    return skills, [Item(f"i{n}", f"s{skill}", kind, guess, hard) for n, (skill, kind, guess, hard) in enumerate(pool)]


def does(tutor: Tutor, act: tuple, skills: list[Skill]) -> list[object]:  # type: ignore[type-arg]
    """One act of a driver, and everything the tutor said to it."""
    what, number, at, minutes, answers = act
    skill = f"s{number}"  # two of the seven are unknown
    if what in ("used", "urgent"):
        given_help = tutor.used(skill, at, what == "urgent")
        assert given_help.prompt == "full" and given_help.annotation in ("open", "folded", "none")
        return [given_help]
    if what == "graded":
        right, hints = answers[0]
        return [tutor.graded(Step(KINDS[number % 6], skill, f"foreign-{number}", minutes), right, at, hints)]
    if what == "read":
        return [(tutor.mastery(one.id, at), tutor.rung(one.id, at), tutor.due(at)) for one in skills]
    steps = tutor.practice(at, minutes)
    assert len(steps) <= 8 and sum(step.minutes for step in steps) <= min(minutes, 5.0) + 1e-6
    assert len({step.item for step in steps}) == len(steps)
    for step in steps:
        assert step.kind in KINDS and tutor.items[step.item].skill == step.skill
    said = [tutor.graded(step, right, at, hints) for step, (right, hints) in zip(steps, answers, strict=False)]
    return [steps, said]


@settings(max_examples=120, deadline=None)
@given(pools, acts)
def test_a_tutor_restored_before_every_act_decides_as_one_that_lived_through(pool: list, happened: list) -> None:  # type: ignore[type-arg]
    skills, items = made(pool)
    lived, restored = Tutor(skills, items), Tutor(skills, items)
    for act in happened:
        restored = Tutor.restore(skills, items, json.loads(json.dumps(restored.state())))
        assert does(lived, act, skills) == does(restored, act, skills)
        for one in skills:
            known = lived.mastery(one.id, act[2])
            assert 0 < known.mean < 1 and known.sd > 0 and known.low < known.mean < known.high
    assert lived.state() == restored.state()


def test_five_hundred_skills_come_back_eight_a_day_and_none_starves() -> None:
    skills = [Skill(f"s{number}") for number in range(500)]
    one = Tutor(skills, [Item(f"i{number}", f"s{number}", "cloze", 1 / 3) for number in range(500)])
    for skill in skills:
        one.used(skill.id, START)
    met: set[str] = set()
    for day in range(1, 130):
        at = START + timedelta(days=day)
        steps = one.practice(at, 30)
        assert len(steps) <= 8
        for step in steps:
            one.graded(step, True, at)
            met.add(step.skill)
    assert len(met) == 500


def test_one_open_item_alone_is_still_practised() -> None:
    for kind in KINDS:
        one = Tutor([Skill("a")], [Item("only", "a", kind, 0.0)])
        one.used("a", START)
        steps = [step for day in range(1, 20) for step in one.practice(START + timedelta(days=day), 5)]
        assert steps and {step.item for step in steps} == {"only"} and {step.kind for step in steps} <= set(KINDS)


def test_the_day_of_a_driver_without_zones_is_its_own_day() -> None:
    one = Tutor([Skill("a")], [Item("x", "a", "cloze", 1 / 3)])
    one.used("a", START)
    assert one.practice(START.replace(hour=23, minute=50), 5) == []
    assert [step.skill for step in one.practice(START + timedelta(days=1), 5)] == ["a"]


def test_the_names_and_places_other_programs_rely_on() -> None:
    assert [one.name for one in fields(Skill)] == ["id", "confusable"] and Skill("a").confusable == ()
    assert [one.name for one in fields(Item)] == ["id", "skill", "kind", "guess", "difficulty"]
    assert [one.name for one in fields(Step)] == ["kind", "skill", "item", "minutes"]
    assert {"annotation", "offer", "prompt"} <= {one.name for one in fields(WorkHelp)}
    assert {"mean", "sd", "answers", "mastered", "stop_fading"} <= {one.name for one in fields(Estimate)}
    for call, names in {
        Tutor: ["skills", "items", "settings"],
        Tutor.used: ["self", "skill", "at", "urgent"],
        Tutor.practice: ["self", "at", "minutes"],
        Tutor.graded: ["self", "step", "correct", "at", "hints"],
        Tutor.mastery: ["self", "skill", "at"],
        Tutor.restore: ["skills", "items", "state", "settings"],
    }.items():
        assert list(inspect.signature(call).parameters) == names
    assert Tutor([Skill("a")], [], TutorSettings()).settings == TutorSettings()
