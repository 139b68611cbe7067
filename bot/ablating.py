"""Running an ablation: the playbook's own example, whole and with each clause left out, as often as was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
Progress = Callable[[int, int], None]


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
    models: Models, scope: Scope, book: Playbook, what: Plan, cap: int, guard: Session | None, progress: Progress
) -> Ended:
    """Make what is missing, each output kept as soon as it is there; nothing is asked that could go beyond the cap."""
    spent = 0
    for count, (number, clause) in enumerate(what.calls):
        asked = _request(book, clause)
        if spent + models.at_most(asked) > cap:
            return Ended(count, spent, "ablation.capped")
        turn = Turn(new_id(), scope.person_id, DOOR, "", "", models.now(), {})
        answered = await models.ask(scope, turn, asked, "ablation", guard)
        spent += answered.cost
        if answered.how not in ("whole", "short"):
            return Ended(count, spent, answered.why or "model.busy")
        findings = judge_output(book, book.example_values, answered.text)
        errors = sum(one["level"] == "error" for one in findings)
        made = Output(
            clause, number, models.chain.lines[0].endpoint.model, answered.text, findings, errors, answered.cost
        )
        save = partial(ablation.keep, scope=scope, playbook=(book.id, book.version), made=made, now=models.now())
        await models.database.write(save)
        progress(count + 1, len(what.calls))
    return Ended(len(what.calls), spent)


def _request(book: Playbook, clause: str) -> Asked:
    return run_request(book, dict(book.example_values), frozenset({clause} - {WHOLE}))
