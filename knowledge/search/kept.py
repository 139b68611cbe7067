"""A finder kept on disk: learning a shelf takes seconds, reading what was learned takes a part of one.

The file is no source: it is named by everything it was learned from (the shelf, the data, this code), and anything
wrong with it only means learning again. It lies in the operator's own folder, readable by nobody else.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from knowledge.search.data import SearchData
from knowledge.search.documents import SearchDocument
from knowledge.search.finder import Finder

log = logging.getLogger(__name__)
KEPT = 4  # files; older ones go


def finder_for(documents: Sequence[SearchDocument], folder: Path | None) -> Finder:
    """The finder over these documents: read from the folder when it was learned before, else learned and kept there."""
    if folder is None:
        return Finder.build(documents, SearchData.of_library())
    path = folder / f"finder-{_learned_from(documents)}.pickle"
    try:
        with path.open("rb") as file:
            kept = pickle.load(file)  # our own file, in a folder that only we can write
        if isinstance(kept, Finder):
            return kept
    except FileNotFoundError:
        log.info("no index is kept for this shelf: it is learned, which takes some seconds")
    except Exception as error:
        log.warning("a kept index could not be read (%s) and is learned again", type(error).__name__)
    finder = Finder.build(documents, SearchData.of_library())
    _keep(finder, path)
    return finder


def _learned_from(documents: Sequence[SearchDocument]) -> str:
    digest = hashlib.sha256(repr(tuple(documents)).encode())
    places = [files("knowledge").joinpath("search"), files("knowledge").joinpath("library")]
    for place in places:
        for one in sorted(place.iterdir(), key=lambda found: found.name):
            if one.name.endswith((".py", ".txt", ".yaml")):
                digest.update(one.name.encode() + one.read_bytes())
    return digest.hexdigest()[:24]


def _keep(finder: Finder, path: Path) -> None:
    """Write beside and rename, so that nobody ever reads half a file; a full disk is no reason to fail a question."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            pickle.dump(finder, file, protocol=pickle.HIGHEST_PROTOCOL)
        os.replace(name, path)
        known = sorted(path.parent.glob("finder-*.pickle"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in known[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        log.warning("the index could not be kept: %s", error.strerror)
