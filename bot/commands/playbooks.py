"""`zhiran playbooks …`: lint, preview and begin playbook files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from foundation.clock import system_clock
from knowledge.checks import Ground, check_file
from knowledge.document import Problem
from knowledge.facts import LIBRARY, read_facts, read_skills
from knowledge.library_files import catalogue_entries


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
    found: list[Problem] = [problem for file in files for problem in check_file(file, on)[1]]
    errors = [problem for problem in found if problem.level == "error"]
    if as_json:
        print(json.dumps({"files": len(files), "errors": len(errors), "problems": [vars(p) for p in found]}, ensure_ascii=False))
    else:
        for problem in found:
            print(f"{problem.level}: {problem}")
        print(f"{len(files)} file(s), {len(errors)} error(s), {len(found) - len(errors)} warning(s)")
    return 1 if errors else 0
