"""What the screens around a form share: its playbook, the names of blanks, buttons under them, and refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.message import Choice
from bot.talk import Talk, clip
from curriculum.portfolio import PRODUCT_KEYS
from foundation.errors import ExpectedError
from knowledge.answers import MAX_ANSWER, Refused, Taken, check_of, default_of, judge
from knowledge.playbook import Playbook, Slot
from knowledge.shelf import Standing

# Refusals that a person may overrule, and how the answer is then marked: the prompt copes, and work is never held hostage.
SOFT = {
    "too_few": "less", "too_short": "less", "too_many": "more", "too_long": "more",
    "out_of_range": "outside", "above_limit": "outside",
}  # fmt: skip


def book_of(standing: Standing) -> Playbook:
    if standing.playbook is None:
        raise ExpectedError("card.not_ready")
    return standing.playbook


def label_of(book: Playbook, key: str, talk: Talk) -> str:
    slot = book.slot(key)
    return slot.label.in_language(talk.language) if slot else key


def still_good(book: Playbook, facts: object, talk: Talk) -> dict[str, str]:
    """What a product card holds for this playbook and still satisfies its blanks."""
    assert hasattr(facts, "items")
    good: dict[str, str] = {}
    for key, value in facts.items():
        slot = book.slot(key) if key in PRODUCT_KEYS else None
        if slot and not isinstance(verdict := judge(slot, str(value), good, talk.today), Refused):
            good[key] = verdict.value
    return good


def answer_buttons(talk: Talk, slot: Slot) -> list[Choice]:
    options = [str(option) for option in check_of(slot).get("options", ())]
    buttons = [Choice(clip(option, 30), f"/pick {slot.key} {index}") for index, option in enumerate(options[:12])]
    if default_of(slot, talk.today) is not None and slot.default not in options:
        buttons.append(
            talk.choice(
                "button.use_default",
                f"/pick {slot.key} d",
                value=clip(slot.default or "", 18) or talk.say("fill.left_empty"),
            )
        )
    if slot.kind == "date":
        buttons.append(talk.choice("button.today", f"/pick {slot.key} t"))
    if not slot.required:
        buttons.append(talk.choice("button.skip", "/skip"))
    return buttons


def agrees(talk: Talk, words: str) -> bool:
    """Whether words are a plain yes to what was shown, in either language."""
    said = words.strip().rstrip("。.!！~～ ")
    both = (talk.phrases.template("fill.yes_words", language) for language in ("zh-CN", "en"))
    return any(re.fullmatch(pattern, said, re.IGNORECASE) for pattern in both)


def ways_out(talk: Talk) -> tuple[Choice, ...]:
    return (
        talk.choice("button.back", "/back"),
        talk.choice("button.save", "/save"),
        talk.choice("button.cancel", "/cancel"),
    )


def sorted_out(
    talk: Talk, book: Playbook, values: Mapping[str, str], answers: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Of values found in a text those that can stand, and why the others cannot."""
    good: dict[str, str] = {}
    refused: list[str] = []
    for slot in book.slots:
        if slot.key not in values:
            continue
        verdict = judge(slot, values[slot.key], {**answers, **values}, talk.today)
        if (value := as_it_is(verdict, values[slot.key])) is not None:
            good[slot.key] = value
        elif isinstance(verdict, Refused):
            refused.append(refusal(talk, slot, verdict))
    return good, refused


def as_it_is(verdict: Taken | Refused, text: str) -> str | None:
    """What would stand in the blank if the person insisted; None where nothing can be made of it."""
    if isinstance(verdict, Taken):
        return verdict.value
    return (verdict.tidied or text.strip()) if verdict.reason in SOFT and len(text.strip()) <= MAX_ANSWER else None


def unusual(talk: Talk, slot: Slot, value: str, answers: Mapping[str, str]) -> str:
    """The mark behind a value that its person kept although the blank asks for another."""
    verdict = judge(slot, value, answers, talk.today)
    kind = SOFT.get(verdict.reason) if isinstance(verdict, Refused) else None
    return talk.say(f"fill.unusual_{kind}") if kind else ""


def refusal(talk: Talk, slot: Slot, refused: Refused) -> str:
    """Why an answer does not stand, with an example of one that would."""
    reason = talk.say(f"refused.{refused.reason}", **refused.values)
    label = slot.label.in_language(talk.language)
    return talk.say(
        "fill.doubted" if refused.reason in SOFT else "fill.refused",
        label=label,
        reason=reason,
        rule=slot.validate or "—",
        example=clip(slot.example, 80) or "—",
    )
