"""Giving tasks in the chat: what, which, how far, to whom, by when, a note; every step is one tap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot import reach
from bot.due_days import read_day
from bot.message import Choice, Reply, RichText, Text
from bot.talk import Answer, Talk, clip, number, quoted
from curriculum import assignments, teams
from curriculum.assignments import Given, Wish
from curriculum.notices import Tell
from dashboard.giving import give, move
from dashboard.targets import AMOUNTS, KINDS, called, targets
from foundation.clock import zone
from foundation.errors import ExpectedError, NotFound

A_SCREEN = 8


@dataclass(frozen=True)
class Assign:
    """`/assign` gives a task step by step, `/assigned` shows, moves and withdraws what was given."""

    tell: Tell

    def assign(self, talk: Talk, words: str) -> Answer:
        what, _, rest = words.partition(" ")
        wish: dict[str, Any] = dict(talk.state.get("assign") or {})
        if not what:
            wish = {}
        elif what == "to":
            wish["to"] = rest if rest == "all" else self._whom(talk, rest)
        elif what == "what" and rest in KINDS:
            wish |= {"kind": rest, "amount": AMOUNTS.get(rest, 0)} | ({"target": ""} if rest == "powercut" else {})
        elif what == "book" and rest:
            wish["target"] = self._target(talk, wish.get("kind", ""), rest)
        elif what == "rung" and rest in ("1", "2", "3", "4", "5"):
            wish["amount"] = int(rest)
        elif what == "due" and "to" in wish:
            try:
                wish["due"] = _due(talk, rest).isoformat()
            except ExpectedError as unread:
                return [self._ask(talk, wish, what, rest, unread.key)]
        elif what == "note":
            wish["note"] = rest[: assignments.MAX_NOTE]
        elif what == "yes" and _complete(wish):
            return [self._give(talk, wish)]
        elif what not in ("more", "person") or not wish:
            raise ExpectedError("assign.stale")
        talk.state["topic"], talk.state["assign"] = "assign", wish
        return [self._ask(talk, wish, what, rest)]

    def said(self, talk: Talk, words: str) -> Answer | None:
        """Free words while a date or a note is asked for."""
        wish = talk.state.get("assign") or {}
        if "noted" in wish:
            return self._change(talk, str(wish["noted"]), note=" ".join(words.split())[: assignments.MAX_NOTE])
        if "kind" in wish and "to" in wish and "target" in wish and wish.get("amount"):
            if "due" not in wish:
                return self.assign(talk, f"due {words}")
            if "note" not in wish:
                return self.assign(talk, f"note {' '.join(words.split())}")
        return None

    def _ask(self, talk: Talk, wish: dict[str, Any], what: str, rest: str, when: str = "assign.when") -> Reply:
        """The first thing still missing."""
        cancel = talk.choice("button.cancel", "/home")
        if "kind" not in wish:
            kinds = [talk.choice(f"assign.kind_{kind}", f"/assign what {kind}") for kind in KINDS]
            return talk.reply("assign.what", *kinds, talk.choice("button.assigned", "/assigned"), cancel, to="assign")
        if "target" not in wish:
            page = (number(rest) or 0) if what == "more" else 0
            options = self._options(talk, str(wish["kind"]))
            books = [
                Choice(clip(title, 28), f"/assign book {one}")
                for one, title in options[page * A_SCREEN : (page + 1) * A_SCREEN]
            ]
            more = (
                [talk.choice("button.more", f"/assign more {page + 1}")] if len(options) > (page + 1) * A_SCREEN else []
            )
            return talk.reply(
                "assign.which" if options else "assign.nothing_vetted", *books, *more, cancel, to="assign"
            )
        if not wish.get("amount"):
            rungs = [Choice(f"{n} {talk.say(f'rung.{n}')}", f"/assign rung {n}") for n in range(1, 6)]
            return talk.reply("assign.how_far", *rungs, cancel, to="assign")
        if "to" not in wish:
            return self._ask_whom(talk, what, rest, cancel)
        if "due" not in wish:
            days = [talk.choice("assign.in_days", f"/assign due {n}", days=n) for n in (1, 3, 7, 14)]
            return talk.reply(when, *days, cancel, to="assign", columns=2)
        if "note" not in wish:
            return talk.reply("assign.note", talk.choice("button.no_note", "/assign note"), cancel, to="assign")
        yes = talk.choice("button.assign_yes", "/assign yes")
        due = datetime.fromisoformat(str(wish["due"])).astimezone(zone(talk.person.zone)).date().isoformat()
        note = _note(talk, str(wish["note"]))
        whom = self._whom_said(talk, str(wish["to"]))
        return talk.reply(
            "assign.sure",
            yes,
            cancel,
            to="assign",
            task=task_said(talk, wish["kind"], wish["target"], wish["amount"]),
            whom=whom,
            due=due,
            note=note,
        )

    def _ask_whom(self, talk: Talk, what: str, rest: str, cancel: Choice) -> Reply:
        if what == "person":
            page = number(rest) or 0
            known = [one for one in teams.members(talk.connection, talk.scope) if "trainee" in one.roles]
            choices = [
                Choice(clip(one.name or talk.say("people.nameless"), 28), f"/assign to {one.id}")
                for one in known[page * A_SCREEN : (page + 1) * A_SCREEN]
            ]
            more = (
                [talk.choice("button.more", f"/assign person {page + 1}")] if len(known) > (page + 1) * A_SCREEN else []
            )
            return talk.reply("assign.who", *choices, *more, cancel, to="assign", columns=2)
        cohorts = [
            Choice(clip(name, 24), f"/assign to #{n}")
            for n, name in enumerate(teams.cohorts(talk.connection, talk.scope, talk.now)[:6])
        ]
        everyone, person = (
            talk.choice("assign.to_all", "/assign to all"),
            talk.choice("assign.to_one", "/assign person"),
        )
        return talk.reply("assign.who", everyone, *cohorts, person, cancel, to="assign", columns=2)

    def _whom(self, talk: Talk, words: str) -> str:
        if words.startswith("#") and (place := number(words[1:])) is not None:
            names = teams.cohorts(talk.connection, talk.scope, talk.now)
            if place >= len(names):
                raise ExpectedError("assign.stale")
            return f"cohort:{names[place]}"
        return teams.member(talk.connection, talk.scope, words).id

    def _whom_said(self, talk: Talk, audience: str) -> str:
        if audience == "all":
            return talk.say("assign.to_all")
        if audience.startswith("cohort:"):
            return audience.removeprefix("cohort:")
        return teams.member(talk.connection, talk.scope, audience).name or talk.say("people.nameless")

    def _options(self, talk: Talk, kind: str) -> list[tuple[str, str]]:
        return targets(talk.connection, talk.scope, kind, talk.language)

    def _target(self, talk: Talk, kind: str, wanted: str) -> str:
        if wanted not in {one for one, _ in self._options(talk, kind)}:
            raise NotFound(wanted)
        return wanted

    def _give(self, talk: Talk, wish: dict[str, Any]) -> Reply:
        asked = Wish(
            wish["kind"],
            wish["target"],
            int(wish["amount"]),
            wish["to"],
            datetime.fromisoformat(wish["due"]),
            wish.get("note", ""),
        )
        _, people = give(talk.connection, talk.scope, talk.person, asked, talk.now, self.tell)
        self._leave(talk)
        names = {one.id: one.name for one in people}
        blocked = reach.out_of_reach(talk.connection, list(names))
        remark = (
            talk.say("assign.unreachable", names=talk.listed(sorted(names[one] for one in blocked))) if blocked else ""
        )
        choices = (
            talk.choice("button.assigned", "/assigned"),
            talk.choice("button.assign", "/assign"),
            talk.choice("button.home", "/home"),
        )
        key = "assign.given" if people else "assign.given_ahead"
        return talk.reply(key, *choices, to="assign", columns=2, count=len(people), remark=remark)

    # --- what was given ---

    def assigned(self, talk: Talk, words: str) -> Answer:
        """`/assigned [ID]`, `/assigned move DAYS ID`, `/assigned note ID` (then the note), `/assigned off ID`."""
        first, *more = words.split() or [""]
        if "noted" in talk.state.get("assign", {}):
            self._leave(talk)
        if first == "move" and len(more) == 2 and more[0] in ("1", "3", "7"):
            known = assignments.get(talk.connection, talk.scope, more[1])
            return self._change(talk, known.id, due_at=max(known.due_at, talk.now) + timedelta(days=int(more[0])))
        elif first == "note" and len(more) == 1:
            known = assignments.get(talk.connection, talk.scope, more[0])
            talk.state["topic"], talk.state["assign"] = "assign", {"noted": known.id}
            return [
                talk.reply(
                    "assign.note_anew",
                    talk.choice("button.back", f"/assigned {known.id}"),
                    to="assign",
                    now=talk.rich("assign.note_now", note=quoted(known.note)) if known.note else "",
                )
            ]
        elif first == "off" and len(more) == 1:
            assignments.withdraw(talk.connection, talk.scope, more[0], talk.now)
            first = ""
        if first:
            return [self._one(talk, assignments.get(talk.connection, talk.scope, first))]
        known_ones = assignments.current(talk.connection, talk.scope, limit=A_SCREEN)
        choices = [
            Choice(f"{clip(self._said(talk, one), 22)} {one.done}/{one.done + one.open}", f"/assigned {one.id}")
            for one in known_ones
        ]
        return [
            talk.reply(
                "assign.list" if choices else "assign.none",
                *choices,
                talk.choice("button.assign", "/assign"),
                talk.choice("button.home", "/home"),
                to="assign",
            )
        ]

    def _change(self, talk: Talk, task_id: str, *, due_at: datetime | None = None, note: str | None = None) -> Answer:
        self._leave(talk)
        how = (talk.scope, talk.person, task_id, talk.now, self.tell)
        told = move(talk.connection, *how, due_at=due_at, note=note)
        remark = talk.say("assign.moved", count=len(told)) if told else ""
        return [self._one(talk, assignments.get(talk.connection, talk.scope, task_id), remark)]

    def _leave(self, talk: Talk) -> None:
        """Free words are no date and no note any more."""
        talk.state.pop("assign", None)
        talk.state.pop("topic", None)

    def _one(self, talk: Talk, one: Given, remark: str = "") -> Reply:
        waiting = assignments.undone(talk.connection, talk.scope, one.id)
        blocked = reach.out_of_reach(talk.connection, [person_id for person_id, _ in waiting])
        names = (
            talk.listed(
                f"{name or talk.say('people.nameless')}{'（' + talk.say('assign.blocked') + '）' if person_id in blocked else ''}"
                for person_id, name in waiting[:20]
            )
            or "—"
        )
        later = [talk.choice("assign.move", f"/assigned move {n} {one.id}", days=n) for n in (1, 3, 7)]
        note = talk.choice("assign.change_note", f"/assigned note {one.id}")
        off = talk.choice("button.withdraw", f"/assigned off {one.id}")
        due = one.due_at.astimezone(zone(talk.person.zone)).date().isoformat()
        return talk.reply(
            "assign.one", *later, note, off, talk.choice("button.back", "/assigned"), to="assign", columns=3, task=self._said(talk, one), due=due,
            done=one.done, total=one.done + one.open, names=names, note=_note(talk, one.note), remark=remark,
        )  # fmt: skip

    def _said(self, talk: Talk, one: Given) -> str:
        return task_said(talk, one.kind, one.target, one.amount)


def _note(talk: Talk, note: str) -> RichText:
    """A note set apart as somebody's words; nothing where there is none."""
    return talk.rich("notice.note_line", note=quoted(note)) if note.strip() else ()


