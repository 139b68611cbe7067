"""The teaching core's sentences for people, from the phrases beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from curriculum.mastery import Estimate
from foundation.phrasebook import Phrasebook


@lru_cache(1)
def phrases() -> Phrasebook:
    """Read once, at first use."""
    return Phrasebook.read(Path(__file__).parent / "phrases")


def probability(value: float) -> str:
    """A chance as mentors write it: .74, never rounded to certainty."""
    return f"{min(max(value, 0.01), 0.99):.2f}"[1:]


def stem_words(kind: str, stem: Mapping[str, str], language: str) -> str:
    """The question of a made item."""
    sides = [side for side in ("before", "after") if stem.get(side)]
    neighbours = ", ".join(phrases().say(f"made.{side}", language, name=stem[side]) for side in sides)
    between = phrases().say("made.between", language, neighbours=neighbours) if neighbours else ""
    values = {"why": "", "name": ""} | dict(stem) | {"between": between}
    return phrases().say(f"made.{kind}", language, **values).strip()


def flag_words(reason: str, value: float, language: str) -> str:
    """Why an owner should look at an item; the option concerned, if any, stands behind a colon in the reason."""
    return phrases().say(f"flag.{reason.partition(':')[0]}", language, value=f"{value:.2f}")


def day_name(day: date, today: date, language: str) -> str:
    """ "tomorrow", the weekday within six days, else the date."""
    ahead = (day - today).days
    if ahead <= 1:
        return phrases().say("day.tomorrow" if ahead == 1 else "day.today", language)
    if ahead <= 6:
        return phrases().say(f"day.{day.weekday()}", language)
    return phrases().say("day.date", language, year=day.year, month=day.month, day=day.day)


def change_sentence(
    expected: float,
    outcome: str,
    skill: str,
    before: Estimate,
    after: Estimate,
    due: date | None,
    today: date,
    language: str,
) -> str:
    """What one answer changed: "预期 62%，答对了；「约束」从 .21 升到 .74（可能 .58–.86）；下次复习周四"."""
    say = phrases().say
    following = say("mentor.nothing_next", language)
    if due is not None:
        following = say("mentor.next", language, day=day_name(due, today, language))
    mastery = mastery_words(skill, before, after, language)
    return say("mentor.change", language, expected=f"{expected:.0%}", outcome=outcome, mastery=mastery, next=following)


def mastery_words(skill: str, before: Estimate, after: Estimate, language: str) -> str:
    """The move of one skill; before three answers no number stands alone."""
    say = phrases().say
    if not after.is_shown:
        return say("mentor.early", language, skill=skill, answers=after.answers)
    was, now = probability(before.mean), probability(after.mean)
    moved = "level" if was == now else "up" if after.mean > before.mean else "down"
    words = {"before": was, "after": now, "low": probability(after.low), "high": probability(after.high)}
    return say("mentor.moved", language, skill=skill, moved=say(f"mentor.{moved}", language), **words)
