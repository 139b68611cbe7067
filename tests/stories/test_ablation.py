"""The owner's ablation: estimated, capped, resumable, kept for the version; and served to learners without a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from bot import ablating
from bot.commands import ablation as command
from bot.standin.server import Act, Messages, StandIn, serving
from curriculum import ablation
from curriculum.ablation import WHOLE
from curriculum.model_tables import ablation_output, model_charge
from foundation.model_endpoints import Price
from foundation.scope import Scope
from knowledge.playbook import Playbook
from tests.helpers.databases import Shelf
from tests.helpers.filling import book, takes
from tests.helpers.stage import DOORS, Stage, staged

BOOK = "amazon-listing-title"
LONG = "标题：" + "PAWNEST Slow Feeder Dog Bowl Stainless Steel " * 4


def answers_by(of: Playbook, clause: str) -> Callable[[Messages], str]:
    """Writes the example, unless the clause is missing: then a title far too long."""
    text = next(one.prompt for one in of.clauses if one.key == clause)[:60]
    return lambda messages: of.expected if text in messages[0]["content"] else LONG


@pytest.fixture
async def measured(sqlite_shelf: Shelf, clock) -> AsyncIterator[tuple[Stage, StandIn, Playbook, str]]:
    standin = StandIn()
    async with serving(standin) as url, staged(*sqlite_shelf.seeded(), clock, model_url=url, model_name="m") as stage:
        endpoint = stage.house.models.settings.endpoints[0]
        object.__setattr__(endpoint, "prices", (Price(date(2026, 1, 1), 10_000, 10_000, 10_000),))
        of = book(stage, BOOK)
        clause = next(one.key for one in of.clauses if "{{title_max_chars}}" in one.prompt)
        standin.answer = answers_by(of, clause)
        yield stage, standin, of, clause


async def runs(stage: Stage, of: Playbook, repeats: int, cap: int = 10**9) -> ablating.Ended:
    scope = stage.scope("演示内容负责人（仅供演示）")
    made = stage.read(lambda c: ablation.outputs(c, scope, of.id, of.version))
    models = stage.house.models

    async def unseen(_done: int, _all: int) -> None: ...

    return await ablating.run(models, scope, of, ablating.plan(models, of, made, repeats), cap, None, unseen)


async def test_broken_off_by_a_fault_or_the_cap_it_goes_on_and_pays_nothing_twice(measured) -> None:
    stage, standin, of, _ = measured
    scope = stage.scope("演示内容负责人（仅供演示）")
    all_calls = len(of.clauses) + 1
    standin.will(of.expected, of.expected, *[Act(status=401)])
    ended = await runs(stage, of, 1)
    assert (ended.made, ended.why) == (2, "model.notserved")
    stage.house.models.chain.lines[0].stopped = None
    one_call = max(ablating.plan(stage.house.models, of, (), 1).at_most // all_calls, 1)
    ended = await runs(stage, of, 1, cap=2 * one_call)
    assert ended.why == "ablation.capped" and ended.cost <= 2 * one_call and ended.made > 0
    ended = await runs(stage, of, 1)
    assert ended.why == "" and len(standin.counted) == all_calls
    kept = stage.read(lambda c: ablation.outputs(c, scope, of.id, of.version))
    assert sorted(one.clause for one in kept) == sorted([WHOLE, *(one.key for one in of.clauses)])
    charged = stage.read(lambda c: c.execute(sa.select(sa.func.sum(model_charge.c.cost))).scalar_one())
    assert sum(one.cost for one in kept) == charged
    assert (await runs(stage, of, 1)).made == 0


@pytest.mark.parametrize("door", DOORS)
async def test_owner_and_learner_see_what_was_measured(measured, door: str) -> None:
    stage, _, of, clause = measured
    scope = stage.scope("演示内容负责人（仅供演示）")
    _keep_made(stage, scope, of, clause, ablation.repeats_needed(len(of.clauses)))
    owner = await stage.trainee(door, "演示内容负责人（仅供演示）")
    await owner.says("/ablation")
    said = await owner.presses(f"{BOOK} ")
    name = next(one.name for one in of.clauses if one.key == clause)
    assert f"✔ {name}" in said and "看不出差别" in said and "95% 区间" in said
    learner = await stage.trainee(door)
    assert "没有「/ablation」" in await learner.says("/ablation")
    await takes(learner, BOOK)
    await learner.says(f"/xray {clause}")
    await learner.presses("会变差")
    said = await learner.presses("看实测的一对")
    assert "实测的一对" in said and f"✔ {name}" in said and "PAWNEST Slow Feeder" in said


@pytest.mark.parametrize("door", DOORS)
async def test_an_owner_measures_from_the_chat_sees_the_price_first_and_stops_when_it_is_enough(
    measured, door: str
) -> None:
    stage, standin, of, clause = measured
    owner = await stage.trainee(door, "演示内容负责人（仅供演示）")
    calls = len(of.clauses) + 1
    await owner.says("/ablation")
    await owner.presses("测一条指令")
    said = await owner.says(f"/ablate {BOOK}")
    assert "已有每样 0 份" in said and standin.counted == []
    said = await owner.presses(f"跑到每样 1 份（{calls} 次，最多")
    assert f"跑完了：{calls} 份，花了" in said and len(standin.counted) == calls
    said = await owner.says(f"/ablate {BOOK} 1")
    assert "跑完了：0 份" in said and len(standin.counted) == calls, "tapped twice, paid once"
    assert "已有每样 1 份" in await owner.presses("接着跑")
    name = next(one.name for one in of.clauses if one.key == clause)
    said = await owner.presses("看结果")
    assert name in said and "份数太少，还不能说" in said


async def test_stopped_it_keeps_what_is_done_and_goes_on_from_there(measured) -> None:
    stage, standin, of, _ = measured
    owner = await stage.trainee("web", "演示内容负责人（仅供演示）")
    calls = len(of.clauses) + 1
    standin.will(*[of.expected] * ablating.AT_ONCE, *[Act("长" * 3000, piece=1, pause=0.02)] * ablating.AT_ONCE)
    begin = {"words": f"/ablate {BOOK} 1", "id": "11111111-1111-4111-8111-111111111111"}
    await owner.http.post("/chat/say", json=begin)
    async with asyncio.timeout(20):
        while len(standin.counted) < ablating.AT_ONCE or not standin.open_calls:  # noqa: ASYNC110  # in its own time
            await asyncio.sleep(0.02)
    said = await owner.says("停")
    assert "停下了" in said and f"这回跑完 {ablating.AT_ONCE} 份，都留着" in said
    said = await owner.presses("接着跑")
    assert said.choice(f"跑到每样 1 份（{calls - ablating.AT_ONCE} 次")
    assert "跑完了" in await owner.presses("跑到每样 1 份")
    spent = stage.read(lambda c: c.execute(sa.select(sa.func.sum(model_charge.c.cost))).scalar_one())
    kept = stage.read(lambda c: ablation.outputs(c, stage.scope("演示内容负责人（仅供演示）"), of.id, of.version))
    assert len(kept) == calls and sum(one.cost for one in kept) <= spent, "what was stopped was paid for, and not kept"


@pytest.mark.parametrize("door", DOORS)
async def test_what_cannot_be_measured_is_said_plainly(sqlite_shelf: Shelf, clock, door: str) -> None:
    async with staged(*sqlite_shelf.seeded(), clock) as stage:
        owner = await stage.trainee(door, "演示内容负责人（仅供演示）")
        assert "没有接模型" in await owner.says(f"/ablate {BOOK}")


def _keep_made(stage: Stage, scope: Scope, of: Playbook, clause: str, repeats: int) -> None:
    for number in range(repeats):
        for key in (WHOLE, *(one.key for one in of.clauses)):
            text, errors = (LONG, 2) if key == clause else (of.expected, 0)
            made = ablation.Output(key, number, "m", text, (), errors, 0)
            stage.write(lambda c, made=made: ablation.keep(c, scope, (of.id, of.version), made, stage.clock()))


async def test_another_version_or_team_sees_nothing(measured) -> None:
    stage, _, of, clause = measured
    scope = stage.scope("演示内容负责人（仅供演示）")
    _keep_made(stage, scope, of, clause, 1)
    assert stage.read(lambda c: ablation.outputs(c, scope, of.id, "9.9.9")) == []
    other = replace(scope, team_id="other")
    assert stage.read(lambda c: ablation.outputs(c, other, of.id, of.version)) == []
    assert stage.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(ablation_output)).scalar()) > 0


def test_the_command_says_first_what_it_would_cost(sqlite_shelf: Shelf, monkeypatch, tmp_path, capsys) -> None:
    url, _ = sqlite_shelf.seeded()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZHIRAN_DATABASE_URL", url)
    assert command.ablate(BOOK, 6, "", "", dry_run=True, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["calls"] > 6 and told["made"] == 0 and told["clauses"] == [] and told["repeats_needed"] >= 6
    assert command.ablate(BOOK, 6, "", "", dry_run=False, as_json=True) == 2
    assert "no model" in json.loads(capsys.readouterr().out)["error"]
    assert command.ablate("no-such", 6, "", "", dry_run=False, as_json=True) == 2
    assert command.ablate(BOOK, 6, "外人", "", dry_run=False, as_json=True) == 2
    assert command.ablate(BOOK, 6, "", "much", dry_run=True, as_json=True) == 2
