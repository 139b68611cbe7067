"""Running a prompt: after the hand-over a model writes, the answer streams, rulers check it, a word stops it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.asking_models import Answered, Models
from bot.judging import judge_output, lines_of
from bot.message import Choice, Reply, RichText, Text
from bot.talk import Answer, Emit, Talk, Work, clip
from curriculum import portfolio, spending, works
from curriculum.spending import money
from foundation.errors import ExpectedError
from foundation.language_model import Asked, Said
from foundation.scope import Scope
from knowledge import shelf
from knowledge.playbook import Playbook, Slot

if TYPE_CHECKING:
    from bot.guard import Session

PROMPTS = Path(__file__).parents[1] / "prompts"
SEVERAL = 3
ANYWAY = "anyway"
LETTERS = "ABC"
KEY = "run"
BREAK = Text("\n\n")
PRODUCT_NAMES = ("product_name", "product_type", "product_name_on_cert", "brand_name")
GuardOf = Callable[[Scope], Awaitable["Session"]]


@dataclass(frozen=True)
class Run:
    """`/run`: the prompt last taken away, run; `/run 3`: three times, to choose from. `/choose WORK N`, `/stop`."""

    models: Models
    guard_of: GuardOf

    def offer(self, replies: Answer, talk: Talk) -> Answer:
        """A hand-over's replies with "run it now" under them, where there is a model, and what it costs at most."""
        if not self.models or not isinstance(replies, list) or talk.state.get("topic") != "after":
            return replies
        book, answers = _last(talk)
        most = self.models.at_most(run_request(book, answers))
        key = "button.run" if most else "button.run_unpriced"
        label = talk.choice(key, "/run", cost=money(most), currency=self.models.currency)
        return [*replies[:-1], replace(replies[-1], choices=(label, *replies[-1].choices))]

    def run(self, talk: Talk, words: str) -> Answer:
        if not self.models:
            raise ExpectedError("run.no_model")
        book, answers = _last(talk)
        asked = run_request(book, answers)
        wanted = words.split()
        count = SEVERAL if str(SEVERAL) in wanted else 1
        if ANYWAY not in wanted and (missing := _missing(book, answers)):
            return [_open_blanks(talk, book, missing, count)]
        left = spending.standing(talk.connection, talk.scope, self.models.settings.limits, self.models.today).left
        stop = talk.choice("button.stop", "/stop")
        head = (*talk.rich("run.head", title=book.title.in_language(talk.language), version=book.version), BREAK)
        most = self.models.at_most(asked) * count
        key = "run.estimate" if most else "run.estimate_unpriced"
        estimate = talk.rich(key, cost=money(most), left=money(left), currency=self.models.currency)
        scope, turn = talk.scope, talk.turn

        async def work(emit: Emit) -> list[Answered]:
            await emit(Reply((*head, *estimate), (stop,), key=KEY, partial=True))
            guard = await self.guard_of(scope)

            async def one(number: int) -> Answered:
                async def grow(text: str) -> None:
                    if number == 0:
                        await emit(Reply((*head, Text(text)), (stop,), key=KEY, partial=True))

                return await self.models.ask(scope, turn, asked, "run", guard, grow)

            return list(await asyncio.gather(*(one(number) for number in range(count))))

        return Work(work, lambda later, results: self._said(later, book, answers, head, results))

    def _said(
        self, talk: Talk, book: Playbook, answers: dict[str, str], head: RichText, results: list[Answered]
    ) -> list[Reply]:
        whole = [one.text for one in results if one.is_whole]
        if not whole:
            if results[0].how == "stopped":
                talk.state["stopped"] = True
            return [_nothing(talk, results[0])]
        findings = judge_output(book, answers, whole[0])
        product = next((answers[key] for key in PRODUCT_NAMES if answers.get(key)), "")
        work_id = works.keep(
            talk.connection,
            talk.scope,
            (book.id, book.version),
            decided(book, answers),
            whole,
            talk.turn.id,
            talk.now,
            product=product,
            findings=findings,
        )
        talk.state.update({"topic": "after", "playbook": book.id, "version": book.version})
        cost = sum(one.cost for one in results)
        fewer = self._fewer(talk, results)
        if len(whole) == 1:
            tail = talk.rich("run.checked", lines=lines_of(talk, findings, book), paid=self._paid(talk, cost))
            return [Reply((*head, Text(whole[0]), *tail, Text(fewer)), self._next(talk, work_id), key=KEY, columns=2)]
        shown = [self._candidate(talk, book, answers, text, number) for number, text in enumerate(whole)]
        choices = [Choice(LETTERS[n], f"/choose {work_id} {n}") for n in range(len(whole))]
        ask = talk.reply(
            "run.choose",
            *choices,
            talk.choice("button.home", "/home"),
            columns=3,
            paid=self._paid(talk, cost) + fewer,
        )
        return [*shown, ask]

    def _fewer(self, talk: Talk, results: list[Answered]) -> str:
        """How many of several came to nothing, and why the first of them did."""
        lost = [one for one in results if not one.is_whole]
        why = talk.say(lost[0].why or "model.busy") if lost else ""
        return "\n\n" + talk.say("run.fewer", lost=len(lost), of=len(results), why=why) if lost else ""

    def _paid(self, talk: Talk, cost: int) -> str:
        """What it cost; nothing where no price is known."""
        if not any(endpoint.prices for endpoint in self.models.settings.endpoints):
            return ""
        return talk.say("run.paid", cost=money(cost), currency=self.models.currency)

    def _candidate(self, talk: Talk, book: Playbook, answers: dict[str, str], text: str, number: int) -> Reply:
        """One of several drafts; the first takes the place of what said that they are being written."""
        lines = lines_of(talk, judge_output(book, answers, text), book)
        head = talk.rich("run.candidate", letter=LETTERS[number], lines=lines)
        return Reply((*head, BREAK, Text(text)), key=KEY if number == 0 else None)

    def choose(self, talk: Talk, words: str) -> Answer:
        work_id, _, number = words.partition(" ")
        one = works.choose(
            talk.connection, talk.scope, work_id, int(number) if number.isascii() and number.isdigit() else -1
        )
        return [talk.reply("run.chosen", *self._next(talk, one.id), columns=2, letter=LETTERS[one.chosen])]

    def stop(self, talk: Talk, words: str) -> Answer:
        """Whatever was at work has heard these words already, and has said so."""
        if talk.state.pop("stopped", False):
            return []
        return [
            talk.reply(
                "run.nothing_to_stop", talk.choice("button.run_again", "/run"), talk.choice("button.home", "/home")
            )
        ]

    def _next(self, talk: Talk, work_id: str) -> tuple[Choice, ...]:
        return (
            talk.choice("button.polish", f"/polish {work_id}"),
            talk.choice("button.run_again", "/run"),
            talk.choice("button.run_three", f"/run {SEVERAL}"),
            talk.choice("button.xray", "/xray"),
            talk.choice("button.why", "/why"),
            talk.choice("button.home", "/home"),
        )


