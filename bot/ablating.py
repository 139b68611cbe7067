"""Running an ablation: the playbook's own example, whole and with each clause left out, as often as was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bot.asking_models import Models
from bot.guard import Session
from bot.judging import judge_output
from bot.message import Turn
from bot.topics.run import run_request
from curriculum import ablation
from curriculum.ablation import WHOLE, Output
from foundation.database import new_id
from foundation.language_model import Asked
from foundation.scope import Scope
from knowledge.playbook import Playbook

DOOR = "cli"
AT_ONCE = 3  # calls; more would meet the endpoints' limits on one key
Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True)
class Plan:
    """The calls that are still to be made, and what they can cost at most, in millionths."""

    calls: Sequence[tuple[int, str]]  # repeat, clause left out
    done: int
    at_most: int


@dataclass(frozen=True)
class Ended:
    """How a run went: `why` is a phrase's key where it stopped before the end."""

    made: int
    cost: int
    why: str = ""


def plan(models: Models, book: Playbook, made: Sequence[Output], repeats: int) -> Plan:
    """Repeat by repeat, so that one that is broken off has compared all clauses equally often."""
    known = {(one.number, one.clause) for one in made}
    wanted = [(number, clause) for number in range(repeats) for clause in (WHOLE, *(one.key for one in book.clauses))]
    calls = [call for call in wanted if call not in known]
    return Plan(calls, len(wanted) - len(calls), sum(models.at_most(_request(book, clause)) for _, clause in calls))


async def run(
    models: Models,
    scope: Scope,
    book: Playbook,
    what: Plan,
    cap: int,
    guard: Session | None,
    progress: Progress,
    turn: Turn | None = None,
) -> Ended:
    """Make what is missing, each output kept as soon as it is there; nothing is asked that could go beyond the cap.

    `turn` is the one that a stop is listened for in.
    """
    made = spent = 0
    while made < len(what.calls):
        group = _affordable(models, book, what.calls[made : made + AT_ONCE], cap - spent)
        if not group:
            return Ended(made, spent, "ablation.capped")
        ended = await asyncio.gather(*(_one(models, scope, book, call, guard, turn) for call in group))
        spent += sum(cost for _, cost in ended)
        made += sum(not why for why, _ in ended)
        await progress(made, len(what.calls))
        if whys := [why for why, _ in ended if why]:
            return Ended(made, spent, whys[0])
    return Ended(made, spent)


def _affordable(
    models: Models, book: Playbook, calls: Sequence[tuple[int, str]], left: int
) -> Sequence[tuple[int, str]]:
    for count, (_, clause) in enumerate(calls):
        left -= models.at_most(_request(book, clause))
        if left < 0:
            return calls[:count]
    return calls


async def _one(
    models: Models, scope: Scope, book: Playbook, call: tuple[int, str], guard: Session | None, turn: Turn | None
) -> tuple[str, int]:
    """One output, made and kept: why there is none (a phrase's key, or nothing), and what it cost."""
    number, clause = call
    asking = turn or Turn(new_id(), scope.person_id, DOOR, "", "", models.now(), {})
    answered = await models.ask(scope, asking, _request(book, clause), "ablation", guard)
    if answered.how not in ("whole", "short"):
        return answered.why or "model.busy", answered.cost
    findings = judge_output(book, book.example_values, answered.text)
    errors = sum(one["level"] == "error" for one in findings)
    model = models.chain.lines[0].endpoint.model
    made = Output(clause, number, model, answered.text, findings, errors, answered.cost)
    await models.database.write(
        partial(ablation.keep, scope=scope, playbook=(book.id, book.version), made=made, now=models.now())
    )
    return "", answered.cost


def _request(book: Playbook, clause: str) -> Asked:
    return run_request(book, dict(book.example_values), frozenset({clause} - {WHOLE}))
