"""Speaking first on Telegram, through python-telegram-bot's light client; the only file that knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.courier.sender import NotNow
from bot.doors.door import CannotReach
from bot.doors.telegram.rendering import FilePart, Part, keyboard_of, parts_of
from bot.message import Reply

if TYPE_CHECKING:
    from telegram.ext import ExtBot

NETWORK_PAUSE = 30.0
A_SECOND_FOR = 1 / 20  # (20, 1) lets 39 through in its first second; one in each twentieth does not
_GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "bot was blocked")


@dataclass
class TelegramSender:
    """`api` is the address of another Bot API server, empty for Telegram's own."""

    token: str
    api: str = ""
    door: str = "telegram"
    _bot: ExtBot[Any] | None = field(default=None, repr=False)

    async def send(self, account: str, reply: Reply, message_id: str) -> None:
        from telegram import error

        bot = await self._ready()
        parts = parts_of(reply)
        try:
            for part in parts:
                await self._say(bot, int(account), part, reply if part is parts[-1] else None)
        except error.RetryAfter as told:
            wait = told.retry_after
            raise NotNow(float(wait if isinstance(wait, int | float) else wait.total_seconds())) from told
        except error.Forbidden as told:
            raise CannotReach(account) from told
        except error.BadRequest as told:
            if any(reason in str(told).casefold() for reason in _GONE):
                raise CannotReach(account) from told
            raise
        except error.NetworkError as told:  # timeouts too: said twice is better than never
            raise NotNow(NETWORK_PAUSE) from told

    async def _say(self, bot: ExtBot[Any], chat: int, part: Part, last: Reply | None) -> None:
        from telegram import InlineKeyboardButton, InlineKeyboardMarkup

        rows = keyboard_of(last) if last else ()
        buttons = [[InlineKeyboardButton(one.label, callback_data=one.words) for one in row] for row in rows]
        options: dict[str, Any] = {
            "parse_mode": "HTML",
            "reply_markup": InlineKeyboardMarkup(buttons) if buttons else None,
        }
        if not isinstance(part, FilePart):
            await bot.send_message(chat, part.html, **options)
        elif part.is_photo:
            await bot.send_photo(chat, part.content, caption=part.caption, filename=part.name, **options)
        else:
            await bot.send_document(chat, part.content, caption=part.caption, filename=part.name, **options)

    async def _ready(self) -> ExtBot[Any]:
        if self._bot is None:
            from telegram.ext import AIORateLimiter, ExtBot

            limiter = AIORateLimiter(1, A_SECOND_FOR, max_retries=0)
            address = f"{self.api.rstrip('/')}/bot" if self.api else "https://api.telegram.org/bot"
            self._bot = ExtBot(self.token, base_url=address, rate_limiter=limiter)
            await self._bot.initialize()
        return self._bot

    async def close(self) -> None:
        if self._bot is not None:
            await self._bot.shutdown()
