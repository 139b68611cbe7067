"""What a message already says: values for blanks, taken over literally, never invented, always shown for confirmation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

from knowledge.answers import Taken, check_of, judge, spelled
from knowledge.playbook import Slot

_AGE = re.compile(r"\d{1,2}\s*[-–—~～至到]\s*\d{1,2}\s*岁\s*(?:的)?[\u4e00-\u9fff]{0,12}")
_PRICE = re.compile(
    r"(?:USD|US\$|\$|€|£|¥|RMB)\s*\d+(?:\.\d+)?(?:\s*[-–—~～至到]\s*\d+(?:\.\d+)?)?|\d+(?:\.\d+)?(?:\s*[-–—~～至到]\s*\d+(?:\.\d+)?)?\s*(?:元|块|美元|美金|刀|欧元|欧|USD|RMB)"
)
_BARE_RANGE = re.compile(r"(?<![\d.])\d{2,6}\s*[-–—~～至到]\s*\d{2,6}(?![\d.])(?!\s*[岁字个条天分])")
_FILLER = re.compile(
    r"(帮我|帮忙|给我|请|麻烦|我想|我要|想|怎么|如何|写一?[个份条版]?|做一?[个份]?|来一?[个份]|生成|一下|吗|呢|吧|的|what|how|help|write|please)",
    re.I,
)
_AUDIENCE_KEYS = ("audience", "buyer", "people", "persona")
_PRICE_KEYS = ("price", "budget")
_PRODUCT_KEYS = ("product_type", "product_name", "product")


def pasted(slots: Sequence[Slot], text: str) -> dict[str, str]:
    """The answers of a message that names its blanks: "站点：US；品牌：PAWNEST" or one pair a line; empty when it names none."""
    names = _names(slots)
    marks: list[tuple[int, int, str]] = []
    for found in re.finditer(r"(?:^|[\n;；，,。\s])\s*[-*•]?\s*([^\n;；:：=，,]{1,40}?)\s*[:：=]", text):
        key = names.get(_fold(found[1]))
        if key is not None and key not in {mark[2] for mark in marks}:
            marks.append((found.start(), found.end(), key))
    ends = [start for start, _, _ in marks[1:]] + [len(text)] * bool(marks)
    values = {key: text[begin:end].strip(" \n;；,，。") for (_, begin, key), end in zip(marks, ends, strict=True)}
    return {key: value for key, value in values.items() if value}


def _names(slots: Sequence[Slot]) -> dict[str, str]:
    names: dict[str, str] = {}
    for slot in slots:
        bare = re.sub(r"[（(].*?[）)]", "", slot.label.zh)
        for name in (slot.key, slot.label.zh, bare, slot.label.en, slot.key.replace("_", " ")):
            if name:
                names.setdefault(_fold(name), slot.key)
        if bare.endswith("名"):
            names.setdefault(_fold(bare[:-1]), slot.key)
    return names


def _fold(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def mentioned(slots: Sequence[Slot], question: str, today: date) -> dict[str, str]:
    """Values that a question names in passing; each is a literal piece of it (or the option it spells), judged by its blank."""
    guesses: dict[str, str] = {}
    rest = question
    for slot in slots:
        if slot.kind == "enum" and (option := _option(slot, question)):
            guesses[slot.key] = option
    audience = _AGE.search(rest)
    if audience and (slot_key := _first(slots, _AUDIENCE_KEYS)):
        guesses[slot_key] = audience[0].strip()
    rest = rest.replace(audience[0], " ") if audience else rest
    price = _PRICE.search(rest) or (_BARE_RANGE.search(rest) if audience else None)
    if price and (slot_key := _first(slots, _PRICE_KEYS)):
        guesses[slot_key] = price[0].strip()
    rest = rest.replace(price[0], " ") if price else rest
    if (product := _product(rest)) and (slot_key := _first(slots, _PRODUCT_KEYS)) and (audience or price):
        guesses[slot_key] = product
    by_key = {slot.key: slot for slot in slots}
    judged = {key: judge(by_key[key], value, {}, today) for key, value in guesses.items()}
    return {key: verdict.value for key, verdict in judged.items() if isinstance(verdict, Taken)}


def _option(slot: Slot, question: str) -> str | None:
    """The one option of an enum that the question spells out, or names by its country."""
    return spelled([str(option) for option in check_of(slot).get("options", ())], question)


def _first(slots: Sequence[Slot], wanted: Sequence[str]) -> str | None:
    exact = [slot.key for name in wanted for slot in slots if slot.key == name]
    loose = [
        slot.key for name in wanted for slot in slots if name in slot.key and slot.kind in ("string", "list", "number")
    ]
    return next(iter(exact + loose), None)


def _product(rest: str) -> str | None:
    """The noun that stands by itself between blanks, as in "25-35 岁职场女性 水晶手串 199-399"."""
    pieces = [piece for piece in re.split(r"[\s，,。；;！!？?、]+", rest) if 2 <= len(piece) <= 12]
    nouns = [piece for piece in pieces if not _FILLER.search(piece) and re.search(r"[\u4e00-\u9fffA-Za-z]{2}", piece)]
    return nouns[0] if len(nouns) == 1 else None


def conflicts(values: Mapping[str, str], question: str) -> list[str]:
    """Keys whose value is no literal piece of the question (an option may be spelled by its country): to be shown as a guess."""
    folded = _fold(question)
    return [key for key, value in values.items() if _fold(value) not in folded]
