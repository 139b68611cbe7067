"""Three weeks at two doors: one practises a few minutes a day, one only copies; what differs is what they can do alone."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from curriculum.power_cut import probe_answers
from curriculum.probes import dial, independence
from tests.helpers.answering import answer
from tests.helpers.stage import Person, Stage
from tests.stories.test_two_lanes import takes, tutor_now

DAYS, WORKDAYS = 21, 5
GUESSES = (True, False, False)  # who never practised is right one time in three


async def test_who_practises_climbs_and_who_only_copies_stands_still(stage: Stage) -> None:
    diligent, copier = await stage.newcomer("terminal", "勤练"), await stage.newcomer("web", "只抄")
    for person in (diligent, copier):  # a reminder that comes in between would hide the buttons of what was asked
        await person.says("/reminders off")
    for day in range(DAYS):
        if day % 7 < WORKDAYS:
            await takes(copier)
            await takes(diligent)
            await practise(stage, diligent)
        stage.clock.now += timedelta(days=1)
    await power_cut(stage, diligent, knows=True)
    await power_cut(stage, copier, knows=False)
    shown = {person.door: await stands(stage, person) for person in (diligent, copier)}
    print(*shown.values(), sep="\n\n")
    practised, copied = [tutor_now(stage, await person.id).tutor for person in (diligent, copier)]
    now = stage.clock()
    rungs = [sum(tutor.rung(skill, now).rung for skill in tutor.memory.skills) for tutor in (practised, copied)]
    assert rungs[0] > rungs[1] + 6
    assert not any(skill.let_go for skill in copied.memory.skills.values())
    alone = [independence(await probes(stage, person)) for person in (diligent, copier)]
    assert alone[0] and alone[1] and alone[0].value > alone[1].value
    assert await sat_often(stage, diligent)


async def practise(stage: Stage, person: Person) -> None:
    """Today's steps; one in ten is missed."""
    seen = await person.says("练一练")
    for _ in range(8):
        if "今天第" not in seen:
            return
        one = tutor_now(stage, await person.id)
        await answer(person, seen, one.items, right=len(one.tutor.memory.items) % 10 != 9)
        seen = await person.says("练一练")


async def power_cut(stage: Stage, person: Person, *, knows: bool) -> None:
    await person.says("断电测试")
    seen = await person.presses("开始")
    for count in range(9):
        if "（没有提示）" not in seen:
            return
        right = count != 3 if knows else GUESSES[count % 3]
        await answer(person, seen, tutor_now(stage, await person.id).items, right=right)
        await person.presses("有把握")
        seen = await person.presses("下一题")


async def probes(stage: Stage, person: Person):  # type: ignore[no-untyped-def]
    one = tutor_now(stage, await person.id)
    return stage.read(lambda c: probe_answers(c, one.pupil.scope, one.tutor.zone))


async def stands(stage: Stage, person: Person) -> str:
    """What a closing note can show of one learner."""
    one, now = tutor_now(stage, await person.id), stage.clock()
    known = one.tutor.memory.skills.values()
    rungs = [one.tutor.rung(skill, now).rung for skill in one.tutor.memory.skills]
    share = independence(await probes(stage, person))
    due = len(one.tutor.due(now))
    lines = [
        f"[{person.door}] uses {max(skill.uses for skill in known)}, answers {sum(skill.answers for skill in known)}",
        f"rungs {sorted(rungs)}; let go {sum(skill.let_go for skill in known)}; reviews due {due}; next {one.next_day_name(now)}",
        f"unaided {share}; dial field {dial(None, share).field or '(AI share not measured)'}",
        (await person.says("我的进度")).text,
    ]
    return "\n".join(lines)


async def sat_often(stage: Stage, person: Person) -> bool:
    """The stored rows say that something was answered at more than one sitting."""
    from curriculum.tables import answer as rows

    person_id = await person.id
    moments = stage.read(lambda c: c.execute(sa.select(rows.c.at).where(rows.c.person_id == person_id)).scalars().all())
    return len({at.date() for at in moments}) > 3
