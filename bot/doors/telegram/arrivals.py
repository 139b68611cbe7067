"""What Telegram sends, turned into what came in at a door. Only private chats are heard; nothing is decided here."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.doors.telegram.api import types
from bot.doors.telegram.tables import DOOR
from bot.message import Arrival

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member"]
_ADDRESSED_COMMAND = re.compile(r"^(/\w+)@\w+")


@dataclass(frozen=True)
class Blocked:
    """The person does not want to be written to any more."""

    account: str


def heard(update: dict[str, Any], bot_id: int) -> Arrival | Blocked | None:
    """The arrival in an update, if it holds one for us. Never raises: an odd update must not stop the others."""
    try:
        read = types.Update.model_validate(update)
    except (ValidationError, RecursionError):
        log.warning("update %s cannot be read: %s", update.get("update_id"), sorted(map(str, update))[:4])
        return None
    # An update id is unique for a bot only; the bot's own number tells two tokens apart.
    external_id = f"{bot_id}:{read.update_id}"
    if read.message:
        return _message(read.message, external_id)
    if read.callback_query:
        return _tap(read.callback_query, external_id)
    if read.my_chat_member:
        return _membership(read.my_chat_member)
    return None


def _message(message: types.Message, external_id: str) -> Arrival | None:
    sender = message.from_user
    if message.chat.type != "private" or sender is None or sender.is_bot:
        return None
    payload: dict[str, Any] = {"kind": "message", "chat_id": message.chat.id, "message_id": message.message_id}
    words = message.text or message.caption or ""
    return _arrival(sender, external_id, _ADDRESSED_COMMAND.sub(r"\1", words), payload | _brought(message))


def _tap(query: types.CallbackQuery, external_id: str) -> Arrival | None:
    message = query.message
    # Whoever taps is who the tap comes from, whatever chat the button stands in; a forwarded button proves nothing.
    if not query.data or message is None or message.chat.type != "private" or query.from_user.is_bot:
        return None
    payload = {
        "kind": "tap",
        "chat_id": message.chat.id,
        "message_id": message.message_id,
        "callback_query_id": query.id,
    }
    return _arrival(query.from_user, external_id, query.data, payload)


def _membership(change: types.ChatMemberUpdated) -> Blocked | None:
    has_left = change.chat.type == "private" and change.new_chat_member.status == "kicked"
    return Blocked(str(change.from_user.id)) if has_left else None


def _brought(message: types.Message) -> dict[str, Any]:
    """What came with the message beside words: a file's id to fetch it by, or a contact."""
    if message.contact:
        return {"contact": {"phone": message.contact.phone_number, "user_id": message.contact.user_id}}
    files = {
        "voice": message.voice,
        "audio": message.audio,
        "video_note": message.video_note,
        "video": message.video,
        "photo": message.photo[-1] if message.photo else None,  # the largest comes last
        "document": message.document,
    }
    for kind, file in files.items():
        if file is not None:
            name, size = getattr(file, "file_name", None), file.file_size
            return {"file": {"kind": kind, "id": file.file_id, "name": name or "", "size": size or 0}}
    return {}


def _arrival(sender: types.User, external_id: str, words: str, payload: dict[str, Any]) -> Arrival:
    return Arrival(
        door=DOOR,
        external_id=external_id,
        account=str(sender.id),
        words=words,
        name=sender.full_name[:128],
        language_code=sender.language_code or "",
        payload=payload,
    )
