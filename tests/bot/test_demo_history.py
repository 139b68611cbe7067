"""The demo's made-up weeks: written once, plainly made up, and enough for a lead to look at."""

from __future__ import annotations

import sqlalchemy as sa

from bot.demo_history import CHARACTERS, live_through
from curriculum import report, report_models
from curriculum.tables import answer
from tests.helpers.stage import Stage


def test_the_weeks_are_lived_once_and_fill_the_leads_sheets(stage: Stage) -> None:
    """Every figure has answers under it, every name says that it is made up; a second start adds nothing."""
    stage.write(lambda c: live_through(c, stage.demo, stage.clock()))
    counted = stage.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(answer)).scalar_one())
    assert counted == sum(one.answers for one in CHARACTERS)
    lead = stage.scope("陈组长")
    shares = stage.read(lambda c: report_models.ai_shares(c, lead))
    alone = stage.read(lambda c: report.autonomy(c, lead))
    assert len(shares) >= 4 and len(alone) == 5
    assert all(name.endswith("（虚构）") for name, _ in (*shares.values(), *alone.values()))
    assert len(stage.read(lambda c: report_models.costs(c, lead)).people) == len(CHARACTERS)
    assert stage.read(lambda c: report.gaps(c, lead))[0].count == 2
    assert stage.read(lambda c: report.week(c, lead, stage.clock(), "Asia/Shanghai")).overdue > 0
    stage.write(lambda c: live_through(c, stage.demo, stage.clock()))
    assert counted == stage.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(answer)).scalar_one())
