"""A person's own things: counts, name, language, zone, other doors, and being forgotten."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
import sqlalchemy as sa

from curriculum import people
from curriculum.tables import person
from foundation.database import metadata
from tests.helpers.databases import path_of
from tests.helpers.filling import takes
from tests.helpers.stage import DOORS, Person, Seen, Stage
from tests.stories.doors import at_each_door

TITLE = "amazon-listing-title"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@at_each_door
async def test_me_counts_what_was_used_and_learned(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    assert "拿走指令 0 次" in await trainee.says("/me")
    await takes(trainee, TITLE)
    await trainee.says("/why")
    await trainee.presses("现在就告诉我")
    assert "拿走指令 1 次，共 1 条" in await trainee.says("我的")
    assert "直接看 1 段" in trainee.last


@at_each_door
@pytest.mark.parametrize(
    ("wanted", "kept"), [("阿布", "阿布"), ("  Anna   Lee ", "Anna Lee"), ("<b>🐻</b>", "<b>🐻</b>")]
)
async def test_a_name_is_kept_as_it_was_typed(stage: Stage, door: str, wanted: str, kept: str) -> None:
    trainee = await stage.newcomer(door)
    await trainee.says("/name")
    assert f"好，{kept}。" in await trainee.says(wanted)
    assert kept in await trainee.says("/home")


@at_each_door
@pytest.mark.parametrize("wanted", ["名" * 41, "a\x07b", "\u202eevil"])
async def test_a_name_that_is_none_is_refused(stage: Stage, door: str, wanted: str) -> None:
    """Too long, or with characters that show as something else than they are."""
    trainee = await stage.newcomer(door, "原名")
    await trainee.says(f"/name {wanted}")
    name = stage.read(lambda c: c.execute(sa.select(person.c.name).where(person.c.name == "原名")).scalar())
    assert name == "原名", trainee.last.text


async def _tour(trainee: Person) -> list[Seen]:
    return [await trainee.says(words) for words in SCREENS]


SCREENS = (
    "/home",
    "/help",
    "/me",
    "/quiz",
    "/cards",
    "/saved",
    "/zone",
    "/name",
    "/link",
    "/forget",
    "/nonsense",
    "/done",
    "/prompt",
)


@at_each_door
async def test_in_english_the_coach_says_nothing_in_chinese(stage: Stage, door: str) -> None:
    """All of the coach's own words; names of people, teams and playbooks stay what they are."""
    trainee = await stage.newcomer(door, "Anna")
    await trainee.says("/language en")
    for seen in await _tour(trainee):
        said = " ".join((seen.text, *seen.choices))
        for name in ("演示团队", "中文"):
            said = said.replace(name, "")
        assert not CHINESE.search(said), said


@at_each_door
async def test_in_chinese_no_english_screen_words(stage: Stage, door: str) -> None:
    """Commands, ids, addresses and zone names are no words of a screen."""
    trainee = await stage.newcomer(door, "小安")
    allowed = re.compile(r"[A-Z]\w+/[A-Z]\w+|https?://\S+|in_[\w-]+|/\w+|Telegram|English|Amazon|prompt|\bAI\b", re.I)
    for seen in await _tour(trainee):
        said = allowed.sub("", " ".join((seen.text, *seen.choices)))
        cities = {"Shanghai", "Tokyo", "Jakarta", "Berlin", "London", "New", "York", "Los", "Angeles", "Sao", "Paulo"}
        words = [
            word
            for word in re.findall(r"[A-Za-z]{3,}", said)
            if word not in cities and word not in ("nonsense", "Ctrl")
        ]
        assert words == [], said


