"""Filling a playbook's blanks and taking the whole prompt away, at every door."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from curriculum.tables import form, handover, product_card
from knowledge.playbook import SLOT_MARK
from tests.helpers.filling import answer_for, asked, book, fills, takes
from tests.helpers.stage import Stage
from tests.stories.doors import at_each_door

TITLE = "amazon-listing-title"


def forms(stage: Stage) -> list[str]:
    return list(stage.read(lambda c: c.execute(sa.select(form.c.state).order_by(form.c.updated_at)).scalars().all()))


@at_each_door
async def test_the_quick_way_asks_only_what_has_no_default(stage: Stage, door: str) -> None:
    """Then the whole prompt comes: no blank left open, every answer in it, with the date of the fact check."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    needed = [slot for slot in of.slots if slot.required and slot.default is None]
    await trainee.says(f"/begin {TITLE} quick")
    for number, slot in enumerate(needed, 1):
        assert f"{number}/{len(needed)} {slot.label.zh}" in trainee.last
        assert slot.ask.zh in trainee.last
        await trainee.says(answer_for(slot, stage.clock().date()))
    assert trainee.last.choices[0] == "生成指令"
    seen = await trainee.presses("生成指令")
    assert not SLOT_MARK.search(seen.copied)
    for slot in needed:
        for line in answer_for(slot, stage.clock().date()).splitlines():
            assert line in seen.copied, slot.key
    for clause in of.clauses:
        assert clause.prompt.splitlines()[0].split("{{")[0] in seen.copied
    assert f"规则核对日期：{of.updated}" in seen
    assert [row.door for row in stage.read(lambda c: c.execute(handover.select()).all())] == [door]


@at_each_door
async def test_one_by_one_with_buttons_and_skips(stage: Stage, door: str) -> None:
    """Options are buttons, a default is a button, and only what is optional can be skipped."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/use {TITLE}")
    await trainee.presses("逐格填")
    first = of.slots[0]
    assert first.label.zh in trainee.last and "US" in trainee.last.choices
    await trainee.presses("US")
    assert "用默认：English (US)" in trainee.last.choices
    await trainee.presses("用默认")
    assert "必填" in await trainee.says("跳过")
    for _ in range(len(of.slots)):
        slot = asked(trainee.last, of)
        if slot is None:
            break
        await (trainee.says(answer_for(slot, stage.clock().date())) if slot.required else trainee.presses("跳过"))
    seen = await trainee.presses("生成指令")
    assert "US" in seen.copied and not SLOT_MARK.search(seen.copied)


@at_each_door
@pytest.mark.parametrize("way", ["；", "\n"])
async def test_everything_pasted_at_once(stage: Stage, door: str, way: str) -> None:
    """Named blanks in one message, in any order, in one line or many."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    seen = await trainee.says(way.join(["品牌名：PAWNEST", "站点：US", "产品类型词：Dog Water Bottle"]))
    assert "收下 3 格" in seen
    await trainee.presses("对，继续")
    await fills(trainee, of)
    seen = await trainee.presses("生成指令")
    assert "PAWNEST" in seen.copied and "Dog Water Bottle" in seen.copied


@at_each_door
async def test_a_wrong_answer_is_refused_with_a_reason_and_an_example(stage: Stage, door: str) -> None:
    """The blank is asked again, and nothing of the wrong answer stays."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE}")
    seen = await trainee.says("火星站")
    assert "只能从这些里选" in seen and of.slots[0].label.zh in seen
    await trainee.says("US")
    await trainee.presses("用默认")
    await trainee.says(answer_for(of.slots[2], stage.clock().date()))
    slot = asked(trainee.last, of)
    assert slot is not None and slot.kind == "int"
    for wrong, reason in (
        ("七十五", "整数"),
        ("7.5", "整数"),
        ("-3", "之间"),
        ("99999", "之间"),
        ("75; DROP TABLE form", "整数"),
    ):
        seen = await trainee.says(wrong)
        assert reason in seen, f"{wrong}: {seen.text}"
        assert asked(seen, of) == slot
    await trainee.says("７５")
    assert asked(trainee.last, of) != slot


@at_each_door
async def test_a_number_outside_the_usual_range_may_stand_all_the_same(stage: Stage, door: str) -> None:
    """One tap keeps it, the confirmation marks it, and the prompt holds it."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    await fills(trainee, of)
    await trainee.presses("改一格")
    await trainee.presses("标题上限")
    seen = await trainee.says("３００ 个字符")
    assert "之间" in seen and "就用 300（不在通常范围）" in seen.choices
    assert "标题上限：300（不在通常范围）" in await trainee.presses("就用 300")
    assert "300" in (await trainee.presses("生成指令")).copied


