"""Speaking first on the web: a row in the transcript, which an open page finds within two seconds."""

from __future__ import annotations

from dataclasses import dataclass

from bot.courier.sender import SoFar
from bot.doors.web import tables
from bot.message import Reply, reply_to_json
from foundation.clock import Clock
from foundation.database import Database


@dataclass(frozen=True)
class WebSender:
    database: Database
    now: Clock
    door: str = tables.DOOR

    async def send(self, account: str, reply: Reply, message_id: str, so_far: SoFar) -> None:
        await so_far.keep(so_far)
        message, now = {"who": "coach", "turn": message_id} | reply_to_json(reply), self.now()
        await self.database.write(lambda c: tables.append(c, account, message_id, 1, message, now))