def _due(talk: Talk, words: str) -> datetime:
    """The end of the day that the words name. Raises ExpectedError for one that cannot be."""
    day = read_day(words, talk.today)
    if day is None:
        raise ExpectedError("assign.no_day")
    due = assignments.end_of_day(day, talk.person.zone)
    assignments.must_be_ahead(due, talk.now)
    return due


def _complete(wish: dict[str, Any]) -> bool:
    return all(key in wish for key in ("kind", "target", "to", "due")) and bool(wish.get("amount"))


def task_said(talk: Talk, kind: str, target: str, amount: int) -> str:
    """A task in a line."""
    title = called(talk.connection, talk.scope, kind, target, talk.language)
    return talk.say(
        f"assign.task_{kind}", title=title, amount=amount, rung=talk.say(f"rung.{amount}") if kind == "rung" else ""
    )


def tasks(talk: Talk, words: str) -> Answer:
    """`/tasks` 我的任务: one list, and one clear next step for the most urgent; `/tasks done ID` for a lesson gone through."""
    mine = assignments.mine(talk.connection, talk.scope, talk.now)
    if not mine:
        return [
            talk.reply(
                "task.none", talk.choice("button.practice", "/quiz"), talk.choice("button.home", "/home"), to="tasks"
            )
        ]
    lines: RichText = ()
    for n, one in enumerate(mine[:A_SCREEN], 1):
        day = one.due_at.astimezone(zone(talk.person.zone)).date()
        late = talk.say("task.late") if one.due_at < talk.now else ""
        said = task_said(talk, one.kind, one.target, one.amount)
        by = f"{talk.say('task.by', day=day.isoformat())}{late}"
        lines += (Text(f"{chr(10) if n > 1 else ''}{n}. {said} · {by} · {one.so_far}/{one.whole}"),)
        lines += (Text("\n"), *quoted(one.note)) if one.note else ()
    step = _next_step(talk, mine[0])
    return [
        talk.reply("task.list", step, talk.choice("button.home", "/home"), to="tasks", lines=lines, step=step.label)
    ]


def _next_step(talk: Talk, one: assignments.Task) -> Choice:
    """The one thing to do now."""
    if one.kind == "powercut":
        return talk.choice("task.step_powercut", "/powercut")
    if one.kind == "lesson":
        return talk.choice("task.step_lesson", f"/lesson {one.target}")
    if one.kind == "course":
        return talk.choice("task.step_lesson", f"/courses {one.target}")
    from curriculum import portfolio

    if not portfolio.handovers(talk.connection, talk.scope, one.target, limit=1):
        return talk.choice("task.step_use", f"/use {one.target}")
    return talk.choice("task.step_practice", f"/quiz {one.target}")
