"""Quizzing: one item at a time, of whatever origin, each graded without a model or honestly left to the learner's own check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.coaching import Coach, coach
from bot.message import Choice, Reply, RichText, Text
from bot.practice_items import form_of, items_of, tutor_item
from bot.talk import Answer, Talk, clip, number
from bot.topics.why import LETTERS
from bot.topics.write import Writing
from bot.writing import WHOLE
from curriculum import grading, learning_log, lesson_rows
from curriculum.grading import Verdict
from curriculum.items import Offer, next_item
from curriculum.learning_log import About, How
from curriculum.learning_settings import LONG, SHORT, change_settings
from curriculum.practice_steps import Step
from curriculum.probes import CONFIDENCE
from foundation.errors import ExpectedError, NotFound
from knowledge import shelf
from knowledge.asking_about import asks_something, is_at_a_loss
from knowledge.checks import pieces
from knowledge.playbook import Option, Playbook, QuizItem


@dataclass(frozen=True)
class Quiz:
    """`/quiz`: today's steps one by one, then what is free; free words answer blanks, orders and free text."""

    writing: Writing

    def quiz(self, talk: Talk, words: str) -> Answer:
        """`/quiz`: the next step of today's practice; `/quiz more`: one beyond it; `/quiz ID`: one of this playbook."""
        one = at_hand(talk)
        if not one.books:
            return [talk.reply("quiz.nothing_used", talk.choice("button.home", "/home"), to="quiz")]
        if words not in one.books and words != "more":
            if one.tutor.session_ended(talk.now):
                return [self._ended(talk, one)]
            if steps := one.plan(talk.now):
                return [self._step(talk, one, steps)]
            if done := one.tutor.memory.today.steps:
                return [self._done(talk, one, done)]
        return [self._extra(talk, one, words)]

    def write(self, talk: Talk, words: str) -> Answer:
        """`/write [ID [CLAUSE]]`: from a brief, the whole prompt or one clause; `carry CLAUSE`: that clause for a new case.

        Without an id it is the playbook used last.
        """
        one = at_hand(talk)
        if not one.books:
            return [talk.reply("quiz.nothing_used", talk.choice("button.home", "/home"), to="quiz")]
        wanted, _, which = words.partition(" ")
        book = one.books.get(wanted) or next(iter(one.books.values()))
        kind, _, clause = which.strip().rpartition(" ")
        known = items_of(book, talk.language, talk.phrases)
        item = known.get(f"{kind or 'compose'}:{clause}") if clause else known.get(WHOLE)
        if item is None:
            return [talk.reply("quiz.all_done", talk.choice("button.home", "/home"), to="quiz")]
        return [self.ask(talk, book, item)]

    def minutes(self, talk: Talk, words: str) -> Answer:
        """`/minutes N`: how long practice may take a day; five, or twelve by choice."""
        chosen = int(words) if words in (str(SHORT), str(LONG)) else SHORT
        change_settings(talk.connection, talk.person.id, minutes=chosen)
        return [
            talk.reply(
                "practice.minutes_set",
                talk.choice("button.practice", "/quiz"),
                talk.choice("button.home", "/home"),
                minutes=chosen,
            )
        ]

    def _step(self, talk: Talk, one: Coach, steps: list[Step]) -> Reply:
        done, step = one.tutor.memory.today.steps, steps[0]
        book, item = one.items[step.item]
        place = {
            "place": done + 1,
            "total": done + len(steps),
            "kind": kind_name(talk, step),
            "minutes": f"{step.minutes:g}",
        }
        return self.ask(talk, book, item, talk.say("practice.step", **place), purpose="practice")

    def _extra(self, talk: Talk, one: Coach, wanted: str) -> Reply:
        """An authored item beyond what is planned, none asked within a fortnight."""
        books = [one.books[wanted]] if wanted in one.books else list(one.books.values())
        offers = [
            Offer(book.id, item.id, item.skill, item.kind, item.difficulty) for book in books for item in book.quiz
        ]
        since = talk.now - timedelta(days=60)
        last = {(a.playbook_id, a.item_id): a.at for a in learning_log.answers_of(talk.connection, talk.scope, since)}
        offer = next_item(offers, last, talk.now, talk.person.id)
        if offer is None:
            return talk.reply(
                "quiz.all_done", talk.choice("button.why", "/why"), talk.choice("button.home", "/home"), to="quiz"
            )
        book = one.books[offer.playbook_id]
        item = book.item(offer.item_id)
        assert item is not None
        return self.ask(talk, book, item, talk.say("practice.extra"))

    def _ended(self, talk: Talk, one: Coach) -> Reply:
        return talk.reply("practice.ended", *self._beyond(talk, one), to="quiz", day=one.next_day_name(talk.now))

    def _done(self, talk: Talk, one: Coach, count: int) -> Reply:
        said = str(talk.state.get("mentor", ""))
        phrase = "practice.done" if said else "practice.done_plain"
        return talk.reply(
            phrase, *self._beyond(talk, one), to="quiz", count=count, sentence=said, day=one.next_day_name(talk.now)
        )

    def _beyond(self, talk: Talk, one: Coach) -> tuple[Choice, ...]:
        other = ("practice.longer", LONG) if one.choices.minutes == SHORT else ("practice.shorter", SHORT)
        return (
            talk.choice("practice.more", "/quiz more"),
            talk.choice("button.write", "/write"),
            talk.choice(other[0], f"/minutes {other[1]}"),
            talk.choice("button.home", "/home"),
        )

    def ask(
        self,
        talk: Talk,
        book: Playbook,
        item: QuizItem,
        remark: str = "",
        purpose: str = "quiz",
        lesson: tuple[str, int] | None = None,
    ) -> Reply:
        """Put an item before the learner; `purpose` says what its answer counts for, `lesson` which card it stands on."""
        number = int(talk.state.get("asked", 0)) + 1
        talk.state.update({"topic": "quiz", "asked": number, "playbook": book.id, "version": book.version})
        state = {
            "n": number,
            "item": item.id,
            "asked_at": talk.now.timestamp(),
            "picked": [],
            "hints": 0,
            "step": "answer",
        }
        talk.state["quiz"] = state | {"purpose": purpose} | ({"lesson": lesson} if lesson else {})
        return self._show(talk, book, item, remark)

    def _show(self, talk: Talk, book: Playbook, item: QuizItem, remark: str = "") -> Reply:
        state = talk.state["quiz"]
        n = state["n"]
        lines, buttons, columns = "", [], 1
        kind = form_of(item)
        if kind == "choice":
            lines = "\n".join(f"{LETTERS[i]}. {option.text}" for i, option in enumerate(item.options))
            buttons, columns = [Choice(LETTERS[i], f"/a {n} {i}") for i in range(len(item.options))], len(item.options)
        elif kind == "order":
            texts = pieces(item.stem)
            left = [letter for letter in sorted(item.answer) if letter not in state["picked"]]
            lines = talk.say("quiz.so_far", picked=" → ".join(state["picked"]) or "…")
            buttons = [
                Choice(clip(f"{letter} {texts.get(letter, '')}".strip(), 26), f"/a {n} {letter}") for letter in left
            ]
        elif kind == "lines":
            lines, buttons, columns = self._lines(talk, item, state), self._line_buttons(talk, item, n), 3
        unaided = state.get("purpose") == "probe"
        extra = [talk.choice("button.hint", f"/hint {n}")] if state["hints"] < len(item.hints) and not unaided else []
        extra += [talk.choice("button.tell_me", f"/show {n}")] if not unaided else []
        extra += [talk.choice("button.enough", "/home")]
        how = talk.say(f"quiz.how_{kind}", count=len(item.answer))
        return talk.reply(
            "quiz.ask",
            *buttons,
            *extra,
            to=f"quiz{n}",
            columns=columns,
            remark=f"{remark}\n\n" if remark else "",
            title=book.title.in_language(talk.language),
            stem=item.stem.strip(),
            lines=f"\n{lines}" if lines else "",
            how=how,
        )

    def _lines(self, talk: Talk, item: QuizItem, state: dict[str, Any]) -> str:
        return "\n".join(
            f"{'☑' if place in state['picked'] else '☐'} {place + 1}. {option.text}"
            for place, option in enumerate(item.options)
        )

    def _line_buttons(self, talk: Talk, item: QuizItem, n: int) -> list[Choice]:
        buttons = [Choice(str(place + 1), f"/a {n} {place}") for place in range(len(item.options))]
        return [*buttons, talk.choice("practice.those", f"/a {n} ok")]

    def said(self, talk: Talk, words: str) -> Answer | None:
        """Free words while an item waits: a letter, an order, blanks, or free text; anything else is a new question."""
        try:
            book, item, state = self._current(talk)
        except (ExpectedError, NotFound):
            return None
        if state["step"] != "answer":
            return None
        kind, text = form_of(item), words.strip()
        if is_at_a_loss(text):
            has_hint = state["hints"] < len(item.hints) and state.get("purpose") != "probe"
            return self.hint(talk, str(state["n"])) if has_hint else [self._show(talk, book, item)]
        if kind == "choice":
            letter = text[:1].upper()
            named = next(
                (i for i, option in enumerate(item.options) if grading.fold(option.text) == grading.fold(text)), None
            )
            if named is None and len(text) <= 2 and letter in LETTERS[: len(item.options)]:
                named = LETTERS.index(letter)
            return None if named is None else [self._choose(talk, book, item, named)]
        if kind == "order":
            given = grading.read_order(text, item.answer) if re.fullmatch(r"[a-hA-H\s,，、>→\-]+", text) else []
            return [self._grade(talk, book, item, grading.grade_order(item.answer, given), text)] if given else None
        if kind == "lines":
            if text == talk.say("practice.those"):
                return [self._grade_lines(talk, book, item, sorted(state["picked"]))]
            tapped = {int(number) - 1 for number in re.findall(r"\d+", text)}
            if not re.fullmatch(r"[\d\s,，、]+", text) or not all(0 <= place < len(item.options) for place in tapped):
                return None
            return [self._grade_lines(talk, book, item, sorted(tapped))]
        if kind == "blanks":
            given = grading.split_blanks(text, len(item.answer))
            return [self._grade(talk, book, item, grading.grade_blanks(item.answer, item.accept, given), text)]
        if asks_something(text):
            return None
        return self.writing.answered(talk, book, item, text)

    def tap(self, talk: Talk, words: str) -> Answer:
        """`/a N WHAT`: a button under item number N; a button of an earlier item changes nothing."""
        book, item, state = self._current(talk)
        n, _, what = words.partition(" ")
        if n != str(state["n"]) or state["step"] != "answer":
            return [self._stale(talk)]
        kind = form_of(item)
        place = number(what)
        if kind == "choice" and place is not None and place < len(item.options):
            return [self._choose(talk, book, item, place)]
        if kind == "lines" and what == "ok":
            return [self._grade_lines(talk, book, item, sorted(state["picked"]))]
        if kind == "lines" and place is not None and place < len(item.options):
            talk.state["quiz"] = state | {"picked": sorted(set(state["picked"]) ^ {place})}
            return [self._show(talk, book, item)]
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
        if words != str(state["n"]) or state["hints"] >= len(item.hints) or state.get("purpose") == "probe":
            return [self._stale(talk)]
        hint = item.hints[state["hints"]]
        talk.state["quiz"] = state | {"hints": state["hints"] + 1}
        return [self._show(talk, book, item, remark=talk.say("quiz.hint", number=state["hints"] + 1, hint=hint))]

    def show(self, talk: Talk, words: str) -> Answer:
        """`/show N`: the answer at once; a worked example, which proves nothing and comes back."""
        book, item, state = self._current(talk)
        if words != str(state["n"]) or state.get("purpose") == "probe":
            return [self._stale(talk)]
        talk.state["quiz"] = state | {"hints": 3}
        shown = self.writing.wanted_text(talk, book, item)
        peeked = talk.say("quiz.peeked")
        return [self._grade(talk, book, item, Verdict(0.0, None), "(peeked)", said=peeked, shown=shown)]

    def tick(self, talk: Talk, words: str) -> Answer:
        """`/tick N PLACE`: a point of one's own text, ticked or not; `/tick N edit`: back to the writing."""
        book, item, state = self._current(talk)
        n, _, what = words.partition(" ")
        if n != str(state["n"]) or state["step"] != "check":
            return [self._stale(talk)]
        if what == "edit":
            talk.state["quiz"] = state | {"step": "answer"}
            return [self._show(talk, book, item, remark=talk.say("write.edit"))]
        return self.writing.tick(talk, book, item, number(what)) or [self._stale(talk)]

    def check(self, talk: Talk, words: str) -> Answer:
        """`/check N ok|2|0`: what the learner says of their own text: what is ticked, all of it, nothing."""
        book, item, state = self._current(talk)
        n, _, level = words.partition(" ")
        again = state["step"] == "grading" and state.get("grading_turn") == talk.turn.id
        if n != str(state["n"]) or not (state["step"] == "check" or again) or level not in ("0", "2", "ok"):
            return [self._stale(talk)]
        return self.writing.check(talk, book, item, level, self)

    # --- grading ---

    def _grade_lines(self, talk: Talk, book: Playbook, item: QuizItem, tapped: list[int]) -> Reply:
        """Right when every fault was tapped and nothing else."""
        faults = {place for place, option in enumerate(item.options) if option.misconception}
        hits, alarms = len(faults & set(tapped)), len(set(tapped) - faults)
        share = max(0.0, hits - alarms) / len(faults) if faults else float(not alarms)
        said = talk.say("practice.hunt_score", hits=hits, faults=len(faults), alarms=alarms)
        return self._grade(
            talk, book, item, Verdict(share, set(tapped) == faults), ",".join(map(str, tapped)), said=said
        )

    def _choose(self, talk: Talk, book: Playbook, item: QuizItem, index: int) -> Reply:
        option = item.options[index]
        verdict = grading.grade_choice([one.text for one in item.options], item.answer[0], index)
        return self._grade(talk, book, item, verdict, option.text, option=option)

    def _grade(
        self,
        talk: Talk,
        book: Playbook,
        item: QuizItem,
        verdict: Verdict,
        given: str,
        *,
        option: Option | None = None,
        said: str = "",
        shown: RichText = (),
    ) -> Reply:
        state = talk.state["quiz"]
        if state.get("purpose") == "probe" and not state.get("confidence"):
            return self._how_sure(talk, item, verdict, given, option, said)
        one = self.record(talk, book, item, verdict, given, option.misconception if option else "")
        following, choices = self.after(talk, one, state)
        feedback = Text("\n\n".join(_feedback(talk, item, verdict, option, said)))
        text = (feedback, *shown, Text(f"\n\n{following}" if following else ""))
        return talk.reply("quiz.feedback", *choices, to=f"quiz{state['n']}", columns=2, text=text)

    def record(
        self, talk: Talk, book: Playbook, item: QuizItem, verdict: Verdict, given: str, misconception: str = ""
    ) -> Coach:
        """Keep the answer, tell the tutor, and let go of the item."""
        state = talk.state["quiz"]
        about = About(book.id, book.version, item.id, item.kind, item.skill, item.segment)
        seconds = talk.now.timestamp() - float(state["asked_at"])
        purpose, hints, sure = str(state.get("purpose", "quiz")), int(state["hints"]), str(state.get("confidence", ""))
        how = How(given[:2000], verdict, purpose, misconception, hints, sure, seconds)
        one = at_hand(talk)
        if learning_log.record_answer(talk.connection, talk.scope, about, how, talk.turn.door, talk.turn.id, talk.now):
            asked = tutor_item(book.id, item)
            talk.state["mentor"] = one.graded(talk.connection, asked, verdict.correct, talk.now, talk.turn.id, hints)
        talk.state.pop("quiz", None)
        talk.state["topic"] = "after"
        return one

    def after(self, talk: Talk, one: Coach, state: dict[str, Any]) -> tuple[str, tuple[Choice, ...]]:
        """What comes after an answer: in a power-cut test its next item, else the next step of today."""
        if state.get("purpose") == "probe":
            return "", (talk.choice("powercut.next", "/powercut"), talk.choice("button.enough", "/home"))
        if lesson := state.get("lesson"):
            return "", _on_with_lesson(talk, *lesson)
        return self._following(talk, one)

    def _following(self, talk: Talk, one: Coach) -> tuple[str, tuple[Choice, ...]]:
        """What comes after an answer: the next step, or the kind end of today's practice with the day of the next."""
        home = talk.choice("button.enough", "/home")
        day, said = one.next_day_name(talk.now), str(talk.state.get("mentor", ""))
        if one.tutor.session_ended(talk.now):
            return talk.say("practice.ended", day=day), (talk.choice("practice.more", "/quiz more"), home)
        if steps := one.plan(talk.now):
            step = steps[0]
            return talk.say("practice.next", kind=kind_name(talk, step), minutes=f"{step.minutes:g}"), (
                talk.choice("button.next_item", "/quiz"),
                home,
            )
        done = talk.say("practice.done", count=one.tutor.memory.today.steps, sentence=said, day=day)
        return done, (talk.choice("button.next_item", "/quiz more"), home)

    def _how_sure(
        self, talk: Talk, item: QuizItem, verdict: Verdict, given: str, option: Option | None, said: str
    ) -> Reply:
        """Before the verdict of a power-cut test: how sure is the learner?"""
        state = talk.state["quiz"]
        place = item.options.index(option) if option in item.options else None
        kept = {
            "score": verdict.score,
            "correct": verdict.correct,
            "given": given[:2000],
            "option": place,
            "said": said,
        }
        talk.state["quiz"] = state | {"step": "sure", "kept": kept}
        taps = [talk.choice(f"powercut.{tap}", f"/sure {state['n']} {tap}") for tap in CONFIDENCE]
        return talk.reply("powercut.how_sure", *taps, to=f"quiz{state['n']}", columns=3)

    def sure(self, talk: Talk, words: str) -> Answer:
        """`/sure N sure|think|guess`: the confidence, then the verdict."""
        book, item, state = self._current(talk)
        n, _, tap = words.partition(" ")
        if n != str(state["n"]) or state["step"] != "sure" or tap not in CONFIDENCE:
            return [self._stale(talk)]
        kept = state["kept"]
        talk.state["quiz"] = state | {"confidence": tap}
        option = item.options[kept["option"]] if kept["option"] is not None else None
        verdict = Verdict(kept["score"], kept["correct"])
        return [self._grade(talk, book, item, verdict, kept["given"], option=option, said=kept["said"])]

    def _current(self, talk: Talk) -> tuple[Playbook, QuizItem, dict[str, Any]]:
        state = talk.state.get("quiz")
        if not state:
            raise ExpectedError("quiz.over")
        standing = shelf.get(
            talk.connection, talk.scope, str(talk.state.get("playbook")), version=talk.state.get("version")
        )
        item = (
            items_of(standing.playbook, talk.language, talk.phrases).get(state["item"]) if standing.playbook else None
        )
        if standing.playbook is None or item is None:
            raise ExpectedError("quiz.over")
        return standing.playbook, item, dict(state)

    def _stale(self, talk: Talk) -> Reply:
        return talk.reply("quiz.stale", talk.choice("button.practice", "/quiz"), talk.choice("button.home", "/home"))


