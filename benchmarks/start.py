"""What it costs to begin: the terminal chat to its first prompt, and to its first answer, in processor time and memory.

`python -m benchmarks.start [--json]`: each in a process of its own, medians of 5, beside a bare `python -c pass`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REPEATS = 5
_CHILD = """
import io, json, resource, sys
sys.argv = ["zhiran", "chat"]
sys.stdin = io.StringIO({lines!r})
sys.stdout = io.StringIO()
from bot.entry import main
try:
    main()
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
heavy = [name for name in ("aiogram", "chromadb", "openai") if name in sys.modules]
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, heavy]), file=sys.__stdout__)
"""
_BARE = (
    "import json, resource; u = resource.getrusage(resource.RUSAGE_SELF);"
    "print(json.dumps([u.ru_utime + u.ru_stime, u.ru_maxrss / 1024, []]))"
)


def measure() -> dict[str, dict[str, object]]:
    """Seconds of processor time and megabytes, by what was begun; the database is made beforehand."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"ZHIRAN_DATABASE_URL": f"sqlite:///{folder}/zhiran.db", "ZHIRAN_DATA_FOLDER": folder}
        codes = {
            "python": _BARE,
            "chat to its first prompt": _CHILD.format(lines=""),
            "chat to its first answer": _CHILD.format(lines="新规 75 个字符，标题怎么砍\n"),
        }
        _run(codes["chat to its first prompt"], env)
        runs = {name: [_run(code, env) for _ in range(REPEATS)] for name, code in codes.items()}
    return {
        name: {
            "cpu_seconds": round(statistics.median(one[0] for one in found), 3),
            "memory_mb": round(statistics.median(one[1] for one in found)),
            "heavy_modules": found[0][2],
        }
        for name, found in runs.items()
    }


def _run(code: str, env: dict[str, str]) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=Path.cwd(), capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    figures = measure()
    if parser.parse_args().json:
        print(json.dumps(figures))
        return
    for name, row in figures.items():
        print(f"{name:<28}{row['cpu_seconds']:>8} s  {row['memory_mb']:>5} MB  {' '.join(row['heavy_modules'])}")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
