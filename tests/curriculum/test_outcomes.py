"""Results typed or pasted: figures are read as written, and what makes no sense is said, never guessed."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.outcomes import Outcome, Unreadable, read_outcomes

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("曝光 1,200 点击 36 订单 3 收入 $89.7", Outcome(1200, 36, 3, 89_700_000, "USD")),
        ("曝光：1.2万，点击：300", Outcome(12_000, 300)),
        ("impressions 900, clicks 12, orders 0, revenue 0 EUR", Outcome(900, 12, 0, 0, "EUR")),
        ("订单 5", Outcome(orders=5)),
        ("ＧＭＶ １２３．４５ 元", Outcome(revenue=123_450_000, currency="CNY")),
    ],
)
def test_a_sentence_is_read_as_written(text: str, outcome: Outcome) -> None:
    assert read_outcomes(text, TODAY) == [(TODAY, outcome)]


def test_a_table_brings_its_own_days() -> None:
    text = "日期,曝光,点击,订单,收入\n2026-11-01,100,10,1,$19.9\n2026/11/02,200,20,,\n"
    assert read_outcomes(text, TODAY) == [
        (date(2026, 11, 1), Outcome(100, 10, 1, 19_900_000, "USD")),
        (date(2026, 11, 2), Outcome(200, 20)),
    ]


@pytest.mark.parametrize(
    "text", ["", "还不错", "曝光 很多", "曝光 10 点击 20", "date,clicks\n2026-13-01,5", "date,clicks\n2026-11-01,many"]
)
def test_what_cannot_be_is_not_taken(text: str) -> None:
    with pytest.raises(Unreadable):
        read_outcomes(text, TODAY)


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ("2026-11-02,x,1,1,1", (2, "impressions", "x")),
        ("2026-11-02,10,1,1,3 EU", (2, "revenue", "3 EU")),
        ("2026-11-31,10,1,1,1", (2, "day", "2026-11-31")),
        ("2026-11-01,10,1,1,1", (2, "day", "2026-11-01")),
        ("2027-01-01,10,1,1,1", (2, "day", "2027-01-01")),
        ("2026-11-02,10,20,1,1", (2, "order_of_steps", "10 / 20 / 1")),
        ("2026-11-02,1.5,1,1,1", (2, "impressions", "1.5")),
        (",10,1,1,1", (2, "day", " 10 1 1 1")),
    ],
)
def test_a_bad_table_says_which_row_and_field(row: str, where: tuple[int, str, str]) -> None:
    with pytest.raises(Unreadable) as caught:
        read_outcomes(f"日期,曝光,点击,订单,收入\n2026-11-01,100,10,1,$19.9\n{row}\n", TODAY)
    assert (caught.value.row, caught.value.field, caught.value.piece) == where


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        assert all(outcome.is_possible for _, outcome in read_outcomes(text, TODAY))


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**5))
def test_figures_come_back_exactly(shown: int, clicks: int, orders: int) -> None:
    orders, clicks, shown = sorted((shown, clicks, orders))
    assert read_outcomes(f"曝光 {shown} 点击 {clicks} 订单 {orders}", TODAY) == [
        (TODAY, Outcome(shown, clicks, orders))
    ]
