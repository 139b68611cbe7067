"""The shelf: playbooks by team, id and version, and what of them may be seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy import Connection

from foundation.database import insert
from foundation.errors import ExpectedError, NotFound
from foundation.scope import Scope
from knowledge.document import read
from knowledge.facts import LIBRARY, Fact, read_facts
from knowledge.library_files import CatalogueEntry, catalogue_entries, entry_data, entry_from, written_files
from knowledge.playbook import Playbook
from knowledge.tables import playbook as rows


@dataclass(frozen=True)
class Standing:
    """One version on a shelf: a written playbook, or the entry of one still in preparation."""

    id: str
    version: str
    status: str
    vetted_by: str
    vetted_at: datetime | None
    playbook: Playbook | None
    entry: CatalogueEntry | None

    @property
    def is_vetted(self) -> bool:
        return self.status == "vetted"

    def title(self, language: str) -> str:
        if self.playbook:
            return self.playbook.title.in_language(language)
        assert self.entry is not None
        return self.entry.title_en if language.startswith("en") else self.entry.title_zh


def import_library(connection: Connection, team_id: str, now: datetime, folder: Path = LIBRARY) -> int:
    """Put the starter library on a team's shelf; safe to repeat: what a human vetted, changed or retired stays.

    A written playbook comes `in review`; an entry of the catalogue without one comes as a `draft`. A draft gives way
    when its playbook has been written. Returns how many rows were written.
    """
    written = {path.stem: path.read_text("utf-8-sig").replace("\r\n", "\n") for path in written_files(folder)}
    here = {(row.id, row.version): row for row in connection.execute(sa.select(rows).where(rows.c.team_id == team_id))}
    changed = 0
    for text in written.values():
        book = read(text)
        known = here.get((book.id, book.version))
        if known is not None and (known.digest == _digest(text) or known.status in ("vetted", "retired")):
            continue
        changed += _put(connection, team_id, book.id, book.version, "in review", "document", text, now)
    for entry in catalogue_entries(folder):
        stale = (rows.c.team_id == team_id) & (rows.c.id == entry.id) & (rows.c.kind == "entry")
        if entry.id in written:
            connection.execute(rows.delete().where(stale))
        elif not any(known_id == entry.id for known_id, _ in here):
            text = yaml.safe_dump(entry_data(entry), allow_unicode=True, sort_keys=False)
            changed += _put(connection, team_id, entry.id, "0.0.0", "draft", "entry", text, now)
    return changed


def _put(
    connection: Connection, team_id: str, book_id: str, version: str, status: str, kind: str, text: str, now: datetime
) -> int:
    row: dict[str, Any] = {
        "team_id": team_id,
        "id": book_id,
        "version": version,
        "status": status,
        "kind": kind,
        "document": text,
    }
    row |= {"digest": _digest(text), "changed_at": now}
    statement = insert(connection, rows).values(row)
    changes = {key: row[key] for key in ("status", "kind", "document", "digest", "changed_at")}
    return connection.execute(
        statement.on_conflict_do_update(index_elements=["team_id", "id", "version"], set_=changes)
    ).rowcount


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def vet(connection: Connection, scope: Scope, book_id: str, version: str, by: str, now: datetime) -> None:
    """A human who may (an owner) puts their name to a version. Raises ExpectedError or NotFound."""
    if not scope.may("owner"):
        raise ExpectedError("shelf.may_not_vet")
    where = (
        (rows.c.team_id == scope.team_id)
        & (rows.c.id == book_id)
        & (rows.c.version == version)
        & (rows.c.kind == "document")
    )
    done = connection.execute(
        rows.update().where(where).values(status="vetted", vetted_by=by, vetted_at=now, changed_at=now)
    )
    if done.rowcount == 0:
        raise NotFound(book_id)


def set_status(connection: Connection, scope: Scope, book_id: str, version: str, status: str, now: datetime) -> None:
    """Send a version back to review or retire it; only vetting makes it vetted."""
    if not scope.may("owner") or status not in ("draft", "in review", "retired"):
        raise ExpectedError("shelf.may_not_vet")
    where = (rows.c.team_id == scope.team_id) & (rows.c.id == book_id) & (rows.c.version == version)
    done = connection.execute(
        rows.update().where(where).values(status=status, vetted_by="", vetted_at=None, changed_at=now)
    )
    if done.rowcount == 0:
        raise NotFound(book_id)


_ALL = sa.select(sa.func.count(), sa.func.max(rows.c.changed_at)).where(rows.c.team_id == sa.bindparam("team"))
_CHANGES = _ALL.where(rows.c.status == "vetted")
_CHANGES_WITH_DRAFTS = _ALL.where((rows.c.status == "vetted") | ((rows.c.status == "draft") & (rows.c.kind == "entry")))


def fingerprint(connection: Connection, scope: Scope, *, drafts: bool) -> str:
    """Changes whenever anything that may be found on this shelf changes."""
    count, last = connection.execute(_CHANGES_WITH_DRAFTS if drafts else _CHANGES, {"team": scope.team_id}).one()
    return f"{scope.team_id}-{count}-{last.timestamp() if last else 0}-{int(drafts)}"


def visible(connection: Connection, scope: Scope, *, drafts: bool) -> list[Standing]:
    """The newest vetted version of every playbook; with `drafts` (the demo), also entries in preparation."""
    found = connection.execute(sa.select(rows).where(_visible(scope, drafts)))
    newest: dict[str, sa.Row[tuple[object, ...]]] = {}
    for row in found:
        known = newest.get(row.id)
        if known is None or (row.status == "vetted", _order(row.version)) > (
            known.status == "vetted",
            _order(known.version),
        ):
            newest[row.id] = row
    return [_standing(row) for row in newest.values()]


_BOOK = sa.select(rows).where((rows.c.team_id == sa.bindparam("team")) & (rows.c.id == sa.bindparam("book")))
_NAMED = _BOOK.where(rows.c.version == sa.bindparam("version"))
_VETTED = _BOOK.where(rows.c.status == "vetted")
_DRAFTS_TOO = _BOOK.where((rows.c.status == "vetted") | ((rows.c.status == "draft") & (rows.c.kind == "entry")))


def get(
    connection: Connection, scope: Scope, book_id: str, *, version: str | None = None, drafts: bool = False
) -> Standing:
    """One playbook as this scope may see it: the newest vetted version, or the named one. Raises NotFound.

    A version that was vetted when a learner began with it can be named even after it was retired.
    """
    query = _NAMED if version else _DRAFTS_TOO if drafts else _VETTED
    values = {"team": scope.team_id, "book": book_id} | ({"version": version} if version else {})
    found = [
        row
        for row in connection.execute(query, values)
        if version is None or row.status in ("vetted", "retired") or drafts
    ]
    if not found:
        raise NotFound(book_id)
    return _standing(max(found, key=lambda row: (row.status == "vetted", _order(row.version))))


def find(connection: Connection, scope: Scope, book_id: str, version: str = "") -> Playbook | None:
    """The playbook that `get` gives; None where there is none any more, as for an answer of long ago."""
    try:
        return get(connection, scope, book_id, version=version or None).playbook
    except NotFound:
        return None


def all_versions(connection: Connection, scope: Scope) -> Sequence[Standing]:
    """Everything on the shelf, for those who vet."""
    if not scope.may("owner", "lead", "mentor"):
        raise NotFound("shelf")
    query = sa.select(rows).where(rows.c.team_id == scope.team_id).order_by(rows.c.id, rows.c.version)
    return [_standing(row) for row in connection.execute(query)]


def document_of(connection: Connection, scope: Scope, book_id: str, version: str) -> str:
    """A version's whole document, for those who vet. Raises NotFound."""
    text = None
    if scope.may("owner", "lead", "mentor"):
        values = {"team": scope.team_id, "book": book_id, "version": version}
        text = next((row.document for row in connection.execute(_NAMED, values) if row.kind == "document"), None)
    if text is None:
        raise NotFound(book_id)
    return str(text)


