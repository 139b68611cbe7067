"""Asking about a playbook: each clause answers what its own words ask, and nothing answers what no clause says."""

from __future__ import annotations

import pytest

from knowledge.asking_about import answer_from, asks_about
from knowledge.document import read_file
from knowledge.library_files import written_files
from knowledge.playbook import Playbook


@pytest.fixture(scope="module")
def books() -> dict[str, Playbook]:
    return {path.stem: read_file(path) for path in written_files()}


def test_a_clause_is_found_by_its_name_in_every_playbook(books: dict[str, Playbook]) -> None:
    asked = [(book, clause) for book in books.values() for clause in book.clauses if len(clause.name) >= 3]
    found = [answer_from(book, f"为什么要有{clause.name}这一段？") for book, clause in asked]
    right = sum(one is not None and one.clause is clause for one, (_, clause) in zip(found, asked, strict=True))
    assert right / len(asked) > 0.85, right / len(asked)


@pytest.mark.parametrize(
    ("question", "clause"),
    [
        ("为什么要写核对日期？", "rules"),
        ("为什么要单独列还不能说的话", "facts"),
        ("示例为什么要换一个品类", "examples"),
        ("为什么要三个候选标题", "task"),
    ],
)
def test_by_what_it_says(books: dict[str, Playbook], question: str, clause: str) -> None:
    found = answer_from(books["amazon-listing-title"], question)
    assert found is not None and found.clause.key == clause


@pytest.mark.parametrize(
    "question",
    [
        "为什么天是蓝的？",
        "为什么要交社保",
        "why is the moon round",
        "为什么",
        "为什么要用区块链",
        "why do we need kubernetes",
    ],
)
def test_what_no_clause_says_is_not_made_up(books: dict[str, Playbook], question: str) -> None:
    assert answer_from(books["amazon-listing-title"], question) is None


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("为什么要写核对日期？", True),
        ("Why is there a date?", True),
        ("亚马逊标题怎么写", False),
        ("可以不写品牌吗", True),
        ("帮我写标题", False),
    ],
)
def test_only_a_why_is_a_why(words: str, asks: bool) -> None:
    assert asks_about(words) is asks
