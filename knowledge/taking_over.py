"""What a message already says: values for blanks, taken over literally, never invented, always shown for confirmation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from knowledge.answers import Refused, Taken, check_of, items, judge, spelled
from knowledge.blank_names import fold, named_by, names_of
from knowledge.pasted_tables import tabled
from knowledge.playbook import Slot

_AGE = re.compile(r"\d{1,2}\s*[-–—~～至到]\s*\d{1,2}\s*岁\s*(?:的)?[\u4e00-\u9fff]{0,12}")
_PEOPLE = re.compile(
    r"(?:针对|面向|卖给|适合|给(?=[^，,。；;\n]{2,20}用(?:的|[，,。；;！!\n]|$)))\s*([^，,。；;！!？?\n]{2,30}?)(?=用的|[用的]?(?:[，,。；;！!？?\n]|$))"
    r"|\b(?:aimed at|targeting|for) ((?:\w+[ -]){0,4}?(?:women|men|moms|mums|dads|parents|owners|students|seniors|"
    r"beginners|travell?ers|runners|gamers|families)\b(?: aged \d{1,2}[-–]\d{1,2})?)",
    re.I,
)
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

# Between a blank's name and its value.
_SIGN = r"(?:\s*[（(][^）)\n]{0,24}[）)])?\s*[*`_」』”\"']{0,3}\s*(?:[:：=＝﹕∶]|[-=]{1,2}>|→|⇒|➡️?)\s*[*`_]{0,3}"
_VERB = (
    r"\s*(?:就|应该|要|我们)?(?:是(?!不|否|什么|啥|谁|哪|多少|几|因为|用来)|为(?!什么|啥|何|了)|叫做?(?!什么|啥)|选择?的?是?(?!什么|哪|不)|填(?!什么|写要求)|用的?是(?!什么))\s*"
    r"|\s+(?:is|are|=)\s+(?!(?:it|the|there|what|not|this|that|a|an)\b)"
)
_OPENS_LINE = re.compile(r"(?:^|\n)[\s>*•·\-–—#]*(?:\d{1,2}[.、)）]\s*)?[*`_「『\"“]{0,3}\Z")
_ASKS = re.compile(
    r"(?:请|帮我|帮忙|麻烦|谢谢|给我|我想|我要|想要?|想让|能不能|可不可以|怎么|如何|然后帮|就这些|以上|"
    r"please|help|can you|could you|i want|i need|thanks|thank you)",
    re.I,
)
_LINK_WORD = re.compile(
    r"(?:[\s,，;；。、]+|\n[\s>*•·\-–—#\d.、)）]*|(?:我们的?|我方的?|然后|还有|以及|并且|另外|和|及|再|其中|它的|这个|目标是)"
    r"|\s(?:and|our|the|my|with|its))\Z",
    re.I,
)
_ONE_NUMBER = re.compile(r"(?<![\d.])-?\d[\d,]*(?:\.\d+)?(?![\d.])")
_ONE_DAY = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|今天|昨天|\btoday\b|\byesterday\b", re.I)
_SHORT_KEYS = ("brand_name", "product_type", "product_name", "marketplace", "listing_language", "price", "currency")
_SHORT_KINDS = ("enum", "int", "number", "date")
_UNREADABLE = ("not_an_option", "not_a_whole_number", "not_a_number", "not_a_date")
_SENTENCE = 16  # characters: so long an answer that no option, number or day is says more than was asked
_WORDY = 40  # characters: so long an answer says more than an option, whichever it names
_FEW_WORDS = 80  # characters that a name or a number with its unit never needs
_NAME = 50
_PARAGRAPH = 200
_TABLE_HEADS = {"字段", "项目", "内容", "填写", "填写内容", "值", "field", "item", "value", "content"}
_NEXT_LABEL = re.compile(r"\n(?=[\s>*•·\-–—#]*[^\n:：]{1,24}[:：])")


@dataclass(frozen=True)
class Stated:
    """What a message says of the blanks, and how many further rows of a table were left alone."""

    values: Mapping[str, str]
    others: int = 0


def stated(slots: Sequence[Slot], text: str, today: date, known: Collection[str] = ()) -> Stated:
    """All that rules find in a message: a table, else named blanks and mentions.

    What is only mentioned in passing never takes the place of a value that is `known`.
    """
    table = tabled(slots, text)
    if table is not None and len(table.values) >= len(pasted(slots, text, today)):
        return Stated({key: _fitting(slots, key, value, today) for key, value in table.values.items()}, table.others)
    named = pasted(slots, text, today)
    return Stated(mentioned([slot for slot in slots if slot.key not in known], text, today) | named)


def pasted(slots: Sequence[Slot], text: str, today: date) -> dict[str, str]:
    """The answers of a message that names its blanks: a table, "站点：US；品牌：PAWNEST", or "品牌叫 PAWNEST"; empty when it names none."""
    found = _marks(slots, text)
    if len(found) < 2 and (table := tabled(slots, text)) is not None:
        return {key: _fitting(slots, key, value, today) for key, value in table.values.items()}
    values: dict[str, str] = {}
    for mark, following in zip(found, [*found[1:], None], strict=False):
        piece = text[mark.ends : following.begins if following else len(text)]
        if value := _tidied(slots, mark, piece, today, is_last=following is None):
            values.setdefault(mark.key, value)
    return values


def opens_with_name(slots: Sequence[Slot], text: str) -> bool:
    """Whether a message begins with a blank's name, so that it speaks of that one and not of the blank being asked."""
    found = _marks(slots, text)
    return bool(found) and not text[: found[0].begins].strip(' \t\n-*•·>#「『"“`_').strip()


