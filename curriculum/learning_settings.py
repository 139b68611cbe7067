"""What a learner chooses: minutes a day, the hour to be reminded at, quiet hours, or silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.reviews import NIGHT, Quiet
from curriculum.teaching_tables import learning_setting
from foundation.database import insert

SHORT, LONG = 5, 12  # minutes a day; twelve by choice (learning.md)


@dataclass(frozen=True)
class LearningSettings:
    """One person's choices; these are the usual ones."""

    minutes: int = SHORT
    hour: int = 9
    quiet_from: int = NIGHT[0]
    quiet_to: int = NIGHT[1]
    is_on: bool = True
    snoozed_until: datetime | None = None

    @property
    def quiet(self) -> Quiet:
        return self.quiet_from, self.quiet_to


def settings_of(connection: Connection, person_id: str) -> LearningSettings:
    columns = [learning_setting.c[name] for name in LearningSettings.__dataclass_fields__]
    row = connection.execute(sa.select(*columns).where(learning_setting.c.person_id == person_id)).first()
    return LearningSettings(*row) if row else LearningSettings()


def change_settings(connection: Connection, person_id: str, **changes: Any) -> LearningSettings:
    """Change some of the choices; the values were validated at the edge."""
    row = vars(settings_of(connection, person_id)) | changes
    fresh = insert(connection, learning_setting).values(row | {"person_id": person_id})
    connection.execute(fresh.on_conflict_do_update(index_elements=["person_id"], set_=row))
    return LearningSettings(**row)
