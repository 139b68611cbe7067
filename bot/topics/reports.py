"""The lead's week and the trainer's kit in the chat: the same counts, the same chart, as a picture."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from bot.message import Attachment, Reply
from bot.talk import Answer, Emit, Talk, Work, tappable
from curriculum import report
from curriculum.report import Week
from dashboard import kit, pictures
from dashboard.behind import skill_name
from dashboard.cells import share_cell
from foundation import charts


@dataclass(frozen=True)
class Reports:
    """`/report` and `/kit`."""

    address: str

    def report(self, talk: Talk, words: str) -> Answer:
        known = report.week(talk.connection, talk.scope, talk.now, talk.person.zone)
        team = report.skill_map(talk.connection, talk.scope, 0, 0).team
        shown = {skill_name(one, talk.language): share for one, share in sorted(team.items()) if share.known}
        values = week_values(known, talk.say("board.few")) | {
            "team": talk.member.team_name,
            "page": tappable(f"{self.address}/lead"),
        }
        if not shown:
            return [self._said(talk, values, ())]
        definition = pictures.skills(shown, talk.say, talk.say("board.sheet_skills"))

        async def draw(emit: Emit) -> bytes:
            return await asyncio.to_thread(charts.png, definition)

        def send(later: Talk, picture: bytes) -> list[Reply]:
            lines = "；".join(f"{name} {share_cell(share, '').text} n={share.answers}" for name, share in shown.items())
            described = f"{later.say('report.picture')}：{lines}"
            return [self._said(later, values, (Attachment("week.png", "image/png", picture, described),))]

        return Work(draw, send)

    def _said(self, talk: Talk, values: dict[str, Any], files: tuple[Attachment, ...]) -> Reply:
        choices = (
            talk.choice("button.desk", "/desk"),
            talk.choice("button.kit", "/kit"),
            talk.choice("button.home", "/home"),
        )
        return talk.reply("report.intro", *choices, columns=3, files=files, **values)

    def kit(self, talk: Talk, words: str) -> Answer:
        """The next group session from this team's own errors, as a document."""
        made = kit.make(talk.connection, talk.scope, talk.now, talk.language)
        text = kit.as_markdown(made, talk.say)
        name = f"kit-{made.made_at.date().isoformat()}.md"
        document = Attachment(name, "text/markdown", text.encode(), talk.say("kit.title"))
        home = talk.choice("button.home", "/home")
        start = (talk.choice("live.start", "/live start"),) if made.questions else ()
        errors, questions = len(made.misconceptions), len(made.questions)
        return [
            talk.reply(
                "kit_chat.text",
                *start,
                home,
                files=(document,),
                errors=errors,
                questions=questions,
                page=tappable(f"{self.address}/lead/kit"),
            )
        ]


def week_values(known: Week, few: str) -> dict[str, Any]:
    """A week's counts as a phrase takes them."""
    counts = {name: getattr(known, name) for name in ("active", "people", "overdue", "unanswered")}
    return counts | {"right": share_cell(known.answers, few).text, "count": known.answers.answers}
