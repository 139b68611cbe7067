"""What may stand in a blank: tidied when it may, and told why when it may not; and what a message already says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.documents import Names
from knowledge.answers import MAX_ANSWER, Refused, Taken, items, judge
from knowledge.playbook import SLOT_KINDS, Slot
from knowledge.taking_over import conflicts, mentioned, pasted

TODAY = date(2026, 11, 22)
SITES = ["US", "CA", "MX", "BR", "UK", "DE", "FR", "IT", "ES", "JP"]


def slot(kind: str, check: dict[str, Any] | None = None, **more: Any) -> Slot:
    return Slot("blank", Names("一格", "Blank"), kind, True, check=check or {}, **more)


def verdict(kind: str, answer: str, check: dict[str, Any] | None = None, values: dict[str, str] | None = None) -> str:
    """The taken value, or the reason in brackets."""
    judged = judge(slot(kind, check), answer, values or {}, TODAY)
    return judged.value if isinstance(judged, Taken) else f"<{judged.reason}>"


@pytest.mark.parametrize(
    ("kind", "answer", "check", "expected"),
    [
        ("string", "  PAWNEST ", {"max_chars": 10}, "PAWNEST"),
        ("string", "   ", {}, "<empty>"),
        ("string", "x" * (MAX_ANSWER + 1), {}, "<too_long>"),
        ("string", "ab", {"min_chars": 3}, "<too_short>"),
        ("string", "abcd", {"max_chars": 3}, "<too_long>"),
        ("string", "F1", {"pattern": r"F\d"}, "F1"),
        ("string", "G1", {"pattern": r"F\d"}, "<wrong_form>"),
        ("int", "75", {"min": 20, "max": 200}, "75"),
        ("int", "７５", {"min": 20, "max": 200}, "75"),
        ("int", "1,200", {}, "1200"),
        ("int", "7.5", {}, "<not_a_whole_number>"),
        ("int", "75 个", {}, "<not_a_whole_number>"),
        ("int", "10", {"min": 20, "max": 200}, "<out_of_range>"),
        ("int", "0", {"min": 20, "or_zero": True}, "0"),
        ("number", "29.99", {}, "29.99"),
        ("number", "1,5", {}, "<not_a_number>"),
        ("number", "24,4", {}, "<not_a_number>"),
        ("number", "1,299.50", {}, "1299.50"),
        ("number", "nan", {}, "<not_a_number>"),
        ("number", "1e9", {}, "<not_a_number>"),
        ("date", "2026-11-20", {}, "2026-11-20"),
        ("date", "2026年11月2日", {}, "2026-11-02"),
        ("date", "今天", {}, "2026-11-22"),
        ("date", "yesterday", {}, "2026-11-21"),
        ("date", "2026-02-30", {}, "<not_a_date>"),
        ("date", "20 Nov", {}, "<not_a_date>"),
        ("date", "2026-09-01", {"max_age_days": 31}, "<too_old>"),
        ("date", "2026-12-25", {"max_age_days": 31}, "<future_date>"),
        ("list", "a；b；c", {"min_items": 3}, "a；b；c"),
        ("list", "a；b", {"min_items": 3}, "<too_few>"),
        ("list", "a;b;c;d", {"max_items": 3}, "<too_many>"),
        ("list", "无", {}, "无"),
        ("table", "r1\nr2", {"min_items": 2}, "r1\nr2"),
        ("enum", "us", {"options": SITES}, "US"),
        ("enum", "德国", {"options": SITES}, "DE"),
        ("enum", "卖到日本站", {"options": SITES}, "JP"),
        ("enum", "Amazon DE", {"options": SITES}, "DE"),
        ("enum", "us站", {"options": SITES}, "US"),
        ("enum", "bus", {"options": SITES}, "<not_an_option>"),
        ("enum", "america", {"options": SITES}, "<not_an_option>"),
        ("enum", "is it ok", {"options": SITES}, "<not_an_option>"),
        ("enum", "US 或 DE", {"options": SITES}, "<not_an_option>"),
        ("enum", "直播", {"options": ["直播带货", "短视频"]}, "直播带货"),
        ("enum", "off white", {"options": ["white", "off white"]}, "off white"),
        ("enum", "anything", {}, "anything"),
    ],
)
def test_an_answer_is_taken_tidily_or_refused_with_its_reason(
    kind: str, answer: str, check: dict[str, Any], expected: str
) -> None:
    assert verdict(kind, answer, check) == expected


def test_a_bound_may_hang_on_another_blank() -> None:
    check = {"at_most": {"slot": "title_max_chars", "minus": 1}}
    assert verdict("int", "74", check, {"title_max_chars": "75"}) == "74"
    assert verdict("int", "75", check, {"title_max_chars": "75"}) == "<above_limit>"
    assert verdict("int", "75", check, {"title_max_chars": "?"}) == "75"


def test_prose_says_the_check_where_the_author_gave_none() -> None:
    whole = Slot("n", Names("数"), "int", True, validate="20–200 的整数")
    assert isinstance(judge(whole, "10", {}, TODAY), Refused)
    facts = Slot("f", Names("事实"), "list", True, validate="≥5 条；每条有编号")
    assert isinstance(judge(facts, "a；b", {}, TODAY), Refused)


CHECKS = st.fixed_dictionaries(
    {},
    optional={
        "min": st.integers(-5, 50),
        "max": st.integers(0, 500),
        "min_items": st.integers(0, 3),
        "max_items": st.integers(0, 9),
        "min_chars": st.integers(0, 5),
        "max_chars": st.integers(0, 400),
        "max_age_days": st.integers(0, 90),
        "pattern": st.sampled_from([r"F\d", "(?=x)", "."]),
        "options": st.lists(st.sampled_from([*SITES, "直播带货", "off white", "white", ""]), max_size=5),
    },
)
ANSWERS = st.one_of(
    st.text(max_size=60),
    st.integers().map(str),
    st.dates().map(str),
    st.sampled_from(["us", "德国", "1,200", "a；b；c", "无", "２", "１，５"]),
)


@settings(deadline=None)
@given(st.sampled_from(SLOT_KINDS), CHECKS, ANSWERS)
def test_what_was_taken_is_taken_again_unchanged(kind: str, check: dict[str, Any], answer: str) -> None:
    judged = judge(slot(kind, check), answer, {}, TODAY)
    if isinstance(judged, Taken):
        assert judge(slot(kind, check), judged.value, {}, TODAY) == judged
    else:
        assert judged.reason


@settings(deadline=None)
@given(st.integers(-10_000, 10_000), st.integers(-100, 100), st.integers(0, 1000))
def test_a_taken_number_is_within_its_bounds(number: int, low: int, width: int) -> None:
    taken = isinstance(judge(slot("int", {"min": low, "max": low + width}), str(number), {}, TODAY), Taken)
    assert taken == (low <= number <= low + width)


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 400))
def test_a_taken_date_is_recent_enough(day: date, oldest: int) -> None:
    taken = isinstance(judge(slot("date", {"max_age_days": oldest}), day.isoformat(), {}, TODAY), Taken)
    assert taken == (TODAY - timedelta(days=oldest) <= day <= TODAY + timedelta(days=1))


@settings(deadline=None)
@given(st.text(max_size=80))
def test_items_are_the_pieces_without_blanks(text: str) -> None:
    assert all(one == one.strip() and one for one in items(text))


BLANKS = (
    Slot("marketplace", Names("站点", "Marketplace"), "enum", True, check={"options": SITES}),
    Slot("brand_name", Names("品牌名", "Brand name"), "string", True),
    Slot("audience_core", Names("核心人群", "Audience"), "string", True),
    Slot("price_tiers", Names("价格档", "Price tiers"), "list", True),
    Slot("product_name", Names("产品名", "Product"), "string", True),
)


def test_a_message_that_names_its_blanks_fills_them() -> None:
    assert pasted(BLANKS, "站点：US；品牌：PAWNEST；产品名：慢食碗", TODAY) == {
        "marketplace": "US",
        "brand_name": "PAWNEST",
        "product_name": "慢食碗",
    }
    assert pasted(BLANKS, "标题怎么写", TODAY) == {}


def test_a_question_says_some_blanks_in_passing() -> None:
    found = mentioned(BLANKS, "针对 25~35 岁职场女性、客单价 199~399 元的水晶手串，美国站怎么写", TODAY)
    assert (
        found["marketplace"] == "US"
        and found["audience_core"].startswith("25~35 岁")
        and "199~399 元" in found["price_tiers"]
    )
    assert mentioned(BLANKS, "how does it work", TODAY) == {}


@settings(deadline=None)
@given(st.text(max_size=200))
def test_nothing_is_invented(text: str) -> None:
    found = mentioned(BLANKS, text, TODAY)
    assert set(conflicts(found, text)) <= {"marketplace"}
    for value in pasted(BLANKS, text, TODAY).values():
        assert value in text
