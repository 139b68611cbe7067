"""`zhiran doctor` with several endpoints: each is tried, each has its line, in the order in which they are asked."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from bot.doors.telegram.refusal import REFUSED
from bot.standin.server import Act, StandIn, serving
from tests.helpers.telegram_double.server import TelegramServer
from tests.helpers.telegram_double.world import World

KEY = "sk-canary-of-an-operator"
DRIPS = Act("never said", drips=100_000)
STANDINS = {
    "refusing": Act(status=401),
    "dripping": DRIPS,
    "leading away": Act(status=302, headers=(("location", "http://127.0.0.1:9/v1/chat/completions"),)),
    "busy": Act(status=503),
    "unlisted": Act("never asked"),
    "good": Act("OK"),
}


def ran(folder: Path, **settings: str) -> tuple[int, str]:
    environment = os.environ | {"ZHIRAN_DATA_FOLDER": str(folder), "STANDIN_KEY": KEY} | settings
    environment |= {"ZHIRAN_DATABASE_URL": f"sqlite:///{folder}/z.db"}
    command = [sys.executable, "-m", "bot.entry", "doctor"]
    root = Path(__file__).parents[2]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=root)
    return ended.returncode, ended.stdout + ended.stderr


async def test_each_endpoint_is_tried_and_has_its_line(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        standins = {name: StandIn(lambda messages, act=act: act.text) for name, act in STANDINS.items()}
        urls = {name: await stack.enter_async_context(serving(one)) for name, one in standins.items()}
        for name, one in standins.items():
            one.will(*[STANDINS[name]] * 4)
        endpoints: dict[str, dict[str, object]] = {
            name: {"url": url, "model": "m", "key_from": "STANDIN_KEY"} for name, url in urls.items()
        }
        endpoints["inside"] = {
            "url": "http://169.254.169.254/v1",
            "model": "m",
        }  # never connected to, whatever is allowed
        endpoints["keyless"] = {"url": urls["good"], "model": "m", "key_from": "NOT_SET"}
        order = ["refusing", "dripping", "keyless", "leading away", "unlisted", "inside", "busy", "good"]
        allow = [urlsplit(str(one["url"])).netloc for name, one in endpoints.items() if name != "unlisted"]
        allow = [one if ":" in one else f"{one}:80" for one in allow]
        file = tmp_path / "models.yaml"
        file.write_text(
            yaml.safe_dump(
                {"endpoints": endpoints, "order": order, "allow": allow, "deadline_seconds": 6}, sort_keys=False
            )
        )
        code, said = await asyncio.to_thread(partial(ran, tmp_path / "data", ZHIRAN_MODELS_FILE=str(file)))
    told = [line for line in said.splitlines() if "model endpoint" in line]
    assert told == [
        "wrong model endpoint refusing: words: 401, the key is refused",
        "wrong model endpoint dripping: words: no answer within 6 s",
        "wrong model endpoint keyless: ZHIRAN_MODELS_FILE: keyless takes its key from NOT_SET, which is not set",
        "wrong model endpoint leading away: words: 302, it redirects and no redirect is followed: its url is wrong",
        "wrong model endpoint unlisted: ZHIRAN_MODELS_FILE: the host and port of unlisted are not under allow",
        "wrong model endpoint inside: words: address refused",
        "wrong model endpoint busy: words: 503",
        "ok    model endpoint good: answers (words 2+1 tokens)",
    ]
    assert code == 2 and KEY not in said and "Traceback" not in said
    assert {name: len(one.asked) for name, one in standins.items()} == dict.fromkeys(standins, 1) | {"unlisted": 0}


async def test_the_bots_token_is_tried(tmp_path: Path) -> None:
    """Whose it is; refused, what to do about it; while Telegram is away nothing is wrong with us."""
    token, told = "42:a-token-of-thirty-five-characters-xx", []
    server = TelegramServer(World(token))
    async with server:
        settings = {"ZHIRAN_TELEGRAM_TOKEN": token, "ZHIRAN_TELEGRAM_API": server.base}
        for known in (token, "42:another"):
            server.world.token = known
            told.append(await asyncio.to_thread(partial(ran, tmp_path / "data", **settings)))
    settings["ZHIRAN_BASE_URL"] = "https://zhiran.example"
    told.append(await asyncio.to_thread(partial(ran, tmp_path / "data", **settings)))
    lines = [[line for line in said.splitlines() if "elegram" in line] for _, said in told]
    assert [code for code, _ in told] == [0, 2, 0] and token not in str(told) and "Traceback" not in str(told)
    assert lines == [
        ["ok    telegram: polling, @zhiran_bot; no Mini App: ZHIRAN_BASE_URL is no https address"],
        [f"wrong telegram: {REFUSED}"],
        ["ok    telegram: polling, Telegram cannot be reached just now; Mini App at https://zhiran.example/mini"],
    ]
