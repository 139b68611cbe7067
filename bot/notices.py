"""Notices become rows of the outbox, in the transaction of their cause; the courier takes them to their people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.message import Choice, Reply, RichText, reply_to_json
from bot.tables import outbox
from bot.talk import fill_rich, quoted
from curriculum.notices import Notice
from curriculum.tables import person
from foundation.database import insert, new_id
from foundation.phrasebook import Phrasebook

MAX_CAUSE = 96
UNSAID = ("due", "unreached")  # what is being said at this moment cannot be amended any more
SAID = ("words", "given", "said", "note")  # values that are what a person wrote


@dataclass(frozen=True)
class Post:
    """Puts notices into the outbox, once for each cause, in the person's own language; what waits there can be amended."""

    phrases: Phrasebook

    def tell(self, connection: Connection, notice: Notice) -> bool:
        language = connection.execute(sa.select(person.c.language).where(person.c.id == notice.person_id)).scalar()
        if language is None:
            return False  # forgotten meanwhile
        choices = tuple(Choice(self.phrases.say(label, language), words) for label, words in notice.choices)
        said = Reply(self._text(notice, language), choices)
        reply, cause = reply_to_json(said), notice.cause[:MAX_CAUSE]
        if notice.amends:
            unsaid = (outbox.c.cause == cause) & outbox.c.state.in_(UNSAID)
            return connection.execute(outbox.update().where(unsaid).values(reply=reply)).rowcount == 1
        row: dict[str, Any] = {"id": new_id(), "person_id": notice.person_id, "cause": cause, "kind": notice.kind}
        row |= {"reply": reply, "state": "due", "not_before": notice.not_before, "sent_at": None}
        fresh = insert(connection, outbox).values(row).on_conflict_do_nothing(index_elements=["cause"])
        return connection.execute(fresh.returning(outbox.c.id)).first() is not None

    def _text(self, notice: Notice, language: str) -> RichText:
        values = {key: quoted(str(one), 1000) if key in SAID else one for key, one in notice.values.items()}
        what, known = notice.phrase.partition("_")[0], notice.values
        key = f"{what}_note" if known.get("note") else f"{what}_by" if known.get("by") and what == "notice.task" else ""
        note = fill_rich(self.phrases.template(key, language), values) if key else ()
        return fill_rich(self.phrases.template(notice.phrase, language), values | {"note": note})