def _missing(book: Playbook, answers: Mapping[str, str]) -> list[Slot]:
    """Required blanks that nobody filled in: a prompt taken in a hurry has them by their names."""
    return [slot for slot in book.slots if slot.required and not answers.get(slot.key, "").strip()]


def _open_blanks(talk: Talk, book: Playbook, missing: list[Slot], count: int) -> Reply:
    """A model fills what is open with what sounds likely: said before it is paid for."""
    choices = (
        talk.choice("button.fill_first", f"/begin {book.id} quick"),
        talk.choice("button.run_anyway", f"/run {count} {ANYWAY}"),
        talk.choice("button.home", "/home"),
    )
    names = talk.listed(clip(slot.label.in_language(talk.language), 20) for slot in missing[:5])
    return talk.reply("run.open_blanks", *choices, to=KEY, count=len(missing), names=names)


def decided(book: Playbook, answers: Mapping[str, str]) -> dict[str, str]:
    """The blanks that somebody filled in otherwise than the playbook would have."""
    return {slot.key: said for slot in book.slots if (said := answers.get(slot.key)) and said != slot.default}


def _nothing(talk: Talk, result: Answered) -> Reply:
    """Why there is no answer; the prompt is still there to copy. Half a text is never passed off as one."""
    choices = (
        talk.choice("button.run_again", "/run"),
        talk.choice("button.copy_prompt", "/prompt"),
        talk.choice("button.home", "/home"),
    )
    return talk.reply(result.why or "model.busy", *choices, to=KEY)


def _last(talk: Talk) -> tuple[Playbook, dict[str, str]]:
    taken = portfolio.handovers(talk.connection, talk.scope, limit=1)
    if not taken:
        raise ExpectedError("hand_over.none_yet")
    standing = shelf.get(talk.connection, talk.scope, taken[0].playbook_id, version=taken[0].version)
    assert standing.playbook is not None
    return standing.playbook, dict(taken[0].answers)


def run_request(
    book: Playbook, answers: dict[str, str], skip: frozenset[str] = frozenset(), max_tokens: int = 4000
) -> Asked:
    """The vetted text first, the same for everybody, so that a provider's prefix cache serves it; the values last.

    The values stand between marks that nobody can foresee; a value that holds one cannot exist.
    """
    prompt = "\n\n".join(clause.prompt for clause in book.clauses if clause.key not in skip)
    return request_of(book, prompt, answers, max_tokens=max_tokens)


def request_of(
    book: Playbook, prompt: str, answers: Mapping[str, str], every: bool = False, max_tokens: int = 4000
) -> Asked:
    """A prompt with the values of the blanks it has (`every`: of all blanks, whatever it calls them)."""
    mark = f"=={secrets.token_hex(8)}=="
    used = [slot for slot in book.slots if every or f"{{{{{slot.key}}}}}" in prompt.replace(" ", "")]
    values = "\n".join(
        f"{slot.key}（{slot.label.zh}）\n{mark}\n{answers.get(slot.key) or '（无）'}\n{mark}" for slot in used
    )
    text = _template("run").replace("{playbook}", prompt).replace("{mark}", mark, 1).replace("{values}", values)
    return Asked((Said("user", text),), max_tokens=max_tokens)


@lru_cache(maxsize=8)
def _template(name: str) -> str:
    return (PROMPTS / f"{name}.md").read_text("utf-8")
