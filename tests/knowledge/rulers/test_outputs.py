"""A model's answer under the rulers of its playbook: the piece to paste is found wherever it stands."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.document import read_file
from knowledge.facts import LIBRARY
from knowledge.playbook import Playbook
from knowledge.rulers.outputs import rulings_of_output
from knowledge.rulers.ruling import Ruling

TITLE = "PAWNEST Slow Feeder Dog Bowl, Full-Ring Non-Slip Base, 3 Cups, Gray"
LIGHTS = "Maze ridges for fast eaters, 9.6 in wide, PP body"


@cache
def book(playbook_id: str) -> Playbook:
    return read_file(LIBRARY / f"{playbook_id}.md")


def ruled(playbook_id: str, output: str, **values: str) -> dict[str, Ruling]:
    one = book(playbook_id)
    return {ruling.ruler: ruling for ruling in rulings_of_output(one, {**one.example_values, **values}, output)}


@pytest.mark.parametrize(
    "output",
    [
        f"## 4 推荐\n推荐 C。\n\n## 7 可直接粘贴\n{TITLE}\n{LIGHTS}\n",
        f"解释一大段。\n\n【可直接粘贴】\n```\n{TITLE}\n{LIGHTS}\n```",
        f"### Ready to paste\n- {TITLE}\n- {LIGHTS}",
        f"**可直接粘贴**\n1. {TITLE}\n2. {LIGHTS}",
        f"标题：{TITLE}\n商品亮点：{LIGHTS}",
        f"## 可直接粘贴\n标题：{TITLE}\n亮点：{LIGHTS}",
        f"Title: {TITLE}\nItem highlights: {LIGHTS}",
        f"## 7. 可直接粘贴（推荐）\n> {TITLE}\n> {LIGHTS}",
    ],
)
def test_the_title_and_highlights_are_found(output: str) -> None:
    found = ruled("amazon-listing-title", output)
    title, lights = found["amazon-title"].measure("characters"), found["amazon-highlights"].measure("characters")
    assert title is not None and lights is not None
    assert (title.value, lights.value) == (len(TITLE), len(LIGHTS))
    assert found["amazon-title"].passed and found["amazon-highlights"].passed


def test_places_of_findings_are_places_of_the_answer() -> None:
    output = f"说明。\n\n## 7 可直接粘贴\nPAWNEST Best Dog Bowl!\n{LIGHTS}"
    for finding in ruled("amazon-listing-title", output)["amazon-title"].findings:
        assert output[finding.start : finding.end] == finding.text


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ("| C 差异 | {title} | 74 | F2 |", True),
        ("| C 差异 | {title} | 67 | F2 |", False),
        ("{title}（74 字符）", True),
        ("{title} (67 characters)", False),
        ("{title}，自报 70", False),
        ("{title} 3 件装", False),
    ],
)
def test_a_wrong_count_that_the_model_states_is_told(beside: str, told: bool) -> None:
    output = f"## 2 候选\n{beside.format(title=TITLE)}\n\n## 7 可直接粘贴\n{TITLE}\n{LIGHTS}"
    rules = {finding.rule for finding in ruled("amazon-listing-title", output)["amazon-title"].findings}
    assert ("self-report-wrong" in rules) == told


def test_the_operators_own_limits_count() -> None:
    output = f"## 7 可直接粘贴\n{TITLE}\n{LIGHTS}"
    assert not ruled("amazon-listing-title", output, title_max_chars="60")["amazon-title"].passed
    assert not ruled("amazon-listing-title", output, banned_terms="maze")["claims"].passed


def test_search_terms_are_counted_in_bytes_where_they_stand() -> None:
    output = (
        "【成品】\noutdoor mat camping rug\n\n【字节】4 个词共 20 字节 + 3 个空格 = 23 字节\n【剔除】best｜评价之词"
    )
    ruling = ruled("backend-search-terms", output)["search-terms"]
    counted = ruling.measure("bytes")
    assert counted is not None and counted.value == 23 and ruling.passed


def test_what_is_given_up_in_the_explanation_is_no_claim() -> None:
    output = "## 5 没放进去的\n放弃的卖点：antibacterial（没有注册号）\n\n## 7 可直接粘贴\n" + TITLE + "\n" + LIGHTS
    assert ruled("amazon-listing-title", output)["claims"].passed
    assert not ruled("amazon-listing-title", output + " antibacterial")["claims"].passed


def test_a_script_is_found_between_its_directions() -> None:
    output = "## 1 口播稿\n动作：举手\n「刚进来的，先别划。我问一句。」\n互动：扣 1\n\n## 4 自检\n红线：招财（无）"
    found = ruled("live-script-audience", output)
    said = found["spoken-script"].measure("spoken_chars")
    assert said is not None and said.value == 11 and found["spoken-script"].passed


@settings(deadline=None)
@given(
    st.text(max_size=300),
    st.sampled_from(
        ["amazon-listing-title", "backend-search-terms", "live-script-audience", "localize-de", "profit-model"]
    ),
)
def test_any_answer_is_borne(output: str, playbook_id: str) -> None:
    for ruling in ruled(playbook_id, output).values():
        assert all(0 <= one.start <= one.end <= len(output) for one in ruling.findings)
