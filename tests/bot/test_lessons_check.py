"""The lessons' linter: what ships is clean; what is wrong is named with its line and its mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.lessons import check_lessons
from curriculum.lessons import LONGEST, fitting, read_lesson
from foundation.documents import DocumentError

GOOD = "---\nid: a-lesson\ntitle: {zh: 甲, en: A}\nplaybook: amazon-listing-title\n---\n\n## concept · 一\n\n正文\n\n## completion · 二\n\nitem: amazon-listing-title/AT02\n"
FAULTS = {
    "no head": ("---\n", "#\n", "head"),
    "no id": ("id: a-lesson", "note: x", "id"),
    "an id that is no name": ("id: a-lesson", "id: A Lesson", "id"),
    "no title": ("title: {zh: 甲, en: A}", "note: x", "title"),
    "an unknown kind": ("## concept ·", "## quiz ·", "card"),
    "a card without a title": ("## concept · 一", "## concept", "card"),
    "a card without text": ("正文", "", "card"),
    "a card too long": ("正文", "长" * (LONGEST + 1), "card"),
    "no item named": ("item: amazon-listing-title/AT02", "先想想", "item"),
    "an item that is not there": ("AT02", "XX99", "item"),
    "a playbook that is not there": ("playbook: amazon-listing-title", "playbook: nothing", "playbook"),
    "asking before showing": ("## concept · 一\n\n正文\n\n", "", "cards"),
}


def test_what_ships_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_lessons(None, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {"files": 5, "problems": []}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_field_and_mend(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, field = FAULTS[name]
    assert old in GOOD
    path = tmp_path / "a-lesson.md"
    path.write_text(GOOD.replace(old, new), "utf-8")
    assert check_lessons(path, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)["problems"]
    assert field in {one["field"] for one in told} and all(one["mend"] and one["line"] for one in told)


def test_nothing_to_check_is_said(tmp_path: Path) -> None:
    assert check_lessons(tmp_path, as_json=False) == 2


@given(st.text(max_size=600))
def test_any_text_is_read_or_refused_in_order(text: str) -> None:
    try:
        read_lesson(GOOD.replace("正文", text))
    except DocumentError as error:
        assert error.problems


@given(st.text(min_size=1, max_size=1_200), st.integers(min_value=20, max_value=400))
def test_pieces_fit_and_lose_nothing(text: str, longest: int) -> None:
    pieces = fitting(text, longest)
    assert all(0 < len(piece) <= longest for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
