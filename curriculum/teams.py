"""Teams as their people run them: founding, switching, roles, invitations as a list, leaving and being dismissed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum import people
from curriculum.tables import invitation, membership, person, sign_in_link, team
from curriculum.team_tables import assignment
from foundation.errors import ExpectedError, NotFound
from foundation.people_text import visible
from foundation.scope import ROLES, Scope

FOUNDER = ("mentor", "lead", "owner")
FIRST_DAYS = timedelta(days=14)
KEPT_ROLES = ("lead", "owner")  # a team must not lose its last one


@dataclass(frozen=True)
class Belonging:
    """One of a person's teams."""

    team_id: str
    name: str
    roles: frozenset[str]
    is_current: bool


@dataclass(frozen=True)
class Colleague:
    """A member as the team's page shows them."""

    id: str
    name: str
    language: str
    zone: str
    roles: frozenset[str]
    cohort: str
    joined_at: datetime


@dataclass(frozen=True)
class Offer:
    """An invitation that still lets somebody in."""

    id: str
    roles: frozenset[str]
    cohort: str
    uses: int
    max_uses: int
    expires_at: datetime


def found(connection: Connection, person_id: str, name: str, now: datetime, zone: str = "Asia/Shanghai") -> str:
    """A new team with this person as mentor, lead and owner; returns its id. Raises ExpectedError for a name that is none."""
    wanted = " ".join(name.split())
    if not 1 <= len(wanted) <= 40 or any(ord(char) < 32 for char in wanted):
        raise ExpectedError("team.bad_name")
    team_id = people.add_team(connection, wanted, now, zone=zone)
    people.join_team(connection, team_id, person_id, FOUNDER, now)
    return team_id


def teams_of(connection: Connection, person_id: str) -> list[Belonging]:
    """The teams somebody belongs to, by name."""
    columns = (team.c.id, team.c.name, membership.c.roles, (person.c.team_id == team.c.id).label("current"))
    joined = membership.join(team, team.c.id == membership.c.team_id).join(
        person, person.c.id == membership.c.person_id
    )
    where = (membership.c.person_id == person_id) & membership.c.left_at.is_(None)
    query = sa.select(*columns).select_from(joined).where(where).order_by(team.c.name, team.c.id)
    return [
        Belonging(row.id, row.name, frozenset(row.roles.split()), bool(row.current))
        for row in connection.execute(query)
    ]


def switch(connection: Connection, person_id: str, team_id: str) -> None:
    """Act in another of one's own teams from now on. Raises NotFound for a team one is not in."""
    mine = sa.select(membership.c.team_id).where(
        (membership.c.person_id == person_id) & (membership.c.team_id == team_id) & membership.c.left_at.is_(None)
    )
    done = connection.execute(person.update().where((person.c.id == person_id) & mine.exists()).values(team_id=team_id))
    if done.rowcount != 1:
        raise NotFound(team_id)


def members(connection: Connection, scope: Scope, *, cohort: str | None = None) -> list[Colleague]:
    """Everybody in the team, by name; for those who lead or teach. Raises NotFound for others."""
    if not scope.may("mentor", "lead", "owner"):
        raise NotFound("members")
    where = (membership.c.team_id == scope.team_id) & membership.c.left_at.is_(None)
    if cohort is not None:
        where &= membership.c.cohort == cohort
    columns = (person.c.id, person.c.name, person.c.language, person.c.zone)
    own = (membership.c.roles, membership.c.cohort, membership.c.joined_at)
    query = (
        sa.select(*columns, *own).select_from(membership.join(person)).where(where).order_by(person.c.name, person.c.id)
    )
    return [_colleague(row) for row in connection.execute(query)]


def member(connection: Connection, scope: Scope, person_id: str) -> Colleague:
    """One member of the team. Raises NotFound for anybody else, wherever they are."""
    where = (
        (membership.c.team_id == scope.team_id) & (membership.c.person_id == person_id) & membership.c.left_at.is_(None)
    )
    columns = (person.c.id, person.c.name, person.c.language, person.c.zone)
    own = (membership.c.roles, membership.c.cohort, membership.c.joined_at)
    row = connection.execute(sa.select(*columns, *own).select_from(membership.join(person)).where(where)).first()
    if row is None or not scope.may("mentor", "lead", "owner"):
        raise NotFound(person_id)
    return _colleague(row)


