"""People, teams and who belongs where: joining by invitation, roles, leaving, forgetting."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.tables import invitation, membership, person, session, sign_in_link, team
from foundation.database import insert, new_id
from foundation.errors import ExpectedError, NotFound
from foundation.people_text import visible
from foundation.scope import ROLES, Scope

TOKEN_BYTES = 16  # 128 bits: not to be guessed
SESSION_DAYS = 30
MAX_USES, MAX_DAYS = 1000, 90  # of an invitation


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    language: str
    zone: str
    team_id: str | None


@dataclass(frozen=True)
class Member:
    """A person as the conversation meets them: who they are and in which team, with which roles, they act now."""

    person: Person
    team_name: str
    team_is_demo: bool
    scope: Scope | None


def token_hash(token: str) -> str:
    """What is stored of a link: a leaked database opens no door."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_person(connection: Connection, name: str, language: str, now: datetime, zone: str = "Asia/Shanghai") -> str:
    person_id = new_id()
    row = {
        "id": person_id,
        "name": " ".join(visible(name).split())[:80],
        "language": language,
        "zone": zone,
        "created_at": now,
    }
    connection.execute(person.insert().values(row))
    return person_id


def add_team(
    connection: Connection, name: str, now: datetime, *, is_demo: bool = False, zone: str = "Asia/Shanghai"
) -> str:
    team_id = new_id()
    row = {"id": team_id, "name": " ".join(name.split())[:80], "zone": zone, "is_demo": is_demo, "created_at": now}
    connection.execute(team.insert().values(row))
    return team_id


_BELONGS = (
    (membership.c.person_id == person.c.id)
    & (membership.c.team_id == person.c.team_id)
    & membership.c.left_at.is_(None)
)
MEMBER_COLUMNS = (
    person.c.id, person.c.name, person.c.language, person.c.zone, person.c.team_id, membership.c.roles,
    team.c.name.label("team_name"), team.c.is_demo,
)  # fmt: skip


def with_membership(people: sa.FromClause) -> sa.Join:
    """These people (rows that include `person`) beside the team and roles they have at this moment, if any."""
    return sa.outerjoin(people, membership, _BELONGS).outerjoin(team, team.c.id == membership.c.team_id)


_MEET = sa.select(*MEMBER_COLUMNS).select_from(with_membership(person)).where(person.c.id == sa.bindparam("person"))


def meet(connection: Connection, person_id: str) -> Member:
    """The person with the team and roles they have at this moment. Raises NotFound for one who was forgotten."""
    row = connection.execute(_MEET, {"person": person_id}).first()
    if row is None:
        raise NotFound(person_id)
    return member_of(row)


def member_of(row: Any) -> Member:
    """A member from a row that holds MEMBER_COLUMNS."""
    known = Person(row.id, row.name, row.language, row.zone, row.team_id)
    scope = Scope(row.team_id, row.id, frozenset(row.roles.split())) if row.roles else None
    return Member(known, row.team_name or "", bool(row.is_demo), scope)


def change_person(connection: Connection, person_id: str, **changes: str) -> None:
    """Change name, language or zone; the values were validated at the edge."""
    connection.execute(person.update().where(person.c.id == person_id).values(**changes))


def join_team(
    connection: Connection, team_id: str, person_id: str, roles: Iterable[str], now: datetime, cohort: str = ""
) -> None:
    """Make the person a member (again), adding these roles to those they hold, and let them act in this team."""
    held = connection.execute(
        sa.select(membership.c.roles).where(
            (membership.c.team_id == team_id) & (membership.c.person_id == person_id) & membership.c.left_at.is_(None)
        )
    ).scalar()
    all_roles = set(roles) | set((held or "").split())
    ordered = " ".join(role for role in ROLES if role in all_roles)
    row = {
        "team_id": team_id,
        "person_id": person_id,
        "roles": ordered,
        "cohort": cohort,
        "joined_at": now,
        "left_at": None,
    }
    changes = {"roles": ordered, "left_at": None} | ({"cohort": cohort} if cohort else {})
    connection.execute(
        insert(connection, membership)
        .values(row)
        .on_conflict_do_update(index_elements=["team_id", "person_id"], set_=changes)
    )
    connection.execute(person.update().where(person.c.id == person_id).values(team_id=team_id))


def invite(
    connection: Connection,
    scope: Scope,
    roles: Iterable[str],
    now: datetime,
    *,
    uses: int = 1,
    days: int = 7,
    cohort: str = "",
) -> str:
    """A new invitation's token, shown once; leads and owners may invite, and an owner never joins by a link."""
    wanted = [role for role in ROLES if role in set(roles)]
    if not scope.may("lead", "owner") or not wanted or "owner" in wanted:
        raise ExpectedError("people.may_not_invite")
    if not 1 <= uses <= MAX_USES or not 1 <= days <= MAX_DAYS or len(cohort) > 60:
        raise ExpectedError("people.bad_invitation", uses=MAX_USES, days=MAX_DAYS)
    token = "inv_" + secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "id": new_id(),
        "token_hash": token_hash(token),
        "team_id": scope.team_id,
        "roles": " ".join(wanted),
        "cohort": visible(cohort),
        "max_uses": uses,
        "expires_at": now + timedelta(days=days),
        "created_by": scope.person_id,
        "created_at": now,
    }
    connection.execute(invitation.insert().values(row))
    return token


