"""How a work did: figures typed in free words or pasted as a table; what cannot be read is said, never guessed."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
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
    """What was given holds no figure, or one that makes no sense; `args[0]` is the piece."""


def read_outcomes(text: str, today: date) -> list[tuple[date, Outcome]]:
    """Figures by day: "曝光 1200 点击 36 订单 3 收入 $89.7", or a CSV with a head line. Raises Unreadable."""
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("\ufeff")
    rows = list(_table(plain)) if "\n" in plain and _is_head(plain.splitlines()[0]) else [_sentence(plain, today)]
    for _, outcome in rows:
        if outcome == Outcome(currency=outcome.currency) or not outcome.is_possible:
            raise Unreadable(text[:40])
    if not rows:
        raise Unreadable(text[:40])
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
    for row in reader:
        cells = {_field(name or ""): value for name, value in row.items() if isinstance(value, str)}
        if not cells.get("day"):
            raise Unreadable(str(row)[:40])
        figures: dict[str, int] = {}
        currency = ""
        for field in _NAMES:
            value = (cells.get(field) or "").strip()
            if not value:
                continue
            amount = _AMOUNT.fullmatch(value)
            if amount is None:
                raise Unreadable(value[:40])
            figures[field] = _value(field, amount)
            if field == "revenue":
                currency = _CURRENCY.get((amount[1] or amount[4] or "").upper(), "")
        yield _day(cells["day"].strip()), Outcome(**figures, currency=currency)


def _field(name: str) -> str:
    low = name.strip().casefold()
    if low in _DAY:
        return "day"
    return next((field for field, names in _NAMES.items() if low in names), low)


def _is_head(line: str) -> bool:
    fields = {_field(cell) for cell in re.split(r"[,;\t]", line)}
    return "day" in fields and bool(fields & set(_NAMES))


def _value(field: str, amount: re.Match[str]) -> int:
    try:
        value = Decimal(amount[2].replace(",", "")) * {"万": 10_000, "k": 1000, "": 1}[(amount[3] or "").lower()]
    except InvalidOperation as error:
        raise Unreadable(amount[0]) from error
    exact = value * MILLION if field == "revenue" else value
    if exact != int(exact) or exact > 10**15:
        raise Unreadable(amount[0])
    return int(exact)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError as error:
        raise Unreadable(text) from error
