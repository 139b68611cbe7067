"""Every ruler over hand-made good and bad texts, in Chinese and English."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.rulers.rulers import RULERS, rule

CASES = Path(__file__).parent / "cases"
LEAST = {"amazon-title": 60, "search-terms": 60, "claims": 60, "spoken-script": 60}


def _cases(kind: str) -> list[Any]:
    found = []
    for ruler_id in RULERS:
        for index, case in enumerate(yaml.safe_load((CASES / f"{ruler_id}.yaml").read_text("utf-8"))[kind]):
            case = case if isinstance(case, dict) else {"text": case}
            found.append(pytest.param(ruler_id, case, id=f"{ruler_id}-{kind}-{index}"))
    return found


@pytest.mark.parametrize(("ruler_id", "case"), _cases("good"))
def test_a_good_text_passes(ruler_id: str, case: dict[str, Any]) -> None:
    ruling = rule(ruler_id, case["text"], case.get("options", {}))
    assert ruling.passed, [(one.rule, one.text) for one in ruling.errors]


@pytest.mark.parametrize(("ruler_id", "case"), _cases("bad"))
def test_a_bad_text_is_told_why(ruler_id: str, case: dict[str, Any]) -> None:
    ruling = rule(ruler_id, case["text"], case.get("options", {}))
    assert set(case["rules"]) <= {one.rule for one in ruling.findings}
    assert ruling.passed == case.get("passes", False), [(one.rule, one.level) for one in ruling.findings]


@pytest.mark.parametrize("ruler_id", list(RULERS))
def test_there_are_enough_cases(ruler_id: str) -> None:
    cases = yaml.safe_load((CASES / f"{ruler_id}.yaml").read_text("utf-8"))
    assert len(cases["good"]) + len(cases["bad"]) >= LEAST.get(ruler_id, 25)
