"""The ruler for units and currency: what the local buyer reads, and whether two values of one thing agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from knowledge.rulers import tables
from knowledge.rulers.ruling import Finding, Options, Ruling, ruling

_UNITS: Mapping[str, tuple[str, str, float]] = {
    name: (told["kind"], told["system"], float(factor))
    for told in tables.tables()["units"]
    for name, factor in told["names"].items()
}
_NUMBER = r"\d+(?:[.,]\d+)*"
_NAMES = "|".join(sorted((re.escape(name) for name in _UNITS), key=len, reverse=True))
_MAX_SIDES = 4
_VALUE = re.compile(
    rf"(?<![\d.,A-Za-z])(?P<number>{_NUMBER}(?:\s?[x×*]\s?{_NUMBER}){{0,{_MAX_SIDES}}})\s?-?(?P<unit>{_NAMES})(?![A-Za-z])(?!\s?(?:mah"
    rf"|wh)\b)",
    re.I,
)
_PREPOSITION = re.compile(
    r"\s(?:\d|one\b|the\b|an?\b|our\b|your\b|this\b|that\b|stock\b|total\b|each\b|all\b|every\b|use\b|case\b|store"
    r"|order\b|action\b|[A-Z])"
)
_PAIR_GAP = re.compile(
    r"\s*(?:[(（/=＝≈|｜,，]|or|约|≈|approx\.?|about|ca\.?)\s*(?:[(（/=≈]|约|approx\.?|about|ca\.?)?\s*", re.I
)
_DECIMAL = re.compile(
    rf"(?<![\d.,A-Za-z])\d{{1,4}}([.,])\d{{1,2}}(?![\d.,])(?=\s?(?:{_NAMES}|kwh|wh|v|w|ghz|€|eur|euro|mah)(?![A-Za-z]))",
    re.I,
)
_SCREEN = re.compile(
    r"(?i)screen|monitor|display|\btv\b|laptop|tablet|notebook|bildschirm|zoll|fernseher|\brim|wheel|tire|tyre"
    r"|reifen|felge|rohr|pipe|ecran|pantalla|schermo|画面|インチ|屏|显示器|电视|轮|寸管|bike|vinyl|record"
)
_MAH = re.compile(r"(\d{1,3}(?:[,.]\d{3}){1,2}|\d{2,6})\s?mAh\b", re.I)
_WH = re.compile(r"(\d{1,5}(?:[.,]\d{1,2})?)\s?Wh\b", re.I)
_VOLT = re.compile(r"(\d{1,2}(?:[.,]\d{1,2})?)\s?V\b")
_MONEY = re.compile(
    r"(?P<before>US\$|C\$|CA\$|A\$|AU\$|S\$|R\$|MX\$|HK\$|[$€£¥￥₹]|\b(?:USD|EUR|GBP|JPY|RMB|CNY|CAD|AUD|MXN|BRL|INR"
    r"|SEK|PLN|AED|SAR|SGD))\s?(?=\d)"
    r"|(?<=\d)\s?(?P<after>€|£|¥|円|元|人民币|美元|美金|欧元|英镑|日元|kr\b|zł|(?:USD|EUR|GBP|JPY|RMB|CNY|CAD|AUD"
    r"|MXN|BRL|INR|SEK|PLN|AED|SAR|SGD)\b)"
)
_CURRENCIES: Mapping[str, frozenset[str]] = {
    name: frozenset(signs) for name, signs in tables.tables()["currencies"].items()
}


@dataclass(frozen=True)
class Market:
    """What buyers of a marketplace read: metric, imperial or both; decimal comma or point; the currency."""

    system: str
    comma: bool
    currency: str


MARKETS: Mapping[str, Market] = {
    name: Market(told["units"], told["decimal"] == "comma", told["currency"])
    for name, told in tables.tables()["markets"].items()
}
_COUNTRIES = {called: name for name, told in tables.tables()["markets"].items() for called in told["called"]}


@dataclass(frozen=True)
class Value:
    start: int
    end: int
    text: str
    numbers: tuple[float, ...]
    kind: str
    system: str
    factor: float
    unit: str


def apply(text: str, options: Options) -> Ruling:
    """Rule on units. Options: marketplace (US, DE, JP, 日本, …); without it only contradictions are told."""
    name, market = market_of(options.get("marketplace", ""))
    values = list(values_in(text))
    paired, wrong = _conversions(values, text)
    found = [*wrong, *_battery(text), *_mixed(values, paired)]
    if market:
        found += [
            *_not_local(text, values, paired, name, market),
            *_decimals(text, name, market),
            *_currency(text, name, market),
        ]
    return ruling("units", [tables.measure("values_with_units", len(values))], found)


def market_of(marketplace: str) -> tuple[str, Market | None]:
    plain = marketplace.strip()
    for word in (plain.upper(), *re.findall(r"\b[A-Z]{2}\b", plain.upper())):
        if word in MARKETS or word in _COUNTRIES:
            name = _COUNTRIES.get(word, word)
            return name, MARKETS[name]
    name = next((code for country, code in _COUNTRIES.items() if country in plain), "")
    return name, MARKETS.get(name)


def values_in(text: str) -> Iterator[Value]:
    """Every number with a unit, sizes such as 79 x 79 in as one."""
    for match in _VALUE.finditer(text):
        unit = match["unit"].lower()
        if unit in ("in", "m", "l", "g") and match["unit"].isupper() and unit != "l":
            continue  # 4G, 5M: no metres, no grams
        if unit == "in" and (
            _PREPOSITION.match(text, match.end()) or re.fullmatch(r"(?:19|20)\d\d in", match[0], re.I)
        ):
            continue  # 3 in 1, made in 2024 in China
        kind, system, factor = _UNITS[unit]
        numbers = tuple(_number(one) for one in re.split(r"\s?[xX×*]\s?", match["number"]))
        yield Value(*match.span(), match[0], numbers, kind, system, factor, unit)


def _number(text: str) -> float:
    """A number in either notation: 1,200 and 1.200 are thousands, 24,4 and 24.4 decimals."""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", text) and not text.startswith("0"):
        return float(re.sub(r"[.,]", "", text))
    head, _, tail = text.replace(",", ".").rpartition(".")
    return float(f"{head.replace('.', '') or 0}.{tail}") if head else float(tail)


def _conversions(values: list[Value], text: str) -> tuple[set[Value], list[Finding]]:
    """Values that stand beside their conversion, and those whose conversion is wrong."""
    paired: set[Value] = set()
    found: list[Finding] = []
    for one, other in zip(values, values[1:], strict=False):
        between = text[one.end : other.start]
        kinds = {one.kind, other.kind}
        same = one.kind == other.kind or "ounce" in kinds and kinds <= {"ounce", "weight", "volume"}
        if (
            one.system == other.system
            or not same
            or len(between) > 12
            or not _PAIR_GAP.fullmatch(between)
            or len(one.numbers) != len(other.numbers)
            or one in paired
        ):
            continue
        paired |= {one, other}
        factor = {one: one.factor, other: other.factor}
        if "volume" in kinds and "ounce" in kinds:
            factor = {value: 0.0295735 if value.kind == "ounce" else value.factor for value in (one, other)}
        for mine, theirs in zip(one.numbers, other.numbers, strict=True):
            right = _converted(one, mine, factor[one], factor[other])
            # Both sides are rounded: to the printed digit, and at most 3 % off.
            if abs(theirs - right) > max(0.03 * abs(right), 0.6 * 10 ** -_printed(other.text)):
                piece = (one.start, other.end, text[one.start : other.end])
                found.append(tables.finding("unit-conversion", piece, right=f"{right:.4g} {other.unit}"))
                break
    return paired, found


def _converted(one: Value, number: float, mine: float, theirs: float) -> float:
    if one.kind == "warmth":
        return number * 9 / 5 + 32 if one.system == "metric" else (number - 32) * 5 / 9
    return number * mine / theirs


def _printed(text: str) -> int:
    decimals = re.search(r"[.,](\d{1,2})(?!\d)", text)
    return len(decimals[1]) if decimals else 0


def _battery(text: str) -> Iterator[Finding]:
    """mAh × V ÷ 1000 = Wh; without a voltage, a lithium cell has 3.2–3.85 V (or a whole row of them)."""
    capacities, energies = list(_MAH.finditer(text)), list(_WH.finditer(text))
    if len(capacities) != 1 or len(energies) != 1:
        return
    mah, wh = float(re.sub(r"[,.]", "", capacities[0][1])), float(energies[0][1].replace(",", "."))
    if not mah or not wh:
        return
    implied = wh * 1000 / mah
    near = text[
        max(0, min(capacities[0].start(), energies[0].start()) - 30) : max(capacities[0].end(), energies[0].end()) + 30
    ]
    stated = [float(match[1].replace(",", ".")) for match in _VOLT.finditer(near)]
    cells = [volts for volts in stated if 3.0 <= volts <= 4.4 or abs(volts - implied) / volts < 0.05] or (
        [] if stated else []
    )
    fits = (
        any(abs(volts - implied) / volts <= 0.05 for volts in cells)
        if cells
        else any(3.1 * n <= implied <= 4.0 * n for n in range(1, 16))
    )
    if not fits:
        volt = cells[0] if cells else 3.7
        start, end = min(capacities[0].start(), energies[0].start()), max(capacities[0].end(), energies[0].end())
        values = {"mah": f"{mah:g}", "wh": f"{wh:g}", "volt": f"{volt:g}", "right": f"{mah * volt / 1000:.1f}"}
        yield tables.finding("unit-battery", (start, end, text[start:end]), **values)


def _mixed(values: list[Value], paired: set[Value]) -> Iterator[Finding]:
    """One kind of value in metric here and imperial there, neither with its conversion."""
    for kind in ("length", "weight", "volume"):
        alone = [value for value in values if value.kind == kind and value not in paired]
        systems = {value.system for value in alone}
        if len(systems) == 2:
            odd = (
                alone[-1]
                if alone[-1].system != alone[0].system
                else next(value for value in alone if value.system != alone[0].system)
            )
            yield tables.finding("unit-mixed", (odd.start, odd.end, odd.text))


def _not_local(text: str, values: list[Value], paired: set[Value], name: str, market: Market) -> Iterator[Finding]:
    if market.system == "both":
        return
    wanted = {"imperial": "in / lb / fl oz / °F", "metric": "cm / kg / ml / °C"}[market.system]
    for value in values:
        around = text[max(0, value.start - 30) : value.end + 30]
        by_trade = value.kind == "length" and value.system == "imperial" and _SCREEN.search(around)
        small = value.unit in ("mm", "毫米", "g", "克") and market.system == "imperial" and _jewellery(around)
        if value.system != market.system and value not in paired and not by_trade and not small:
            yield tables.finding("unit-not-local", (value.start, value.end, value.text), market=name, wanted=wanted)


def _jewellery(around: str) -> bool:
    """Beads, lenses, screws and supplements are in millimetres and grams also in the United States."""
    return bool(
        re.search(
            r"(?i)bead|lens|screw|nozzle|drill|needle|film|caliber|calibre|wrench|socket|hex|filament|jack|aux"
            r"|protein|sugar|serving|珠|镜头|螺丝|gsm",
            around,
        )
    )


def _decimals(text: str, name: str, market: Market) -> Iterator[Finding]:
    for match in _DECIMAL.finditer(text):
        if market.comma and match[1] == ".":
            yield tables.finding("unit-decimal-comma", (*match.span(), match[0]), market=name)
        elif not market.comma and match[1] == ",":
            yield tables.finding("unit-decimal-point", (*match.span(), match[0]), market=name)


def _currency(text: str, name: str, market: Market) -> Iterator[Finding]:
    allowed = _CURRENCIES[market.currency]
    for match in _MONEY.finditer(text):
        sign = (match["before"] or match["after"]).strip()
        if sign.upper() not in allowed:
            start, end = match.span()
            digits = re.compile(r"[\d.,]*\d")
            if match["before"]:
                number = digits.match(text, end)
                end = number.end() if number else end
            else:
                number_before = re.search(r"\d[\d.,]*$", text[max(0, start - 14) : start])
                start -= len(number_before[0]) if number_before else 0
            yield tables.finding("unit-currency", (start, end, text[start:end]), market=name, wanted=market.currency)
