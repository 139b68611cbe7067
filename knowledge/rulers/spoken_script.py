"""The ruler for a spoken script: can it be said in a breath, in the time there is, and without a word that may not be said."""

from __future__ import annotations

import re

from knowledge.rulers import tables
from knowledge.rulers.amazon_title import limit_of
from knowledge.rulers.claims import claims, own_banned, regions_of
from knowledge.rulers.counting import spoken_length
from knowledge.rulers.folding import Folded, fold
from knowledge.rulers.ruling import Finding, Measure, Options, Ruling, ruling
from knowledge.rulers.spoken_text import spoken_only

RATE = 210  # characters a minute: a live host's usual 180–240; the operator measures their own
BREATH = 25  # characters between two pauses that are said in one breath
OVERTIME = 1.1  # a script may be a tenth longer than its slot
LONG_SHARE, OFFICIAL_SHARE, FILLER_SHARE = 10.0, 1.0, 4.0  # % of sentences; words per 100 characters
_SENTENCE = re.compile(r"[^。！？!?；;\n‖…]+")
_BREATH = re.compile(r"[^。！？!?；;\n‖…，,、：:—~～]+")
_SAID = ("absolute", "soft-absolute", "superstition", "disease", "cosmetic-drug", "price", "guarantee", "endorsement")


def apply(text: str, options: Options) -> Ruling:
    """Rule on a script. Options: chars_per_min, minutes, breath_chars, proven_prices, region (cn), brand_name, banned_terms."""
    said = spoken_only(text)
    length = spoken_length(said)
    if not length:
        return ruling(
            "spoken-script", [tables.measure("spoken_chars", 0, 1, False)], [tables.finding("script-empty", (0, 0, ""))]
        )
    folded = fold(said)
    pace, overtime = _pace(text, length, options)
    sentences, long_ones = _too_long(said, options)
    style, words_found = _style(folded, length)
    region = options.get("region") or options.get("law_region") or "cn"
    told = claims(folded, regions_of({"region": region}), options, _SAID)
    found = [
        *overtime,
        *long_ones,
        *words_found,
        *told,
        *own_banned(folded, options),
        *tables.listed("script-off-platform", "off-platform", folded),
    ]
    return ruling("spoken-script", [*pace, *sentences, *style], found)


def _pace(text: str, length: int, options: Options) -> tuple[list[Measure], list[Finding]]:
    rate = max(1, limit_of(options, "chars_per_min", RATE))
    seconds = round(length / rate * 60)
    minutes = options.get("minutes", "").strip()
    room = float(minutes) if re.fullmatch(r"\d{1,4}(\.\d+)?", minutes) else 0.0
    limit = round(room * 60 * OVERTIME) if room else None
    over = limit is not None and seconds > limit
    found = (
        [tables.finding("script-over-time", (0, len(text), ""), rate=rate, seconds=seconds, minutes=minutes)]
        if over
        else []
    )
    return [tables.measure("spoken_chars", length), tables.measure("reading_seconds", seconds, limit, not over)], found


def _too_long(said: str, options: Options) -> tuple[list[Measure], list[Finding]]:
    limit = limit_of(options, "breath_chars", BREATH)
    sentences = [(match, spoken_length(match[0])) for match in _SENTENCE.finditer(said)]
    spoken = [(match, count) for match, count in sentences if count]
    breaths = [(match, spoken_length(match[0])) for match in _BREATH.finditer(said)]
    long_sentences = [(match, count) for match, count in spoken if count > limit]
    share = round(100 * len(long_sentences) / len(spoken), 1) if spoken else 0.0
    longest = max((count for _, count in breaths), default=0)
    found = [
        tables.finding("script-long-sentence", _piece(match), count=count, limit=limit)
        for match, count in long_sentences
    ]
    found += [
        tables.finding("script-long-breath", _piece(match), count=count, limit=limit)
        for match, count in breaths
        if count > limit
    ]
    measures = [
        tables.measure("longest_sentence", max((count for _, count in spoken), default=0)),
        tables.measure("long_sentences", share, LONG_SHARE, share <= LONG_SHARE),
        tables.measure("longest_breath", longest, limit, longest <= limit),
    ]
    return measures, found


def _piece(match: re.Match[str]) -> tuple[int, int, str]:
    text = match[0].strip()
    start = match.start() + len(match[0]) - len(match[0].lstrip())
    return start, start + len(text), text


def _style(folded: Folded, length: int) -> tuple[list[Measure], list[Finding]]:
    found: list[Finding] = []
    measures: list[Measure] = []
    for name, rule, list_name, share in (
        ("filler_words", "script-filler", "filler", FILLER_SHARE),
        ("official_words", "script-official", "official", OFFICIAL_SHARE),
    ):
        here = list(tables.listed(rule, list_name, folded))
        density = round(100 * len(here) / length, 1)
        # One such word in a short text is a slip, not a style.
        measures.append(tables.measure(name, density, share, density <= share or len(here) < 2))
        found += here
    return measures, found
