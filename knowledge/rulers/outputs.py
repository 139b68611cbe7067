"""A model's answer under the rulers of its playbook: the piece to paste is found and counted again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from knowledge.playbook import Playbook
from knowledge.rulers import tables
from knowledge.rulers.rulers import MAX_TEXT, RULERS, rule
from knowledge.rulers.ruling import Finding, Ruling
from knowledge.rulers.search_terms import byte_count

_HEADING = re.compile(
    r"^\s{0,8}(?:#{1,6}\s*(?P<hash>.+?)|【(?P<box>[^】\n]{1,30})】(?P<rest>.*)|\*\*(?P<bold>[^*\n]{1,30})\*\*[:：]?)\s*$"
)
_NUMBERED = re.compile(r"^\d{1,2}[.、)]?\s*")
_PASTE = re.compile(
    r"(?i)可直接粘贴|直接粘贴|可粘贴|只复制|复制这|成品|干净版|最终版|定稿|final|paste|ready to use|copy this|clean version"
)
_SCRIPT = re.compile(r"(?i)口播|逐字稿|话术|台词|脚本正文|直播稿|script")
_LABELLED: Mapping[str, re.Pattern[str]] = {
    "amazon-title": re.compile(
        r"(?im)^\s{0,4}[-*]?\s?(?:\*\*)?(?:推荐)?(?:商品)?(?:标题|title)(?:\*\*)?\s?[:：]\s?(.+)$"
    ),
    "amazon-highlights": re.compile(
        r"(?im)^\s{0,4}[-*]?\s?(?:\*\*)?(?:商品亮点|亮点|item highlights?|highlights?)(?:\*\*)?\s?[:：]\s?(.+)$"
    ),
    "search-terms": re.compile(
        r"(?im)^\s{0,4}[-*]?\s?(?:\*\*)?(?:后台)?(?:搜索词|search ?terms?)(?:\*\*)?\s?[:：]\s?(.+)$"
    ),
}
_REMARK = re.compile(r"[(（].*[)）]。?|-{3,}|```\w*")
_CELL = re.compile(r"\|")
_OPTION_NAMES = {
    "byte_limit",
    "chars_per_min",
    "minutes",
    "title_max_chars",
    "highlights_max_chars",
    "brand_name",
    "product_type",
    "banned_terms",
    "marketplace",
    "competitor_brands",
    "platform",
}


@dataclass(frozen=True)
class Section:
    """A headed piece of an answer: its heading, its text and where that begins."""

    heading: str
    text: str
    start: int


def rulings_of_output(playbook: Playbook, values: Mapping[str, str], output: str) -> list[Ruling]:
    """Lay the playbook's rulers on a model's answer; a ruler whose piece is not found gives no ruling.

    Places in the findings are places in the answer.
    """
    text = output[:MAX_TEXT]
    parts = sections(text)
    options = options_of(playbook, values)
    found: list[Ruling] = []
    for ruler_id in playbook.rulers:
        if ruler_id not in RULERS:
            continue
        piece = _FIND[ruler_id](text, parts)
        if piece is None:
            continue
        start, content = piece
        if ruler_id == "amazon-highlights" and (title := _FIND["amazon-title"](text, parts)):
            options = {**options, "title": title[1]}
        found.append(_shifted(rule(ruler_id, content, options), start, self_reports(ruler_id, content, text)))
    return found


def not_measured(playbook: Playbook, output: str) -> list[str]:
    """The rulers whose piece is not in this answer, though it is in the playbook's own example: its format was left."""
    text, example = output[:MAX_TEXT], playbook.expected
    asked = [one for one in playbook.rulers if one in RULERS]
    return [one for one in asked if _FIND[one](text, sections(text)) is None and _FIND[one](example, sections(example))]


def _shifted(ruling: Ruling, by: int, reports: list[Finding]) -> Ruling:
    moved = [replace(finding, start=finding.start + by, end=finding.end + by) for finding in ruling.findings]
    return replace(ruling, findings=(*moved, *reports))


def options_of(playbook: Playbook, values: Mapping[str, str]) -> dict[str, str]:
    """The rulers' options as the blanks of a playbook give them."""
    options = {key: value for key, value in values.items() if key in _OPTION_NAMES and value}
    region = next(
        (
            values[key]
            for key in ("region", "market_law", "law_region", "marketplace", "target_market", "market")
            if values.get(key)
        ),
        "",
    )
    if region:
        options["region"] = region
    for key in ("front_copy", "title"):
        if values.get(key) and playbook.id == "backend-search-terms":
            options[key] = values[key]
    if playbook.platforms and "platform" not in options:
        options["platform"] = (
            "amazon"
            if any("amazon" in one.lower() or "亚马逊" in one for one in playbook.platforms)
            else playbook.platforms[0]
        )
    return options


def sections(text: str) -> list[Section]:
    """The answer cut at its headings (## …, 【…】, **…**)."""
    found: list[tuple[str, int, int]] = []
    at = 0
    for line in text.split("\n"):
        match = _HEADING.match(line) if len(line) < 2_000 else None
        if match:
            heading = _NUMBERED.sub("", match["hash"] or match["box"] or match["bold"])
            begins = at + (match.start("rest") if match["rest"] else len(line) + 1)
            found.append((heading.strip(), at, min(begins, len(text))))
        at += len(line) + 1
    ends = [start for _, start, _ in found[1:]] + [len(text)] if found else []
    return [Section(heading, text[begins:end], begins) for (heading, _, begins), end in zip(found, ends, strict=True)]


Piece = tuple[int, str]


def _paste_section(parts: list[Section]) -> Section | None:
    named = [part for part in parts if _PASTE.search(part.heading) and part.text.strip()]
    return named[-1] if named else None


