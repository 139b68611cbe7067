"""`make bench`: the benches that need nothing from outside, one after the other, each with its peers beside it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

BENCHES: tuple[tuple[str, list[str]], ...] = (
    ("start", []),
    ("telegram", ["--turns", "60", "--repeats", "5"]),
    ("model", []),
    ("mastery", []),
    ("simulate", ["--learners", "20"]),
    ("simulate", ["--drivers", "--worlds", "1", "--learners", "4"]),
)


def main() -> int:
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    worst = 0
    for name, options in BENCHES:
        print(f"\n== {name}", flush=True)
        worst = max(
            worst, subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], check=False).returncode
        )
    return worst


if __name__ == "__main__":
    sys.exit(main())
