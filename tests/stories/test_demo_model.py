"""The demo's model is a stand-in, and says so wherever somebody sees what it made: run, tried, graded, x-rayed, read, heard."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.commands.serve import STANDIN_BANNER, _with_a_model
from foundation.model_endpoints import STAND_IN
from foundation.settings import Settings
from tests.attacks.places import BOOK, OGG, PNG, holds_prompt
from tests.helpers.databases import Shelf
from tests.helpers.filling import book
from tests.helpers.stage import DOORS, Stage, staged

SAYS_SO = "替身模型"


@pytest.fixture
async def demo(sqlite_shelf: Shelf, clock) -> AsyncIterator[Stage]:
    """The house as `make demo` sets it up, but for the addresses it prints."""
    settings, banner = _with_a_model(Settings())
    assert banner == STANDIN_BANNER and settings.model_name == STAND_IN
    with_model = {
        "model_url": settings.model_url, "model_name": settings.model_name,
        "model_vision": settings.model_vision, "model_transcription": settings.model_transcription,
    }  # fmt: skip
    async with staged(*sqlite_shelf.seeded(), clock, **with_model) as stage:
        yield stage


@pytest.mark.parametrize("door", DOORS)
async def test_whatever_the_demos_model_makes_says_that_it_is_a_stand_in(demo: Stage, door: str) -> None:
    person = await demo.newcomer(door)
    await holds_prompt(person, book(demo, BOOK), "无")
    for words in ("/run", "/run 3", "/mine facts"):
        assert SAYS_SO in await person.says(words), words
    await person.says(f"/write {BOOK} missing")
    await person.says("样本不够 100 条就降档：只报条数。缺编号先停，告诉我怎么补。")
    graded = await person.presses("没写到")
    assert SAYS_SO in graded and "评阅器" in graded
    assert SAYS_SO in await person.presses("拿去跑一次")
    assert SAYS_SO in await person.sends(PNG + b"anything")
    assert SAYS_SO in await person.sends(OGG + b"anything", "voice.ogg")
    await person.says(f"/begin {BOOK} quick")
    assert SAYS_SO in await person.sends(PNG + b"anything")
