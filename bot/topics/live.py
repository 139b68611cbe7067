"""`/live`: the group's quiz in the chat; whoever leads sees the counts and goes on, everybody else answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.message import Choice, Reply
from bot.talk import Answer, Talk, clip, number, tappable
from curriculum import live_quiz
from curriculum.live_quiz import HOSTS, Live
from curriculum.notices import Tell
from dashboard import kit
from dashboard.kit import LETTERS
from foundation.errors import ExpectedError, NotFound


@dataclass(frozen=True)
class LiveQuiz:
    """`/live`, `/live PLACE CHOICE`; for leads `/live start [COUNT]`, `/live show PLACE`, `/live next PLACE`, `/live end`."""

    tell: Tell
    address: str

    def live(self, talk: Talk, words: str) -> Answer:
        first, *more = words.split() or [""]
        at = number(more[0]) if more else None
        if first == "start" and at is None:
            return [self._how_many(talk)]
        if first in ("start", "show", "next", "end"):
            self._lead(talk, first, at)
        elif (place := number(first)) is not None and at is not None:
            live_quiz.choose(talk.connection, talk.scope, place, at, talk.now)
        return [self._shown(talk, live_quiz.current(talk.connection, talk.scope, talk.now))]

    def _lead(self, talk: Talk, what: str, number: int | None) -> None:
        if not talk.scope.may(*HOSTS):
            raise NotFound("live")
        if what == "end":
            live_quiz.end(talk.connection, talk.scope, talk.now)
        elif number is not None and what == "start":
            kit.begin_quiz(self.tell, talk.connection, talk.scope, talk.now, talk.language, number)
        elif number is not None:
            step = live_quiz.show if what == "show" else live_quiz.go_on
            step(talk.connection, talk.scope, number, talk.now)

    def _how_many(self, talk: Talk) -> Reply:
        if not talk.scope.may(*HOSTS):
            raise NotFound("live")
        offer = kit.offer(talk.connection, talk.scope, talk.now, talk.language)
        if offer is None:
            raise ExpectedError("live.no_questions")
        counts = [talk.choice("live.count", f"/live start {one}", count=one) for one in offer.counts]
        home = talk.choice("button.home", "/home")
        return talk.reply("live.how_many", *counts, home, to="live", columns=2, own=offer.own, most=max(offer.counts))

    def _shown(self, talk: Talk, live: Live | None) -> Reply:
        home = talk.choice("button.home", "/home")
        if live is None:
            hosts = talk.scope.may(*HOSTS)
            can = hosts and kit.offer(talk.connection, talk.scope, talk.now, talk.language) is not None
            start = (talk.choice("live.start", "/live start"),) if can else ()
            key = "live.no_questions" if hosts and not can else "live.none"
            return talk.reply(key, *start, talk.choice("button.practice", "/quiz"), home, to="live")
        head: dict[str, Any] = {"number": live.place + 1, "total": live.total, "stem": live.question.stem}
        head["source"] = kit.source(live.question, talk.say)
        if talk.scope.may(*HOSTS):
            lines, choices = _counted(live), (*self._controls(talk, live), home)
            key = "live.host_shown" if live.is_shown else "live.host"
            more: dict[str, Any] = {
                "page": tappable(f"{self.address}/lead/live"),
                "answered": live.answered,
                "people": live.people,
            }
            return talk.reply(key, *choices, to="live", lines=lines, **head, **more, **_right(live))
        mine = live_quiz.chosen(talk.connection, talk.scope, live)
        own = LETTERS[mine] if mine is not None else "—"
        if live.is_shown:
            again = talk.choice("live.go_on", "/live")
            return talk.reply(
                "live.result", again, home, to="live", lines=_counted(live), own=own, **head, **_right(live)
            )
        options = [
            Choice(f"{'✓ ' if n == mine else ''}{LETTERS[n]}", f"/live {live.place} {n}")
            for n in range(len(live.question.options))
        ]
        lines = _counted(live)
        look = talk.choice("live.look", "/live")
        key = "live.ask" if mine is None else "live.heard"
        return talk.reply(key, *options, look, home, to="live", columns=3, lines=lines, own=own, **head)

    def _controls(self, talk: Talk, live: Live) -> tuple[Choice, ...]:
        again = talk.choice("live.refresh", "/live")
        stop = talk.choice("live.end", "/live end")
        if not live.is_shown:
            return (talk.choice("live.show", f"/live show {live.place}"), again, stop)
        on = talk.choice("live.finish" if live.is_last else "live.next", f"/live next {live.place}")
        return (on, stop)


def _right(live: Live) -> dict[str, Any]:
    return {"right": LETTERS[live.question.right], "why": clip(live.question.why, 300)}


def _counted(live: Live) -> str:
    """The options by their letters; once the answer is shown with their counts, and what is right."""
    lines = []
    for n, text in enumerate(live.question.options):
        count = f" · {live.counts[n]}" if live.is_shown else ""
        mark = "✔ " if live.is_shown and n == live.question.right else ""
        lines.append(f"{mark}{LETTERS[n]}. {text}{count}")
    return "\n".join(lines)
