"""What Telegram sends, turned into what came in at a door. Only private chats are heard; nothing is decided here."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

from bot.doors.telegram.tables import DOOR
from bot.message import Arrival

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member"]
UNREAD = "/unread"  # what somebody says with a sticker, a place, a poll: nothing that we can read
SAID_BY_PEOPLE = {
    *("text", "caption", "contact", "voice", "audio", "video_note", "video", "photo", "document", "animation"),
    *("sticker", "location", "venue", "poll", "dice", "game", "story", "checklist", "paid_media", "rich_message"),
}
FILE_KINDS = ("voice", "audio", "video_note", "video", "photo", "document")
_ADDRESSED_COMMAND = re.compile(r"^(/\w+)@\w+")


@dataclass(frozen=True)
class Blocked:
    """The person does not want to be written to any more."""

    account: str


@dataclass(frozen=True)
class Elsewhere:
    """The bot was brought into a group or a channel, or spoken to there."""

    chat_id: int
    may_write: bool
    language_code: str


def heard(update: dict[str, Any], bot_id: int) -> Arrival | Blocked | Elsewhere | None:
    """The arrival in an update, if it holds one for us. Never raises: an odd update must not stop the others.

    Read as plain JSON: of some three hundred types in an update we need a handful of fields.
    """
    try:
        # An update id is unique for a bot only; the bot's own number tells two tokens apart.
        external_id = f"{bot_id}:{int(update['update_id'])}"
        if "message" in update:
            return _message(update["message"], external_id)
        if "callback_query" in update:
            return _tap(update["callback_query"], external_id)
        if "my_chat_member" in update:
            return _membership(update["my_chat_member"])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        log.warning("update %r cannot be read: %s", update.get("update_id"), sorted(map(str, update))[:4])
    return None


def _message(message: dict[str, Any], external_id: str) -> Arrival | Elsewhere | None:
    sender = message.get("from")
    if message["chat"]["type"] != "private":
        return None if _is_of_service(message) else _elsewhere(message["chat"], sender)
    if not sender or sender["is_bot"]:
        return None
    payload = {"kind": "message", "chat_id": int(message["chat"]["id"]), "message_id": int(message["message_id"])}
    words = _text(message.get("text") or message.get("caption"))
    brought = _brought(message)
    if not words and not brought:
        if _is_of_service(message):
            return None
        words = UNREAD
    return _arrival(sender, external_id, _ADDRESSED_COMMAND.sub(r"\1", words), payload | brought)


def _is_of_service(message: dict[str, Any]) -> bool:
    """Told by Telegram about the chat (somebody came, something was pinned), not said by a person."""
    return not (SAID_BY_PEOPLE & message.keys())


def _elsewhere(chat: dict[str, Any], sender: dict[str, Any] | None) -> Elsewhere:
    return Elsewhere(int(chat["id"]), chat["type"] != "channel", _text((sender or {}).get("language_code")))


def _tap(query: dict[str, Any], external_id: str) -> Arrival | None:
    # Whoever taps is who the tap comes from, whatever chat the button stands in; a forwarded button proves nothing.
    sender, message, words = query["from"], query.get("message"), _text(query.get("data"))
    if not words or not message or message["chat"]["type"] != "private" or sender["is_bot"]:
        return None
    payload = {
        "kind": "tap",
        "chat_id": int(message["chat"]["id"]),
        "message_id": int(message["message_id"]),
        "callback_query_id": str(query["id"]),
    }
    return _arrival(sender, external_id, words, payload)


def _membership(change: dict[str, Any]) -> Blocked | Elsewhere | None:
    status = change["new_chat_member"]["status"]
    if change["chat"]["type"] != "private":
        return _elsewhere(change["chat"], change["from"]) if status in ("member", "administrator") else None
    return Blocked(str(int(change["from"]["id"]))) if status == "kicked" else None


def _brought(message: dict[str, Any]) -> dict[str, Any]:
    """What came with the message beside words: a file's id to fetch it by, or a contact."""
    if contact := message.get("contact"):
        return {"contact": {"phone": str(contact["phone_number"]), "user_id": contact.get("user_id")}}
    for kind in FILE_KINDS:
        if found := message.get(kind):
            file = found[-1] if kind == "photo" else found  # of a photo's sizes the largest comes last
            about = {"name": _text(file.get("file_name")), "size": int(file.get("file_size") or 0)}
            return {"file": {"kind": kind, "id": str(file["file_id"]), **about}}
    return {}


def _arrival(sender: dict[str, Any], external_id: str, words: str, payload: dict[str, Any]) -> Arrival:
    name = f"{_text(sender['first_name'])} {_text(sender.get('last_name'))}".strip()
    return Arrival(
        door=DOOR,
        external_id=external_id,
        account=str(int(sender["id"])),
        words=words,
        name=name[:128],
        language_code=_text(sender.get("language_code"))[:16],
        payload=payload,
    )


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise TypeError("not a text")
