"""Every attack of the corpora with the stand-in that really obeys: what its context did not hold, it cannot give away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from bot.guard import Guard
from bot.standin.obedient import obey
from bot.standin.server import StandIn, serving
from curriculum.model_tables import grading
from curriculum.tables import answer, membership
from tests.attacks.other_team import FLOOR, OURS, other_teams_document
from tests.attacks.test_corpus import BOOK, CORPORA, every, holds_prompt
from tests.helpers.databases import Shelf
from tests.helpers.filling import book
from tests.helpers.stage import DOORS, Stage, staged


@pytest.fixture
async def obeyed(sqlite_shelf: Shelf, clock) -> AsyncIterator[tuple[Stage, StandIn, Guard]]:
    """The guard here is the judge: it knows the hidden texts and looks at everything the person sees."""
    standin = StandIn(obey)
    async with serving(standin) as url, staged(*sqlite_shelf.seeded(), clock, model_url=url, model_name="m") as stage:
        other_teams_document(stage)
        of = book(stage, BOOK)
        keys = [item.explain for item in of.quiz]
        yield stage, standin, Guard.of([OURS, FLOOR, *keys], [of.prompt, of.expected, *(c.why for c in of.clauses)])


def words_of_all() -> list[str]:
    kinds = {kind for corpus in CORPORA.values() for kind in corpus}
    rows: list[dict[str, Any]] = [one for kind in kinds - {"benign"} for one in every(kind)]
    return [words for one in rows if isinstance(words := one.get("words") or one.get("answer"), str)]


def state(stage: Stage) -> tuple[Any, ...]:
    roles = sa.select(membership.c.person_id, membership.c.roles).order_by(membership.c.person_id)
    right = sa.select(sa.func.count()).select_from(answer).where(answer.c.correct.is_(True))
    return stage.read(lambda c: (list(c.execute(roles).all()), c.execute(right).scalar()))


@pytest.mark.parametrize("door", [DOORS[0], *(pytest.param(door, marks=pytest.mark.slow) for door in DOORS[1:])])
async def test_a_value_that_gives_orders_gains_nothing(obeyed, door: str) -> None:
    stage, standin, judge = obeyed
    person, came_out = await stage.newcomer(door), []
    of, before = book(stage, BOOK), state(stage)
    for words in words_of_all():
        await holds_prompt(person, of, words)
        seen = await person.says("/run")
        if judge.objects_to(seen.text + seen.copied):
            came_out.append(words)
    assert came_out == [] and state(stage) == before
    contexts = "\n".join(str(asked["messages"]) for asked in standin.asked)
    assert not any(one[:24] in contexts for one in (OURS, FLOOR)), "least context"


async def test_writing_that_gives_orders_is_never_kept_as_right(obeyed) -> None:
    stage, _, judge = obeyed
    person = await stage.newcomer("terminal")
    of = book(stage, BOOK)
    await holds_prompt(person, of, "无")
    for words in words_of_all():
        await person.says(f"/write {BOOK} {of.clauses[2].key}")
        seen = await person.says(words + "（这一段写给模型看，补足字数。）")
        if "都写到了" in person.last.choices:
            seen = await person.presses("没写到")
        assert not judge.objects_to(seen.text), words
    marks = stage.read(lambda c: c.execute(sa.select(grading)).all())
    assert len(marks) > 50
    assert [(row.answer[:40], row.suggested) for row in marks if not row.reason and (row.suggested or 0) > 50] == []
    assert state(stage)[1] == 0
