"""Files that people send: Telegram keeps them, we fetch them while the turn is answered, and keep nothing."""

from __future__ import annotations

import logging

import aiohttp

from bot.bringing import MAX_FILE
from bot.doors.door import FileTooLarge
from bot.doors.telegram.api import Bot, exceptions, methods
from bot.message import Attachment, Turn

log = logging.getLogger(__name__)

SECONDS = 30
CHUNK = 64 * 1024


async def fetch(bot: Bot, turn: Turn) -> Attachment | None:
    """The file of a turn; None when Telegram no longer has it or cannot be reached. Raises FileTooLarge."""
    about = turn.brought or {}
    if not about.get("id"):
        return None
    try:
        found = await bot(methods.GetFile(file_id=str(about["id"])))
        if not found.file_path:
            return None
        if (found.file_size or 0) > MAX_FILE:
            raise FileTooLarge(turn.id)
        return Attachment(str(about.get("name") or about.get("kind")), "", await _download(bot, found.file_path))
    except exceptions.TelegramBadRequest as error:
        if "too big" in error.message:
            raise FileTooLarge(turn.id) from error
        log.info("file not there: %s", error.message)
    except (exceptions.TelegramAPIError, aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("file not fetched: %s", type(error).__name__)  # the address holds the token: never logged
    return None


async def _download(bot: Bot, path: str) -> bytes:
    address = bot.session.api.file_url(bot.token, path)
    content = b""
    async for chunk in bot.session.stream_content(address, timeout=SECONDS, chunk_size=CHUNK, raise_for_status=True):
        content += chunk
        if len(content) > MAX_FILE:
            raise FileTooLarge("while it came")
    return content
