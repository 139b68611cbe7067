"""Replies as Telegram shows them: classic HTML, escaped in one place, cut where Telegram's limits ask for it.

Limits (Bot API 10.3): a text has 1 to 4,096 UTF-16 units after its entities were parsed, a caption 1,024; entities
beyond the hundredth are dropped without a word; a message has at most 100 buttons, 8 in a row.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bot.message import Bold, Choice, Code, Hidden, Link, Quote, Reply, Span, Text

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ENTITIES = 100
MAX_BUTTONS = 100
MAX_BUTTONS_IN_ROW = 8
MAX_PHOTO_BYTES = 10 << 20
NOTHING_TO_SAY = "…"  # a message of buttons only must still have a text
UNNAMED_PROMPT = "prompt"

# Blank to the eye, though not all of it is white space to Python; Telegram calls a text of these empty.
_BLANK = re.compile(
    r"[\s\x00-\x20\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u030a\u0333\u033f]*"
)
_UNSENDABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_BORDERS = ("\n\n", "\n")
_LOOSE_BORDERS = re.compile(r"(?<=[。！？!?；;])|(?<=[.,，、 ])(?=\S)")


@dataclass(frozen=True)
class TextPart:
    """One text message; `plain` is said instead if Telegram should refuse the markup."""

    html: str
    plain: str


@dataclass(frozen=True)
class FilePart:
    """One file with a short caption."""

    name: str
    content: bytes
    caption: str = ""
    is_photo: bool = False


Part = TextPart | FilePart


def units(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parts_of(reply: Reply) -> tuple[Part, ...]:
    """The messages of one reply, in order; its buttons belong to the last."""
    parts: list[Part] = [_file_of(*attached) for attached in _attached(reply)]
    flow: list[Span] = []
    for span in map(_clean, reply.text):
        if isinstance(span, Code) and units(span.text) > MAX_TEXT:
            parts += [*_texts(flow), _prompt_file(span)]
            flow = []
        else:
            flow.append(span)
    parts += _texts(flow)
    if not parts and reply.choices:
        parts.append(TextPart(NOTHING_TO_SAY, NOTHING_TO_SAY))
    return tuple(parts)


def keyboard_of(reply: Reply) -> tuple[tuple[Choice, ...], ...]:
    """The choices in rows of `columns`."""
    width = min(max(1, reply.columns), MAX_BUTTONS_IN_ROW)
    choices = [_with_label(choice) for choice in reply.choices[:MAX_BUTTONS]]
    return tuple(tuple(choices[at : at + width]) for at in range(0, len(choices), width))


def is_blank(text: str) -> bool:
    return _BLANK.fullmatch(text) is not None


def _clean(span: Span) -> Span:
    text = span.text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in span.text else span.text
    text = _UNSENDABLE.sub("", text)
    return span if text == span.text else replace(span, text=text)


def _with_label(choice: Choice) -> Choice:
    label = _UNSENDABLE.sub("", choice.label).strip()
    return replace(choice, label=choice.words if is_blank(label) else label)


def _texts(spans: Sequence[Span]) -> Iterator[TextPart]:
    for page in _pages(spans):
        text = "".join(span.text for span in page)
        if not is_blank(text):
            yield TextPart("".join(_marked_up(span) for span in page), text)


def _pages(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """The spans over as many messages as they need; a block to copy stays whole."""
    page: list[Span] = []
    used = entities = 0
    waiting = [span for span in reversed(spans) if span.text]
    while waiting:
        span = waiting.pop()
        room = MAX_TEXT - used if entities < MAX_ENTITIES or isinstance(span, Text) else 0
        whole = units(span.text) <= room
        head = span.text if whole else _head(span.text, room, is_page_empty=not page)
        if isinstance(span, Code) and not whole:
            head = ""
        if head:
            page.append(span if whole else replace(span, text=head))
            used, entities = used + units(head), entities + (not isinstance(span, Text))
        if not whole:
            waiting.append(replace(span, text=span.text[len(head) :]))
            yield page
            page, used, entities = [], 0, 0
    if page:
        yield page


def _head(text: str, room: int, *, is_page_empty: bool) -> str:
    """As much of the text as fits and ends well; nothing if it had better begin on a new page."""
    fits = _fitting(text, room)
    for border in _BORDERS:
        at = fits.rfind(border)
        if at > 0:
            return fits[: at + len(border)]
    *_, at = (0, *(found.start() for found in _LOOSE_BORDERS.finditer(fits)))
    if at > len(fits) // 2:
        return fits[:at]
    return fits if is_page_empty else ""


def _fitting(text: str, room: int) -> str:
    fits = text[: max(0, room)]
    while units(fits) > room:
        fits = fits[: len(fits) - max(1, (units(fits) - room) // 2)]
    return fits


def _marked_up(span: Span) -> str:
    """A span in Telegram's HTML: the only place where text meets markup."""
    text = html.escape(span.text, quote=False)
    match span:
        case Bold():
            return f"<b>{text}</b>"
        case Code():
            return f"<pre>{text}</pre>"
        case Quote(folded=True):
            return f"<blockquote expandable>{text}</blockquote>"
        case Quote():
            return f"<blockquote>{text}</blockquote>"
        case Hidden():
            return f"<tg-spoiler>{text}</tg-spoiler>"
        case Link(url=url) if _is_web_address(url):
            return f'<a href="{html.escape(url)}">{text}</a>'
    return text


def _is_web_address(url: str) -> bool:
    """http(s) only: a tg://user link would let a text pretend to be somebody."""
    if _UNSENDABLE.search(url) or any(character.isspace() for character in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _attached(reply: Reply) -> Iterator[tuple[str, str, bytes, str]]:
    return ((a.name, a.media_type, a.content, a.description) for a in reply.attachments if a.content)


def _file_of(name: str, media_type: str, content: bytes, description: str) -> FilePart:
    is_photo = media_type in ("image/png", "image/jpeg") and len(content) <= MAX_PHOTO_BYTES
    caption = _fitting(_UNSENDABLE.sub("", description), MAX_CAPTION)
    return FilePart(_file_name(name), content, html.escape(caption, quote=False), is_photo)


def _prompt_file(code: Code) -> FilePart:
    title = _fitting(_UNSENDABLE.sub("", code.title).strip(), MAX_CAPTION)
    caption = f"<b>{html.escape(title, quote=False)}</b>" if title else ""
    return FilePart(f"{_file_name(title or UNNAMED_PROMPT)}.txt", code.text.encode(), caption)


def _file_name(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    stem, extension = (stem, f".{extension}") if dot and re.fullmatch(r"\w{1,8}", extension) else (name, "")
    return (re.sub(r"[^\w.\-]+", "-", stem).strip("-.")[:60] or UNNAMED_PROMPT) + extension
