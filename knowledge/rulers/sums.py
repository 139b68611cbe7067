"""Sums written out in a text ("17.24 ÷ 0.84 = 20.52"): each is worked out again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_RUN = re.compile(r"[0-9.,%％+＋\-−–×*÷/()（）=＝≈$€£¥￥元\s✓✔]{5,400}")
_TIMES = re.compile(r"(?<=[0-9)）%])(\s*)[xX](?=\s*[0-9(（$€£¥])")
_TOKEN = re.compile(r"\s*(?:(\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)\s*([%％]?)|([+\-×÷()]))")
_PLAIN = str.maketrans("＋−–*/（）％", "+--×÷()%")
_NOISE = re.compile(r"[$€£¥￥元✓✔]")
MAX_TOKENS = 80


@dataclass(frozen=True)
class Sum:
    """A sum as it stands: its place, what it makes, what it says, and whether that agrees."""

    start: int
    end: int
    text: str
    right: str
    agrees: bool


def sums_in(text: str) -> Iterator[Sum]:
    """Every "expression = value" of plain numbers; what holds letters or unknowns is left alone."""
    text = _TIMES.sub(lambda found: found[1] + "×", text)
    for run in _RUN.finditer(text):
        before = text[: run.start()][-1:]
        if (
            not re.search(r"[=＝≈]", run[0])
            or (before and before in "^_&@#")
            or (before.isascii() and before.isalpha())
        ):
            continue
        # A line break ends a sum.
        at = run.start()
        for line in run[0].split("\n"):
            yield from _sums_of(line, at)
            at += len(line) + 1


def _sums_of(line: str, at: int) -> Iterator[Sum]:
    sides = re.split(r"([=＝≈])", line)
    place = 0
    for index in range(0, len(sides) - 2, 2):
        left, sign, right = sides[index : index + 3]
        made, said = value_of(left), value_of(right)
        if made is not None and said is not None and re.search(r"[+\-−–×*÷/]", _inner(left)):
            start, end = at + place + len(left) - len(left.lstrip()), at + place + len(left) + 1 + len(right.rstrip())
            last = _last_number(right)
            if last is not None:
                yield _judged(line[start - at : end - at], start, end, made, said, right, sign)
        place += len(left) + 1


def _judged(text: str, start: int, end: int, made: float, said: float, right: str, sign: str) -> Sum:
    percent = "%" in right or "％" in right
    scale = 100 if percent else 1
    decimals = _decimals(right)
    exact = abs(made * scale - round(made * scale, decimals)) < 1e-9
    room = 1e-9 if exact else 10**-decimals * 1.001
    if sign == "≈" or re.search(r"[+\-−–×*÷/]", _inner(right)):
        room = max(room, abs(made * scale) * 0.02)
    agrees = abs(made * scale - said * scale) <= room + 1e-9
    return Sum(
        start,
        end,
        text.strip(),
        f"{made * scale:.{max(decimals, 2)}f}".rstrip("0").rstrip(".") + ("%" if percent else ""),
        agrees,
    )


def _inner(side: str) -> str:
    """A side without the sign of its first number."""
    return side.strip().lstrip("-−–+")


def _last_number(side: str) -> str | None:
    found = re.findall(r"\d+(?:\.\d+)?", side)
    return found[-1] if found else None


def _decimals(side: str) -> int:
    last = _last_number(side) or ""
    return len(last.partition(".")[2])


def value_of(side: str) -> float | None:
    """The value of a plain expression, or None where it is none."""
    plain = _NOISE.sub("", side.translate(_PLAIN)).strip()
    tokens: list[float | str] = []
    at = 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if not match or len(tokens) >= MAX_TOKENS:
            return None
        tokens.append(match[3] if match[3] else float(match[1].replace(",", "")) / (100 if match[2] else 1))
        at = match.end()
    if not tokens:
        return None
    try:
        value, rest = _sum(tokens, 0, 0)
    except (ValueError, ZeroDivisionError, IndexError, OverflowError):
        return None
    return value if rest == len(tokens) else None


def _sum(tokens: list[float | str], at: int, depth: int) -> tuple[float, int]:
    value, at = _product(tokens, at, depth)
    while at < len(tokens) and tokens[at] in ("+", "-"):
        other, after = _product(tokens, at + 1, depth)
        value, at = (value + other if tokens[at] == "+" else value - other), after
    return value, at


def _product(tokens: list[float | str], at: int, depth: int) -> tuple[float, int]:
    value, at = _number(tokens, at, depth)
    while at < len(tokens) and tokens[at] in ("×", "÷"):
        other, after = _number(tokens, at + 1, depth)
        value, at = (value * other if tokens[at] == "×" else value / other), after
    return value, at


def _number(tokens: list[float | str], at: int, depth: int) -> tuple[float, int]:
    token = tokens[at]
    if isinstance(token, float):
        return token, at + 1
    if token == "-" and at == 0 and isinstance(tokens[1], float):
        return -tokens[1], 2
    if token != "(" or depth > 10:
        raise ValueError(token)
    value, at = _sum(tokens, at + 1, depth + 1)
    if at >= len(tokens) or tokens[at] != ")":
        raise ValueError(")")
    return value, at + 1
