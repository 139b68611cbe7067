"""What the screens around a form share: its playbook, the names of blanks, buttons under them, and refusals."""

from __future__ import annotations

from bot.message import Choice
from bot.talk import Talk, clip
from curriculum.portfolio import PRODUCT_KEYS
from foundation.errors import ExpectedError
from knowledge.answers import Refused, check_of, default_of, judge
from knowledge.playbook import Playbook, Slot
from knowledge.shelf import Standing


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


def ways_out(talk: Talk) -> tuple[Choice, ...]:
    return (
        talk.choice("button.back", "/back"),
        talk.choice("button.save", "/save"),
        talk.choice("button.cancel", "/cancel"),
    )


def refusal(talk: Talk, slot: Slot, refused: Refused) -> str:
    """Why an answer does not stand, with an example of one that would."""
    reason = talk.say(f"refused.{refused.reason}", **refused.values)
    label = slot.label.in_language(talk.language)
    return talk.say(
        "fill.refused", label=label, reason=reason, rule=slot.validate or "—", example=clip(slot.example, 80) or "—"
    )
