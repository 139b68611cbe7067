"""What Telegram refuses, as the official Bot API server words it; pure functions over one call's fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MAX_TEXT, MAX_CAPTION, MAX_CALLBACK_DATA, MAX_ENTITIES = 4096, 1024, 64, 100
MAX_BUTTONS, MAX_BUTTONS_IN_ROW, MAX_TOAST, MAX_COMMANDS = 100, 8, 200, 100
BUTTON_ACTIONS = ("callback_data", "url", "web_app", "copy_text", "switch_inline_query", "login_url", "pay")


class Refused(Exception):
    """Telegram's answer with ok: false."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters

    @property
    def body(self) -> dict[str, Any]:
        said = {"ok": False, "error_code": self.status, "description": self.description}
        return said | ({"parameters": self.parameters} if self.parameters else {})


def bad(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


@dataclass(frozen=True)
class Formatted:
    """A text after its entities were parsed; `dropped` are those beyond the hundredth, which nobody will see."""

    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0


def units(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


SIMPLE_TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("u", "ins"), "underline"),
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:=(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))?)*)\s*>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:=(?:\"([^\"]*)\"|'([^']*)'|(\S+)))?")
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


def parse_html(html: str) -> Formatted:
    """Telegram's HTML style, without its leniencies: what it would drop silently is refused here as well."""
    text, at = "", 0
    entities: list[dict[str, Any]] = []
    opened: list[dict[str, Any]] = []
    while at < len(html):
        if html[at] == "<":
            tag = _TAG.match(html, at)
            if tag is None:
                raise bad(f"can't parse entities: Unsupported start tag at byte offset {len(html[:at].encode())}")
            at = tag.end()
            if tag[1]:
                entities.append(_closed(tag[2].lower(), opened, text, at))
            else:
                opened.append(_opened(tag[2].lower(), tag[3], opened, text, at))
        else:
            until = html.find("<", at)
            until = len(html) if until < 0 else until
            text += cleaned(_decoded(html[at:until]))
            at = until
    if opened:
        raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1]['tag']}\"")
    return _tidied(text, sorted(entities, key=lambda e: (e["offset"], -e["length"])))


def _opened(tag: str, attributes: str, opened: list[dict[str, Any]], text: str, at: int) -> dict[str, Any]:
    given = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(attributes)}
    allowed = {"a": {"href"}, "span": {"class"}, "blockquote": {"expandable"}, "code": {"class"}}.get(tag, set())
    if tag not in SIMPLE_TAGS or set(given) - allowed or (tag == "span" and given != {"class": "tg-spoiler"}):
        raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {at}')
    outer = [one["tag"] for one in opened]
    if tag in outer or {"pre", "code"} & set(outer) and not (tag == "code" and outer[-1] == "pre"):
        raise bad(f'can\'t parse entities: "{tag}" cannot stand within {outer} at byte offset {at}')
    kind = "expandable_blockquote" if "expandable" in given else SIMPLE_TAGS[tag]
    extra = {"url": _decoded(given.get("href", ""))} if tag == "a" else {}
    return {"tag": tag, "type": kind, "offset": units(text), **extra}


def _closed(tag: str, opened: list[dict[str, Any]], text: str, at: int) -> dict[str, Any]:
    if not opened:
        raise bad(f"can't parse entities: Unexpected end tag at byte offset {at}")
    last = opened.pop()
    if last.pop("tag") != tag:
        raise bad(f'can\'t parse entities: Unmatched end tag at byte offset {at}, found "</{tag}>"')
    return last | {"length": units(text) - last["offset"]}


def _decoded(raw: str) -> str:
    def character(reference: re.Match[str]) -> str:
        if reference[3]:
            return _NAMED[reference[3]]
        code = int(reference[1]) if reference[1] else int(reference[2], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else reference[0]

    return _REFERENCE.sub(character, raw)


_TO_SPACE = {code: " " for code in range(32) if code not in (9, 10)}
_TO_NOTHING = dict.fromkeys([13, *range(0x2028, 0x202F), 0x333, 0x33F, 0x30A])
INVISIBLE = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0]*"
)


