"""Filling blanks by a model: what it says counts only where it is a literal piece of what the person said."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.reading_json import NoJson, read_object
from foundation.language_model import Asked, Picture, Said, Sound
from knowledge.answers import Refused, check_of, judge
from knowledge.playbook import Slot
from knowledge.taking_over import as_said

PROMPTS = Path(__file__).parent / "prompts"
LONGEST = 6_000  # characters of a message that are sent
MAX_READ = 1_500  # tokens of a label's text or of a voice message


@dataclass(frozen=True)
class Extracted:
    """Values by their blanks' keys; `guessed` are options that were inferred and stand nowhere in the message."""

    values: Mapping[str, str]
    guessed: frozenset[str] = frozenset()


def extraction(slots: Sequence[Slot], text: str) -> Asked:
    """The request for the values of these blanks. What it holds is what the person sees on their own form."""
    mark = f"=={secrets.token_hex(8)}=="
    lines = "\n".join(_line(slot) for slot in slots)
    filled = _template("take_over").replace("{slots}", lines).replace("{mark}", mark)
    return Asked((Said("user", filled.replace("{text}", text[:LONGEST])),), max_tokens=1200, temperature=0)


def _line(slot: Slot) -> str:
    options = " / ".join(str(option) for option in check_of(slot).get("options", ()))
    return f"- {slot.key}（{slot.label.zh}，{slot.kind}{'：' + options if options else ''}）"


def extracted(slots: Sequence[Slot], answer: str, text: str, today: date) -> Extracted:
    """What of a model's answer stands: literal pieces that their blanks take. Anything else is as if it was not said."""
    try:
        said = read_object(answer)
    except NoJson:
        return Extracted({})
    values: dict[str, str] = {}
    guessed: set[str] = set()
    for slot in slots:
        value = _text_of(said.get(slot.key))
        if not value:
            continue
        piece = as_said(value, text)
        is_literal = piece is not None
        if not is_literal and slot.kind != "enum":
            continue
        verdict = judge(slot, piece or value, values, today)
        if isinstance(verdict, Refused) or (
            slot.kind == "enum" and not check_of(slot).get("options") and not is_literal
        ):
            continue
        values[slot.key] = verdict.value
        if not is_literal:
            guessed.add(slot.key)
    return Extracted(values, frozenset(guessed))


def _text_of(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(one.strip() for one in value if one.strip())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value}"
    return value.strip() if isinstance(value, str) else ""


def reading(picture: Picture) -> Asked:
    """The request to copy what stands on a label."""
    return Asked((Said("user", _template("read_label"), (picture,)),), max_tokens=MAX_READ, temperature=0)


def hearing(sound: Sound) -> Asked:
    """The request to write down what was spoken."""
    return Asked((), max_tokens=MAX_READ, sound=sound)


@lru_cache(maxsize=4)
def _template(name: str) -> str:
    return (PROMPTS / f"{name}.md").read_text("utf-8")
