"""Asking a model over its true protocol: whole answers, faults, deadlines, fallback, prices, addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import openai  # noqa: F401  (loaded before the clocks of deadlines run: on a busy machine it takes seconds)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.standin import garbage
from bot.standin.server import Act, StandIn, serving, tokens
from foundation.errors import BadSetting
from foundation.language_model import (
    Asked,
    Broken,
    Busy,
    Charge,
    Done,
    ModelFault,
    NoModel,
    NotServed,
    Piece,
    Said,
    TooLate,
    Usage,
    whole,
)
from foundation.model_chain import OPENS_AFTER, ModelChain
from foundation.model_endpoints import Endpoint, ModelSettings, Price, load_models, micro, read_models
from foundation.openai_models import OpenAIModel
from foundation.safe_transport import may_connect
from foundation.settings import Secret, Settings, load

QUESTION = Asked((Said("user", "写一个标题"),), max_tokens=200)
PRICE = Price(date(2026, 1, 1), 1_000_000, 100_000, 2_000_000)


@dataclass
class Bench:
    """A chain over stand-ins, with pauses that do not wait and alarms that are kept."""

    standins: list[StandIn]
    chain: ModelChain
    paused: list[float] = field(default_factory=list)
    alarms: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., object]]:
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:

        async def build(count: int = 1, deadline: float = 60.0) -> Bench:
            standins = [StandIn() for _ in range(count)]
            urls = [await stack.enter_async_context(serving(one)) for one in standins]
            endpoints = tuple(
                Endpoint(f"e{n}", url, "m", Secret("sk-test-key"), (PRICE,)) for n, url in enumerate(urls)
            )
            chain = ModelChain.of(ModelSettings(endpoints, deadline, allowed=frozenset(e.host_port for e in endpoints)))
            built = Bench(standins, chain)

            async def pause(seconds: float) -> None:
                built.paused.append(seconds)

            chain.sleep, chain.alarm, chain.chance = (
                pause,
                lambda name, what: built.alarms.append((name, what)),
                lambda: 0.5,
            )
            return built

        yield build


async def test_an_answer_streams_and_is_counted_as_the_endpoint_counts(bench) -> None:
    built = await bench()
    built.standins[0].will("PAWNEST Slow Feeder Dog Bowl，防滑 3 杯")
    pieces, ends = [], []
    async for event in built.chain.stream(QUESTION):
        (ends if isinstance(event, Done) else pieces).append(event)
    assert "".join(piece.text for piece in pieces) == "PAWNEST Slow Feeder Dog Bowl，防滑 3 杯" and len(pieces) > 2
    [counted] = built.standins[0].counted
    assert ends[0].usage == Usage(counted.input, counted.cached, counted.output)
    assert ends[0].charges == (Charge("e0", "m", ends[0].usage, PRICE.cost(ends[0].usage)),)
    assert built.standins[0].asked[0]["authorization"] == "Bearer sk-test-key"


async def test_keep_alives_for_ever_end_at_the_deadline_and_the_next_endpoint_answers(bench) -> None:
    built = await bench(2, deadline=2.5)
    built.standins[0].will(Act("spät", drips=1000))
    built.standins[1].will("da")
    text, done = await whole(built.chain, QUESTION)
    assert (text, [charge.endpoint for charge in done.charges]) == ("da", ["e0", "e1"])
    assert done.charges[0].usage.estimated


async def test_one_slow_endpoint_alone_is_too_late_and_still_charged(bench) -> None:
    built = await bench(deadline=0.4)
    built.standins[0].will(Act("langsam und lang", piece=1, pause=0.1))
    with pytest.raises(TooLate) as told:
        await whole(built.chain, QUESTION)
    assert [charge.usage.estimated for charge in told.value.charges] == [True]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_endpoint_is_asked_again_after_growing_pauses(bench, status: int) -> None:
    built = await bench()
    built.standins[0].will(Act(status=status), Act(status=status), "ok")
    text, done = await whole(built.chain, QUESTION)
    assert (text, built.paused, len(done.charges)) == ("ok", [0.5, 1.0], 1)


async def test_a_storm_of_refusals_costs_nothing(bench) -> None:
    built = await bench(2)
    for standin in built.standins:
        standin.will(*[Act(status=429)] * 20)
    with pytest.raises(Busy) as told:
        await whole(built.chain, QUESTION)
    assert told.value.charges == () and sum(len(one.asked) for one in built.standins) <= 2 * OPENS_AFTER


async def test_a_wish_to_wait_longer_than_the_deadline_ends_at_once(bench) -> None:
    built = await bench()
    built.standins[0].will(Act(status=429, headers=(("retry-after", "600"),)))
    with pytest.raises(Busy):
        await whole(built.chain, QUESTION)
    assert built.paused == []


@pytest.mark.parametrize("status", [401, 402, 403, 422])
async def test_a_refusal_alarms_once_and_is_never_asked_again(bench, status: int) -> None:
    built = await bench(2)
    built.standins[0].will(Act(status=status))
    built.standins[1].will("eins", "zwei")
    assert [(await whole(built.chain, QUESTION))[0] for _ in range(2)] == ["eins", "zwei"]
    assert (built.alarms, len(built.standins[0].asked)) == ([("e0", f"refused us ({status})")], 1)


@pytest.mark.parametrize("cut", range(9))
async def test_a_stream_cut_anywhere_is_no_answer_and_the_next_endpoint_begins_anew(bench, cut: int) -> None:
    built = await bench(2)
    built.standins[0].will(Act("abcdefgh" * 4, piece=4, cut_after=cut, reset=cut % 2 == 1))
    built.standins[1].will("ganz")
    text, done = await whole(built.chain, QUESTION)
    assert text == "ganz"
    assert [charge.endpoint for charge in done.charges][-1] == "e1"


def test_there_are_forty_shapes_of_garbage() -> None:
    assert len(garbage.BODIES) == 40


@pytest.mark.parametrize("shape", garbage.BODIES)
async def test_garbage_is_never_an_answer(bench, shape: str) -> None:
    built = await bench(2)
    built.standins[0].will(garbage.acts()[shape])
    built.standins[1].will("ganz")
    assert (await whole(built.chain, QUESTION))[0] == "ganz"


async def test_an_endpoint_that_cannot_stream_answers_whole(bench) -> None:
    built = await bench()
    body = b'{"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}],'
    body += b'"usage":{"prompt_tokens":5,"completion_tokens":2}}'
    built.standins[0].will(Act(raw=body, media_type="application/json"))
    assert await whole(built.chain, QUESTION) == (
        "whole",
        Done("stop", Usage(5, 0, 2), (Charge("e0", "m", Usage(5, 0, 2), 9),)),
    )


async def test_a_redirect_is_not_followed(bench) -> None:
    built = await bench(2)
    built.standins[0].will(Act(status=307, headers=(("location", "http://127.0.0.1:1/v1/chat/completions"),)))
    built.standins[1].will("da")
    assert (await whole(built.chain, QUESTION))[0] == "da"
    assert built.alarms == [("e0", "its url is wrong (307)")]


async def test_leaving_half_way_closes_the_call_and_notes_what_was_said(bench) -> None:
    built = await bench()
    built.standins[0].will(Act("x" * 4000, piece=4, pause=0.01))
    charges: list[Charge] = []
    events = built.chain.stream(QUESTION, charges)
    assert isinstance(await anext(events), Piece)
    await events.aclose()
    [charge] = charges
    assert charge.usage.estimated and charge.usage.output >= 1
    async with asyncio.timeout(5):
        while built.standins[0].open_calls:  # noqa: ASYNC110  # it ends in the server's own time
            await asyncio.sleep(0.01)


async def test_without_an_endpoint_there_is_no_model() -> None:
    with pytest.raises(NoModel):
        await whole(ModelChain(()), QUESTION)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/v1", "http://[fe80::1]/v1", "http://0.0.0.0/v1", "http://224.0.0.1/v1", "http://[::ffff:169.254.169.254]/v1",
        "http://[2002:a9fe:a9fe::]/v1", "http://240.0.0.1/v1",
    ],
)  # fmt: skip
async def test_addresses_that_are_never_right_are_refused(url: str) -> None:
    with pytest.raises(NotServed):
        await whole(OpenAIModel(Endpoint("e", url, "m")), QUESTION)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1", "::1", "100.64.0.1", "::ffff:10.0.0.1"]
)
def test_private_addresses_need_the_operators_word(address: str) -> None:
    assert not may_connect(address, local=False) and may_connect(address, local=True)


async def test_a_name_that_leads_inside_is_refused_also_when_it_changes_between_two_calls() -> None:
    import httpx

    from foundation.safe_transport import AddressRefused, SafeTransport

    answers = iter([["10.0.0.9"], ["93.184.216.34", "127.0.0.1"]])

    async def resolve(host: str, port: int) -> list[str]:
        return next(answers)

    transport = SafeTransport(frozenset({("models.example", 443)}), resolve=resolve)
    for _ in range(2):
        with pytest.raises(AddressRefused):
            await transport.handle_async_request(httpx.Request("POST", "https://models.example/v1"))
    with pytest.raises(AddressRefused):
        await transport.handle_async_request(httpx.Request("POST", "https://models.example:8443/v1"))


MODELS = """
deadline_seconds: 20
order: [near, far]
allow: ["127.0.0.1:9000", "api.deepseek.com:443"]
limits_per_day: {person: 0.2, team: 5, house: 20}
endpoints:
  far:
    url: https://api.deepseek.com/v1
    model: deepseek-chat
    key_from: DEEPSEEK_API_KEY
    currency: CNY
    prices:
      - {since: 2026-01-01, input: 2, cached_input: 0.2, output: 3, zone: Asia/Shanghai,
         peak: {hours: ["09:00-12:00", "22:00-02:00"], input: 4, cached_input: 0.4, output: 6}}
      - {since: 2026-12-01, input: 1, output: 1}
  near: {url: "http://127.0.0.1:9000/v1", model: small}
