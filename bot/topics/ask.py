"""Asking: free words lead to a playbook, to a choice, to several needs, or honestly to none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.finding import Finders, Found
from bot.message import Choice, Reply
from bot.talk import Answer, Emit, Talk, Work, clip
from bot.topics import about
from bot.topics.cards import show_card
from bot.topics.home import pause
from curriculum import learning_log
from curriculum.people import Member
from foundation.errors import NotFound
from knowledge import shelf
from knowledge.asking_about import is_at_a_loss

if TYPE_CHECKING:
    from knowledge.search.data import Topic
    from knowledge.search.finder import Finding
    from knowledge.shelf import Standing

MAX_QUESTION = 2_000
IDLE = ("chitchat", "injection", "other_domain")  # no gap in the shelf, nothing near to offer


@dataclass(frozen=True)
class Ask:
    finders: Finders

    def ask(self, talk: Talk, words: str) -> Answer:
        """Search with no transaction open, then show what was found."""
        words = words.strip()
        if not _says_something(words):
            return [talk.reply("ask.empty", talk.choice("button.home", "/home"))]
        pause(talk)
        return self._search(talk.member, words)

    def search(self, member: Member, words: str) -> Work[Found] | None:
        """What `ask` would begin for these words, where nothing has to be paused or answered first."""
        return self._search(member, words) if _says_something(words) else None

    def _search(self, member: Member, words: str, fingerprint: str | None = None) -> Work[Found]:
        scope, drafts, text = member.scope, member.team_is_demo, words[:MAX_QUESTION]
        assert scope is not None

        async def run(_emit: Emit) -> Found:
            return await self.finders.ask(scope, text, drafts=drafts, fingerprint=fingerprint)

        def then(talk: Talk, found: Found) -> Answer:
            now = shelf.fingerprint(talk.connection, scope, drafts=drafts)
            # The shelf changed since the index was built: search what stands there now.
            if now != found.fingerprint:
                return self._search(member, words, now)
            if found.topic is None and not found.finding.candidates and not self._shelf(talk):
                return [_nothing_vetted(talk)]
            if found.lone is not None:
                return [_one_word(talk, text.strip(), found.lone)]
            return self._show(talk, text, found.finding, found.topic)

        return Work(run, then)

    def _show(self, talk: Talk, words: str, finding: Finding, topic: Topic | None) -> list[Reply]:
        if (told := about.told(talk, words, [one.id for one in finding.candidates])) is not None:
            return told
        # Shown are only those that the outcome names; the others are ids to fall back on, read again when their turn comes.
        shown = finding.candidates[:1] if finding.outcome == "found" else finding.candidates
        standings = [found for one in shown if (found := _again(talk, one.id)) is not None]
        outcome = finding.outcome if standings else "none"
        gap = outcome == "none" and (topic is None or topic.kind not in IDLE)
        ids = [one.id for one in finding.candidates]
        question = learning_log.record_question(
            talk.connection, talk.scope, words, outcome, ids, finding.confidence, gap, talk.turn.id, talk.now
        )
        at_hand = str(talk.state.get("playbook") or "")
        talk.state.clear()
        talk.state.update(
            {"topic": "asked", "question": question, "words": words[:400], "candidates": ids[:6], "rejected": []}
        )
        if outcome == "none":
            return self._none(talk, topic, standings, _go_on(talk, at_hand))
        if outcome == "choose":
            return self._choose(talk, finding, standings)
        return self._several(talk, finding, standings) if outcome == "several" else [show_card(talk, standings[0])]

    def _shelf(self, talk: Talk) -> list[Standing]:
        return shelf.visible(talk.connection, talk.scope, drafts=talk.member.team_is_demo)

    def _choose(self, talk: Talk, finding: Finding, standings: list[Standing]) -> list[Reply]:
        telling = finding.telling_apart
        choices = []
        for index, standing in enumerate(standings[:4]):
            apart = f"（{telling[index]}）" if index < len(telling) and telling[index] else ""
            choices.append(Choice(clip(standing.title(talk.language), 24) + apart, f"/use {standing.id}"))
        return [talk.reply("ask.choose", *choices, talk.choice("button.none_of_these", "/not all"), to="card")]

    def _several(self, talk: Talk, finding: Finding, standings: list[Standing]) -> list[Reply]:
        pairs = [(need, found) for need in finding.needs if (found := _again(talk, need.candidate.id)) is not None]
        if len(pairs) < 2:
            return [show_card(talk, standings[0])]
        talk.state["queue"] = [found.id for _, found in pairs]
        lines = "\n".join(
            f"{n}. {clip(need.text, 40)} → {found.title(talk.language)}" for n, (need, found) in enumerate(pairs, 1)
        )
        choices = [
            Choice(f"{n}. {clip(found.title(talk.language), 22)}", f"/use {found.id}")
            for n, (_, found) in enumerate(pairs, 1)
        ]
        return [
            talk.reply(
                "ask.several", *choices, talk.choice("button.home", "/home"), to="card", count=len(pairs), needs=lines
            )
        ]

    def _none(self, talk: Talk, topic: Topic | None, nearest: list[Standing], go_on: tuple[Choice, ...]) -> list[Reply]:
        """Nothing answers it: said plainly; an uncovered topic brings its own polite way out, a refused one its reason."""
        key, way_out = "ask.none", ""
        if topic is not None:
            key, english = "ask.uncovered", talk.language.startswith("en")
            parts = [wording.en or wording.zh if english else wording.zh for wording in (topic.reason, topic.way_out)]
            way_out = "\n\n".join(part for part in parts if part)
            instead = _again(talk, topic.instead) if topic.instead else None
            nearest = [instead] if instead else ([] if topic.kind in IDLE else nearest)
        elif not nearest:
            key = "ask.gave_up"
        home = talk.choice("button.home", "/home")
        ways = (
            (*go_on, talk.choice("button.practice", "/quiz"), home) if topic and topic.kind == "chitchat" else (home,)
        )
        return [talk.reply(key, *_maybe(talk, nearest), *ways, to="card", way_out=way_out)]

    def not_this(self, talk: Talk, words: str) -> Answer:
        """ "Not this": remembered, and the next candidate comes; after the last one the question is kept as a gap."""
        state = talk.state
        if not state.get("question"):
            return [talk.reply("ask.empty", talk.choice("button.home", "/home"))]
        rejected = list(state.get("rejected", []))
        left = [one for one in state.get("candidates", []) if one not in rejected]
        refused = left if words == "all" else left[:1]
        rest = [one for one in left if one not in refused]
        for one in refused:
            learning_log.reject_candidate(talk.connection, talk.scope, state["question"], one, gap=not rest)
        state["rejected"] = rejected + refused
        standing = next((found for one in rest if (found := _again(talk, one)) is not None), None)
        if standing is None:
            return [talk.reply("ask.gave_up", talk.choice("button.home", "/home"), to="card")]
        return [show_card(talk, standing)]


def _nothing_vetted(talk: Talk) -> Reply:
    """A team before its first vetting: no gap, and nobody's question to answer."""
    vet = (talk.choice("button.vet", "/vet"),) if talk.scope.may("owner") else ()
    return talk.reply("ask.nothing_vetted", *vet, talk.choice("button.home", "/home"), to="card")