LISTING = """Brand: PAWNEST
Color: Gray
Item Dimensions LxWxH: 9.8 x 9.8 x 2.2 inches
About this item
• NON-SLIP BASE: full TPE ring keeps the bowl in place"""


@at_each_door
async def test_a_text_that_speaks_of_more_than_the_blank_is_shown_before_it_is_used(stage: Stage, door: str) -> None:
    """What is taken and what is not both stand there; one tap gives the whole text to the blank being asked."""
    trainee = await stage.newcomer(door)
    await trainee.says("/begin amazon-bullets quick")
    await trainee.says("US")
    seen = await trainee.says(LISTING)
    assert "收下 1 格" in seen and "品牌名：PAWNEST" in seen
    for line in ("Color: Gray", "Item Dimensions LxWxH: 9.8", "About this item", "NON-SLIP BASE"):
        assert line in seen
    await trainee.presses("不，都填「品牌名」")
    [row] = stage.read(lambda c: c.execute(form.select()).all())
    assert row.answers == {"marketplace": "US", "brand_name": LISTING}


@at_each_door
async def test_a_plain_yes_confirms_and_a_no_brings_back_what_stood_there(stage: Stage, door: str) -> None:
    trainee, of = await stage.newcomer(door), book(stage, "amazon-bullets")
    await trainee.says("/begin amazon-bullets quick")
    await trainee.says("美国")
    await trainee.says("TIFFLO")
    third = asked(trainee.last, of)
    for answer, brand in (("都不要", "TIFFLO"), ("好的。", "AAA")):
        assert "收下 2 格" in await trainee.says("品牌：AAA\n站点：DE")
        await (trainee.presses(answer) if answer == "都不要" else trainee.says(answer))
        assert asked(trainee.last, of) == third
        [row] = stage.read(lambda c: c.execute(form.select()).all())
        assert row.answers == {"marketplace": "US" if brand == "TIFFLO" else "DE", "brand_name": brand}


@at_each_door
async def test_who_is_at_a_loss_is_helped_and_nothing_is_filled_in(stage: Stage, door: str) -> None:
    """Not knowing is no brand name; "why?" while a blank is asked is about the blank; the blank waits."""
    trainee = await stage.newcomer(door)
    await trainee.says("/begin amazon-bullets quick")
    await trainee.says("US")
    for words in ("不知道", "这个我也不会填啊", "啥意思？", "为什么", "no idea"):
        seen = await trainee.says(words)
        assert "品牌名怎么拼？" in seen or "来源：" in seen, words
        assert "接着填" in seen.choices
    await trainee.says("TIFFLO")
    [row] = stage.read(lambda c: c.execute(form.select()).all())
    assert row.answers == {"marketplace": "US", "brand_name": "TIFFLO"}


@at_each_door
async def test_another_task_in_the_middle_is_asked_about_first(stage: Stage, door: str) -> None:
    """It is no answer to the blank, and what was filled waits at home."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    await trainee.says("US")
    second = asked(trainee.last, of)
    assert "另一件事" in await trainee.says("算了先不弄了 我想问下五点怎么写")
    assert asked(await trainee.presses("接着填"), of) == second
    await trainee.says("算了先不弄了 我想问下五点怎么写")
    assert "亚马逊五点描述" in await trainee.presses("去问这个")
    await trainee.says("/home")
    assert asked(await trainee.presses("接着填"), of) == second
    [row] = stage.read(lambda c: c.execute(form.select()).all())
    assert row.answers == {"marketplace": "US"}


@at_each_door
async def test_a_button_may_be_typed(stage: Stage, door: str) -> None:
    """By its label or by what stands before its bracket; only while it is among the buttons shown last."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says("亚马逊标题太长了被平台改了")
    assert asked(await trainee.says("快填"), of) == of.slots[0]
    await trainee.says("US")
    assert asked(await trainee.says("返回"), of) == of.slots[0]
    assert asked(await trainee.says("保留。"), of) not in (None, of.slots[0])
    assert "太短了" in await trainee.says("快填")


