"""A clock that is handed in and moves only when a test moves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MORNING = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # half past nine in Shanghai


@dataclass
class HandClock:
    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float = 7) -> None:
        self.now += timedelta(seconds=seconds)
