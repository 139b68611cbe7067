"""The grader of free writing past its gate: fifty marks of a mentor's that agree with what it suggested."""

from __future__ import annotations

from curriculum import gradings
from tests.helpers.stage import Stage


def passes_the_gate(stage: Stage) -> None:
    learner, mentor = stage.scope("小林"), stage.scope("周老师")
    for number in range(50):
        one = gradings.Suggested("q1", "sk-role", "…", 25 * (number % 5), [])
        stage.write(lambda c, one=one, n=number: gradings.keep(c, learner, one, f"t{n}", stage.clock()))  # type: ignore[misc]
    for one in stage.read(lambda c: gradings.waiting(c, mentor, 100)):
        stage.write(lambda c, one=one: gradings.mark(c, mentor, one.id, one.suggested or 0, stage.clock()))  # type: ignore[misc]
    assert stage.read(lambda c: gradings.gate(c, mentor)).passed