def says_more(slots: Sequence[Slot], slot: Slot, text: str, answer: str, today: date) -> bool:
    """Whether a text of which `answer` would go into one blank may well speak of others: lines or cells where a name
    is asked, far too long, or much longer than the answer in it."""
    text, verdict = text.strip(), judge(slot, answer, {}, today)
    cells = "\t" in text or "\n" in text
    if slot.kind in ("list", "table") or (len(text) < _SENTENCE and not cells):
        return False
    if slot.kind in _SHORT_KINDS:
        if isinstance(verdict, Refused):
            return verdict.reason in _UNREADABLE
        return cells or len(text) >= _WORDY or bool(stated(slots, text, today).values.keys() - {slot.key})
    longest = _longest(slot)
    if len(text) - len(answer) >= _WORDY:
        return True
    if longest > _FEW_WORDS:
        return len(text) > longest
    if cells or len(text) > longest or pasted(slots, text, today).keys() - {slot.key}:
        return True
    return len(text) >= _WORDY and len(stated(slots, text, today).values.keys() - {slot.key}) > 1


def holds_whole(slot: Slot, text: str) -> bool:
    """Whether the whole of a text could be this blank's answer: a sentence is no option, number or day."""
    return slot.kind not in _SHORT_KINDS or len(text.strip()) < _SENTENCE


def _longest(slot: Slot) -> int:
    if limit := check_of(slot).get("max_chars"):
        return int(limit)
    return _FEW_WORDS if slot.key in _SHORT_KEYS else max(_PARAGRAPH, 4 * len(slot.example))


def unclaimed(slots: Sequence[Slot], text: str, values: Mapping[str, str]) -> list[str]:
    """The lines of a text (of one line: its sentences) of which nothing was taken, and that are no row of names."""
    names = names_of(slots)
    pieces = [one for value in values.values() for one in items(value)]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        lines = re.split(r"[\t，。；;！!]\s*|[.,]\s+|\s+(?=[\u4e00-\u9fff]{2}[^\s，。])", lines[0])
    rest = []
    for line in lines:
        told = any(fold(line) in fold(one) or spelled([one], line) or _stands_in(one, line) for one in pieces)
        cells = [cell.strip() for cell in re.split(r"[\t|,，;；]| {2,}", line) if cell.strip()]
        is_head = all(named_by(cell, names) or cell.casefold() in _TABLE_HEADS for cell in cells)
        if any(map(str.isalnum, line)) and not told and not is_head and not _ASKS.match(line):
            rest.append(line)
    return rest


