"""The terminal's first prompt: it loads the way in, and nothing that only later words need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.databases import Shelf

ROOT = Path(__file__).parents[2]
PROGRAM = """
import io, json, sys
sys.argv, sys.stdin = ["zhiran", "chat"], io.StringIO({typed!r})
from bot.entry import main
try:
    main()
except SystemExit:
    print(json.dumps(sorted(sys.modules)))
"""
LATER = {"aiogram", "alembic", "bot.topics.quiz", "chromadb", "curriculum.tutor", "fastapi", "knowledge.document"}
LATER |= {"numpy", "openai", "pydantic", "rich", "typer"}


def chat(url: str, folder: Path, typed: str) -> tuple[str, set[str]]:
    """What stands on the screen after these lines were typed, and the modules loaded by then."""
    environment = os.environ | {"ZHIRAN_DATABASE_URL": url, "ZHIRAN_DATA_FOLDER": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(typed=typed)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    screen, _, modules = done.stdout.rstrip().rpartition("\n")
    return screen, set(json.loads(modules))


def test_a_first_prompt_loads_only_the_way_in(sqlite_shelf: Shelf, tmp_path: Path) -> None:
    url, _ = sqlite_shelf.seeded()
    screen, modules = chat(url, tmp_path, "")
    assert "小林" in screen and "[1]" in screen
    assert not LATER & modules


def test_other_words_find_their_topic(sqlite_shelf: Shelf, tmp_path: Path) -> None:
    url, _ = sqlite_shelf.seeded()
    screen, modules = chat(url, tmp_path, "我的\n")
    assert "小林" in screen and "bot.topics.me" in modules
    assert not {"aiogram", "chromadb", "openai", "fastapi"} & modules
