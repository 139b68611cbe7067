"""The conversation: a turn's words go to one topic, its effects and replies are committed together, then spoken."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import inbox
from bot.inbox import Known, LostLease
from bot.message import Choice, Reply, Text, Turn
from bot.tables import dialogue
from bot.talk import Answer, Talk, Work
from curriculum import people
from curriculum.people import Member
from foundation import crash
from foundation.database import Database, OncePerDialect, insert
from foundation.errors import DatabaseAway, ExpectedError, NotFound
from foundation.phrasebook import Phrasebook

log = logging.getLogger(__name__)
STILL_KNOWN = 0.5  # seconds for which what was read with the arrival is taken to hold
BUTTONS = "buttons"  # in the dialogue: what could be tapped last, by what people type of it
_SHORT_OF_IT = re.compile(r"[（(：:，,·…].*", re.S)
_COMMAND = re.compile(r"/([a-z_]+)(?:@\w+)?(?:\s+(.*))?\Z", re.S)


class Topic(Protocol):
    """One ability of the coach. A topic that a dialogue stays in also gets the words that are no command."""

    def answer(self, talk: Talk, words: str) -> Answer: ...


@dataclass(frozen=True)
class Route:
    """Where a command goes; `strangers` may use it before they belong to a team, `roles` are needed for it."""

    topic: Callable[[Talk, str], Answer]
    strangers: bool = False
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The visible table of what words go where."""

    commands: Mapping[str, Route]  # "/help" and the like
    spoken: Mapping[str, str]  # plain words that mean a command: 返回 -> /back
    staying: Mapping[
        str, Callable[[Talk, str], Answer | None]
    ]  # topic in the dialogue -> takes free words, or declines
    otherwise: Callable[[Talk, str], Answer]  # free words: a question
    strangers: Callable[[Talk, str], Answer]  # whoever belongs to no team
    brought: Callable[[Talk, str], Answer]  # a file that came along, with the words beside it
    search: Callable[[Member, str], Work[Any] | None] = lambda member, words: (
        None
    )  # what `otherwise` would begin, without a transaction

    def free(self, talk: Talk, words: str) -> Answer:
        """Words that are no command: to the topic the dialogue stays in, or on as a question."""
        stay = self.staying.get(str(talk.state.get("topic", "")))
        taken = stay(talk, words) if stay else None
        return self.otherwise(talk, words) if taken is None else taken


# Built once: they run in every turn.
_STATE = sa.select(dialogue.c.state).where(dialogue.c.person_id == sa.bindparam("person"))


def _keep_state(connection: Connection) -> Any:
    fresh = insert(connection, dialogue)
    return fresh.on_conflict_do_update(index_elements=["person_id"], set_={"state": fresh.excluded.state})


_KEEP_STATE = OncePerDialect(_keep_state)


