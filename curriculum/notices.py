"""What a person is to be told unasked: said by phrase in their language, put into the outbox by whoever speaks with people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection


@dataclass(frozen=True)
class Notice:
    """One thing to tell one person; `cause` is what it is said for, so that it is said once."""

    person_id: str
    cause: str
    kind: str  # assignment · reminder · answer · digest
    phrase: str
    values: Mapping[str, object]
    not_before: datetime
    choices: tuple[tuple[str, str], ...] = field(default=())  # (phrase of the label, words)
    also: tuple[str, ...] = ()  # phrases that follow the first, of what is not always there to say
    amends: bool = False  # said only in place of what waits unsaid for the same cause


# Whether it will be said: not what was told for this cause already, nor what was to amend something and found nothing.
Tell = Callable[[Connection, Notice], bool]
