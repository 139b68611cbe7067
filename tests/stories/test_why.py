"""Why a clause stands there: a guess without typing, then the reason; what was only looked up counts as peeked."""

from __future__ import annotations

import sqlalchemy as sa

from bot.tables import dialogue
from curriculum.tables import answer, reveal
from tests.helpers.filling import book, takes
from tests.helpers.stage import Person, Stage
from tests.stories.doors import at_each_door

TITLE = "amazon-listing-title"


def revealed(stage: Stage) -> list[tuple[str, str]]:
    query = sa.select(reveal.c.clause, reveal.c.how).order_by(reveal.c.at)
    return [(row.clause, row.how) for row in stage.read(lambda c: c.execute(query).all())]


async def right_letter(person: Person) -> tuple[str, str]:
    """The clause asked about and the letter of its reason, as the dialogue keeps it."""
    person_id = await person.id
    state = person.stage.read(
        lambda c: c.execute(sa.select(dialogue.c.state).where(dialogue.c.person_id == person_id)).scalar()
    )
    assert state
    return state["why"]["clause"], "ABC"[state["why"]["offered"].index(state["why"]["clause"])]


@at_each_door
async def test_a_guess_may_be_typed(stage: Stage, door: str) -> None:
    """In words it is asked for as a letter; the letter is the guess; "what next" after the prompt has an answer."""
    trainee = await stage.newcomer(door)
    await takes(trainee, "amazon-listing-title")
    assert "猜一段为什么在" in await trainee.says("然后呢")
    await trainee.says("为什么")
    for words in ("我猜是为了好看", "不知道"):
        assert "直接打字母" in await trainee.says(words)
    assert "为什么在" in await trainee.says("b")


@at_each_door
async def test_a_right_guess_is_earned(stage: Stage, door: str) -> None:
    """After the hand-over one small step is offered; three reasons, one right, then the whole reason and its source."""
    trainee = await stage.newcomer(door)
    await takes(trainee, TITLE)
    seen = await trainee.presses("这一段为什么在")
    assert all(f"{letter}. " in seen for letter in "ABC")
    assert seen.choices[:3] == ("A", "B", "C")
    clause, letter = await right_letter(trainee)
    assert "猜对了" in await trainee.presses(letter)
    assert "没有它会怎样" in trainee.last and "来源：" in trainee.last
    assert revealed(stage) == [(clause, "earned")]
    [row] = stage.read(lambda c: c.execute(answer.select()).all())
    assert (row.purpose, row.correct, row.door) == ("why", True, door)


@at_each_door
async def test_a_wrong_guess_is_missed_and_comes_again(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await takes(trainee, TITLE)
    await trainee.says("/why")
    clause, letter = await right_letter(trainee)
    await trainee.presses(next(one for one in "ABC" if one != letter))
    assert "不是这个" in trainee.last or "真正的理由" in trainee.last
    assert revealed(stage) == [(clause, "missed")]


@at_each_door
async def test_told_at_once_it_is_peeked(stage: Stage, door: str) -> None:
    """Any reason can be opened at any time; it is recorded as looked up."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await takes(trainee, TITLE)
    await trainee.says("/why")
    clause, _ = await right_letter(trainee)
    await trainee.presses("现在就告诉我")
    assert revealed(stage) == [(clause, "peeked")]
    await trainee.presses("看全部段落")
    last = of.clauses[-1]
    seen = await trainee.presses(f"{len(of.clauses)}. ")
    assert last.name in seen and last.why[:12].replace("**", "") in seen.text.replace("**", "")
    assert revealed(stage)[-1] == (last.key, "peeked")


async def test_all_clauses_can_be_earned_and_then_it_is_said(stage: Stage) -> None:
    trainee, of = await stage.newcomer("terminal"), book(stage, TITLE)
    await takes(trainee, TITLE)
    for _ in of.clauses:
        await trainee.says("/why")
        _, letter = await right_letter(trainee)
        await trainee.presses(letter)
    assert sorted(revealed(stage)) == sorted((clause.key, "earned") for clause in of.clauses)
    assert "都猜对过" in await trainee.says("/why")


@at_each_door
async def test_a_stale_guess_records_nothing(stage: Stage, door: str) -> None:
    """The button of a clause that is no longer asked about changes nothing."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await takes(trainee, TITLE)
    await trainee.says("/why")
    clause, letter = await right_letter(trainee)
    await trainee.presses(letter)
    await trainee.says(f"/because {clause} 0")
    await trainee.says(f"/because {of.clauses[-1].key} 99")
    await trainee.says("/because")
    assert revealed(stage) == [(clause, "earned")]
