"""All tables of all rooms on one metadata, so that migrations and tests see the whole."""

from importlib import import_module

import sqlalchemy as sa

from foundation.database import metadata

ROOMS = (
    "knowledge.tables",
    "curriculum.tables",
    "curriculum.teaching_tables",
    "curriculum.model_tables",
    "curriculum.team_tables",
    "bot.tables",
    "bot.courier.tables",
    "bot.doors.telegram.tables",
    "bot.doors.web.tables",
)


def all_tables() -> sa.MetaData:
    """The metadata with every room's tables on it."""
    for room in ROOMS:
        import_module(room)
    return metadata
