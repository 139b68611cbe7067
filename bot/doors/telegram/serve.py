"""Opening the Telegram door for a running house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.doors.telegram.api import open_bot
from bot.doors.telegram.door import TelegramDoor
from bot.doors.telegram.manners import Manners
from bot.doors.telegram.polling import Polling
from bot.doors.telegram.sending import Sending
from bot.turns import Turns
from foundation.database import Database
from foundation.errors import BadSetting
from foundation.logs import Trouble
from foundation.settings import Settings

if TYPE_CHECKING:
    from bot.doors.telegram.webhook import Webhook


def open_door(settings: Settings, database: Database, turns: Turns, refusal: Trouble) -> TelegramDoor:
    """The door for the token in the settings, known to the turns from now on. Raises BadSetting without a token."""
    if not settings.telegram_token:
        raise BadSetting("ZHIRAN_TELEGRAM_TOKEN is missing: @BotFather gives one")
    bot = open_bot(str(settings.telegram_token), settings.telegram_api)
    manners = Manners(turns.conversation.phrases, settings.address)
    door = TelegramDoor(bot, database, Sending(bot, refusal=refusal), manners)
    door.introduce(settings.language)
    turns.doors[door.name] = door
    return door


async def poll(door: TelegramDoor, turns: Turns) -> None:
    """Ask for updates until cancelled; what was begun is taken up by the next start."""
    await Polling(turns, door).run()


def webhook(settings: Settings, door: TelegramDoor, turns: Turns) -> Webhook:
    """The route for a web server, and `register` to tell Telegram of it. Raises BadSetting without a secret."""
    from bot.doors.telegram.webhook import Webhook  # polling needs no web framework

    return Webhook(turns, door, str(settings.telegram_webhook_secret))
