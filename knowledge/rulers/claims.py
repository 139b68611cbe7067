"""The ruler for claims: what an ordinary product may not say, by the law of where it is sold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import re2

from knowledge.rulers import tables, words
from knowledge.rulers.context import Context
from knowledge.rulers.folding import Folded, fold
from knowledge.rulers.ruling import ADVICE, ERROR, Finding, Options, Ruling, ruling
from knowledge.rulers.words import Hit, WordList

REGIONS = ("us", "eu", "cn", "jp")
REGION_NAMES = {"us": "US", "eu": "EU", "cn": "CN", "jp": "JP", "other": "—"}


@dataclass(frozen=True)
class Category:
    """A kind of claim: its words, and for each region how grave it is and by which fact."""

    name: str
    listed: WordList
    law: Mapping[str, tuple[str, str | None]]
    amazon_words: WordList | None
    amazon_law: Mapping[str, tuple[str, str | None]]

    def verdict(self, regions: Sequence[str], on_amazon: bool) -> tuple[str, str | None, tuple[str, ...]]:
        """The gravest level among the regions, its fact, and where it holds so."""
        told = []
        for region in regions:
            level, fact = (self.amazon_law.get(region) if on_amazon else None) or self.law.get(region, (ADVICE, None))
            told.append((tables.graded(level, fact)[0], fact, region))
        gravest = ERROR if any(level == ERROR for level, _, _ in told) else ADVICE
        same = [(fact, region) for level, fact, region in told if level == gravest]
        fact = next((fact for fact, _ in same if fact), None)
        return gravest, fact, tuple(region for _, region in same)


@cache
def categories() -> tuple[Category, ...]:
    return tuple(_category(name, told) for name, told in tables.tables()["claims"].items())


def _category(name: str, told: Mapping[str, object]) -> Category:
    amazon = tables.entries(str(told.get("amazon-terms") or ""))
    return Category(
        name,
        WordList(tables.entries(str(told["terms"])), tables.entries(str(told.get("except") or ""))),
        _law(told["law"]),
        WordList(amazon) if amazon else None,
        _law(told.get("amazon") or {}),
    )


def _law(told: object) -> dict[str, tuple[str, str | None]]:
    assert isinstance(told, Mapping)
    return {str(region): (str(level), fact) for region, (level, fact) in told.items()}


def apply(text: str, options: Options) -> Ruling:
    """Rule on the claims of a text. Options: region or marketplace (default: everywhere), platform, brand_name, proven_prices."""
    folded = fold(text)
    found = [*claims(folded, regions_of(options, folded), options), *own_banned(folded, options)]
    errors = sum(one.level == ERROR for one in found)
    return ruling("claims", [tables.measure("claims", errors, 0, errors == 0)], found)


def claims(
    folded: Folded, regions: Sequence[str], options: Options, names: Iterable[str] | None = None
) -> Iterator[Finding]:
    """Every claim of the named categories (default: all) that the text really makes, the gravest reading of each piece."""
    context = Context(folded.text)
    own = words.Covered(
        len(folded.text), ((hit.start, hit.end) for hit in words.given((options.get("brand_name", ""),), folded))
    )
    proven = words.split_list(options.get("proven_prices", ""))
    wanted = set(names) if names is not None else None
    taken = words.Covered(len(folded.text))
    found: list[tuple[Finding, Hit]] = []
    for category in categories():
        if wanted is not None and category.name not in wanted:
            continue
        on_amazon = options.get("platform", "amazon").casefold().strip() in ("amazon", "亚马逊", "")
        amazon = (
            {(hit.start, hit.end) for hit in category.amazon_words.hits(folded)} if category.amazon_words else set()
        )
        for hit in category.listed.hits(folded):
            if (
                own.holds(hit.start, hit.end)
                or not context.is_claim(hit.start, hit.end)
                or category.name == "price"
                and any(price in hit.text for price in proven)
            ):
                continue
            level, fact, where = category.verdict(regions, on_amazon and (hit.start, hit.end) in amazon)
            named = "/".join(REGION_NAMES[region] for region in where)
            found.append((tables.of_hit(f"claim-{category.name}", hit, fact=fact, level=level, where=named), hit))
    for one, hit in sorted(found, key=lambda pair: (pair[0].level != ERROR, pair[1].start)):
        if not taken.meets(hit.start, hit.end):
            taken.add(hit.start, hit.end)
            yield one


def own_banned(folded: Folded, options: Options) -> Iterator[Finding]:
    """The words the operator banned for this category, unless the text only forbids them."""
    context = Context(folded.text)
    for hit in words.given(words.split_list(options.get("banned_terms", "")), folded):
        if not context.is_instruction(hit.start, hit.end):
            yield tables.of_hit("own-banned", hit)


def regions_of(options: Options, folded: Folded | None = None) -> tuple[str, ...]:
    """The regions whose law counts: the options' region or marketplace, else those where such a text is read."""
    named = (
        options.get("region")
        or options.get("market_law")
        or options.get("law_region")
        or options.get("marketplace")
        or ""
    )
    found: list[str] = []
    for piece in words.split_list(named.replace("/", ";").replace("和", ";").replace("+", ";")):
        region = next(
            (region for region, known in tables.tables()["regions"].items() if _names(piece.casefold().strip(), known)),
            None,
        )
        found += [region] if region else []
    return tuple(dict.fromkeys(found)) or _read_in(folded.text if folded else "中")


def _read_in(text: str) -> tuple[str, ...]:
    """Where a text is read: kana in Japan; English at the western marketplaces; Chinese may be anybody's draft."""
    if re2.search(r"[ぁ-ゖァ-ヺ]", text):
        return ("jp",)
    return REGIONS if re2.search(r"\p{Han}", text) else ("us", "eu")


def _names(piece: str, known: Sequence[str]) -> bool:
    """Whether a piece such as "Amazon DE" or "美国站" names one of these."""
    return any(
        piece == word or piece.endswith(f" {word}") or (word in piece and (len(word) > 2 or not word.isascii()))
        for word in known
    )
