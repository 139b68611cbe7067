"""Notices become rows of the outbox, in the transaction of their cause; the courier takes them to their people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.message import Choice, Reply, reply_to_json
from bot.tables import outbox
from bot.talk import fill_rich
from curriculum.notices import Notice
from curriculum.tables import person
from foundation.database import insert, new_id
from foundation.phrasebook import Phrasebook

MAX_CAUSE = 96
UNSAID = ("due", "unreached")  # what is being said at this moment cannot be amended any more


@dataclass(frozen=True)
class Post:
    """Puts notices into the outbox, once for each cause, in the person's own language; what waits there can be amended."""

    phrases: Phrasebook

    def tell(self, connection: Connection, notice: Notice) -> bool:
        language = connection.execute(sa.select(person.c.language).where(person.c.id == notice.person_id)).scalar()
        if language is None:
            return False  # forgotten meanwhile
        choices = tuple(Choice(self.phrases.say(label, language), words) for label, words in notice.choices)
        whole = "".join(self.phrases.template(one, language) for one in (notice.phrase, *notice.also))
        said = Reply(fill_rich(whole, notice.values), choices)
        reply, cause = reply_to_json(said), notice.cause[:MAX_CAUSE]
        if notice.amends:
            unsaid = (outbox.c.cause == cause) & outbox.c.state.in_(UNSAID)
            return connection.execute(outbox.update().where(unsaid).values(reply=reply)).rowcount == 1
        row: dict[str, Any] = {"id": new_id(), "person_id": notice.person_id, "cause": cause, "kind": notice.kind}
        row |= {"reply": reply, "state": "due", "not_before": notice.not_before, "sent_at": None}
        fresh = insert(connection, outbox).values(row).on_conflict_do_nothing(index_elements=["cause"])
        return connection.execute(fresh.returning(outbox.c.id)).first() is not None