@dataclass(frozen=True)
class Conversation:
    database: Database
    phrases: Phrasebook
    first: Mapping[str, Route]  # answered without the table, so that a first prompt need not wait for all topics
    make_table: Callable[[], Table]

    @cached_property
    def table(self) -> Table:
        """Made at the first words that are not among the first ones, with no transaction open."""
        return self.make_table()

    async def answer(self, turn: Turn, token: str, known: Known | None = None) -> AsyncIterator[Reply]:
        """Answer a kept turn under its lease; final replies are yielded only after they are committed.

        `known` is what was read of the person when the turn was stored; without it that is read now.
        """
        began = time.monotonic()
        try:
            outcome: Answer | None = self._at_once(turn, known)
            if outcome is None:
                outcome = await self.database.write(lambda c: self._act(c, turn, token, None, known))
                known = None  # the dialogue may have moved on
            while isinstance(outcome, Work):
                result: Any = None
                async for kind, value in _with_emitted(outcome):
                    if kind == "reply":
                        yield value
                    else:
                        result = value
                crash.here("after_search")
                step = (outcome, result)
                # Rights may have changed while a model was at work: after that they are read again.
                still = known if time.monotonic() - began < STILL_KNOWN else None
                outcome = await self.database.write(partial(self._act, turn=turn, token=token, step=step, known=still))
            replies: Sequence[Reply] = outcome or ()
        except (LostLease, DatabaseAway):
            raise
        except ExpectedError as error:
            replies = await self._only_say(turn, token, error.key, **error.values)
        except NotFound:
            replies = await self._only_say(turn, token, "error.not_found")
        except Exception:
            code = turn.id[:8]
            log.exception(
                "turn %s of %s at %s failed after %.3f s", code, turn.person_id, turn.door, time.monotonic() - began
            )
            replies = await self._only_say(turn, token, "error.unforeseen", code=code)
        crash.here("after_commit")
        for reply in replies:
            yield reply

    def _at_once(self, turn: Turn, known: Known | None) -> Work[Any] | None:
        """Plain free words are a question: the search begins without a transaction before it."""
        if turn.brought or self._first(turn.words.strip()):
            return None
        table, words = self.table, self._meant(turn.words, known.state if known else {})
        if known is None or known.member.scope is None or known.state.get("topic") in table.staying:
            return None
        return None if words.startswith("/") else table.search(known.member, words)

    def _first(self, words: str) -> Route | None:
        """Where words go that need no table."""
        command = _COMMAND.match(words)
        return self.first.get("/" + command[1]) if command else None

    def _act(
        self, connection: Connection, turn: Turn, token: str, step: tuple[Work[Any], Any] | None, known: Known | None
    ) -> Answer:
        inbox.hold(connection, turn.person_id, token)
        talk = (
            Talk(connection, turn, known.member, self.phrases, dict(known.state))
            if known
            else self._talk(connection, turn)
        )
        before = dict(talk.state)
        if step and talk.member.scope is None:
            raise NotFound("dismissed while a model was at work")
        outcome = step[0].then(talk, step[1]) if step else self._route(talk)
        if not isinstance(outcome, Work):
            talk.state[BUTTONS] = typed_buttons(outcome)
        if talk.state != before:
            row = {"person_id": turn.person_id, "state": talk.state}
            connection.execute(_KEEP_STATE(connection), row)
        if not isinstance(outcome, Work):
            inbox.keep_replies(connection, turn.id, outcome)
            crash.here("before_commit")
        return outcome

    def _talk(self, connection: Connection, turn: Turn) -> Talk:
        member = people.meet(connection, turn.person_id)
        state = connection.execute(_STATE, {"person": turn.person_id}).scalar()
        return Talk(connection, turn, member, self.phrases, dict(state or {}))

    def _route(self, talk: Talk) -> Answer:
        words = self._meant(talk.turn.words, talk.state)
        command = _COMMAND.match(words)
        if command and (route := self._first(words) or self.table.commands.get("/" + command[1])):
            if words == talk.turn.words.strip() or _may(talk, route):
                return self._command(talk, route, (command[2] or "").strip())
            # The plain name of what is not this person's: their words mean what they say.
            words, command = talk.turn.words.strip(), None
        if talk.member.scope is None:
            return self.table.strangers(talk, words)
        if talk.turn.brought:
            return self.table.brought(talk, talk.turn.words)
        if command:
            raise ExpectedError("error.unknown_command", command="/" + command[1])
        return self.table.free(talk, words)

    def _meant(self, words: str, state: Mapping[str, Any]) -> str:
        """The words, or the command that they are the plain name of: of a button shown last, or of one known anywhere."""
        words = words.strip()
        if words.startswith("/"):
            return words
        name = words.casefold().rstrip("。.!！?？")
        return str(state.get(BUTTONS, {}).get(name) or self.table.spoken.get(name, words))

    def _command(self, talk: Talk, route: Route, rest: str) -> Answer:
        if talk.member.scope is None and not route.strangers:
            return self.table.strangers(talk, rest)
        if not _may(talk, route):
            # Whether the command exists for others is nobody's business here.
            raise ExpectedError("error.unknown_command", command=talk.turn.words.split()[0])
        return route.topic(talk, rest)

    async def _only_say(self, turn: Turn, token: str, key: str, **values: object) -> Sequence[Reply]:
        """Replies without effects: whatever the topic had begun was rolled back."""

        def keep(connection: Connection) -> list[Reply]:
            inbox.hold(connection, turn.person_id, token)
            talk = self._talk(connection, turn)
            said = Reply((Text(talk.say(key, **values)),), (Choice(talk.say("button.home"), "/home"),))
            inbox.keep_replies(connection, turn.id, [said])
            return [said]

        return await self.database.write(keep)


def _may(talk: Talk, route: Route) -> bool:
    return not route.roles or talk.member.scope is None or talk.scope.may(*route.roles)


def typed_buttons(replies: Sequence[Reply]) -> dict[str, str]:
    """What a person may type in place of tapping: a button's label, or what stands before its bracket or comma.

    Single signs and numbers are left out: where such buttons stand, typing one is an answer.
    """
    found: dict[str, set[str]] = {}
    for choice in (choice for reply in replies for choice in reply.choices):
        for name in {choice.label, _SHORT_OF_IT.sub("", choice.label)}:
            if len(name := name.strip().casefold()) > 1 and not name.isdigit():
                found.setdefault(name, set()).add(choice.words)
    return {name: next(iter(words)) for name, words in found.items() if len(words) == 1}


async def _with_emitted(work: Work[Any]) -> AsyncIterator[tuple[str, Any]]:
    """The replies a work emits while it runs, then its result."""
    emitted: asyncio.Queue[Reply | None] = asyncio.Queue()

    async def run() -> Any:
        try:
            return await work.run(emitted.put)
        finally:
            await emitted.put(None)

    task = asyncio.create_task(run())
    try:
        while (reply := await emitted.get()) is not None:
            yield "reply", reply
        yield "result", await task
    finally:
        task.cancel()
