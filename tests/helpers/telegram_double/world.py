"""Telegram's side of one bot, in memory: chats, updates and the methods the bot may call. No network, no waiting."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.helpers.telegram_double import refusals
from tests.helpers.telegram_double.refusals import Formatted, Refused, bad

CALLBACK_IS_ANSWERABLE_FOR = 15.0
Fields = dict[str, Any]


@dataclass
class Stood:
    """A message as it stands in a chat."""

    message_id: int
    by_bot: bool
    text: str
    entities: list[Fields] = field(default_factory=list)
    rows: list[list[Fields]] = field(default_factory=list)
    file: tuple[str, bytes] | None = None
    kind: str = "text"
    edits: int = 0

    @property
    def buttons(self) -> dict[str, str]:
        """Label to callback data, in the order shown."""
        return {b["text"]: str(b.get("callback_data", b.get("url", ""))) for row in self.rows for b in row}


@dataclass
class Chat:
    id: int
    user: Fields
    kind: str = "private"
    stood: dict[int, Stood] = field(default_factory=dict)
    drafts: list[Formatted] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    started: bool = False
    blocked: bool = False
    deactivated: bool = False
    left: bool = False  # a group without the bot
    silent_until: float = 0.0
    sent_at: list[float] = field(default_factory=list)

    @property
    def shown(self) -> list[Stood]:
        return list(self.stood.values())

    @property
    def by_bot(self) -> list[Stood]:
        return [message for message in self.shown if message.by_bot]


@dataclass
class Pending:
    update: Fields
    handed_out: bool = False


@dataclass(frozen=True)
class Call:
    """One request of the bot and how it ended (status 200 or the refusal's)."""

    method: str
    fields: Fields
    status: int
    at: float
    description: str = ""


@dataclass
class Fault:
    """What goes wrong with a method's next calls ("*": any): drop_before, drop_after, status, delay or delay_after
    (it was done, the answer waits) with a value.
    """

    method: str
    kind: str
    value: float = 0
    times: int = 1
    said: str = "Bad Gateway"


class World:
    """Everything Telegram knows about this bot."""

    def __init__(self, token: str = "42:TEST", now: Callable[[], float] = time.time, first_update: int = 1000) -> None:
        self.token, self.now = token, now
        self.me = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Zhiran", "username": "zhiran_bot"}
        self.chats: dict[int, Chat] = {}
        self.pending: list[Pending] = []
        self.calls: list[Call] = []
        self.strangers = 0  # calls with another token
        self.faults: list[Fault] = []
        self.queries: dict[str, tuple[float, bool]] = {}  # callback query: asked at, answered
        self.toasts: list[str] = []
        self.commands: dict[tuple[str, str], list[Fields]] = {}
        self.menu_buttons: dict[int, Fields] = {}
        self.said_of_itself: dict[tuple[str, str], str] = {}
        self.files: dict[str, bytes] = {}
        self.webhook: Fields = {"url": ""}
        self.unknown_methods: set[str] = set()
        self.one_chat_per_second = False
        self.on_update: Callable[[], None] = lambda: None
        self._update_ids = itertools.count(first_update)
        self._message_ids = itertools.count(1)  # one row of numbers for all private chats of a bot, as at Telegram

    # --- what people do -------------------------------------------------------------------------------------------

    def join(self, user_id: int, name: str = "晓云", language_code: str = "zh-hans") -> Chat:
        """A person who has pressed Start, without an update about it."""
        user = {"id": user_id, "is_bot": False, "first_name": name, "language_code": language_code}
        chat = self.chats.setdefault(user_id, Chat(user_id, user))
        chat.started = True
        return chat

    def group(self, chat_id: int, by: int, status: str = "member", kind: str = "supergroup") -> Fields:
        """Somebody brings the bot into a group or channel."""
        chat = self.chats.setdefault(chat_id, Chat(chat_id, self.chats[by].user, kind))
        chat.started, chat.left = True, False
        here = {"id": chat_id, "type": kind, "title": "team"}
        members = {
            "old_chat_member": {"status": "left", "user": self.me},
            "new_chat_member": {"status": status, "user": self.me},
        }
        return self.push("my_chat_member", {"chat": here, "from": chat.user, "date": int(self.now())} | members)

    def say(self, user_id: int, text: str, **more: Any) -> Fields:
        """The person sends a message; `more` are further fields of the message (voice, photo, caption…)."""
        chat = self.join(user_id) if user_id not in self.chats else self.chats[user_id]
        chat.started = True
        message_id = next(self._message_ids)
        chat.stood[message_id] = Stood(message_id, False, text or str(more.get("caption", "")))
        content = ({"text": text} if text else {}) | more
        if text.startswith("/"):
            length = len(text.split()[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return self.push("message", self._message(chat, message_id, chat.user) | content)

    def tap(self, user_id: int, label: str, message_id: int | None = None) -> Fields:
        """The person presses the button of this label, on the newest message that has it."""
        chat = self.chats[user_id]
        for message in reversed(chat.shown):
            if label in message.buttons and message_id in (None, message.message_id):
                return self.tap_data(user_id, message.message_id, message.buttons[label])
        raise LookupError(f"no button {label!r} in {[list(m.buttons) for m in chat.by_bot]}")

    def tap_data(self, user_id: int, message_id: int, data: str) -> Fields:
        """A tap with any data, as a modified client can send."""
        chat, query = self.chats[user_id], str(10_000 + len(self.queries))
        self.queries[query] = (self.now(), False)
        stood = chat.stood.get(message_id)
        shown = self._message(chat, message_id, self.me) | ({"text": stood.text} if stood else {"date": 0})
        return self.push(
            "callback_query", {"id": query, "from": chat.user, "chat_instance": "c", "data": data, "message": shown}
        )

    def block(self, user_id: int, blocked: bool = True) -> Fields:
        chat = self.chats[user_id]
        chat.blocked = blocked
        was, becomes = ("member", "kicked") if blocked else ("kicked", "member")
        more: dict[str, Fields] = {"member": {}, "kicked": {"until_date": 0}}
        return self.push(
            "my_chat_member",
            {
                "chat": {"id": user_id, "type": "private", "first_name": chat.user["first_name"]},
                "from": chat.user,
                "date": int(self.now()),
                "old_chat_member": {"status": was, "user": self.me} | more[was],
                "new_chat_member": {"status": becomes, "user": self.me} | more[becomes],
            },
        )

    def push(self, kind: str, content: Fields) -> Fields:
        update = {"update_id": next(self._update_ids), kind: content}
        self.repeat(update)
        return update

    def repeat(self, update: Fields, times: int = 1) -> None:
        """The same update once more, as after an answer that got lost."""
        self.pending += [Pending(update) for _ in range(times)]
        self.on_update()

    # --- what the bot asks for ------------------------------------------------------------------------------------

    def updates(self, offset: int, limit: int, kinds: list[str] | None) -> list[Fields]:
        """Confirms everything handed out below `offset`, then hands out the rest."""
        if self.webhook["url"]:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        if offset < 0:
            del self.pending[:offset]
        self.pending = [one for one in self.pending if not (one.handed_out and one.update["update_id"] < offset)]
        if kinds:
            self.pending = [one for one in self.pending if set(one.update) & set(kinds)]
        batch = self.pending[: max(1, min(limit, 100))]
        for one in batch:
            one.handed_out = True
        return [one.update for one in batch]

    def call(self, method: str, fields: Fields) -> Any:
        """The method's result; raises Refused. Every call is recorded, refused or not."""
        try:
            do = getattr(self, f"_do_{method.lower()}", None)
            if do is None or method in self.unknown_methods:
                raise Refused(404, "Not Found: method not found")
            result = do(fields)
        except Refused as refused:
            self.calls.append(Call(method, fields, refused.status, self.now(), refused.description))
            raise
        self.calls.append(Call(method, fields, 200, self.now()))
        return result

    def made(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method.lower() == method.lower()]

    def fault(self, method: str) -> Fault | None:
        """The fault that strikes this call, if one is set."""
        for fault in self.faults:
            if fault.times > 0 and fault.method in ("*", method):
                fault.times -= 1
                return fault
        return None

    # --- methods --------------------------------------------------------------------------------------------------

    def _do_getme(self, fields: Fields) -> Fields:
        cannot = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
        return self.me | dict.fromkeys(cannot, False)

    def _do_sendmessage(self, fields: Fields) -> Fields:
        chat = self._writable(fields)
        said = refusals.message_text(fields)
        return self._stand(chat, said, fields)

    def _do_editmessagetext(self, fields: Fields) -> Fields:
        chat = self._writable(fields)
        said, rows = refusals.message_text(fields), self._rows(chat, fields)
        message = self._own(chat, fields)
        if message.kind != "text":
            raise bad("there is no text in the message to edit")
        self._change(message, said.text, said.entities, rows)
        return self._as_sent(chat, message)

    def _do_editmessagereplymarkup(self, fields: Fields) -> Fields:
        chat = self._writable(fields)
        rows, message = self._rows(chat, fields), self._own(chat, fields)
        self._change(message, message.text, message.entities, rows)
        return self._as_sent(chat, message)

    def _do_deletemessage(self, fields: Fields) -> bool:
        chat = self._chat(fields)
        if chat.stood.pop(int(fields.get("message_id") or 0), None) is None:
            raise bad("message to delete not found")
        return True

    def _do_answercallbackquery(self, fields: Fields) -> bool:
        asked = self.queries.get(str(fields.get("callback_query_id")))
        if asked is None or asked[1] or self.now() - asked[0] > CALLBACK_IS_ANSWERABLE_FOR:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(str(fields.get("text") or "")) > refusals.MAX_TOAST:
            raise bad("MESSAGE_TOO_LONG")
        self.queries[str(fields["callback_query_id"])] = (asked[0], True)
        self.toasts += [fields["text"]] if fields.get("text") else []
        return True

    def _do_sendchataction(self, fields: Fields) -> bool:
        chat = self._writable(fields, counts=False)
        if fields.get("action") not in ("typing", "upload_document", "upload_photo"):
            raise bad("wrong parameter action in request")
        chat.actions.append(fields["action"])
        return True

    def _do_sendmessagedraft(self, fields: Fields) -> bool:
        chat = self._writable(fields)
        if chat.kind != "private":
            raise bad("TEXTDRAFT_PEER_INVALID")
        if not int(fields.get("draft_id") or 0):
            raise bad("draft_id must be non-zero")
        chat.drafts.append(refusals.message_text(fields, empty_is_fine=True))
        return True

    def _do_senddocument(self, fields: Fields) -> Fields:
        return self._send_file(fields, "document", 50)

    def _do_sendphoto(self, fields: Fields) -> Fields:
        return self._send_file(fields, "photo", 10)

    def _do_sendpoll(self, fields: Fields) -> Fields:
        chat = self._writable(fields)
        refusals.poll(fields)
        return self._stand(chat, Formatted(fields["question"]), fields)

    def _do_getfile(self, fields: Fields) -> Fields:
        if fields.get("file_id") not in self.files:
            raise bad("wrong file_id or the file is temporarily unavailable")
        return {"file_id": fields["file_id"], "file_unique_id": fields["file_id"], "file_path": fields["file_id"]}

    def _do_setmycommands(self, fields: Fields) -> bool:
        self.commands[self._command_scope(fields)] = refusals.commands(fields.get("commands"))
        return True

    def _do_leavechat(self, fields: Fields) -> bool:
        chat = self._chat(fields)
        if chat.kind == "private":
            raise bad("chat member status can't be changed in private chats")
        chat.left = True
        return True

    def _do_deletemycommands(self, fields: Fields) -> bool:
        self.commands.pop(self._command_scope(fields), None)
        return True

    def _do_getmycommands(self, fields: Fields) -> list[Fields]:
        return self.commands.get(self._command_scope(fields), [])

    def _do_setchatmenubutton(self, fields: Fields) -> bool:
        button = fields.get("menu_button") or {"type": "default"}
        if button["type"] == "web_app" and not button.get("web_app", {}).get("url", "").startswith("https://"):
            raise bad("menu button Web App URL is invalid: Only HTTPS links are allowed")
        self.menu_buttons[self._chat(fields).id if fields.get("chat_id") else 0] = button
        return True

    def _do_setmyname(self, fields: Fields) -> bool:
        return self._describe("name", 64, fields)

    def _do_setmydescription(self, fields: Fields) -> bool:
        return self._describe("description", 512, fields)

    def _do_setmyshortdescription(self, fields: Fields) -> bool:
        return self._describe("short_description", 120, fields)

    def _do_setwebhook(self, fields: Fields) -> bool:
        url = str(fields.get("url") or "")
        if url and not url.startswith(("https://", "http://127.0.0.1:")):  # the loopback is the double's only leniency
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = dict(fields) | {"url": url}
        if fields.get("drop_pending_updates"):
            self.pending.clear()
        self.on_update()
        return True

    def _do_deletewebhook(self, fields: Fields) -> bool:
        return self._do_setwebhook(fields | {"url": ""})

    def _do_getwebhookinfo(self, fields: Fields) -> Fields:
        return {
            "url": self.webhook["url"],
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }

    # --- the parts of the methods ---------------------------------------------------------------------------------

    def _chat(self, fields: Fields) -> Chat:
        chat = self.chats.get(_number(fields.get("chat_id")))
        if chat is None:
            raise bad("chat not found")
        return chat

    def _writable(self, fields: Fields, counts: bool = True) -> Chat:
        chat, now = self._chat(fields), self.now()
        for hindered, why in (
            (chat.deactivated, "user is deactivated"),
            (chat.blocked, "bot was blocked by the user"),
            (chat.left, f"bot is not a member of the {chat.kind} chat"),
            (not chat.started, "bot can't initiate conversation with a user"),
        ):
            if hindered:
                raise Refused(403, f"Forbidden: {why}")
        if self.one_chat_per_second and counts:
            chat.sent_at = [at for at in chat.sent_at if now - at < 1.0]
            if len(chat.sent_at) >= 3:  # "short bursts" are let through; how short is not said
                chat.silent_until = max(chat.silent_until, now + 2.0)
            chat.sent_at.append(now)
        if now < chat.silent_until:
            wait = max(1, math.ceil(chat.silent_until - now))
            raise Refused(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        return chat

    def _own(self, chat: Chat, fields: Fields) -> Stood:
        message = chat.stood.get(_number(fields.get("message_id")))
        if message is None:
            raise bad("message to edit not found")
        if not message.by_bot:
            raise bad("message can't be edited")
        return message

    def _change(self, message: Stood, text: str, entities: list[Fields], rows: list[list[Fields]]) -> None:
        if (message.text, message.entities, message.rows) == (text, entities, rows):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message"
            )
        message.text, message.entities, message.rows = text, entities, rows
        message.edits += 1

    def _rows(self, chat: Chat, fields: Fields) -> list[list[Fields]]:
        return refusals.inline_keyboard(fields.get("reply_markup"), private=chat.kind == "private")

    def _stand(
        self, chat: Chat, said: Formatted, fields: Fields, file: tuple[str, bytes] | None = None, kind: str = "text"
    ) -> Fields:
        rows = self._rows(chat, fields)
        answered = (fields.get("reply_parameters") or {}).get("message_id")
        if answered is not None and _number(answered) not in chat.stood:
            raise bad("message to be replied not found")
        message = Stood(next(self._message_ids), True, said.text, said.entities, rows, file, kind)
        chat.stood[message.message_id] = message
        return self._as_sent(chat, message)

    def _send_file(self, fields: Fields, kind: str, max_megabytes: int) -> Fields:
        chat = self._writable(fields)
        file = fields.get(kind)
        if not isinstance(file, tuple):
            raise bad("wrong remote file identifier specified")
        if not file[1]:
            raise bad("file must be non-empty")
        if len(file[1]) > max_megabytes << 20:
            raise Refused(413, "Request Entity Too Large")
        return self._stand(chat, refusals.caption(fields), fields, file, kind)

    def _describe(self, what: str, limit: int, fields: Fields) -> bool:
        text = str(fields.get(what) or "")
        if len(text) > limit:
            raise bad(f"bot {what} is too long")
        self.said_of_itself[what, str(fields.get("language_code") or "")] = text
        return True

    def _command_scope(self, fields: Fields) -> tuple[str, str]:
        scope = fields.get("scope") or {"type": "default"}
        if "chat_id" in scope:
            self._chat(scope)
        name = ":".join(str(scope[key]) for key in ("type", "chat_id") if key in scope)
        return name, str(fields.get("language_code") or "")

    def _message(self, chat: Chat, message_id: int, sender: Fields) -> Fields:
        where = {"id": chat.id, "type": chat.kind, "first_name": chat.user["first_name"]}
        return {"message_id": message_id, "date": int(self.now()), "chat": where, "from": sender}

    def _as_sent(self, chat: Chat, message: Stood) -> Fields:
        sent = self._message(chat, message.message_id, self.me)
        if message.kind == "text":
            sent |= {"text": message.text, "entities": message.entities}
        elif message.file and message.kind == "document":
            sent |= {"document": {"file_id": "d", "file_unique_id": "d", "file_name": message.file[0]}}
        elif message.kind == "photo":
            sent |= {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]}
        return sent | ({"reply_markup": {"inline_keyboard": message.rows}} if message.rows else {})


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise bad("chat not found") from None