def _lines(section: Section) -> list[Piece]:
    """The lines of a section without list marks, quotes and fences, each with its place."""
    found: list[Piece] = []
    at = section.start
    for line in section.text.split("\n"):
        bare = line.strip()
        lead = re.match(r"(?:[-*>]\s+|\d{1,2}[.)、]\s+|[`\"「“]+)*", bare)
        content = bare[lead.end() :].rstrip('`"」”') if lead else bare
        if content and not content.startswith("```") and not re.fullmatch(r"[-=|: ]+", content):
            found.append((at + line.find(content), content))
        at += len(line) + 1
    return found


def _labelled(ruler_id: str, text: str) -> Piece | None:
    matches = list(_LABELLED[ruler_id].finditer(text))
    if not matches:
        return None
    match = matches[-1]
    return match.start(1), match[1].strip().strip('`"「」“”')


def _title(text: str, parts: list[Section]) -> Piece | None:
    paste = _paste_section(parts)
    scope = text[paste.start : paste.start + len(paste.text)] if paste else text
    if labelled := _labelled("amazon-title", scope):
        return labelled[0] + (paste.start if paste else 0), labelled[1]
    lines = _lines(paste) if paste else []
    return lines[0] if lines else _only_line(text, parts)


def _only_line(text: str, parts: list[Section]) -> Piece | None:
    """The one line that an answer without headings is, whatever remark in brackets stands under it."""
    said = [line.strip() for line in text.split("\n") if line.strip() and not _REMARK.fullmatch(line.strip())]
    if parts or len(said) != 1 or len(said[0]) > 300:
        return None
    return text.find(said[0]), said[0]


def _highlights(text: str, parts: list[Section]) -> Piece | None:
    paste = _paste_section(parts)
    scope, base = (text[paste.start : paste.start + len(paste.text)], paste.start) if paste else (text, 0)
    if labelled := _labelled("amazon-highlights", scope):
        return labelled[0] + base, labelled[1]
    lines = _lines(paste) if paste else []
    if len(lines) >= 2:
        return lines[1]
    named = next((part for part in parts if re.search(r"(?i)亮点|highlights?", part.heading)), None)
    return _lines(named)[0] if named and _lines(named) else None


def _terms(text: str, parts: list[Section]) -> Piece | None:
    paste = _paste_section(parts) or next(
        (part for part in parts if re.search(r"(?i)搜索词|search ?terms", part.heading)), None
    )
    if paste and (lines := _lines(paste)):
        return lines[0]
    if labelled := _labelled("search-terms", text):
        return labelled
    bare = text.strip()
    return (text.find(bare), bare) if bare and "\n" not in bare else None


def _script(text: str, parts: list[Section]) -> Piece | None:
    named = next(
        (part for part in parts if _SCRIPT.search(part.heading) and part.text.strip()), None
    ) or _paste_section(parts)
    return (named.start, named.text) if named else _whole(text, parts)


def _clean(text: str, parts: list[Section]) -> Piece | None:
    """For claims and units: what will be published where the answer says which that is, else the whole answer."""
    named = _paste_section(parts) or next(
        (part for part in parts if _SCRIPT.search(part.heading) and len(part.text) > 80), None
    )
    return (named.start, named.text) if named else _whole(text, parts)


def _whole(text: str, parts: list[Section]) -> Piece | None:
    return (0, text) if text.strip() else None


_FIND: Mapping[str, Callable[[str, list[Section]], Piece | None]] = {
    "amazon-title": _title,
    "amazon-highlights": _highlights,
    "search-terms": _terms,
    "spoken-script": _script,
    "claims": _clean,
    "units": _clean,
    "profit": _whole,
}


def self_reports(ruler_id: str, content: str, text: str) -> list[Finding]:
    """Counts that the answer states beside the very piece (in a table row, in brackets, under it) and that are wrong."""
    if ruler_id not in ("amazon-title", "amazon-highlights", "search-terms"):
        return []
    counted = byte_count(content) if ruler_id == "search-terms" else len(content)
    return [*_beside(content, counted, text)] if len(content) >= 8 else []


def _beside(content: str, counted: int, text: str) -> Iterator[Finding]:
    at = text.find(content)
    seen = 0
    while at >= 0 and seen < 20:
        line_end = text.find("\n", at)
        after = text[at + len(content) : line_end if line_end >= 0 else len(text)]
        stated = _cell_count(after) if after.lstrip("*` ").startswith("|") else _near_count(after)
        if stated is not None and stated != counted:
            piece = (at, at + len(content), content)
            yield tables.finding("self-report-wrong", piece, stated=stated, counted=counted)
        at, seen = text.find(content, at + len(content)), seen + 1


def _cell_count(row: str) -> int | None:
    """The count in the next cell of the table row."""
    cells = _CELL.split(row)
    found = (
        re.fullmatch(r"\s*(?:约|自报)?\s?(\d{1,4})\s?(?:字符|字节|字|characters?|chars?|bytes?)?\s*", cells[1], re.I)
        if len(cells) > 1
        else None
    )
    return int(found[1]) if found else None


def _near_count(after: str) -> int | None:
    """A count right behind the piece: "（74 字符）", "— 74 characters", "自报 74"."""
    found = re.match(
        r"\s{0,3}[`\"」”*]{0,3}\s{0,3}[(（—–\-|｜]{0,2}\s?(?:自报|约|共)?\s?(?:字符数)?[:：]?\s?(\d{1,4})\s?(字符"
        r"|字节|个?字|characters?|chars?|bytes?)?\s?[)）]?",
        after,
        re.I,
    )
    bracketed = found is not None and (
        "(" in after[: found.end()] or "（" in after[: found.end()] or found[2] or "自报" in after[: found.end()]
    )
    return int(found[1]) if found and bracketed else None
