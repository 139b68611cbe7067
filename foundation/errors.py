"""Foreseen errors: each names a phrase, so that the person is told what to do in their own language."""

from __future__ import annotations


class ZhiranError(Exception):
    """The root of all errors the project raises on purpose."""


class ExpectedError(ZhiranError):
    """Something a person can mend; `key` names the phrase that tells them how, `values` fill it."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class BadSetting(ZhiranError):
    """A setting that cannot be used; the message names the key and the mend in one line, never the value of a secret."""


class NotFound(ZhiranError):
    """Nothing under this id in this scope; what exists elsewhere is not told apart from what does not exist."""


class DatabaseAway(ZhiranError):
    """The database cannot be used for the moment (away, locked, full): nothing was begun that cannot be tried again."""
