"""The double in a process of its own, as tests that kill ours need it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

TOKEN = "42:a-token-of-thirty-five-characters-xx"


@pytest.fixture
def telegram() -> Iterator[httpx.Client]:
    command = [sys.executable, "-m", "tests.helpers.telegram_double", "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        with httpx.Client(base_url=process.stdout.readline().strip(), timeout=10) as client:
            yield client
        process.terminate()


def test_it_is_led_by_http(telegram: httpx.Client) -> None:
    """A person says something, the bot asks and answers, the test reads what they would see."""

    def bot(method: str, **fields: Any) -> Any:
        return telegram.post(f"/bot{TOKEN}/{method}", json=fields).json()

    telegram.post("/control/say", json={"user_id": 7, "text": "你好"})
    [update] = bot("getUpdates", offset=0, timeout=5)["result"]
    button = {"inline_keyboard": [[{"text": "好", "callback_data": "/ok"}]]}
    assert bot("sendMessage", chat_id=7, text="<b>在</b>", parse_mode="HTML", reply_markup=button)["ok"]
    telegram.post("/control/tap", json={"user_id": 7, "label": "好"})
    [tap] = bot("getUpdates", offset=update["update_id"] + 1, timeout=5)["result"]
    assert tap["callback_query"]["data"] == "/ok"
    messages = telegram.get("/control/state").json()["chats"]["7"]["messages"]
    assert [(one["text"], one["buttons"]) for one in messages] == [("你好", {}), ("在", {"好": "/ok"})]
    telegram.post("/control/fault", json={"method": "sendMessage", "kind": "status", "value": 429})
    assert bot("sendMessage", chat_id=7, text="x")["parameters"] == {"retry_after": 1}
    assert telegram.post("/bot1:wrong/getMe").status_code == 401
    assert telegram.post(f"/bot{TOKEN}/getMind").status_code == 404
