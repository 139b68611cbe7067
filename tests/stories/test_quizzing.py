"""Being quizzed: all seven kinds of item, graded without a model, each answer recorded once."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot.practice_items import form_of, items_of
from bot.tables import dialogue
from curriculum.tables import answer
from knowledge.playbook import ITEM_KINDS, Playbook, QuizItem
from tests.helpers.filling import book, takes
from tests.helpers.stage import Person, Seen, Stage
from tests.stories.doors import at_each_door

TITLE = "amazon-listing-title"


def answers(stage: Stage) -> list[Any]:
    where = answer.c.purpose != "why"
    return list(stage.read(lambda c: c.execute(answer.select().where(where).order_by(answer.c.at)).all()))


async def waiting(person: Person, of: Playbook) -> QuizItem:
    """The item that waits for this person's answer."""
    person_id = await person.id
    state = person.stage.read(
        lambda c: c.execute(sa.select(dialogue.c.state).where(dialogue.c.person_id == person_id)).scalar()
    )
    assert state and state.get("quiz"), person.last.text
    return items_of(of, "zh-CN", person.stage.house.phrases)[state["quiz"]["item"]]


async def answers_rightly(person: Person, item: QuizItem) -> Seen:
    """Tap or type what is right, by the kind of the item."""
    match form_of(item):
        case "order":
            return await person.says(" ".join(item.answer))
        case "choice":
            return await person.presses("ABCDEFGH"[[option.text for option in item.options].index(item.answer[0])])
        case "lines":
            faults = [str(place) for place, option in enumerate(item.options, 1) if option.misconception]
            return await person.says(" ".join(faults))
        case "blanks":
            return await person.says("\n".join(item.answer))
    await person.says("先讲为什么，再讲怎么改，最后给一个例子。")
    return await person.presses("都写到了")


@at_each_door
async def test_who_does_not_know_gets_a_hint(stage: Stage, door: str) -> None:
    """It is no question to search for, and no wrong answer."""
    trainee = await stage.newcomer(door)
    await takes(trainee, "amazon-listing-title")
    await trainee.says("/quiz more")
    assert "提示 1：" in await trainee.says("不会啊")
    assert "提示 2：" in await trainee.says("看不懂")


@at_each_door
async def test_all_seven_kinds_are_asked_and_graded(stage: Stage, door: str) -> None:
    """Each item of the playbook once; right answers are said to be right, self-checks are only noted."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await takes(trainee, TITLE)
    seen_kinds = set()
    for _ in of.quiz:
        await trainee.says("/quiz more")
        item = await waiting(trainee, of)
        seen_kinds.add(item.kind)
        assert item.stem.strip().splitlines()[0][:20] in trainee.last
        seen = await answers_rightly(trainee, item)
        assert ("对了" in seen) if item.answer else ("自评" in seen), (item.id, seen.text)
    assert seen_kinds == {item.kind for item in of.quiz} == set(ITEM_KINDS)
    assert "过几天再来" in await trainee.says("/quiz more")
    rows = answers(stage)
    assert sorted(row.item_id for row in rows) == sorted(item.id for item in of.quiz)
    assert {row.door for row in rows} == {door}
    for row in rows:
        asked_item = of.item(row.item_id)
        assert asked_item is not None
        expected = (True, 1.0, False) if asked_item.answer else (None, 1.0, True)
        assert (row.correct, row.score, row.self_check) == expected


@at_each_door
async def test_todays_practice_comes_step_by_step_and_ends(stage: Stage, door: str) -> None:
    """A few steps with their place, each graded, and a kind end; nobody is kept for ever."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await takes(trainee, TITLE)
    await trainee.presses("练一练")
    for _ in range(15):
        await answers_rightly(trainee, await waiting(trainee, of))
        if "下一题" not in trainee.last.choices or "今天" in trainee.last.texts[-1].splitlines()[-1]:
            break
        await trainee.presses("下一题")
    rows = answers(stage)
    assert 1 <= len(rows) <= 15
    assert len({row.item_id for row in rows}) == len(rows)