def redeem(connection: Connection, token: str, person_id: str, now: datetime) -> str:
    """Join by an invitation; one conditional update counts the use, so that N uses let exactly N people in.

    Returns the team's id. Raises ExpectedError for a used up, expired, revoked or unknown link, all alike.
    """
    open_one = (
        (invitation.c.token_hash == token_hash(token))
        & (invitation.c.uses < invitation.c.max_uses)
        & (invitation.c.expires_at > now)
        & invitation.c.revoked_at.is_(None)
    )
    columns = (invitation.c.team_id, invitation.c.roles, invitation.c.cohort, invitation.c.created_at)
    offer = connection.execute(sa.select(*columns).where(invitation.c.token_hash == token_hash(token))).first()
    if offer is not None and _is_member(connection, offer.team_id, person_id, set(offer.roles.split())):
        connection.execute(person.update().where(person.c.id == person_id).values(team_id=offer.team_id))
        return str(offer.team_id)
    if offer is not None and _is_barred(connection, offer.team_id, person_id, offer.created_at):
        raise ExpectedError("people.invitation_invalid")
    used = connection.execute(invitation.update().where(open_one).values(uses=invitation.c.uses + 1))
    if used.rowcount != 1 or offer is None:
        raise ExpectedError("people.invitation_invalid")
    join_team(connection, offer.team_id, person_id, offer.roles.split(), now, offer.cohort)
    return str(offer.team_id)


def inviting_team(connection: Connection, token: str, now: datetime) -> str:
    """The name of the team an invitation leads to. Raises ExpectedError for a link that lets nobody in."""
    offer = sa.select(team.c.name).select_from(invitation.join(team, team.c.id == invitation.c.team_id))
    still = (
        (invitation.c.token_hash == token_hash(token))
        & (invitation.c.expires_at > now)
        & invitation.c.revoked_at.is_(None)
    )
    name = connection.execute(offer.where(still)).scalar()
    if name is None:
        raise ExpectedError("people.invitation_invalid")
    return str(name)


def name_of(words: str) -> str:
    """A name as it is kept. Raises ExpectedError for one that is too long or holds what nobody can see."""
    wanted = " ".join(words.split())
    if len(wanted) > 40 or wanted != visible(wanted):
        raise ExpectedError("me.bad_name")
    return wanted


def _is_member(connection: Connection, team_id: str, person_id: str, roles: set[str]) -> bool:
    where = (membership.c.team_id == team_id) & (membership.c.person_id == person_id) & membership.c.left_at.is_(None)
    held = connection.execute(sa.select(membership.c.roles).where(where)).scalar()
    return held is not None and roles <= set(held.split())


def _is_barred(connection: Connection, team_id: str, person_id: str, made_at: datetime) -> bool:
    """Who went does not come back by a link from before; once dismissed, no older link gives a role again either."""
    own = (membership.c.team_id == team_id) & (membership.c.person_id == person_id)
    older = (membership.c.left_at >= made_at) | (membership.c.dismissed_at >= made_at)
    return connection.execute(sa.select(membership.c.person_id).where(own & older)).first() is not None


def sign_in_token(connection: Connection, person_id: str, now: datetime, *, minutes: int = 15, uses: int = 1) -> str:
    """A link's token that signs this person in at another door."""
    token = "in_" + secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "token_hash": token_hash(token),
        "person_id": person_id,
        "expires_at": now + timedelta(minutes=minutes),
        "max_uses": uses,
        "uses": 0,
    }
    connection.execute(sign_in_link.insert().values(row))
    return token


def use_sign_in(connection: Connection, token: str, now: datetime) -> str:
    """The person a sign-in link belongs to, counting the use. Raises ExpectedError when it no longer holds."""
    link = sign_in_link.c
    good = (link.token_hash == token_hash(token)) & (link.expires_at > now) & (link.uses < link.max_uses)
    used = connection.execute(sign_in_link.update().where(good).values(uses=link.uses + 1))
    if used.rowcount != 1:
        raise ExpectedError("people.link_invalid")
    return str(connection.execute(sa.select(link.person_id).where(link.token_hash == token_hash(token))).scalar_one())


def open_session(connection: Connection, person_id: str, now: datetime) -> str:
    """A session's token for the web; a fresh one at every sign-in, so that none can be fixed beforehand."""
    token = secrets.token_urlsafe(32)
    epoch = connection.execute(sa.select(person.c.session_epoch).where(person.c.id == person_id)).scalar_one()
    row = {"token_hash": token_hash(token), "person_id": person_id, "epoch": epoch, "created_at": now}
    connection.execute(session.insert().values(row | {"expires_at": now + timedelta(days=SESSION_DAYS)}))
    return token


def person_of_session(connection: Connection, token: str, now: datetime) -> str | None:
    """Who holds this session, if it still stands: not expired, and not from before a dismissal."""
    good = (
        (session.c.token_hash == token_hash(token))
        & (session.c.expires_at > now)
        & (session.c.epoch == person.c.session_epoch)
    )
    query = (
        sa.select(session.c.person_id).select_from(session.join(person, person.c.id == session.c.person_id)).where(good)
    )
    return connection.execute(query).scalar()


def once_held_by(connection: Connection, token: str, now: datetime) -> str | None:
    """Whose session this is, even where a dismissal ended it: good for knowing somebody again, not for letting them in."""
    mine = (session.c.token_hash == token_hash(token)) & (session.c.expires_at > now)
    return connection.execute(sa.select(session.c.person_id).where(mine)).scalar()


def close_session(connection: Connection, token: str) -> None:
    connection.execute(session.delete().where(session.c.token_hash == token_hash(token)))


def forget(connection: Connection, person_id: str) -> None:
    """Delete the person; every row about them goes too (foreign keys cascade)."""
    connection.execute(person.delete().where(person.c.id == person_id))
