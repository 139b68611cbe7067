"""The library as it ships: clean, in nobody else's words, complete against its catalogue, and with the cases its story tells."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest

from knowledge.checks import check_file
from knowledge.document import read, write
from knowledge.facts import LIBRARY, read_facts, read_skills
from knowledge.library_files import catalogue_entries, written_files
from knowledge.playbook import Playbook, assemble, slots_in
from knowledge.preview import preview
from knowledge.quality import REVIEWED, overlaps
from knowledge.rulers.rulers import RULERS, rule
from tests.knowledge.playbooks import TODAY, ground

FILES = [pytest.param(path, id=path.stem) for path in written_files()]


@cache
def books() -> dict[str, Playbook]:
    return {path.stem: read(path.read_text("utf-8"), path.name) for path in written_files()}


@pytest.mark.parametrize("path", FILES)
def test_a_file_lints_clean(path) -> None:  # type: ignore[no-untyped-def]
    book, problems = check_file(path, ground())
    assert book is not None and book.id == path.stem
    assert [str(one) for one in problems if one.level == "error"] == []


def test_no_two_prompts_share_more_than_a_quarter_of_their_wording() -> None:
    assert overlaps([(LIBRARY / f"{one}.md", book) for one, book in books().items()]) == []
    twins = [(LIBRARY / "one.md", books()["profit-model"]), (LIBRARY / "other.md", books()["profit-model"])]
    assert len(overlaps(twins)) == 1


def test_the_longest_option_is_no_cue() -> None:
    """Whoever picks the longest of three knows nothing: it is right hardly more often than a guess (a third)."""
    items = [one for book in books().values() for one in book.quiz if len(one.options) == 3 and one.kind != "order"]
    cued = [
        one
        for one in items
        if one.answer and max(one.options, key=lambda option: len(option.text)).text == one.answer[0]
    ]
    assert len(cued) / len(items) < 0.4


def test_every_need_of_the_catalogue_is_written() -> None:
    assert {entry.id for entry in catalogue_entries()} == set(books())
    assert len(books()) >= 40


@pytest.mark.parametrize("path", FILES)
def test_ids_resolve_and_the_document_survives_a_round_trip(path) -> None:  # type: ignore[no-untyped-def]
    book = books()[path.stem]
    facts, skills = read_facts(), read_skills()
    assert set(book.facts) <= set(facts) and book.facts
    assert {clause.skill for clause in book.clauses} | set(book.skills) <= set(skills)
    assert set(book.rulers) <= set(RULERS) and set(book.prerequisites) <= set(books())
    assert book.status in REVIEWED and book.review_by is not None and book.review_by > TODAY
    assert read(write(book)) == book


@pytest.mark.parametrize("path", FILES)
def test_the_filled_example_leaves_nothing_open(path) -> None:  # type: ignore[no-untyped-def]
    book = books()[path.stem]
    shown = preview(book)
    assert shown.unfilled == () and slots_in(shown.prompt) == () and shown.units >= 1_000
    assert slots_in(assemble(book, {})) == ()


@pytest.mark.parametrize("path", FILES)
def test_every_clause_that_teaches_is_asked_about_by_some_item(path) -> None:  # type: ignore[no-untyped-def]
    book = books()[path.stem]
    assert {clause.key for clause in book.clauses} <= {item.segment for item in book.quiz}


def test_facts_have_sources_dates_and_a_cycle_that_ends() -> None:
    for fact in read_facts().values():
        assert fact.statement and fact.source and fact.grade in ("A", "B", "C", "V", "M")
        due = fact.expires()
        assert due is None or due - fact.found <= timedelta(days=366)


def test_the_title_instruction_is_over_a_thousand_characters_long() -> None:
    assert len(preview(books()["amazon-listing-title"]).prompt) > 1_000


def test_the_crystal_bracelet_live_script_for_women_of_25_to_35_at_199_to_399_yuan() -> None:
    book = books()["live-script-audience"]
    values = book.example_values
    assert "25–35 岁职场女性" in values["audience_core"] and "紫晶" in values["product_name_on_cert"]
    assert all(price in values["price_tiers"] for price in ("199", "299", "399"))


def test_its_script_sounds_spoken_and_says_nothing_banned() -> None:
    book = books()["live-script-audience"]
    ruling = rule("spoken-script", book.expected.split("## 2")[0], {"minutes": book.example_values["minutes"]})
    assert ruling.passed, [one.text for one in ruling.errors]


@pytest.mark.parametrize(
    ("book_id", "words"),
    [
        ("new-product-report", "爆品"),
        ("bid-budget-rules", "规则"),
        ("negative-keywords", "点击"),
        ("scene-image-prompts", "变形"),
        ("localize-jp", "日本"),
        ("localize-latam", "墨西哥"),
        ("live-script-audience", "润色"),
    ],
)
def test_the_cases_of_its_story_are_there(book_id: str, words: str) -> None:
    book = books()[book_id]
    assert words in write(book)


def test_what_ai_may_and_may_not_do_is_said_for_pictures() -> None:
    text = (
        write(books()["scene-image-prompts"]) + write(books()["ai-content-label"]) + write(books()["main-image-brief"])
    )
    assert "颜色" in text and "背景" in text and ("面料" in text or "布料" in text or "材质" in text)
