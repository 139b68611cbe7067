"""Coming in: by invitation only, counted exactly, and never by words."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.seed import Demo
from curriculum import people
from curriculum.tables import invitation, membership, person
from foundation.database import Database
from foundation.errors import ExpectedError
from foundation.scope import Scope
from tests.helpers.clock import HandClock
from tests.helpers.databases import open_database
from tests.helpers.stage import Stage
from tests.stories.doors import at_each_door


@at_each_door
async def test_a_newcomer_joins_by_invitation_and_is_asked_for_a_name(stage: Stage, door: str) -> None:
    """The team is named, a name is asked for, and the first question can follow at once."""
    newcomer = await stage.stranger(door)
    seen = await newcomer.joins(stage.invitation())
    if door != "web":  # the web page asks for the name before it opens the chat
        assert "欢迎加入「演示团队」" in seen
        assert "好，小云" in await newcomer.says("小云")
    person_id = await newcomer.id
    member = stage.read(lambda c: people.meet(c, person_id))
    assert member.scope and member.scope.roles == {"trainee"}
    assert member.person.name == ("小新" if door == "web" else "小云")
    assert "小" in await newcomer.says("/home")


@at_each_door
@pytest.mark.parametrize("why", ["used up", "expired", "revoked", "made up", "changed by a letter"])
async def test_an_invitation_that_does_not_hold_lets_nobody_in(stage: Stage, door: str, why: str) -> None:
    """All alike, so that nothing can be learned from the answer."""
    token = stage.invitation()
    match why:
        case "used up":
            other = await stage.stranger("terminal")
            await other.joins(token)
        case "expired":
            stage.clock.tick(timedelta(days=8).total_seconds())
        case "revoked":
            stage.write(lambda c: c.execute(invitation.update().values(revoked_at=stage.clock())))
        case "made up":
            token = "inv_AAAAAAAAAAAAAAAAAAAAAA"
        case _:
            token = token[:-1] + ("a" if token[-1] != "a" else "b")
    stranger = await stage.stranger(door)
    assert "邀请链接已用完、过期或撤销了" in await stranger.joins(token)
    if door != "web":
        assert "邀请链接" in await stranger.says("标题怎么写")


@at_each_door
async def test_joining_again_uses_nothing_up(stage: Stage, door: str) -> None:
    """Somebody who opens their link twice is simply at home, and the second seat stays free."""
    token = stage.invitation(uses=2)
    one = await stage.stranger(door)
    await one.joins(token)
    await one.joins(token)
    assert stage.read(lambda c: c.execute(sa.select(invitation.c.uses)).scalar()) == 1


async def test_a_mentors_invitation_makes_a_mentor_who_was_a_trainee_both(stage: Stage) -> None:
    """Roles add up; they come from the invitation's row, not from its words."""
    trainee = await stage.trainee("terminal")
    await trainee.says(f"/start {stage.invitation(('mentor',))}")
    assert stage.scope("小林").roles == {"trainee", "mentor"}


def test_who_may_not_invite(
    stage_scopes: dict[str, Scope], demo_database: tuple[Database, Demo], clock: HandClock
) -> None:
    """Trainees and mentors may not, and nobody may invite an owner."""
    database, _ = demo_database
    for name, roles in (
        ("小林", ["trainee"]),
        ("周老师", ["trainee"]),
        ("陈组长", ["owner"]),
        ("陈组长", ["lead", "owner"]),
        ("陈组长", []),
    ):
        with pytest.raises(ExpectedError, match="may_not_invite"):
            database.write_now(lambda c, n=name, r=roles: people.invite(c, stage_scopes[n], r, clock()))


@pytest.fixture
def stage_scopes(demo_database: tuple[Database, Demo]) -> dict[str, Scope]:
    database, demo = demo_database
    scopes = {name: database.read_now(lambda c, i=i: people.meet(c, i)).scope for name, i in demo.people.items()}
    return {name: scope for name, scope in scopes.items() if scope}


@pytest.mark.parametrize("seats", [1, 7])
async def test_a_hundred_at_once_take_exactly_the_seats_there_are(
    demo_database: tuple[Database, Demo], stage_scopes: dict[str, Scope], clock: HandClock, seats: int
) -> None:
    """One conditional update counts: on SQLite and on PostgreSQL, from two processes' worth of connections."""
    database, _ = demo_database
    now = clock()
    token = database.write_now(lambda c: people.invite(c, stage_scopes["陈组长"], ["trainee"], now, uses=seats))
    crowd = [database.write_now(lambda c, n=n: people.add_person(c, f"人{n}", "zh-CN", now)) for n in range(100)]

    async def comes(through: Database, person_id: str) -> bool:
        try:
            await through.write(lambda c: people.redeem(c, token, person_id, now))
            return True
        except ExpectedError:
            return False

    with open_database(database.url.render_as_string(hide_password=False)) as other:
        let_in = await asyncio.gather(*(comes((database, other)[n % 2], one) for n, one in enumerate(crowd)))
    members = sa.select(sa.func.count()).select_from(membership.join(person)).where(person.c.name.like("人%"))
    assert (sum(let_in), database.read_now(lambda c: c.execute(members).scalar())) == (seats, seats)
    assert database.read_now(lambda c: c.execute(sa.select(invitation.c.uses)).scalar()) == seats


async def test_a_hundred_strangers_at_the_telegram_door_at_once(stage: Stage) -> None:
    """Through the whole house: messages that come together let exactly as many in as there are seats."""
    token = stage.invitation(uses=3)
    crowd = [await stage.stranger("telegram") for _ in range(30)]
    world = crowd[0].chats.world  # type: ignore[attr-defined]
    for one in crowd:
        world.say(int(one.account), f"/start {token}")
    async with asyncio.timeout(30):
        await crowd[0].chats.bring()  # type: ignore[attr-defined]
    texts = [world.chats[int(one.account)].by_bot[-1].text for one in crowd]
    assert sum("欢迎加入" in text for text in texts) == 3
    assert sum("已用完" in text for text in texts) == 27


@at_each_door
async def test_a_stranger_is_told_the_way_in_and_nothing_else(stage: Stage, door: str) -> None:
    """No card, no playbook, no person's data: whatever a stranger tries."""
    if door == "web":
        page = await stage.stranger(door)
        assert (await page.http.get("/chat")).url.path == "/"  # type: ignore[attr-defined]
        assert (await page.http.get("/chat/events")).status_code == 401  # type: ignore[attr-defined]
        said = {"words": "/home", "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff"}
        assert (await page.http.post("/chat/say", json=said)).status_code == 401  # type: ignore[attr-defined]
        return
    stranger = await stage.stranger(door)
    for words in (
        "你好",
        "标题怎么写",
        "/use amazon-listing-title",
        "/home",
        "/me",
        "/quiz",
        "/cards",
        "/prompt",
        "/done",
        "/why",
    ):
        seen = await stranger.says(words)
        assert "邀请链接" in seen and "亚马逊" not in seen, words
    await stranger.says("/language en")
    assert "invitation" in (await stranger.says("hello")).text.lower()
