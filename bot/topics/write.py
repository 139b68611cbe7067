"""Free writing (rungs 4 and 5): gates, the learner's own ticks, a grader's suggestion where there is a model, a mentor.

A suggestion is shown with the words it leans on, and moves nothing before the grader has agreed with this team's mentors
often enough. Without a model the ticks and the mentor's look are the whole way. `/try` runs what was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.asking_models import Answered, Models
from bot.coaching import Coach
from bot.grader import Grade, Grader, Judged, Wanted
from bot.judging import judge_output, lines_of
from bot.message import Choice, Quote, Reply, RichText, Text
from bot.talk import Answer, Emit, Talk, Work, clip
from bot.topics.run import GuardOf, request_of
from bot.topics.xray import newly_failing
from bot.writing import checked, is_whole, is_writing, short_name, trial_of, wanted_of
from curriculum import gradings
from curriculum.grading import Verdict
from curriculum.gradings import Suggested
from curriculum.writing_gates import PASS, Fault, capped
from foundation.errors import ExpectedError
from foundation.language_model import Asked
from knowledge import shelf
from knowledge.playbook import Playbook, QuizItem
from knowledge.taking_over import as_said

LONGEST = 4000
SHOWN_POINT, SHOWN_QUOTE, SHOWN_TEXT = 34, 26, 700
KEY = "try"


class Recorder(Protocol):
    """Keeps an answer and says what comes next: the quiz."""

    def record(self, talk: Talk, book: Playbook, item: QuizItem, verdict: Verdict, given: str) -> Coach: ...

    def after(self, talk: Talk, one: Coach, state: dict[str, Any]) -> tuple[str, tuple[Choice, ...]]: ...


@dataclass(frozen=True)
class Writing:
    models: Models
    guard_of: GuardOf

    def answered(self, talk: Talk, book: Playbook, item: QuizItem, text: str) -> Answer:
        """A text for the item at hand: sent back by a gate, or laid beside its points for the learner to tick."""
        state = talk.state["quiz"]
        found = checked(book, item, text)
        if len(text) > LONGEST:
            found = [Fault("long", {"most": str(LONGEST)}, stops=True)]
        if found and found[0].stops:
            return [self._again(talk, state, found[0])]
        talk.state["quiz"] = state | {"step": "check", "text": text, "ticked": []}
        return [self._points(talk, book, item)]

    def _again(self, talk: Talk, state: dict[str, Any], fault: Fault) -> Reply:
        choices = [talk.choice("button.enough", "/home")]
        if state.get("purpose") != "probe":
            choices.insert(0, talk.choice("button.tell_me", f"/show {state['n']}"))
        return talk.reply("write.again", *choices, to=f"quiz{state['n']}", columns=2, fault=_said(talk, fault))

    def _points(self, talk: Talk, book: Playbook, item: QuizItem) -> Reply:
        """The points one by one, and what code found; the learner ticks what is there."""
        state = talk.state["quiz"]
        n, ticked = state["n"], set(state["ticked"])
        wanted = wanted_of(book, item)
        lines = "\n".join(
            f"{'☑' if place in ticked else '☐'} {place + 1}. {clip(short_name(book, item, place), SHOWN_POINT)}"
            for place in range(len(wanted))
        )
        buttons = [Choice(str(place + 1), f"/tick {n} {place}") for place in range(len(wanted))]
        last = (
            talk.choice("practice.those", f"/check {n} ok"),
            talk.choice("quiz.level_2", f"/check {n} 2"),
            talk.choice("quiz.level_0", f"/check {n} 0"),
            talk.choice("button.edit_text", f"/tick {n} edit"),
        )
        notes = "\n".join(f"· {_said(talk, fault)}" for fault in checked(book, item, state["text"]))
        notes = talk.say("write.notes", notes=notes) if notes else ""
        return talk.reply(
            "write.points", *buttons, *last, to=f"quiz{n}", columns=min(len(buttons), 6) or 1, lines=lines, notes=notes
        )

    def tick(self, talk: Talk, book: Playbook, item: QuizItem, place: int | None) -> list[Reply] | None:
        """One point ticked, or not any more; None for a point that is not there."""
        state = talk.state["quiz"]
        if place is None or place >= len(wanted_of(book, item)):
            return None
        talk.state["quiz"] = state | {"ticked": sorted(set(state["ticked"]) ^ {place})}
        return [self._points(talk, book, item)]

    def check(self, talk: Talk, book: Playbook, item: QuizItem, level: str, quiz: Recorder) -> Answer:
        """The ticks are final; then the grader where there is a model, and where there is none a mentor."""
        state = talk.state["quiz"]
        wanted = wanted_of(book, item)
        ticked = {"2": list(range(len(wanted))), "0": []}.get(level, list(state.get("ticked", ())))
        talk.state["quiz"] = state | {"step": "grading", "grading_turn": talk.turn.id, "ticked": ticked}
        text = str(state["text"])
        if not self.models or state.get("purpose") == "probe":
            return [self._finish(talk, book, item, Grade(None, (), "no_model"), quiz)]
        scope, turn, key = talk.scope, talk.turn, f"quiz{state['n']}"
        reading = Reply(talk.rich("write.reading"), (talk.choice("button.stop", "/stop"),), key=key, partial=True)

        async def work(emit: Emit) -> Grade:
            await emit(reading)

            async def ask(asked: Asked) -> str | None:
                answer = await self.models.ask(scope, turn, asked, "grade")
                return answer.text if answer.is_whole else None

            return await Grader(ask).grade(item.stem, wanted, text)

        return Work(work, lambda later, grade: [self._finish(later, book, item, grade, quiz)])

    def _finish(self, talk: Talk, book: Playbook, item: QuizItem, grade: Grade, quiz: Recorder) -> Reply:
        state = talk.state.get("quiz") or {}
        if state.get("step") != "grading" or state.get("grading_turn") != talk.turn.id:
            raise ExpectedError("quiz.over")  # forgotten or begun anew while the grader read
        text, wanted = str(state["text"]), wanted_of(book, item)
        found = checked(book, item, text)
        mark = None if grade.suggested is None else capped(grade.suggested, found)
        counts = self._keep(talk, book, item, state, replaced(grade, mark))
        own = capped(round(100 * len(state["ticked"]) / len(wanted)) if wanted else 0, found) / 100
        verdict = Verdict(own, None, self_check=True)
        if counts and mark is not None:
            verdict = Verdict(mark / 100, mark >= PASS)
        one = quiz.record(talk, book, item, verdict, text)
        following, choices = quiz.after(talk, one, state)
        shown = self._shown(talk, book, item, replaced(grade, mark), state, found, counts)
        own_choices = self._choices(talk, item, grade) if state.get("purpose") != "probe" else ()
        tail = (Text(f"\n\n{following}"),) if following else ()
        return Reply((*shown, *tail), (*own_choices, *choices), key=f"quiz{state['n']}", columns=2)

    def _keep(self, talk: Talk, book: Playbook, item: QuizItem, state: dict[str, Any], grade: Grade) -> bool:
        """Keep the grading with its turn; without a model only writing goes to a mentor, answers to questions do not."""
        if state.get("purpose") == "probe" or (grade.reason == "no_model" and not is_writing(item)):
            return False
        texts = {one.id: one.text for one in wanted_of(book, item)}
        judged = {one.id: one for one in grade.criteria}
        criteria = [
            {"id": key, "text": text, "met": judged[key].met if key in judged else None}
            | {"quote": judged[key].quote if key in judged else ""}
            for key, text in texts.items()
        ]
        ids = list(texts)
        one = Suggested(
            item.id, item.skill, str(state["text"]), grade.suggested, criteria, grade.reason,
            playbook_id=book.id, version=book.version, kind=item.kind, ticked=[ids[place] for place in state["ticked"]],
        )  # fmt: skip
        return gradings.keep(talk.connection, talk.scope, one, talk.turn.id, talk.now)

    def _shown(
        self,
        talk: Talk,
        book: Playbook,
        item: QuizItem,
        grade: Grade,
        state: dict[str, Any],
        found: Sequence[Fault],
        counts: bool,
    ) -> tuple[Any, ...]:
        """Each point with the words the grader leans on, plainly as a suggestion; then the vetted text."""
        wanted, ticked = wanted_of(book, item), len(state["ticked"])
        own = talk.say("write.own", ticked=ticked, total=len(wanted))
        if grade.stands:
            key = "write.counted" if counts else "write.suggested"
            lines = _verdicts(talk, book, item, wanted, grade.criteria, str(state["text"]))
            head = talk.say(key, mark=grade.suggested, own=own, lines=lines)
        elif state.get("purpose") == "probe":
            head = own
        elif grade.reason == "no_model":
            head = talk.say("write.self_checked" if is_writing(item) else "write.self_only", own=own)
        else:
            reason = "addressed" if grade.reason == "addressed" else "unsure"
            head = talk.say("write.to_mentor", own=own, reason=talk.say(f"write.reason.{reason}"))
        if self.models.is_standin and grade.reason != "no_model":
            head = f"{talk.say('write.standin')}\n{head}"
        notes = "\n".join(f"· {_said(talk, fault)}" for fault in found)
        parts: list[Any] = [Text(head + (f"\n\n{notes}" if notes else ""))]
        if _vetted(book, item) or not grade.criteria:
            parts += self.wanted_text(talk, book, item)
        if item.explain:
            parts.append(Text("\n\n" + clip(item.explain, 160)))
        return tuple(parts)

    def wanted_text(self, talk: Talk, book: Playbook, item: QuizItem) -> RichText:
        """What a free writing could have been: the vetted words, else the points wanted; nothing for other items."""
        if vetted := _vetted(book, item):
            return (Text("\n\n" + talk.say("write.vetted") + "\n"), Quote(clip(vetted, 1500), folded=True))
        keys = "\n".join(f"· {key}" for key in item.keys)
        return (Text("\n\n" + talk.say("write.keys", keys=keys)),) if keys and not item.answer else ()

    def _choices(self, talk: Talk, item: QuizItem, grade: Grade) -> tuple[Choice, ...]:
        dispute = (talk.choice("button.dispute", "/dispute"),) if grade.stands else ()
        tried = (talk.choice("button.try", f"/try {talk.turn.id}"),) if is_writing(item) else ()
        return (*tried, *dispute)

    # --- tested by what it produces ---

    def try_out(self, talk: Talk, words: str) -> Answer:
        """`/try TURN`: what the learner wrote, run on the playbook's own example, under the rulers."""
        if not self.models:
            return [
                talk.reply(
                    "write.try_no_model", talk.choice("button.practice", "/quiz"), talk.choice("button.home", "/home")
                )
            ]
        kept = gradings.mine(talk.connection, talk.scope, words.strip())
        book = shelf.get(talk.connection, talk.scope, kept.playbook_id, version=kept.version).playbook
        if book is None:
            raise ExpectedError("quiz.over")
        clause = book.clause(kept.item_id.partition(":")[2])
        trial = trial_of(book, clause, kept.answer)
        asked = request_of(book, trial.prompt, trial.values, every=True)
        scope, turn = talk.scope, talk.turn
        running = Reply(talk.rich("write.trying"), (talk.choice("button.stop", "/stop"),), key=KEY, partial=True)

        async def work(emit: Emit) -> Answered:
            await emit(running)
            return await self.models.ask(scope, turn, asked, "try", await self.guard_of(scope))

        return Work(work, lambda later, result: [self._tried(later, book, result)])

    def _tried(self, talk: Talk, book: Playbook, result: Answered) -> Reply:
        choices = (talk.choice("button.next_item", "/quiz"), talk.choice("button.home", "/home"))
        if not result.is_whole:
            return talk.reply(result.why or "model.busy", *choices, to=KEY, columns=2)
        mine = judge_output(book, book.example_values, result.text)
        vetted = judge_output(book, book.example_values, book.expected)
        new = newly_failing(vetted, mine)
        if not book.rulers:
            said = talk.say("write.no_rulers")
        else:
            said = talk.say("write.ruled", mine=len(mine), vetted=len(vetted))
            said += "\n" + (lines_of(talk, new) if new else talk.say("write.no_worse"))
        text = talk.rich(
            "write.tried",
            said=said,
            mine=(Quote(clip(result.text, SHOWN_TEXT)),),
            vetted=(Quote(clip(book.expected, SHOWN_TEXT), folded=True),),
        )
        return Reply(text, choices, key=KEY, columns=2)


