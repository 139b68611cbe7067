"""拆指令: take a clause away and see what happens: predict first, then both outputs, and what the rulers say of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from bot.asking_models import Answered, Models
from bot.judging import judge_output, lines_of
from bot.message import Choice, Quote, Reply, Text
from bot.practice_items import open_blanks
from bot.talk import Answer, Emit, Talk, Work, clip
from bot.topics.ablation import effect_line
from bot.topics.run import GuardOf, run_request
from bot.topics.why import at_hand
from curriculum import ablation, portfolio
from curriculum.ablation import WHOLE, Output
from curriculum.model_tables import clause_pair
from foundation.database import insert, new_id
from foundation.errors import ExpectedError
from knowledge.playbook import Clause, Playbook

KEY = "xray"
SHOWN = 700
UNFOLDED = 360  # characters: two such outputs are still one screen
Findings = list[dict[str, Any]]


@dataclass(frozen=True)
class Pair:
    """The same task with a clause and without it."""

    with_clause: str
    without: str


@dataclass(frozen=True)
class XRay:
    """`/xray [CLAUSE]`, `/look CLAUSE y|n` (the authored pair), `/mine CLAUSE` (a model, on one's own product)."""

    models: Models
    guard_of: GuardOf

    def xray(self, talk: Talk, words: str) -> Answer:
        book = at_hand(talk)
        clause = book.clause(words.strip())
        if clause is None:
            made = ablation.outputs(talk.connection, talk.scope, book.id, book.version)
            fit = [one for one in book.clauses if one.bad or _measured_pair(made, one)]
            choices = [Choice(f"{n}. {clip(one.name, 16)}", f"/xray {one.key}") for n, one in enumerate(fit, 1)]
            title = book.title.in_language(talk.language)
            return [
                talk.reply("xray.which", *choices, talk.choice("button.home", "/home"), to=KEY, columns=2, title=title)
            ]
        guess = (
            talk.choice("button.xray_yes", f"/look {clause.key} y"),
            talk.choice("button.xray_no", f"/look {clause.key} n"),
        )
        made = ablation.outputs(talk.connection, talk.scope, book.id, book.version)
        if not clause.bad and _measured_pair(made, clause):
            guess = (
                talk.choice("button.xray_yes", f"/measured {clause.key} y"),
                talk.choice("button.xray_no", f"/measured {clause.key} n"),
            )
        text = talk.rich(
            "xray.predict",
            name=clause.name,
            prompt=(
                Quote(clip(open_blanks(book, clause.prompt, talk.language), SHOWN), folded=len(clause.prompt) > 240),
            ),
        )
        return [Reply(text, (*guess, talk.choice("button.back", "/xray")), key=KEY, columns=2)]

    def look(self, talk: Talk, words: str) -> Answer:
        key, _, guess = words.partition(" ")
        book, clause = self._clause(talk, key)
        if not clause.bad or guess not in ("y", "n"):
            return self.xray(talk, key)
        pair = Pair(book.expected, clause.bad)
        return [self._side_by_side(talk, book, clause, pair, book.example_values, guess, "xray.authored")]

    def mine(self, talk: Talk, words: str) -> Answer:
        book, clause = self._clause(talk, words.strip())
        taken = portfolio.handovers(talk.connection, talk.scope, book.id, limit=1)
        if not self.models or not taken or taken[0].version != book.version:
            raise ExpectedError("run.no_model" if not self.models else "hand_over.none_yet")
        answers = dict(taken[0].answers)
        if known := _kept(talk, book, clause, answers):
            return [self._side_by_side(talk, book, clause, known, answers, "", "xray.mine")]
        scope, turn = talk.scope, talk.turn

        async def work(emit: Emit) -> tuple[Answered, Answered]:
            await emit(Reply(talk.rich("xray.working"), (talk.choice("button.stop", "/stop"),), key=KEY, partial=True))
            guard = await self.guard_of(scope)
            full = await self.models.ask(scope, turn, run_request(book, answers), "xray", guard)
            if not full.is_whole:
                return full, full
            lacking = run_request(book, answers, frozenset({clause.key}))
            return full, await self.models.ask(scope, turn, lacking, "xray", guard)

        def then(later: Talk, result: tuple[Answered, Answered]) -> Answer:
            full, lacking = result
            if not (full.is_whole and lacking.is_whole):
                failed = lacking if full.is_whole else full
                return [later.reply(failed.why, later.choice("button.back", f"/xray {clause.key}"), to=KEY)]
            pair = Pair(full.text, lacking.text)
            _keep(later, book, clause, answers, pair)
            return [self._side_by_side(later, book, clause, pair, answers, "", "xray.mine")]

        return Work(work, then)

    def measured(self, talk: Talk, words: str) -> Answer:
        """`/measured CLAUSE [y|n]`: a pair of the owner's ablation, and what all its repeats say; no model needed."""
        key, _, guess = words.strip().partition(" ")
        book, clause = self._clause(talk, key)
        made = ablation.outputs(talk.connection, talk.scope, book.id, book.version)
        pair = _measured_pair(made, clause)
        if pair is None:
            raise ExpectedError("why.stale")
        found = {one.clause: one for one in ablation.effects(made, [one.key for one in book.clauses])}
        said = self._side_by_side(
            talk, book, clause, pair, dict(book.example_values), guess if guess in ("y", "n") else "", "xray.measured"
        )
        line = effect_line(talk.say, found[clause.key], clause.name)
        return [replace(said, text=(*said.text, Text("\n\n" + line)))]

    def _clause(self, talk: Talk, key: str) -> tuple[Playbook, Clause]:
        book = at_hand(talk)
        clause = book.clause(key)
        if clause is None:
            raise ExpectedError("why.stale")
        return book, clause

    def _side_by_side(
        self, talk: Talk, book: Playbook, clause: Clause, pair: Pair, answers: dict[str, str], guess: str, phrase: str
    ) -> Reply:
        broken = newly_failing(judge_output(book, answers, pair.with_clause), judge_output(book, answers, pair.without))
        is_excerpt = phrase == "xray.authored" and any(one.get("missing") for one in broken)
        if is_excerpt:  # of what its author shows only a piece, nothing can be missing
            broken = [one for one in broken if not one.get("missing")]
        verdict = talk.say(f"xray.guess_{guess}") + "\n\n" if guess else ""
        nothing = "xray.excerpt" if is_excerpt else "xray.no_difference"
        rulers = lines_of(talk, broken, book) if broken or not book.rulers else talk.say(nothing)
        text = talk.rich(
            phrase, verdict=verdict, name=clause.name, rulers=rulers,
            kept=(Quote(clip(pair.with_clause, SHOWN), folded=len(pair.with_clause) > UNFOLDED),), lost=(Quote(clip(pair.without, SHOWN)),),
            without=clip(clause.without.replace("**", ""), 240),
        )  # fmt: skip
        own = (
            [talk.choice("button.xray_mine", f"/mine {clause.key}")]
            if self.models and phrase == "xray.authored"
            else []
        )
        if phrase == "xray.authored" and _measured_pair(
            ablation.outputs(talk.connection, talk.scope, book.id, book.version), clause
        ):
            own.append(talk.choice("button.xray_measured", f"/measured {clause.key}"))
        after = (
            talk.choice("button.xray_next", "/xray"),
            talk.choice("button.why", f"/tell {clause.key}"),
            talk.choice("button.home", "/home"),
        )
        return Reply(text, (*own, *after), key=KEY, columns=2)


def _measured_pair(made: Sequence[Output], clause: Clause) -> Pair | None:
    """The first repeat's outputs with and without the clause."""
    texts = {(one.number, one.clause): one.text for one in made}
    numbers = (number for number, key in texts if key == clause.key and (number, WHOLE) in texts)
    number = min(numbers, default=None)
    return None if number is None else Pair(texts[number, WHOLE], texts[number, clause.key])


def newly_failing(with_clause: Findings, without: Findings) -> Findings:
    """What the rulers object to only where the clause is missing; the same rule broken by other words is the same."""

    def kinds(findings: Findings) -> dict[tuple[str, str], int]:
        counted: dict[tuple[str, str], int] = {}
        for one in findings:
            kind = (str(one["ruler"]), str(one["zh"]))
            counted[kind] = counted.get(kind, 0) + 1
        return counted

    before, new = kinds(with_clause), []
    seen: dict[tuple[str, str], int] = {}
    for one in without:
        kind = (str(one["ruler"]), str(one["zh"]))
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] > before.get(kind, 0):
            new.append(one)
    return new


def _digest(answers: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(answers, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _kept(talk: Talk, book: Playbook, clause: Clause, answers: dict[str, str]) -> Pair | None:
    pair = clause_pair.c
    where = (pair.person_id == talk.scope.person_id) & (pair.playbook_id == book.id) & (pair.version == book.version)
    where &= (
        (pair.clause == clause.key) & (pair.answers_digest == _digest(answers)) & (pair.team_id == talk.scope.team_id)
    )
    row = talk.connection.execute(sa.select(pair.with_clause, pair.without_clause).where(where)).first()
    return Pair(row.with_clause, row.without_clause) if row else None


def _keep(talk: Talk, book: Playbook, clause: Clause, answers: dict[str, str], made: Pair) -> None:
    row = {"id": new_id(), "team_id": talk.scope.team_id, "person_id": talk.scope.person_id, "playbook_id": book.id}
    row |= {
        "version": book.version,
        "clause": clause.key,
        "answers_digest": _digest(answers),
        "with_clause": made.with_clause,
    }
    values: dict[str, Any] = row | {"without_clause": made.without, "at": talk.now}
    talk.connection.execute(insert(talk.connection, clause_pair).values(values).on_conflict_do_nothing())
