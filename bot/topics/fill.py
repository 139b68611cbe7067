"""Filling a playbook's blanks: one at a time or pasted at once, always a way back, saved whenever one leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.message import Choice, Reply, RichText
from bot.talk import Answer, Talk, clip, number
from bot.topics import about
from bot.topics.cards import show_card
from bot.topics.form_parts import (
    SOFT,
    agrees,
    answer_buttons,
    as_it_is,
    book_of,
    refusal,
    sorted_out,
    still_good,
    unusual,
    ways_out,
)
from bot.topics.hand_over import hand_over
from bot.topics.take_over import TakeOver, taken_lines
from curriculum import portfolio
from curriculum.portfolio import Form
from foundation.errors import ExpectedError, NotFound
from knowledge import shelf
from knowledge.answers import Refused, Taken, check_of, default_of, judge
from knowledge.asking_about import asks_for_another
from knowledge.playbook import Playbook, Slot
from knowledge.shelf import Standing
from knowledge.taking_over import answered, conflicts, holds_whole, opens_with_name, pasted, says_more, stated


@dataclass(frozen=True)
class Fill:
    """Commands around a form; free words while one is open are the answer to the blank being asked."""

    taking: TakeOver

    def begin(self, talk: Talk, words: str) -> Answer:
        """`/begin ID [quick] [card=…]`: a new form, with what the question or a product card already says."""
        parts = words.split()
        standing = shelf.get(talk.connection, talk.scope, parts[0] if parts else "")
        book = book_of(standing)
        question = (
            str(talk.state.get("words", ""))
            if talk.state.get("playbook") == standing.id or talk.state.get("queue")
            else ""
        )
        quick = "quick" in parts
        cards = portfolio.cards(talk.connection, talk.scope)
        fitting = [card for card in cards if any(book.slot(key) for key in card.facts)]
        chosen = next((part[5:] for part in parts if part.startswith("card=")), None)
        if fitting and chosen is None:
            return [self._which_product(talk, standing, fitting, quick)]
        taken, _ = sorted_out(talk, book, stated(book.slots, question, talk.today).values, {})
        card = next((one for one in fitting if one.id == chosen), None)
        if card:
            taken = still_good(book, card.facts, talk) | taken
        one = portfolio.begin_form(
            talk.connection,
            talk.scope,
            standing.id,
            standing.version,
            talk.now,
            answers=taken,
            quick=quick,
            taken=list(taken),
            question=question,
        )
        talk.state.pop("spare", None)
        talk.state.update({"topic": "fill", "form": one.id, "playbook": standing.id})
        if taken:
            return [self._confirm(talk, book, one, card.name if card else "")]
        return [self._ask_next(talk, book, one)]

    def _which_product(self, talk: Talk, standing: Standing, fitting: list[portfolio.Card], quick: bool) -> Reply:
        flag = " quick" if quick else ""
        choices = [Choice(clip(card.name, 28), f"/with {card.id}{flag}") for card in fitting[:4]]
        talk.state["playbook"] = standing.id
        new = talk.choice("fill.new_product", f"/with new{flag}")
        return talk.reply(
            "fill.which_product", *choices, new, talk.choice("button.back", f"/use {standing.id}"), to="card"
        )

    def with_card(self, talk: Talk, words: str) -> Answer:
        """`/with CARD|new [quick]`: begin the playbook being looked at with a product card."""
        card, _, flag = words.partition(" ")
        return self.begin(talk, f"{talk.state.get('playbook', '')} {flag} card={card}")

    def _confirm(self, talk: Talk, book: Playbook, one: Form, card: str) -> Reply:
        guesses = set() if card else set(conflicts({key: one.answers[key] for key in one.taken}, one.question))
        lines = taken_lines(talk, book, one, guesses)
        phrase = "fill.from_card" if card else "fill.from_question"
        choices = (
            talk.choice("button.right_go_on", "/confirm"),
            talk.choice("button.change_one", "/edit"),
            talk.choice("button.start_empty", "/empty"),
        )
        return talk.reply(phrase, *choices, *ways_out(talk), to="form", lines=lines, card=card)

    def confirm(self, talk: Talk, words: str) -> Answer:
        book, one = self._current(talk)
        one.taken = []
        talk.state.pop("spare", None)
        return [self._ask_next(talk, book, one)]

    def empty(self, talk: Talk, words: str) -> Answer:
        """Drop what was taken over and go on asking; what stood there before it stands again."""
        book, one = self._current(talk)
        self._untake(one, talk.state.pop("spare", {}))
        return [self._ask_next(talk, book, one)]

    def _untake(self, one: Form, spare: Mapping[str, Any]) -> None:
        for key in one.taken:
            one.answers.pop(key, None)
        one.answers |= spare.get("before", {})
        one.taken = []

    def said(self, talk: Talk, words: str) -> Answer | None:
        """Free words while a form is open: several named blanks at once, or the answer to the one being asked."""
        try:
            book, one = self._current(talk)
        except (ExpectedError, NotFound):
            talk.state.clear()
            return None
        if talk.state.pop("pasting", False):
            return self.take_over(talk, words)
        if one.taken and agrees(talk, words):
            return self.confirm(talk, "")
        if (told := about.while_filling(talk, book, book.slot(one.asking or ""), words)) is not None:
            return told
        named = pasted(book.slots, words, talk.today)
        if len(named) > 1 or (named and one.asking not in named and opens_with_name(book.slots, words)):
            return self.take_over(talk, words)
        example = slot.example if (slot := book.slot(one.asking or "")) else ""
        if asks_for_another(words) and not asks_for_another(example):
            return [self._another(talk, book, one, words)]
        if one.asking is None:
            if self._next_slot(talk, book, one) is not None:
                return self.take_over(talk, words)
            return [self._overview(talk, book, one, "fill.overview_tap")]
        assert slot is not None
        answer = named.get(slot.key) or answered(slot, words, talk.today)
        if not says_more(book.slots, slot, words, answer, talk.today):
            return [self._take(talk, book, one, slot, answer)]
        spare = self._spare(talk, one, slot, words)

        def nothing(later: Talk) -> Answer:
            if spare and isinstance(judge(slot, answer, one.answers, later.today), Taken):
                return [self._show_current(later, book, one, later.say("take.more_than_one"))]
            return [self._take(later, book, one, slot, answer)]

        return self.taking.take(talk, book, one, words, nothing, spare=spare)

    def _another(self, talk: Talk, book: Playbook, one: Form, words: str) -> Reply:
        """Words that sound like another task: never silently an answer, and never silently the end of this form."""
        spare = self._spare(talk, one, book.slot(one.asking or ""), words)
        talk.state["elsewhere"] = words
        choices = (
            talk.choice("button.elsewhere", "/elsewhere"),
            *spare,
            talk.choice("button.go_on_filling", "/overview"),
        )
        return talk.reply("fill.another", *choices, to="form", title=clip(book.title.in_language(talk.language), 24))

    def elsewhere(self, talk: Talk) -> str:
        """`/elsewhere`: what was asked for while filling; the form is saved when it is searched for."""
        words = str(talk.state.pop("elsewhere", ""))
        if not words:
            raise ExpectedError("fill.nothing_open")
        return words

    def why(self, talk: Talk, words: str) -> Answer | None:
        """ "Why?" while a blank is asked is about that blank."""
        try:
            book, one = self._current(talk)
        except (ExpectedError, NotFound):
            return None
        slot = book.slot(one.asking or "")
        if words or slot is None or talk.state.get("topic") != "fill":
            return None
        return about.while_filling(talk, book, slot, f"{talk.say('fill.why_this')}")

    def _spare(self, talk: Talk, one: Form, slot: Slot | None, text: str) -> tuple[Choice, ...]:
        """The way to have a text, whatever it seems to say of other blanks, as this one blank's answer."""
        talk.state.pop("spare", None)
        if slot is None:
            return ()
        whole = as_it_is(judge(slot, text, one.answers, talk.today), text) if holds_whole(slot, text) else None
        talk.state["spare"] = {"key": slot.key, "text": whole, "before": dict(one.answers)}
        label = clip(slot.label.in_language(talk.language), 16)
        return (talk.choice("button.all_for_blank", f"/pick {slot.key} f", label=label),) if whole else ()

    def paste(self, talk: Talk, words: str) -> Answer:
        """`/paste`: the next message may say everything at once."""
        self._current(talk)
        talk.state["pasting"] = True
        return [self.taking.ask(talk)]

    def take_over(self, talk: Talk, text: str, head: RichText = ()) -> Answer:
        """Fill what a text says, shown for confirmation; `head` says where the text comes from."""
        book, one = self._current(talk)
        spare = self._spare(talk, one, book.slot(one.asking or ""), text)

        def nothing(later: Talk) -> Answer:
            said = self._show_current(later, book, one, later.say("take.nothing"))
            return [replace(said, text=(*head, *said.text))]

        return self.taking.take(talk, book, one, text, nothing, head, spare)

    def is_open(self, talk: Talk) -> bool:
        try:
            self._current(talk)
        except (ExpectedError, NotFound):
            return False
        return True

    def pick(self, talk: Talk, words: str) -> Answer:
        """`/pick KEY N|d|t`: a button under a blank; one that belongs to an earlier blank only shows where we are."""
        book, one = self._current(talk)
        key, _, what = words.partition(" ")
        slot = book.slot(key)
        if slot is None or key != one.asking:
            return [self._show_current(talk, book, one)]
        options = [str(option) for option in check_of(slot).get("options", ())]
        if what == "d" and default_of(slot, talk.today) is not None:
            return [self._take(talk, book, one, slot, slot.default or "")]
        if what == "k" and key in one.answers:
            return [self._ask_next(talk, book, one)]
        spare = talk.state.get("spare", {})
        if what == "f" and spare.get("key") == key and spare.get("text"):
            del talk.state["spare"]
            if "before" in spare:
                self._untake(one, spare)
            one.answers[key] = spare["text"]
            return [self._ask_next(talk, book, one)]
        if what == "t":
            return [self._take(talk, book, one, slot, talk.today.isoformat())]
        if (place := number(what)) is not None and place < len(options):
            return [self._take(talk, book, one, slot, options[place])]
        return [self._show_current(talk, book, one)]

    def skip(self, talk: Talk, words: str) -> Answer:
        book, one = self._current(talk)
        slot = book.slot(one.asking or "")
        if slot is None or slot.required:
            return [self._show_current(talk, book, one, talk.say("fill.cannot_skip") if slot else "")]
        one.skipped.append(slot.key)
        one.answers.pop(slot.key, None)
        return [self._ask_next(talk, book, one)]

    def back(self, talk: Talk, words: str) -> Answer:
        """Back to the blank before; before the first one stands the card."""
        book, one = self._current(talk)
        trail = [key for key in one.asked if key != one.asking]
        if not trail:
            one.state = "saved"
            portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
            return [show_card(talk, shelf.get(talk.connection, talk.scope, book.id))]
        one.asked = trail[:-1]
        one.skipped = [key for key in one.skipped if key != trail[-1]]
        return [self._ask(talk, book, one, trail[-1])]

    def save(self, talk: Talk, words: str) -> Answer:
        book, one = self._current(talk)
        one.state = "saved"
        portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
        talk.state.clear()
        go_on = talk.choice("button.go_on", f"/resume {one.id}", title=clip(book.title.in_language(talk.language), 14))
        return [talk.reply("fill.saved", go_on, talk.choice("button.home", "/home"), to="form")]

    def cancel(self, talk: Talk, words: str) -> Answer:
        """Cancelling closes the form; what was typed stays under it, so that a slip of the thumb can be undone."""
        book, one = self._current(talk)
        one.state = "cancelled"
        portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
        talk.state.clear()
        return [
            talk.reply(
                "fill.cancelled",
                talk.choice("button.undo", f"/resume {one.id}"),
                talk.choice("button.home", "/home"),
                to="form",
            )
        ]

    def resume(self, talk: Talk, words: str) -> Answer:
        one = portfolio.get_form(talk.connection, talk.scope, words.strip())
        book = book_of(shelf.get(talk.connection, talk.scope, one.playbook_id, version=one.version))
        one.state = "open"
        talk.state.clear()
        talk.state.update({"topic": "fill", "form": one.id, "playbook": book.id})
        return [self._show_current(talk, book, one) if one.asking else self._ask_next(talk, book, one)]

    def edit(self, talk: Talk, words: str) -> Answer:
        """`/edit`: choose a blank to change; `/edit KEY`: ask it again."""
        book, one = self._current(talk)
        if words and book.slot(words):
            one.taken = [key for key in one.taken if key != words]
            return [self._ask(talk, book, one, words)]
        known = [
            slot
            for slot in book.slots
            if slot.key in one.answers or slot.key in one.skipped or default_of(slot, talk.today) is not None
        ]
        choices = [Choice(clip(slot.label.in_language(talk.language), 20), f"/edit {slot.key}") for slot in known]
        portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
        return [
            talk.reply("fill.which_to_change", *choices, talk.choice("button.back", "/overview"), to="form", columns=2)
        ]

    def overview(self, talk: Talk, words: str) -> Answer:
        book, one = self._current(talk)
        talk.state.pop("spare", None)
        return [self._ask_next(talk, book, one)]

    def done(self, talk: Talk, words: str) -> Answer:
        """All is there: hand over the whole prompt. What is still missing is asked instead."""
        book, one = self._current(talk)
        if self._next_slot(talk, book, one) is not None:
            return [self._ask_next(talk, book, one, talk.say("fill.not_yet"))]
        return hand_over(talk, book, one)

    # --- the form itself ---

    def _current(self, talk: Talk) -> tuple[Playbook, Form]:
        form_id = talk.state.get("form")
        if not form_id:
            raise ExpectedError("fill.nothing_open")
        one = portfolio.get_form(talk.connection, talk.scope, str(form_id))
        if one.state != "open":
            raise ExpectedError("fill.nothing_open")
        return book_of(shelf.get(talk.connection, talk.scope, one.playbook_id, version=one.version)), one

    def _next_slot(self, talk: Talk, book: Playbook, one: Form) -> Slot | None:
        for slot in book.slots:
            open_still = slot.key not in one.answers and slot.key not in one.skipped
            if open_still and (not one.quick or (slot.required and default_of(slot, talk.today) is None)):
                return slot
        return None

    def _ask_next(self, talk: Talk, book: Playbook, one: Form, remark: str = "") -> Reply:
        slot = self._next_slot(talk, book, one)
        if slot is None:
            return self._overview(talk, book, one, "fill.overview", remark)
        return self._ask(talk, book, one, slot.key, remark)

    def _show_current(self, talk: Talk, book: Playbook, one: Form, remark: str = "") -> Reply:
        if one.asking is None:
            return self._ask_next(talk, book, one, remark)
        return self._ask(talk, book, one, one.asking, remark, again=bool(remark))

    def _ask(self, talk: Talk, book: Playbook, one: Form, key: str, remark: str = "", *, again: bool = False) -> Reply:
        """Ask one blank; `again` is short: what is asked, with its example, was just said."""
        slot = book.slot(key)
        assert slot is not None
        one.asking = key
        if key not in one.asked:
            one.asked.append(key)
        portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
        needed = [s.key for s in book.slots if not one.quick or (s.required and default_of(s, talk.today) is None)]
        wanted = [s for s in book.slots if s.key in needed or s.key in one.answers or s.key == key]
        place = next(index for index, s in enumerate(wanted, 1) if s.key == key)
        buttons = answer_buttons(talk, slot)
        if len(one.asked) == 1 and not one.answers and not again:
            label = "button.paste_all_files" if self.taking.sees else "button.paste_all"
            buttons.append(talk.choice(label, "/paste"))
        spare = talk.state.get("spare", {})
        if spare.get("key") == key and spare.get("text"):
            label = str(spare.get("button", "button.use_for_blank"))
            buttons.insert(0, talk.choice(label, f"/pick {key} f", value=clip(spare["text"], 18)))
        if kept := one.answers.get(key):
            buttons.insert(
                0, talk.choice("button.keep_value", f"/pick {key} k", value=clip(kept.replace("\n", "；"), 18))
            )
        said = talk.reply(
            "fill.ask_again" if again else "fill.ask",
            *buttons,
            *ways_out(talk),
            to="form",
            columns=2,
            remark=f"{remark}\n\n" if remark else "",
            place=place,
            total=len(wanted),
            label=slot.label.in_language(talk.language),
            ask=slot.ask.in_language(talk.language),
            example=clip(slot.example, 160) if slot.example else "—",
        )
        return replace(said, asks_number=slot.kind in ("int", "number"))

    def _overview(self, talk: Talk, book: Playbook, one: Form, phrase: str, remark: str = "") -> Reply:
        one.asking = None
        portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
        lines = []
        for slot in book.slots:
            default = default_of(slot, talk.today) or ""
            value = one.answers.get(slot.key) or default
            mark = talk.say("fill.by_default") if slot.key not in one.answers and default else ""
            mark += unusual(talk, slot, value, one.answers) if slot.key in one.answers else ""
            lines.append(
                f"· {slot.label.in_language(talk.language)}："
                f"{clip(value.replace(chr(10), '；'), 48) or talk.say('fill.left_empty')}{mark}"
            )
        choices = (talk.choice("button.make", "/done"), talk.choice("button.change_one", "/edit"))
        text = "\n".join(lines)
        return talk.reply(
            phrase,
            *choices,
            *ways_out(talk),
            to="form",
            columns=2,
            remark=f"{remark}\n\n" if remark else "",
            lines=text,
        )

    def _take(self, talk: Talk, book: Playbook, one: Form, slot: Slot, answer: str) -> Reply:
        verdict = judge(slot, answer, one.answers, talk.today)
        talk.state.pop("spare", None)
        if isinstance(verdict, Refused):
            if (kept := as_it_is(verdict, answer)) is not None:
                button = f"button.use_{SOFT[verdict.reason]}"
                talk.state["spare"] = {"key": slot.key, "text": kept, "button": button}
            return self._ask(talk, book, one, slot.key, remark=refusal(talk, slot, verdict), again=True)
        one.answers[slot.key] = verdict.value
        one.skipped = [key for key in one.skipped if key != slot.key]
        return self._ask_next(talk, book, one)
