"""A courier in a process of its own, so that it can be killed: `python -m tests.courier.courier_process URL API NOW`."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from bot.courier.courier import Courier
from bot.courier.telegram_sender import TelegramSender
from bot.wiring import PHRASES
from foundation.database import Database
from foundation.phrasebook import Phrasebook
from tests.courier.town import TOKEN

if __name__ == "__main__":
    url, api, moment = sys.argv[1:]
    now = datetime.fromisoformat(moment)
    senders = (TelegramSender(TOKEN, api),)
    asyncio.run(Courier(Database(url), Phrasebook.read(PHRASES), senders, lambda: now).run_for_ever())