def _visible(scope: Scope, drafts: bool) -> sa.ColumnElement[bool]:
    seen = (
        (rows.c.status == "vetted") | ((rows.c.status == "draft") & (rows.c.kind == "entry"))
        if drafts
        else rows.c.status == "vetted"
    )
    return (rows.c.team_id == scope.team_id) & seen


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _standing(row: sa.Row[tuple[object, ...]]) -> Standing:
    book = _parsed(row.digest, row.document) if row.kind == "document" else None
    entry = _entry(row.digest, row.document) if row.kind == "entry" else None
    return Standing(row.id, row.version, row.status, row.vetted_by, row.vetted_at, book, entry)


@lru_cache(maxsize=512)
def _entry(digest: str, document: str) -> CatalogueEntry:
    return entry_from(yaml.safe_load(document))


@lru_cache(maxsize=512)
def _parsed(digest: str, document: str) -> Playbook:
    """Reading a document takes some milliseconds; its digest makes it safe to remember."""
    return read(document, digest[:8])


@lru_cache(maxsize=1)
def facts() -> dict[str, Fact]:
    """The facts that answers cite."""
    return dict(read_facts())


def stale_facts(book: Playbook, today: date, known: Iterable[Fact] | None = None) -> list[Fact]:
    """The facts of a playbook that are past their review date."""
    all_facts = {fact.id: fact for fact in known} if known is not None else facts()
    return [all_facts[one] for one in book.facts if one in all_facts and all_facts[one].is_expired(today)]
