"""What other programs import, read again by readers that know nothing of our writers."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import example, given
from hypothesis import strategies as st

from dashboard import interop
from knowledge.playbook import Option, QuizItem
from tests.helpers.gift import Answer, GiftQuestion, read_gift
from tests.knowledge.playbooks import good

QTI = "{http://www.imsglobal.org/xsd/imsqti_v2p2}"
PACKAGE = "{http://www.imsglobal.org/xsd/imscp_v1p1}"
NCNAME = re.compile(r"[^\W\d][\w.\-]*")
MATCH_CORRECT = "http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct"

# What GIFT or XML could take for their own, as authors may write it.
SPICE = st.sampled_from(
    ["~", "=", "#", "{", "}", ":", "::", "\\", "\\n", "\\=", "####", "->", "%50%", "%-33.3%", "[html]", "[plain]", "//", "\n", "\n\n"]
    + ["\r\n", "\r", "\u2028", "\x0b", "<b>", "&amp;", "]]>", "<!--", '"', "'", "$CATEGORY: x", "TRUE", "\x00", "\ud800", "🐕", "字"]
)  # fmt: skip
WORDS = st.lists(SPICE | st.text(max_size=4), min_size=1, max_size=6).map("".join)


def seen(text: str) -> str:
    """What a reader sees of a text: no characters that no program can hold, one kind of line break, no empty edges."""
    kept = re.sub("[\x00-\x08\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", re.sub("[\x1c-\x1e]", "", text))
    return "\n".join(kept.replace("\x0b", "").replace("\x0c", "").splitlines()).strip()


@st.composite
def items(draw: st.DrawFn) -> QuizItem:
    texts = draw(st.lists(WORDS.filter(seen), min_size=2, max_size=5, unique_by=seen))
    options = tuple(Option(text, draw(WORDS | st.just(""))) for text in texts)
    ids, stem, why = (
        draw(st.from_regex("[a-z]{1,3}[0-9:]{1,3}", fullmatch=True)),
        draw(WORDS.filter(seen)),
        draw(WORDS | st.just("")),
    )
    right = draw(st.sampled_from(texts))
    return QuizItem(ids, "pick-better", "sk-role", stem, options=options, answer=(right,), explain=why)


def question_of(item: QuizItem) -> GiftQuestion:
    answers = (Answer(seen(one.text), one.text == item.answer[0], seen(one.explain)) for one in item.options)
    return GiftQuestion(f"{good().id} {item.id}", seen(item.stem), tuple(answers), seen(item.explain), "plain")


def tricky(*texts: str, stem: str = "?") -> QuizItem:
    return QuizItem("q1", "pick-better", "sk-role", stem, options=tuple(map(Option, texts)), answer=texts[:1])


@given(st.lists(items(), max_size=4))
@example([tricky("%50% 便宜", "50%", "[html]<b>粗</b>")])
@example([tricky("\n[html]", "x -> y", "%5%")])
@example([tricky("C:\\new\\table", "a\\=b", "=", stem="// 这是注释吗\n\n::名字::")])
def test_gift_says_in_another_program_what_it_said_here(written: list[QuizItem]) -> None:
    assert read_gift(interop.gift_text((good(), one) for one in written)) == [question_of(one) for one in written]


def package_of(content: bytes) -> tuple[list[str], dict[str, ElementTree.Element]]:
    """The identifiers of a package's resources, and its items by file; all that holds of any package is asserted."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        files = {name: ElementTree.fromstring(package.read(name)) for name in package.namelist()}
        assert len(files) == len(package.namelist()), "no file stands in it twice"
    manifest = files.pop("imsmanifest.xml")
    assert manifest.tag == f"{PACKAGE}manifest" and NCNAME.fullmatch(manifest.attrib["identifier"])
    assert [child.tag for child in manifest] == [
        f"{PACKAGE}{one}" for one in ("metadata", "organizations", "resources")
    ]
    resources = manifest.findall(f"{PACKAGE}resources/{PACKAGE}resource")
    assert {one.attrib["type"] for one in resources} <= {"imsqti_item_xmlv2p2"}
    hrefs = [one.attrib["href"] for one in resources]
    assert sorted(hrefs) == sorted(files) and len(set(hrefs)) == len(hrefs)
    assert [[file.attrib["href"] for file in one] for one in resources] == [[href] for href in hrefs]
    names = [one.attrib["identifier"] for one in resources]
    assert len({manifest.attrib["identifier"], *names}) == 1 + len(names) and all(map(NCNAME.fullmatch, names))
    for name, href in zip(names, hrefs, strict=True):
        assert files[href].attrib["identifier"] == name
    return names, files


def answered(item: ElementTree.Element) -> tuple[str, list[str], str]:
    """The lines of a question, its choices, and the right one."""
    assert item.tag == f"{QTI}assessmentItem" and item.attrib["title"].strip()
    assert (item.attrib["adaptive"], item.attrib["timeDependent"]) == ("false", "false")
    response, outcome, body, processing = item
    assert response.attrib == {"identifier": "RESPONSE", "cardinality": "single", "baseType": "identifier"}
    assert outcome.attrib == {"identifier": "SCORE", "cardinality": "single", "baseType": "float"}
    assert processing.attrib == {"template": MATCH_CORRECT} and len(processing) == 0
    *lines, interaction = body
    assert {line.tag for line in lines} <= {f"{QTI}p"} and interaction.tag == f"{QTI}choiceInteraction"
    assert interaction.attrib["responseIdentifier"] == "RESPONSE" and interaction.attrib["maxChoices"] == "1"
    choices = {one.attrib["identifier"]: seen(one.text or "") for one in interaction}
    assert len(choices) == len(interaction) > 1 and all(map(NCNAME.fullmatch, choices))
    [value] = response.findall(f"{QTI}correctResponse/{QTI}value")
    return "\n".join(line.text or "" for line in lines), list(choices.values()), choices[value.text or ""]


@given(st.lists(items(), max_size=4))
def test_a_qti_package_is_whole_and_each_right_answer_is_one_of_the_choices(written: list[QuizItem]) -> None:
    names, files = package_of(interop.qti_package((good(), one) for one in written))
    assert len(names) == len(written)
    for one, name in zip(written, sorted(files), strict=True):
        stem, choices, right = answered(files[name])
        lines = [line.strip() for line in seen(one.stem).splitlines() if line.strip()]
        assert [line.strip() for line in stem.splitlines() if line.strip()] == lines
        assert (choices, right) == ([seen(option.text) for option in one.options], seen(one.answer[0]))


async def test_the_teams_exports_hold_the_same_questions(stage, visit) -> None:
    """Every closed question of the vetted shelf in both; an order is none, though it may have options."""
    lead = visit("陈组长")
    asked = read_gift((await lead.get("/lead/out/quiz.gift.txt")).content.decode())
    _, files = package_of((await lead.get("/lead/out/quiz.qti22.zip")).content)
    told = [answered(files[name]) for name in sorted(files)]
    assert len(asked) == len(told) > 300
    for one, (_, choices, right) in zip(asked, told, strict=True):
        assert [option.text for option in one.answers] == choices
        assert [option.text for option in one.answers if option.is_right] == [right]
    assert {one.name.split()[0] for one in asked} >= {"amazon-listing-title", "keyword-bank"}
    assert all(one.feedback or all(option.feedback for option in one.answers) for one in asked), (
        "a bare tick teaches nothing"
    )


def test_an_order_with_options_is_no_closed_question() -> None:
    item = replace(tricky("甲", "乙", "丙"), kind="order", answer=("b", "a", "c"))
    assert not item.is_closed and tricky("甲", "乙").is_closed
