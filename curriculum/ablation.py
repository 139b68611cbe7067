"""Which clause of a playbook earns its place: outputs with everything and with one clause missing, kept and compared.

What is compared is what the rulers object to in each output. The interval of a difference is a percentile bootstrap
(Efron 1979) at 95 %; the verdict is an exact permutation test (Fisher 1935), corrected for looking at all clauses
(Holm 1979), so that a whole ablation claims a difference that is none at most once in twenty. "No difference seen" is
not "no difference": small effects need more repeats than anybody pays for.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.model_tables import ablation_output
from foundation.database import insert
from foundation.scope import Scope

WHOLE = ""  # the clause's place where nothing is missing
LEVEL = 0.05
RESAMPLES = 2000
EXACT_UP_TO = 20_000  # ways to part the outputs; beyond it a sample of them


@dataclass(frozen=True)
class Output:
    """One output and what the rulers said of it."""

    clause: str
    number: int
    model: str
    text: str
    findings: Sequence[Mapping[str, Any]]
    errors: int
    cost: int


@dataclass(frozen=True)
class Effect:
    """What a clause does: mean errors with it and without it, the difference and its interval, and the verdict."""

    clause: str
    repeats: int
    with_clause: float
    without: float
    difference: float
    low: float
    high: float
    p: float  # of the permutation test, before correction
    verdict: str  # earns · harms · unclear · no_difference · too_few


def keep(connection: Connection, scope: Scope, playbook: tuple[str, str], made: Output, now: datetime) -> None:
    """Keep one output, once; of a run that was broken off the next one takes up what is missing."""
    row: dict[str, Any] = {"team_id": scope.team_id, "playbook_id": playbook[0], "version": playbook[1]}
    row |= {"clause": made.clause, "number": made.number, "model": made.model[:80], "output": made.text}
    row |= {"findings": list(made.findings), "errors": made.errors, "cost": made.cost, "at": now}
    connection.execute(insert(connection, ablation_output).values(row).on_conflict_do_nothing())


def outputs(connection: Connection, scope: Scope, playbook_id: str, version: str) -> list[Output]:
    """What was made for a version, in order of repeats."""
    kept = ablation_output.c
    query = (
        sa.select(kept.clause, kept.number, kept.model, kept.output, kept.findings, kept.errors, kept.cost)
        .where((kept.team_id == scope.team_id) & (kept.playbook_id == playbook_id) & (kept.version == version))
        .order_by(kept.number, kept.clause)
    )
    return [Output(*row) for row in connection.execute(query)]


def kept_versions(connection: Connection, scope: Scope) -> list[tuple[str, str, int]]:
    """Playbook, version and number of outputs of each ablation of the team, the latest first."""
    kept = ablation_output.c
    query = (
        sa.select(kept.playbook_id, kept.version, sa.func.count())
        .where(kept.team_id == scope.team_id)
        .group_by(kept.playbook_id, kept.version)
        .order_by(sa.func.max(kept.at).desc())
    )
    return [(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def rounds(made: Sequence[Output], clauses: Sequence[str]) -> int:
    """How many times everything was made: whole, and with each clause left out."""
    counts = Counter(one.clause for one in made)
    return min(counts[one] for one in (WHOLE, *clauses))


def effects(made: Sequence[Output], clauses: Sequence[str]) -> list[Effect]:
    """The clauses that were left out at least once, the clearest effect first."""
    errors: dict[str, list[int]] = {}
    for one in made:
        errors.setdefault(one.clause, []).append(one.errors)
    whole = errors.get(WHOLE, [])
    measured = [clause for clause in clauses if errors.get(clause)]
    if not whole or not measured:
        return []
    ps = {clause: permutation_p(whole, errors[clause]) for clause in measured}
    claimed = holm(ps)
    found = [
        _effect(clause, whole, errors[clause], ps[clause], clause in claimed, len(measured)) for clause in measured
    ]
    return sorted(found, key=lambda one: (one.verdict not in ("earns", "harms"), -one.difference, one.clause))


def _effect(clause: str, whole: Sequence[int], lacking: Sequence[int], p: float, is_claimed: bool, of: int) -> Effect:
    difference = _mean(lacking) - _mean(whole)
    low, high = bootstrap(whole, lacking)
    verdict = "no_difference"
    if is_claimed:
        verdict = "earns" if difference > 0 else "harms"
    elif smallest_p(len(whole), len(lacking)) > LEVEL / of:
        verdict = "too_few"  # no outcome whatsoever could have shown a difference
    elif p <= LEVEL:
        verdict = "unclear"  # alone it would stand; of so many looked at, one such is to be expected
    repeats = min(len(whole), len(lacking))
    return Effect(clause, repeats, _mean(whole), _mean(lacking), difference, low, high, p, verdict)


def bootstrap(whole: Sequence[int], lacking: Sequence[int]) -> tuple[float, float]:
    """The 95 % percentile interval of the difference of means; the same for the same outputs."""
    chance = random.Random(repr((sorted(whole), sorted(lacking))))
    drawn = sorted(
        _mean(chance.choices(lacking, k=len(lacking))) - _mean(chance.choices(whole, k=len(whole)))
        for _ in range(RESAMPLES)
    )
    return drawn[int(RESAMPLES * LEVEL / 2)], drawn[math.ceil(RESAMPLES * (1 - LEVEL / 2)) - 1]


def permutation_p(whole: Sequence[int], lacking: Sequence[int]) -> float:
    """Two-sided: how often outputs parted at random differ at least as much. Exact for few, sampled for many."""
    everything, size = [*whole, *lacking], len(lacking)
    total, seen = sum(everything), abs(_gap(sum(lacking), sum(everything), size, len(everything)))
    ways = math.comb(len(everything), size)
    if ways <= EXACT_UP_TO:
        sums = (sum(part) for part in itertools.combinations(everything, size))
        extreme, count = 0, ways
    else:
        chance = random.Random(repr((sorted(whole), sorted(lacking))))
        sums = (sum(chance.sample(everything, size)) for _ in range(EXACT_UP_TO))
        extreme, count = 1, EXACT_UP_TO + 1  # what was seen is one of the ways: never a p of nothing
    extreme += sum(abs(_gap(one, total, size, len(everything))) >= seen - 1e-12 for one in sums)
    return extreme / count


def _gap(part: int, total: int, size: int, count: int) -> float:
    return part / size - (total - part) / (count - size)


def smallest_p(first: int, second: int) -> float:
    """The least p that so many outputs can give: both sides at their extremes."""
    return min(1.0, 2 / math.comb(first + second, first))


def repeats_needed(clauses: int) -> int:
    """How many repeats can show a difference at all where so many clauses are looked at."""
    return next(n for n in itertools.count(2) if smallest_p(n, n) <= LEVEL / max(clauses, 1))


def holm(ps: Mapping[str, float]) -> set[str]:
    """Those of the tests that stand together at 5 % (Holm's step-down procedure)."""
    standing: set[str] = set()
    for place, name in enumerate(sorted(ps, key=lambda one: ps[one])):
        if ps[name] > LEVEL / (len(ps) - place):
            break
        standing.add(name)
    return standing


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)
