"""Logs: ids and durations, never a person's words or a secret."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# What must never stand in a line, whoever wrote it: bot tokens, bearer keys, our own links and invitations.
_SECRETS = re.compile(
    r"\d{6,12}:[A-Za-z0-9_-]{20,}|(?i:bearer)\s+\S+|\bsk-[A-Za-z0-9_-]{12,}|\b(?:inv|in|key)_[A-Za-z0-9_-]{16,}"
)

_hidden: set[str] = set()  # secrets that came to be known after the handlers were set up


def hide(secrets: Iterable[str]) -> None:
    """From now on these stand in no line either."""
    _hidden.update(secret for secret in secrets if len(secret) >= 6)


class RedactingFilter(logging.Filter):
    """Blanks secrets in every record that passes, also in its traceback."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._known = [secret for secret in secrets if len(secret) >= 6]

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.clean(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.clean(record.exc_text)
        return True

    def clean(self, text: str) -> str:
        for secret in (*self._known, *_hidden):
            text = text.replace(secret, "***")
        return _SECRETS.sub("***", text)


@dataclass
class Trouble:
    """Trouble of one kind: one line when it begins and one when it is over, however often it is met in between."""

    log: logging.Logger
    begins: str
    ends: str
    is_on: bool = False

    def met(self, why: str = "") -> None:
        if not self.is_on:
            self.is_on = True
            self.log.error(self.begins + (f" ({why})" if why else ""))

    def over(self) -> None:
        if self.is_on:
            self.is_on = False
            self.log.warning(self.ends)


def set_up(secrets: Iterable[str] = (), level: int = logging.INFO, file: Path | None = None) -> None:
    """One handler (a file, or the error stream) with the redacting filter.

    httpx and httpcore, which log addresses with tokens, speak only from WARNING.
    """
    handler = logging.FileHandler(file, encoding="utf-8", delay=True) if file else logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(RedactingFilter(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("alembic", "httpx", "httpcore", "aiogram", "chromadb", "uvicorn.access", "openai", "httpx2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
