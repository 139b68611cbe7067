"""Who asks: every function that reads or writes a team's rows takes a Scope, so that there is no other way in."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("trainee", "mentor", "lead", "owner")


@dataclass(frozen=True)
class Scope:
    """A person acting in one team with the roles they hold there now (read again at every turn)."""

    team_id: str
    person_id: str
    roles: frozenset[str]

    def may(self, *roles: str) -> bool:
        """Whether the person holds one of these roles."""
        return bool(self.roles.intersection(roles))
