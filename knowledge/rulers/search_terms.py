"""The ruler for backend search terms: bytes, and words that may not or need not stand there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from knowledge.rulers import counting, tables, words
from knowledge.rulers.amazon_title import limit_of, words_of
from knowledge.rulers.claims import own_banned
from knowledge.rulers.folding import Folded, fold, fold_word
from knowledge.rulers.ruling import Finding, Options, Ruling, ruling

LIMIT = 249  # F-AMZ-12: fewer than 250 bytes; 249 is safe whichever way the field counts
_PUNCTUATION = re.compile(r"[,;:!?\"“”()\[\]{}|/\\.。，；：！？、·•&+=<>*#@^~`_]+")
_ASIN = re.compile(r"\bB0[A-Z0-9]{8}\b")


def apply(text: str, options: Options) -> Ruling:
    """Rule on search terms. Options: byte_limit, brand_name, competitor_brands, title, front_copy, banned_terms."""
    content, limit = text.strip(), limit_of(options, "byte_limit", LIMIT)
    raw, net = byte_count(content), byte_count(bare(content))
    measures = [
        tables.measure("bytes", raw, limit, raw <= limit and bool(content)),
        tables.measure("bytes_without_spaces", net),
        tables.measure("terms", len(content.split())),
    ]
    if not content:
        return ruling("search-terms", measures, [tables.finding("terms-empty", (0, 0, ""))])
    offset, folded = len(text) - len(text.lstrip()), fold(text)
    found = [*_brands(folded, options), *_banned(folded, options), *_repeats(text, options), *_form(text)]
    whole = (offset, offset + len(content), content)
    if net > limit:
        found.append(tables.finding("terms-too-long", whole, net=net, limit=limit))
    elif raw > limit:
        found.append(tables.finding("terms-over-by-spaces", whole, raw=raw, net=net, limit=limit))
    return ruling("search-terms", measures, found)


def byte_count(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def bare(text: str) -> str:
    """The terms as the official page counts them: without spaces and punctuation."""
    return "".join(
        char
        for char in text
        if char.isalnum() or not (char.isascii() or char.isspace() or char in "，。；：！？、·•“”")
    )


def _brands(folded: Folded, options: Options) -> Iterator[Finding]:
    brands = (*words.split_list(options.get("brand_name", "")), *words.split_list(options.get("competitor_brands", "")))
    generic = {"generic", "无品牌", "unbranded"}
    for hit in words.given([brand for brand in brands if brand.casefold() not in generic], folded):
        yield tables.of_hit("terms-brand", hit)


def _banned(folded: Folded, options: Options) -> Iterator[Finding]:
    taken: set[int] = set()
    for rule, list_name in (("terms-subjective", "search-subjective"), ("terms-time-word", "search-time")):
        for one in tables.listed(rule, list_name, folded):
            if one.start not in taken:
                taken.add(one.start)
                yield one
    yield from own_banned(folded, options)


def _repeats(text: str, options: Options) -> Iterator[Finding]:
    stop = words_of("stop-words")
    in_front = {
        counting.same_word(match[0])
        for key in ("title", "front_copy")
        for match in counting.words_in(options.get(key, ""))
    }
    places: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for match in counting.words_in(text):
        if fold_word(match[0]) in stop:
            yield tables.finding("terms-stop-word", (*match.span(), match[0]))
        elif not match[0].isdigit():
            places[counting.same_word(match[0])].append((*match.span(), match[0]))
    for key, used in places.items():
        if len(used) > 1:
            yield tables.finding("terms-repeated", used[1], word=used[0][2], count=len(used))
        if key in in_front:
            yield tables.finding("terms-in-front", used[0])


def _form(text: str) -> Iterator[Finding]:
    for match in _PUNCTUATION.finditer(text):
        if not re.fullmatch(r"\.", match[0]) or not text[match.end() : match.end() + 1].isdigit():
            yield tables.finding("terms-punctuation", (*match.span(), match[0]))
    for match in _ASIN.finditer(text):
        yield tables.finding("terms-asin", (*match.span(), match[0]))
