"""The folder of the search index goes while the program runs: questions are answered, and it is learned anew when needed."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.wiring import build_finder
from knowledge import shelf
from knowledge.shelf import Standing
from tests.helpers.stage import Stage

if TYPE_CHECKING:
    from knowledge.search.finder import Finder

pytestmark = pytest.mark.slow
BOOK = "amazon-listing-title"
QUESTION = "新规75个字符 我200字符的标题怎么砍"


@pytest.mark.parametrize("how", ["deleted", "spoilt"])
async def test_questions_are_answered_without_the_folder(
    stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    """From memory as long as the shelf is the same; of a changed one it is learned again, with a line in the log."""
    index, built = tmp_path / "index", list[int]()

    def build(standings: Sequence[Standing]) -> Finder:
        """A small shelf: a whole one takes ten seconds to learn."""
        built.append(len(standings))
        return build_finder([one for one in standings if one.id == BOOK], index)

    stage.house.finders.build = build
    trainee = await stage.trainee("terminal")
    assert BOOK in await trainee.says(QUESTION)
    [kept] = index.iterdir()
    if how == "spoilt":
        kept.write_bytes(b"no index")
    else:
        shutil.rmtree(index)
    assert BOOK in await trainee.says(QUESTION) and len(built) == 1, "from memory"
    owner = stage.scope("演示内容负责人（仅供演示）")
    books = [one for one in stage.read(lambda c: shelf.visible(c, owner, drafts=True)) if one.playbook]
    other = next(one for one in books if one.id != BOOK)
    stage.write(lambda c: shelf.set_status(c, owner, other.id, other.version, "retired", stage.clock()))
    caplog.set_level(logging.INFO, "knowledge.search.kept")
    caplog.clear()
    assert BOOK in await trainee.says(QUESTION) and len(built) == 2, "the shelf has changed"
    said = [record for record in caplog.records if record.name == "knowledge.search.kept"]
    assert len(said) == 1 and "Traceback" not in caplog.text
    [again] = index.iterdir()
    assert again.name == kept.name and again.stat().st_size > 1000
