"""Tokens for leads' own programs: scoped, hashed, revocable, and never worth more than their holder's roles of the moment."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.people import token_hash
from curriculum.tables import membership
from curriculum.team_tables import api_token
from foundation.database import new_id
from foundation.errors import ExpectedError, NotFound
from foundation.scope import Scope

SCOPES = ("read", "assign")
MAX_TOKENS, MAX_DAYS = 20, 366


@dataclass(frozen=True)
class Token:
    """A token as its holder sees it; the secret itself was shown once."""

    id: str
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime
    last_used_at: datetime | None


def make(connection: Connection, scope: Scope, name: str, scopes: Iterable[str], days: int, now: datetime) -> str:
    """A new token's secret. Raises ExpectedError for a wish that cannot be granted."""
    wanted = [one for one in SCOPES if one in set(scopes)]
    if not scope.may("lead", "owner"):
        raise NotFound("tokens")
    if (
        not wanted
        or not 1 <= days <= MAX_DAYS
        or not 1 <= len(name.strip()) <= 60
        or len(mine(connection, scope, now)) >= MAX_TOKENS
    ):
        raise ExpectedError("token.impossible", days=MAX_DAYS, count=MAX_TOKENS)
    secret = "zk_" + secrets.token_urlsafe(24)
    row = {
        "id": new_id(),
        "team_id": scope.team_id,
        "person_id": scope.person_id,
        "name": name.strip(),
        "token_hash": token_hash(secret),
    }
    times = {"created_at": now, "expires_at": now + timedelta(days=days)}
    connection.execute(api_token.insert().values(row | times | {"scopes": " ".join(wanted)}))
    return secret


def mine(connection: Connection, scope: Scope, now: datetime) -> list[Token]:
    where = _own(scope) & api_token.c.revoked_at.is_(None) & (api_token.c.expires_at > now)
    rows = connection.execute(sa.select(api_token).where(where).order_by(api_token.c.created_at))
    return [Token(row.id, row.name, tuple(row.scopes.split()), row.expires_at, row.last_used_at) for row in rows]


def revoke(connection: Connection, scope: Scope, token_id: str, now: datetime) -> None:
    where = _own(scope) & (api_token.c.id == token_id) & api_token.c.revoked_at.is_(None)
    if connection.execute(api_token.update().where(where).values(revoked_at=now)).rowcount == 0:
        raise NotFound(token_id)


def _own(scope: Scope) -> sa.ColumnElement[bool]:
    return (api_token.c.team_id == scope.team_id) & (api_token.c.person_id == scope.person_id)


def scope_of(connection: Connection, secret: str, need: str, now: datetime) -> Scope:
    """Who speaks with this token, with the roles they hold now. Raises NotFound whatever the reason it does not hold."""
    here = (
        (membership.c.team_id == api_token.c.team_id)
        & (membership.c.person_id == api_token.c.person_id)
        & membership.c.left_at.is_(None)
    )
    good = (
        (api_token.c.token_hash == token_hash(secret))
        & api_token.c.revoked_at.is_(None)
        & (api_token.c.expires_at > now)
    )
    columns = (api_token.c.id, api_token.c.team_id, api_token.c.person_id, api_token.c.scopes, membership.c.roles)
    row = connection.execute(sa.select(*columns).select_from(api_token.join(membership, here)).where(good)).first()
    if row is None or need not in row.scopes.split():
        raise NotFound("token")
    connection.execute(api_token.update().where(api_token.c.id == row.id).values(last_used_at=now))
    return Scope(row.team_id, row.person_id, frozenset(row.roles.split()))
