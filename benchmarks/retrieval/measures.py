"""What is measured of a ranking: recall, reciprocal rank and discounted gain, for any engine that ranks ids."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Search = Callable[[str, int], Sequence[str]]
DEPTH = 10


@dataclass(frozen=True)
class Query:
    id: str
    text: str
    relevant: frozenset[str]


def recall(found: Sequence[str], relevant: frozenset[str], at: int) -> float:
    """The share of the relevant documents, or of the places, that the first `at` fill: 1 for a right first of many."""
    return len(relevant.intersection(found[:at])) / min(len(relevant), at)


def reciprocal_rank(found: Sequence[str], relevant: frozenset[str]) -> float:
    return next((1 / rank for rank, id_ in enumerate(found[:DEPTH], 1) if id_ in relevant), 0.0)


def discounted_gain(found: Sequence[str], relevant: frozenset[str]) -> float:
    """nDCG@10 with one gain for every relevant document (Järvelin & Kekäläinen 2002)."""
    gain = sum(1 / math.log2(rank + 1) for rank, id_ in enumerate(found[:DEPTH], 1) if id_ in relevant)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), DEPTH) + 1))
    return gain / best


def measure(build: Callable[[], Search], queries: Sequence[Query]) -> dict[str, float]:
    """Build an engine, ask it everything, and say how well and how dear that was (times are processor time)."""
    memory_before, started = _memory(), time.process_time()
    search = build()
    build_seconds = time.process_time() - started
    rankings, times = [], []
    search(queries[0].text, DEPTH)
    for query in queries:
        asked = time.process_time()
        rankings.append((search(query.text, DEPTH), query.relevant))
        times.append(1000 * (time.process_time() - asked))
    return _summary(rankings, times) | {
        "build_s": round(build_seconds, 2),
        "memory_mb": round(_memory() - memory_before, 1),
    }


def _summary(rankings: Sequence[tuple[Sequence[str], frozenset[str]]], times: Sequence[float]) -> dict[str, float]:
    scores: Mapping[str, Callable[[Sequence[str], frozenset[str]], float]] = {
        "recall@1": lambda found, relevant: recall(found, relevant, 1),
        "recall@5": lambda found, relevant: recall(found, relevant, 5),
        "recall@10": lambda found, relevant: recall(found, relevant, 10),
        "mrr@10": reciprocal_rank,
        "ndcg@10": discounted_gain,
    }
    means = {
        name: round(sum(score(*ranking) for ranking in rankings) / len(rankings), 4) for name, score in scores.items()
    }
    return means | {"p50_ms": round(percentile(times, 0.5), 2), "p99_ms": round(percentile(times, 0.99), 2)}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _memory() -> float:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20