def replaced(grade: Grade, mark: int | None) -> Grade:
    return Grade(mark, grade.criteria, grade.reason)


def _verdicts(
    talk: Talk, book: Playbook, item: QuizItem, wanted: Sequence[Wanted], criteria: Sequence[Judged], written: str
) -> str:
    """Each point with the learner's own words for it, in the very letters they wrote."""
    judged = {one.id: one for one in criteria}
    lines = []
    for place, one in enumerate(wanted):
        verdict = judged.get(one.id)
        name = clip(short_name(book, item, place), SHOWN_POINT)
        if verdict and verdict.met:
            quote = as_said(verdict.quote, written) or verdict.quote
            lines.append(talk.say("write.met", point=name, quote=clip(quote, SHOWN_QUOTE)))
        else:
            lines.append(talk.say("write.unmet", point=name))
    return "\n".join(lines)


def _vetted(book: Playbook, item: QuizItem) -> str:
    """The vetted words beside one's own; a new case has none."""
    if item.kind == "transfer" or not is_writing(item):
        return ""
    clause = book.clause(item.segment)
    return book.prompt if is_whole(item) else clause.prompt if clause else ""


def _said(talk: Talk, fault: Fault) -> str:
    return talk.say(f"write.fault.{fault.kind}", **fault.values)
