"""The mentor's desk in the chat: a card, a tap or a sentence, the next card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.judged import judged
from bot.message import Choice, Quote, Reply, RichText, Text
from bot.talk import Answer, Talk, clip, number, quoted
from curriculum import desk, gradings
from curriculum.agreement import MIN_MARKS
from curriculum.desk import Card
from curriculum.notices import Tell
from dashboard.judging import Judged, marks_for
from dashboard.targets import called
from foundation.errors import ExpectedError, NotFound
from knowledge.asking_about import asks_something


@dataclass(frozen=True)
class Desk:
    """`/desk`, `/desk ok ID`, `/desk mark N ID`, `/desk say ID`; free words while a sentence is awaited are that sentence.

    Free words under a card are sent after a tap (`/desk send ID`): they could be the mentor's own question (`/desk search`).
    """

    tell: Tell
    ask: Callable[[Talk, str], Answer]

    def desk(self, talk: Talk, words: str) -> Answer:
        first, *more = words.split() or [""]
        remark = ""
        if first == "ok" and len(more) == 1:
            known = desk.agree(talk.connection, talk.scope, more[0], talk.now, self.tell)
            remark = _put_away(talk, known)
        elif first == "mark" and len(more) == 2 and (score := number(more[0])) is not None:
            known = desk.judge(talk.connection, talk.scope, more[1], score, "", talk.now, self.tell)
            remark = _marked(talk, known, score)
        elif first == "say" and len(more) == 1:
            known = desk.card(talk.connection, talk.scope, more[0])
            talk.state.update({"topic": "desk", "desk": known.id})
            return [talk.reply("desk.say_it", talk.choice("button.back", "/desk"), to="desk", name=known.name)]
        elif first in ("send", "search") and talk.state.get("sentence"):
            sentence = str(talk.state.pop("sentence"))
            if first == "search":
                talk.state.clear()
                return self.ask(talk, sentence)
            return [self._sent(talk, more[0] if more else "", sentence)]
        return [self._next(talk, remark)]

    def said(self, talk: Talk, words: str) -> Answer | None:
        """The sentence for the card at hand."""
        card_id = talk.state.get("desk")
        if not card_id or not talk.scope.may("mentor", "lead"):
            return None
        return [self._sent(talk, str(card_id), words)]

    def under_a_card(self, talk: Talk, words: str) -> Answer | None:
        """A sentence typed with a card before one's eyes; a question is one's own."""
        card_id = str(talk.state.get("desk") or "")
        if not card_id or not talk.scope.may("mentor", "lead") or asks_something(words):
            return None
        try:
            known = desk.card(talk.connection, talk.scope, card_id)
        except (ExpectedError, NotFound):
            return None
        talk.state["sentence"] = words[:1000]
        choices = (
            talk.choice("button.desk_send", f"/desk send {known.id}", name=clip(known.name, 16)),
            talk.choice("button.desk_search", "/desk search"),
            talk.choice("button.back", "/desk"),
        )
        return [talk.reply("desk.send_it", *choices, to="desk", name=known.name, words=(Quote(clip(words, 300)),))]

    def _sent(self, talk: Talk, card_id: str, words: str) -> Reply:
        known = desk.comment(talk.connection, talk.scope, card_id, words, talk.now, self.tell)
        return self._next(
            talk, talk.say("desk.answered" if known.kind == "unanswered" else "desk.sent", name=known.name)
        )

    def _next(self, talk: Talk, remark: str) -> Reply:
        talk.state.pop("desk", None)
        talk.state.pop("topic", None)
        desk.lay_out(talk.connection, talk.scope, talk.now)
        cards, waiting = desk.today(talk.connection, talk.scope, talk.now, talk.person.zone)
        agreed = desk.agreement(talk.connection, talk.scope)
        how = (
            talk.say("desk.agreement", same=agreed.same, marked=agreed.marked)
            if agreed.marked
            else talk.say("desk.no_agreement")
        )
        how = f"{how}\n{gate_line(talk)}"
        lead = f"{remark}\n\n" if remark else ""
        if not cards:
            return talk.reply(
                "desk.clear",
                talk.choice("button.home", "/home"),
                to="desk",
                remark=lead,
                waiting=waiting,
                agreement=how,
            )
        known = cards[0]
        talk.state.update({"topic": "desk_card", "desk": known.id})
        words = (
            _writing(talk, known)
            if "grading" in known.subject
            else talk.rich(f"desk.kind_{known.kind}", **_values(talk, known))
        )
        choices = _choices(talk, known)
        return talk.reply(
            "desk.card",
            *choices,
            to="desk",
            columns=3,
            remark=lead,
            left=len(cards),
            name=known.name or talk.say("people.nameless"),
            words=words,
            agreement=how,
        )


def gate_line(talk: Talk) -> str:
    """How the grader of free writing stands to its gate, in a line."""
    found = gradings.gate(talk.connection, talk.scope)
    qwk = "—" if found.qwk is None else f"{found.qwk:.2f}"
    return talk.say("desk.gate_passed" if found.passed else "desk.gate", count=found.count, least=MIN_MARKS, qwk=qwk)


def _writing(talk: Talk, known: Card) -> RichText:
    """A piece of writing to be marked before anything of the grader's is seen."""
    subject = known.subject
    why = "dispute" if known.kind == "dispute" else subject.get("reason") or "gate"
    key = why if why in ("dispute", "gate", "no_model", "addressed") else "unsure"
    points = "\n".join(f"· {clip(point, 48)}" for point in subject.get("points", ()))
    title = called(talk.connection, talk.scope, "quiz", str(subject.get("playbook", "")), talk.language)
    reason = talk.rich(f"desk.why_{key}", reason=_reason(talk, known))
    given = quoted(str(subject.get("given", "")), 900)
    return talk.rich("desk.kind_writing", title=title, given=given, points=points, reason=reason)


