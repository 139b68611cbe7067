"""The rulers' tables (rulers.yaml): rules with their facts and words for people, and the word lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from foundation import safe_yaml
from foundation.documents import Names
from knowledge.facts import LIBRARY, Fact, read_facts
from knowledge.rulers.folding import Folded
from knowledge.rulers.ruling import ADVICE, Finding, Measure
from knowledge.rulers.words import Hit, WordList

_UNSURE = ("C", "V")  # one third party, or unverified: never more than advice


@cache
def tables() -> Mapping[str, Any]:
    data: Mapping[str, Any] = safe_yaml.load((LIBRARY / "rulers.yaml").read_text("utf-8")).data
    return data


@cache
def facts() -> Mapping[str, Fact]:
    return read_facts()


@cache
def words(name: str) -> WordList:
    """A list of rulers.yaml by name, with its exceptions."""
    listed = tables()["words"][name]
    if isinstance(listed, str):
        return WordList(entries(listed))
    return WordList(entries(listed["terms"]), entries(listed.get("except") or ""))


def entries(block: str) -> tuple[str, ...]:
    """The terms of a list: split at commas and line ends."""
    return tuple(one for piece in re.split(r",\s|\n", block) if (one := piece.strip().rstrip(",")))


def graded(level: str, fact: str | None) -> tuple[str, str]:
    """The level a rule may have, and the grade of its fact: what is unsure or has no source is advice."""
    if fact is None:
        return level, ""
    grade = facts()[fact].grade
    return (ADVICE if grade in _UNSURE else level), grade


def finding(
    rule: str, piece: tuple[int, int, str], /, fact: str | None = None, level: str | None = None, **values: object
) -> Finding:
    """A finding of a rule named in the tables; `piece` is its start, end and text; `values` fill its words."""
    start, end, text = piece
    told = tables()["rules"][rule]
    because = fact if fact is not None else told.get("fact")
    allowed, grade = graded(level or told["level"], because)
    fill = {"text": text, **values}
    message = Names(_filled(told["zh"], fill), _filled(told["en"], fill))
    return Finding(rule, allowed, text, start, end, message, because, grade)


def of_hit(rule: str, hit: Hit, **values: Any) -> Finding:
    return finding(rule, (hit.original_start, hit.original_end, hit.text), **values)


def listed(rule: str, list_name: str, folded: Folded, **values: Any) -> Iterator[Finding]:
    """A finding for every word of a list."""
    for hit in words(list_name).hits(folded):
        yield of_hit(rule, hit, **values)


def measure(name: str, value: float | int | str, limit: float | int | str | None = None, ok: bool = True) -> Measure:
    label = tables()["measures"][name]
    return Measure(name, value, limit, ok, Names(label["zh"], label["en"]))


def _filled(template: str, values: Mapping[str, object]) -> str:
    for key, value in values.items():
        template = template.replace("{" + key + "}", str(value))
    return template
