"""A real browser on the real program."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

expect.set_options(timeout=60_000)  # the first question waits for the index
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--no-first-run", "--disable-quic"]
QUIET += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # a microphone that beeps


@dataclass(frozen=True)
class Demo:
    """The demo's sign-in addresses by name."""

    links: dict[str, str]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"ZHIRAN_DATABASE_URL": f"sqlite:///{folder}/zhiran.db", "ZHIRAN_PORT": str(port)}
    env |= {"ZHIRAN_DATA_FOLDER": str(folder), "PYTHONUNBUFFERED": "1"}
    log = folder / "demo.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "bot.entry", "demo"], env=env, stdout=out, stderr=out)
    try:
        yield Demo(_links(log, process))
    finally:
        process.terminate()
        process.wait(30)


def _links(log: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    ends = time.monotonic() + 120
    while time.monotonic() < ends and process.poll() is None:
        found = {
            name: url for url, name in re.findall(r"^\s+(http://\S+/in/\S+)\s+(\S+)", log.read_text("utf-8"), re.M)
        }
        if "小林" in found and "Ctrl-C" in log.read_text("utf-8"):
            return found
        time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(params=[(360, 740), (1280, 800)], ids=["phone", "desktop"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.set_default_timeout(60_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []
