"""A playbook's card: what it is for, what you will need, its version and who vetted it; or honestly "in preparation"."""

from __future__ import annotations

from dataclasses import dataclass

from bot.message import Choice, Reply
from bot.talk import Talk, clip
from knowledge import shelf
from knowledge.answers import default_of
from knowledge.playbook import Playbook
from knowledge.shelf import Standing


@dataclass(frozen=True)
class Cards:
    """`/use ID`: the card of one playbook; `/primer ID`: the three things to know before it."""

    def use(self, talk: Talk, words: str) -> list[Reply]:
        standing = shelf.get(
            talk.connection, talk.scope, words.split()[0] if words else "", drafts=talk.member.team_is_demo
        )
        return [show_card(talk, standing)]

    def primer(self, talk: Talk, words: str) -> list[Reply]:
        standing = shelf.get(talk.connection, talk.scope, words.split()[0] if words else "")
        assert standing.playbook is not None
        points = "\n\n".join(f"{n}. {_plain(point)}" for n, point in enumerate(standing.playbook.primer_points, 1))
        back = (
            talk.choice("button.begin", f"/begin {standing.id}"),
            talk.choice("button.lesson", f"/lesson {standing.id}"),
            talk.choice("button.back", f"/use {standing.id}"),
        )
        return [talk.reply("card.primer", *back, to="card", title=standing.title(talk.language), points=points)]


def show_card(talk: Talk, standing: Standing) -> Reply:
    """The card as a reply; remembers in the dialogue which playbook is meant."""
    talk.state["topic"] = "asked"
    talk.state["playbook"] = standing.id
    talk.state.pop("version", None)  # another one's
    return _vetted(talk, standing, standing.playbook) if standing.playbook else _preparing(talk, standing)


def _vetted(talk: Talk, standing: Standing, book: Playbook) -> Reply:
    needed = [slot for slot in book.slots if slot.required and default_of(slot, talk.today) is None]
    labels = talk.listed(clip(slot.label.in_language(talk.language), 20) for slot in needed[:6])
    labels += talk.say("list.more") if len(needed) > 6 else ""
    choices = [
        talk.choice("button.begin_quick", f"/begin {standing.id} quick", count=len(needed)),
        talk.choice("button.begin", f"/begin {standing.id}"),
        talk.choice("button.now", f"/now {standing.id}"),
        talk.choice("button.primer", f"/primer {standing.id}"),
    ]
    if talk.state.get("question"):
        choices.append(talk.choice("button.not_this", "/not"))
    choices.append(talk.choice("button.home", "/home"))
    when = standing.vetted_at.date().isoformat() if standing.vetted_at else "—"
    return talk.reply(
        "card.vetted",
        *choices,
        to="card",
        columns=2,
        title=standing.title(talk.language),
        need=book.need.in_language(talk.language) or _plain(book.primer_points[0] if book.primer_points else ""),
        count=len(needed),
        blanks=labels,
        id=standing.id,
        version=standing.version,
        by=standing.vetted_by,
        when=when,
    )


def _preparing(talk: Talk, standing: Standing) -> Reply:
    entry = standing.entry
    assert entry is not None
    choices: list[Choice] = [talk.choice("button.not_this", "/not")] if talk.state.get("question") else []
    blanks = talk.listed(one.label for one in entry.inputs if one.required)
    return talk.reply(
        "card.preparing",
        *choices,
        talk.choice("button.home", "/home"),
        to="card",
        title=standing.title(talk.language),
        need=entry.need,
        blanks=blanks,
        pitfall=entry.pitfall,
        id=standing.id,
    )


def _plain(markdown: str) -> str:
    return markdown.replace("**", "").replace("`", "")
