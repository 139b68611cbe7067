"""Where a learner stands: `/rung` on the ladder, `/progress` in skills with their ranges; a picture where one can be seen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.coaching import Coach, skill_name
from bot.message import Attachment, Choice, Reply
from bot.talk import Answer, Emit, Talk, Work, clip
from bot.topics.powercut import AiShare, dial_words, not_measured
from bot.topics.quiz import at_hand
from curriculum import power_cut
from curriculum.mastery import Estimate
from curriculum.probes import dial, independence
from curriculum.reviews import local_day
from curriculum.sentences import probability
from curriculum.tables import answer
from foundation import charts
from knowledge.playbook import Playbook

SHOWN = 6
WITHOUT_PICTURES = ("terminal",)
RECENT_DAYS = 14


def rung(talk: Talk, words: str) -> Answer:
    """`/rung [ID]`: the rung of each playbook used; of one, also what moves it, skill by skill."""
    one = at_hand(talk)
    home = talk.choice("button.home", "/home")
    if not one.books:
        return [talk.reply("rung.none", home, to="rung")]
    book = one.books.get(words.strip())
    if book is None and len(one.books) == 1:
        book = next(iter(one.books.values()))
    if book is not None:
        return [_one_rung(talk, one, book)]
    shown = list(one.books.values())[:SHOWN]
    choices = [Choice(clip(book.title.in_language(talk.language), 24), f"/rung {book.id}") for book in shown]
    return [talk.reply("rung.all", *choices, home, to="rung", lines=_rung_lines(talk, one))]


def _one_rung(talk: Talk, one: Coach, book: Playbook) -> Reply:
    skills = list(dict.fromkeys(clause.skill for clause in book.clauses))
    view = one.tutor.playbook_rung(skills, talk.now)
    rungs = [(skill, one.tutor.rung(skill, talk.now)) for skill in skills]
    lines = [talk.say("rung.skill", skill=skill_name(skill, talk.language), name=at.name) for skill, at in rungs]
    choices = (
        talk.choice("button.practice", "/quiz"),
        talk.choice("button.back", "/rung all"),
        talk.choice("button.home", "/home"),
    )
    title = book.title.in_language(talk.language)
    told: dict[str, Any] = {"rung": view.rung, "name": view.name, "moves": view.moves, "skills": "\n".join(lines)}
    return talk.reply("rung.one", *choices, to="rung", columns=3, title=title, **told)


def _rung_lines(talk: Talk, one: Coach) -> str:
    lines = []
    for book in list(one.books.values())[:SHOWN]:
        view = one.tutor.playbook_rung([clause.skill for clause in book.clauses], talk.now)
        lines.append(talk.say("progress.rung", title=clip(book.title.in_language(talk.language), 18), name=view.name))
    return "\n".join(lines)


@dataclass(frozen=True)
class Shown:
    """A skill with its estimate, as it is shown."""

    name: str
    estimate: Estimate


@dataclass(frozen=True)
class Progress:
    """`/progress` 我的进度."""

    ai_share: AiShare = not_measured

    def progress(self, talk: Talk, words: str) -> Answer:
        one = at_hand(talk)
        skills = _skills(talk, one)
        if not skills:
            return [talk.reply("progress.nothing", talk.choice("button.home", "/home"), to="progress")]
        reply = self._reply(talk, one, skills)
        drawn = [shown for shown in skills if shown.estimate.is_shown]
        if talk.turn.door in WITHOUT_PICTURES or not drawn:
            return [reply]
        definition = chart(drawn, talk.say("progress.title"), talk.say("progress.axis"))
        told = "；".join(
            f"{shown.name} {probability(shown.estimate.low)}–{probability(shown.estimate.high)}" for shown in drawn
        )
        description = talk.say("progress.picture", name=talk.person.name or talk.say("people.friend"), lines=told)

        async def draw(_emit: Emit) -> bytes:
            return await asyncio.to_thread(charts.png, definition)

        def then(_talk: Talk, picture: bytes) -> list[Reply]:
            file = Attachment("progress.png", "image/png", picture, description)
            return [Reply(reply.text, reply.choices, (file,), key=None, columns=reply.columns)]

        return Work(draw, then)

    def _reply(self, talk: Talk, one: Coach, skills: list[Shown]) -> Reply:
        sure = [shown for shown in skills if shown.estimate.is_shown]
        early = [shown.name for shown in skills if not shown.estimate.is_shown]
        lines = [_line(talk, shown) for shown in sure[:SHOWN]]
        lines += [talk.say("progress.early", names=talk.listed(early[:SHOWN]))] if early else []
        answers = power_cut.probe_answers(talk.connection, talk.scope, one.tutor.zone)
        dialled = dial(self.ai_share(talk.connection, talk.scope), independence(answers))
        choices = (
            talk.choice("button.practice", "/quiz"),
            talk.choice("powercut.button", "/powercut"),
            talk.choice("button.me", "/me"),
            talk.choice("button.home", "/home"),
        )
        return talk.reply(
            "progress.text",
            *choices,
            to="progress",
            columns=2,
            name=talk.person.name or talk.say("people.friend"),
            skills="\n".join(lines),
            rungs=talk.say("progress.rungs", lines=_rung_lines(talk, one)),
            dial=dial_words(talk, dialled),
            days=_days_practised(talk, one),
            next=_next(talk, one),
        )


def _skills(talk: Talk, one: Coach) -> list[Shown]:
    """The skills with answers, the most answered first."""
    known = [(skill, memory.answers) for skill, memory in one.tutor.memory.skills.items() if memory.answers]
    ordered = sorted(known, key=lambda pair: -pair[1])
    return [Shown(skill_name(skill, talk.language), one.tutor.mastery(skill, talk.now)) for skill, _ in ordered]


def _line(talk: Talk, shown: Shown) -> str:
    e = shown.estimate
    values = {"mean": probability(e.mean), "low": probability(e.low), "high": probability(e.high)}
    return talk.say("progress.skill", name=shown.name, answers=e.answers, **values)


def _days_practised(talk: Talk, one: Coach) -> int:
    since: datetime = talk.now - timedelta(days=RECENT_DAYS)
    mine = (answer.c.person_id == talk.person.id) & (answer.c.team_id == talk.scope.team_id) & (answer.c.at >= since)
    moments = talk.connection.execute(sa.select(answer.c.at).where(mine)).scalars()
    return len({local_day(at, one.tutor.zone) for at in moments})


def _next(talk: Talk, one: Coach) -> str:
    if steps := one.plan(talk.now):
        return talk.say("progress.next_now", count=len(steps), minutes=f"{sum(step.minutes for step in steps):.0f}")
    day = one.next_day_name(talk.now)
    return talk.say("progress.next_day", day=day) if day else talk.say("progress.next_use")


def chart(skills: list[Shown], title: str, axis: str) -> dict[str, Any]:
    """Each skill a point on its likely range."""
    rows = [
        {"skill": s.name, "mean": s.estimate.mean, "low": s.estimate.low, "high": s.estimate.high} for s in skills[:12]
    ]
    y = {"field": "skill", "type": "nominal", "sort": None, "title": None}
    scale = {"domain": [0, 1]}
    x = {"type": "quantitative", "scale": scale, "title": axis, "axis": {"format": "%"}}
    line = {"mark": {"type": "rule", "strokeWidth": 6, "opacity": 0.35, "color": "#2e7d5b"}}
    line |= {"encoding": {"y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}}}
    point = {
        "mark": {"type": "point", "filled": True, "size": 120, "color": "#1c5c41"},
        "encoding": {"y": y, "x": x | {"field": "mean"}},
    }
    return {"title": title, "width": 420, "height": {"step": 30}, "data": {"values": rows}, "layer": [line, point]}
