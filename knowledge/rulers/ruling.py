"""What a ruler says: things counted, pieces found at fault, and whether the text passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from foundation.documents import Names

ERROR, ADVICE = "error", "advice"
Options = Mapping[str, str]


@dataclass(frozen=True)
class Finding:
    """One piece of a text that a rule is about: where it stands, why, and how sure the rule's source is (`grade`)."""

    rule: str
    level: str  # error | advice
    text: str
    start: int
    end: int
    message: Names
    fact: str | None = None
    grade: str = ""


@dataclass(frozen=True)
class Measure:
    """One thing counted; `limit` is what it is held against, None where it is only told."""

    name: str
    value: float | int | str
    limit: float | int | str | None = None
    ok: bool = True
    label: Names = field(default_factory=lambda: Names(""))


@dataclass(frozen=True)
class Ruling:
    ruler: str
    measures: tuple[Measure, ...]
    findings: tuple[Finding, ...]
    passed: bool

    def measure(self, name: str) -> Measure | None:
        return next((measure for measure in self.measures if measure.name == name), None)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == ERROR)


@dataclass(frozen=True)
class Ruler:
    """A ruler of the trade: its names, what it checks, the facts behind it, the playbooks that use it, its options."""

    id: str
    names: Names
    checks: Names
    facts: tuple[str, ...]
    playbooks: tuple[str, ...]
    options: tuple[str, ...]
    apply: Callable[[str, Options], Ruling]


def ruling(ruler: str, measures: Iterable[Measure], findings: Iterable[Finding]) -> Ruling:
    """A text passes when every measure holds and no finding is an error; findings stand in the order of the text."""
    counted = tuple(measures)
    found = tuple(sorted(dict.fromkeys(findings), key=lambda one: (one.start, one.end, one.rule)))
    passed = all(measure.ok for measure in counted) and not any(finding.level == ERROR for finding in found)
    return Ruling(ruler, counted, found, passed)
