"""The ruler for profit and ad arithmetic: what a text states is worked out again (F-ADS-08, F-ADS-09)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.rulers import tables
from knowledge.rulers.ruling import Finding, Measure, Options, Ruling, ruling
from knowledge.rulers.sums import sums_in

CONFIDENCE = 0.05  # F-ADS-09: 95 % sure that a word without an order is worse than its conversion rate
_NUMBER = (
    r"(?P<sign>[-−])?(?:US\$|USD|EUR|GBP|RMB|CNY|[$€£¥￥])?\s?"
    r"(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?(?P<percent>[%％])?"
)
_LABELS: Sequence[tuple[str, str]] = (
    ("breakeven_roas", r"(?:保本|盈亏平衡|break[- ]?even)\s?的?\s?ROAS"),
    ("target_roas", r"(?:目标|target)\s?的?\s?ROAS"),
    ("breakeven", r"(?:保本|盈亏平衡|break[- ]?even)\s?的?\s?ACOS"),
    ("target", r"(?:目标|target)\s?的?\s?ACOS"),
    ("tacos", r"TACOS"),
    ("acos", r"ACOS"),
    ("roas", r"ROAS"),
    ("net", r"(?:目标)净利率?|target net margin|net margin target"),
    ("margin", r"广告前利润率|毛利率|(?:pre-ad|gross) margin|margin before ads"),
    ("ad_sales", r"广告销售额|广告销量额|ad(?:vertising)? (?:sales|revenue)"),
    ("total_sales", r"总销售额|total (?:sales|revenue)"),
    ("spend", r"广告(?:总)?花费|广告费用?|(?:ad )?spend|花费"),
    ("price", r"售价|卖价|客单价|selling price|sale price|list price|price"),
    ("goods", r"货本|采购(?:成本|价)|产品成本|进价|(?<!广告)(?<!其他)成本(?!价)|COGS|product cost|unit cost|goods"),
    ("freight", r"头程(?:运费|费用?)?|freight|inbound shipping"),
    ("duty", r"关税|duty|tariff"),
    ("commission", r"(?:平台)?佣金|referral(?: fee)?|commission"),
    ("fulfilment", r"(?:FBA\s?)?配送费|FBA(?:\s?fees?|\s?费用?)?|fulfil+ment(?: fees?)?"),
    ("storage", r"仓储费?|storage(?: fees?)?"),
    ("other", r"其他(?:变动)?(?:成本|费用)|退货(?:损耗|成本)|other costs?|returns? cost"),
    ("rate", r"转化率|CVR|conversion(?: rate)?"),
)  # fmt: skip
_LABEL = re.compile("|".join(f"(?P<{name}>(?<![A-Za-z]){pattern}(?![A-Za-z]))" for name, pattern in _LABELS), re.I)
_VALUE = re.compile(_NUMBER)
_CLAUSE_END = re.compile(r"[；;。，、|\n（(]|,(?!\d)|\.(?!\d)")
_CLICKS = re.compile(
    r"(\d{1,5})\s?(?:次|个)?\s?(?:点击|clicks?)|(?:点击|clicks?)\s?(?:了|数|:|：|=|到)?\s?(\d{1,5})\s?(?:次)?", re.I
)
_NO_ORDER = re.compile(
    r"(?:0|零|没有?|无|未)\s?(?:个)?\s?(?:单|转化|出单|订单|成交)|\b(?:no|zero|0|without(?: an?)?) (?:orders?|sales?"
    r"|conversions?)",
    re.I,
)
_ROUNDING = 0.6  # points of a percentage that rounded inputs may shift
_SHARES_OF_SALES = ("acos", "tacos", "breakeven", "target", "net", "margin")
_COSTS = ("goods", "freight", "duty", "commission", "fulfilment", "storage", "other")
_SAME_THING = re.compile(r"对应|相当于|即|也就是|i\.e\.|equals|=", re.I)


@dataclass(frozen=True)
class Stated:
    """A labelled value of the text; percentages as written (25 % is 25.0)."""

    kind: str
    value: float
    is_percent: bool
    start: int
    end: int


def apply(text: str, options: Options) -> Ruling:
    """Rule on the arithmetic of a text. Options give values the text does not: price, costs, target_net_margin, …"""
    stated = stated_in(text)
    single = _single(stated, options)
    worked = list(sums_in(text))
    wrong = [one for one in worked if not one.agrees]
    found = [tables.finding("sum-wrong", (one.start, one.end, one.text), right=one.right) for one in wrong]
    found += [*_pairs(text, stated), *_shares(text, single), *_levels(text, single), *_clicks(text, single, options)]
    measures = _measures(single, options)
    if worked:
        measures += [tables.measure("sums", len(worked)), tables.measure("sums_wrong", len(wrong), 0, not wrong)]
    return ruling("profit", measures, found)


def stated_in(text: str) -> list[Stated]:
    """All labelled values in order; of "TACOS = 30% × 55% = 16.5%" the last one counts."""
    found = []
    labels = list(_LABEL.finditer(text))
    for index, label in enumerate(labels):
        limit = labels[index + 1].start() if index + 1 < len(labels) else len(text)
        reach = text[label.end() : min(limit, label.end() + 80)]
        stop = _CLAUSE_END.search(reach)
        clause = reach[: stop.start()] if stop else reach
        after = clause.rfind("=") + 1
        value = _VALUE.search(clause, after)
        if value is None or value.start() - after > 14 or not _quiet(clause[after : value.start()]):
            continue
        amount = float(value["number"].replace(",", "")) * (-1 if value["sign"] else 1)
        if label.lastgroup in _SHARES_OF_SALES and not value["percent"] and amount > 200:
            continue  # no share of sales: some other number that follows the word
        found.append(
            Stated(str(label.lastgroup), amount, bool(value["percent"]), label.start(), label.end() + value.end())
        )
    return found


def _quiet(between: str) -> bool:
    """Only filling words stand between a label and its value."""
    return bool(
        re.fullmatch(
            r"(?i)[\s:：=≈*是为约在到有只才大不高低于过达了降升控制压设定at is was of about around target under below ≤≥<>]*",
            between,
        )
    )


def _single(stated: Sequence[Stated], options: Options) -> dict[str, Stated]:
    """Values that stand exactly once (several scenarios are not mixed), with the options' own where the text has none."""
    single = {one.kind: one for one in stated if sum(other.kind == one.kind for other in stated) == 1}
    names = {
        "price": "price",
        "target_net_margin": "net",
        "ad_spend": "spend",
        "ad_sales": "ad_sales",
        "total_sales": "total_sales",
        "conversion_rate": "rate",
    }
    for option, kind in names.items():
        value = _VALUE.search(options.get(option, ""))
        if value and kind not in single:
            percent = bool(value["percent"]) or kind in ("net", "rate")
            single[kind] = Stated(kind, float(value["number"].replace(",", "")), percent, 0, 0)
    return single


