"""Whether what a person typed into a blank can stand there; if not, why, and what would."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import re2

from knowledge.playbook import Slot

MAX_ANSWER = 8_000
_NONE_WORDS = {"无", "没有", "none", "n/a", "no", "暂无"}
# What a marketplace's code is called; an option that is such a code may be named by its country.
_SITES = {
    "US": ("美国", "美亚", "usa", "united states", "amazon.com"),
    "DE": ("德国", "德亚", "germany"), "JP": ("日本", "日亚", "japan"),
    "UK": ("英国", "英亚", "united kingdom"), "MX": ("墨西哥", "mexico"), "BR": ("巴西", "brazil"), "FR": ("法国", "france"),
    "CA": ("加拿大", "canada"), "IT": ("意大利", "italy"), "ES": ("西班牙", "spain"),
}  # fmt: skip
_ALSO_WORDS = {"US", "IT", "IN", "BE", "AT", "NO"}  # codes that are English words too: "is it allowed" names no Italy
_SHORTEST_PART = 2
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_ITEM_BREAK = re.compile(r"[\n;；]+")


@dataclass(frozen=True)
class Taken:
    """An answer that stands, tidied (dates as ISO, numbers as digits, options as written)."""

    value: str


@dataclass(frozen=True)
class Refused:
    """An answer that does not stand; `reason` names a phrase, `values` fill it; `tidied` is a number as digits."""

    reason: str
    values: Mapping[str, Any]
    tidied: str = ""


def judge(slot: Slot, answer: str, values: Mapping[str, str], today: date) -> Taken | Refused:
    """Judge one answer by the blank's type and check; `values` are the other blanks already filled."""
    text = answer.strip()
    if not text:
        return Refused("empty", {})
    if len(text) > MAX_ANSWER:
        return Refused("too_long", {"max": MAX_ANSWER, "length": len(text)})
    check = check_of(slot)
    by_kind = {"enum": _enum, "int": _number, "number": _number, "date": _date, "list": _list, "table": _list}
    return by_kind.get(slot.kind, _string)(slot, text, check, values, today)


def default_of(slot: Slot, today: date) -> str | None:
    """The blank's default while it still stands: a check date that has grown too old must be asked for again."""
    if not slot.default:
        return slot.default
    return None if isinstance(judge(slot, slot.default, {}, today), Refused) else slot.default


def check_of(slot: Slot) -> Mapping[str, Any]:
    """The blank's machine check; where an author gave only prose, what the prose plainly says ("20–200 的整数", "≥5 条")."""
    return slot.check or _from_prose(slot)


def items(value: str) -> list[str]:
    """The entries of a list or the rows of a table."""
    return [one.strip() for one in _ITEM_BREAK.split(value) if one.strip()]


def _enum(slot: Slot, text: str, check: Mapping[str, Any], values: Mapping[str, str], today: date) -> Taken | Refused:
    options = [str(option) for option in check.get("options", ())]
    if not options:
        return _string(slot, text, check, values, today)
    folded = text.casefold().strip("。. ")
    exact = next((option for option in options if option.casefold() == folded), None)
    part = [option for option in options if len(folded) >= _SHORTEST_PART and folded in option.casefold()]
    chosen = exact or spelled(options, text) or (part[0] if len(part) == 1 else None)
    return Taken(chosen) if chosen else Refused("not_an_option", {"options": " / ".join(options)})


def spelled(options: Sequence[str], text: str) -> str | None:
    """The one option that a text spells out as a word of its own, or names by its country."""
    hits = [option for option in options if len(option) > 1 and _says(text, option)]
    # Of options within one another ("white", "off white") the longest is meant.
    hits = [one for one in hits if not any(one != other and one.casefold() in other.casefold() for other in hits)]
    hits = hits or [option for option in options for word in _SITES.get(option.upper(), ()) if _says(text, word)]
    return hits[0] if len(set(hits)) == 1 else None


def _says(text: str, word: str) -> bool:
    if not word.isascii():
        return word.casefold() in text.casefold()
    as_word = rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])"
    if word.upper() in _ALSO_WORDS:
        return (
            bool(re.search(as_word, text) or re.search(as_word + r"\s?(?:站|亚|market)", text, re.I))
            and not word.islower()
        )
    return re.search(as_word, text, re.I) is not None


