"""Several endpoints as one model: in order of preference, with a deadline, back-off, breakers and one alarm each."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

from foundation.clock import Clock, system_clock
from foundation.language_model import (
    Asked,
    Broken,
    Busy,
    Charge,
    Done,
    Event,
    LanguageModel,
    ModelFault,
    NoModel,
    NotServed,
    Resting,
    TooLate,
    Usage,
    WrongAddress,
    estimated_tokens,
)
from foundation.model_endpoints import Endpoint, ModelSettings
from foundation.openai_models import OpenAIModel

log = logging.getLogger(__name__)

ROUNDS = 3
FIRST_PAUSE = 0.5  # seconds; doubled each round, and up to half of it more or less by chance
OPENS_AFTER = 3  # faults in a row
REST = 30.0  # seconds an open breaker rests, doubled while it keeps failing
LONGEST_REST = 300.0
FIRST_WORD_SHARE = 0.5  # of the time left, while somebody else could still be asked


@dataclass
class Line:
    """One endpoint with its state: a breaker, and whether it was stopped for good."""

    endpoint: Endpoint
    model: LanguageModel
    faults: int = 0
    rests_until: float = 0.0
    stopped: NotServed | None = None

    def is_open(self, now: float) -> bool:
        return not self.stopped and now >= self.rests_until

    def failed(self, now: float, wait: float | None) -> None:
        self.faults += 1
        if self.faults >= OPENS_AFTER:
            self.rests_until = now + min(REST * 2 ** min(self.faults - OPENS_AFTER, 8), LONGEST_REST)
        if wait:
            self.rests_until = max(self.rests_until, now + wait)


def log_alarm(endpoint: str, what: str) -> None:
    log.error("model endpoint %s: %s; it is not asked again until the next start", endpoint, what)


@dataclass
class ModelChain:
    """What a topic asks. A half answer is never passed off as whole: it ends in Done, or in a ModelFault."""

    lines: tuple[Line, ...]
    deadline: float = 45.0
    now: Clock = system_clock
    alarm: Callable[[str, str], None] = log_alarm
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = field(default=random.random)

    @classmethod
    def of(cls, settings: ModelSettings, now: Clock = system_clock) -> ModelChain:
        lines = tuple(Line(one, OpenAIModel(one, settings.allowed)) for one in settings.endpoints)
        return cls(lines, settings.deadline, now)

    def __bool__(self) -> bool:
        return bool(self.lines)

    def estimate(self, asked: Asked) -> tuple[Usage, int]:
        """Tokens, and the most that a call can cost at any endpoint and hour: what is reserved before asking."""
        seconds = asked.sound.seconds_at_most if asked.sound else 0
        input_tokens = asked.input_tokens + 16 * len(asked.messages)
        usage = Usage(input_tokens, 0, asked.max_tokens, estimated=True, seconds=seconds)
        suiting = (line.endpoint for line in self.lines if line.endpoint.suits(asked))
        return usage, max((endpoint.at_most(usage) for endpoint in suiting), default=0)

    def can_take(self, asked: Asked) -> bool:
        """Whether any endpoint takes this kind of thing at all."""
        return any(line.endpoint.suits(asked) for line in self.lines)

    async def stream(
        self, asked: Asked, into: list[Charge] | None = None, budget: int | None = None
    ) -> AsyncGenerator[Event, None]:
        """Pieces, then Done with every charge. Raises ModelFault, which carries the charges too.

        Who may leave half-way hands in the list the charges go `into`; nothing is tried that may cost beyond `budget`.
        """
        ends = self.monotonic() + self.deadline
        charges = into if into is not None else []
        most = self.estimate(asked)[1]
        shown = False  # whether a piece of an answer that came to nothing stands before the reader
        suiting = [line for line in self.lines if line.endpoint.suits(asked)]
        fault = self._nobody_to_ask(suiting)
        for number in range(ROUNDS):
            again = False
            for line in suiting:
                spent = sum(charge.cost for charge in charges)
                if not line.is_open(self.monotonic()) or (spent and budget is not None and spent + most > budget):
                    continue
                others = any(one is not line and one.is_open(self.monotonic()) for one in suiting)
                started = False
                try:
                    async with aclosing(self._ask(line, asked, ends, others, charges)) as events:
                        async for event in events:
                            if isinstance(event, Done):
                                line.faults = 0
                                yield replace(event, charges=tuple(charges))
                                return
                            yield replace(event, anew=True) if shown and not started else event
                            started = shown = True
                except ModelFault as failed:
                    fault = failed
                    again |= self._took(line, failed, number)
            if not again or not await self._pause(suiting, number, ends):
                break
        fault.charges = tuple(charges)
        raise fault

    def _nobody_to_ask(self, suiting: list[Line]) -> ModelFault:
        """What is true where no endpoint can be asked now: none is set, some rest, or all were stopped, and why."""
        if not suiting:
            return NoModel("no model is set")
        stopped = [line.stopped for line in suiting if line.stopped]
        if len(stopped) < len(suiting):
            return Resting("every endpoint rests")
        return type(stopped[0])(stopped[0].what)

    def _took(self, line: Line, fault: ModelFault, number: int) -> bool:
        """Note a fault at its endpoint; whether asking the same again may help."""
        if isinstance(fault, NotServed):
            if not line.stopped:
                line.stopped = fault
                wrong = isinstance(fault, WrongAddress)
                self.alarm(
                    line.endpoint.name, f"its url is wrong ({fault.what})" if wrong else f"refused us ({fault.what})"
                )
            return False
        if isinstance(fault, Busy | Broken | TooLate):
            line.failed(self.monotonic(), fault.wait if isinstance(fault, Busy) else None)
        return isinstance(fault, Busy) or (
            isinstance(fault, Broken) and number == 0
        )  # what is broken twice stays broken

    async def _pause(self, lines: list[Line], number: int, ends: float) -> bool:
        """Wait before the next round; False when there is no time or nobody left to ask."""
        now = self.monotonic()
        resting = [line.rests_until for line in lines if not line.stopped]
        if not resting:
            return False
        pause = FIRST_PAUSE * 2**number * (0.5 + self.chance())
        pause = max(pause, min(resting) - now)
        if now + pause >= ends:
            return False
        await self.sleep(pause)
        return True

    async def _ask(
        self, line: Line, asked: Asked, ends: float, others: bool, charges: list[Charge]
    ) -> AsyncGenerator[Event, None]:
        """One endpoint's answer within the time; its cost is noted however it ends."""
        began = self.monotonic()
        first_by = began + (ends - began) * FIRST_WORD_SHARE if others else ends
        events = line.model.stream(asked)
        said: list[str] = []
        counted: Usage | None = None
        try:
            while True:
                until = ends if said else first_by
                try:
                    async with asyncio.timeout(max(until - self.monotonic(), 0)):
                        event = await anext(events)
                except TimeoutError:
                    raise TooLate("no whole answer in time") from None
                except StopAsyncIteration:
                    raise Broken("no end") from None
                if isinstance(event, Done):
                    counted = event.usage
                    self._note(charges, line.endpoint, asked, counted)
                    yield event
                    return
                said.append(event.text)
                yield event
        except ModelFault as fault:
            # Refused at the door costs nothing; what was begun costs what was counted, or what we count ourselves.
            if isinstance(fault, Broken | TooLate):
                self._note(charges, line.endpoint, asked, counted := fault.usage or self._own_count(asked, said))
            raise
        except (asyncio.CancelledError, GeneratorExit):
            if counted is None:
                self._note(charges, line.endpoint, asked, self._own_count(asked, said))
            raise
        finally:
            await events.aclose()  # type: ignore[attr-defined]

    def _own_count(self, asked: Asked, said: list[str]) -> Usage:
        seconds = asked.sound.seconds_at_most if asked.sound else 0
        return Usage(asked.input_tokens, 0, estimated_tokens("".join(said)), estimated=True, seconds=seconds)

    def _note(self, charges: list[Charge], endpoint: Endpoint, asked: Asked, usage: Usage) -> None:
        charges.append(Charge(endpoint.name, endpoint.model_for(asked), usage, endpoint.cost(usage, self._at())))

    def _at(self) -> datetime:
        return self.now()
