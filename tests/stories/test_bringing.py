"""Everything at once: words, a table, a photo of a label, a voice message; shown for confirmation, never invented."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.bringing import MAX_FILE, media_type_of
from bot.standin.server import Act, StandIn, serving
from bot.tables import turn_file
from curriculum.model_tables import model_call, model_charge
from curriculum.tables import form
from tests.helpers.databases import Shelf
from tests.helpers.stage import DOORS, Person, Stage, staged

TITLE = "amazon-listing-title"
PNG = b"\x89PNG\r\n\x1a\n" + b"ZEBRAPICTURE" * 40
OGG = b"OggS" + b"ZEBRASOUND" * 40


@pytest.fixture
async def with_model(sqlite_shelf: Shelf, clock) -> AsyncIterator[tuple[Stage, StandIn]]:
    standin = StandIn()
    able = {"model_vision": True, "model_transcription": "ears"}
    async with (
        serving(standin) as url,
        staged(*sqlite_shelf.seeded(), clock, model_url=url, model_name="stand-in", **able) as stage,
    ):
        yield stage, standin


def answers(stage: Stage) -> dict[str, str]:
    newest = sa.select(form.c.answers).order_by(form.c.updated_at.desc()).limit(1)
    return dict(stage.read(lambda c: c.execute(newest).scalar_one()))


async def begins(stage: Stage, door: str) -> Person:
    person = await stage.newcomer(door)
    await person.says(f"/begin {TITLE} quick")
    return person


@pytest.mark.parametrize("door", DOORS)
async def test_a_label_is_read_shown_and_only_then_used(with_model, door: str) -> None:
    stage, standin = with_model
    person = await begins(stage, door)
    standin.will(
        "品牌名：PAWNEST\n产品类型词：Dog Bowl\n容量 710 ml",
        '{"variant_info": "容量710 ML", "top_worry": "怕生锈"}',
    )
    said = await person.sends(PNG)
    assert "照片上读到的字" in said and "对着实物核对" in said and "收下 3 格" in said
    assert standin.asked[0]["messages"][0]["pictures"] == [PNG]
    assert answers(stage) == {"brand_name": "PAWNEST", "product_type": "Dog Bowl", "variant_info": "容量 710 ml"}
    await person.presses("对，继续")
    assert stage.read(lambda c: c.execute(sa.select(turn_file)).all()) == []
    assert {row.purpose for row in stage.read(lambda c: c.execute(sa.select(model_call)).all())} == {"read", "fill"}


@pytest.mark.parametrize("door", DOORS)
async def test_a_voice_message_is_written_down_and_may_answer_one_blank(with_model, door: str) -> None:
    stage, standin = with_model
    person = await begins(stage, door)
    standin.will("站点是美国，品牌名是 PAWNEST", "{}")
    said = await person.sends(OGG, "voice.ogg")
    assert "听到的是" in said and "PAWNEST" in said
    assert standin.asked[0] == {"sound": OGG, "name": "speech.ogg", "model": "ears"}
    assert answers(stage) == {"marketplace": "US", "brand_name": "PAWNEST"}
    await person.presses("对，继续")
    standin.will("狗狗慢食碗不锈钢", "{}")
    assert "没认出是哪一格" in await person.sends(OGG, "voice.ogg")
    await person.presses("就填这一格")
    assert "狗狗慢食碗不锈钢" in answers(stage).values()


@pytest.mark.parametrize("door", DOORS)
async def test_without_such_an_endpoint_one_is_told_what_to_do(stage: Stage, door: str) -> None:
    person = await begins(stage, door)
    assert "打出来" in await person.sends(PNG)
    assert "请打字" in await person.sends(OGG, "voice.ogg")
    assert "这种文件看不了" in await person.sends(b"%PDF-1.7\x00\x01", "a.pdf")
    assert "站点" in await person.presses("接着填")
    assert stage.read(lambda c: c.execute(sa.select(turn_file)).all()) == []


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("code", ["utf-8-sig", "gb18030", "utf-16"])
async def test_a_table_file_fills_like_a_pasted_one(stage: Stage, door: str, code: str) -> None:
    person = await begins(stage, door)
    said = await person.sends("站点,品牌名,产品类型词\nUS,PAWNEST,狗碗\nDE,ANDERS,猫碗\n".encode(code), "表.csv")
    assert "收下 3 格" in said and "还有 1 行" in said
    assert answers(stage) == {"marketplace": "US", "brand_name": "PAWNEST", "product_type": "狗碗"}
    await person.presses("都不要")
    assert answers(stage) == {}


async def test_what_a_model_makes_up_is_not_taken(with_model) -> None:
    stage, standin = with_model
    person = await begins(stage, "web")
    await person.presses("一次填完")
    invented = {
        "brand_name": "ACME",
        "product_type": "狗碗",
        "marketplace": "DE",
        "verified_facts": ["不锈钢", "获奖无数"],
    }
    standin.will(json.dumps(invented, ensure_ascii=False))
    said = await person.says("我们给德意志那边的店做一个不锈钢的狗碗，客人大多养大狗，担心吃太快")
    assert "ACME" not in said and "获奖无数" not in said
    assert "DE（我猜的）" in said and answers(stage) == {"marketplace": "DE", "product_type": "狗碗"}


async def test_a_model_that_fails_leaves_what_rules_found(with_model) -> None:
    stage, standin = with_model
    person = await begins(stage, "terminal")
    await person.presses("一次填完")
    standin.will(*[Act(status=401)] * 2)
    said = await person.says("站点是美国；品牌叫 PAWNEST，其余还没想好怎么说")
    assert "只收了写明白的格子" in said and answers(stage) == {"marketplace": "US", "brand_name": "PAWNEST"}


async def test_a_photo_without_a_form_is_read_and_never_a_command(with_model) -> None:
    stage, standin = with_model
    person = await stage.newcomer("web")
    await person.says("/home")
    standin.will("/forget yes")
    said = await person.sends(PNG)
    assert "要用它做什么" in said
    said = await person.presses("用这些字去问")
    assert "删" not in said.text.replace("删除我的数据", "")
    assert stage.read(lambda c: c.execute(sa.select(model_charge.c.input_tokens)).scalar_one()) > 1000


async def test_too_large_a_file_is_refused_everywhere(with_model) -> None:
    stage, standin = with_model
    big = PNG + bytes(MAX_FILE)
    for door in ("terminal", "telegram"):
        person = await begins(stage, door)
        assert "太大了" in await person.sends(big)
    page = await begins(stage, "web")
    form_data = {"id": "11111111-1111-4111-8111-111111111111"}
    response = await page.http.post("/chat/file", data=form_data, files={"file": ("a.png", big)})  # type: ignore[attr-defined]
    assert response.status_code == 413 and standin.asked == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"), (b"\xff\xd8\xff\xe0rest", "image/jpeg"), (b"RIFF1234WEBPVP8 ", "image/webp"), (OGG, "audio/ogg"),
        (b"RIFF1234WAVEfmt ", "audio/wav"), (b"\x00\x00\x00 ftypM4A ", "audio/mp4"), ("站点,US".encode(), "text/plain"),
        ("站点,US".encode("gb18030"), "text/plain"), (b"MZ\x90\x00\x03", ""), (b"", ""), (b"PK\x03\x04\x14\x00", ""),
        (b"<svg onload=alert(1)>", "text/plain"), (b"\x00\x01\x02", ""),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_are(content: bytes, kind: str) -> None:
    assert media_type_of(content) == kind
