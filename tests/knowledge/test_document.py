"""The playbook document: what is written is read again the same, and what cannot be read says why, where, and how to mend it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.documents import DocumentError
from knowledge.document import read, write
from knowledge.playbook import Playbook
from tests.knowledge.playbooks import PLAYBOOKS, good_text


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(PLAYBOOKS)
def test_what_is_written_is_read_again_the_same(book: Playbook) -> None:
    assert read(write(book)) == book


@given(st.one_of(st.text(max_size=400), st.text(alphabet="-# :\n`'[]{}&*|>段012345·〔〕abyml", max_size=400)))
def test_any_text_is_read_or_refused_with_reasons(text: str) -> None:
    for document in (text, f"---\nid: x\n{text}\n---\n{text}", good_text().replace("# 角色", text, 1)):
        try:
            read(document, "try.md")
        except DocumentError as error:
            assert error.problems
            assert all(
                one.file == "try.md" and one.line >= 1 and one.field and one.what and one.mend for one in error.problems
            )


@given(st.integers(0, 60_000), st.integers(1, 40), st.text(max_size=10))
def test_a_good_document_with_a_piece_torn_out_is_read_or_refused(at: int, length: int, put: str) -> None:
    text = good_text()
    try:
        read(text[:at] + put + text[at + length :], "torn.md")
    except DocumentError as error:
        assert error.problems


def _line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "field", "near"),
    [
        ("difficulty: 1\nprerequisites", "difficulty: many\nprerequisites", "difficulty", "difficulty: many"),
        ("status: in review", "status: fine", "status", "status: fine"),
        ("updated: 2026-11-22", "updated: yesterday", "updated", "updated: yesterday"),
        ("type: enum, required: true", "type: enumeration, required: true", "slots.0.type", "type: enumeration"),
        ("type: enum, required: true", "type: enum, required: maybe", "slots.0.required", "required: maybe"),
        ("    type: which-segment", "    type: guess", "items.0.type", "type: guess"),
        ("points: 8\n", "points: eight\n", "criteria.0.points", "points: eight"),
        ("### 段 1 · role · 角色 〔技能：sk-role〕", "### 段 1 role", "clause", "### 段 1 role"),
        ("status: in review", "status: in review\nstatus: draft", "head", "status: draft"),
        ("id: amazon-listing-title", "id: &a amazon-listing-title", "head", "id: &a"),
        (
            "need: {zh:",
            "need: {zh: {a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: 1}}}}}}}}}}}}}, en:",
            "head",
            "need: {zh:",
        ),
    ],
)
def test_a_fault_names_its_line_its_field_and_the_mend(old: str, new: str, field: str, near: str) -> None:
    text = good_text().replace(old, new, 1)
    with pytest.raises(DocumentError) as caught:
        read(text, "x.md")
    told = [one for one in caught.value.problems if one.field == field]
    assert told, [str(one) for one in caught.value.problems]
    assert abs(told[0].line - _line_of(text, near)) <= 1
    assert told[0].mend


def test_a_missing_section_is_named() -> None:
    text = good_text().replace("## 3. 对照", "## 对照", 1)
    with pytest.raises(DocumentError, match="section 3"):
        read(text)


_READ = """
import resource, sys, time
from pathlib import Path
from foundation.documents import DocumentError
from knowledge.document import read_file
path = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
try:
    read_file(path)
    outcome = "read"
except DocumentError as error:
    outcome = "refused"
print(outcome, time.process_time() - began, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""

HEAD, TAIL = "---\nid: x\n", "\n---\n\n# x\n"
BOMBS = {
    "aliases": HEAD
    + "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9))
    + TAIL,
    "merge keys": HEAD + "a: &a {b: 1}\nc: {<<: *a}" + TAIL,
    "deep flow": HEAD + "a: " + "[" * 100_000 + TAIL,
    "deep block": HEAD + "".join("  " * n + "a:\n" for n in range(600)) + TAIL,
    "deep mapping": HEAD + "a: " + "{a: " * 50_000 + TAIL,
    "many values": HEAD + "a: [" + "1," * 250_000 + "]" + TAIL,
    "a long line": HEAD + "a: " + "x" * 510_000 + TAIL,
    "a long number": HEAD + "difficulty: " + "9" * 100_000 + TAIL,
    "sexagesimal": HEAD + "difficulty: " + ":".join(["59"] * 50_000) + TAIL,
    "a python object": HEAD + "a: !!python/object/apply:os.system [true]" + TAIL,
    "fences": HEAD + TAIL + "```\n" * 120_000,
    "headings": HEAD + TAIL + "## 1. a\n" * 60_000,
    "clauses": HEAD + TAIL + "## 1. a\n" + "### 段 1 · a · a 〔技能：a〕\n" * 9_000,
    "heads": "---\n" * 120_000,
    "spaces": HEAD + " " * 500_000 + TAIL,
    "rules": HEAD + TAIL + "## 0. a\n" + "\n---" * 100_000 + "x",
    "prompt marks": HEAD + TAIL + "## 1. a\n### 段 1 · a · a 〔技能：a〕\n" + "```prompt\n" * 40_000,
    "half a heading": HEAD + TAIL + "## 1. a\n### 段 1 · a · " + "a " * 200_000,
}


@pytest.mark.parametrize("name", [*BOMBS, "a hundred megabytes", "no text"])
def test_a_bomb_is_refused_in_little_time_and_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.md"
    if name == "a hundred megabytes":
        with path.open("wb") as file:
            file.truncate(100 * 1024 * 1024)
    elif name == "no text":
        path.write_bytes(b"---\nid: \xff\xfe\n---\n")
    else:
        path.write_text(BOMBS[name], "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=_limited,
    )
    assert done.returncode == 0, done.stderr[-600:]
    outcome, seconds, megabytes = done.stdout.split()
    assert outcome == "refused"
    assert float(seconds) < 2
    assert float(megabytes) < 50


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