def _stands_in(piece: str, line: str) -> bool:
    """Whether a piece stands in a line, as words of its own: the 38 of "1380 g" is another."""
    at = re.escape(fold(piece))
    return re.search(rf"(?<![a-z0-9]){at}(?![a-z0-9])|^{at}|{at}$", fold(line)) is not None


@dataclass(frozen=True)
class _Mark:
    begins: int
    ends: int
    key: str
    is_sign: bool  # a colon or an arrow, rather than a verb
    opens_line: bool


def _marks(slots: Sequence[Slot], text: str) -> list[_Mark]:
    """Where the text names blanks and goes on to say something of them; each blank once, in order."""
    names = names_of(slots)
    flat = _flat(text)
    found: list[_Mark] = []
    seen: set[str] = set()
    counted = frozenset(slot.key for slot in slots if slot.kind in ("int", "number"))
    for match in _pattern(tuple(names), tuple(name for name in names if names[name] in counted)).finditer(flat):
        key = names[fold(match[1] or match[3])]
        if key in seen or (found and match.start() < found[-1].ends):
            continue
        is_sign = match[2] is not None
        begins = match.start()
        found.append(_Mark(begins, match.end(), key, is_sign, _OPENS_LINE.search(flat[:begins]) is not None))
        seen.add(key)
    return found or _spaced_marks(names, flat)


def _spaced_marks(names: Mapping[str, str], flat: str) -> list[_Mark]:
    """Lines of "name value" with nothing but a space between; one alone may be any sentence, so it takes two."""
    found: list[_Mark] = []
    for line in re.finditer(r"[^\n]+", flat):
        for gap in re.finditer(r"(?<=\S)[ \t　]+(?=\S)", line[0]):
            key = named_by(line[0][: gap.start()], names)
            if key and key not in {mark.key for mark in found}:
                found.append(_Mark(line.start(), line.start() + gap.end(), key, True, True))
                break
    return found if len(found) > 1 else []


