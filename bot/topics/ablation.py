"""`/ablation`: what each clause of a vetted prompt was seen to do, for content owners; kept results, no model needed."""

from __future__ import annotations

from collections.abc import Callable

from bot.message import Choice, Reply, Text
from bot.talk import Answer, Talk, clip
from curriculum import ablation
from curriculum.ablation import Effect
from foundation.errors import NotFound
from knowledge import shelf
from knowledge.playbook import Playbook

KEY = "ablation"
SHOWN = 14


def ablation_results(talk: Talk, words: str) -> Answer:
    """`/ablation`: which playbooks were measured; `/ablation ID VERSION`: what came of it."""
    parts = words.split()
    measured = ablation.kept_versions(talk.connection, talk.scope)
    if not parts:
        choices = [
            Choice(clip(f"{one} {version}", 30), f"/ablation {one} {version}") for one, version, _ in measured[:10]
        ]
        phrase = "ablation.which" if measured else "ablation.none"
        return [talk.reply(phrase, *choices, talk.choice("button.home", "/home"), to=KEY)]
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