def _close(stated: float, right: float, text: str = "") -> bool:
    """Equal within what rounding to the printed digits can do."""
    return abs(stated - right) <= max(0.051, abs(right) * 0.02)


def _piece(text: str, *stated: Stated) -> tuple[int, int, str]:
    start, end = min(one.start for one in stated), max(one.end for one in stated)
    return start, end, text[start:end]


def _pairs(text: str, stated: Sequence[Stated]) -> Iterator[Finding]:
    """ACOS beside ROAS of the same thing must be each other's inverse."""
    partner = {"roas": ("acos", "breakeven", "target"), "breakeven_roas": ("breakeven",), "target_roas": ("target",)}
    for one, other in zip(stated, stated[1:], strict=False):
        acos, roas = (one, other) if other.kind in partner else (other, one)
        if roas.kind not in partner or acos.kind not in partner[roas.kind] or acos.value <= 0:
            continue
        between = text[one.end : other.start]
        plain = acos.kind == "acos" and roas.kind == "roas" or acos.kind != "acos" and roas.kind != "roas"
        if len(between) > 16 or "\n" in between or not (plain or (one is acos and _SAME_THING.search(between))):
            continue
        share = acos.value / 100 if acos.is_percent or acos.value > 1 else acos.value
        right = 1 / share
        if not _close(roas.value, right):
            yield tables.finding(
                "acos-roas",
                _piece(text, one, other),
                acos=f"{share * 100:g}",
                roas=f"{roas.value:g}",
                right=f"{right:.2f}",
            )


def _shares(text: str, single: Mapping[str, Stated]) -> Iterator[Finding]:
    for kind, sales, rule in (("acos", "ad_sales", "acos-wrong"), ("tacos", "total_sales", "tacos-wrong")):
        if {kind, "spend", sales} <= single.keys() and single[sales].value > 0:
            right = 100 * single["spend"].value / single[sales].value
            if not _close(single[kind].value, right):
                yield tables.finding(
                    rule, _piece(text, single[kind]), stated=f"{single[kind].value:g}", right=f"{right:.1f}"
                )
    if {"acos", "tacos"} <= single.keys() and single["tacos"].value > single["acos"].value + 0.05:
        values = {"tacos": f"{single['tacos'].value:g}", "acos": f"{single['acos'].value:g}"}
        yield tables.finding("tacos-over-acos", _piece(text, single["tacos"]), **values)


def margin_before_ads(single: Mapping[str, Stated], options: Options) -> tuple[float, float] | None:
    """Profit before ads and its share of the price in %, or None where price or costs are missing."""
    price = single.get("price")
    costs = [one for kind, one in single.items() if kind in _COSTS]
    extra = [
        _VALUE.fullmatch(piece.strip()) for piece in re.split(r"[;；\n+]", options.get("costs", "")) if piece.strip()
    ]
    if price is None or price.value <= 0 or ("goods" not in single or len(costs) < 2) and not any(extra):
        return None
    total = sum(price.value * one.value / 100 if one.is_percent else one.value for one in costs)
    total += sum(float(v["number"].replace(",", "")) * (price.value / 100 if v["percent"] else 1) for v in extra if v)
    profit = price.value - total
    return profit, 100 * profit / price.value


