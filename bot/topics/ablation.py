"""`/ablation`: what each clause of a prompt was seen to do, for content owners; `/ablate`: measure it.

Kept results need no model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot import ablating
from bot.asking_models import Models
from bot.message import Choice, Reply, Text
from bot.talk import Answer, Emit, Talk, Work, clip, number
from bot.topics.run import GuardOf
from curriculum import ablation, spending
from curriculum.ablation import Effect
from curriculum.spending import money
from foundation.errors import ExpectedError, NotFound
from knowledge import shelf
from knowledge.playbook import Playbook

KEY = "ablation"
SHOWN = 14
A_SCREEN = 8
MOST_REPEATS = 30


@dataclass(frozen=True)
class Ablate:
    """`/ablate [PAGE]`: which prompt; `/ablate ID`: what it would cost; `/ablate ID N`: N outputs of each kind."""

    models: Models
    guard_of: GuardOf

    def ablate(self, talk: Talk, words: str) -> Answer:
        if not self.models:
            raise ExpectedError("ablation.no_model")
        first, *more = words.split() or [""]
        if not first or number(first) is not None:
            return _which(talk, int(first or 0))
        book = _book(talk, first, "")
        if not book.rulers:
            raise ExpectedError("ablation.no_ruler")
        repeats = number(more[0]) if more else None
        if repeats is None or not 1 <= repeats <= MOST_REPEATS:
            return self._offer(talk, book)
        return self._measure(talk, book, repeats)

    def _offer(self, talk: Talk, book: Playbook) -> Answer:
        """What is there, and what one more of each kind, or enough to tell, would cost at most."""
        made = ablation.outputs(talk.connection, talk.scope, book.id, book.version)
        left = money(self._left(talk))
        done, needed = (
            ablation.rounds(made, [one.key for one in book.clauses]),
            ablation.repeats_needed(len(book.clauses)),
        )
        choices = [self._choice(talk, book, made, to) for to in dict.fromkeys((done + 1, max(needed, done + 1)))]
        if made:
            choices.append(talk.choice("button.results", f"/ablation {book.id} {book.version}"))
        text = talk.rich(
            "ablation.offer",
            title=book.title.in_language(talk.language),
            version=book.version,
            count=len(book.clauses),
            done=done,
            needed=needed,
            left=left,
            currency=self.models.currency,
        )
        return [Reply(text, (*choices, talk.choice("button.back", "/ablate")), key=KEY)]

    def _left(self, talk: Talk) -> int:
        return spending.standing(talk.connection, talk.scope, self.models.settings.limits, self.models.today).left

    def _choice(self, talk: Talk, book: Playbook, made: list[ablation.Output], to: int) -> Choice:
        what = ablating.plan(self.models, book, made, to)
        key = "button.ablate" if what.at_most else "button.ablate_unpriced"
        cost = {"cost": money(what.at_most), "currency": self.models.currency}
        return talk.choice(key, f"/ablate {book.id} {to}", to=to, calls=len(what.calls), **cost)

    def _measure(self, talk: Talk, book: Playbook, repeats: int) -> Answer:
        made = ablation.outputs(talk.connection, talk.scope, book.id, book.version)
        what = ablating.plan(self.models, book, made, repeats)
        left = self._left(talk)
        scope, turn, stop = talk.scope, talk.turn, talk.choice("button.stop", "/stop")
        title, rich = book.title.in_language(talk.language), talk.rich

        async def work(emit: Emit) -> ablating.Ended:
            async def progress(done: int, of: int) -> None:
                head = rich("ablation.running", title=title, done=done, of=of)
                await emit(Reply(head, (stop,), key=KEY, partial=True))

            await progress(0, len(what.calls))
            guard = await self.guard_of(scope)
            return await ablating.run(self.models, scope, book, what, left, guard, progress, turn)

        return Work(work, lambda later, ended: self._ended(later, book, ended))

    def _ended(self, talk: Talk, book: Playbook, ended: ablating.Ended) -> Answer:
        if ended.why == "run.stopped":
            talk.state["stopped"] = True
        key = "ablation.broken_off" if ended.why else "ablation.ended"
        why = talk.say(ended.why) if ended.why else ""
        cost, currency = money(ended.cost), self.models.currency
        choices = (
            talk.choice("button.results", f"/ablation {book.id} {book.version}"),
            talk.choice("button.ablate_more", f"/ablate {book.id}"),
            talk.choice("button.home", "/home"),
        )
        return [talk.reply(key, *choices, to=KEY, made=ended.made, why=why, cost=cost, currency=currency)]


def _which(talk: Talk, page: int) -> Answer:
    books = [
        one for one in shelf.visible(talk.connection, talk.scope, drafts=False) if one.playbook and one.playbook.rulers
    ]
    shown = books[page * A_SCREEN : (page + 1) * A_SCREEN]
    choices = [Choice(clip(one.title(talk.language), 28), f"/ablate {one.id}") for one in shown]
    if len(books) > (page + 1) * A_SCREEN:
        choices.append(talk.choice("button.more", f"/ablate {page + 1}"))
    return [talk.reply("ablation.which_new", *choices, talk.choice("button.back", "/ablation"), to=KEY)]


def ablation_results(talk: Talk, words: str) -> Answer:
    """`/ablation`: which playbooks were measured; `/ablation ID VERSION`: what came of it."""
    parts = words.split()
    measured = ablation.kept_versions(talk.connection, talk.scope)
    if not parts:
        choices = [
            Choice(clip(f"{one} {version}", 30), f"/ablation {one} {version}") for one, version, _ in measured[:10]
        ]
        phrase = "ablation.which" if measured else "ablation.none"
        ways = (talk.choice("button.ablate_new", "/ablate"), talk.choice("button.home", "/home"))
        return [talk.reply(phrase, *choices, *ways, to=KEY)]
    version = parts[1] if len(parts) > 1 else next((v for one, v, _ in measured if one == parts[0]), "")
    book = _book(talk, parts[0], version)
    made = ablation.outputs(talk.connection, talk.scope, book.id, book.version)
    found = ablation.effects(made, [clause.key for clause in book.clauses])
    if not found:
        return [talk.reply("ablation.none", talk.choice("button.back", "/ablation"), to=KEY)]
    names = {clause.key: clause.name for clause in book.clauses}
    lines = [effect_line(talk.say, one, names.get(one.clause, one.clause)) for one in found[:SHOWN]]
    head = talk.rich("ablation.head", title=book.title.in_language(talk.language), version=book.version)
    how = talk.rich("ablation.how", needed=ablation.repeats_needed(len(book.clauses)))
    text = (*head, Text("\n\n" + "\n".join(lines) + "\n\n"), *how)
    return [
        Reply(text, (talk.choice("button.back", "/ablation"), talk.choice("button.home", "/home")), key=KEY, columns=2)
    ]


def effect_line(say: Callable[..., str], one: Effect, name: str) -> str:
    """One clause's result in words."""
    return say(
        f"ablation.{one.verdict}", name=name, with_it=f"{one.with_clause:.1f}", without=f"{one.without:.1f}",
        difference=f"{one.difference:+.1f}", low=f"{one.low:.1f}", high=f"{one.high:.1f}", repeats=one.repeats,
    )  # fmt: skip


def _book(talk: Talk, playbook_id: str, version: str) -> Playbook:
    standing = shelf.get(talk.connection, talk.scope, playbook_id, version=version or None)
    if standing.playbook is None:
        raise NotFound(playbook_id)
    return standing.playbook
