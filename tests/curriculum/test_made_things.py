"""Planted faults and made items: their truth holds by construction, on any text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum import mutants
from curriculum.made_items import ClauseText, MadeItem, brief, made_items, masked
from curriculum.mutants import GoodText, Hunt, Piece, plant
from curriculum.sentences import stem_words

GOOD = GoodText(
    "PAWNEST slow feeder dog bowl. Keeps the bowl in place. Easy to wash.\nAsk me first when a fact is missing.",
    keyword="dog bowl",
    banned=("best seller", "wash"),
    may_not_say=("BPA free",),
    is_prompt=True,
)
SHARDS = ["你好。", "30 cm", "dog bowl ", "先问我", "保证", "Stop. ", "\n", "3.7 in", "！？", "best "]
texts = st.text(max_size=300) | st.lists(st.sampled_from(SHARDS), max_size=20).map("".join)
goods = st.builds(
    GoodText,
    texts,
    st.sampled_from(["", "dog bowl", "碗"]),
    st.lists(st.text(max_size=8), max_size=3).map(tuple),
    st.lists(st.text(max_size=8), max_size=3).map(tuple),
    st.sampled_from(["US", "DE"]),
    st.booleans(),
)


@given(goods, st.text(max_size=4), st.integers(-1, 9))
def test_what_was_not_planted_is_the_original_untouched(good: GoodText, seed: str, faults: int) -> None:
    hunt = plant(good, seed, faults)
    assert hunt == plant(good, seed, faults)
    kinds = list(hunt.faults.values())
    assert len(kinds) <= max(faults, 0) and len(set(kinds)) == len(kinds)
    original = mutants.pieces_of(good.text)
    clean = [piece.text for piece in hunt.pieces if not piece.fault and piece.text]
    if "missing_stop" in kinds:
        assert 1 <= len(original) - len(clean) <= 3 and all(text in original for text in clean)
    else:
        assert clean == original
    assert set(kinds) <= set(mutants.fitting_kinds(good))


def test_every_kind_can_be_planted_and_each_says_what_it_is() -> None:
    hunt = plant(GOOD, "seed", 7)
    assert set(hunt.faults.values()) == set(mutants.KINDS)
    by_kind = {piece.fault: piece.text for piece in hunt.pieces if piece.fault}
    assert "best seller" in by_kind["banned_phrase"] and "BPA free" in by_kind["unsaid_claim"]
    assert " cm" in by_kind["centimetres"] and by_kind["doubled_keyword"].count("dog bowl") == 3
    assert by_kind["missing_stop"] == "" and not any("Ask me" in piece.text for piece in hunt.pieces)


def test_a_kind_the_original_may_hold_is_not_planted() -> None:
    metric = replace(GOOD, text="Holds 12 in (30 cm). We guarantee it.")
    assert not {"centimetres", "promise", "missing_stop"} & set(mutants.fitting_kinds(metric))
    assert "centimetres" not in mutants.fitting_kinds(replace(GOOD, buyer="DE"))
    assert plant(GoodText(""), "x", 5).pieces == ()


def test_a_chinese_text_gets_chinese_faults() -> None:
    hunt = plant(GoodText("宠物慢食碗，防滑底。清洗方便。"), "s", 3)
    assert all(mutants.language_of(piece.text) == "zh" for piece in hunt.pieces)


def test_hits_are_scored_against_false_alarms() -> None:
    hunt = Hunt((Piece("a"), Piece("b", "promise"), Piece("c"), Piece("d", "centimetres")))
    perfect = mutants.score([(hunt, [1, 3, 3, 99])])
    blind, none = mutants.score([(hunt, range(4))]), mutants.score([(hunt, ())])
    assert (perfect.kinds["promise"].rate, perfect.false_alarm_rate) == (1.0, 0.0)
    assert perfect.d_prime is not None and perfect.d_prime > 1.5
    assert blind.d_prime == pytest.approx(0) == none.d_prime
    assert mutants.score([]).d_prime is None


WRITTEN = (
    ("role", "角色", "sk-role", "你是编辑。对过审负责。", "角色定听谁的。", "模型扮演热情文案。", "Ultimate Bowl"),
    ("task", "任务", "sk-task", "写 3 个标题，取舍不同。", "给你选择权。", "给出一堆建议。", "1. A B\n2. B A"),
    ("facts", "事实", "sk-facts", "只用 F1 到 F5。", "让每个词都有出处。", "编出认证和续航。", "FDA approved"),
    ("stop", "缺料", "sk-missing", "缺必填就先列问题。", "宁可停下。", "空处被补满。", "Holds 10,000 ml"),
)
CLAUSES = [ClauseText(*one) for one in WRITTEN]
words = st.text(alphabet="角色任务abc 。,", max_size=12)
clauses = st.lists(
    st.builds(ClauseText, st.uuids().map(str), words, st.sampled_from(["x", "y"]), words, words, words, words),
    max_size=7,
)


@given(clauses)
def test_made_items_have_one_right_answer_and_honest_guess_rates(given_clauses: list[ClauseText]) -> None:
    items = made_items("book", given_clauses)
    assert items == made_items("book", given_clauses)
    assert len({item.id for item in items}) == len(items)
    by_key = {clause.key: clause for clause in given_clauses}
    for item in items:
        assert len(set(item.options)) == len(item.options) >= 2 and item.clause in by_key
        assert all(0 <= place < len(item.options) for place in item.answer)
        if item.kind == "order":
            assert sorted(item.answer) == list(range(len(item.options)))
        else:
            assert len(item.answer) == 1 and item.guess == pytest.approx(1 / len(item.options))


def test_each_kind_is_made_with_its_true_answer() -> None:
    items = {item.id: item for item in made_items("title", CLAUSES)}

    def right(item: MadeItem) -> str:
        return item.options[item.answer[0]]

    assert right(items["title:which-segment:role"]) == "角色"
    assert right(items["title:what-breaks:facts"]) == "编出认证和续航。"
    assert right(items["title:source-prompt:stop"]) == "Holds 10,000 ml"
    assert right(items["title:cloze:task"]) == "写 3 个标题，取舍不同。"
    assert right(items["title:cloze:last-two"]) == "只用 F1 到 F5。 → 缺必填就先列问题。"
    order = items["title:order:all"]
    assert [order.options[place] for place in order.answer] == ["角色", "任务", "事实", "缺料"]
    assert {item.kind for item in items.values()} == {"which-segment", "what-breaks", "source-prompt", "cloze", "order"}


def test_no_stem_gives_its_answer_away() -> None:
    for item in made_items("title", CLAUSES):
        if item.kind == "which-segment":
            assert item.options[item.answer[0]] not in stem_words(item.kind, item.stem, "zh-CN")
    assert masked("角色决定一切", "角色") == "＿＿决定一切"


def test_every_stem_can_be_said_in_both_languages() -> None:
    for item in made_items("title", CLAUSES):
        for language in ("zh-CN", "en"):
            said = stem_words(item.kind, item.stem, language)
            assert said and "{" not in said


@given(st.text(max_size=400))
def test_options_fit_a_phone(text: str) -> None:
    assert len(brief(text)) <= 76