"""


def test_the_operators_file_names_endpoints_prices_and_order(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(MODELS)
    models = read_models(file, {"DEEPSEEK_API_KEY": "sk-secret"})
    assert [one.name for one in models.endpoints] == ["near", "far"]
    far = models.endpoints[1]
    usage = Usage(1_000_000, 500_000, 1_000_000)
    at = {hour: far.cost(usage, datetime(2026, 11, 22, hour, tzinfo=UTC)) for hour in (0, 1, 15, 20)}
    assert at == {0: 4_100_000, 1: 8_200_000, 15: 8_200_000, 20: 4_100_000}  # 08:00, 09:00, 23:00 and 04:00 in Shanghai
    assert far.cost(usage, datetime(2026, 12, 5, 1, tzinfo=UTC)) == 2_000_000
    assert far.at_most(usage) == 8_200_000
    assert (models.limits.person, models.deadline, "sk-secret" in repr(models)) == (200_000, 20.0, False)


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ('"127.0.0.1:9000", ', ""),
        ("key_from: DEEPSEEK_API_KEY", "key: sk-1234567890"),
        ("key_from: DEEPSEEK_API_KEY", "key_from: OTHER"),
        ("https://api.deepseek.com/v1", "https://user:pw@api.deepseek.com/v1"),
        ("https://api.deepseek.com/v1", "file:///etc/passwd"),
        ("order: [near, far]", "order: [near, gone]"),
        ("deadline_seconds: 20", "deadline_seconds: 0"),
        ("input: 2,", "input: -2,"),
        ("model: small", "model: ''"),
    ],
)
def test_a_wrong_file_is_told_in_one_line_without_a_secret(tmp_path: Path, change: str, to: str) -> None:
    file = tmp_path / "models.yaml"
    assert change in MODELS
    file.write_text(MODELS.replace(change, to))
    with pytest.raises(BadSetting) as told:
        read_models(file, {"DEEPSEEK_API_KEY": "sk-secret"})
    assert "sk-" not in str(told.value) and "\n" not in str(told.value)


def test_three_settings_are_enough() -> None:
    settings = load(
        {"ZHIRAN_MODEL_URL": "http://127.0.0.1:9/v1", "ZHIRAN_MODEL_NAME": "m", "ZHIRAN_MODEL_KEY": "k"}, Path("none")
    )
    [one] = load_models(settings).endpoints
    assert (one.url, one.model, one.key, one.host_port) == ("http://127.0.0.1:9/v1", "m", "k", ("127.0.0.1", 9))
    assert load_models(Settings()).endpoints == ()
    with pytest.raises(BadSetting, match="ZHIRAN_MODEL_NAME"):
        load({"ZHIRAN_MODEL_URL": "http://127.0.0.1:9/v1"}, Path("none"))


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**6))
def test_a_price_is_whole_and_never_below_the_exact_one(total: int, cached: int, output: int) -> None:
    usage = Usage(total + cached, cached, output)
    exact = total * PRICE.input + cached * PRICE.cached + output * PRICE.output
    assert 0 <= PRICE.cost(usage) * 1_000_000 - exact < 1_000_000


@pytest.mark.parametrize(
    ("written", "millionths"), [("0.28", 280_000), (3, 3_000_000), (0.1, 100_000), ("0.000001", 1)]
)
def test_an_amount_is_read_exactly(written: object, millionths: int) -> None:
    assert micro(written) == millionths


@given(st.text(max_size=400))
def test_our_own_count_is_never_below_the_stand_ins(text: str) -> None:
    from foundation.language_model import estimated_tokens

    assert estimated_tokens(text) >= tokens(text) - 1


def test_faults_know_what_they_cost() -> None:
    assert issubclass(Broken, ModelFault) and Broken("x", Usage(1, 0, 2)).usage == Usage(1, 0, 2)


def test_in_peak_hours_cached_input_keeps_its_part_of_the_price_where_nobody_says(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(MODELS.replace("input: 4, cached_input: 0.4, output: 6", "input: 4, output: 6"))
    far = read_models(file, {"DEEPSEEK_API_KEY": "sk-secret"}).endpoints[1]
    usage = Usage(1_000_000, 500_000, 1_000_000)
    assert far.cost(usage, datetime(2026, 11, 22, 1, tzinfo=UTC)) == 8_200_000


@pytest.mark.parametrize("wrong", ["-1", "nan", "1e9x", "0.1234567", "null", "[1]"])
def test_a_wrong_amount_names_its_endpoint_and_field(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "models.yaml"
    for text, where in (
        (MODELS.replace("cached_input: 0.2, output: 3", f"cached_input: 0.2, output: {wrong}"), "far: output"),
        (MODELS.replace("team: 5", f"team: {wrong}"), "limits_per_day: team"),
    ):
        file.write_text(text)
        with pytest.raises(BadSetting, match=where):
            read_models(file, {"DEEPSEEK_API_KEY": "sk-secret"})
