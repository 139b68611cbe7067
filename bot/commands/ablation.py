"""`zhiran playbooks ablate`: which clause of a playbook earns its place, by running it with and without each."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import ablating
from bot.commands.chat import open_house
from bot.topics.ablation import effect_line
from bot.wiring import House
from curriculum import ablation, spending
from curriculum.ablation import Effect
from curriculum.spending import money
from curriculum.tables import membership, team
from foundation.errors import NotFound
from foundation.model_endpoints import MILLION
from foundation.scope import Scope
from knowledge import shelf
from knowledge.playbook import Playbook


def ablate(playbook_id: str, repeats: int, team_name: str, cap: str, *, dry_run: bool, as_json: bool) -> int:
    """Run what is missing under the cap, then print each clause; 2 where it cannot begin, 1 where it stopped early."""
    house = open_house()
    try:
        return _ablate(house, playbook_id, repeats, team_name, cap, dry_run=dry_run, as_json=as_json)
    finally:
        house.database.close()


def _ablate(
    house: House, playbook_id: str, repeats: int, team_name: str, cap: str, *, dry_run: bool, as_json: bool
) -> int:
    scope = house.database.read_now(lambda c: owner_of(c, team_name))
    if scope is None:
        return _refuse("no such team, or it has no content owner: name one with --team", as_json)
    try:
        book = house.database.read_now(lambda c: shelf.get(c, scope, playbook_id)).playbook
    except NotFound:
        book = None
    if book is None or not book.rulers:
        why = "has no ruler: nothing could tell its outputs apart" if book else "is not on this team's shelf"
        return _refuse(f"{playbook_id} {why}", as_json)
    made = house.database.read_now(lambda c: ablation.outputs(c, scope, book.id, book.version))
    what = ablating.plan(house.models, book, made, repeats)
    if not house.models and what.calls and not dry_run:
        return _refuse("no model is set up, and not all outputs are there yet", as_json)
    limit = _limit(house, scope, cap)
    if limit is None:
        return _refuse("--cap is an amount such as 1.50", as_json)
    told: dict[str, Any] = {"playbook": book.id, "version": book.version, "repeats": repeats}
    told |= {"calls": len(what.calls), "kept": what.done, "cost_at_most": money(what.at_most), "cap": money(limit)}
    told |= {"currency": house.models.currency, "repeats_needed": ablation.repeats_needed(len(book.clauses))}
    _say(_estimate(told), as_json)
    ended = ablating.Ended(0, 0)
    if what.calls and not dry_run:
        ended = asyncio.run(_run(house, scope, book, what, limit))
        made = house.database.read_now(lambda c: ablation.outputs(c, scope, book.id, book.version))
    found = ablation.effects(made, [one.key for one in book.clauses])
    told |= {"made": ended.made, "cost": money(ended.cost), "stopped": ended.why}
    _print(house, told, book, found, as_json=as_json)
    return 1 if ended.why else 0


async def _run(house: House, scope: Scope, book: Playbook, what: ablating.Plan, limit: int) -> ablating.Ended:
    from rich.console import Console
    from rich.progress import Progress

    guard = await house.guards(scope)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(book.id, total=len(what.calls))

        async def progress(done: int, _all: int) -> None:
            bar.update(task, completed=done)

        return await ablating.run(house.models, scope, book, what, limit, guard, progress)


def owner_of(connection: Connection, name: str) -> Scope | None:
    """The scope of a content owner of the named team, or of the only one; None where there is none."""
    query = (
        sa.select(team.c.id, team.c.name, membership.c.person_id, membership.c.roles)
        .join(membership, membership.c.team_id == team.c.id)
        .order_by(team.c.created_at, membership.c.person_id)
    )
    owners = [row for row in connection.execute(query) if "owner" in row.roles and name in ("", row.name)]
    if not owners or len({row.id for row in owners}) > 1:
        return None
    return Scope(owners[0].id, owners[0].person_id, frozenset(owners[0].roles))


def _limit(house: House, scope: Scope, cap: str) -> int | None:
    """The cap in millionths: what was said, but never more than the owner's purse still holds today."""
    limits, today = house.models.settings.limits, house.models.today
    left = house.database.read_now(lambda c: spending.standing(c, scope, limits, today)).left
    try:
        amount = int(Decimal(cap) * MILLION) if cap else left
    except (InvalidOperation, ValueError):
        return None
    return min(amount, left) if amount >= 0 else None


def _refuse(why: str, as_json: bool) -> int:
    print(json.dumps({"error": why}, ensure_ascii=False) if as_json else why)
    return 2


def _say(line: str, as_json: bool) -> None:
    print(line, file=sys.stderr if as_json else sys.stdout, flush=True)


def _estimate(told: dict[str, Any]) -> str:
    return (
        f"{told['playbook']} {told['version']}: {told['calls']} calls to make, {told['kept']} kept; "
        f"at most {told['cost_at_most']} {told['currency']}, cap {told['cap']}"
    )


def _say_in(house: House, language: str, key: str, **values: object) -> str:
    return house.phrases.say(key, language, **values)


def _print(house: House, told: dict[str, Any], book: Playbook, found: Sequence[Effect], *, as_json: bool) -> None:
    names = {one.key: one.name for one in book.clauses}
    if as_json:
        rows = [{"name": names.get(one.clause, one.clause), **asdict(one)} for one in found]
        methods = {"interval": "95 % percentile bootstrap", "test": "permutation, Holm-corrected at 5 %"}
        print(json.dumps({**told, **methods, "clauses": rows}, ensure_ascii=False))
        return
    language = house.settings.language
    for one in found:
        print(effect_line(partial(_say_in, house, language), one, names.get(one.clause, one.clause)))
    if told["stopped"]:
        print(house.phrases.say(told["stopped"], language))
    print(house.phrases.say("ablation.how", language, needed=told["repeats_needed"]))