def _number(slot: Slot, text: str, check: Mapping[str, Any], values: Mapping[str, str], today: date) -> Taken | Refused:
    # Full-width digits are what many Chinese keyboards give; anything but one plain number is refused.
    plain = text.translate(str.maketrans("０１２３４５６７８９．，－", "0123456789.,-")).strip()
    # A comma may part thousands; "1,5" is one and a half to some and must not become fifteen.
    plain = plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain
    if slot.kind == "int" and not re.fullmatch(r"-?[0-9]{1,12}", plain):
        return Refused("not_a_whole_number", {})
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", plain):
        return Refused("not_a_number", {})
    number = float(plain)
    low, high = check.get("min"), check.get("max")
    outside = (low is not None and number < low) or (high is not None and number > high)
    if outside and not (number == 0 and check.get("or_zero")):
        edges = {"min": "—" if low is None else low, "max": "—" if high is None else high}
        return Refused("out_of_range", edges, plain)
    bound = check.get("at_most")
    if isinstance(bound, Mapping):
        other = values.get(str(bound.get("slot")), "")
        limit = float(other) - float(bound.get("minus", 0)) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", other) else None
        if limit is not None and number > limit:
            return Refused("above_limit", {"max": f"{limit:g}"}, plain)
    return Taken(plain)


def _date(slot: Slot, text: str, check: Mapping[str, Any], values: Mapping[str, str], today: date) -> Taken | Refused:
    day = _read_day(text, today)
    if day is None:
        return Refused("not_a_date", {"example": today.isoformat()})
    if day > today + timedelta(days=1) and "max_age_days" in check:
        return Refused("future_date", {"today": today.isoformat()})
    oldest = check.get("max_age_days")
    if oldest is not None and (today - day).days > int(oldest):
        return Refused("too_old", {"days": oldest})
    return Taken(day.isoformat())


def _read_day(text: str, today: date) -> date | None:
    words = {"今天": 0, "today": 0, "昨天": 1, "yesterday": 1}
    if text.lower() in words:
        return today - timedelta(days=words[text.lower()])
    found = re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _list(slot: Slot, text: str, check: Mapping[str, Any], values: Mapping[str, str], today: date) -> Taken | Refused:
    rows = items(text)
    if text.lower() in _NONE_WORDS and not check.get("min_items"):
        return Taken(text)
    low, high = check.get("min_items"), check.get("max_items")
    if low is not None and len(rows) < int(low):
        return Refused("too_few", {"min": low, "count": len(rows)})
    if high is not None and len(rows) > int(high):
        return Refused("too_many", {"max": high, "count": len(rows)})
    return _lengths(text, check)


def _string(slot: Slot, text: str, check: Mapping[str, Any], values: Mapping[str, str], today: date) -> Taken | Refused:
    pattern = check.get("pattern")
    if pattern and not _fits(str(pattern), text):
        return Refused("wrong_form", {"example": slot.example})
    return _lengths(text, check)


def _fits(pattern: str, text: str) -> bool:
    """Whether a text has the form; a pattern that RE2 refuses (the lint tells its author) holds nobody up."""
    try:
        options = re2.Options()
        options.log_errors = False
        return re2.search(pattern, text, options=options) is not None
    except re2.error:
        return True


def _lengths(text: str, check: Mapping[str, Any]) -> Taken | Refused:
    low, high = check.get("min_chars"), check.get("max_chars")
    if low is not None and len(text) < int(low):
        return Refused("too_short", {"min": low, "length": len(text)})
    if high is not None and len(text) > int(high):
        return Refused("too_long", {"max": high, "length": len(text)})
    return Taken(text)


def _from_prose(slot: Slot) -> dict[str, Any]:
    prose = slot.validate
    check: dict[str, Any] = {}
    between = re.search(r"(\d+)\s*[–\-~至到]\s*(\d+)", prose)
    at_least = re.search(r"≥\s*(\d+)\s*[条行个款]", prose)
    if slot.kind in ("int", "number") and between:
        check = {"min": int(between[1]), "max": int(between[2]), "or_zero": prose.strip().startswith("0")}
    elif slot.kind in ("list", "table") and at_least:
        check = {"min_items": int(at_least[1])}
    elif slot.kind in ("list", "table") and between:
        check = {"min_items": int(between[1]), "max_items": int(between[2])}
    elif slot.kind == "date" and (age := re.search(r"≤\s*(\d+)\s*天", prose)):
        check = {"max_age_days": int(age[1])}
    below = re.search(r"≤\s*([a-z_]+)\s*[−-]\s*(\d+)", prose)
    if below:
        check["at_most"] = {"slot": below[1], "minus": int(below[2])}
    return check
