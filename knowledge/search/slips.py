"""Slips of the finger, made on purpose and always the same, so that the calibration knows what typing looks like."""

from __future__ import annotations

import random

from knowledge.search.sounds import homophones
from knowledge.search.tokens import is_cjk


def with_slips(text: str, seed: int) -> str:
    """The text with one or two characters mistaken: a homophone, a swap of neighbours or a lost letter."""
    if len(text) < 2:
        return text
    chance = random.Random(seed)
    characters = list(text)
    for _ in range(1 if len(text) < 8 else 2):
        at = chance.randrange(len(characters))
        others = homophones(characters[at]) if is_cjk(characters[at]) else ()
        if others:
            characters[at] = chance.choice(others)
        elif at + 1 < len(characters) and not is_cjk(characters[at]):
            characters[at], characters[at + 1] = characters[at + 1], characters[at]
    return "".join(characters)
