"""The lint: a good file is clean, and each way of breaking it is told in just that way."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from foundation.documents import DocumentError, Problem
from knowledge.checks import check, check_file, pattern_fault, pieces
from knowledge.document import read
from knowledge.quality import overlap
from tests.knowledge.playbooks import GOOD, TODAY, good_text, ground


def problems(text: str, today: date = TODAY) -> list[Problem]:
    try:
        return check(read(text, "x.md"), text, "x.md", replace(ground(), today=today))
    except DocumentError as error:
        return list(error.problems)


def test_a_good_file_is_clean() -> None:
    assert check_file(GOOD, ground())[1] == []


MUTATIONS = yaml.safe_load((Path(__file__).parent / "mutations.yaml").read_text("utf-8"))


@pytest.mark.parametrize("one", MUTATIONS, ids=[one["breaks"] for one in MUTATIONS])
def test_breaking_a_good_file_is_told_in_just_that_way(one: dict[str, str]) -> None:
    assert one["take"] in good_text()
    found = problems(good_text().replace(one["take"], one["put"], 1))
    told = [
        each for each in found if each.level == one["level"] and one["field"] in each.field and one["says"] in each.what
    ]
    assert told, [str(each) for each in found]
    assert told[0].mend and told[0].line >= 1


def _head_only(text: str, name: str, keep: int) -> str:
    """The document with fewer entries of a head list."""
    head, mark, rest = text.partition(f"{name}:\n")
    lines = rest.split("\n")
    count = next(index for index, line in enumerate(lines) if not line.startswith("  - "))
    return head + mark + "\n".join(lines[:keep] + lines[count:])


def test_floors_hold_for_what_is_in_review_and_not_for_a_draft() -> None:
    few_questions = _head_only(good_text(), "sample_questions", 24)
    assert any("24 different sample questions" in one.what for one in problems(few_questions))
    assert not any(
        "sample questions" in one.what for one in problems(few_questions.replace("status: in review", "status: draft"))
    )
    begin, end = good_text().index("  - id: AT10"), good_text().index("```\n\n---\n\n## 6.")
    few_items = good_text()[:begin] + good_text()[end:]
    assert any("9 items" in one.what for one in problems(few_items))
    parts = re.split(r"(?m)^(?=### 段 \d+)", good_text())
    few_clauses = "".join(parts[:8]) + "\n---\n\n## 2." + good_text().split("## 2.", 1)[1]
    assert any("7 clauses" in one.what for one in problems(few_clauses))


def test_an_expired_fact_is_an_error_from_the_day_after_its_cycle() -> None:
    due = ground().facts["F-AMZ-01"].expires()
    assert due is not None
    assert not any("due for review" in one.what for one in problems(good_text(), due))
    assert any("due for review" in one.what for one in problems(good_text(), due + timedelta(days=1)))


@pytest.mark.parametrize("pattern", ["(a+)+b", "抗菌|antibacterial", r"\d{1,3}字", "^(标题|title)"])
def test_linear_patterns_are_taken(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)b", "(?<!a)b", "(", "a{2000}"])
def test_what_cannot_be_matched_in_linear_time_is_refused(pattern: str) -> None:
    assert pattern_fault(pattern)


def test_the_pieces_of_an_order_question() -> None:
    assert pieces("排好：a 写候选；b 列清单；c 自检。") == {"a": "写候选", "b": "列清单", "c": "自检"}
    assert pieces("没有字母的题") == {}


def test_overlap_is_the_share_of_the_shorter_text() -> None:
    assert overlap("一二三四五六七八九十", "一二三四五六七八九十") == 1
    assert overlap("一二三四五六七八", "甲乙丙丁戊己庚辛") == 0
    assert overlap("", "甲乙丙丁") == 0
    assert overlap("一二三四五六七八{{slot}}", " 一二三四 五六七八 ") == 1