def _on_with_lesson(talk: Talk, lesson: str, place: int) -> tuple[Choice, ...]:
    """The card is answered, rightly or not: the lesson goes on behind it."""
    lesson_rows.reached(talk.connection, talk.scope, lesson, place + 1, talk.now)
    following = talk.choice("lesson.next", f"/lesson {lesson} {place + 1}")
    return following, talk.choice("button.enough", "/home")


def at_hand(talk: Talk) -> Coach:
    """The learner's coach in this turn."""
    return coach(talk.connection, talk.scope, talk.person, talk.phrases, talk.now)


def kind_name(talk: Talk, step: Step) -> str:
    return talk.say(f"practice.kind.{step.kind}")


def _feedback(talk: Talk, item: QuizItem, verdict: Verdict, option: Option | None, said: str) -> list[str]:
    """The verdict, what was wrong with the choice, the answer, and why."""
    lines = [
        said or talk.say("quiz.right" if verdict.correct else "quiz.partly" if verdict.score > 0 else "quiz.wrong")
    ]
    if option is not None and option.explain and not verdict.correct:
        lines.append(talk.say("quiz.your_option", text=clip(option.text, 60), explain=option.explain))
    if verdict.correct is not True and item.answer:
        lines.append(talk.say("quiz.answer", answer=clip(_answer_text(item), 120)))
    right = next((one for one in item.options if item.answer and one.text == item.answer[0]), None)
    whys = (
        right.explain if right and not option else "",
        option.explain if option and verdict.correct else "",
        item.explain,
    )
    return lines + [clip(text, 160) for text in dict.fromkeys(whys) if text]


def _answer_text(item: QuizItem) -> str:
    return " → ".join(item.answer) if item.kind == "order" else " / ".join(item.answer)