@at_each_door
async def test_language_goes_there_and_back(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await trainee.says("english")
    assert not CHINESE.search(" ".join((await trainee.says("/home")).choices))
    await trainee.says("中文")
    assert "回到首页" in (await trainee.says("/help")).choices


@at_each_door
async def test_a_zone_is_kept_and_a_made_up_one_refused(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    for wrong in ("Mars/Olympus", "../../etc/passwd", "x" * 100, "亚洲/上海"):
        assert "没有这个时区" in await trainee.says(f"/zone {wrong}")
    await trainee.says("/zone")
    assert "America/Los_Angeles" in await trainee.presses("Los Angeles")
    assert "America/Los_Angeles" in await trainee.says("/me")


@at_each_door
async def test_a_link_continues_elsewhere_once(stage: Stage, door: str) -> None:
    """The code given here opens another door as the same person, once, and within a quarter of an hour."""
    trainee = await stage.newcomer(door, "小林二")
    code = re.search(r"in_[\w-]+", (await trainee.says("/link")).text)
    assert code is not None
    for other in (one for one in DOORS if one != door):
        if other == "web":
            continue
        stranger = await stage.stranger(other)
        assert "接上了，小林二" in await stranger.says(f"/link {code[0]}")
        assert await stranger.id == await trainee.id
        again = await stage.stranger(other)
        assert "用过或过期" in await again.says(f"/link {code[0]}")
        break
    code = re.search(r"in_[\w-]+", (await trainee.says("/link")).text)
    assert code is not None
    stage.clock.tick(16 * 60)
    late = await stage.stranger("terminal")
    assert "用过或过期" in await late.says(f"/link {code[0]}")


async def test_the_web_address_of_a_link_signs_in_and_is_then_used_up(stage: Stage) -> None:
    trainee = await stage.newcomer("terminal", "小林二")
    code = re.search(r"in_[\w-]+", (await trainee.says("/link")).text)
    assert code is not None
    page = await stage.stranger("web")
    response = await page.follows(f"/in/{code[0]}")  # type: ignore[attr-defined]
    assert response.url.path == "/chat" and 'role="log"' in response.text
    other = await stage.stranger("web")
    assert (await other.follows(f"/in/{code[0]}")).status_code == 410  # type: ignore[attr-defined]


def _everything(stage: Stage) -> bytes:
    folder = path_of(str(stage.database.url)).parent
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@at_each_door
async def test_forgotten_nothing_of_a_person_is_left(stage: Stage, door: str) -> None:
    """After /forget and its confirmation no trace stands in any row, nor in the bytes of any file, the journal too."""
    trainee = await stage.newcomer(door, "ZEBRANAME")
    person_id, account = await trainee.id, trainee.account
    await takes(trainee, TITLE)
    await trainee.says("ZEBRAQUESTION 水晶手串怎么写口播")
    await trainee.says("/begin amazon-bullets quick")
    await trainee.presses("新产品")
    await trainee.says("品牌名：ZEBRABRAND；产品类型词：ZEBRATHING")
    await trainee.says("/why")
    await trainee.says("/link")
    assert b"ZEBRA" in _everything(stage)
    await trainee.says("/forget")
    assert stage.read(lambda c: people.meet(c, person_id)).person.name == "ZEBRANAME"
    await trainee.presses("确认删除")
    assert "都删掉了" in trainee.last or door == "web"
    for table in metadata.sorted_tables:
        rows = stage.read(lambda c, t=table: [str(row) for row in c.execute(sa.select(t))])
        assert not [row for row in rows if "ZEBRA" in row or person_id in row], table.name
        if door == "telegram":
            assert not [row for row in rows if f"'{account}'" in row], table.name
    left = _everything(stage)
    for marker in ("ZEBRANAME", "ZEBRAQUESTION", "ZEBRABRAND", "ZEBRATHING", person_id):
        assert left.count(marker.encode()) == 0, marker


@at_each_door
async def test_forgetting_asks_first(stage: Stage, door: str) -> None:
    """Neither the bare words nor another person's code delete anything."""
    trainee, other = await stage.newcomer(door), await stage.newcomer(door)
    code = (await other.id)[:4]
    for words in ("/forget", "/forget yes", f"/forget yes {code}", "/forget yes zzzz", "删除我的数据", "/forget  yes "):
        await trainee.says(words)
    for one in (trainee, other):
        person_id = await one.id
        assert stage.read(lambda c, p=person_id: people.meet(c, p)).scope is not None


@at_each_door
async def test_whoever_was_forgotten_comes_back_as_a_stranger(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await trainee.says("/forget")
    await trainee.presses("确认删除")
    if door == "web":
        assert (await trainee.http.get("/chat")).url.path == "/"  # type: ignore[attr-defined]
    else:
        assert "邀请链接" in await trainee.says("标题怎么写")


@at_each_door
async def test_my_record_comes_as_files_and_holds_nobody_else(stage: Stage, door: str) -> None:
    """All that is kept of me as JSON, the questions I answered as an Anki deck; no secret, no other person."""
    other, trainee = await stage.newcomer("terminal", "OTHERNAME"), await stage.newcomer(door, "ZEBRANAME")
    for one in (other, trainee):
        await takes(one, TITLE)
        seen = await one.says(f"/quiz {TITLE}")
        while "A" not in seen.choices:
            await one.presses("现在就告诉我")
            seen = await one.says(f"/quiz {TITLE}")
        await one.presses("A")
    files = dict((await trainee.says("/export")).files)
    assert set(files) == {"zhiran-record.json", "zhiran-deck.apkg"}
    record = json.loads(files["zhiran-record.json"])
    assert record["person"]["name"] == "ZEBRANAME" and {"handover", "answer", "tutor_event"} <= set(record["tables"])
    own = await trainee.id
    assert {row["person_id"] for rows in record["tables"].values() for row in rows} == {own}
    text = files["zhiran-record.json"].decode()
    assert "OTHERNAME" not in text and "token_hash" not in text and await other.id not in text
    with zipfile.ZipFile(io.BytesIO(files["zhiran-deck.apkg"])) as package:
        assert "collection.anki2" in package.namelist()
