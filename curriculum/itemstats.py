"""What the answers say about an item: how hard, how telling, how guessable, whether it has changed.

Shown from 30 first answers on, "new" before. Limits: learning.md, section 6 (item-rest correlations of published
tests .27-.29; three-option items: Rodriguez 2005; distractors picked by fewer than 5 % do not work: Tarrant 2009).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

ENOUGH = 30
ENOUGH_TO_RETIRE = 60
EASIEST, HARDEST = 0.90, 0.35
TELLING, HOPELESS = 0.20, 0.05
GUESS_MARGIN = 0.10
DRIFT_LAST, DRIFT = 40, 0.15
IDLE_OPTION = 0.05


@dataclass(frozen=True, slots=True)
class Response:
    """One answer to an item, in the order they were given; `expected` is what the rating had predicted."""

    learner: str
    item: str
    correct: bool
    option: str | None = None
    expected: float | None = None


@dataclass(frozen=True, slots=True)
class OptionUse:
    """How often an option was chosen, and how it goes with doing well elsewhere."""

    option: str
    share: float
    correlation: float | None
    is_right: bool


@dataclass(frozen=True, slots=True)
class Flag:
    """Why an owner should look at an item: a reason's name and the number behind it."""

    reason: str
    value: float
    limit: float


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """Everything known of one item from its first answers by different learners."""

    item: str
    answers: int
    difficulty: float | None
    difficulty_error: float | None
    item_rest: float | None
    item_rest_error: float | None
    empirical_guess: float | None
    drift: float | None
    options: tuple[OptionUse, ...]
    flags: tuple[Flag, ...]

    @property
    def is_new(self) -> bool:
        return self.answers < ENOUGH

    @property
    def is_to_retire(self) -> bool:
        return any(flag.reason == "retire" for flag in self.flags)


def item_statistics(
    responses: Sequence[Response], guesses: Mapping[str, float] | None = None
) -> dict[str, ItemStatistics]:
    """Statistics of every item that was answered; `guesses` are the authors' guess rates."""
    firsts = _first_answers(responses)
    rest = _rest_scores(firsts)
    by_item: dict[str, list[Response]] = {}
    for one in firsts:
        by_item.setdefault(one.item, []).append(one)
    return {item: _of_item(item, given, rest, (guesses or {}).get(item, 1 / 3)) for item, given in by_item.items()}


def _first_answers(responses: Iterable[Response]) -> list[Response]:
    """Later answers of the same learner to the same item tell of memory, not of the item."""
    firsts: dict[tuple[str, str], Response] = {}
    for one in responses:
        firsts.setdefault((one.learner, one.item), one)
    return list(firsts.values())


def _rest_scores(firsts: Iterable[Response]) -> dict[tuple[str, str], float]:
    """For a learner and an item: the learner's share right on all other items, against how hard those were."""
    given: dict[str, list[Response]] = {}
    right: dict[str, list[int]] = {}
    for one in firsts:
        given.setdefault(one.learner, []).append(one)
        right.setdefault(one.item, []).append(one.correct)
    hard = {item: sum(hits) / len(hits) for item, hits in right.items()}
    scores = {}
    for learner, answers in given.items():
        total = sum(one.correct - hard[one.item] for one in answers)
        for one in answers:
            if len(answers) > 1:
                scores[learner, one.item] = (total - one.correct + hard[one.item]) / (len(answers) - 1)
    return scores


def _of_item(
    item: str, given: Sequence[Response], rest: Mapping[tuple[str, str], float], guess: float
) -> ItemStatistics:
    count = len(given)
    if count < ENOUGH:
        return ItemStatistics(item, count, None, None, None, None, None, None, (), ())
    difficulty = sum(one.correct for one in given) / count
    scored = [(rest[one.learner, item], one) for one in given if (one.learner, item) in rest]
    item_rest = correlation([score for score, _ in scored], [float(one.correct) for _, one in scored])
    options = _option_uses(scored, given)
    found = ItemStatistics(
        item=item,
        answers=count,
        difficulty=difficulty,
        difficulty_error=sqrt(difficulty * (1 - difficulty) / count),
        item_rest=item_rest,
        item_rest_error=None if item_rest is None else (1 - item_rest**2) / sqrt(max(len(scored) - 2, 1)),
        empirical_guess=_bottom_third(scored),
        drift=_drift(given),
        options=options,
        flags=(),
    )
    flags = tuple(_flags(found, guess))
    return ItemStatistics(**{name: getattr(found, name) for name in found.__slots__} | {"flags": flags})


