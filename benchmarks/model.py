"""What a model costs: our processor time for a streamed answer, tokens for an answered question, cached prefix tokens.

Run: python -m benchmarks.model [--json]. The stand-in runs in a process of its own, so that only the asking side counts.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import date
from multiprocessing.connection import Connection

from bot.standin.server import Act, StandIn, serving, tokens
from foundation.language_model import Asked, Said, whole
from foundation.model_chain import Line, ModelChain
from foundation.model_endpoints import Endpoint, Price
from foundation.openai_models import OpenAIModel
from foundation.settings import Secret
from knowledge.document import read_file
from knowledge.library_files import written_files
from knowledge.playbook import Playbook, assemble

ANSWER = "亚马逊标题 PAWNEST Slow Feeder Dog Bowl, 3 Cups。" * 60
ROUNDS, WARM = 60, 5
PRICE = Price(date(2026, 1, 1), 280_000, 28_000, 420_000)
DAY = 200  # answers of a day's replay


@dataclass(frozen=True)
class Figures:
    bare_client_ms: float
    ours_ms: float
    added_ms: float
    events: int
    tokens_from_clause: float
    tokens_stuffing_five: float
    cached_share_ours: float
    cached_share_values_inside: float


def _serve(pipe: Connection) -> None:
    async def run() -> None:
        standin = StandIn(lambda messages: ANSWER)
        async with serving(standin) as url:
            pipe.send(url)
            await asyncio.to_thread(pipe.recv)

    asyncio.run(run())


async def _processor_time(answer: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of this process's own processor time for one answer, the median of many."""
    took = []
    for number in range(ROUNDS + WARM):
        began = time.process_time()
        await answer()
        if number >= WARM:
            took.append((time.process_time() - began) * 1000)
    return statistics.median(took)


async def _streaming(url: str) -> tuple[float, float]:
    import httpx  # noqa: F401  # both sides load it before anything is measured
    from openai import AsyncOpenAI

    bare = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    asked = Asked((Said("user", "写一个标题"),))
    endpoint = Endpoint("e", url, "m", Secret("none"), (PRICE,))
    model = OpenAIModel(endpoint)
    chain = ModelChain((Line(endpoint, model),))

    async def with_client() -> str:
        stream = await bare.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": "写一个标题"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    async def with_ours() -> str:
        return (await whole(chain, asked))[0]

    assert await with_client() == await with_ours() == ANSWER
    took = await _processor_time(with_client), await _processor_time(with_ours)
    await bare.close()
    await model.close()
    return took


def _tokens_of_questions(books: list[Playbook], chance: random.Random) -> tuple[float, float]:
    """Asking about a playbook: nothing is sent, the clause is cited; beside the usual five nearest passages stuffed in."""
    from knowledge.asking_about import answer_from

    stuffed, ours = [], []
    for book in books:
        for clause in chance.sample(list(book.clauses), 3):
            question = f"为什么要有{clause.name}这一段？"
            passages = [f"{one.prompt}\n{one.why}\n{one.without}" for one in chance.sample(list(book.clauses), 5)]
            stuffed.append(tokens("\n\n".join([*passages, question])))
            ours.append(0 if answer_from(book, question) else stuffed[-1])
    return statistics.mean(ours), statistics.mean(stuffed)


async def _cached(books: list[Playbook], chance: random.Random) -> tuple[float, float]:
    """A day's replay, some playbooks far more in use than others: the share of input tokens a prefix cache serves."""
    from bot.topics.run import run_request

    weights = [1 / (rank + 1) for rank in range(len(books))]
    day = chance.choices(books, weights, k=DAY)
    shares = []
    for inside in (False, True):
        standin = StandIn()
        for number, book in enumerate(day):
            values = {
                slot.key: f"{book.example_values.get(slot.key) or slot.example}-{number % 17}" for slot in book.slots
            }
            text = assemble(book, values) if inside else run_request(book, values).text
            body = {"messages": [{"role": "user", "content": text}]}
            standin.asked.append(body)
            standin._count(body, "")
        shares.append(sum(one.cached for one in standin.counted) / sum(one.input for one in standin.counted))
    return shares[0], shares[1]


def measure() -> Figures:
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    bare, ours = asyncio.run(_streaming(here.recv()))
    here.send("end")
    process.join(5)
    chance = random.Random(7)
    books = [read_file(path) for path in written_files()]
    from_clause, stuffing = _tokens_of_questions(books, chance)
    cached, inside = asyncio.run(_cached(books, chance))
    events = -(-len(ANSWER) // Act().piece)
    return Figures(
        round(bare, 2),
        round(ours, 2),
        round(ours - bare, 2),
        events,
        round(from_clause, 1),
        round(stuffing, 1),
        round(cached, 3),
        round(inside, 3),
    )


def main() -> None:
    figures = asdict(measure())
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
