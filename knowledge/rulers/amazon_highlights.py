"""The ruler for Amazon's item highlights: short phrases that say what the title does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.rulers import counting, tables
from knowledge.rulers.amazon_title import brand_spans, limit_of, symbols, words_of
from knowledge.rulers.claims import own_banned
from knowledge.rulers.folding import Folded, fold, fold_word
from knowledge.rulers.ruling import Finding, Options, Ruling, ruling

LIMIT = 125  # F-AMZ-03
_PHRASE = re.compile(r"[^,;，；、|\n]+")
_SENTENCE = re.compile(
    r"(?i)\b(?:you|your|you'll|we|our|it(?:'s| is| will| has| can)?|this|these|they|is|are|was|will|makes?|lets?"
    r"|helps?|gives?|keeps?|don't|enjoy|ensures?|provides?)\b"
)
_FULL_STOP = re.compile(r"[.!?。！？](?=\s|$)")
_ABBREVIATION = re.compile(r"(?i)\b(?:in|oz|ft|lb|lbs|approx|max|min|no|dia|qt|gal|sq|vol|pcs)\.$")


def apply(text: str, options: Options) -> Ruling:
    """Rule on item highlights. Options: highlights_max_chars, title, brand_name, banned_terms."""
    content, folded = text.strip(), fold(text)
    offset, limit = len(text) - len(text.lstrip()), limit_of(options, "highlights_max_chars", LIMIT)
    count, piece = len(content), (offset, offset + len(content), content)
    if not content:
        empty = [] if limit == 0 else [tables.finding("highlights-empty", (0, 0, ""))]
        return ruling("amazon-highlights", [tables.measure("characters", 0, limit, not empty)], empty)
    found = [
        *_phrases(text, options),
        *_words(folded, options),
        *symbols(text, "highlights-symbol"),
        *own_banned(folded, options),
    ]
    if limit == 0:
        found.append(tables.finding("highlights-no-field", piece))
    elif count > limit:
        found.append(tables.finding("highlights-too-long", piece, count=count, limit=limit))
    if "\n" in content:
        at = offset + content.index("\n")
        found.append(tables.finding("several-lines", (at, at + 1, "")))
    return ruling("amazon-highlights", [tables.measure("characters", count, limit, count <= limit)], found)


def _phrases(text: str, options: Options) -> Iterator[Finding]:
    in_title = _content_words(options.get("title", ""))
    seen: set[frozenset[str]] = set()
    for match in _PHRASE.finditer(text):
        phrase = match[0].strip()
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        piece = (start, start + len(phrase), phrase)
        spoken = frozenset(_content_words(phrase))
        if not spoken:
            continue
        stops = [stop for stop in _FULL_STOP.finditer(phrase) if not _ABBREVIATION.search(phrase[: stop.end()])]
        if stops or (_SENTENCE.search(phrase) and len(phrase.split()) >= 4):
            yield tables.finding("highlights-sentence", piece)
        if in_title and spoken <= in_title:
            yield tables.finding("highlights-repeats-title", piece)
        if spoken in seen:
            yield tables.finding("highlights-repeats-itself", piece)
        seen.add(spoken)


def _content_words(text: str) -> set[str]:
    stop = words_of("stop-words")
    return {
        counting.same_word(run)
        for match in counting.words_in(text)
        for run in counting.script_runs(match[0])
        if fold_word(run) not in stop
    }


def _words(folded: Folded, options: Options) -> Iterator[Finding]:
    brand = brand_spans(folded, options)
    for rule, list_name in (("highlights-promotion", "promotion"), ("highlights-subjective", "subjective")):
        for one in tables.listed(rule, list_name, folded):
            if not brand.meets(one.start, one.end):
                yield one
