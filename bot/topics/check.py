"""Checking a text with the trade's rulers: what was counted, what was found, and by which fact."""

from __future__ import annotations

from bot.message import Choice, Reply
from bot.talk import Answer, Talk, clip
from bot.topics.home import pause
from foundation.errors import NotFound
from knowledge import shelf
from knowledge.rulers.asking import request_in
from knowledge.rulers.asking import wants_checking as wants_checking
from knowledge.rulers.rulers import MAX_TEXT, RULERS, rule
from knowledge.rulers.ruling import ERROR, Finding, Measure, Ruling

SHOWN = 8  # findings in one message: more is not read on a phone
TOPIC = "checking"


def check(talk: Talk, words: str) -> Answer:
    """`/ruler [ID] [TEXT]`, or free words that bring a text to be checked."""
    first, _, rest = words.strip().partition(" ")
    if first in RULERS:
        payload = rest.strip() or str(talk.state.get("checked", ""))
        return _rule(talk, first, payload) if payload else _ask_for_text(talk, first)
    asked = request_in(words)
    if asked is None:
        return _ask_which(talk, tuple(RULERS), words.strip())
    if asked.ruler is None:
        return _ask_which(talk, asked.candidates or tuple(RULERS), asked.payload)
    return _rule(talk, asked.ruler, asked.payload)


def said(talk: Talk, words: str) -> Answer | None:
    """The text that was asked for; what asks for a check of its own is taken as that."""
    ruler_id = str(talk.state.get("ruler", ""))
    if ruler_id not in RULERS or not words.strip():
        return None
    asked = request_in(words)
    return check(talk, words) if asked and asked.ruler else _rule(talk, ruler_id, words.strip())


def _ask_for_text(talk: Talk, ruler_id: str) -> list[Reply]:
    _begin(talk)
    talk.state.update({"topic": TOPIC, "ruler": ruler_id})
    name = RULERS[ruler_id].names.in_language(talk.language)
    checks = RULERS[ruler_id].checks.in_language(talk.language)
    return [talk.reply("check.paste", talk.choice("button.home", "/home"), ruler=name, checks=checks)]


def _ask_which(talk: Talk, candidates: tuple[str, ...], payload: str) -> list[Reply]:
    _begin(talk)
    if payload:
        talk.state["checked"] = payload[:MAX_TEXT]
    named = [Choice(RULERS[one].names.in_language(talk.language), f"/ruler {one}") for one in candidates]
    return [talk.reply("check.which", *named, talk.choice("button.home", "/home"), to="check", columns=2)]


def _rule(talk: Talk, ruler_id: str, payload: str) -> list[Reply]:
    _begin(talk)
    if len(payload) > MAX_TEXT:
        return [talk.reply("check.too_long", talk.choice("button.home", "/home"), max=MAX_TEXT, length=len(payload))]
    talk.state["checked"] = payload
    ruling = rule(ruler_id, payload)
    found = sorted(ruling.findings, key=lambda one: one.level != ERROR)
    told = [one for one in ruling.measures if one.limit is not None or not one.ok or one.name == "reading_seconds"]
    lines = [_measure(talk, one) for one in told]
    # The same mark five times is one thing to mend.
    findings = list(dict.fromkeys(_finding(talk, one) for one in found))
    lines += findings[:SHOWN] or [talk.say("check.clean")]
    if len(findings) > SHOWN:
        lines.append(talk.say("check.more", count=len(findings) - SHOWN))
    name = RULERS[ruler_id].names.in_language(talk.language)
    verdict = talk.say("check.passed" if ruling.passed else "check.failed")
    reply = talk.reply(
        "check.result", *_next(talk, ruling), to="check", ruler=name, verdict=verdict, lines="\n".join(lines)
    )
    return [reply]


def _begin(talk: Talk) -> None:
    """Leave what was open without losing it; the text looked at last stays at hand."""
    pause(talk)
    kept = {key: value for key, value in talk.state.items() if key == "checked"}
    talk.state.clear()
    talk.state.update(kept)


def _measure(talk: Talk, one: Measure) -> str:
    limit = talk.say("check.limit", limit=one.limit) if one.limit is not None else ""
    key = "check.measure_ok" if one.ok else "check.measure_bad"
    return talk.say(key, name=one.label.in_language(talk.language), value=one.value, limit=limit)


def _finding(talk: Talk, one: Finding) -> str:
    source = talk.say("check.source", fact=one.fact, grade=talk.say(f"grade.{one.grade}")) if one.fact else ""
    message = clip(one.message.in_language(talk.language), 180)
    return talk.say("check.error" if one.level == ERROR else "check.advice", message=message, source=source)


def _next(talk: Talk, ruling: Ruling) -> list[Choice]:
    """The playbook that goes with the ruler, another ruler, home."""
    choices = [talk.choice("check.another", "/ruler"), talk.choice("button.home", "/home")]
    for playbook_id in RULERS[ruling.ruler].playbooks:
        try:
            standing = shelf.get(talk.connection, talk.scope, playbook_id, drafts=talk.member.team_is_demo)
        except NotFound:
            continue
        title = clip(standing.title(talk.language), 18)
        return [talk.choice("check.use", f"/use {standing.id}", title=title), *choices]
    return choices
