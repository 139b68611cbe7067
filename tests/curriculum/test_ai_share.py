"""含AI率: untouched is 1, rewritten near 0, every replaced word lowers it, unknown stays unknown."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from curriculum.ai_share import Share, Step, difference, kept, overall, share_of, words_of

TEXTS = st.text(st.sampled_from("标题亮点防滑慢食碗狗产品 ，。\nabc XYZ 123"), min_size=1, max_size=120)


@given(TEXTS)
def test_untouched_is_one_whatever_the_spacing(text: str) -> None:
    assert kept(text, text) == kept(text, f"  {text} ") == 1.0


@given(st.integers(1, 60), st.randoms(use_true_random=False))
def test_every_word_replaced_by_a_new_one_lowers_it(length: int, chance: random.Random) -> None:
    draft = [f"w{n}" for n in range(length)]
    final, shares = list(draft), [1.0]
    for place in chance.sample(range(length), length):
        final[place] = f"new{place}"
        shares.append(kept(" ".join(draft), " ".join(final)))
    assert all(later <= earlier for earlier, later in zip(shares, shares[1:], strict=False))
    assert shares[-1] == 0.0 and shares[1] < 1.0


@given(TEXTS, TEXTS)
def test_it_is_always_a_share(draft: str, final: str) -> None:
    assert 0.0 <= kept(draft, final) <= 1.0


def test_a_rewritten_text_is_near_nothing_and_a_touched_up_one_near_all() -> None:
    draft = "PAWNEST Slow Feeder Dog Bowl, Non Slip Base, 3 Cups, Gray. 整圈防滑底，狗吃得慢，地板不再被推着跑。"
    rewritten = "Stop the gulp: a heavy maze dish by PAWNEST for big dogs. 家里两只金毛半年实测，饭后不吐。"
    assert kept(draft, rewritten) < 0.15
    assert kept(draft, draft.replace("Gray", "Grey")) > 0.85
    assert (
        kept(
            draft, "狗吃得慢，地板不再被推着跑。整圈防滑底，PAWNEST Slow Feeder Dog Bowl, Non Slip Base, 3 Cups, Gray."
        )
        > 0.9
    )


def test_origin_decides_before_wording_does() -> None:
    same = ("写一个标题", "写一个标题")
    assert share_of(Step("s", "model", *same)) == Share("s", 1.0, 5)
    assert share_of(Step("s", "human", *same)) == Share("s", 0.0, 5)
    assert share_of(Step("s", "unknown", *same)) == Share("s", None, 5)
    assert overall([Share("a", 1.0, 30), Share("b", 0.0, 10)]) == 0.75
    assert overall([Share("a", 1.0, 30), Share("b", None, 1)]) is None


@given(TEXTS, TEXTS)
def test_a_difference_holds_both_texts_whole(draft: str, final: str) -> None:
    pieces = difference(draft, final)
    assert "".join(one.text for one in pieces if one.kind != "new") == draft
    assert "".join(one.text for one in pieces if one.kind != "gone") == final


def test_words_are_what_people_count() -> None:
    assert words_of("慢食碗 Dog-Bowl ３ Cups") == ["慢", "食", "碗", "dog", "bowl", "3", "cups"]


def test_function_words_in_common_are_nobodys_wording() -> None:
    draft = (
        "The product is made of steel and it is easy to clean. You can use it in the office and on the road. "
        "It is one of the best ways to keep your lunch warm."
    )
    about_else = (
        "The weather on the coast is one of the reasons we sail. In the harbour it is the wind that you can feel, "
        "and the boats in the bay are as old as the town. It is for the sailors to say when to go."
    )
    assert kept(draft, about_else) < 0.1
    assert kept(draft, draft + " Indeed.") > 0.95, "within a run they stay part of it"
    assert kept("这个碗是不锈钢的，也可以放进洗碗机。", "这个季节的天气也可以说是很好的。") < 0.3
