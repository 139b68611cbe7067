"""The token that Telegram refuses (revoked, mistyped): the operator reads so in one line, whoever here meets it first."""

from __future__ import annotations

import logging

from foundation.logs import Trouble

REFUSED = (
    "ZHIRAN_TELEGRAM_TOKEN is refused by Telegram: get another from @BotFather (/token), set it and start again;"
    " until then what is to be said there waits, and nothing is lost"
)
PAUSE = 60.0  # seconds until Telegram is asked whether it takes the token after all


def refusal() -> Trouble:
    """One for a program: door and courier speak with the same token."""
    return Trouble(logging.getLogger(__name__), REFUSED, "Telegram takes the token again")
