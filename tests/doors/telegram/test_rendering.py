"""Whatever people, models and playbooks write, Telegram can parse what we send, and nothing gets lost on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.doors.telegram.rendering import FilePart, TextPart, is_blank, keyboard_of, parts_of
from bot.message import Attachment, Bold, Choice, Code, Hidden, Link, Quote, Reply, Span, Text
from tests.helpers.telegram_double import refusals

SPAN_KINDS = (Text, Bold, Code, Quote, Hidden)
NASTY = st.sampled_from(
    [
        *("<b>", "</b>", "&", "&lt;", "&#60;", "&amp", "<a href='tg://user?id=1'>", "<script>", "<!--", "]]>"),
        *("\x00", "\ud800", "\u202e", "\u200b", "\u2028", "\n\n", "\r\n", " ", "\t"),
        *("👩‍👩‍👧", "水晶", "``` *_[", "</pre>", "\u0333"),
    ]
)
texts = st.lists(st.one_of(NASTY, st.text(max_size=12)), max_size=12).map("".join)
long_texts = st.builds(lambda text, times: text * times, texts, st.integers(1, 400))
urls = st.one_of(st.just("https://example.com/?a=1&b=\"'<>"), st.just("tg://user?id=7"), texts)
spans = st.one_of(
    st.builds(lambda kind, text: kind(text), st.sampled_from(SPAN_KINDS), st.one_of(texts, long_texts)),
    st.builds(Quote, texts, folded=st.booleans()),
    st.builds(Link, texts, urls),
)
replies = st.builds(
    lambda spans, choices, columns: Reply(tuple(spans), tuple(choices), columns=columns),
    st.lists(spans, max_size=8),
    st.lists(st.builds(Choice, texts, st.sampled_from(["/quiz 1", "返回"])), max_size=9),
    st.integers(-1, 12),
)


def shown(part: TextPart) -> refusals.Formatted:
    return refusals.message_text({"text": part.html, "parse_mode": "HTML"})


def squeezed(text: str) -> str:
    """The text without what Telegram removes or a cut may swallow: blanks and control characters."""
    return "".join(c for c in refusals.cleaned(text) if not is_blank(c))


@given(replies)
def test_every_part_of_every_reply_is_accepted_whole(reply: Reply) -> None:
    """No parse error, no text too long or empty, no entity dropped, and the plain way out is accepted as well."""
    for part in parts_of(reply):
        if isinstance(part, TextPart):
            assert shown(part).dropped == 0
            refusals.message_text({"text": part.plain})
        else:
            refusals.caption({"caption": part.caption, "parse_mode": "HTML"})
            assert part.content
    rows = [[{"text": c.label, "callback_data": c.words} for c in row] for row in keyboard_of(reply)]
    shown_rows = refusals.inline_keyboard({"inline_keyboard": rows}, private=True)
    assert [b["callback_data"] for row in shown_rows for b in row] == [choice.words for choice in reply.choices]


@given(replies)
def test_nothing_that_can_be_seen_is_lost(reply: Reply) -> None:
    """The messages and files together say what the reply says."""
    said = "".join(
        part.content.decode() if isinstance(part, FilePart) else shown(part).text for part in parts_of(reply)
    )
    expected = squeezed(reply.plain.encode("utf-8", "ignore").decode())
    if expected:
        assert squeezed(said) == expected


@given(texts, texts)
def test_a_text_cannot_become_markup(text: str, other: str) -> None:
    """The only entities are those of our own tree, around just their own text."""
    for part in parts_of(Reply((Text(text), Bold("粗"), Text(other)))):
        assert isinstance(part, TextPart)
        assert [(entity["type"], entity["length"]) for entity in shown(part).entities] == [("bold", 1)]


def test_the_tree_in_telegrams_words() -> None:
    """Each span has its own look."""
    spans: tuple[Span, ...] = (
        Text("1 < 2 "),
        Bold("粗"),
        Code("a & b"),
        Quote("短"),
        Quote("长", folded=True),
        Hidden("答案"),
        Link("看", "https://example.com/?a=1&b=2"),
        Link("冒充", "tg://user?id=7"),
    )
    [part] = parts_of(Reply(spans))
    assert part == TextPart(
        "1 &lt; 2 <b>粗</b><pre>a &amp; b</pre><blockquote>短</blockquote><blockquote expandable>长</blockquote>"
        '<tg-spoiler>答案</tg-spoiler><a href="https://example.com/?a=1&amp;b=2">看</a>冒充',
        "1 < 2 粗a & b短长答案看冒充",
    )


def test_a_prompt_too_long_for_a_message_comes_as_a_file() -> None:
    """4,096 UTF-16 units still stand in a message; one more is a document, whole, between what was said around it."""
    fits, too_long = "😀" * 2048, "😀" * 2048 + "x"
    assert parts_of(Reply((Code(fits),))) == (TextPart(f"<pre>{fits}</pre>", fits),)
    assert parts_of(Reply((Text("给你："), Code(too_long, title="标题 / 五点"), Text("核对一下")))) == (
        TextPart("给你：", "给你："),
        FilePart("标题-五点.txt", too_long.encode(), "<b>标题 / 五点</b>"),
        TextPart("核对一下", "核对一下"),
    )


def test_a_long_answer_is_cut_between_paragraphs() -> None:
    """Paragraphs stay whole, and a block to copy is never cut."""
    paragraph, block = "一" * 1500 + "\n\n", "c" * 3000
    pages = parts_of(Reply((Text(paragraph * 3), Code(block), Text("完"))))
    assert [part.plain for part in pages if isinstance(part, TextPart)] == [paragraph * 2, paragraph, block + "完"]


def test_buttons_alone_still_make_a_message() -> None:
    """Telegram has no message without a text."""
    assert [part.plain for part in parts_of(Reply((), (Choice("好", "/ok"),))) if isinstance(part, TextPart)] == ["…"]
    assert parts_of(Reply((Text(" \u200b"),))) == ()


def test_attachments_come_first() -> None:
    """A chart is a photo, a table is a file, and the text with its buttons stands below them."""
    chart, table = Attachment("c.png", "image/png", b"png", "图 <1>"), Attachment("../t a.xlsx", "x/y", b"t")
    assert parts_of(Reply((Text("看图"),), attachments=(chart, table))) == (
        FilePart("c.png", b"png", "图 &lt;1&gt;", is_photo=True),
        FilePart("t-a.xlsx", b"t"),
        TextPart("看图", "看图"),
    )


def test_columns_make_rows() -> None:
    """Short labels stand side by side, at most eight."""
    choices = tuple(Choice(str(n), f"/pick {n}") for n in range(10))
    assert [len(row) for row in keyboard_of(Reply((), choices, columns=4))] == [4, 4, 2]
    assert [len(row) for row in keyboard_of(Reply((), choices, columns=99))] == [8, 2]
