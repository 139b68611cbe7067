"""`/vet`: the owner reads what waits, and puts their name to it; nothing is vetted by a program."""

from __future__ import annotations

from collections.abc import Sequence

from bot.message import Attachment, Choice
from bot.talk import Answer, Talk, clip, number
from foundation.errors import NotFound
from knowledge import shelf
from knowledge.shelf import Standing

A_SCREEN = 8


def vet(talk: Talk, words: str) -> Answer:
    """`/vet [PAGE]`, `/vet ID`, `/vet full ID VERSION`, `/vet yes ID VERSION`, `/vet all [yes]`."""
    first, *more = words.split() or [""]
    if first == "full" and len(more) == 2:
        return _in_full(talk, *more)
    if first == "yes" and len(more) == 2:
        shelf.vet(talk.connection, talk.scope, more[0], more[1], _signature(talk), talk.now)
        talk.search_again = True
        first = ""
    waiting = [
        one for one in shelf.all_versions(talk.connection, talk.scope) if one.status == "in review" and one.playbook
    ]
    if first == "all":
        return _vet_all(talk, waiting) if more == ["yes"] else _ask_for_all(talk, waiting)
    if first and number(first) is None:
        return _one(talk, next((one for one in waiting if one.id == first), None))
    return _list(talk, waiting, int(first or 0))


def _signature(talk: Talk) -> str:
    return talk.person.name or talk.say("people.nameless")


def _list(talk: Talk, waiting: Sequence[Standing], page: int) -> Answer:
    shown = waiting[page * A_SCREEN : (page + 1) * A_SCREEN]
    choices = [Choice(clip(one.title(talk.language), 28), f"/vet {one.id}") for one in shown]
    if len(waiting) > (page + 1) * A_SCREEN:
        choices.append(talk.choice("button.more", f"/vet {page + 1}"))
    if waiting:
        choices.append(talk.choice("button.vet_every", "/vet all"))
    ways = (talk.choice("button.ablation", "/ablation"), talk.choice("button.setup", "/setup"))
    return [talk.reply("vet.list" if waiting else "vet.none", *choices, *ways, to="vet", count=len(waiting))]


def _one(talk: Talk, chosen: Standing | None) -> Answer:
    """Its clauses in a line each; the whole is a tap away."""
    if chosen is None or chosen.playbook is None:
        raise NotFound("vet")
    clauses = "\n".join(
        f"{n}. {clause.name}：{clip(' '.join(clause.prompt.split()), 40)}"
        for n, clause in enumerate(chosen.playbook.clauses, 1)
    )
    choices = (
        talk.choice("button.vet_full", f"/vet full {chosen.id} {chosen.version}"),
        talk.choice("button.vet_yes", f"/vet yes {chosen.id} {chosen.version}", name=clip(_signature(talk), 12)),
        talk.choice("button.back", "/vet"),
    )
    title = chosen.title(talk.language)
    return [talk.reply("vet.one", *choices, to="vet", title=title, version=chosen.version, clauses=clauses)]


def _in_full(talk: Talk, book_id: str, version: str) -> Answer:
    """The document as it stands on the shelf: prompt, reasons, bad outputs, questions, sources."""
    text = shelf.document_of(talk.connection, talk.scope, book_id, version)
    name = f"{book_id}-{version}.md"
    file = Attachment(name, "text/markdown", text.encode(), talk.say("vet.full", name=name))
    choices = (
        talk.choice("button.vet_yes", f"/vet yes {book_id} {version}", name=clip(_signature(talk), 12)),
        talk.choice("button.back", "/vet"),
    )
    return [talk.reply("vet.full", *choices, files=(file,), name=name)]


def _ask_for_all(talk: Talk, waiting: Sequence[Standing]) -> Answer:
    choices = (talk.choice("button.vet_all", "/vet all yes"), talk.choice("button.back", "/vet"))
    return [talk.reply("vet.all_ask", *choices, to="vet", count=len(waiting), name=_signature(talk))]


def _vet_all(talk: Talk, waiting: Sequence[Standing]) -> Answer:
    for one in waiting:
        shelf.vet(talk.connection, talk.scope, one.id, one.version, _signature(talk), talk.now)
    talk.search_again = True
    choices = (talk.choice("button.setup", "/setup"), talk.choice("button.home", "/home"))
    return [talk.reply("vet.all_done", *choices, to="vet", count=len(waiting), name=_signature(talk))]
