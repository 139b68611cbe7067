"""What somebody asks to have checked: which ruler is meant, and the text it is to be laid on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.rulers import tables
from knowledge.rulers.folding import fold_word
from knowledge.rulers.words import compiled

MAX_ASK = 40  # characters before the colon: a request is short, what it is about may be long
_SPLIT = re.compile(r"[:：\n]")
_OPEN_QUOTE = re.compile(r"[「『“\"《]")
_CLOSE_QUOTE = '」』”"》'


@dataclass(frozen=True)
class CheckRequest:
    """A text to be checked; `ruler` is None where it is not clear which is meant, then `candidates` says which may be."""

    payload: str
    ruler: str | None
    candidates: tuple[str, ...]


def wants_checking(words: str) -> bool:
    """Whether this is plainly a request to check a text that it brings along."""
    return request_in(words) is not None


def request_in(words: str) -> CheckRequest | None:
    """The request in a message: what is asked stands before a colon, a line break or a quotation, the text after it."""
    head, payload = split(words)
    if not payload or len(head) > MAX_ASK or not _is_check(head):
        return None
    labelled = labels_in(head)
    inner_label, inner = _inner_label(payload)
    if inner_label and (not labelled or inner_label in labelled):
        return CheckRequest(inner, inner_label, (inner_label,))
    if len(labelled) == 1 or labelled and labelled[0] != "claims" and labelled[-1] == "claims":
        return CheckRequest(payload, labelled[0], labelled)
    guessed = labelled or by_shape(payload)
    return CheckRequest(payload, guessed[0] if len(guessed) == 1 else None, guessed)


def _is_check(head: str) -> bool:
    # Asking for a thing to be made, or about what went wrong, is no request to check, whatever stands after the colon.
    if _says("makes", head) or _says("other-need", head):
        return False
    # Weak words ask for a check only where they point at the text or name what it is.
    return _says("check", head) or (_says("glance", head) and (_says("points", head) or bool(labels_in(head))))


def _says(list_name: str, head: str) -> bool:
    return _found(tables.tables()["asking"][list_name], head)


def _found(listed: str, head: str) -> bool:
    return compiled(tables.entries(listed)).search(fold_word(head)) is not None


def split(words: str) -> tuple[str, str]:
    """The asking and the text asked about."""
    text = words.strip()
    cut = _SPLIT.search(text)
    quote = _OPEN_QUOTE.search(text)
    if quote and 0 < quote.start() <= MAX_ASK and (cut is None or quote.start() < cut.start()):
        closed = max(text.rfind(mark) for mark in _CLOSE_QUOTE)
        inside = text[quote.end() : closed] if closed > quote.end() else text[quote.end() :]
        rest = text[closed + 1 :] if closed > quote.end() else ""
        return (text[: quote.start()] + rest).strip(), inside.strip()
    if cut is None:
        return text, ""
    head, payload = text[: cut.start()], text[cut.end() :].strip()
    quoted = _OPEN_QUOTE.match(payload)
    if quoted and payload[-1] in _CLOSE_QUOTE and not any(mark in payload[1:-1] for mark in "「『“《"):
        payload = payload[1:-1].strip()
    return head.strip(), payload


def labels_in(head: str) -> tuple[str, ...]:
    """The rulers that the asking names, the most telling first."""
    return tuple(ruler for ruler, listed in tables.tables()["asking"]["labels"].items() if _found(listed, head))


def _inner_label(payload: str) -> tuple[str | None, str]:
    """A label at the beginning of the payload itself: "标题：…"."""
    cut = _SPLIT.search(payload[:20])
    if cut is None or not payload[cut.end() :].strip():
        return None, payload
    named = labels_in(payload[: cut.start()])
    return (named[0], payload[cut.end() :].strip()) if len(named) == 1 and cut.start() <= 14 else (None, payload)


def guess_ruler(text: str) -> str | None:
    """The likely ruler for a message or a bare text: what it names first, then its shape; None where it is not clear."""
    asked = request_in(text)
    if asked is not None:
        return asked.ruler
    label, _ = _inner_label(text.strip())
    if label:
        return label
    shaped = by_shape(text.strip())
    return shaped[0] if len(shaped) == 1 else None


def by_shape(payload: str) -> tuple[str, ...]:
    """What a text looks like, the likeliest first; one only where it is plain."""
    han = len(re.findall(r"[一-龥]", payload))
    words = payload.split()
    if re.search(r"(?i)\b(?:acos|roas|tacos)\b|[=＝]\s*[\d$€£¥]", payload):
        return ("profit",)
    if re.search(r"(?i)\d\s?(?:mah|wh)\b", payload) and len(payload) < 60:
        return ("units",)
    if han >= 40 and len(re.findall(r"[。！？‖]", payload)) >= 3:
        return ("spoken-script", "claims")
    if han > len(payload) * 0.3:
        return ("claims",)
    one_line = "\n" not in payload and len(payload) <= 250 and len(words) >= 3
    if one_line and payload == payload.lower() and not re.search(r"[,.;]", payload) and len(words) >= 8:
        return ("search-terms",)
    capitals = sum(word[0].isupper() or word[0].isdigit() for word in words if word)
    if one_line and capitals >= 0.6 * len(words):
        return ("amazon-title",)
    if one_line and payload.count(",") >= 2 and not payload.rstrip().endswith("."):
        return ("amazon-highlights", "amazon-title", "claims")
    return ("claims", "amazon-title", "amazon-highlights")