@lru_cache(maxsize=128)
def _pattern(names: tuple[str, ...], counted: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the names and what leads on to a value; a name of a number may stand right before its digits."""
    if not names:
        return re.compile(r"(?!)")
    number = rf"|({_any_of(counted)})\s*(?=[$¥€£]?\d)" if counted else "|((?!))"
    return re.compile(f"({_any_of(names)})(?:({_SIGN})|(?:{_VERB})){number}", re.I)


def _any_of(names: tuple[str, ...]) -> str:
    """Any of the names, the longest first, spaces inside allowed."""
    forms = []
    for name in sorted(names, key=len, reverse=True):
        body = r"[\s_]*".join(re.escape(character) for character in name)
        left = r"(?<![A-Za-z0-9])" if name[0].isascii() and name[0].isalnum() else ""
        forms.append(f"{left}{body}")
    return "|".join(forms)


def _flat(text: str) -> str:
    """The text with full-width letters and signs made plain, one character for one: places stay the same."""
    made = []
    for character in text:
        plain = unicodedata.normalize("NFKC", character)
        made.append(plain if len(plain) == 1 else character)
    return "".join(made)


def _tidied(slots: Sequence[Slot], mark: _Mark, piece: str, today: date, *, is_last: bool) -> str:
    """The piece after a name, without what belongs to the sentence around it."""
    slot = next(slot for slot in slots if slot.key == mark.key)
    value = piece if is_last else _unlinked(piece)
    value = _without_request(value)
    if not mark.opens_line and slot.kind not in ("list", "table"):
        value = value.lstrip("\n").split("\n")[0]
    short = slot.kind in _SHORT_KINDS or slot.key in _SHORT_KEYS or (slot.kind == "string" and _longest(slot) <= _NAME)
    if short:
        value = value.lstrip().split("\n")[0]
    elif slot.kind == "string" and _longest(slot) <= 2 * _PARAGRAPH:
        value = _NEXT_LABEL.split(value)[0]  # another line with a name of its own says something else
    if not mark.is_sign:
        ends = r"[，,。；;！!\n]|\.\s|(?<=[A-Za-z0-9])\s+(?=[\u4e00-\u9fff])" if short else r"[。；;！!\n]|\.\s"
        value = re.split(ends, value.lstrip())[0]
    value = value.strip(" \t\n;；,，。、*`_")
    return _fitting(slots, mark.key, value, today) if value else ""


def _unlinked(piece: str) -> str:
    """The piece without the words that lead on to the next blank's name: "美国，然后" is 美国."""
    while (cut := _LINK_WORD.search(piece)) is not None and cut.start() < len(piece):
        piece = piece[: cut.start()]
    return piece


def _without_request(value: str) -> str:
    """The value without a request that follows it: "PAWNEST，帮我写短一点"."""
    cut = re.search(rf"[\n，,。；;！!]\s*(?={_ASKS.pattern})", value, re.I)
    return value[: cut.start()] if cut and cut.start() else value


def answered(slot: Slot, text: str, today: date) -> str:
    """A short answer to one blank without the unit around its number: "38%" is 38."""
    return _fitting([slot], slot.key, text, today) if len(text.strip()) < _SENTENCE else text


def _fitting(slots: Sequence[Slot], key: str, value: str, today: date) -> str:
    """The value, or the one number, day or option in it, where only that can stand in the blank."""
    slot = next(slot for slot in slots if slot.key == key)
    if not isinstance(judge(slot, value, {}, today), Refused):
        return value
    parts: Iterable[re.Match[str]] = ()
    if slot.kind in ("int", "number"):
        parts = list(_ONE_NUMBER.finditer(_flat(value)))
    elif slot.kind == "date":
        parts = list(_ONE_DAY.finditer(value))
    pieces = [value[one.start() : one.end()].strip() for one in parts]
    return pieces[0] if len(pieces) == 1 else value


def mentioned(slots: Sequence[Slot], question: str, today: date) -> dict[str, str]:
    """Values that a question names in passing; each is a literal piece of it (or the option it spells), judged by its blank."""
    guesses: dict[str, str] = {}
    rest = question
    for slot in slots:
        if slot.kind == "enum" and (option := _option(slot, question)):
            guesses[slot.key] = option
    audience = _AGE.search(rest)
    people = None if audience else _PEOPLE.search(rest)
    if (said := audience[0] if audience else people[1] or people[2] if people else "") and (
        slot_key := _first(slots, _AUDIENCE_KEYS)
    ):
        guesses[slot_key] = said.strip()
    whole = audience or people
    rest = rest.replace(whole[0], " ") if whole else rest
    price = _PRICE.search(rest) or (_BARE_RANGE.search(rest) if audience else None)
    if price and (slot_key := _first(slots, _PRICE_KEYS)):
        guesses[slot_key] = _fitting(slots, slot_key, price[0].strip(), today)
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


def literal(value: str, text: str) -> bool:
    """Whether a value (each entry of a list by itself) stands in the text, width, case and spaces aside."""
    whole = fold(text)
    return all(fold(one) in whole for one in items(value)) and bool(items(value))


def as_said(value: str, text: str) -> str | None:
    """The value in the very letters of the text, each entry of a list by itself; None where one stands nowhere in it."""
    letters = [(part, place) for place, character in enumerate(text) for part in fold(character)]
    whole = "".join(part for part, _ in letters)
    found: list[str] = []
    for one in items(value):
        wanted = fold(one)
        begin = whole.find(wanted)
        if not wanted or begin < 0:
            return None
        found.append(text[letters[begin][1] : letters[begin + len(wanted) - 1][1] + 1])
    return "\n".join(found) or None


def conflicts(values: Mapping[str, str], text: str) -> list[str]:
    """Keys whose value is no literal piece of the text (an option may be spelled by its country): to be shown as a guess."""
    return [key for key, value in values.items() if not literal(value, text)]