def _colleague(row: Any) -> Colleague:
    return Colleague(row.id, row.name, row.language, row.zone, frozenset(row.roles.split()), row.cohort, row.joined_at)


def cohorts(connection: Connection, scope: Scope, now: datetime | None = None) -> list[str]:
    """The names of the team's cohorts; with `now` also of those that an open invitation leads to."""
    own = (membership.c.team_id == scope.team_id) & membership.c.left_at.is_(None) & (membership.c.cohort != "")
    names = set(connection.execute(sa.select(membership.c.cohort).where(own).distinct()).scalars())
    if now is not None:
        leads_to = _still_open(scope, now) & (invitation.c.cohort != "")
        names |= set(connection.execute(sa.select(invitation.c.cohort).where(leads_to).distinct()).scalars())
    return sorted(names)


def is_new(connection: Connection, scope: Scope, now: datetime) -> bool:
    """Whether the first steps are still to be made: nobody else is here, or nothing was given in the first fortnight."""
    others = (
        (membership.c.team_id == scope.team_id)
        & membership.c.left_at.is_(None)
        & (membership.c.person_id != scope.person_id)
    )
    given = sa.exists(sa.select(assignment.c.id).where(assignment.c.team_id == scope.team_id))
    columns = (team.c.created_at, sa.exists(sa.select(membership.c.person_id).where(others)), given)
    founded_at, has_others, has_given = connection.execute(sa.select(*columns).where(team.c.id == scope.team_id)).one()
    return not has_others or (not has_given and now < founded_at + FIRST_DAYS)


def set_roles(connection: Connection, scope: Scope, person_id: str, roles: Iterable[str]) -> None:
    """Give a member exactly these roles: a lead may give all but owner, an owner all. Raises ExpectedError or NotFound."""
    known, wanted = member(connection, scope, person_id), set(roles)
    if not scope.may("lead", "owner") or not wanted or not wanted <= set(ROLES):
        raise ExpectedError("team.may_not")
    if ("owner" in wanted) != ("owner" in known.roles) and not scope.may("owner"):
        raise ExpectedError("team.may_not")
    _must_keep(connection, scope.team_id, person_id, losing=known.roles - wanted)
    ordered = " ".join(role for role in ROLES if role in wanted)
    where = (membership.c.team_id == scope.team_id) & (membership.c.person_id == person_id)
    connection.execute(membership.update().where(where).values(roles=ordered))


def set_cohort(connection: Connection, scope: Scope, person_id: str, cohort: str) -> None:
    member(connection, scope, person_id)
    if not scope.may("lead", "owner"):
        raise ExpectedError("team.may_not")
    where = (membership.c.team_id == scope.team_id) & (membership.c.person_id == person_id)
    connection.execute(membership.update().where(where).values(cohort=visible(cohort)[:60]))


def dismiss(connection: Connection, scope: Scope, person_id: str, now: datetime) -> None:
    """Put a member out of every door at once, and bar them from the invitations there are; an owner only by an owner.

    Raises ExpectedError or NotFound.
    """
    known = member(connection, scope, person_id)
    if not scope.may("lead", "owner") or ("owner" in known.roles and not scope.may("owner")):
        raise ExpectedError("team.may_not")
    if person_id == scope.person_id:
        raise ExpectedError("team.not_yourself")
    _go(connection, scope.team_id, known, now, dismissed_at=now)


def dismissed(connection: Connection, scope: Scope, person_id: str) -> str | None:
    """The name of somebody who was dismissed from this team and has not come back; None for anybody else."""
    own = (membership.c.team_id == scope.team_id) & (membership.c.person_id == person_id)
    out = own & membership.c.left_at.is_not(None) & membership.c.dismissed_at.is_not(None)
    return connection.execute(sa.select(person.c.name).select_from(membership.join(person)).where(out)).scalar()


def leave(connection: Connection, scope: Scope, now: datetime) -> None:
    """Go of one's own accord; the last lead names another first."""
    row = connection.execute(
        sa.select(membership.c.roles).where(
            (membership.c.team_id == scope.team_id)
            & (membership.c.person_id == scope.person_id)
            & membership.c.left_at.is_(None)
        )
    ).scalar()
    if row is None:
        raise NotFound(scope.team_id)
    leaving = Colleague(scope.person_id, "", "", "", frozenset(row.split()), "", now)
    _go(connection, scope.team_id, leaving, now)


