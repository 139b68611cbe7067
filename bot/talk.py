"""What a topic has in its hands while it answers one turn: who speaks, what was said before, and the words to say."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from bot.message import Attachment, Bold, Choice, Link, Quote, Reply, RichText, Span, Text, Turn
from curriculum.people import Member, Person
from foundation.clock import zone
from foundation.phrasebook import Phrasebook
from foundation.scope import Scope

T = TypeVar("T")
Emit = Callable[[Reply], Awaitable[None]]
UNFOLDED = 200  # characters of somebody's words that stand open on a phone's screen
_MARK = re.compile(r"\*\*(.+?)\*\*|\{([a-z_]+)\}")


@dataclass(frozen=True)
class Work(Generic[T]):
    """What a topic needs done with no transaction open (a search, a model), and how it goes on with the result."""

    run: Callable[[Emit], Awaitable[T]]
    then: Callable[[Talk, T], Answer]


Answer = list[Reply] | Work[Any]


@dataclass
class Talk:
    """One turn's hands; `state` is the person's dialogue, kept with the turn's effects."""

    connection: Connection
    turn: Turn
    member: Member
    phrases: Phrasebook
    state: dict[str, Any]
    search_again: bool = field(default=False)

    @property
    def person(self) -> Person:
        return self.member.person

    @property
    def scope(self) -> Scope:
        """The scope of a member; topics for strangers are routed elsewhere before anybody asks for it."""
        assert self.member.scope is not None
        return self.member.scope

    @property
    def language(self) -> str:
        return self.member.person.language

    @property
    def now(self) -> datetime:
        return self.turn.at

    @property
    def today(self) -> date:
        """The day where the person lives."""
        return self.turn.at.astimezone(zone(self.person.zone)).date()

    def say(self, key: str, **values: object) -> str:
        return self.phrases.say(key, self.language, **values)

    def if_said(self, key: str, **values: str) -> str:
        """The phrase where there is something to put into it; no line that says "—"."""
        return self.say(key, **values) if all(values.values()) else ""

    def rich(self, key: str, **values: object) -> RichText:
        """The phrase as rich text: its own **bold**, and values that stay what they are, never markup.

        A value may be rich text itself.
        """
        return fill_rich(self.phrases.template(key, self.language), values)

    def reply(
        self,
        key: str,
        *choices: Choice,
        to: str | None = None,
        columns: int = 1,
        files: tuple[Attachment, ...] = (),
        **values: object,
    ) -> Reply:
        """A reply of one phrase; `to` is the key of the message it replaces."""
        return Reply(self.rich(key, **values), choices, files, key=to, columns=columns)

    def listed(self, names: Iterable[str]) -> str:
        """The names as a list of the person's language: 、 between Chinese ones, a comma between English ones."""
        return self.say("list.joint").join(names)

    def choice(self, key: str, words: str, **values: object) -> Choice:
        """A button whose label is a phrase."""
        return Choice(self.say(key, **values), words)


def fill_rich(template: str, values: Mapping[str, object]) -> RichText:
    """A phrase's template as rich text: its own **bold**, and values that are never markup."""
    spans: list[Span] = []
    at = 0
    for mark in _MARK.finditer(template):
        _text(spans, template[at : mark.start()])
        if mark[1] is not None:
            spans.append(Bold(_fill(mark[1], values)))
        elif isinstance(value := values[mark[2]], tuple):
            spans.extend(value)
        else:
            _text(spans, str(value))
        at = mark.end()
    _text(spans, template[at:])
    return tuple(spans)


def quoted(text: str, length: int = 600) -> RichText:
    """What a person wrote, set apart: its line breaks must not pass for our own lines or buttons; a long one is folded."""
    text = clip(text.strip(), length)
    return (Quote(text, folded=len(text) > UNFOLDED),) if text else (Text("—"),)


def _text(spans: list[Span], text: str) -> None:
    if text:
        spans.append(Text(text))


def _fill(template: str, values: Mapping[str, object]) -> str:
    return re.sub(r"\{([a-z_]+)\}", lambda place: str(values[place[1]]), template)


def tappable(address: str) -> RichText:
    """One of our own addresses, for a phrase; never what somebody wrote."""
    return (Link(address, address),)


def number(text: str) -> int | None:
    """The number a button's words hold; None for what no button says (²，a thousand digits: int() would raise)."""
    return int(text) if len(text) <= 6 and text.isascii() and text.isdigit() else None


def clip(text: str, length: int) -> str:
    """The text, cut with an ellipsis when it is longer."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