def cleaned(text: str) -> str:
    """What the server keeps of a text: no control characters, no direction marks."""
    return text.translate(_TO_SPACE | _TO_NOTHING)


def _tidied(text: str, entities: list[dict[str, Any]]) -> Formatted:
    """Blanks at both ends go, empty entities go, and those beyond the hundredth go without a word."""
    body = text.rstrip()
    cut = units(body) - units(body.lstrip())
    body = body.lstrip()
    kept = []
    for entity in entities:
        start, end = max(0, entity["offset"] - cut), min(units(body), entity["offset"] + entity["length"] - cut)
        if end > start:
            kept.append(entity | {"offset": start, "length": end - start})
    return Formatted(body, kept[:MAX_ENTITIES], max(0, len(kept) - MAX_ENTITIES))


def formatted(text: object, parse_mode: str | None, limit: int, what: str) -> Formatted:
    """The text as it will stand in the chat."""
    text = text if isinstance(text, str) else ""
    if "\x00" in text or any(0xD800 <= ord(c) < 0xE000 for c in text):
        raise bad("strings must be encoded in UTF-8")
    if parse_mode not in (None, "", "HTML"):
        raise bad("unsupported parse_mode")
    result = parse_html(text) if parse_mode == "HTML" else _tidied(cleaned(text), [])
    if units(result.text) > limit:
        raise bad(f"{what} is too long")
    return result


def message_text(fields: dict[str, Any], *, empty_is_fine: bool = False) -> Formatted:
    result = formatted(fields.get("text"), fields.get("parse_mode"), MAX_TEXT, "message")
    if INVISIBLE.fullmatch(result.text) and not empty_is_fine:
        raise bad("message text is empty")
    return result


def caption(fields: dict[str, Any]) -> Formatted:
    return formatted(fields.get("caption"), fields.get("parse_mode"), MAX_CAPTION, "message caption")


def inline_keyboard(markup: dict[str, Any] | None, *, private: bool) -> list[list[dict[str, Any]]]:
    """The rows of buttons; each must do something, and not too much."""
    if not markup or "inline_keyboard" not in markup:
        return []
    rows: list[list[dict[str, Any]]] = [row for row in markup["inline_keyboard"] if row]
    if sum(map(len, rows)) > MAX_BUTTONS or any(len(row) > MAX_BUTTONS_IN_ROW for row in rows):
        raise bad("reply markup is too long")
    for button in (button for row in rows for button in row):
        _check_button(button, private)
    return rows


def _check_button(button: dict[str, Any], private: bool) -> None:
    if not str(button.get("text") or "").strip():
        raise bad("can't parse inline keyboard button: button text must be non-empty")
    actions = [action for action in BUTTON_ACTIONS if button.get(action) is not None]
    if not actions:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad("can't parse inline keyboard button: a button must have exactly one action")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= MAX_CALLBACK_DATA:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button and urlsplit(str(button["url"])).scheme not in ("http", "https", "tg"):
        raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if "web_app" in button:
        if not private:
            raise bad("BUTTON_TYPE_INVALID")
        url = button["web_app"].get("url", "")
        if urlsplit(url).scheme != "https":
            raise bad(f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    if "copy_text" in button and not 1 <= len(button["copy_text"].get("text", "")) <= 256:
        raise bad("BUTTON_COPY_TEXT_INVALID")


def commands(listed: object) -> list[dict[str, str]]:
    listed = listed if isinstance(listed, list) else []
    if len(listed) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for one in listed:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(one.get("description", "")) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return listed


def poll(fields: dict[str, Any]) -> None:
    options = fields.get("options") or []
    if not 1 <= len(str(fields.get("question") or "")) <= 300:
        raise bad("poll question length must not exceed 300")
    if not 1 <= len(options) <= 12:
        raise bad("poll must have at least 1 option and at most 12")
    if any(not 1 <= len(option["text"] if isinstance(option, dict) else option) <= 100 for option in options):
        raise bad("poll options length must not exceed 100")
    explanation = str(fields.get("explanation") or "")
    if len(explanation) > 200 or explanation.count("\n") > 2:
        raise bad("poll explanation is too long")
