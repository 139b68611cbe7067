"""`zhiran team new`: the first team of an installation, and the way in for its lead."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.commands.chat import open_house
from bot.doors.terminal import LOCAL
from bot.inbox import bind_account
from bot.tables import account
from curriculum import people, teams
from knowledge import shelf


def new_team(name: str, lead: str, *, as_json: bool = False) -> int:
    """Make the team and its lead; prints a link that signs them in, good for a day."""
    house = open_house()
    now, settings = house.now(), house.settings

    def make(connection: Connection) -> str:
        person_id = people.add_person(connection, lead, settings.language, now, settings.zone)
        team_id = teams.found(connection, person_id, name, now, settings.zone)
        shelf.import_library(connection, team_id, now)
        where = (account.c.door == "terminal") & (account.c.external_id == LOCAL)
        if connection.execute(sa.select(account.c.person_id).where(where)).scalar() is None:
            bind_account(connection, "terminal", LOCAL, person_id, now)
        return people.sign_in_token(connection, person_id, now, minutes=24 * 60)

    token = house.database.write_now(make)
    made = {"team": name, "lead": lead, "web": f"{settings.address}/in/{token}", "elsewhere": f"/link {token}"}
    if as_json:
        print(json.dumps(made, ensure_ascii=False))
    else:
        print(house.phrases.say("team.made", settings.language, **made))
    house.database.close()
    return 0
