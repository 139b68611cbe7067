"""The coach's words: the same keys and places in both languages, and every key that code asks for is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.phrasebook import Phrasebook, places

ROOT = Path(__file__).parents[2]
FOLDERS = [folder for folder in (ROOT / "bot/phrases", ROOT / "curriculum/phrases") if folder.exists()]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ALSO_CHINESE = {
    "me.ask_language",  # said to somebody whose language is not known yet
    "button.other_language",
    "menu.language",
    "hand_over.nothing",  # stands in the prompt, which is Chinese
}
OWN_PLACES = {"day.date"}  # each language writes a day in its own way


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.parent.name)
def book(request: pytest.FixtureRequest) -> Phrasebook:
    return Phrasebook.read(request.param)


def test_both_languages_have_the_same_keys_and_places(book: Phrasebook) -> None:
    chinese, english = book.phrases["zh-CN"], book.phrases["en"]
    assert set(book.phrases) == {"zh-CN", "en"}
    assert sorted(chinese.keys() ^ english.keys()) == []
    assert [key for key in chinese if places(chinese[key]) != places(english[key]) and key not in OWN_PLACES] == []


def test_english_is_english(book: Phrasebook) -> None:
    assert [key for key, said in book.phrases["en"].items() if CHINESE.search(said) and key not in ALSO_CHINESE] == []


def test_bold_is_closed_and_nothing_is_empty(book: Phrasebook) -> None:
    for language, phrases in book.phrases.items():
        odd = [key for key, said in phrases.items() if said.count("**") % 2 or not said.strip()]
        assert odd == [], language


def _asked_for() -> Iterator[tuple[str, str]]:
    """Every literal key that code hands to say, rich, reply, choice or an ExpectedError."""
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if name not in ("say", "rich", "reply", "choice", "ExpectedError") or not isinstance(first, ast.Constant):
                continue
            if isinstance(first.value, str) and re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", first.value):
                yield first.value, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_key_that_code_asks_for_is_there() -> None:
    known = {key for folder in FOLDERS for key in Phrasebook.read(folder).phrases["zh-CN"]}
    asked = list(_asked_for())
    assert len(asked) > 100, "the search for keys finds them"
    assert [(key, where) for key, where in asked if key not in known] == []


def test_every_purpose_of_a_call_has_a_name() -> None:
    """The lead reads it beside what the call cost."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "bot").rglob("*.py")]
    asked = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    of_models = [node for node in asked if ast.unparse(node.func).endswith("models.ask") and len(node.args) > 3]
    purposes = {ast.literal_eval(node.args[3]) for node in of_models}
    named = {
        key.removeprefix("purpose.")
        for key in Phrasebook.read(ROOT / "bot/phrases").phrases["en"]
        if key.startswith("purpose.")
    }
    assert len(purposes) > 5 and purposes == named


def test_an_unknown_language_is_answered_in_the_default_one() -> None:
    book = Phrasebook({"zh-CN": {"a": "好 {name}"}, "en": {"a": "good {name}"}})
    assert (book.say("a", "fr", name="x"), book.say("a", "en", name="{name}")) == ("好 x", "good {name}")
