"""Days as people write them: 明天, 下周五, 12月5日, 三天后, 月底, tomorrow, next Friday, in 3 days, Dec 5.

Our own, because dateparser (1.5) reads none of 下周五, 12月5日, 5号, 三天后 and 月底, the most usual ones.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

_DIGITS = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_WEEKDAYS = {char: n for n, char in enumerate("一二三四五六日")} | {"天": 6}
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEAR = {
    "今天": 0, "今晚": 0, "明天": 1, "明晚": 1, "明日": 1, "后天": 2, "大后天": 3, "today": 0, "tonight": 0, "tomorrow": 1,
    "day after tomorrow": 2,
}  # fmt: skip
_UNITS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "day": 1, "week": 7}
_THIS_WEEK = {None: None, "这": 0, "本": 0, "this ": 0, "下": 1, "next ": 1, "下下": 2}
_MONTH = f"({'|'.join(_MONTHS)})[a-z]*\\.?"
_ORDINAL = r"(\d{1,2})(?:st|nd|rd|th)?"
_TAIL = re.compile(r"(之?前|以?内|截止|下班|晚上|早上|上午|下午|中午|交|吧|为止|[。.!！])+$")


def read_day(words: str, today: date) -> date | None:
    """The day these words name, seen from today; None where they name none, or one that does not exist."""
    text = " ".join(words.casefold().split())
    text = re.sub(r"^(by|before|until|on|到|在|截止到?)\s*", "", text).removeprefix("the ")
    text = _TAIL.sub("", text) or text
    for pattern, meaning in _FORMS:
        if found := pattern.fullmatch(text):
            try:
                return meaning(found, today)
            except ValueError:
                return None
    return None


def _count(text: str) -> int:
    """3, 三, 十二, 二十, 两."""
    if text.isascii():
        return int(text)
    if "十" in text:
        tens, ones = text.split("十")
        return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
    return _DIGITS[text]


def _coming(month: int, day: int, today: date) -> date:
    """The next such day of the year."""
    found = date(today.year, month, day)
    return found if found >= today else date(today.year + 1, month, day)


def _of_month(text: str, today: date, later: int) -> date:
    """The 5th of this month, or of a later one; a day that has passed means the next month's."""
    day = _count(text)
    if not later and day < today.day:
        later = 1
    months = today.month - 1 + later
    return date(today.year + months // 12, months % 12 + 1, day)


def _weekday(day: int, weeks: int | None, today: date) -> date:
    """Friday: the coming one; with `weeks`, that of this week (0), the next (1), the one after."""
    if weeks is None:
        return today + timedelta((day - today.weekday()) % 7)
    return today + timedelta(day - today.weekday() + 7 * weeks)


def _month_end(later: int, today: date) -> date:
    months = today.month - 1 + later
    year, month = today.year + months // 12, months % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


_N = r"(\d{1,3}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]], ...] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"(\d{1,3})", lambda m, t: t + timedelta(int(m[1]))),
        ("|".join(map(re.escape, _NEAR)), lambda m, t: t + timedelta(_NEAR[m[0]])),
        (rf"{_N} ?(?:个)?(天|日|周|星期|礼拜)(?:后|之后|以后|内)?", lambda m, t: t + timedelta(_count(m[1]) * _UNITS[m[2]])),
        (r"(?:in |within )?(\d{1,3}|a|one) (day|week)s?(?: from now)?", lambda m, t: t + timedelta((int(m[1]) if m[1].isdigit() else 1) * _UNITS[m[2]])),
        (r"(这|本|下|下下)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天])", lambda m, t: _weekday(_WEEKDAYS[m[2]], _THIS_WEEK[m[1]], t)),
        (r"(this |next )?(mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day|\.)?", lambda m, t: _weekday(_NAMES.index(m[2]), _THIS_WEEK[m[1]], t)),
        (r"(这|本|下)?(?:个)?周末", lambda m, t: _weekday(6, 1 if m[1] == "下" else 0, t)),
        (r"(下个?)?月底|(?:the )?end of (?:the |this )?month", lambda m, t: _month_end(1 if m[1] else 0, t)),
        (rf"(下个?月|本月|这个月)?{_N}[号日]", lambda m, t: _of_month(m[2], t, 1 if (m[1] or "").startswith("下") else 0)),
        (r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?[日号]?", lambda m, t: date(int(m[1]), int(m[2]), int(m[3]))),
        (r"(\d{1,2}) ?[-/.] ?(\d{1,2})", lambda m, t: _coming(int(m[1]), int(m[2]), t)),
        (rf"{_N}月{_N}[日号]?", lambda m, t: _coming(_count(m[1]), _count(m[2]), t)),
        (f"{_MONTH} {_ORDINAL}", lambda m, t: _coming(_MONTHS.index(m[1]) + 1, int(m[2]), t)),
        (f"{_ORDINAL} (?:of )?{_MONTH}", lambda m, t: _coming(_MONTHS.index(m[2]) + 1, int(m[1]), t)),
    )
)  # fmt: skip
