"""`kill -9` at five named points of a turn: no turn is lost, no effect happens twice, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.tables import inbox
from curriculum.tables import answer, question
from foundation.crash import POINTS
from tests.faults.house import Program, Telegram, bound, count, has_used_a_prompt, telegram_double, until
from tests.helpers.databases import Shelf

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def telegram() -> Iterator[Telegram]:
    with telegram_double() as double:
        yield double


@pytest.fixture
def program(shelf_of_databases: Shelf, telegram: Telegram, tmp_path: Path) -> Iterator[Program]:
    url, demo = shelf_of_databases.seeded()
    bound(url, demo)
    telegram.ask("clear")
    running = Program(url, telegram.base, tmp_path)
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("point", POINTS)
def test_a_question_survives_a_kill(program: Program, telegram: Telegram, point: str) -> None:
    program.start(crash_at=point)
    before = len(telegram.texts())
    telegram.says("新规75个字符 我200字符的标题怎么砍")
    program.dies()
    program.start()
    until(lambda: program.is_done(), "the turn is delivered")
    cards = [text for text in telegram.texts()[before:] if "amazon-listing-title" in text]
    assert 1 <= len(cards) <= 2  # a kill after sending may show it once more, never not at all
    assert count(program.url, question) == 1
    assert count(program.url, inbox) == 1


@pytest.mark.parametrize("point", ["before_commit", "after_commit", "after_send"])
def test_an_answer_is_recorded_once(program: Program, telegram: Telegram, point: str) -> None:
    has_used_a_prompt(program.url, "小林")
    program.start()
    before = len(telegram.texts())
    telegram.says("/why")
    until(lambda: len(telegram.texts()) > before and program.is_done(), "a clause is asked about")
    program.stop()
    program.start(crash_at=point)
    telegram.taps("A")
    program.dies()
    program.start()
    until(lambda: program.is_done(), "the answer is delivered")
    assert count(program.url, answer) == 1


def test_the_same_update_fifty_times_has_one_effect(program: Program, telegram: Telegram) -> None:
    program.start()
    before = len(telegram.texts())
    update = telegram.says("五点描述写不出卖点怎么办")
    telegram.ask("repeat", update=update, times=50)
    until(lambda: program.is_done(), "it is answered")
    telegram.says("/help")
    until(
        lambda: any("怎么用" in text or "How it works" in text for text in telegram.texts()[before:]),
        "later words are answered",
    )
    until(lambda: program.is_done(), "all is delivered")
    assert count(program.url, question) == 1
    assert count(program.url, inbox) == 2


def test_a_stop_in_the_middle_loses_nothing(program: Program, telegram: Telegram) -> None:
    program.start()
    before = len(telegram.texts())
    for number in range(10):
        telegram.says(f"差评一直说掉色，怎么回复 {number}")
    until(lambda: count(program.url, inbox) > 2, "some have arrived")
    program.stop()
    program.start()
    until(lambda: count(program.url, inbox) == 10 and program.is_done(), "all ten are answered")
    assert count(program.url, question) == 10
    assert len(telegram.texts()) - before >= 10
