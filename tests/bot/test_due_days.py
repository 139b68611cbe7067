"""Days as people write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.due_days import read_day

FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("今天", "2026-11-27"), ("明天", "2026-11-28"), ("大后天", "2026-11-30"), ("三天后", "2026-11-30"), ("3天内", "2026-11-30"),
        ("两周后", "2026-12-11"), ("十天后", "2026-12-07"), ("周五", "2026-11-27"), ("周一", "2026-11-30"), ("下周五", "2026-12-04"),
        ("下周五之前", "2026-12-04"), ("本周日", "2026-11-29"), ("星期天", "2026-11-29"), ("下下周一", "2026-12-07"), ("周末", "2026-11-29"),
        ("月底", "2026-11-30"), ("下月底", "2026-12-31"), ("12月5日", "2026-12-05"), ("十二月五号前", "2026-12-05"), ("12月5", "2026-12-05"),
        ("5号", "2026-12-05"), ("28号", "2026-11-28"), ("下个月1号", "2026-12-01"), ("2026年12月5日", "2026-12-05"), ("2026-12-5", "2026-12-05"),
        ("2026/12/05", "2026-12-05"), ("12/5", "2026-12-05"), ("12.5", "2026-12-05"), ("1月3日", "2027-01-03"), ("7", "2026-12-04"),
        ("tomorrow", "2026-11-28"), ("Friday", "2026-11-27"), ("next friday", "2026-12-04"), ("by Monday", "2026-11-30"),
        ("in 3 days", "2026-11-30"), ("2 weeks", "2026-12-11"), ("Dec 5", "2026-12-05"), ("5th of December", "2026-12-05"),
        ("end of month", "2026-11-30"),
    ],
)  # fmt: skip
def test_a_day_is_read(words: str, day: str) -> None:
    assert read_day(words, FRIDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "尽快",
        "亚马逊标题怎么写",
        "2月30日",
        "13月1日",
        "明天的广告怎么投",
        "99号",
        "十十天",
        "soon",
        "2026-13-01",
        "²天后",
    ],
)
def test_what_is_no_day_is_none(words: str) -> None:
    assert read_day(words, FRIDAY) is None


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.text(max_size=30))
def test_any_words_are_a_day_or_none(today: date, words: str) -> None:
    assert read_day(words, today) is None or isinstance(read_day(words, today), date)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 360))
def test_a_day_written_out_is_read_back(today: date, ahead: int) -> None:
    day = today + timedelta(ahead)
    assert read_day(day.isoformat(), today) == day
    assert read_day(f"{day.year}年{day.month}月{day.day}日", today) == day
