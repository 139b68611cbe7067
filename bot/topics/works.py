"""Draft, then polish: what was really used, what was changed and why, 含AI率, and how it did out there."""

from __future__ import annotations

from dataclasses import dataclass

from bot.judging import lines_of
from bot.message import Bold, Choice, Reply, RichText, Span, Text
from bot.talk import Answer, Talk, clip, quoted
from curriculum import works
from curriculum.ai_share import difference
from curriculum.outcomes import Outcome, Unreadable, read_outcomes
from curriculum.works import REASONS, Work
from foundation.clock import zone
from foundation.errors import ExpectedError, NotFound
from knowledge import shelf

MAX_FINAL = 12_000
SHOWN_CHANGES = 6
SHOWN_FINDINGS = 3


@dataclass(frozen=True)
class Works:
    """`/works`, `/work ID`, `/polish ID`, `/changed ID REASON`, `/outcome ID`: all about one's own works."""

    def list(self, talk: Talk, words: str) -> Answer:
        mine = works.of_person(talk.connection, talk.scope)
        if not mine:
            return [talk.reply("works.none", talk.choice("button.home", "/home"))]
        choices = [Choice(f"{_when(talk, one)} {_named(talk, one)}", f"/work {one.id}") for one in mine]
        return [talk.reply("works.list", *choices, talk.choice("button.home", "/home"), to="works")]

    def show(self, talk: Talk, words: str) -> Answer:
        one = works.get(talk.connection, talk.scope, words.strip())
        days = works.outcomes(talk.connection, talk.scope, one.id)
        numbers = "\n".join(f"{day}：{_figures(talk, outcome)}" for day, outcome in days[-5:]) or talk.say(
            "works.no_numbers"
        )
        return [self._card(talk, one, numbers)]

    def _card(self, talk: Talk, one: Work, numbers: str) -> Reply:
        choices = (
            talk.choice("button.polish", f"/polish {one.id}"), talk.choice("button.outcome", f"/outcome {one.id}"),
            talk.choice("button.works", "/works"), talk.choice("button.home", "/home"),
        )  # fmt: skip
        return talk.reply(
            "works.card", *choices, to="works", columns=2, title=_named(talk, one), id=one.playbook_id, version=one.version,
            date=one.at.date(), share=_share(talk, one), decisions=one.decisions, numbers=numbers,
            text=quoted(one.final or one.draft, 120), findings=lines_of(talk, one.findings[:SHOWN_FINDINGS]),
        )  # fmt: skip

    def polish(self, talk: Talk, words: str) -> Answer:
        one = works.get(talk.connection, talk.scope, words.strip())
        talk.state.update({"topic": "polishing", "work": one.id})
        same = talk.choice("button.used_as_is", f"/as_is {one.id}")
        return [talk.reply("works.paste", same, talk.choice("button.back", f"/work {one.id}"))]

    def as_is(self, talk: Talk, words: str) -> Answer:
        one = works.get(talk.connection, talk.scope, words.strip())
        return self._finished(talk, one.id, one.draft)

    def said(self, talk: Talk, words: str) -> Answer | None:
        """The text that was really used, pasted."""
        return self._finished(talk, str(talk.state.get("work", "")), words)

    def _finished(self, talk: Talk, work_id: str, final: str) -> Answer:
        if not final.strip() or len(final) > MAX_FINAL:
            raise ExpectedError("works.bad_length", max=MAX_FINAL)
        one = works.finish(talk.connection, talk.scope, work_id, final.strip(), talk.now)
        talk.state.update({"topic": "after", "playbook": one.playbook_id, "version": one.version})
        talk.state.pop("work", None)
        return [self._why_changed(talk, one, with_difference=True)]

    def changed(self, talk: Talk, words: str) -> Answer:
        work_id, _, reason = words.partition(" ")
        return [
            self._why_changed(talk, works.explain(talk.connection, talk.scope, work_id, reason), with_difference=False)
        ]

    def _why_changed(self, talk: Talk, one: Work, *, with_difference: bool) -> Reply:
        shown = (*_difference(talk, one), Text("\n\n")) if with_difference else ()
        marks = [("✔ " if reason in one.changes else "") + talk.say(f"works.reason_{reason}") for reason in REASONS]
        choices = [Choice(label, f"/changed {one.id} {reason}") for label, reason in zip(marks, REASONS, strict=True)]
        after = (talk.choice("button.outcome", f"/outcome {one.id}"), talk.choice("button.home", "/home"))
        text = talk.rich("works.finished", share=_share(talk, one), decisions=one.decisions, difference=shown)
        return Reply(text, (*choices, *after), key="works", columns=2)

    def outcome(self, talk: Talk, words: str) -> Answer:
        one = works.get(talk.connection, talk.scope, words.strip())
        talk.state.update({"topic": "outcome", "work": one.id})
        return [talk.reply("works.ask_numbers", talk.choice("button.back", f"/work {one.id}"))]

    def numbers(self, talk: Talk, words: str) -> Answer | None:
        """Figures typed or pasted as CSV."""
        work_id = str(talk.state.get("work", ""))
        try:
            rows = read_outcomes(words, talk.today)
            one = works.get(talk.connection, talk.scope, work_id)
        except Unreadable as error:
            return [_not_read(talk, work_id, error)]
        except NotFound:
            talk.state.clear()
            return None
        for day, outcome in rows:
            works.add_outcome(
                talk.connection, talk.scope, one.id, day, outcome, "csv" if len(rows) > 1 else "hand", talk.now
            )
        talk.state.update({"topic": "after", "playbook": one.playbook_id, "version": one.version})
        return self.show(talk, one.id)


