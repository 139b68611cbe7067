"""The search index, learned once for all tests and their children: it takes ten seconds, and many stand on one shelf.

Named by everything it was learned from, it is right or not there (see knowledge/search/kept.py).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.wiring import build_finder
from knowledge.search.documents import SearchDocument
from knowledge.search.kept import finder_for
from knowledge.shelf import Standing

if TYPE_CHECKING:
    from knowledge.search.finder import Finder

INDEX = Path(__file__).parents[2] / ".pytest_cache" / "index"


def shared_finder(standings: Sequence[Standing]) -> Finder:
    """As `build_finder`; a worker that comes while another learns the same shelf waits for it."""
    return _finder(tuple((one.id, one.version, one.status) for one in standings), _Aside(standings))


def lend_index(data_folder: Path) -> None:
    """Let a program that keeps its data here use the shared index."""
    INDEX.mkdir(parents=True, exist_ok=True)
    if not (data_folder / "index").exists():
        (data_folder / "index").symlink_to(INDEX, target_is_directory=True)


@lru_cache(maxsize=8)
def _finder(shelf: tuple[tuple[str, str, str], ...], aside: _Aside) -> Finder:
    with _one_learns():
        return build_finder(aside.standings, INDEX)


def library_finder(documents: Sequence[SearchDocument]) -> Finder:
    """The finder over the library's documents; the demo team's shelf holds the same ones, so it is the same index."""
    with _one_learns():
        return finder_for(documents, INDEX)


@contextmanager
def _one_learns() -> Iterator[None]:
    INDEX.mkdir(parents=True, exist_ok=True)
    with (INDEX / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Aside:
    """Carried along, no part of the key."""

    def __init__(self, standings: Sequence[Standing]) -> None:
        self.standings = standings

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Aside)

    def __hash__(self) -> int:
        return 0
