"""What holds for the rulers on any text at all."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.facts import read_facts
from knowledge.rulers import tables
from knowledge.rulers.claims import categories
from knowledge.rulers.counting import in_chinese, number_length, same_word, spoken_length
from knowledge.rulers.folding import fold
from knowledge.rulers.profit import clicks_needed
from knowledge.rulers.rulers import MAX_TEXT, RULERS, UnknownRuler, rule
from knowledge.rulers.spoken_text import spoken_only
from knowledge.rulers.sums import value_of

PIECES = [
    "抗菌",
    "最佳",
    "Best ",
    "eco-friendly ",
    "不得写",
    "24 cm",
    "(9.4 in)",
    "ACOS 25%",
    "ROAS 5",
    "原价 999",
    "。",
    "「",
    "」",
    "|",
    "1 + 1 = 3",
    "🎁",
    "™",
    "不",
    "kills germs ",
    "！",
    "10000 mAh",
    "37 Wh",
    "招财",
    "- ",
    "## 红线\n",
    "é",
    "\u200b",
    "ﬁ",
    "…",
    "½",
    "İ",
    "\n",
]
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
NAMES = [
    "marketplace",
    "brand_name",
    "banned_terms",
    "title",
    "minutes",
    "chars_per_min",
    "title_max_chars",
    "byte_limit",
    "region",
    "price",
    "costs",
]
VALUES = st.one_of(
    st.sampled_from(["US", "DE", "日本", "75", "0", "最佳; best", "29.99", "15%;3"]), st.text(max_size=12)
)
OPTIONS = st.dictionaries(st.sampled_from(NAMES), VALUES)
ALL = pytest.mark.parametrize("ruler_id", list(RULERS))


@ALL
@settings(deadline=None)
@given(text=TEXTS, options=OPTIONS)
def test_any_text_gets_a_ruling_whose_findings_stand_in_it(ruler_id: str, text: str, options: dict[str, str]) -> None:
    ruling = rule(ruler_id, text, options)
    assert ruling == rule(ruler_id, text, options)
    for one in ruling.findings:
        assert 0 <= one.start <= one.end <= len(text)
        assert (
            one.level in ("error", "advice")
            and one.message.zh
            and one.message.en
            and "{" not in one.message.zh.replace(one.text, "")
        )
        assert one.fact is None or read_facts_once()[one.fact].grade == one.grade
        assert not (one.level == "error" and one.grade in ("C", "V"))
    assert ruling.passed == (not ruling.errors and all(measure.ok for measure in ruling.measures))


@settings(deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=200))
def test_counting_agrees_with_an_independent_count(text: str) -> None:
    bare = text.strip()
    characters = rule("amazon-title", text).measure("characters")
    assert characters is not None and characters.value == sum(1 for _ in bare)
    counted = rule("search-terms", text).measure("bytes")
    assert counted is not None and counted.value == sum(
        1 if ord(c) < 0x80 else 2 if ord(c) < 0x800 else 3 if ord(c) < 0x10000 else 4 for c in bare
    )


@settings(deadline=None)
@given(text=st.text(max_size=80), more=st.text(alphabet="abcXYZ", min_size=1, max_size=10))
def test_more_text_is_never_shorter(text: str, more: str) -> None:
    for ruler_id, name in (("amazon-title", "characters"), ("search-terms", "bytes")):
        before, after = rule(ruler_id, text).measure(name), rule(ruler_id, text + more).measure(name)
        assert before is not None and after is not None and float(after.value) >= float(before.value) + len(more)


@settings(deadline=None)
@given(text=TEXTS)
def test_folding_twice_changes_nothing_and_keeps_the_way_back(text: str) -> None:
    folded = fold(text)
    again = fold(folded.text).text
    assert fold(again).text == again
    assert len(folded.at) == len(folded.text) + 1
    assert all(0 <= place <= len(text) for place in folded.at)
    assert list(folded.at) == sorted(folded.at)


@settings(deadline=None)
@given(text=TEXTS)
def test_masking_keeps_every_place(text: str) -> None:
    said = spoken_only(text)
    assert len(said) == len(text)
    assert all(mine == theirs or mine == "\n" for mine, theirs in zip(said, text, strict=True))


@settings(deadline=None)
@given(text=st.text(alphabet="今天我们讲尺码，。 12", max_size=60))
def test_one_more_character_said_is_one_more_counted(text: str) -> None:
    assert spoken_length(text + "。好") == spoken_length(text) + 1


@settings(deadline=None)
@given(number=st.integers(0, 99_999_999))
def test_a_number_is_read_with_as_many_characters_as_its_numeral(number: int) -> None:
    assert number_length(str(number)) == len(in_chinese(number))
    assert number == _number_of(in_chinese(number))


def _number_of(numeral: str) -> int:
    """Reads a Chinese numeral back, another way than it was written."""
    digits = {char: value for value, char in enumerate("零一二三四五六七八九")}
    units = {"十": 10, "百": 100, "千": 1000}
    total = part = digit = 0
    for char in numeral:
        if char in digits:
            digit = digits[char]
        elif char == "万":
            total, part, digit = (part + digit) * 10_000, 0, 0
        else:
            part, digit = part + (digit or 1) * units[char], 0
    return total + part + digit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bowls", "bowl"),
        ("Boxes", "box"),
        ("babies", "baby"),
        ("knives", "knife"),
        ("women's", "woman"),
        ("Dresses", "dress"),
        ("mugs", "Mug"),
    ],
)
def test_singular_and_plural_are_one_word(one: str, other: str) -> None:
    assert same_word(one) == same_word(other)


@pytest.mark.parametrize(("one", "other"), [("glass", "glas"), ("bus", "bu"), ("feeder", "feed"), ("dog", "dot")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert same_word(one) != same_word(other)


@settings(deadline=None)
@given(st.integers(1, 999), st.integers(1, 999), st.integers(1, 99))
def test_a_right_sum_is_right_and_a_wrong_one_wrong(a: int, b: int, wrong_by: int) -> None:
    assert value_of(f"({a} + {b}) × {a} - {b}") == (a + b) * a - b
    assert rule("profit", f"{a} + {b} = {a + b}").passed
    assert not rule("profit", f"{a} + {b} = {a + b + wrong_by}").passed


@settings(deadline=None)
@given(st.floats(0.01, 0.9))
def test_the_click_threshold_is_the_first_that_is_sure_enough(rate: float) -> None:
    needed = clicks_needed(rate)
    assert (1 - rate) ** needed <= 0.05 + 1e-9
    assert needed == 1 or (1 - rate) ** (needed - 1) >= 0.05 - 1e-9
    assert math.isfinite(needed)


def test_the_thresholds_of_the_fact_base() -> None:
    assert [clicks_needed(rate) for rate in (0.10, 0.05, 0.15)] == [29, 59, 19]


def test_a_text_too_long_or_an_unknown_ruler_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than"):
        rule("claims", "a" * (MAX_TEXT + 1))
    with pytest.raises(UnknownRuler):
        rule("no-such-ruler", "a")


def test_every_fact_and_rule_named_in_the_tables_exists() -> None:
    facts = read_facts()
    told = tables.tables()
    named = {one for ruler in told["rulers"].values() for one in ruler["facts"]}
    named |= {rule_["fact"] for rule_ in told["rules"].values() if rule_.get("fact")}
    named |= {
        fact for category in categories() for _, fact in (*category.law.values(), *category.amazon_law.values()) if fact
    }
    assert named <= set(facts)
    assert {f"claim-{category.name}" for category in categories()} <= set(told["rules"])
    assert all(rule_["zh"] and rule_["en"] for rule_ in told["rules"].values())


def test_every_ruler_names_its_playbooks_facts_and_options() -> None:
    for ruler in RULERS.values():
        assert ruler.playbooks and ruler.names.zh and ruler.names.en and ruler.options
    assert "amazon-listing-title" in RULERS["amazon-title"].playbooks


def test_exceptions_do_not_swallow_what_they_should_not() -> None:
    assert (
        rule("claims", "招财").findings
        and rule("claims", "能量石").findings
        and rule("claims", "eco mode is eco-friendly").findings
    )


def read_facts_once() -> dict[str, object]:
    return dict(tables.facts())  # type: ignore[arg-type]