def _not_read(talk: Talk, work_id: str, error: Unreadable) -> Reply:
    """What could not be read, by row and field where it was a table; nothing of it is kept."""
    where = ""
    if error.row:
        where = talk.say("works.in_row", row=error.row, field=talk.say(f"works.{error.field or 'row'}"))
    return talk.reply(
        "works.unreadable", talk.choice("button.back", f"/work {work_id}"), piece=error.piece or "—", where=where
    )


def _when(talk: Talk, one: Work) -> str:
    """Two works of one day are told apart by the hour."""
    return one.at.astimezone(zone(talk.person.zone)).strftime("%m-%d %H:%M")


def _named(talk: Talk, one: Work) -> str:
    """The product where there is one, else the playbook by its name."""
    book = None if one.product else shelf.find(talk.connection, talk.scope, one.playbook_id, one.version)
    name = book.title.in_language(talk.language) if book else one.playbook_id
    return clip(one.product.splitlines()[0] if one.product else name, 24)


def _share(talk: Talk, one: Work) -> str:
    share = one.share
    if share is None:
        return talk.say("works.share_open")
    return talk.say("works.share_unknown") if share.share is None else f"{share.share:.0%}"


def _difference(talk: Talk, one: Work) -> RichText:
    """The first few places that were changed."""
    pieces = [piece for piece in difference(one.draft, one.final or "") if piece.kind != "kept" and piece.text.strip()]
    if not pieces:
        return (Text(talk.say("works.unchanged")),)
    spans: list[Span] = []
    for piece in pieces[:SHOWN_CHANGES]:
        spans += [
            Text("－ " if piece.kind == "gone" else "＋ "),
            (Text if piece.kind == "gone" else Bold)(clip(piece.text.strip(), 60)),
            Text("\n"),
        ]
    if len(pieces) > SHOWN_CHANGES:
        spans.append(Text(talk.say("works.more_changes", count=len(pieces) - SHOWN_CHANGES)))
    return tuple(spans)


def _figures(talk: Talk, outcome: Outcome) -> str:
    known = {
        name: getattr(outcome, name)
        for name in ("impressions", "clicks", "orders")
        if getattr(outcome, name) is not None
    }
    parts = [f"{talk.say(f'works.{name}')} {value}" for name, value in known.items()]
    if outcome.revenue is not None:
        money = f"{outcome.currency} {outcome.revenue / 1_000_000:.2f}".strip()
        parts.append(f"{talk.say('works.revenue')} {money}")
    return " · ".join(parts)