@at_each_door
async def test_wrong_answers_are_explained(stage: Stage, door: str) -> None:
    """What was chosen, why it is wrong, and what is right."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await takes(trainee, TITLE)
    for _ in range(4):
        await trainee.says("/quiz more")
        item = await waiting(trainee, of)
        if form_of(item) != "choice":
            break
        wrong = next(number for number, option in enumerate(item.options) if option.text != item.answer[0])
        seen = await trainee.presses("ABCDEFGH"[wrong])
        assert "不对" in seen and f"正确答案：{item.answer[0][:100]}" in seen
        assert item.options[wrong].explain in seen
        row = answers(stage)[-1]
        assert (row.correct, row.score, row.misconception) == (False, 0.0, item.options[wrong].misconception)


@at_each_door
async def test_hints_and_being_shown_are_remembered(stage: Stage, door: str) -> None:
    """A hint goes on record with the answer; being shown proves nothing."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await takes(trainee, TITLE)
    for _ in of.quiz:
        await trainee.says("/quiz more")
        item = await waiting(trainee, of)
        if item.hints:
            assert item.hints[0] in await trainee.presses("给点提示")
            await answers_rightly(trainee, item)
            assert answers(stage)[-1].hints == 1
            break
        await answers_rightly(trainee, item)
    await trainee.says("/quiz more")
    shown = await waiting(trainee, of)
    await trainee.presses("现在就告诉我")
    row = answers(stage)[-1]
    assert (row.item_id, row.correct, row.score) == (shown.id, None, 0.0)


@at_each_door
async def test_an_old_button_answers_nothing(stage: Stage, door: str) -> None:
    """After the answer its buttons are stale: politely refused, nothing recorded."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await takes(trainee, TITLE)
    await trainee.says("/quiz more")
    await answers_rightly(trainee, await waiting(trainee, of))
    before = len(answers(stage))
    for words in ("/a 1 0", "/a 1 1", "/hint 1", "/show 1", "/check 1 2", "/a", "/a x y", "/check 1 7"):
        seen = await trainee.says(words)
        assert "结束" in seen or "过去" in seen, words
    await trainee.says("/quiz more")
    for words in ("/a 1 0", "/show 1", "/check 2 2", "/a 2 99", "/a 2 -1", "/a 2 ²", "/a 2 " + "9" * 5_000):
        assert "过去" in await trainee.says(words), words
    assert len(answers(stage)) == before


async def test_a_question_in_the_middle_of_a_quiz_is_a_question(stage: Stage) -> None:
    """Free words that are no answer to a choice are asked; the quiz can go on afterwards."""
    trainee, of = await stage.newcomer("terminal"), book(stage, TITLE)
    await takes(trainee, TITLE)
    await trainee.says("练一练")
    assert (await waiting(trainee, of)).options
    assert "审定：" in await trainee.says("亚马逊五点描述怎么写")
    assert answers(stage) == []


async def test_a_quiz_begun_on_the_phone_goes_on_in_the_terminal(stage: Stage) -> None:
    phone, of = await stage.newcomer("telegram"), book(stage, TITLE)
    await takes(phone, TITLE)
    await phone.says("练一练")
    item = await waiting(phone, of)
    other = await stage.trainee("terminal", person_id=await phone.id)
    if item.options:  # sitting down shows home; the item still waits
        await phone.says("练一练")
    item = await waiting(other, of)
    assert "对了" in await answers_rightly_by_words(other, item)
    assert [row.door for row in answers(stage)] == ["terminal"]


async def answers_rightly_by_words(person: Person, item: QuizItem) -> Seen:
    return await person.says(item.answer[0] if item.options else " ".join(item.answer))


async def test_without_a_playbook_used_there_is_nothing_to_practise(stage: Stage) -> None:
    trainee = await stage.newcomer("terminal")
    assert "先拿一次指令" in await trainee.says("练一练")


@pytest.mark.parametrize(("days", "again"), [(13, False), (15, True)])
async def test_an_authored_item_comes_again_only_after_a_fortnight(stage: Stage, days: int, again: bool) -> None:
    trainee, of = await stage.newcomer("terminal"), book(stage, TITLE)
    await takes(trainee, TITLE)
    for _ in of.quiz:
        await trainee.says("/quiz more")
        await answers_rightly(trainee, await waiting(trainee, of))
    stage.clock.tick(days * 86_400)
    seen = await trainee.says("/quiz more")
    assert ("过几天再来" not in seen) is again
