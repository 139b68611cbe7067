"""Playbooks for tests: a small good one that lints clean, and a strategy that makes any."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from foundation.documents import Names
from knowledge.checks import Ground
from knowledge.document import STATUSES, read_file
from knowledge.facts import LIBRARY, read_facts, read_skills
from knowledge.library_files import catalogue_entries
from knowledge.playbook import (
    ITEM_KINDS,
    SLOT_KINDS,
    Clause,
    Criterion,
    HardFail,
    Option,
    Playbook,
    QuizItem,
    Rubric,
    Section,
    Slot,
    Source,
)

TODAY = date(2026, 11, 22)
GOOD = LIBRARY / "amazon-listing-title.md"


@cache
def ground() -> Ground:
    return Ground(read_facts(), read_skills(), frozenset(entry.id for entry in catalogue_entries()), TODAY)


@cache
def good_text() -> str:
    return GOOD.read_text("utf-8").replace("\r\n", "\n")


@cache
def good() -> Playbook:
    return read_file(Path(GOOD))


_CHARS = st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp"), exclude_characters="\ufeff")
_SPICE = st.sampled_from(
    [
        "- ",
        ": ",
        " #",
        "'",
        '"',
        "{{slot}}",
        "true",
        "null",
        "2026-11-22",
        "1.0",
        "？",
        "[a]",
        "{b}",
        "|",
        ">",
        "&x",
        "*x",
        "%",
        "@",
        "~",
        "—",
        "\n",
    ]
)
ANY = st.lists(st.one_of(st.text(_CHARS, max_size=8), _SPICE), max_size=5).map(lambda parts: "".join(parts).strip("\n"))
LINE = st.text(_CHARS, min_size=1, max_size=16).map(lambda text: " ".join(text.split())).filter(bool)
KEY = st.from_regex(r"[a-z][a-z_]{0,11}", fullmatch=True)
# Prose of the document's body: no line of it may look like a fence, a heading or a rule, which are the document's own marks.
PROSE = st.lists(LINE.filter(lambda line: not line.startswith(("```", "#", "---", "**"))), max_size=4).map("\n".join)
NAMES = st.builds(Names, ANY.filter(bool), ANY)


def _section(number: int) -> st.SearchStrategy[Section]:
    return st.builds(Section, LINE.map(lambda text: f"{number}. {text}"), PROSE)


CHECKS = st.dictionaries(st.sampled_from(["min", "max", "min_items", "max_chars"]), st.integers(0, 500), max_size=2)
SLOTS = st.builds(
    Slot,
    key=KEY,
    label=NAMES,
    kind=st.sampled_from(SLOT_KINDS),
    required=st.booleans(),
    example=ANY,
    default=st.none() | ANY,
    validate=ANY,
    ask=st.builds(Names, ANY, ANY),
    check=CHECKS,
)
CLAUSES = st.builds(
    Clause,
    key=st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    name=LINE.filter(lambda name: "〔" not in name),
    skill=st.sampled_from(["sk-role", "sk-task"]),
    prompt=PROSE,
    why=PROSE,
    without=PROSE,
    bad=PROSE,
)
OPTIONS = st.builds(Option, ANY.filter(bool), ANY, ANY)
ITEMS = st.builds(
    QuizItem,
    id=KEY,
    kind=st.sampled_from(ITEM_KINDS),
    skill=KEY,
    stem=ANY.filter(bool),
    segment=ANY,
    options=st.lists(OPTIONS, max_size=3).map(tuple),
    answer=st.lists(ANY, max_size=3).map(tuple),
    accept=st.lists(st.lists(ANY, max_size=2).map(tuple), max_size=2).map(tuple),
    keys=st.lists(ANY, max_size=2).map(tuple),
    explain=ANY,
    difficulty=st.integers(-3, 3),
    hints=st.lists(ANY, max_size=3).map(tuple),
)
CRITERIA = st.builds(
    Criterion,
    id=KEY,
    name=ANY.filter(bool),
    skill=ANY,
    points=st.integers(0, 100),
    full=ANY,
    half=ANY,
    zero=ANY,
    signals=st.dictionaries(st.sampled_from(["any", "all"]), st.lists(ANY, min_size=1, max_size=2), max_size=2),
)
RUBRICS = st.builds(
    Rubric,
    total=st.integers(1, 100),
    passing=st.integers(1, 100),
    excellent=st.integers(1, 100),
    criteria=st.lists(CRITERIA, max_size=2).map(tuple),
    hard_fail=st.lists(st.builds(HardFail, KEY, ANY, ANY.filter(bool), ANY), max_size=2).map(tuple),
    applies_to=ANY,
    judge_notes=ANY,
)
TEXTS = st.lists(ANY, max_size=3).map(tuple)
DAYS = st.none() | st.dates()
PLAYBOOKS = st.builds(
    Playbook,
    id=KEY,
    version=st.sampled_from(["1.0.0", "0.2", "1"]),
    title=NAMES,
    stage=ANY,
    status=st.sampled_from(STATUSES),
    difficulty=st.integers(0, 5),
    skills=TEXTS,
    slots=st.lists(SLOTS, max_size=3).map(tuple),
    clauses=st.lists(CLAUSES, min_size=1, max_size=3).map(tuple),
    primer=_section(0),
    clauses_heading=LINE.map(lambda text: f"1. {text}"),
    usage=PROSE,
    example=_section(2),
    contrast=_section(3),
    rubric_section=_section(4),
    rubric=RUBRICS,
    quiz_section=_section(5),
    quiz=st.lists(ITEMS, max_size=2).map(tuple),
    further=_section(6),
    platforms=TEXTS,
    language=st.dictionaries(KEY, ANY, max_size=2),
    prerequisites=TEXTS,
    owner=ANY,
    updated=DAYS,
    review_by=DAYS,
    review_trigger=TEXTS,
    sources=st.lists(st.builds(Source, KEY, ANY), max_size=2).map(tuple),
    model_hints=st.dictionaries(KEY, ANY, max_size=2),
    sample_questions=TEXTS,
    need=st.builds(Names, ANY, st.just("")) | NAMES,
    pitfall=ANY,
    not_for=ANY,
    rulers=TEXTS,
)
