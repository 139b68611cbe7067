"""Pictures and speech go only where the operator says they may, are counted, paid for, and fall back like words do."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.commands import doctor
from bot.standin.server import Act, StandIn, serving
from foundation.errors import BadSetting
from foundation.language_model import Asked, Done, ModelFault, NoModel, Picture, Said, Sound, whole
from foundation.model_chain import ModelChain
from foundation.model_endpoints import Endpoint, ModelSettings, Price, load_models, read_models
from foundation.settings import Secret, Settings, load

PRICE = Price(date(2026, 1, 1), 1_000_000, 100_000, 2_000_000, minute=6_000)
SEEING = Asked((Said("user", "抄下来", (Picture("image/png", b"\x89PNG" * 30),)),), max_tokens=100)
HEARING = Asked((), sound=Sound("audio/ogg", b"OggS" * 2500))


async def chain(stack: AsyncExitStack, *able: tuple[bool, str]) -> tuple[ModelChain, list[StandIn]]:
    standins = [StandIn() for _ in able]
    urls = [await stack.enter_async_context(serving(one)) for one in standins]
    endpoints = tuple(
        Endpoint(f"e{n}", url, "m", Secret("k"), (PRICE,), vision=vision, transcription=ears)
        for n, (url, (vision, ears)) in enumerate(zip(urls, able, strict=True))
    )
    settings = ModelSettings(endpoints, 20.0, allowed=frozenset(one.host_port for one in endpoints))
    return ModelChain.of(settings), standins


async def answer(models: ModelChain, asked: Asked) -> tuple[str, Done]:
    return await whole(models, asked)


async def test_each_goes_to_the_first_that_can_take_it() -> None:
    async with AsyncExitStack() as stack:
        models, (words, eyes, ears) = await chain(stack, (False, ""), (True, ""), (False, "whisper"))
        eyes.will("品牌 PAWNEST")
        ears.will("站点是美国")
        text, done = await answer(models, SEEING)
        assert text == "品牌 PAWNEST" and [c.endpoint for c in done.charges] == ["e1"]
        assert eyes.asked[0]["messages"][0]["pictures"] == [b"\x89PNG" * 30]
        text, done = await answer(models, HEARING)
        assert text == "站点是美国" and [(c.endpoint, c.model) for c in done.charges] == [("e2", "whisper")]
        assert words.asked == []


async def test_what_is_counted_is_paid_and_never_more_than_was_set_aside() -> None:
    async with AsyncExitStack() as stack:
        models, [standin] = await chain(stack, (True, "whisper"))
        standin.will("gesagt")
        _, done = await answer(models, HEARING)
        [charge], [counted] = done.charges, standin.counted
        assert charge.usage.seconds == counted.seconds and charge.cost == -(-counted.seconds * 6_000 // 60)
        assert charge.cost <= models.estimate(HEARING)[1]
        _, done = await answer(models, SEEING)
        assert (done.usage.input, done.usage.output) == (standin.counted[1].input, standin.counted[1].output)
        assert done.charges[0].cost <= models.estimate(SEEING)[1]


async def test_uncounted_speech_costs_what_was_set_aside_for_its_length() -> None:
    async with AsyncExitStack() as stack:
        models, [standin] = await chain(stack, (False, "whisper"))
        standin.will(Act("gesagt", count=False))
        _, done = await answer(models, HEARING)
        assert done.usage.estimated and done.usage.seconds == HEARING.sound.seconds_at_most  # type: ignore[union-attr]


@pytest.mark.parametrize("asked", [SEEING, HEARING], ids=["picture", "speech"])
async def test_nobody_able_is_no_model_and_nothing_is_sent(asked: Asked) -> None:
    async with AsyncExitStack() as stack:
        models, [standin] = await chain(stack, (False, ""))
        assert not models.can_take(asked) and models.estimate(asked)[1] == 0
        with pytest.raises(NoModel):
            await answer(models, asked)
        assert standin.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"text": 7}',
        b'{"text": ""}',
        b'{"error": {}}',
        b'{"error": {"message": "x"}}',
        b"<html>",
        b'{"text": null}',
    ],
)
async def test_garbage_for_speech_is_no_answer(body: bytes) -> None:
    async with AsyncExitStack() as stack:
        models, [standin] = await chain(stack, (False, "whisper"))

        async def at_once(seconds: float) -> None:
            """Do not wait between rounds."""

        models.sleep = at_once
        standin.will(*[Act(raw=body)] * 4)
        with pytest.raises(ModelFault):
            await answer(models, HEARING)


def test_the_file_names_abilities_and_the_price_of_a_minute(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(
        "endpoints:\n  one:\n    url: http://127.0.0.1:9/v1\n    model: m\n    vision: true\n    transcription: whisper\n"
        '    prices: [{since: 2026-01-01, input: "1", output: "2", minute: "0.006"}]\n',
        "utf-8",
    )
    [one] = read_models(file, {}).endpoints
    assert one.vision and one.transcription == "whisper"
    price = one.price(datetime(2026, 5, 1, tzinfo=UTC))
    assert price is not None and price.minute == 6_000
    set_up = load_models(Settings(model_url="http://127.0.0.1:9/v1", model_name="m", model_vision=True))
    assert set_up.endpoints[0].vision and not set_up.endpoints[0].transcription
    with pytest.raises(BadSetting, match="ZHIRAN_MODEL_VISION"):
        load({"ZHIRAN_MODEL_VISION": "vielleicht"}, tmp_path / "none.env")


async def test_the_doctor_tries_what_an_endpoint_says_it_can() -> None:
    async with serving(standin := StandIn()) as url:
        settings = Settings(model_url=url, model_name="m", model_vision=True, model_transcription="whisper")

        async def told() -> str:
            [finding] = await asyncio.to_thread(doctor.model_findings, settings)
            return str(finding)

        first = await told()
        assert first.startswith("ok ") and all(name in first for name in ("words", "vision", "transcription"))
        assert [bool(one.get("sound")) for one in standin.asked] == [False, False, True]
        standin.will("ok", Act(status=400))
        assert await told() == "wrong model endpoint model: vision: 400"
        standin.will("ok", "ok", Act(raw=b'{"text": ""}'))
        assert "transcription ok" in await told()