def _go(connection: Connection, team_id: str, leaving: Colleague, now: datetime, **more: datetime) -> None:
    _must_keep(connection, team_id, leaving.id, losing=leaving.roles)
    where = (membership.c.team_id == team_id) & (membership.c.person_id == leaving.id)
    connection.execute(membership.update().where(where).values(left_at=now, roles="", **more))
    connection.execute(sign_in_link.delete().where(sign_in_link.c.person_id == leaving.id))
    left = teams_of(connection, leaving.id)
    if left:  # a member of another team stays signed in there: nobody of this one can shut them out of that
        acting = (person.c.id == leaving.id) & (person.c.team_id == team_id)
        connection.execute(person.update().where(acting).values(team_id=left[0].team_id))
        return
    # Their sessions stay, void by the epoch: by them a browser's owner is known again at an invitation.
    changes = {"session_epoch": person.c.session_epoch + 1, "team_id": None}
    connection.execute(person.update().where(person.c.id == leaving.id).values(changes))


def _must_keep(connection: Connection, team_id: str, person_id: str, losing: Iterable[str]) -> None:
    """Refuse what would leave the team without a lead or an owner; the team's row is held, so that two cannot go at once."""
    at_risk = [role for role in KEPT_ROLES if role in set(losing)]
    if not at_risk:
        return
    connection.execute(sa.select(team.c.id).where(team.c.id == team_id).with_for_update())
    others = sa.select(membership.c.roles).where(
        (membership.c.team_id == team_id) & (membership.c.person_id != person_id) & membership.c.left_at.is_(None)
    )
    held = {role for roles in connection.execute(others).scalars() for role in roles.split()}
    for role in at_risk:
        if role not in held:
            raise ExpectedError(f"team.last_{role}")


def is_last_lead(connection: Connection, person_id: str) -> bool:
    """Whether some team with other people in it would be left without a lead."""
    for one in teams_of(connection, person_id):
        if "lead" not in one.roles:
            continue
        others = sa.select(membership.c.roles).where(
            (membership.c.team_id == one.team_id)
            & (membership.c.person_id != person_id)
            & membership.c.left_at.is_(None)
        )
        held = list(connection.execute(others).scalars())
        if held and not any("lead" in roles.split() for roles in held):
            return True
    return False


def offers(connection: Connection, scope: Scope, now: datetime) -> Sequence[Offer]:
    """The invitations that still let somebody in, the newest first."""
    if not scope.may("lead", "owner"):
        raise NotFound("offers")
    query = (
        sa.select(invitation).where(_still_open(scope, now)).order_by(invitation.c.created_at.desc(), invitation.c.id)
    )
    return [
        Offer(row.id, frozenset(row.roles.split()), row.cohort, row.uses, row.max_uses, row.expires_at)
        for row in connection.execute(query)
    ]


def _still_open(scope: Scope, now: datetime) -> sa.ColumnElement[bool]:
    return (
        (invitation.c.team_id == scope.team_id)
        & invitation.c.revoked_at.is_(None)
        & (invitation.c.expires_at > now)
        & (invitation.c.uses < invitation.c.max_uses)
    )


def revoke(connection: Connection, scope: Scope, offer_id: str, now: datetime) -> None:
    """Withdraw an invitation: from now on its link lets nobody in. Raises NotFound."""
    mine = (invitation.c.id == offer_id) & (invitation.c.team_id == scope.team_id) & invitation.c.revoked_at.is_(None)
    if (
        not scope.may("lead", "owner")
        or connection.execute(invitation.update().where(mine).values(revoked_at=now)).rowcount == 0
    ):
        raise NotFound(offer_id)


def revoke_all(connection: Connection, scope: Scope, now: datetime) -> int:
    """Withdraw every invitation that still lets somebody in; gives how many. Raises NotFound."""
    if not scope.may("lead", "owner"):
        raise NotFound("offers")
    return connection.execute(invitation.update().where(_still_open(scope, now)).values(revoked_at=now)).rowcount
