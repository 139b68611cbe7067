"""The Telegram door: shows a reply, where it can by editing the message that is there already."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot import reach
from bot.doors.door import CannotReach, NotYet
from bot.doors.telegram import files, tables
from bot.doors.telegram.api import Bot, exceptions, methods, plain, types
from bot.doors.telegram.arrivals import Elsewhere
from bot.doors.telegram.manners import Manners
from bot.doors.telegram.menu import Menu, introduce, show_menu
from bot.doors.telegram.rendering import FilePart, Part, TextPart, keyboard_of, parts_of
from bot.doors.telegram.sending import OutcomeUnknown, Sending
from bot.doors.telegram.tables import Shown
from bot.message import Attachment, Choice, Reply, Text, Turn
from curriculum import people
from curriculum.people import Member
from foundation.database import Database, patiently
from foundation.errors import ZhiranError

log = logging.getLogger(__name__)

TYPING_AFTER = 0.7  # a quick answer needs no "typing…"
TYPING_EVERY = 4.5  # Telegram shows it for five seconds
TYPING_AT_MOST = 60.0
STREAM_EVERY = 1.0  # faster edits earn a long "retry after"
REMEMBERED_TURNS = 1000
REMEMBERED_MESSAGES = 10_000
LONGEST_KEY = 120
GROWING_TEXT = 1800  # characters: even if each took two units, one message
INTRODUCED_AFTER = 1.0
CHANGES_THE_MENU = ("/start", "/language", "/link")
PROBED_IDS = 5  # how far beyond the highest id seen a message is looked for whose "sent" got lost
PAUSES_BETWEEN_SENDS = (0.5, 2.0, 8.0, 30.0)  # then the turn is left to recovery
NO_PREVIEW = {"is_disabled": True}

_CANNOT_EDIT = ("message to edit not found", "message can't be edited", "no text in the message", "MESSAGE_ID_INVALID")
_NOT_MODIFIED = "message is not modified"

Keyboard = tuple[tuple[Choice, ...], ...]


@dataclass
class _Spoken:
    """What this process has said in one turn so far."""

    replies: int = 0
    last_text: dict[str, tuple[Part, Keyboard]] = field(default_factory=dict)  # by key: to skip an unchanged edit
    message_of: dict[str, int] = field(default_factory=dict)
    streamed_at: float = float("-inf")
    is_fresh: bool = False  # kept by this process just now: nothing of it can have been said elsewhere


class TelegramDoor:
    """Everything said through one bot."""

    name = tables.DOOR

    def __init__(
        self, bot: Bot, database: Database, sending: Sending | None = None, manners: Manners | None = None
    ) -> None:
        self.bot, self.database, self.manners = bot, database, manners
        self.sending = sending or Sending(bot)
        self._spoken: OrderedDict[str, _Spoken] = OrderedDict()
        self._typing: dict[str, asyncio.Task[None] | asyncio.TimerHandle] = {}
        self._sent_for: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._menus: OrderedDict[str, Menu] = OrderedDict()  # by account, as shown by this process
        self._excused: set[int] = set()
        self._errands: set[asyncio.Task[None]] = set()
        self._drafts_work = True
        self._highest = 0

    # --- as soon as something came in -----------------------------------------------------------------------------

    def acknowledge(self, turn: Turn, member: Member | None = None, *, answer_tap: bool = True) -> None:
        """Let the person see at once that they were heard: the tapped button rests; "typing…" if it takes longer."""
        self._note_id(_arrived_as(turn))
        self._spoken_in(turn).is_fresh = True
        query = turn.payload.get("callback_query_id")
        if query and answer_tap:
            self._run(self._answer_tap(query))
        self._stop_typing(turn.account)
        begin = asyncio.get_running_loop().call_later
        self._typing[turn.account] = begin(TYPING_AFTER, self._start_typing, turn.account)
        if member is not None:
            self._keep_menu(turn.account, member)

    def _keep_menu(self, account: str, member: Member) -> None:
        """The menu follows role and language; this process shows it once, and again when it has changed."""
        if self.manners is None or (menu := self.manners.menu(member)) == self._menus.get(account):
            return
        self._menus[account] = menu
        if len(self._menus) > REMEMBERED_MESSAGES:
            self._menus.popitem(last=False)
        self._run(self._show_menu(account, menu))

    async def _show_menu(self, account: str, menu: Menu) -> None:
        try:
            await show_menu(self.sending, account, menu)
        except (ZhiranError, exceptions.TelegramAPIError) as error:  # the next turn of a fresh process shows it
            log.info("menu not shown: %s", type(error).__name__)

    async def _renew_menu(self, turn: Turn) -> None:
        """After words that may have changed who the person is here, or which language they speak."""
        self._keep_menu(turn.account, await self.database.read(lambda c: people.meet(c, turn.person_id)))

    def introduce(self, language: str) -> None:
        """Say who this bot is, a little later: the first question for updates comes first."""
        if self.manners is not None:
            self.later(INTRODUCED_AFTER, introduce(self.bot, self.manners.about(), language))

    def excuse_itself(self, place: Elsewhere) -> None:
        """A group hears once why the coach only speaks in private, and is left."""
        if place.chat_id not in self._excused:
            self._excused.add(place.chat_id)
            self._run(self._leave(place))

    async def _leave(self, place: Elsewhere) -> None:
        try:
            if place.may_write and self.manners is not None:
                text = self.manners.to_groups(place.language_code)
                await self.bot(plain("sendMessage", chat_id=place.chat_id, text=text))
        except exceptions.TelegramAPIError as error:
            log.info("no word in a group: %s", error.message)
        try:
            await self.bot(plain("leaveChat", chat_id=place.chat_id))
        except exceptions.TelegramAPIError as error:
            log.info("a group was not left: %s", error.message)
        finally:
            self._excused.discard(place.chat_id)  # brought there again it says so again

    async def note_blocked(self, account: str) -> None:
        await self.database.write(lambda c: reach.gone(c, self.name, account))

    async def close(self) -> None:
        for task in self._errands:
            task.cancel()
        await self.bot.session.close()

    async def _answer_tap(self, query: str) -> None:
        try:
            await self.bot(plain("answerCallbackQuery", callback_query_id=query))
        except exceptions.TelegramAPIError as error:  # too old after an outage: the button has come to rest by itself
            log.info("tap not answered: %s", error.message)

    def _start_typing(self, account: str) -> None:
        self._typing[account] = self._run(self._show_typing(account))

    def _stop_typing(self, account: str) -> None:
        if (typing := self._typing.pop(account, None)) is not None:
            typing.cancel()

    async def _show_typing(self, account: str) -> None:
        for _ in range(int(TYPING_AT_MOST / TYPING_EVERY)):
            if not self.sending.is_held(account):
                try:
                    await self.bot(plain("sendChatAction", chat_id=int(account), action="typing"))
                except exceptions.TelegramAPIError:
                    return
            await asyncio.sleep(TYPING_EVERY)

    def later(self, seconds: float, errand: Coroutine[Any, Any, None]) -> None:
        """Run an errand after a while, unless the door is closed before."""

        async def wait() -> None:
            try:
                await self.sending.sleep(seconds)
            except asyncio.CancelledError:
                errand.close()
                raise
            await errand

        self._run(wait())

    def _run(self, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return task

    async def fetch(self, turn: Turn) -> Attachment | None:
        """The file that came with a turn. Raises FileTooLarge."""
        return await files.fetch(self.bot, turn)

    # --- replies --------------------------------------------------------------------------------------------------

    async def deliver(self, turn: Turn, reply: Reply, *, final: bool = True) -> None:
        """Show one reply. Raises CannotReach."""
        spoken = self._spoken_in(turn)
        key = (reply.key or f"#{spoken.replies}")[:LONGEST_KEY]
        self._stop_typing(turn.account)
        if not final:
            await self._stream(turn, spoken, key, reply)
            return
        spoken.replies += reply.key is None
        await self._show(turn, spoken, key, reply)
        if self.manners is not None and turn.words.startswith(CHANGES_THE_MENU):
            self._run(self._renew_menu(turn))

    async def _show(self, turn: Turn, spoken: _Spoken, key: str, reply: Reply) -> None:
        parts, keyboard = parts_of(reply), keyboard_of(reply)
        if not parts:
            return
        # Only a single text can be said again unchanged, so only that is worth a look.
        if len(parts) == 1 and spoken.last_text.get(key) == (parts[0], keyboard):
            return
        stands = await self._where(turn, spoken, key)
        message_id = _message_to_edit(turn, stands, reply.key is not None)
        for part in parts:
            buttons = keyboard if part is parts[-1] else ()
            if message_id is None or not await self._edit(turn.account, message_id, part, buttons):
                self._sent_for.pop((turn.account, message_id or 0), None)
                message_id = await self._send(turn, stands, part, buttons)
            last, message_id = message_id, None
        if last != stands.message_id:
            await patiently(self.database.write, lambda c: tables.show(c, turn.account, key, last, turn.id))
        spoken.message_of[key] = last
        self._note_sent_for(turn.account, last, key)
        spoken.last_text[key] = (parts[-1], keyboard)

    async def _where(self, turn: Turn, spoken: _Spoken, key: str) -> Shown:
        """Where the key stands; without asking the database where this process knows.

        It knows what it said in this turn, that a fresh turn which is no tap has said nothing else, and that a tap on a
        message sent for this key is answered there.
        """
        is_tap = turn.payload.get("kind") == "tap"
        said = spoken.message_of.get(key)
        if said is not None or (spoken.is_fresh and not is_tap):
            return Shown(said, turn.id, said or 0)
        if is_tap and self._sent_for.get((turn.account, _arrived_as(turn))) == key:
            return Shown(_arrived_as(turn), None, _arrived_as(turn))
        return await patiently(self.database.read, lambda c: tables.shown(c, turn.account, key))

    def _note_sent_for(self, account: str, message_id: int, key: str) -> None:
        self._sent_for[account, message_id] = key
        if len(self._sent_for) > REMEMBERED_MESSAGES:
            self._sent_for.popitem(last=False)

    async def _edit(self, account: str, message_id: int, part: Part, buttons: Keyboard) -> bool:
        """Whether the message now shows this; False when it is gone or cannot show it."""
        if isinstance(part, FilePart):
            return False
        try:
            await self._marked_up(
                account,
                part,
                lambda text, mode: plain(
                    "editMessageText",
                    chat_id=int(account),
                    message_id=message_id,
                    text=text,
                    parse_mode=mode,
                    link_preview_options=NO_PREVIEW,
                    reply_markup=_markup(buttons),
                ),
            )
        except exceptions.TelegramBadRequest as error:
            if any(reason in error.message for reason in _CANNOT_EDIT):
                return False
            if _NOT_MODIFIED not in error.message:
                raise
        return True

    async def _send(self, turn: Turn, stands: Shown, part: Part, buttons: Keyboard) -> int:
        """The id of the new message. A send whose outcome is unknown is looked for before it is said again."""
        pauses = list(PAUSES_BETWEEN_SENDS)
        while True:
            after = max(self._highest, stands.newest, _arrived_as(turn))
            try:
                if isinstance(part, FilePart):
                    return self._note_id(await self._send_file(turn.account, part, buttons))
                sent = await self._marked_up(
                    turn.account,
                    part,
                    lambda text, mode: plain(
                        "sendMessage",
                        chat_id=int(turn.account),
                        text=text,
                        parse_mode=mode,
                        link_preview_options=NO_PREVIEW,
                        reply_markup=_markup(buttons),
                    ),
                    repeatable=False,
                )
                return self._note_id(int(sent["message_id"]))
            except OutcomeUnknown:
                found = await self._find(turn.account, after, part, buttons)
                if found is not None:
                    return self._note_id(found)
                if not pauses:
                    raise
                await self.sending.sleep(pauses.pop(0))

    def _note_id(self, message_id: int) -> int:
        """Ids run on through all private chats of a bot: what we said last is not far from the highest seen."""
        self._highest = max(self._highest, message_id)
        return message_id

    async def _find(self, account: str, after: int, part: Part, buttons: Keyboard) -> int | None:
        """The id under which a message stands whose "sent" got lost: editing it to what it says changes nothing."""
        if isinstance(part, TextPart) and after:
            for message_id in range(after + 1, after + 1 + PROBED_IDS):
                if await self._edit(account, message_id, part, buttons):
                    return message_id
        return None

    async def _send_file(self, account: str, part: FilePart, buttons: Keyboard) -> int:
        common: dict[str, Any] = {
            "chat_id": int(account),
            "caption": part.caption or None,
            "parse_mode": "HTML" if part.caption else None,
            "reply_markup": _markup(buttons),
        }
        file = types.BufferedInputFile(part.content, part.name)
        if part.is_photo:
            try:
                sent = await self.sending.say(account, methods.SendPhoto(photo=file, **common), repeatable=False)
                return int(sent.message_id)
            except exceptions.TelegramBadRequest as error:  # odd sizes are refused as a photo, not as a file
                log.info("photo sent as a file: %s", error.message)
        sent = await self.sending.say(account, methods.SendDocument(document=file, **common), repeatable=False)
        return int(sent.message_id)

    async def _marked_up(self, account: str, part: TextPart, method_of: Any, *, repeatable: bool = True) -> Any:
        """Says the text with its markup, or plainly once if Telegram should not understand the markup."""
        try:
            return await self.sending.say(account, method_of(part.html, "HTML"), repeatable=repeatable)
        except exceptions.TelegramBadRequest as error:
            if "can't parse entities" not in error.message:
                raise
            log.error("markup refused: %s", error.message)
            return await self.sending.say(account, method_of(part.plain, None), repeatable=repeatable)

    # --- streams --------------------------------------------------------------------------------------------------

    async def _stream(self, turn: Turn, spoken: _Spoken, key: str, reply: Reply) -> None:
        """A piece of an answer still growing: a draft where that works, else an edit; at most one a second."""
        now = self.sending.now()
        parts = [part for part in parts_of(reply) if isinstance(part, TextPart)]
        if not parts or now - spoken.streamed_at < STREAM_EVERY or self.sending.is_held(turn.account):
            return
        spoken.streamed_at = now
        try:
            # A piece with a button (to stop it) must be a message: a draft has none.
            if reply.choices or key in spoken.last_text or not await self._draft(turn, parts[0]):
                await self._show(turn, spoken, key, _shown_growing(reply, key))
        except CannotReach:
            raise
        except (NotYet, exceptions.TelegramAPIError) as error:  # the next piece says all of this again
            log.info("piece of a stream skipped: %s", error)

    async def _draft(self, turn: Turn, part: TextPart) -> bool:
        """Whether the piece was shown as a draft (a preview of 30 s, which the final message replaces)."""
        if not self._drafts_work:
            return False
        draft_id = int(turn.id[:7], 16) + 1
        try:
            return await self.bot(
                plain(
                    "sendMessageDraft",
                    chat_id=int(turn.account),
                    draft_id=draft_id,
                    text=part.html,
                    parse_mode="HTML",
                )
            )
        except exceptions.TelegramRetryAfter as told:
            self.sending.hold(turn.account, told.retry_after)
            return True
        except exceptions.TelegramForbiddenError as error:
            raise CannotReach(turn.account) from error
        except exceptions.TelegramNotFound:
            self._drafts_work = False  # an older Bot API server
        except exceptions.TelegramBadRequest as error:
            log.info("no drafts here: %s", error.message)
        return False

    def _spoken_in(self, turn: Turn) -> _Spoken:
        spoken = self._spoken.setdefault(turn.id, _Spoken())
        if len(self._spoken) > REMEMBERED_TURNS:
            self._spoken.popitem(last=False)
        return spoken


def _shown_growing(reply: Reply, key: str) -> Reply:
    """A piece as one message: of a long text its end, which is what grows."""
    plain = reply.plain
    text = reply.text if len(plain) <= GROWING_TEXT else (Text("…" + plain[-GROWING_TEXT:]),)
    return Reply(text, reply.choices, key=key)


def _message_to_edit(turn: Turn, stands: Shown, has_key: bool) -> int | None:
    """The message that holds the key, if it is this turn's own, or if the person tapped it or taps above it.

    Words that were typed ask for a message below them, even if an answer to earlier words stands there by now.
    """
    if stands.message_id is None:
        return None
    is_of_this_turn = stands.turn_id == turn.id
    is_tap = has_key and turn.payload.get("kind") == "tap"
    is_looked_at = stands.message_id in (_arrived_as(turn), stands.newest)
    return stands.message_id if is_of_this_turn or (is_tap and is_looked_at) else None


def _arrived_as(turn: Turn) -> int:
    return int(turn.payload.get("message_id") or 0)


def _markup(buttons: Keyboard) -> dict[str, Any] | None:
    rows = [[{"text": choice.label, "callback_data": choice.words} for choice in row] for row in buttons]
    return {"inline_keyboard": rows} if rows else None
