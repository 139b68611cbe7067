"""What a person fills in and takes away: forms, product cards, and prompts handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.tables import form, handover, product_card
from foundation.database import insert, insert_new, new_id
from foundation.errors import NotFound
from foundation.scope import Scope

# What belongs to a product whichever playbook asks; dates, limits and one week's figures do not.
PRODUCT_KEYS = frozenset(
    (
        "marketplace", "listing_language", "category_path", "brand_name", "product_type", "product_name",
        "verified_facts", "unproven_claims", "variant_info", "target_buyer", "top_worry", "core_keywords",
        "differentiator", "compatible_with", "banned_terms", "price", "landed_cost", "product_facts",
        "material_facts", "evidence", "certs", "spec_table", "product_name_on_cert", "audience_core",
    )
)  # fmt: skip
_NAMED_BY = ("product_name", "product_type", "product_name_on_cert", "brand_name")


@dataclass
class Form:
    """A playbook's blanks, being filled; it outlives restarts and goes on at another door."""

    id: str
    playbook_id: str
    version: str
    answers: dict[str, str]
    state: str = "open"
    asking: str | None = None  # the blank being asked now
    asked: list[str] = field(default_factory=list)  # in order, for the way back
    skipped: list[str] = field(default_factory=list)
    quick: bool = False
    taken: list[str] = field(default_factory=list)  # keys filled from the question or a card, not yet confirmed
    question: str = ""


@dataclass(frozen=True)
class Card:
    id: str
    name: str
    facts: Mapping[str, str]
    updated_at: datetime


def begin_form(
    connection: Connection, scope: Scope, playbook_id: str, version: str, now: datetime, **given: Any
) -> Form:
    """A new open form; one that was open is saved, never lost."""
    open_ones = _mine(scope) & (form.c.state == "open")
    connection.execute(form.update().where(open_ones).values(state="saved"))
    fresh = Form(new_id(), playbook_id, version, dict(given.pop("answers", {})), **given)
    row: dict[str, Any] = {
        "id": fresh.id,
        "team_id": scope.team_id,
        "person_id": scope.person_id,
        "playbook_id": playbook_id,
        "version": version,
    }
    connection.execute(form.insert().values(row | _changing(fresh, now)))
    return fresh


def keep_form(connection: Connection, scope: Scope, one: Form, now: datetime) -> None:
    connection.execute(form.update().where(_mine(scope) & (form.c.id == one.id)).values(_changing(one, now)))


def get_form(connection: Connection, scope: Scope, form_id: str) -> Form:
    """Raises NotFound for a form of another person or team."""
    row = connection.execute(sa.select(form).where(_mine(scope) & (form.c.id == form_id))).first()
    if row is None:
        raise NotFound(form_id)
    return _form(row)


def unfinished_forms(connection: Connection, scope: Scope, limit: int = 5) -> list[Form]:
    """Open and saved forms, the newest first."""
    query = (
        sa.select(form)
        .where(_mine(scope) & form.c.state.in_(("open", "saved")))
        .order_by(form.c.updated_at.desc())
        .limit(limit)
    )
    return [_form(row) for row in connection.execute(query)]


def _mine(scope: Scope) -> sa.ColumnElement[bool]:
    return (form.c.person_id == scope.person_id) & (form.c.team_id == scope.team_id)


def _changing(one: Form, now: datetime) -> dict[str, Any]:
    progress = {key: getattr(one, key) for key in ("asking", "asked", "skipped", "quick", "taken", "question")}
    return {"state": one.state, "answers": one.answers, "progress": progress, "updated_at": now}


def _form(row: Any) -> Form:
    return Form(row.id, row.playbook_id, row.version, dict(row.answers), row.state, **row.progress)


def hand_over(
    connection: Connection,
    scope: Scope,
    playbook_id: str,
    version: str,
    answers: Mapping[str, str],
    door: str,
    turn_id: str,
    now: datetime,
) -> None:
    """Record that the full prompt was handed over; once for a turn."""
    row: dict[str, Any] = {
        "id": new_id(),
        "team_id": scope.team_id,
        "person_id": scope.person_id,
        "playbook_id": playbook_id,
        "version": version,
    }
    row |= {"answers": dict(answers), "door": door, "turn_id": turn_id, "at": now}
    if connection.execute(insert_new(connection, handover, "turn_id"), row).first() is not None:
        from curriculum import tallies  # half of what counts is not needed for a first prompt

        tallies.count_use(connection, scope.team_id, scope.person_id, playbook_id, version, now)


@dataclass(frozen=True)
class Handover:
    playbook_id: str
    version: str
    answers: Mapping[str, str]
    at: datetime


def handovers(connection: Connection, scope: Scope, playbook_id: str | None = None, limit: int = 50) -> list[Handover]:
    """What this person took away, the newest first."""
    where = (handover.c.person_id == scope.person_id) & (handover.c.team_id == scope.team_id)
    if playbook_id:
        where &= handover.c.playbook_id == playbook_id
    query = sa.select(handover).where(where).order_by(handover.c.at.desc()).limit(limit)
    return [Handover(row.playbook_id, row.version, row.answers, row.at) for row in connection.execute(query)]


def cards(connection: Connection, scope: Scope, limit: int = 12) -> list[Card]:
    where = (product_card.c.person_id == scope.person_id) & (product_card.c.team_id == scope.team_id)
    query = sa.select(product_card).where(where).order_by(product_card.c.updated_at.desc()).limit(limit)
    return [Card(row.id, row.name, row.facts, row.updated_at) for row in connection.execute(query)]


def keep_card(connection: Connection, scope: Scope, answers: Mapping[str, str], now: datetime) -> str | None:
    """Keep what the answers say of a product on its card; returns the card's name, or None when they name no product."""
    about = {key: value for key, value in answers.items() if key in PRODUCT_KEYS and value}
    name = next((about[key] for key in _NAMED_BY if about.get(key)), "").splitlines()
    if not name or not name[0].strip():
        return None
    short = name[0].strip()[:80]
    where = (
        (product_card.c.person_id == scope.person_id)
        & (product_card.c.team_id == scope.team_id)
        & (product_card.c.name == short)
    )
    before = connection.execute(sa.select(product_card.c.facts).where(where)).scalar() or {}
    row: dict[str, Any] = {
        "id": new_id(),
        "team_id": scope.team_id,
        "person_id": scope.person_id,
        "name": short,
        "facts": before | about,
        "updated_at": now,
    }
    changes = {"facts": row["facts"], "updated_at": now}
    statement = insert(connection, product_card).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["team_id", "person_id", "name"], set_=changes))
    return short


def forget_card(connection: Connection, scope: Scope, card_id: str) -> None:
    mine = (
        (product_card.c.person_id == scope.person_id)
        & (product_card.c.team_id == scope.team_id)
        & (product_card.c.id == card_id)
    )
    if connection.execute(product_card.delete().where(mine)).rowcount == 0:
        raise NotFound(card_id)