@at_each_door
async def test_a_number_that_is_asked_for_is_never_a_button(stage: Stage, door: str) -> None:
    """3 is three, and not the third choice on the screen, which would cancel."""
    trainee, of = await stage.newcomer(door), book(stage, "appeal-letter")
    await trainee.says("/begin appeal-letter")
    await trainee.says("/edit attempt_no")
    slot = asked(trainee.last, of)
    assert slot is not None and slot.key == "attempt_no"
    await trainee.says("3")
    [row] = stage.read(lambda c: c.execute(form.select()).all())
    assert (row.state, row.answers["attempt_no"]) == ("open", "3")


@at_each_door
async def test_the_prompt_asked_for_too_early_says_what_is_missing(stage: Stage, door: str) -> None:
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    seen = await trainee.says("生成指令")
    assert "还差几格" in seen and asked(seen, of) == of.slots[0]


@at_each_door
async def test_an_answer_longer_than_asked_may_stand_and_is_marked(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await trainee.says("/begin tiktok-shop-listing quick")
    await trainee.says("US")
    await trainee.says("120")
    seen = await trainee.says("大号鲨鱼夹 " * 20)
    assert "太长了" in seen
    await trainee.presses("就用这么多")
    [row] = stage.read(lambda c: c.execute(form.select()).all())
    assert row.answers["product_type"] == ("大号鲨鱼夹 " * 20).strip()


@at_each_door
async def test_back_goes_one_blank_back_and_at_the_first_to_the_card(stage: Stage, door: str) -> None:
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/use {TITLE}")
    await trainee.presses("快填")
    first = asked(trainee.last, of)
    await trainee.says("US")
    assert asked(trainee.last, of) != first
    assert asked(await trainee.says("返回"), of) == first
    assert "审定：" in await trainee.presses("返回")


@at_each_door
async def test_saved_it_goes_on_later(stage: Stage, door: str) -> None:
    """Saved under its button, found again among what is saved, with the answers in it."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    await trainee.says("US")
    second = asked(trainee.last, of)
    assert "存好了" in await trainee.says("先存着")
    await trainee.says("/saved")
    assert asked(await trainee.presses("亚马逊标题"), of) == second
    await fills(trainee, of)
    assert "US" in (await trainee.presses("生成指令")).copied


@at_each_door
async def test_cancelled_by_a_slip_of_the_thumb_it_comes_back(stage: Stage, door: str) -> None:
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    await trainee.says("US")
    second = asked(trainee.last, of)
    await trainee.says("取消")
    assert forms(stage) == ["cancelled"]
    assert asked(await trainee.presses("撤销取消"), of) == second
    assert forms(stage) == ["open"]


@at_each_door
async def test_any_blank_can_be_changed_before_the_end(stage: Stage, door: str) -> None:
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    await fills(trainee, of)
    await trainee.presses("改一格")
    await trainee.presses("品牌名")
    await trainee.says("ZEBRANEST")
    assert "ZEBRANEST" in trainee.last
    assert "ZEBRANEST" in (await trainee.presses("生成指令")).copied


@at_each_door
async def test_what_the_question_says_is_taken_over_and_shown(stage: Stage, door: str) -> None:
    """Audience, product and price out of one line; wrong guesses can all be dropped."""
    trainee = await stage.newcomer(door)
    await trainee.says("25-35 岁职场女性 水晶手串 199-399")
    seen = await trainee.presses("逐格填")
    for part in ("25-35 岁职场女性", "水晶手串", "199-399"):
        assert part in seen
    of = book(stage, "live-script-audience")
    await trainee.presses("对，继续")
    await fills(trainee, of)
    prompt = (await trainee.presses("生成指令")).copied
    assert all(part in prompt for part in ("25-35 岁职场女性", "水晶手串", "199-399"))


@at_each_door
async def test_what_was_taken_over_can_be_dropped(stage: Stage, door: str) -> None:
    trainee = await stage.newcomer(door)
    await trainee.says("25-35 岁职场女性 水晶手串 199-399")
    await trainee.presses("逐格填")
    await trainee.presses("都不要，从头填")
    of = book(stage, "live-script-audience")
    assert asked(trainee.last, of) == of.slots[0]
    [row] = stage.read(lambda c: c.execute(form.select()).all())
    assert row.answers == {}


@at_each_door
async def test_a_half_filled_form_survives_a_restart_and_goes_on_at_another_door(stage: Stage, door: str) -> None:
    """Begun here, finished at the next door by the same person."""
    from tests.helpers.stage import DOORS, staged

    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    await trainee.says("US")
    second, person_id = asked(trainee.last, of), await trainee.id
    async with staged(str(stage.database.url), stage.demo, stage.clock) as again:
        other = await again.trainee(DOORS[(DOORS.index(door) + 1) % 3], person_id=person_id)
        await other.says("/home")
        assert asked(await other.presses("接着填"), of) == second
        await fills(other, of)
        assert "US" in (await other.presses("生成指令")).copied


@at_each_door
async def test_a_product_card_fills_the_next_playbook(stage: Stage, door: str) -> None:
    """What was said of a product once is offered again wherever the same is asked."""
    trainee = await stage.newcomer(door)
    await takes(trainee, TITLE)
    [card] = stage.read(lambda c: c.execute(product_card.select()).all())
    await trainee.says("/begin amazon-bullets quick")
    assert card.name in trainee.last.choices
    seen = await trainee.presses(card.name)
    assert f"从产品卡「{card.name}」带来了这些" in seen
    await trainee.presses("对，继续")
    of = book(stage, "amazon-bullets")
    shared = {slot.key for slot in of.slots} & set(card.facts)
    assert "brand_name" in shared
    await fills(trainee, of)
    assert card.facts["brand_name"] in (await trainee.presses("生成指令")).copied
    await trainee.says("/cards")
    await trainee.presses(card.name)
    await trainee.presses("删掉这张卡")
    assert stage.read(lambda c: c.execute(product_card.select()).all()) == []


@at_each_door
async def test_a_very_long_prompt_arrives_whole(stage: Stage, door: str) -> None:
    """Longer than one Telegram message: there it is a document; everywhere it is one piece to copy."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    await trainee.says(f"/begin {TITLE} quick")
    long = "\n".join(f"F{number} 超长事实😀{'长' * 170}（自测 2026-08）" for number in range(1, 29))
    for _ in range(len(of.slots)):
        slot = asked(trainee.last, of)
        if slot is None:
            break
        await trainee.says(long if slot.key == "verified_facts" else answer_for(slot, stage.clock().date()))
    seen = await trainee.presses("生成指令")
    assert all(line in seen.copied for line in long.splitlines())
    assert len(seen.copied.encode("utf-16-le")) // 2 > 4096
    assert seen.copied == (await trainee.says("/prompt")).copied


@at_each_door
async def test_words_of_people_are_never_markup(stage: Stage, door: str) -> None:
    """Angle brackets, asterisks and braces come back as they were typed."""
    trainee, of = await stage.newcomer(door), book(stage, TITLE)
    odd = "<b>AT&T</b> **粗** {{brand_name}} {name} `x` </pre><script>alert(1)</script>"
    await trainee.says(f"/begin {TITLE} quick")
    for _ in range(len(of.slots)):
        slot = asked(trainee.last, of)
        if slot is None:
            break
        await trainee.says(odd if slot.key == "target_buyer" else answer_for(slot, stage.clock().date()))
    assert odd in (await trainee.presses("生成指令")).copied


async def test_a_foreign_form_cannot_be_found(stage: Stage) -> None:
    """Another person's form, card or question by its id: as if it did not exist."""
    one, other = await stage.newcomer("terminal", "甲"), await stage.newcomer("terminal", "乙")
    await takes(one, TITLE)
    await one.says("/begin amazon-bullets quick")
    ids = stage.read(lambda c: c.execute(sa.select(form.c.id)).scalars().all())
    [card] = stage.read(lambda c: c.execute(sa.select(product_card.c.id)).scalars().all())
    for words in (*(f"/resume {one_id}" for one_id in ids), f"/cards show {card}", f"/cards forget {card}"):
        assert "找不到" in await other.says(words) or "没有" in other.last, words
    assert len(stage.read(lambda c: c.execute(product_card.select()).all())) == 1
    await other.says(f"/begin {TITLE} card={card}")
    assert "PAWNEST" not in other.last
