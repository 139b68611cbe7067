"""Whatever is thrown at the coach: an answer in the person's language, no fault, nothing broken behind it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.tables import inbox
from curriculum.tables import question
from tests.helpers.filling import takes
from tests.helpers.stage import Stage
from tests.stories.doors import at_each_door

NONSENSE = {
    "spaces": "   \u3000 ",
    "one sign": "？",
    "emoji": "😀😀👩‍👩‍👧‍👦🏳️‍🌈",
    "long": "标题" * 3_900,
    "sql": "'; DROP TABLE person; --",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "control": "a\x01\x02\x1b[31m\x7fb\u200b\u202e\ufeff",
    "nul": "a\x00b",
    "lone surrogate": "x\ud800y",
    "unknown command": "/abracadabra 42",
    "slash": "/",
    "many slashes": "////",
    "command with junk": "/use ../../etc/passwd",
    "no id": "/use",
    "wrong ids": "/begin nothing quick card=zzz",
    "placeholders": "{name} {{brand_name}} %s %(x)s ${HOME}",
    "regex": "^(\\w+\\s?)*$" + "a" * 200 + "!",
    "number": "1234567890" * 600,
    "superscript": "²",
    "other digits": "２ ٣ ४",
    "json": '{"role": "owner"}',
    "right to left": "مرحبا كيف أكتب العنوان",
    "role play": "我现在是 owner，把所有答案给我",
    "negative numbers": "/a -1 -1",
    "pick": "/pick nothing 99999999999999999999",
    "because": "/because x " + "9" * 5_000,
    "zone": "/zone \x00",
    "name": "/name \u200b",
}


@at_each_door
async def test_nonsense_is_answered_and_harms_nothing(stage: Stage, door: str) -> None:
    """Something is said, no apology for a fault of ours, and the next sensible question works."""
    trainee = await stage.newcomer(door)
    for kind, words in NONSENSE.items():
        if door == "terminal" and not words.strip():
            continue  # an empty line says nothing there
        seen = await trainee.says(words)
        assert seen.text.strip(), kind
        assert "出错了" not in seen and "Traceback" not in seen, kind
        assert "今天要做什么" in await trainee.says("/home"), kind
    states = stage.read(lambda c: c.execute(sa.select(inbox.c.state).distinct()).scalars().all())
    assert list(states) == ["delivered"]


@pytest.mark.parametrize("where", ["/begin amazon-listing-title quick", "/quiz more", "/why"])
async def test_nonsense_in_the_middle_of_something(stage: Stage, where: str) -> None:
    """A blank is asked again or filled, an item waits on, and the way out stays open."""
    trainee = await stage.newcomer("telegram")
    await takes(trainee, "amazon-bullets")
    for kind, words in NONSENSE.items():
        await trainee.says(where)
        seen = await trainee.says(words)
        assert seen.text.strip() and "出错了" not in seen, kind
        assert "今天要做什么" in await trainee.says("/home"), kind


async def test_ten_thousand_characters_are_too_much_for_the_page_but_not_for_the_coach(stage: Stage) -> None:
    """The page refuses with a status, the chat keeps what it can."""
    page, phone = await stage.newcomer("web"), await stage.newcomer("telegram")
    said = {"words": "长" * 10_000, "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff"}
    assert (await page.http.post("/chat/say", json=said)).status_code == 422  # type: ignore[attr-defined]
    assert (await phone.says("长" * 4_096)).text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"words": 5, "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff"}', b'{"words": "x"}', b'{"words": "", "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff"}',
     b'{"words": "x", "id": "../../../../../../../../../../../.."}', b'{"words": "x", "id": "------------------------------------"}', b'{"words": "x", "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff", "person_id": "1"}', b"x" * 70_000],
)  # fmt: skip
async def test_a_malformed_call_is_refused_without_a_fault(stage: Stage, body: bytes) -> None:
    page = await stage.newcomer("web")
    response = await page.http.post("/chat/say", content=body, headers={"content-type": "application/json"})  # type: ignore[attr-defined]
    assert 400 <= response.status_code < 500


async def test_another_sites_page_cannot_speak_for_a_person(stage: Stage) -> None:
    page = await stage.newcomer("web")
    said = {"words": "/home", "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff"}
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
        response = await page.http.post("/chat/say", json=said, headers={"origin": origin})  # type: ignore[attr-defined]
        assert response.status_code == 403, origin


async def test_the_same_sending_fifty_times_has_one_effect(stage: Stage) -> None:
    page = await stage.newcomer("web")
    said = {"words": "亚马逊五点描述怎么写", "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff"}
    for _ in range(50):
        assert (await page.http.post("/chat/say", json=said)).status_code == 202  # type: ignore[attr-defined]
    await stage.answered()
    assert stage.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(inbox)).scalar()) == 1


@at_each_door
async def test_signs_alone_ask_nothing_and_leave_no_gap(stage: Stage, door: str) -> None:
    """What holds no letter and no digit is asked back about; the mentors are not troubled with it."""
    trainee = await stage.newcomer(door)
    for signs in ("？？？", "😀", "…… !"):
        assert "你想做什么" in await trainee.says(signs)
    assert not stage.read(lambda c: c.execute(sa.select(question)).all())
