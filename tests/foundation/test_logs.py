"""Logs: no secret, whoever wrote it and wherever in the record it stands."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import logs
from foundation.logs import RedactingFilter

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz0123456"
SECRETS = {
    "bot token": TOKEN,
    "model key": "sk-abcdef0123456789abcdef",
    "invitation": "inv_QmFzZTY0VG9rZW5IZXJl",
    "sign-in link": "in_QmFzZTY0VG9rZW5IZXJl",
    "known": "operators-own-word",
}


@pytest.fixture
def written() -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter([SECRETS["known"]]))
    log = logging.Logger("test")
    log.addHandler(handler)
    return log, stream


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("place", ["message", "argument", "address", "traceback", "dict", "header"])
def test_a_secret_stands_in_no_line(written: tuple[logging.Logger, io.StringIO], kind: str, place: str) -> None:
    log, stream = written
    secret = SECRETS[kind]
    match place:
        case "message":
            log.error("failed with " + secret)
        case "argument":
            log.error("failed with %s", secret)
        case "address":
            log.error(f"POST https://api.example/{'bot' if kind == 'bot token' else ''}%s/sendMessage", secret)
        case "dict":
            log.error("%(what)s", {"what": secret})
        case "header":
            log.error("authorization: Bearer %s", secret)
        case _:
            try:
                raise ValueError(f"refused {secret}")
            except ValueError:
                log.exception("failed")
    assert secret not in stream.getvalue() and "***" in stream.getvalue()


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_known_secret_goes_wherever_it_stands(before: str, after: str) -> None:
    assert "operators-own-word" not in RedactingFilter(["operators-own-word"]).clean(
        before + "operators-own-word" + after
    )


def test_ordinary_lines_stay_as_they_are() -> None:
    line = "turn 0f3a9c12 of 5d41402abc4b2a76b9719d911017c592 at telegram failed after 0.312 s"
    assert RedactingFilter(["operators-own-word"]).clean(line) == line


def test_secrets_that_come_later_are_hidden_too() -> None:
    logs.hide(["learned-in-the-night"])
    assert RedactingFilter().clean("x learned-in-the-night y") == "x *** y"
