"""One finder over the library as it ships, built once for all stories of finding."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from knowledge.document import read_file
from knowledge.library_files import catalogue_entries, entry_data, written_files
from knowledge.search.documents import SearchDocument, search_documents_from
from knowledge.search.finder import Finder
from tests.helpers.index import library_finder


@pytest.fixture(scope="session")
def library() -> Sequence[SearchDocument]:
    return search_documents_from(map(read_file, written_files()), map(entry_data, catalogue_entries()))


@pytest.fixture(scope="session")
def finder(library: Sequence[SearchDocument]) -> Finder:
    return library_finder(library)
