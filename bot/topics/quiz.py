"""Quizzing: one item at a time, seven kinds, each graded without a model or honestly left to the learner's own check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.message import Choice, Reply
from bot.talk import Answer, Talk, clip
from bot.topics.why import LETTERS
from curriculum import grading, learning_log, portfolio
from curriculum.grading import Verdict
from curriculum.items import Offer, next_item
from curriculum.learning_log import About, How
from foundation.errors import ExpectedError, NotFound
from knowledge import shelf
from knowledge.checks import pieces
from knowledge.playbook import Option, Playbook, QuizItem


@dataclass(frozen=True)
class Quiz:
    """`/quiz`: the next item from the playbooks this person has used; free words answer blanks, orders and free text."""

    def quiz(self, talk: Talk, words: str) -> Answer:
        used = list(dict.fromkeys(taken.playbook_id for taken in portfolio.handovers(talk.connection, talk.scope)))
        used = [words] if words in used else used  # `/quiz ID`: only from this playbook
        books = {book.id: book for one in used if (book := _vetted(talk, one)) is not None}
        if not books:
            return [talk.reply("quiz.nothing_used", talk.choice("button.home", "/home"), to="quiz")]
        offers = [Offer(book.id, item.id, item.skill, item.kind, item.difficulty) for book in books.values() for item in book.quiz]
        since = talk.now - timedelta(days=60)
        last = {(a.playbook_id, a.item_id): a.at for a in learning_log.answers_of(talk.connection, talk.scope, since)}
        offer = next_item(offers, last, talk.now, talk.person.id)
        if offer is None:
            return [talk.reply("quiz.all_done", talk.choice("button.why", "/why"), talk.choice("button.home", "/home"), to="quiz")]
        item = books[offer.playbook_id].item(offer.item_id)
        assert item is not None
        return [self._ask(talk, books[offer.playbook_id], item)]

    def _ask(self, talk: Talk, book: Playbook, item: QuizItem) -> Reply:
        number = int(talk.state.get("asked", 0)) + 1
        talk.state.update({"topic": "quiz", "asked": number, "playbook": book.id, "version": book.version})
        talk.state["quiz"] = {"n": number, "item": item.id, "asked_at": talk.now.timestamp(), "picked": [], "hints": 0, "step": "answer"}
        return self._show(talk, book, item)

    def _show(self, talk: Talk, book: Playbook, item: QuizItem, remark: str = "") -> Reply:
        state = talk.state["quiz"]
        n = state["n"]
        lines, buttons, columns = "", [], 1
        kind = _form_of(item)
        if kind == "choice":
            lines = "\n".join(f"{LETTERS[i]}. {option.text}" for i, option in enumerate(item.options))
            buttons, columns = [Choice(LETTERS[i], f"/a {n} {i}") for i in range(len(item.options))], len(item.options)
        elif kind == "order":
            texts = pieces(item.stem)
            left = [letter for letter in sorted(item.answer) if letter not in state["picked"]]
            lines = talk.say("quiz.so_far", picked=" → ".join(state["picked"]) or "…")
            buttons = [Choice(clip(f"{letter} {texts.get(letter, '')}".strip(), 26), f"/a {n} {letter}") for letter in left]
        extra = [talk.choice("button.hint", f"/hint {n}")] if state["hints"] < len(item.hints) else []
        extra += [talk.choice("button.tell_me", f"/show {n}"), talk.choice("button.enough", "/home")]
        how = talk.say(f"quiz.how_{kind}", count=len(item.answer))
        return talk.reply(
            "quiz.ask", *buttons, *extra, to=f"quiz{n}", columns=columns if kind == "choice" else 1,
            remark=f"{remark}\n\n" if remark else "", title=book.title.in_language(talk.language), stem=item.stem.strip(), lines=f"\n{lines}" if lines else "", how=how,
        )  # fmt: skip

    def said(self, talk: Talk, words: str) -> Answer | None:
        """Free words while an item waits: a letter, an order, blanks, or free text; anything else is a new question."""
        try:
            book, item, state = self._current(talk)
        except (ExpectedError, NotFound):
            return None
        if state["step"] == "check":
            return None
        kind, text = _form_of(item), words.strip()
        if kind == "choice":
            letter = text[:1].upper()
            named = next((i for i, option in enumerate(item.options) if grading.fold(option.text) == grading.fold(text)), None)
            if named is None and len(text) <= 2 and letter in LETTERS[: len(item.options)]:
                named = LETTERS.index(letter)
            return None if named is None else [self._choose(talk, book, item, named)]
        if kind == "order":
            given = grading.read_order(text, item.answer) if re.fullmatch(r"[a-hA-H\s,，、>→\-]+", text) else []
            return [self._grade(talk, book, item, grading.grade_order(item.answer, given), text)] if given else None
        if kind == "blanks":
            given = grading.split_blanks(text, len(item.answer))
            return [self._grade(talk, book, item, grading.grade_blanks(item.answer, item.accept, given), text)]
        return [self._self_check(talk, item, text)]

    def tap(self, talk: Talk, words: str) -> Answer:
        """`/a N WHAT`: a button under item number N; a button of an earlier item changes nothing."""
        book, item, state = self._current(talk)
        n, _, what = words.partition(" ")
        if n != str(state["n"]) or state["step"] == "check":
            return [self._stale(talk)]
        kind = _form_of(item)
        if kind == "choice" and what.isdigit() and int(what) < len(item.options):
            return [self._choose(talk, book, item, int(what))]
        if kind == "order" and what in item.answer and what not in state["picked"]:
            picked = [*state["picked"], what]
            talk.state["quiz"] = state | {"picked": picked}
            if len(picked) < len(item.answer):
                return [self._show(talk, book, item)]
            return [self._grade(talk, book, item, grading.grade_order(item.answer, picked), " ".join(picked))]
        return [self._stale(talk)]

    def hint(self, talk: Talk, words: str) -> Answer:
        """Point, then principle, then filled in; a hint is remembered with the answer."""
        book, item, state = self._current(talk)
        if words != str(state["n"]) or state["hints"] >= len(item.hints):
            return [self._stale(talk)]
        hint = item.hints[state["hints"]]
        talk.state["quiz"] = state | {"hints": state["hints"] + 1}
        return [self._show(talk, book, item, remark=talk.say("quiz.hint", number=state["hints"] + 1, hint=hint))]

    def show(self, talk: Talk, words: str) -> Answer:
        """`/show N`: the answer at once; it counts as not known, and nothing else happens."""
        book, item, state = self._current(talk)
        if words != str(state["n"]):
            return [self._stale(talk)]
        talk.state["quiz"] = state | {"hints": 3}
        return [self._grade(talk, book, item, Verdict(0.0, False), "(peeked)", said=talk.say("quiz.peeked"))]

    def check(self, talk: Talk, words: str) -> Answer:
        """`/check N LEVEL`: what the learner says of their own free text."""
        book, item, state = self._current(talk)
        n, _, level = words.partition(" ")
        if n != str(state["n"]) or state["step"] != "check" or level not in ("0", "1", "2"):
            return [self._stale(talk)]
        verdict = grading.self_checked(int(level))
        return [self._grade(talk, book, item, verdict, str(state.get("text", "")), said=talk.say("quiz.self_checked"))]

    # --- grading ---

    def _choose(self, talk: Talk, book: Playbook, item: QuizItem, index: int) -> Reply:
        option = item.options[index]
        verdict = grading.grade_choice([one.text for one in item.options], item.answer[0], index)
        return self._grade(talk, book, item, verdict, option.text, option=option)

    def _self_check(self, talk: Talk, item: QuizItem, text: str) -> Reply:
        state = talk.state["quiz"]
        talk.state["quiz"] = state | {"step": "check", "text": text[:2000]}
        keys = "\n".join(f"· {key}" for key in item.keys)
        levels = [talk.choice(f"quiz.level_{level}", f"/check {state['n']} {level}") for level in (2, 1, 0)]
        return talk.reply("quiz.compare", *levels, to=f"quiz{state['n']}", keys=keys)

    def _grade(self, talk: Talk, book: Playbook, item: QuizItem, verdict: Verdict, given: str, *, option: Option | None = None, said: str = "") -> Reply:
        state = talk.state["quiz"]
        about = About(book.id, book.version, item.id, item.kind, item.skill, item.segment)
        seconds = talk.now.timestamp() - float(state["asked_at"])
        how = How(given[:2000], verdict, misconception=option.misconception if option else "", hints=int(state["hints"]), seconds=seconds)
        learning_log.record_answer(talk.connection, talk.scope, about, how, talk.turn.door, talk.turn.id, talk.now)
        talk.state.pop("quiz", None)
        talk.state["topic"] = "after"
        verdict_words = said or talk.say("quiz.right" if verdict.correct else "quiz.partly" if verdict.score > 0 else "quiz.wrong")
        lines = [verdict_words]
        if option is not None and option.explain and not verdict.correct:
            lines.append(talk.say("quiz.your_option", text=clip(option.text, 60), explain=option.explain))
        if verdict.correct is not True and item.answer:
            lines.append(talk.say("quiz.answer", answer=_answer_text(item)))
        right = next((one for one in item.options if item.answer and one.text == item.answer[0]), None)
        lines += [text for text in dict.fromkeys(((right.explain if right and not option else ""), (option.explain if option and verdict.correct else ""), item.explain)) if text]
        choices = (talk.choice("button.next_item", "/quiz"), talk.choice("button.enough", "/home"))
        return talk.reply("quiz.feedback", *choices, to=f"quiz{state['n']}", columns=2, text="\n\n".join(lines))

    def _current(self, talk: Talk) -> tuple[Playbook, QuizItem, dict[str, Any]]:
        state = talk.state.get("quiz")
        if not state:
            raise ExpectedError("quiz.over")
        standing = shelf.get(talk.connection, talk.scope, str(talk.state.get("playbook")), version=talk.state.get("version"))
        item = standing.playbook.item(state["item"]) if standing.playbook else None
        if standing.playbook is None or item is None:
            raise ExpectedError("quiz.over")
        return standing.playbook, item, dict(state)

    def _stale(self, talk: Talk) -> Reply:
        return talk.reply("quiz.stale", talk.choice("button.practice", "/quiz"), talk.choice("button.home", "/home"))


def _form_of(item: QuizItem) -> str:
    """How an item is answered: choice, order, blanks, or free."""
    if item.kind == "order" and len(item.answer) > 1:
        return "order"
    if item.options:
        return "choice"
    return "blanks" if item.answer else "free"


def _answer_text(item: QuizItem) -> str:
    return " → ".join(item.answer) if item.kind == "order" else " / ".join(item.answer)


def _vetted(talk: Talk, playbook_id: str) -> Playbook | None:
    try:
        return shelf.get(talk.connection, talk.scope, playbook_id).playbook
    except NotFound:
        return None
