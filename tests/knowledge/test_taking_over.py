"""Values are taken over literally from whatever way people write them; nothing is ever made up."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.taking import extracted
from foundation.documents import Names
from knowledge.document import read_file
from knowledge.library_files import written_files
from knowledge.playbook import Slot
from knowledge.taking_over import (
    answered,
    as_said,
    conflicts,
    literal,
    mentioned,
    opens_with_name,
    pasted,
    says_more,
    stated,
    unclaimed,
)

TODAY = date(2026, 11, 27)
BOOKS = {path.stem: read_file(path) for path in written_files()}
TITLE = BOOKS["amazon-listing-title"].slots
ANY_SLOTS = st.sampled_from(sorted(BOOKS)).map(lambda name: BOOKS[name].slots)

# Words that can stand in any cell: no separators, no names of blanks among them.
_WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=2, max_size=12).map(lambda w: f"q{w}z")


@st.composite
def filled_tables(draw: st.DrawFn) -> tuple[dict[str, str], str]:
    """A few text blanks with values, written as a table in one of many ways."""
    labels = ["品牌名", "产品类型词", "唯一主差异点", "买家最大的顾虑", "目标买家与处境"]
    keys = ["brand_name", "product_type", "differentiator", "top_worry", "target_buyer"]
    order = draw(st.permutations(range(5)))[: draw(st.integers(2, 5))]
    values = {keys[n]: draw(_WORDS) for n in order}
    english = {slot.key: slot.label.en for slot in TITLE}
    how = draw(st.sampled_from(["label", "key", "english", "starred"]))
    names = [
        {"label": labels[n], "key": keys[n], "english": english[keys[n]], "starred": f"{labels[n]}（必填）*"}[how]
        for n in order
    ]
    grid = (
        [names, list(values.values())]
        if draw(st.booleans())
        else [list(row) for row in zip(names, values.values(), strict=True)]
    )
    if draw(st.booleans()) and len(grid) == 2:
        grid.insert(0, ["我的产品表"])
    return values, _written(grid, draw(st.sampled_from(["\t", ",", ";", "|", "csv-quoted"])))


def _written(grid: list[list[str]], way: str) -> str:
    if way == "|":
        rows = ["| " + " | ".join(row) + " |" for row in grid]
        return "\n".join([rows[0], "|" + "---|" * len(grid[0]), *rows[1:]])
    out = io.StringIO()
    quoted = way == "csv-quoted"
    writer = csv.writer(out, delimiter="," if quoted else way, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows(grid)
    return out.getvalue()


@given(filled_tables())
def test_a_table_is_read_whichever_way_it_is_written(case: tuple[dict[str, str], str]) -> None:
    values, text = case
    assert dict(stated(TITLE, text, TODAY).values) == values


@given(ANY_SLOTS, st.text(max_size=300))
def test_nothing_is_invented_from_any_text(slots: tuple[Slot, ...], text: str) -> None:
    found = stated(slots, text, TODAY).values
    by_key = {slot.key: slot for slot in slots}
    for key in conflicts(found, text):
        assert by_key[key].kind == "enum", (key, found[key])


@given(ANY_SLOTS, st.data())
def test_nothing_is_invented_from_lines_of_names(slots: tuple[Slot, ...], data: st.DataObject) -> None:
    """Names of blanks, signs and words thrown together in any order."""
    pieces = (
        [slot.label.zh for slot in slots]
        + [slot.key for slot in slots]
        + ["：", "是", "\n", "，", "|", "\t", "75", "美国", "PAWNEST"]
    )
    text = "".join(data.draw(st.lists(st.sampled_from(pieces), max_size=30)))
    found = pasted(slots, text, TODAY)
    assert all(literal(value, text) for value in found.values()), (text, found)


@given(
    ANY_SLOTS, st.dictionaries(st.text(max_size=12), st.text(max_size=30), max_size=6), st.text(max_size=200), st.data()
)
def test_of_a_model_only_literal_pieces_stand(slots, said, text, data) -> None:
    import json

    chosen = data.draw(st.lists(st.sampled_from(slots), max_size=4))
    told = said | {
        slot.key: data.draw(st.sampled_from([text[:20], text[5:9], "ACME", slot.example])) for slot in chosen
    }
    found = extracted(slots, json.dumps(told), text, TODAY)
    kinds = {slot.key: slot.kind for slot in slots}
    for key, value in found.values.items():
        assert (
            literal(value, text)
            or (key in found.guessed and kinds[key] == "enum")
            or kinds[key] in ("date", "int", "number", "enum")
        )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("站点是美国，品牌名是 PAWNEST，产品类型词是 Slow Feeder Dog Bowl。", ("美国", "PAWNEST", "Slow Feeder Dog Bowl")),
        ("我们的站点是美国品牌叫PAWNEST，产品是狗碗，想让标题更短", ("美国", "PAWNEST", "狗碗")),
        ("the brand is PAWNEST, our marketplace is US and the product type is dog bowl. please help", ("US", "PAWNEST", "dog bowl")),
        ("品牌=PAWNEST;站点=US;产品=狗碗", ("US", "PAWNEST", "狗碗")),
        ("1. 站点：US\n2. 品牌 → PAWNEST\n3. **产品类型词**：狗碗\n\n帮我写好一点", ("US", "PAWNEST", "狗碗")),
        ("站点 US\n品牌 PAWNEST\n产品类型词 狗碗", ("US", "PAWNEST", "狗碗")),
        ("站点　　US\n品牌名　　PAWNEST\n产品类型词　　狗碗", ("US", "PAWNEST", "狗碗")),
        ("牌子：PAWNEST 站点：德国 商品：狗碗", ("德国", "PAWNEST", "狗碗")),
        ("Brand name: PAWNEST\nMarketplace - no idea\nMarketplace: US\nProduct: bowl", ("US", "PAWNEST", "bowl")),
    ],
)  # fmt: skip
def test_blanks_are_named_in_many_ways(text: str, wanted: tuple[str, ...]) -> None:
    found = stated(TITLE, text, TODAY).values
    assert (found["marketplace"], found["brand_name"], found["product_type"]) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "品牌是什么意思？为什么要写站点",
        "不知道怎么填",
        "产品怎么样才能卖好",
        "这个品牌不是我们的",
        "why is the brand there",
    ],
)
def test_questions_about_a_blank_fill_nothing(text: str) -> None:
    assert pasted(TITLE, text, TODAY) == {}


@pytest.mark.parametrize(
    ("name", "asked", "text", "wanted", "left"),
    [
        ("amazon-listing-title", "marketplace", "US\tPAWNEST\tDog Bowl\t19.99", {"marketplace": "US"}, ["PAWNEST", "Dog Bowl", "19.99"]),
        ("amazon-listing-title", "category_path", "品牌\t站点\nPAWNEST\tUS", {"brand_name": "PAWNEST", "marketplace": "US"}, []),
        ("amazon-bullets", "brand_name", "我们牌子叫 TIFFLO 主要做保温午餐包 卖给早上自带饭挤地铁的上班族 容量8.5升 最担心的是到中午还凉不凉", {"brand_name": "TIFFLO"},
         ["主要做保温午餐包", "卖给早上自带饭挤地铁的上班族", "容量8.5升", "最担心的是到中午还凉不凉"]),
        ("amazon-aplus", "marketplace", "站点: US\n- 谁在看: 租房的小家庭\n- 材质: 涤纶\n帮我写好一点", {"marketplace": "US", "target_buyer": "租房的小家庭"}, ["- 材质: 涤纶"]),
        ("ad-campaign-structure", "product_name", "Product: hand grinder\nPrice: $39.99\nBreak-even ACOS: 38%\nStock: 55 days\nColor: red\nWeight: 1380 g",
         {"product_name": "hand grinder", "price": "39.99", "break_even_acos": "38", "stock_days": "55"}, ["Color: red", "Weight: 1380 g"]),
        ("ai-content-label", "brand_name", "LAWNIX 家的，发在抖音，签发人是贺铭，素材有主图", {"signer": "贺铭"}, ["LAWNIX 家的", "发在抖音", "素材有主图"]),
        ("tiktok-gmv-max-brief", "roi_target", "目标ROI 2.8 日预算150", {"roi_target": "2.8", "daily_budget": "150"}, []),
        ("tiktok-shop-listing", "marketplace", "| 字段 | 内容 |\n|---|---|\n| 国家站 | US |\n| 标题上限 | 500 |\n| 颜色 | 红 |", {"marketplace": "US", "title_max_chars": "500"}, ["| 颜色 | 红 |"]),
        ("short-video-script", "platform", "在抖音上发的，产品是开罐器，给手劲小的独居老人用的，大概25秒",
         {"platform": "抖音", "product_type": "开罐器", "target_buyer": "手劲小的独居老人"}, ["大概25秒"]),
        ("test-plan", "test_type", "1. 测试类型：款式测试\n2. 售价：USD 21.99\n3. 老板很急", {"test_type": "款式测试", "price": "USD 21.99"}, ["3. 老板很急"]),
        ("appeal-letter", "notice_type", "Platform: Amazon\nProducts involved: B0FICT001\nReason: claims", {"platform": "Amazon", "asin_list": "B0FICT001\nReason: claims"}, []),
    ],
)  # fmt: skip
def test_of_a_messy_paste_every_line_is_taken_or_told(
    name: str, asked: str, text: str, wanted: dict[str, str], left: list[str]
) -> None:
    """At one blank, in ten playbooks: what other blanks get is a piece of the text, and the rest is shown as left."""
    slots = BOOKS[name].slots
    slot = next(one for one in slots if one.key == asked)
    found = stated(slots, text, TODAY).values
    named = pasted(slots, text, TODAY)
    assert dict(found) == wanted
    assert unclaimed(slots, text, found) == left
    assert len(named) > 1 or says_more(slots, slot, text, named.get(asked, text), TODAY)


@pytest.mark.parametrize(
    ("name", "asked", "text"),
    [
        ("amazon-listing-title", "brand_name", "PAWNEST"),
        ("amazon-listing-title", "marketplace", "美国站，谢谢"),
        ("amazon-listing-title", "target_buyer", "养中大型犬、狗吃太快、碗在地板上滑来滑去、每天要擦两遍地的家庭，多半住公寓"),
        ("amazon-listing-title", "product_type", "Slow Feeder Dog Bowl"),
        ("amazon-listing-title", "verified_facts", "主体 PP\n底 TPE\n直径 25 cm\n深 5.5 cm\n净重 310 g"),
        ("appeal-letter", "notice", "Hello,\nWe removed your product.\n" * 30),
        ("short-video-script", "duration", "25秒左右吧"),
    ],
)  # fmt: skip
def test_an_ordinary_answer_is_no_paste(name: str, asked: str, text: str) -> None:
    slots = BOOKS[name].slots
    assert not says_more(slots, next(one for one in slots if one.key == asked), text, text, TODAY)


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_no_example_of_an_author_is_taken_for_a_paste(name: str) -> None:
    slots = BOOKS[name].slots
    assert [slot.key for slot in slots if says_more(slots, slot, slot.example, slot.example, TODAY)] == []


def test_a_unit_is_no_part_of_a_number() -> None:
    slot = next(one for one in BOOKS["ad-campaign-structure"].slots if one.key == "break_even_acos")
    assert [answered(slot, text, TODAY) for text in ("38%", "大概38", "38到40", "三十八")] == [
        "38",
        "38",
        "38到40",
        "三十八",
    ]


def test_an_answer_that_only_mentions_a_name_is_still_an_answer() -> None:
    assert not opens_with_name(TITLE, "304 不锈钢；容量 710ml；贴品牌：PAWNEST 的标")
    assert opens_with_name(TITLE, "- **品牌**：PAWNEST")


def test_numbers_and_days_come_out_of_their_sentence() -> None:
    found = stated(TITLE, "标题上限为 75 个字符，亮点上限是125字，核对日期是2026年11月20日", TODAY).values
    assert found == {"title_max_chars": "75", "highlights_max_chars": "125", "rule_checked_on": "2026年11月20日"}


def test_several_products_are_one_and_the_rest_counted() -> None:
    found = stated(TITLE, "站点\t品牌名\t可证明的产品事实\nUS\tA1\t304 不锈钢\n\t\t710 ml\nDE\tB2\t陶瓷\n", TODAY)
    assert dict(found.values) == {"marketplace": "US", "brand_name": "A1", "verified_facts": "304 不锈钢\n710 ml"}
    assert found.others == 1


def test_two_blanks_of_one_name_take_nothing_by_that_name() -> None:
    twins = (
        Slot("a", Names("规格"), "string", True),
        Slot("b", Names("规格"), "string", True),
        Slot("c", Names("品牌"), "string", True),
    )
    assert pasted(twins, "规格：大；品牌：X", TODAY).keys() == {"c"}


@given(st.text(max_size=60), st.data())
def test_a_piece_is_given_back_in_the_texts_own_letters(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    piece = text[begin : data.draw(st.integers(begin, len(text)))]
    found = as_said(piece.upper(), text)
    assert found is None or all(line in text for line in found.split("\n"))


def test_a_question_names_people_and_price() -> None:
    found = mentioned(BOOKS["live-script-audience"].slots, "面向刚上班、想转运的新手妈妈们，卖 199 元的手串", TODAY)
    assert "199 元" in found.values() and "面向" not in found.values()
    found = mentioned(TITLE, "给家里养大狗、白天没人在家的年轻人用，怕吃太快", TODAY)
    assert found == {"target_buyer": "家里养大狗、白天没人在家的年轻人"}


def test_every_file_of_the_library_takes_its_own_example_back() -> None:
    """A form written out as label and example, one a line, comes back as it was for every playbook."""
    for name, book in BOOKS.items():
        given_values = {slot.key: book.example_values.get(slot.key) or slot.example for slot in book.slots}
        labels = [slot.label.zh for slot in book.slots]
        single = {
            slot.key: given_values[slot.key]
            for slot in book.slots
            if given_values[slot.key] and "\n" not in given_values[slot.key] and labels.count(slot.label.zh) == 1
        }
        rows = [[next(s.label.zh for s in book.slots if s.key == key), value] for key, value in single.items()]
        out = io.StringIO()
        csv.writer(out, delimiter="\t").writerows(rows)
        found = stated(book.slots, out.getvalue(), TODAY).values
        missing = {key for key in single if found.get(key) != single[key]}
        assert len(missing) <= 0.05 * len(single), (name, missing, {key: found.get(key) for key in missing})
