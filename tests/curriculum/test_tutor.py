"""The tutor over days of work and practice: what is handed over, what is asked, what is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.tutor import Item, Skill, Step, Tutor, TutorSettings

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
GUESS = {"explain": 1 / 3, "cloze": 1 / 3, "repair": 0.25, "compose": 0.0, "transfer": 0.0}
SKILLS = [Skill("constraints", ("format",)), Skill("format"), *(Skill(f"s{n}") for n in range(10))]
ITEMS = [Item(f"{s.id}-{kind}-{n}", s.id, kind, g) for s in SKILLS for kind, g in GUESS.items() for n in range(3)]


def tutor(**chosen: object) -> Tutor:
    return Tutor(SKILLS, ITEMS, TutorSettings(**chosen))  # type: ignore[arg-type]


def days(count: float) -> datetime:
    return MONDAY + timedelta(days=count)


def live(one: Tutor, day_count: int, right: bool, skills: list[str]) -> list[tuple[int, Step]]:
    """Some days of using these skills and answering whatever is asked, always right or always wrong."""
    done: list[tuple[int, Step]] = []
    for day in range(day_count):
        for skill in skills:
            one.used(skill, days(day))
        for step in one.practice(days(day), 5):
            one.graded(step, right, days(day) + timedelta(minutes=len(done)))
            done.append((day, step))
    return done


def test_the_full_prompt_is_handed_over_whatever_the_state() -> None:
    one = tutor()
    for day in range(9):
        for skill in ("format", "no such"):
            assert one.used(skill, days(day), urgent=bool(day % 2)).prompt == "full"


def test_annotations_are_open_once_then_folded_then_gone() -> None:
    one = tutor()
    seen = []
    for day in range(60):
        seen.append(one.used("format", days(day)).annotation)
        for other in ("s1", "s2", "s3"):
            one.used(other, days(day))
        for step in one.practice(days(day), 5):
            one.graded(step, True, days(day))
    order = list(dict.fromkeys(seen))
    assert order == ["open", "folded", "none"]


def test_no_quiz_on_the_first_day_and_one_on_the_next() -> None:
    one = tutor()
    one.used("format", MONDAY)
    assert one.practice(MONDAY + timedelta(hours=3), 5) == []
    assert [step.skill for step in one.practice(days(1), 5)] == ["format"]


def test_an_urgent_or_repeated_request_gets_everything_and_one_item_tomorrow() -> None:
    one = tutor()
    live(one, 4, True, ["format"])
    urgent = one.used("format", days(14), urgent=True)
    assert (urgent.everything, urgent.offer) == (True, False)
    assert one.used("format", days(14)).everything
    assert [step.skill for step in one.practice(days(15), 5)] == ["format"]


def test_copying_peeking_and_own_checks_never_raise_mastery() -> None:
    one = tutor()
    before = one.mastery("format", MONDAY).mean
    for day in range(20):
        one.used("format", days(day))
        for step in one.practice(days(day), 5):
            one.graded(step, True, days(day), hints=3) if day % 2 else one.studied(step, days(day))
    after = one.mastery("format", days(20))
    assert (after.mean, after.answers, one.rung("format", days(20)).rung <= 1) == (before, 0, True)


def test_three_misses_in_a_row_end_the_session_until_tomorrow() -> None:
    one = tutor()
    for skill in SKILLS:
        one.used(skill.id, MONDAY)
    steps = one.practice(days(1), 5)
    for number, step in enumerate(steps[:3]):
        one.graded(step, False, days(1) + timedelta(minutes=number))
    assert one.session_ended(days(1)) and one.practice(days(1) + timedelta(hours=1), 5) == []
    assert one.practice(days(2), 5) != []


def test_a_diligent_learner_climbs_to_new_cases_and_a_copier_stays_at_copying() -> None:
    diligent, copier = tutor(), tutor()
    live(diligent, 60, True, ["format", "s1", "s2", "s3", "s4"])
    for day in range(60):
        copier.used("format", days(day))
    assert diligent.rung("format", days(60)).rung == 5
    assert diligent.mastery("format", days(60)).stop_fading
    assert copier.rung("format", days(60)).rung == 0
    assert "复制" in copier.rung("format", days(60)).moves


def test_two_failed_reviews_in_a_row_bring_the_guided_steps_back() -> None:
    one = tutor()
    live(one, 90, True, ["format", "s1", "s2", "s3"])
    assert one.memory.skills["format"].let_go
    failed, day = 0, 90
    while failed < 2:
        for step in one.practice(days(day), 5):
            one.graded(step, step.skill != "format", days(day))
            failed += step.skill == "format"
        day += 1
    assert not one.memory.skills["format"].let_go
    assert one.rung("format", days(day)).rung == 2


def test_confusable_skills_stand_apart_until_both_have_been_met_twice() -> None:
    one = tutor()
    for skill in ("constraints", "format", "s1", "s2"):
        one.used(skill, MONDAY)
    order = [step.skill for step in one.practice(days(1), 5)]
    assert abs(order.index("constraints") - order.index("format")) > 1
    for memory in one.memory.skills.values():
        memory.steps = 2
    order = [step.skill for step in one.practice(days(1), 5)]
    assert abs(order.index("constraints") - order.index("format")) == 1


def test_the_mentor_reads_no_number_before_three_answers() -> None:
    one = tutor(names={"format": "格式"})
    said = []
    one.used("format", MONDAY)
    for day in range(40):
        for step in one.practice(days(day), 5):
            said.append(one.graded(step, True, days(day)))
    assert "还看不准" in said[0] and "升到" not in said[1]
    assert "「格式」从 ." in said[2] and "升到" in said[2] and "下次复习" in said[2]


def test_the_same_answer_delivered_twice_counts_once() -> None:
    one = tutor()
    one.used("format", MONDAY)
    [step] = one.practice(days(1), 5)
    one.graded(step, True, days(1))
    state = one.state()
    assert "记过" in one.graded(step, True, days(1))
    assert one.state() == state


def test_after_a_long_silence_no_more_than_eight_come_back_in_a_day() -> None:
    one = tutor(daily_minutes=12)
    for skill in SKILLS:
        one.used(skill.id, MONDAY)
    assert len(one.due(days(200))) == 8
    first = one.practice(days(200), 60)
    for step in first:
        one.graded(step, True, days(200))
    assert len(first) == 8 and one.practice(days(200), 60) == []


def test_a_pool_of_one_item_still_comes_back_but_never_on_the_same_day() -> None:
    one = Tutor([Skill("a")], [Item("only", "a", "cloze", 0.33)])
    one.used("a", MONDAY)
    met = [day for day in range(30) for step in one.practice(days(day), 5) if one.graded(step, True, days(day))]
    assert len(met) >= 3 and len(set(met)) == len(met)


def test_an_empty_or_unknown_world_is_no_error() -> None:
    one = Tutor([], [])
    one.used("x", MONDAY)
    assert one.practice(days(1), 5) == []
    assert "x" in one.graded(Step("cloze", "x", "y", 1), True, MONDAY)
    assert one.mastery("x", MONDAY).answers == 0
    assert Tutor([Skill("a")], []).practice(MONDAY, 5) == []


moments = st.integers(0, 60 * 24 * 90).map(lambda minute: MONDAY + timedelta(minutes=minute))
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
acts = st.lists(
    st.tuples(
        st.sampled_from(["used", "urgent", "practice", "practice", "restore"]),
        st.sampled_from([skill.id for skill in SKILLS[:6]] + ["unknown"]),
        st.tuples(moments, zones).map(lambda pair: pair[0].astimezone(pair[1])),
        st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=8, max_size=8),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(acts, st.booleans())
def test_whatever_happens_in_whatever_order_the_promises_hold(happened: list, in_order: bool) -> None:  # type: ignore[type-arg]
    """Caps hold, no item twice in 14 days, JSON goes round, and offers stay rare, through any history."""
    one = tutor()
    met: dict[str, datetime] = {}
    offers = requests = 0
    for act, skill, at, answers in sorted(happened, key=lambda a: a[2]) if in_order else happened:
        if act in ("used", "urgent"):
            given_help = one.used(skill, at, act == "urgent")
            assert given_help.prompt == "full"
            requests, offers = requests + 1, offers + given_help.offer
        elif act == "restore":
            state = json.loads(json.dumps(one.state()))
            again = Tutor.restore(SKILLS, ITEMS, state)
            assert again.state() == state and again.practice(at, 5) == one.practice(at, 5)
            one = again
        else:
            steps = one.practice(at, 5)
            assert steps == one.practice(at, 5)
            assert len(steps) <= 8 and sum(step.minutes for step in steps) <= 5 + 1e-6
            for step, (right, hints) in zip(steps, answers, strict=False):
                if in_order and step.item in met:
                    assert (at.astimezone(one.zone).date() - met[step.item].astimezone(one.zone).date()).days >= 14
                met[step.item] = at
                before = one.mastery(step.skill, at)
                one.graded(step, right, at, hints)
                after = one.mastery(step.skill, at)
                assert 0 < after.mean < 1 and after.sd > 0
                if hints >= 3 and right:
                    assert after.mean == before.mean
    assert offers * 100 <= requests


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), max_size=60))
def test_every_skill_that_was_used_is_practised_soon(hits: list[bool]) -> None:
    one = tutor()
    for skill in SKILLS:
        one.used(skill.id, MONDAY)
    answers = iter(hits)
    for day in range(1, 15):
        for step in one.practice(days(day), 5):
            one.graded(step, next(answers, True), days(day))
    assert all(one.memory.skills[skill.id].steps for skill in SKILLS)