def _bottom_third(scored: Sequence[tuple[float, Response]]) -> float | None:
    """Success of the learners who do worst elsewhere: what the item gives to those who do not know."""
    lowest = sorted(scored, key=lambda pair: (pair[0], pair[1].learner))[: len(scored) // 3]
    return sum(one.correct for _, one in lowest) / len(lowest) if lowest else None


def _drift(given: Sequence[Response]) -> float | None:
    """Observed less predicted over the last forty answers that carried a prediction."""
    last = [(one.correct, one.expected) for one in given if one.expected is not None][-DRIFT_LAST:]
    if len(last) < DRIFT_LAST:
        return None
    return sum(correct - expected for correct, expected in last) / len(last)


def _option_uses(scored: Sequence[tuple[float, Response]], given: Sequence[Response]) -> tuple[OptionUse, ...]:
    chosen = [one for one in given if one.option is not None]
    uses = []
    for option in sorted({one.option for one in chosen if one.option is not None}):
        picked = [float(one.option == option) for _, one in scored]
        right = any(one.correct for one in chosen if one.option == option)
        share = sum(one.option == option for one in chosen) / len(chosen)
        uses.append(OptionUse(option, share, correlation([score for score, _ in scored], picked), right))
    return tuple(uses)


def _flags(found: ItemStatistics, guess: float) -> Iterable[Flag]:
    assert found.difficulty is not None
    if found.difficulty > EASIEST:
        yield Flag("too_easy", found.difficulty, EASIEST)
    if found.difficulty < HARDEST:
        yield Flag("too_hard", found.difficulty, HARDEST)
    if found.item_rest is not None:
        if found.item_rest < HOPELESS and found.answers >= ENOUGH_TO_RETIRE:
            yield Flag("retire", found.item_rest, HOPELESS)
        elif found.item_rest < TELLING:
            yield Flag("tells_little", found.item_rest, TELLING)
    # Half of the third that knows least may still know: only a surplus beyond the error of so few counts.
    if found.empirical_guess is not None:
        third = max(found.answers // 3, 1)
        limit = guess + GUESS_MARGIN
        if found.empirical_guess - sqrt(limit * (1 - min(limit, 0.99)) / third) > limit and found.difficulty < EASIEST:
            yield Flag("guessable", found.empirical_guess, limit)
    if found.drift is not None and abs(found.drift) > DRIFT:
        yield Flag("drifted", found.drift, DRIFT)
    for use in found.options:
        if not use.is_right and use.share < IDLE_OPTION:
            yield Flag(f"idle_option:{use.option}", use.share, IDLE_OPTION)
        elif not use.is_right and use.correlation is not None and use.correlation > TELLING / 2:
            yield Flag(f"tempts_the_able:{use.option}", use.correlation, TELLING / 2)


def idle_options(found: ItemStatistics, offered: Sequence[str]) -> list[str]:
    """Options to drop: offered but picked by fewer than one in twenty, or by nobody."""
    if found.is_new:
        return []
    used = {use.option: use for use in found.options}
    return [
        option
        for option in offered
        if option not in used or (not used[option].is_right and used[option].share < IDLE_OPTION)
    ]


def correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's; None where either does not vary."""
    count = len(first)
    if count < 3:
        return None
    mean_first, mean_second = sum(first) / count, sum(second) / count
    both = sum((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    spread = sum((a - mean_first) ** 2 for a in first) * sum((b - mean_second) ** 2 for b in second)
    return both / sqrt(spread) if spread > 1e-18 else None
