"""Inside Telegram's frame: who may frame a page, what its cookie is like, and that no other site can act in its name."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from bot.commands.serve import application
from bot.doors.web.tables import web_message
from bot.seed import Demo
from curriculum import people, teams
from foundation.database import Database
from foundation.settings import Secret
from tests.dashboard.test_ways_in import TOKEN, signed
from tests.helpers.clock import HandClock
from tests.helpers.stage import Stage, staged

HOME = "https://zhiran.example"
OURS, TELEGRAM = {"origin": HOME}, "frame-ancestors https://web.telegram.org https://*.telegram.org"


@pytest.fixture
async def stage(demo_database: tuple[Database, Demo], clock: HandClock) -> AsyncIterator[Stage]:
    """A house behind https, with a bot, whose Telegram user 77 is its lead."""
    database, demo = demo_database
    url = database.url.render_as_string(hide_password=False)
    async with staged(url, demo, clock, base_url=HOME, telegram_token=Secret(TOKEN)) as stage:
        stage.bind("telegram", "77", demo.people["陈组长"])
        yield stage


@pytest.fixture
async def browser(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application(stage.house)), base_url=HOME) as client:
        yield client


def framers(answer: httpx.Response) -> str:
    return answer.headers["content-security-policy"].partition("; frame-ancestors ")[2]


async def opened(browser: httpx.AsyncClient, stage: Stage) -> httpx.Response:
    data = signed(at=int(stage.clock().timestamp()))
    return await browser.post("/mini", content=data, headers=OURS)


async def test_the_mini_apps_pages_may_be_framed_by_telegram_and_no_other_page_by_anybody(
    browser: httpx.AsyncClient, stage: Stage
) -> None:
    assert "frame-ancestors " + framers(await browser.get("/mini")) == TELEGRAM
    for path in ("/", "/lead", "/chat", "/join/inv_x", "/health", "/static/chat.js", "/mini/x"):
        assert framers(await browser.get(path)) == "'none'", path
    assert (await opened(browser, stage)).json() == {"to": "/lead"}
    for path in ("/lead", "/lead/tasks", "/desk", "/chat"):
        shown = await browser.get(path)
        assert (shown.status_code, "frame-ancestors " + framers(shown)) == (200, TELEGRAM), path


async def test_only_a_session_of_the_mini_app_over_https_travels_into_a_frame(
    browser: httpx.AsyncClient, stage: Stage
) -> None:
    cookie = (await opened(browser, stage)).headers["set-cookie"]
    assert cookie.startswith("zhiran_framed=") and cookie.endswith(
        "; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
    )
    link = stage.write(lambda c: people.sign_in_token(c, stage.demo.people["小林"], stage.clock()))
    usual, cleared = (await browser.post(f"/in/{link}", headers=OURS)).headers.get_list("set-cookie")
    assert usual.startswith("zhiran_session=") and "SameSite=lax" in usual and "Secure" in usual
    assert "Partitioned" not in usual and "zhiran_framed=; Max-Age=0" in cleared
    assert (await browser.get("/lead")).status_code == 404, "whoever signs in anew is who they say now"


async def test_over_http_a_session_stays_out_of_frames(demo_database: tuple[Database, Demo], clock: HandClock) -> None:
    database, demo = demo_database
    url = database.url.render_as_string(hide_password=False)
    async with staged(url, demo, clock, telegram_token=Secret(TOKEN)) as stage:
        stage.bind("telegram", "77", demo.people["陈组长"])
        transport = httpx.ASGITransport(app=application(stage.house))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
            cookie = (await browser.post("/mini", content=signed(at=int(clock().timestamp())))).headers["set-cookie"]
    assert cookie.startswith("zhiran_session=") and "SameSite=lax" in cookie


FOREIGN = [
    {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    {"origin": HOME, "sec-fetch-site": "cross-site"}, {"origin": "https://web.telegram.org"}, {"sec-fetch-site": "none"}, {},
]  # fmt: skip
SAID = {"words": "/home", "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff"}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_nothing_is_changed_for_a_framed_session_unless_the_page_is_ours(
    browser: httpx.AsyncClient, stage: Stage, headers: dict[str, str]
) -> None:
    await opened(browser, stage)
    gone, task = stage.demo.people["小林"], {"what": "powercut:", "to": "all", "due": "2026-12-01"}
    acts = [
        await browser.post(f"/lead/team/dismiss/{gone}", headers=headers),
        await browser.post("/lead/tasks", data=task, headers=headers),
        await browser.post("/lead/live/start", headers=headers),
        await browser.post("/lead/tokens", data={"name": "x", "scope": "read"}, headers=headers),
        await browser.post("/desk/x/ok", headers=headers),
        await browser.post("/chat/say", json=SAID, headers=headers),
        await browser.post("/chat/file", data={"id": SAID["id"]}, files={"file": ("a.txt", b"x")}, headers=headers),
        await browser.post(f"/join/{stage.invitation()}", headers=headers),
        await browser.post("/out", headers=headers),
    ]
    assert [one.status_code for one in acts] == [403] * len(acts)
    assert stage.read(lambda c: teams.member(c, stage.scope("陈组长"), gone)).name == "小林"
    assert (await browser.post("/chat/say", json=SAID, headers={"sec-fetch-site": "same-origin"})).status_code == 202
    assert (await browser.post("/lead/tasks", data=task, headers=OURS)).status_code == 303
    await stage.answered()


async def test_who_signs_out_in_the_frame_is_out(browser: httpx.AsyncClient, stage: Stage) -> None:
    await opened(browser, stage)
    kept = browser.cookies["zhiran_framed"]
    assert (await browser.post("/out", headers=OURS)).status_code == 303
    assert "zhiran_framed" not in browser.cookies
    assert stage.read(lambda c: people.person_of_session(c, kept, stage.clock())) is None


async def test_who_comes_from_telegram_is_the_same_person_in_the_web_chat(
    browser: httpx.AsyncClient, stage: Stage
) -> None:
    """Also one who never opened the web chat by a link."""
    await opened(browser, stage)
    assert (await browser.post("/chat/say", json=SAID, headers=OURS)).status_code == 202
    await stage.answered()
    lead = stage.demo.people["陈组长"]
    [said] = stage.read(
        lambda c: (
            c.execute(sa.select(web_message.c.message).where(web_message.c.account == lead, web_message.c.place == 1))
            .scalars()
            .all()
        )
    )
    assert "看本周" in str(said["choices"])
