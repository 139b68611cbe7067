"""python -m benchmarks.retrieval DIR [--json]: our search engine beside its peers on a BEIR-style folder.

DIR holds corpus.jsonl and queries.jsonl (objects with `id` and `text`, optionally `title`, `description`, `tags`,
`samples`) and qrels.tsv (query id, document id).
"""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.retrieval.measures import Query, measure
from benchmarks.retrieval.peers import PEERS, ours
from knowledge.search.documents import SearchDocument


def documents_of(folder: Path) -> list[SearchDocument]:
    """The corpus as search documents."""
    return [
        SearchDocument(
            id=str(row["id"]),
            version="1",
            title=row.get("title") or "",
            text=row.get("text") or "",
            description=row.get("description") or "",
            tags=_listed(row.get("tags")),
            samples=_listed(row.get("samples")),
        )
        for row in _rows(folder / "corpus.jsonl")
    ]


def queries_of(folder: Path) -> list[Query]:
    """The questions that have a relevant document."""
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) == 2:
            relevant.setdefault(cells[0], set()).add(cells[1])
        elif len(cells) >= 3 and cells[-1].strip().lstrip("-").isdigit() and int(cells[-1]) > 0:
            relevant.setdefault(cells[0], set()).add(cells[-2])
    rows = _rows(folder / "queries.jsonl")
    return [
        Query(str(row["id"]), row["text"], frozenset(relevant[str(row["id"])]))
        for row in rows
        if str(row["id"]) in relevant
    ]


def compare(folder: Path, engines: tuple[str, ...] = ()) -> dict[str, Any]:
    """Measure ours and every peer (or those named) on one folder."""
    documents, queries = documents_of(folder), queries_of(folder)
    report: dict[str, Any] = {"documents": len(documents), "queries": len(queries), "engines": {}}
    for name, build in {"ours": ours, **PEERS}.items():
        if not engines or name in engines:
            report["engines"][name] = measure(lambda build=build: build(documents), queries)  # type: ignore[misc]
            gc.collect()
    return report


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else tuple(value or ())


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.retrieval", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--engine", action="append", default=[], help="measure only this one (may be repeated)")
    asked = parser.parse_args()
    report = compare(asked.folder, tuple(asked.engine))
    if asked.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
        return
    print(f"{report['documents']} documents, {report['queries']} questions")
    for name, figures in report["engines"].items():
        print(f"{name:16}", "  ".join(f"{key} {value}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
