"""Questions that ask the same stand in one heap, others do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curriculum.alike import heaps, marks

SAME = (
    ("保税仓备案要多少天", "保税仓怎么备案"),
    ("怎么给达人寄样", "达人寄样流程", "寄样给达人需要什么"),
    ("how to ship samples to creators", "shipping samples to creators cost"),
    ("离职交接怎么写", "写离职交接"),
)


def test_the_same_question_in_other_words_is_one_heap() -> None:
    said = [words for group in SAME for words in group]
    assert sorted(map(sorted, heaps(said, str))) == sorted(sorted(group) for group in SAME)


def test_words_of_asking_alone_join_nothing() -> None:
    said = [
        "怎么写请假条",
        "怎么写检讨书",
        "需要什么资料",
        "多少钱一个月",
        "how to fix a printer",
        "how to paint a wall",
    ]
    assert len(heaps(said, str)) == len(said)


@given(st.lists(st.text(max_size=60), max_size=12))
def test_every_row_stands_in_one_heap(said: list[str]) -> None:
    found = heaps(said, str)
    assert sorted(word for heap in found for word in heap) == sorted(said)
    assert all(marks(word) for word in said)
