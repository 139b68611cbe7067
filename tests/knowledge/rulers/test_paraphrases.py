"""How far word lists carry on claims said in other words: most of what was seen, about half of what was not, few false alarms."""

from __future__ import annotations

from pathlib import Path

import yaml

from knowledge.rulers.rulers import rule

TEXTS = yaml.safe_load((Path(__file__).parent / "claims-paraphrased.yaml").read_text("utf-8"))


def _found(texts: list[str]) -> float:
    return sum(bool(rule("claims", text).findings) for text in texts) / len(texts)


def _falsely_refused(texts: list[str]) -> float:
    return sum(bool(rule("claims", text).errors) for text in texts) / len(texts)


def test_what_was_seen_is_found() -> None:
    assert _found(TEXTS["seen"]["claims"]) >= 0.95
    assert _falsely_refused(TEXTS["seen"]["harmless"]) <= 0.02


def test_of_what_was_never_seen_half_is_found_and_hardly_anything_refused_wrongly() -> None:
    assert _found(TEXTS["unseen"]["claims"]) >= 0.5
    assert _falsely_refused(TEXTS["unseen"]["harmless"]) <= 0.03
