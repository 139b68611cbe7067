"""`/reminders`: when to be reminded, when never, how long practice may take, or not at all."""

from __future__ import annotations

from typing import Any

from bot.message import Choice, Reply
from bot.talk import Answer, Talk, number
from curriculum.learning_settings import LONG, SHORT, change_settings, settings_of
from curriculum.reviews import snoozed
from foundation.clock import zone
from foundation.errors import ExpectedError

HOURS = (8, 9, 12, 18, 20, 21)
QUIET = ((22, 8), (23, 7), (20, 9))


def reminders(talk: Talk, words: str) -> Answer:
    """`/reminders [on | off | snooze | hour H | quiet FROM TO | minutes N]`."""
    what, *numbers = words.split() or [""]
    values = [value for one in numbers if (value := number(one)) is not None]
    person_id, connection = talk.person.id, talk.connection
    if what in ("on", "off"):
        change_settings(connection, person_id, is_on=what == "on", snoozed_until=None)
    elif what == "snooze":
        quiet = settings_of(connection, person_id).quiet
        change_settings(connection, person_id, snoozed_until=snoozed(talk.now, zone(talk.person.zone), quiet=quiet))
    elif what == "hour":
        change_settings(connection, person_id, hour=_hour(values, 1)[0], is_on=True, snoozed_until=None)
    elif what == "quiet":
        start, end = _hour(values, 2)
        change_settings(connection, person_id, quiet_from=start, quiet_to=end)
    elif what == "minutes" and values[:1] in ([SHORT], [LONG]):
        change_settings(connection, person_id, minutes=values[0])
    return [_shown(talk)]


def _hour(values: list[int], count: int) -> list[int]:
    if len(values) != count or not all(0 <= value <= 23 for value in values):
        raise ExpectedError("remind.bad_hour")
    return values


def _shown(talk: Talk) -> Reply:
    chosen = settings_of(talk.connection, talk.person.id)
    state = talk.say("remind.on", hour=f"{chosen.hour:02d}:00") if chosen.is_on else talk.say("remind.off")
    if chosen.is_on and chosen.snoozed_until is not None and chosen.snoozed_until > talk.now:
        local = chosen.snoozed_until.astimezone(zone(talk.person.zone))
        state = talk.say("remind.snoozed", at=f"{local:%m-%d %H:%M}")
    hours = [Choice(f"{hour:02d}:00", f"/reminders hour {hour}") for hour in HOURS]
    quiet = [Choice(f"🌙 {start}–{end}", f"/reminders quiet {start} {end}") for start, end in QUIET]
    other = SHORT if chosen.minutes == LONG else LONG
    last = (
        talk.choice("remind.snooze", "/reminders snooze"),
        talk.choice("remind.turn_off", "/reminders off")
        if chosen.is_on
        else talk.choice("remind.turn_on", "/reminders on"),
        talk.choice("remind.minutes", f"/reminders minutes {other}", minutes=other),
        talk.choice("button.zone", "/zone"),
        talk.choice("button.home", "/home"),
    )
    told: dict[str, Any] = {
        "quiet": f"{chosen.quiet_from:02d}:00–{chosen.quiet_to:02d}:00",
        "minutes": chosen.minutes,
        "zone": talk.person.zone,
    }
    return talk.reply("remind.text", *hours, *quiet, *last, to="remind", columns=3, state=state, **told)
