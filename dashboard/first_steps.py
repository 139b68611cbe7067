"""A team's first steps, the same for the chat and the lead's page: vet, invite, give something; in any order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from curriculum import assignments, teams
from foundation.scope import Scope
from knowledge import shelf


@dataclass(frozen=True)
class FirstSteps:
    """What there is so far, and which steps are done."""

    vetted: int
    waiting: int
    people: int
    tasks: int

    @property
    def done(self) -> dict[str, bool]:
        return {"vet": self.vetted > 0 or not self.waiting, "invite": self.people > 1, "assign": self.tasks > 0}

    @property
    def counts(self) -> dict[str, int]:
        """As the steps' phrases take them."""
        return {"vetted": self.vetted, "waiting": self.waiting, "people": self.people, "tasks": self.tasks}


def first_steps(connection: Connection, scope: Scope) -> FirstSteps:
    """How far this team has come."""
    standings = shelf.all_versions(connection, scope)
    vetted = sum(one.is_vetted for one in standings)
    waiting = sum(one.status == "in review" for one in standings)
    people, tasks = len(teams.members(connection, scope)), len(assignments.current(connection, scope))
    return FirstSteps(vetted, waiting, people, tasks)


def still_to_make(connection: Connection, scope: Scope, now: datetime) -> FirstSteps | None:
    """The steps while a team is new, or while nothing in it is vetted; None for a team that is under way."""
    steps = first_steps(connection, scope)
    return steps if not steps.done["vet"] or teams.is_new(connection, scope, now) else None
