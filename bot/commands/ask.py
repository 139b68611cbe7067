"""`zhiran ask` and `zhiran eval ask`: finding, as the chat does it, for programs."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.wiring import build_finder
from knowledge.library_files import catalogue_entries, written_files
from knowledge.shelf import Standing

if TYPE_CHECKING:
    from knowledge.search.finder import Finder


def library_finder() -> Finder:
    """A finder over the starter library itself: written playbooks, and entries of those in preparation."""
    from knowledge.document import read_file

    books = [read_file(path) for path in written_files()]
    written = {book.id for book in books}
    standings = [Standing(book.id, book.version, book.status, "", None, book, None) for book in books]
    standings += [
        Standing(entry.id, "0.0.0", "draft", "", None, None, entry)
        for entry in catalogue_entries()
        if entry.id not in written
    ]
    return build_finder(standings)


def ask(text: str, *, as_json: bool) -> int:
    finding = library_finder().ask(text)
    found = {
        "outcome": finding.outcome,
        "candidates": [
            {"id": one.id, "version": one.version, "score": round(one.score, 4)} for one in finding.candidates
        ],
        "confidence": round(finding.confidence, 4),
    }
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print(f"{finding.outcome} ({finding.confidence:.0%})")
        for one in finding.candidates:
            print(f"  {one.id} {one.version}  {one.score:.3f}")
    return 0


def evaluate_file(path: Path, *, as_json: bool) -> int:
    """Measure a TSV with the columns query, gold_ids (split by |, NONE for out of scope), kind."""
    from knowledge.search.evaluate import evaluate_asking

    if not path.is_file():
        print(f"zhiran: no file {path}", file=sys.stderr)
        return 2
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    missing = {"query", "gold_ids", "kind"} - set(rows[0] if rows else ())
    if missing:
        print(f"zhiran: {path.name} lacks the column(s) {', '.join(sorted(missing))}", file=sys.stderr)
        return 2
    figures = evaluate_asking(library_finder(), rows)
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        for name, value in figures.items():
            print(f"{name}: {value}")
    return 0
