"""Notices become rows of the outbox, in the transaction of their cause; the courier takes them to their people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.message import Choice, Reply, reply_to_json
from bot.tables import account, outbox
from bot.talk import fill_rich
from curriculum.notices import Notice
from curriculum.tables import person
from foundation.database import insert, new_id
from foundation.phrasebook import Phrasebook

MAX_CAUSE = 96
SPEAKS_FIRST = ("telegram", "web")  # doors at which something can be said unasked; a terminal is not always on


@dataclass(frozen=True)
class Post:
    """Puts notices into the outbox, once for each cause, in the person's own language."""

    phrases: Phrasebook

    def tell(self, connection: Connection, notice: Notice) -> None:
        language = connection.execute(sa.select(person.c.language).where(person.c.id == notice.person_id)).scalar()
        if language is None:
            return  # forgotten meanwhile
        choices = tuple(Choice(self.phrases.say(label, language), words) for label, words in notice.choices)
        said = Reply(fill_rich(self.phrases.template(notice.phrase, language), notice.values), choices)
        row: dict[str, Any] = {
            "id": new_id(),
            "person_id": notice.person_id,
            "cause": notice.cause[:MAX_CAUSE],
            "kind": notice.kind,
        }
        row |= {"reply": reply_to_json(said), "state": "due", "not_before": notice.not_before, "sent_at": None}
        connection.execute(insert(connection, outbox).values(row).on_conflict_do_nothing(index_elements=["cause"]))


def out_of_reach(connection: Connection, people: list[str]) -> set[str]:
    """Those of these people to whom nothing can be said unasked: every such account blocked, or none there."""
    can_hear = account.c.reachable.is_(True) & account.c.door.in_(SPEAKS_FIRST)
    reachable = sa.select(account.c.person_id).where(account.c.person_id.in_(people) & can_hear).distinct()
    return set(people) - set(connection.execute(reachable).scalars())


def take_back(connection: Connection, cause_begins: str) -> None:
    """What has not been said yet about a cause is not said any more."""
    waiting = outbox.c.state.in_(("due", "unreached")) & outbox.c.cause.startswith(cause_begins, autoescape=True)
    connection.execute(outbox.delete().where(waiting))
