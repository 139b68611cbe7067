"""What can be found: a document with the questions people ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.playbook import Playbook


@dataclass(frozen=True)
class SearchDocument:
    """One thing to find; `samples` are questions that it answers, in the words of the people who ask."""

    id: str
    version: str
    title: str
    text: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """Title, description and tags: what the document says it is about."""
        return "\n".join(part for part in (self.title, self.description, " ".join(self.tags)) if part)

    @property
    def whole(self) -> str:
        """Every word of the document, its samples last."""
        return "\n".join(part for part in (self.head, self.text, "\n".join(self.samples)) if part)


def document_of_playbook(playbook: Playbook) -> SearchDocument:
    """The search document of a playbook: its names, needs and questions, with its clauses as the text."""
    clauses = "\n".join(f"{clause.name} {clause.why}" for clause in playbook.clauses)
    slots = " ".join(slot.label.zh for slot in playbook.slots)
    return SearchDocument(
        id=playbook.id,
        version=playbook.version,
        title=f"{playbook.title.zh} {playbook.title.en}".strip(),
        description=f"{playbook.need.zh}\n{playbook.need.en}\n{playbook.pitfall}".strip(),
        tags=tuple(playbook.platforms),
        text=f"{slots}\n{playbook.primer.body}\n{clauses}",
        samples=playbook.sample_questions,
    )


def document_of_entry(entry: Mapping[str, Any], version: str = "0.0.0") -> SearchDocument:
    """The search document of a catalogue entry."""
    slots = " ".join(str(slot["label"]) for slot in entry.get("inputs", ()))
    return SearchDocument(
        id=str(entry["id"]),
        version=version,
        title=f"{entry.get('title_zh', '')} {entry.get('title_en', '')}".strip(),
        description=f"{entry.get('need', '')}\n{entry.get('pitfall', '')}".strip(),
        tags=tuple(str(platform) for platform in entry.get("platforms", ())),
        text=f"{slots}\n{entry.get('output', '')}",
        samples=tuple(str(question) for question in entry.get("questions", ())),
    )


def search_documents_from(
    playbooks: Iterable[Playbook], entries: Iterable[Mapping[str, Any]] = ()
) -> tuple[SearchDocument, ...]:
    """One document for each playbook, joined with its catalogue entry; an entry without a playbook stands alone."""
    by_id = {str(entry["id"]): document_of_entry(entry) for entry in entries}
    for playbook in playbooks:
        own = document_of_playbook(playbook)
        drafted = by_id.get(playbook.id)
        by_id[playbook.id] = _joined(own, drafted) if drafted else own
    return tuple(by_id[key] for key in sorted(by_id))


def _joined(own: SearchDocument, drafted: SearchDocument) -> SearchDocument:
    return SearchDocument(
        id=own.id,
        version=own.version,
        title=own.title,
        description=own.description if own.description.strip() else drafted.description,
        tags=tuple(dict.fromkeys(own.tags + drafted.tags)),
        text=f"{own.text}\n{drafted.text}",
        samples=tuple(dict.fromkeys(own.samples + drafted.samples)),
    )
