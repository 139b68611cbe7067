"""Taking over what was said: by rules, and by a model where one is set up; shown for confirmation, never invented."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from bot.asking_models import Answered, Models
from bot.message import Choice, Reply, RichText, Text
from bot.taking import Extracted, extracted, extraction, reading
from bot.talk import Answer, Emit, Talk, Work, clip
from bot.topics.form_parts import label_of, sorted_out, unusual, ways_out
from bot.topics.run import GuardOf
from curriculum import portfolio
from curriculum.portfolio import Form
from curriculum.spending import money
from foundation.language_model import Picture
from knowledge.playbook import Playbook
from knowledge.taking_over import conflicts, stated, unclaimed

KEY = "form"
WORTH_ASKING = 12  # characters: what is shorter says nothing that rules could not see
KEPT_TEXT = 4_000
SHOWN_REFUSALS = 3
SHOWN_REST = 4
Nothing = Callable[[Talk], Answer]


@dataclass(frozen=True)
class TakeOver:
    models: Models
    guard_of: GuardOf

    @property
    def sees(self) -> bool:
        """Whether a photo would be read."""
        return self.models.can_take(reading(Picture("image/png", b"")))

    def ask(self, talk: Talk) -> Reply:
        """Ask for everything at once; with what a model will cost at most where one helps."""
        most = self.models.at_most(extraction((), "字" * 2000)) if self.models else 0
        cost = talk.say("take.cost", cost=money(most), currency=self.models.currency) if most else ""
        key = "take.ask_with_files" if self.sees else "take.ask"
        return talk.reply(key, *ways_out(talk), to=KEY, columns=2, cost=cost)

    def take(
        self,
        talk: Talk,
        book: Playbook,
        one: Form,
        text: str,
        nothing: Nothing,
        head: RichText = (),
        spare: tuple[Choice, ...] = (),
    ) -> Answer:
        """Fill the form from a text; `nothing` answers where no value was found, `spare` is what else could be done with it."""
        found = stated(book.slots, text, talk.today, one.answers.keys() - {one.asking})
        left = [slot for slot in book.slots if slot.key not in found.values]
        others = found.others
        if not self.models or not left or len(text.strip()) < WORTH_ASKING:
            return self._show(talk, book, one, text, (found.values, ()), nothing, head, spare, others)
        scope, turn = talk.scope, talk.turn
        working = Reply(talk.rich("take.working"), (talk.choice("button.stop", "/stop"),), key=KEY, partial=True)

        async def work(emit: Emit) -> Answered:
            await emit(working)
            return await self.models.ask(scope, turn, extraction(left, text), "fill", await self.guard_of(scope))

        def then(later: Talk, answered: Answered) -> Answer:
            more = extracted(left, answered.text, text, later.today) if answered.is_whole else Extracted({})
            told = head if answered.is_whole else (*head, Text(later.say("take.by_rules_only") + "\n\n"))
            both = ({**found.values, **more.values}, more.guessed)
            return self._show(later, book, one, text, both, nothing, told, spare, others)

        return Work(work, then)

    def _show(
        self,
        talk: Talk,
        book: Playbook,
        one: Form,
        text: str,
        found: tuple[Mapping[str, str], Collection[str]],
        nothing: Nothing,
        head: RichText,
        spare: tuple[Choice, ...],
        others: int,
    ) -> Answer:
        """What stands goes into the form and is shown; what a blank refuses, and what names no blank, is said."""
        values, guessed = found
        taken, refused = sorted_out(talk, book, values, one.answers)
        if not taken:
            return nothing(talk)
        one.answers |= taken
        one.skipped = [key for key in one.skipped if key not in taken]
        one.taken, one.question = list(taken), text[:KEPT_TEXT]
        portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
        notes = [*refused[:SHOWN_REFUSALS], *([talk.say("take.other_rows", count=others)] if others else [])]
        if not others and (rest := unclaimed(book.slots, text, values)):
            shown = [f"· {clip(line, 40)}" for line in rest[:SHOWN_REST]]
            shown += [talk.say("take.more_rest", count=len(rest) - SHOWN_REST)] if len(rest) > SHOWN_REST else []
            notes.append(talk.say("take.rest", lines="\n".join(shown)))
        unsure = set(guessed) | set(conflicts(taken, text))
        lines = taken_lines(talk, book, one, unsure)
        said = talk.rich("take.confirm", count=len(taken), lines=lines, notes="".join(f"\n\n{note}" for note in notes))
        choices = (
            talk.choice("button.right_go_on", "/confirm"),
            *spare,
            talk.choice("button.change_one", "/edit"),
            talk.choice("button.start_empty", "/empty"),
        )
        return [Reply((*head, *said), (*choices, *ways_out(talk)), key=KEY, columns=2)]


def taken_lines(talk: Talk, book: Playbook, one: Form, unsure: Collection[str]) -> str:
    """What was taken over, a line a blank; what stands nowhere in so many words is marked as a guess."""
    return "\n".join(
        f"· {label_of(book, slot.key, talk)}：{clip(one.answers[slot.key].replace(chr(10), '；'), 60)}"
        + (talk.say("fill.guess") if slot.key in unsure else "")
        + unusual(talk, slot, one.answers[slot.key], one.answers)
        for slot in book.slots
        if slot.key in one.taken
    )
