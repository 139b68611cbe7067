"""Lessons and courses: cards one at a time, looking first and doing from the next day on, at any door."""

from __future__ import annotations

import sqlalchemy as sa

from bot.coaching import coach
from bot.lesson_shelf import built
from curriculum import lesson_rows
from curriculum.lessons import LONGEST, courses, written_lessons
from curriculum.people import meet
from curriculum.tables import answer
from knowledge import shelf
from tests.helpers.stage import Person, Seen, Stage
from tests.stories.doors import at_each_door

LESSON = "amazon-listing-title"
A_DAY = 24 * 3600


async def looks_through(person: Person, lesson: str = LESSON) -> Seen:
    """From the first card to where the looking ends."""
    seen = await person.says(f"/lesson {lesson}")
    while "下一张" in seen.choices:
        assert {"直接要整段", "先到这里"} <= set(seen.choices)
        seen = await person.presses("下一张")
    return seen


async def does_the_rest(person: Person, seen: Seen) -> Seen:
    """Answer every card that asks, any way at all, to the lesson's end."""
    for _ in range(24):
        if "走完了" in seen:
            return seen
        if "下一张" in seen.choices:
            seen = await person.presses("下一张")
        elif "A" in seen.choices:
            seen = await person.presses("A")
        else:
            seen = await person.presses("现在就告诉我")
    raise AssertionError(f"the lesson does not end: {seen}")


@at_each_door
async def test_a_course_leads_to_its_first_lesson_and_shows_one_card_at_a_time(stage: Stage, door: str) -> None:
    """One tap from home to the courses, one to a course, one to its first lesson; each card fits a phone."""
    trainee = await stage.newcomer(door)
    await trainee.says("/home")
    assert "第一课程 · 会填空（0/6）" in await trainee.presses("课程")
    course = await trainee.presses("第一课程")
    assert "○ 模型只有你给的那一页纸" in course and "返回" in course.choices
    card = await trainee.presses("开始：")
    assert "《模型只有你给的那一页纸》1/7 · 概念" in card and "它不是同事" in card
    assert "六样东西" in await trainee.presses("下一张")
    assert "它不是同事" in await trainee.presses("返回")


@at_each_door
async def test_looking_comes_first_and_doing_the_next_day(stage: Stage, door: str) -> None:
    """No question on the day of first contact unless it is asked for; the next day the lesson goes on by itself."""
    trainee = await stage.newcomer(door)
    seen = await looks_through(trainee)
    assert "看完了" in seen and "现在就做" in seen.choices
    assert not stage.read(lambda c: c.execute(sa.select(answer)).all())
    assert "看完了" in await trainee.says(f"/lesson {LESSON}")  # the same day: still resting
    stage.clock.tick(A_DAY)
    asked = await trainee.says(f"/lesson {LESSON}")
    assert "· 补一补" in asked and "给点提示" in asked.choices
    done = await does_the_rest(trainee, asked)
    assert "走完了" in done
    assert stage.read(lambda c: {row.purpose for row in c.execute(sa.select(answer.c.purpose))}) == {"lesson"}


@at_each_door
async def test_in_a_hurry_it_goes_on_at_once_and_hands_the_prompt_over(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await looks_through(trainee)
    assert "· 补一补" in await trainee.presses("现在就做")
    await trainee.says(f"/lesson {LESSON} 0")
    assert "# 角色" in (await trainee.presses("直接要整段")).copied


async def test_a_lesson_begun_on_the_phone_goes_on_in_the_terminal(stage: Stage) -> None:
    phone = await stage.newcomer("telegram")
    await phone.says(f"/lesson {LESSON}")
    await phone.presses("下一张")
    desk = await stage.trainee("terminal", person_id=await phone.id)
    assert "2/" in await desk.says(f"/lesson {LESSON}")


async def test_looking_plans_a_question_for_tomorrow_and_proves_nothing(stage: Stage) -> None:
    """Seen is not known: no mastery from cards, but tomorrow's practice asks about what was seen."""
    trainee = await stage.newcomer("terminal")
    await looks_through(trainee)
    person_id = await trainee.id

    def tutor(c: sa.Connection):  # type: ignore[no-untyped-def]
        member = meet(c, person_id)
        assert member.scope
        return coach(c, member.scope, member.person, stage.house.phrases, stage.clock())

    one = stage.read(tutor)
    assert {known.answers for known in one.tutor.memory.skills.values()} == {0} and one.tutor.memory.skills
    assert not one.plan(stage.clock())
    stage.clock.tick(A_DAY)
    assert stage.read(tutor).plan(stage.clock())


async def test_a_lesson_given_as_a_task_is_done_when_it_is_gone_through(stage: Stage) -> None:
    """The lead gives a course's first lesson; the trainee sees one next step; at the end the task is gone."""
    lead, trainee = await stage.trainee("terminal", "陈组长"), await stage.newcomer("terminal")
    await lead.says("/assign")
    await lead.presses("一节课")
    await lead.presses("模型只有你给的那一页纸")
    await lead.presses("全体学员")
    await lead.presses("3 天后")
    await lead.presses("不写留言")
    await lead.presses("布置")
    assert "课：模型只有你给的那一页纸" in await trainee.says("/tasks")
    card = await trainee.presses("开始学")
    assert "1/7" in card
    await looks_through(trainee, "one-page")
    done = await does_the_rest(trainee, await trainee.presses("现在就做"))
    assert "接着" in "".join(done.choices) or "开始：" in "".join(done.choices)
    assert "课：" not in await trainee.says("/tasks")


@at_each_door
async def test_unknown_lessons_and_places_are_answered(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    for words in ("/lesson", "/lesson nothing", "/lesson ../../etc", "/courses nothing", f"/lesson {LESSON} -1"):
        assert (await trainee.says(words)).text
    assert "走完了" in await trainee.says(f"/lesson {LESSON} 999")


def test_every_lesson_fits_its_doors(stage: Stage) -> None:
    """All courses' lessons, by hand or built: something to see first, every card within its length, items that exist."""

    def lessons(c: sa.Connection) -> list[object]:
        standings = shelf.visible(c, stage.scope("小林"), drafts=False)
        books = {one.id: one.playbook for one in standings if one.playbook}
        made = [built(book, language, stage.house.phrases) for book in books.values() for language in ("zh-CN", "en")]
        return [*written_lessons().values(), *made]

    known = stage.read(lessons)
    assert len(known) > 80
    for lesson in known:
        assert 0 < lesson.first_asking < len(lesson.cards), lesson.id  # type: ignore[attr-defined]
        for card in lesson.cards:  # type: ignore[attr-defined]
            assert card.asks or 0 < len(card.text) <= LONGEST, (lesson.id, card)  # type: ignore[attr-defined]
    assert len(courses()) == 4


async def test_progress_never_goes_back(stage: Stage) -> None:
    trainee = await stage.newcomer("terminal")
    await looks_through(trainee)
    person_id = await trainee.id
    await trainee.says(f"/lesson {LESSON} 1")

    def place(c: sa.Connection) -> int:
        scope = meet(c, person_id).scope
        assert scope
        return lesson_rows.progress(c, scope)[LESSON].place

    assert stage.read(place) > 1
