"""How a work did: figures typed in free words or pasted as a table; what cannot be read is said, never guessed."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

MILLION = 1_000_000
_NAMES = {
    "impressions": ("impressions", "impression", "曝光量", "曝光", "展示量", "展示", "views"),
    "clicks": ("clicks", "click", "点击量", "点击数", "点击", "sessions"),
    "orders": ("orders", "order", "订单量", "订单数", "订单", "出单", "units"),
    "revenue": ("revenue", "sales", "销售额", "收入", "gmv", "营业额"),
}
_DAY = ("date", "day", "日期", "时间")
_CURRENCY = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "CNY",
    "￥": "CNY",
    "元": "CNY",
    "USD": "USD",
    "EUR": "EUR",
    "CNY": "CNY",
    "JPY": "JPY",
}
_NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?"
_AMOUNT = re.compile(rf"(US\$|[$€£¥]|USD|EUR|CNY|JPY)?\s*({_NUMBER})\s*(万|k)?\s*(元|USD|EUR|CNY|JPY)?", re.I)


@dataclass(frozen=True)
class Outcome:
    """A day's figures; None is unknown, which is not nothing. Revenue in millionths."""

    impressions: int | None = None
    clicks: int | None = None
    orders: int | None = None
    revenue: int | None = None
    currency: str = ""

    @property
    def is_possible(self) -> bool:
        """Nobody clicks what was not shown."""
        steps = [value for value in (self.impressions, self.clicks, self.orders) if value is not None]
        return all(earlier >= later for earlier, later in zip(steps, steps[1:], strict=False))


class Unreadable(ValueError):
    """What was given holds no figure, or one that makes no sense: the piece, and where it stands in a table.

    `row` counts from 1 under the head line; `field` is a name of _NAMES, "day", or empty.
    """

    def __init__(self, piece: str, row: int = 0, field: str = "") -> None:
        super().__init__(piece)
        self.piece, self.row, self.field = piece[:40], row, field


def read_outcomes(text: str, today: date) -> list[tuple[date, Outcome]]:
    """Figures by day: "曝光 1200 点击 36 订单 3 收入 $89.7", or a CSV with a head line. Raises Unreadable."""
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("\ufeff")
    is_table = "\n" in plain and _is_head(plain.splitlines()[0])
    rows = list(_table(plain)) if is_table else [_sentence(plain, today)]
    days: set[date] = set()
    for number, (day, outcome) in enumerate(rows, 1):
        row = number if is_table else 0
        if outcome == Outcome(currency=outcome.currency):
            raise Unreadable(plain.splitlines()[number] if is_table else plain, row)
        if not outcome.is_possible:
            raise Unreadable(f"{outcome.impressions} / {outcome.clicks} / {outcome.orders}", row, "order_of_steps")
        if day in days or day > today + timedelta(days=1):
            raise Unreadable(day.isoformat(), row, "day")
        days.add(day)
    if not rows:
        raise Unreadable(plain)
    return rows


def _sentence(text: str, today: date) -> tuple[date, Outcome]:
    found: dict[str, int] = {}
    currency = ""
    for field, names in _NAMES.items():
        for name in names:
            place = re.search(rf"{re.escape(name)}\s*[:：=是为]?\s*", text, re.I)
            amount = _AMOUNT.match(text, place.end()) if place else None
            if amount:
                found[field] = _value(field, amount)
                if field == "revenue":
                    currency = _CURRENCY.get(
                        (amount[1] or amount[4] or "").upper(), _CURRENCY.get(amount[1] or amount[4] or "", "")
                    )
                break
    named = re.search(r"\d{4}-\d{2}-\d{2}", text)
    return (_day(named[0]) if named else today), Outcome(**found, currency=currency)


def _table(text: str) -> Iterator[tuple[date, Outcome]]:
    first = text.splitlines()[0]
    reader = csv.DictReader(
        io.StringIO(text), delimiter="\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    )
    for number, row in enumerate(reader, 1):
        cells = {_field(name or ""): value for name, value in row.items() if isinstance(value, str)}
        if not cells.get("day"):
            raise Unreadable(" ".join(str(value) for value in row.values() if isinstance(value, str)), number, "day")
        figures: dict[str, int] = {}
        currency = ""
        for field in _NAMES:
            value = (cells.get(field) or "").strip()
            if not value:
                continue
            amount = _AMOUNT.fullmatch(value)
            if amount is None:
                raise Unreadable(value, number, field)
            figures[field] = _value(field, amount, number)
            if field == "revenue":
                currency = _CURRENCY.get((amount[1] or amount[4] or "").upper(), "")
        yield _day(cells["day"].strip(), number), Outcome(**figures, currency=currency)


def _field(name: str) -> str:
    low = name.strip().casefold()
    if low in _DAY:
        return "day"
    return next((field for field, names in _NAMES.items() if low in names), low)


def _is_head(line: str) -> bool:
    fields = {_field(cell) for cell in re.split(r"[,;\t]", line)}
    return "day" in fields and bool(fields & set(_NAMES))


def _value(field: str, amount: re.Match[str], row: int = 0) -> int:
    try:
        value = Decimal(amount[2].replace(",", "")) * {"万": 10_000, "k": 1000, "": 1}[(amount[3] or "").lower()]
    except InvalidOperation as error:
        raise Unreadable(amount[0], row, field) from error
    exact = value * MILLION if field == "revenue" else value
    if exact != int(exact) or exact > 10**15:
        raise Unreadable(amount[0], row, field)
    return int(exact)


def _day(text: str, row: int = 0) -> date:
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError as error:
        raise Unreadable(text, row, "day") from error
