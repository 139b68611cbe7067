"""Speaking first on Telegram, through python-telegram-bot's light client; the only file that knows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.courier.sender import NeverSayable, NotNow, Refused, SoFar
from bot.doors.door import CannotReach
from bot.doors.telegram.refusal import REFUSED, refusal
from bot.doors.telegram.rendering import FilePart, Part, keyboard_of, parts_of
from bot.message import Reply
from foundation.logs import Trouble

if TYPE_CHECKING:
    from telegram import InlineKeyboardMarkup
    from telegram.error import TelegramError
    from telegram.ext import ExtBot

log = logging.getLogger(__name__)
NETWORK_PAUSE = 30.0
A_SECOND_FOR = 1 / 20  # (20, 1) lets 39 through in its first second; one in each twentieth does not
CHAT_PAUSE = 1.0  # the limiter knows no pace for a private chat
ANSWER_WITHIN = 20.0  # seconds; the library's five are over while a busy Telegram has taken the message
SAID_AT_MOST = 2  # times, where the answers got lost
_GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "bot was blocked")


@dataclass
class TelegramSender:
    """`api` is the address of another Bot API server, empty for Telegram's own."""

    token: str
    api: str = ""
    door: str = "telegram"
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    refusal: Trouble = field(default_factory=refusal, repr=False)
    _bot: ExtBot[Any] | None = field(default=None, repr=False)

    async def send(self, account: str, reply: Reply, message_id: str, so_far: SoFar) -> None:
        try:
            with self._our_words(account):
                await self._say_rest(int(account), reply, so_far)
        except Refused:
            self.refusal.met()
            raise
        self.refusal.over()

    async def name(self) -> str:
        """Who the token belongs to, as Telegram says. Raises NotNow, Refused."""
        with self._our_words():
            bot = await self._ready()
        return str(bot.username)

    @contextmanager
    def _our_words(self, account: str = "") -> Iterator[None]:
        """The library's errors as ours."""
        from telegram import error

        try:
            yield
        except error.RetryAfter as told:
            wait = told.retry_after
            raise NotNow(float(wait if isinstance(wait, int | float) else wait.total_seconds())) from told
        except error.InvalidToken:
            raise Refused(REFUSED) from None  # its message holds the token
        except error.Forbidden as told:
            raise CannotReach(account) from told
        except error.BadRequest as told:
            if _is_gone(told):
                raise CannotReach(account) from told
            raise NeverSayable(str(told)) from told
        except error.NetworkError as told:  # timeouts too
            raise NotNow(NETWORK_PAUSE) from told

    async def _say_rest(self, chat: int, reply: Reply, so_far: SoFar) -> None:
        """Say the parts not yet said, a second apart; the buttons stand under the last."""
        bot, parts = await self._ready(), parts_of(reply)
        for number in range(so_far.parts, len(parts)):
            if number:
                await self.sleep(CHAT_PAUSE)
            is_last = number == len(parts) - 1
            await self._say_for_certain(bot, chat, parts[number], _markup(reply) if is_last else None, so_far)
            so_far.said()

    async def _say_for_certain(
        self, bot: ExtBot[Any], chat: int, part: Part, markup: InlineKeyboardMarkup | None, so_far: SoFar
    ) -> None:
        """Where the outcome is unknown, it is said once more: twice is better than never, and ten times is not."""
        from telegram.error import TelegramError

        if so_far.unsure < SAID_AT_MOST:
            await so_far.trying()
            try:
                await self._say(bot, chat, part, markup)
                return
            except TelegramError as told:
                if not _may_have_arrived(told):
                    so_far.refused()
                if so_far.unsure < SAID_AT_MOST:
                    raise
        log.warning("the outcome of %s tries is unknown: taken as said", so_far.unsure)

    async def _say(self, bot: ExtBot[Any], chat: int, part: Part, markup: InlineKeyboardMarkup | None) -> None:
        """A text whose markup is refused is said plainly; a picture of odd size is refused as a photo, not as a file."""
        from telegram.error import BadRequest

        *others, last = _ways(bot, chat, part)
        for way in others:
            try:
                await way(reply_markup=markup)
                return
            except BadRequest as told:
                if _is_gone(told):
                    raise
                log.info("said in a plainer way: %s", told)
        await last(reply_markup=markup)

    async def _ready(self) -> ExtBot[Any]:
        if self._bot is None:
            from telegram.ext import AIORateLimiter, ExtBot
            from telegram.request import HTTPXRequest

            # It calls a wait that is asked for an error; for us it is a row that comes later.
            logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)
            limiter = AIORateLimiter(1, A_SECOND_FOR, max_retries=0)
            address = f"{self.api.rstrip('/')}/bot" if self.api else "https://api.telegram.org/bot"
            request = HTTPXRequest(read_timeout=ANSWER_WITHIN)
            self._bot = ExtBot(self.token, base_url=address, request=request, rate_limiter=limiter)
        await self._bot.initialize()  # asks who it is until it was answered once
        return self._bot

    async def close(self) -> None:
        if self._bot is not None:
            await self._bot.shutdown()


def _ways(bot: ExtBot[Any], chat: int, part: Part) -> list[Callable[..., Awaitable[Any]]]:
    """How a part can be sent, the best way first."""
    from telegram import LinkPreviewOptions

    if not isinstance(part, FilePart):
        say = partial(bot.send_message, chat, link_preview_options=LinkPreviewOptions(is_disabled=True))
        return [partial(say, part.html, parse_mode="HTML"), partial(say, part.plain)]
    about: dict[str, Any] = {"caption": part.caption, "parse_mode": "HTML", "filename": part.name}
    as_photo = [partial(bot.send_photo, chat, part.content, **about)] if part.is_photo else []
    return [*as_photo, partial(bot.send_document, chat, part.content, **about)]


def _markup(reply: Reply) -> InlineKeyboardMarkup | None:
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    rows = [[InlineKeyboardButton(one.label, callback_data=one.words) for one in row] for row in keyboard_of(reply)]
    return InlineKeyboardMarkup(rows) if rows else None


def _is_gone(told: Exception) -> bool:
    return any(reason in str(told).casefold() for reason in _GONE)


def _may_have_arrived(told: TelegramError) -> bool:
    """Whether the request had left when the trouble came; not so where no connection was made or Telegram answered."""
    import httpx

    left = (httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.WriteTimeout, httpx.RemoteProtocolError)
    return isinstance(told.__cause__, left)
