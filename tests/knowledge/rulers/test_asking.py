"""Which messages ask for a check, of what, and with which ruler; and which only look so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.rulers.asking import guess_ruler, request_in, wants_checking
from knowledge.rulers.rulers import RULERS

ASKED = [
    ("检查一下这个标题：PAWNEST Slow Feeder Dog Bowl", "amazon-title", "PAWNEST Slow Feeder Dog Bowl"),
    ("帮我看看这个标题行不行：\nPAWNEST Dog Bowl, Gray", "amazon-title", "PAWNEST Dog Bowl, Gray"),
    ("這個標題有問題嗎：PAWNEST Bowl", "amazon-title", "PAWNEST Bowl"),
    ("check this title: PAWNEST Dog Bowl", "amazon-title", "PAWNEST Dog Bowl"),
    ("Can you review my title: PAWNEST Dog Bowl", "amazon-title", "PAWNEST Dog Bowl"),
    ("这个标题多少字符：ABC DEF", "amazon-title", "ABC DEF"),
    ("检查\n标题：ABC Bowl 2 Pack", "amazon-title", "ABC Bowl 2 Pack"),
    ("帮我看看这句能不能说：招财转运", "claims", "招财转运"),
    ("看看「招财转运」能不能说", "claims", "招财转运"),
    ("这句话违规吗：抗菌毛巾", "claims", "抗菌毛巾"),
    ("能不能写：kills 99% of germs", "claims", "kills 99% of germs"),
    ("Can I say this: antibacterial towel", "claims", "antibacterial towel"),
    ("核对一下商品亮点：9.6 in wide, PP body", "amazon-highlights", "9.6 in wide, PP body"),
    ("check these item highlights: 9.6 in wide", "amazon-highlights", "9.6 in wide"),
    ("查一下后台搜索词：mat rug throw", "search-terms", "mat rug throw"),
    ("how many bytes are these search terms: mat rug", "search-terms", "mat rug"),
    ("帮我看看这段话术行不行\n姐妹们看过来", "spoken-script", "姐妹们看过来"),
    ("审一下口播稿：今天这条", "spoken-script", "今天这条"),
    ("检查一下这段：ACOS 25%, ROAS 5", "profit", "ACOS 25%, ROAS 5"),
    ("核对这笔账：29.99 × 0.9 = 25", "profit", "29.99 × 0.9 = 25"),
    ("检查单位：24 cm (12 in)", "units", "24 cm (12 in)"),
]
NOT_ASKED = [
    "亚马逊标题怎么写",
    "标题",
    "检查",
    "检查一下",
    "帮我写个标题：宠物碗",
    "新规75个字符 我200字符的标题怎么砍",
    "看看怎么优化标题：abc",
    "看看",
    "检查一下广告为什么没曝光：预算 20 美元",
    "帮我检查 listing 怎么没流量：昨天开始",
    "我要看看类目：宠物",
    "请帮我总结这段话：检查一下这个标题",
    "标题超75了",
    "帮我看看竞品：B0ABCDEFGH",
    "翻译一下这个标题：狗碗",
    "write a title for: dog bowl",
    "how do I check a title: any tool?",
    "优化这个标题：ABC",
    "你好：在吗",
    "能不能教我写标题：我是新人",
    "价格：29.99\n品牌：PAWNEST",
    "站点：US；品牌：PAWNEST",
    "生成 3 个标题：狗碗",
    "why is my title suppressed: please check",
    "我的listing被下架了，帮我写申诉：检查报告在这里",
]


@pytest.mark.parametrize(("words", "ruler", "payload"), ASKED)
def test_a_request_is_understood(words: str, ruler: str, payload: str) -> None:
    asked = request_in(words)
    assert asked is not None and (asked.ruler, asked.payload) == (ruler, payload)
    assert wants_checking(words) and guess_ruler(words) == ruler


@pytest.mark.parametrize("words", NOT_ASKED)
def test_a_question_is_left_to_the_search(words: str) -> None:
    assert not wants_checking(words)


@pytest.mark.parametrize(
    "words", ["检查一下：ceramic vase, nine inches tall, for home", "检查下面这段：Soft, warm, easy to wash."]
)
def test_what_is_not_clear_is_asked(words: str) -> None:
    asked = request_in(words)
    assert asked is not None and asked.ruler is None and len(asked.candidates) > 1


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_words_are_borne(words: str) -> None:
    asked = request_in(words)
    assert asked is None or (asked.payload and set(asked.candidates) <= set(RULERS))
    assert guess_ruler(words) is None or guess_ruler(words) in RULERS