def _put_away(talk: Talk, known: Card) -> str:
    """What a card closed without a word comes to: a verdict stands only where there was one."""
    if known.can_be_marked:
        return talk.say("desk.kept")
    key = "desk.seen_question" if known.kind == "unanswered" else "desk.seen"
    return talk.say(key, name=known.name or talk.say("people.nameless"))


def _marked(talk: Talk, known: Card, score: int) -> str:
    if "grading" not in known.subject:
        return talk.say("desk.marked", score=score)
    if not known.subject.get("graded"):
        return talk.say("desk.marked_alone", score=score)
    return talk.say("desk.marked_blind", score=score, suggested=round(100 * float(known.subject["score"])))


def _values(talk: Talk, known: Card) -> dict[str, object]:
    subject = known.subject
    title = called(talk.connection, talk.scope, "quiz", str(subject.get("playbook", "")), talk.language)
    seen = judged(talk.connection, talk.scope, subject, talk.language, talk.phrases) if "item" in subject else Judged()
    return {
        "question": clip(seen.question, 300) or "—", "right": clip(seen.right, 200) or "—",
        "words": quoted(str(subject.get("words", ""))), "alike": _alike(talk, known), "reason": _reason(talk, known),
        "given": quoted(seen.given), "title": title,
        "score": round(100 * float(subject.get("score", 0))), "misses": subject.get("misses", 0), "rung": talk.say(f"rung.{subject.get('rung', 0)}"),
    }  # fmt: skip


def _alike(talk: Talk, known: Card) -> RichText:
    """How else it was asked: who answers one answers all."""
    words = "\n".join(clip(str(one.subject.get("words", "")), 100) for one in known.alike)
    return talk.rich("desk.alike", count=len(known.alike), words=quoted(words)) if words else ()


def _reason(talk: Talk, known: Card) -> RichText:
    """Why the learner objects, where they said it."""
    words = str(known.subject.get("words") or "")
    return talk.rich("desk.reason", words=quoted(words)) if words else ()


def _choices(talk: Talk, known: Card) -> list[Choice]:
    say = talk.choice(
        "button.desk_answer" if known.kind == "unanswered" else "button.desk_say", f"/desk say {known.id}"
    )
    blind = "grading" in known.subject
    marks = [Choice(str(score), f"/desk mark {score} {known.id}") for score in marks_for(known)]
    if blind:
        return [*marks, say, talk.choice("button.home", "/home")]
    seen = talk.choice("button.desk_agree" if marks else "button.desk_seen", f"/desk ok {known.id}")
    return [seen, *marks, say, talk.choice("button.home", "/home")]


def dispute(talk: Talk, words: str) -> Answer:
    """`/dispute [WHY]`: "I see it differently" about the last answer; a mentor looks at it."""
    desk.dispute(talk.connection, talk.scope, words, talk.now)
    return [talk.reply("desk.disputed", talk.choice("button.next_item", "/quiz"), talk.choice("button.home", "/home"))]


def drafts(talk: Talk, words: str) -> Answer:
    """`/drafts`: questions mentors have answered, for the owner to make a playbook or a passage of."""
    waiting = desk.drafts(talk.connection, talk.scope)
    gate = gate_line(talk)
    lines: RichText = ()
    for n, one in enumerate(waiting[:5], 1):
        between = Text(f"\n\n{n}.\n" if n > 1 else f"{n}.\n")
        lines += (between, *quoted(one.words, 80), Text("\n→\n"), *quoted(one.answer, 120))
    return [
        talk.reply(
            "desk.drafts" if waiting else "desk.no_drafts",
            talk.choice("button.home", "/home"),
            to="desk",
            count=len(waiting),
            lines=lines,
            gate=gate,
        )
    ]
