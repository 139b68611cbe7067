"""What the trade's rulers say of a model's output, as rows that can be kept and lines that can be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.talk import Talk, clip
from knowledge.playbook import Playbook

SHOWN = 6


def judge_output(book: Playbook, values: Mapping[str, str], output: str) -> list[dict[str, Any]]:
    """Findings and measures that do not hold, errors first; an empty list where the playbook names no ruler.

    What a ruler should have measured and could not find is an error too: no finding there is no all-clear.
    """
    if not book.rulers:
        return []
    from knowledge.rulers.outputs import not_measured, rulings_of_output
    from knowledge.rulers.rulers import RULERS

    found: list[dict[str, Any]] = []
    for ruler_id in not_measured(book, output):
        asked = RULERS[ruler_id].names
        missing: dict[str, Any] = {
            "zh": f"没按格式给，找不到要量的部分：{asked.zh}",
            "en": f"Not in the format asked for; nothing to measure: {asked.en}",
        }
        found.append({"ruler": ruler_id, "level": "error", "text": "", "fact": "", "missing": True} | missing)
    for ruling in rulings_of_output(book, values, output):
        for measure in ruling.measures:
            if not measure.ok:
                names = {"zh": measure.label.zh or measure.name, "en": measure.label.en or measure.name}
                found.append(
                    {"ruler": ruling.ruler, "level": "error", "value": measure.value, "limit": measure.limit} | names
                )
        for one in ruling.findings:
            said = {"zh": one.message.zh, "en": one.message.en or one.message.zh}
            found.append({"ruler": ruling.ruler, "level": one.level, "text": one.text, "fact": one.fact} | said)
    return sorted(found, key=lambda one: one["level"] != "error")


def lines_of(talk: Talk, findings: Sequence[Mapping[str, Any]], book: Playbook | None = None) -> str:
    """The findings as short lines, the first few of them; a playbook without a ruler is never given an all-clear."""
    if book is not None and not book.rulers:
        return talk.say("run.no_ruler")
    language = "en" if talk.language.startswith("en") else "zh"
    lines = [_line(one, language) for one in findings[:SHOWN]]
    if len(findings) > SHOWN:
        lines.append(talk.say("run.more_findings", count=len(findings) - SHOWN))
    return "\n".join(lines) if lines else talk.say("run.no_findings")


def _line(one: Mapping[str, Any], language: str) -> str:
    mark = "✘" if one["level"] == "error" else "·"
    if "value" in one:
        return f"{mark} {one[language]} {one['value']} / {one['limit']}"
    fact = f"（{one['fact']}）" if one.get("fact") else ""
    piece = f"「{clip(str(one['text']), 24)}」" if one["text"] else ""
    return f"{mark} {clip(str(one[language]), 60)}{piece}{fact}"
