"""The port to a language model: messages go in, pieces of text come out, and at the end what was counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from foundation.errors import ZhiranError

PICTURE_TOKENS = 3000  # vendors count some 800 to 2,800 for a photo of a phone
FEWEST_BYTES_A_SECOND = 1000


@dataclass(frozen=True)
class Picture:
    """A picture to look at."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Sound:
    """Speech to write down."""

    media_type: str
    content: bytes = field(repr=False)

    @property
    def seconds_at_most(self) -> int:
        """How long it can be: hardly any recorder says fewer than a thousand bytes a second. For reserving."""
        return -(-len(self.content) // FEWEST_BYTES_A_SECOND)


@dataclass(frozen=True)
class Said:
    """One message of the context."""

    role: Literal["system", "user", "assistant"]
    text: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What is asked of a model; the part that stays the same from call to call comes first (prefix caches).

    With a `sound` the answer is what was spoken, and the messages are not sent.
    """

    messages: tuple[Said, ...]
    max_tokens: int = 3000
    temperature: float = 0.5
    sound: Sound | None = None

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self.messages)

    @property
    def has_pictures(self) -> bool:
        return any(message.pictures for message in self.messages)

    @property
    def input_tokens(self) -> int:
        """A careful count of what goes in, for reserving and for where an endpoint does not count."""
        pictures = sum(len(message.pictures) for message in self.messages)
        return estimated_tokens(self.text) + pictures * PICTURE_TOKENS


@dataclass(frozen=True)
class Usage:
    """Tokens: `cached` is the part of `input` that the provider had at hand; `estimated` where it did not count.

    `seconds` of speech, where an endpoint counts by those.
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    estimated: bool = False
    seconds: int = 0


@dataclass(frozen=True)
class Charge:
    """One call that reached an endpoint, and what it cost in millionths of the currency's unit."""

    endpoint: str
    model: str
    usage: Usage
    cost: int


@dataclass(frozen=True)
class Piece:
    """Some text; `anew` where it begins again from nothing, because another endpoint took over."""

    text: str
    anew: bool = False


@dataclass(frozen=True)
class Done:
    """The end of an answer: `finish` is stop or length; only after it is the text whole."""

    finish: str
    usage: Usage
    charges: tuple[Charge, ...] = ()


Event = Piece | Done


class LanguageModel(Protocol):
    """Anything that answers; raises ModelFault, never anything of a library's."""

    def stream(self, asked: Asked) -> AsyncIterator[Event]: ...


class ModelFault(ZhiranError):
    """A model did not answer whole; `usage` is what it cost all the same, `charges` where several were tried."""

    def __init__(self, what: str, usage: Usage | None = None, charges: tuple[Charge, ...] = ()) -> None:
        super().__init__(what)
        self.what, self.usage, self.charges = what, usage, charges


class Busy(ModelFault):
    """Too many requests, a fault over there, or no connection: worth another try after a while."""

    def __init__(self, what: str, usage: Usage | None = None, *, wait: float | None = None) -> None:
        super().__init__(what, usage)
        self.wait = wait


class NotServed(ModelFault):
    """Key, balance or request refused (401, 402, 403, 422): trying again only costs; the operator must look."""


class WrongAddress(NotServed):
    """What stands at the endpoint's address sends elsewhere (3xx), or may not be connected to: a wrong setting."""


class Resting(Busy):
    """Every endpoint has failed often just now and rests: in a moment it is asked again."""


class Unsuitable(ModelFault):
    """This request is not for this endpoint (e.g. too long for it); another may take it."""


class Broken(ModelFault):
    """The answer stopped half-way or could not be read."""


class TooLate(ModelFault):
    """The time for the whole answer is over."""


class NoModel(ModelFault):
    """No endpoint is set, or none is left to ask."""


def estimated_tokens(text: str) -> int:
    """A careful count for reserving: one for every three ASCII characters, one for any other, three for an emoji.

    Vendors' own tokenizers count fewer on the texts of our playbooks.
    """
    ascii_count = len(text.encode("ascii", "ignore"))
    astral = sum(character > "\uffff" for character in text) if ascii_count < len(text) else 0
    return (ascii_count + 2) // 3 + (len(text) - ascii_count) + 2 * astral


async def whole(model: LanguageModel, asked: Asked) -> tuple[str, Done]:
    """The whole answer at once. Raises ModelFault."""
    parts: list[str] = []
    async for event in model.stream(asked):
        if isinstance(event, Done):
            return "".join(parts), event
        if event.anew:
            parts.clear()
        parts.append(event.text)
    raise Broken("no end")