def _one_word(talk: Talk, words: str, speaking: Sequence[str]) -> Reply:
    """A word that alone says too little: what is missing, and what there is to do. Nothing is searched or kept for it,
    and what was at hand stays so."""
    near = [found for one in speaking if (found := _again(talk, one)) is not None]
    key = "ask.one_word" if any(map(str.isalpha, words)) else "ask.one_number"
    ways = (talk.choice("button.practice", "/quiz"), talk.choice("button.home", "/home"))
    return talk.reply(
        key, *_go_on(talk, str(talk.state.get("playbook") or "")), *_maybe(talk, near), *ways, words=clip(words, 20)
    )


def _go_on(talk: Talk, playbook_id: str) -> tuple[Choice, ...]:
    """Back to the playbook that was at hand, where there is one."""
    at_hand = _again(talk, playbook_id) if playbook_id else None
    title = clip(at_hand.title(talk.language), 20) if at_hand else ""
    return (talk.choice("ask.go_on", f"/use {at_hand.id}", title=title),) if at_hand else ()


def _maybe(talk: Talk, near: Sequence[Standing]) -> list[Choice]:
    return [Choice(talk.say("ask.maybe", title=clip(s.title(talk.language), 24)), f"/use {s.id}") for s in near[:2]]


def _says_something(words: str) -> bool:
    """Whether there is a letter or a digit in any script, and more than being at a loss: the rest asks for nothing."""
    return any(map(str.isalnum, words)) and not is_at_a_loss(words)


def _again(talk: Talk, playbook_id: str) -> Standing | None:
    """The search only suggests: read it again under the scope."""
    try:
        return shelf.get(talk.connection, talk.scope, playbook_id, drafts=talk.member.team_is_demo)
    except NotFound:
        return None
