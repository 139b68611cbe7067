"""`zhiran playbooks …`: lint, preview and begin playbook files."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bot.doors.telegram.rendering import FilePart, parts_of
from bot.doors.terminal import plain_text
from bot.message import Code, Reply
from foundation.clock import system_clock
from foundation.documents import DocumentError, Problem
from knowledge.checks import MAX_ID, Ground, check_file
from knowledge.document import read_file
from knowledge.facts import LIBRARY, read_facts, read_skills
from knowledge.library_files import catalogue_entries
from knowledge.preview import preview
from knowledge.quality import overlaps
from knowledge.skeleton import skeleton


def ground(today: date, files: Sequence[Path] = ()) -> Ground:
    """What ids are resolved against: the facts, the skills, the catalogue and the files checked together."""
    known = {entry.id for entry in catalogue_entries()} | {path.stem for path in files}
    return Ground(read_facts(), read_skills(), frozenset(known), today)


def check_playbooks(path: Path | None, *, as_json: bool, today: date | None = None) -> int:
    """Print the problems of one file or all in a folder; returns the exit code (1: errors, 2: nothing to check)."""
    where = path or LIBRARY
    files = [where] if where.is_file() or where.suffix == ".md" else sorted(where.glob("*.md"))
    if not files:
        print(json.dumps({"error": f"no playbook at {where}"}) if as_json else f"no playbook at {where}")
        return 2
    on = ground(today or system_clock().date(), files)
    read = [(file, *check_file(file, on)) for file in files]
    found: list[Problem] = [problem for _, _, problems in read for problem in problems]
    found += overlaps([(file, book) for file, book, _ in read if book is not None])
    errors = [problem for problem in found if problem.level == "error"]
    if as_json:
        print(
            json.dumps(
                {"files": len(files), "errors": len(errors), "problems": [vars(p) for p in found]}, ensure_ascii=False
            )
        )
    else:
        for problem in found:
            print(f"{problem.level}: {problem}")
        print(f"{len(files)} file(s), {len(errors)} error(s), {len(found) - len(errors)} warning(s)")
    return 1 if errors else 0


def new_playbook(playbook_id: str, folder: Path, *, today: date | None = None) -> int:
    """Write a skeleton; 2 where the id is no short name or the file stands already."""
    path = folder / f"{playbook_id}.md"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", playbook_id) or len(playbook_id) > MAX_ID:
        print(f"{playbook_id!r}: use a-z, 0-9 and -, at most {MAX_ID} characters")
        return 2
    entry = next((one for one in catalogue_entries() if one.id == playbook_id), None)
    text = skeleton(playbook_id, today or system_clock().date(), entry)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print(f"{path}: {error.strerror}")
        return 2
    print(f"{path}\nzhiran playbooks check {path}")
    return 0


def preview_playbook(which: str, *, as_json: bool) -> int:
    """Show the assembled prompt of a library id or a file, its size, and how each door will show it."""
    path = Path(which) if which.endswith(".md") else LIBRARY / f"{which}.md"
    try:
        book = read_file(path)
    except DocumentError as error:
        print(json.dumps({"error": str(error)}, ensure_ascii=False) if as_json else str(error))
        return 2
    shown = preview(book)
    reply = Reply((Code(shown.prompt, title=f"{book.id}-{book.version}"),))
    parts = parts_of(reply)
    doors = {
        "telegram": " + ".join(f"document {part.name}" if isinstance(part, FilePart) else "block" for part in parts),
        "web": "block, one tap copies it",
        "terminal": "text between two rules",
    }
    sizes = {
        "characters": shown.characters,
        "utf16_units": shown.units,
        "filled": shown.filled,
        "unfilled": list(shown.unfilled),
    }
    if as_json:
        print(
            json.dumps(
                {"id": book.id, "version": book.version, "prompt": shown.prompt, **sizes, "doors": doors},
                ensure_ascii=False,
            )
        )
        return 0
    print(plain_text(reply.text))
    print("\n".join(f"{key}: {value}" for key, value in (sizes | doors).items()))
    return 0
