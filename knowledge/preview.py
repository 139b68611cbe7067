"""What an author sees of a playbook before anybody else does: the assembled prompt and its size."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.playbook import Playbook, assemble


@dataclass(frozen=True)
class Preview:
    """The prompt filled with the playbook's own example; `units` are UTF-16 code units, in which Telegram counts."""

    prompt: str
    characters: int
    units: int
    filled: int
    unfilled: tuple[str, ...]


def preview(book: Playbook) -> Preview:
    """The prompt as it would be handed over with the values of the filled example."""
    values = {slot.key: book.example_values.get(slot.key) or slot.default or slot.example for slot in book.slots}
    text = assemble(book, values)
    missing = tuple(slot.key for slot in book.slots if slot.required and slot.key not in book.example_values)
    return Preview(text, len(text), len(text.encode("utf-16-le")) // 2, len(book.example_values), missing)