def _levels(text: str, single: Mapping[str, Stated]) -> Iterator[Finding]:
    """Break-even, margin, target and net margin against each other."""
    worked = margin_before_ads(single, {})
    if worked and "breakeven" in single and abs(single["breakeven"].value - worked[1]) > _ROUNDING:
        stated, right = f"{single['breakeven'].value:g}", f"{worked[1]:.1f}"
        yield tables.finding("breakeven-wrong", _piece(text, single["breakeven"]), stated=stated, right=right)
    if worked and "margin" in single and not _is_some_margin(single, worked[1]):
        stated, right = f"{single['margin'].value:g}", f"{worked[1]:.1f}"
        yield tables.finding("margin-wrong", _piece(text, single["margin"]), stated=stated, right=right)
    breakeven = single["breakeven"].value if "breakeven" in single else (worked[1] if worked else None)
    if breakeven is None:
        return
    told = f"{breakeven:.1f}".removesuffix(".0")
    target, net, acos = single.get("target"), single.get("net"), single.get("acos")
    if target and target.value > breakeven:
        yield tables.finding("target-over-breakeven", _piece(text, target), target=f"{target.value:g}", breakeven=told)
    elif target and net and abs(target.value - (breakeven - net.value)) > 0.6:
        values = {
            "stated": f"{target.value:g}",
            "breakeven": told,
            "net": f"{net.value:g}",
            "right": f"{breakeven - net.value:.1f}",
        }
        yield tables.finding("target-wrong", _piece(text, target), **values)
    if acos and acos.value > breakeven:
        yield tables.finding("acos-over-breakeven", _piece(text, acos), acos=f"{acos.value:g}", breakeven=told)


def _is_some_margin(single: Mapping[str, Stated], before_ads: float) -> bool:
    """A margin may be meant before ads, or gross: after the goods alone, or after what it takes to land them."""
    price = single["price"].value
    goods, landed = ("goods",), ("goods", "freight", "duty")
    gross = [
        100 - 100 * sum(single[kind].value for kind in kinds if kind in single) / price for kinds in (goods, landed)
    ]
    return any(abs(single["margin"].value - right) <= _ROUNDING for right in (before_ads, *gross))


def clicks_needed(rate: float) -> int:
    """Clicks without an order before one can be 95 % sure the word is worse than this conversion rate (F-ADS-09)."""
    return math.ceil(math.log(CONFIDENCE) / math.log(1 - rate))


def _clicks(text: str, single: Mapping[str, Stated], options: Options) -> Iterator[Finding]:
    rate = single.get("rate")
    if rate is None:
        return
    share = rate.value / 100 if rate.is_percent or rate.value > 1 else rate.value
    if not 0.0005 < share < 0.95:
        return
    needed = clicks_needed(share)
    for sentence in re.finditer(r"[^。；;\n|]+", text):
        if not _NO_ORDER.search(sentence[0]):
            continue
        for match in _CLICKS.finditer(sentence[0]):
            clicks = int(match[1] or match[2])
            if clicks < needed:
                start = sentence.start() + match.start()
                yield tables.finding(
                    "too-few-clicks",
                    (start, start + len(match[0]), match[0]),
                    clicks=clicks,
                    rate=f"{share * 100:g}",
                    needed=needed,
                )


def _measures(single: Mapping[str, Stated], options: Options) -> list[Measure]:
    found: list[Measure] = []
    for kind in ("acos", "tacos", "roas"):
        if kind in single:
            found.append(tables.measure(kind, single[kind].value))
    if (
        {"spend", "ad_sales"} <= single.keys()
        and "acos" not in single
        and single["ad_sales"].value > 0
        and single["spend"].value > 0
    ):
        found.append(tables.measure("acos", round(100 * single["spend"].value / single["ad_sales"].value, 2)))
        found.append(tables.measure("roas", round(single["ad_sales"].value / single["spend"].value, 2)))
    if {"spend", "total_sales"} <= single.keys() and "tacos" not in single and single["total_sales"].value > 0:
        found.append(tables.measure("tacos", round(100 * single["spend"].value / single["total_sales"].value, 2)))
    worked = margin_before_ads(single, options)
    breakeven = worked[1] if worked else (single["breakeven"].value if "breakeven" in single else None)
    if worked:
        found += [
            tables.measure("profit_before_ads", round(worked[0], 2)),
            tables.measure("margin_before_ads", round(worked[1], 2)),
        ]
    if breakeven is not None:
        found.append(tables.measure("breakeven_acos", round(breakeven, 2)))
        if breakeven > 0:
            found.append(tables.measure("breakeven_roas", round(100 / breakeven, 2)))
        if "net" in single:
            target = breakeven - single["net"].value
            found.append(tables.measure("target_acos", round(target, 2)))
            if target > 0:
                found.append(tables.measure("target_roas", round(100 / target, 2)))
    if (rate := single.get("rate")) and 0.05 < rate.value < 95:
        found.append(tables.measure("clicks_needed", clicks_needed(rate.value / 100)))
    return found
