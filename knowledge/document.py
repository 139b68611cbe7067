"""The playbook document: Markdown with a YAML head, read into a Playbook and written back unchanged in meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from foundation.documents import Fields, Names, Part, Reader, text_of, trimmed
from knowledge.playbook import (
    ITEM_KINDS,
    SLOT_KINDS,
    Clause,
    Criterion,
    HardFail,
    Option,
    Playbook,
    QuizItem,
    Rubric,
    Section,
    Slot,
    Source,
)

STATUSES = ("draft", "in review", "vetted", "retired", "gold")
_CLAUSE_HEADING = re.compile(r"^### 段 \d+ · (?P<key>[a-z_-]+) · (?P<name>.+?)\s*〔技能：(?P<skill>[\w-]*)〕\s*$")
_WHY, _WITHOUT = "**为什么有这一段**：", "**没有它会怎样**："


def read_file(path: Path) -> Playbook:
    """Read a playbook file. Raises DocumentError, also for a file too large or not UTF-8."""
    return read(text_of(path), path.name)


def read(text: str, name: str = "playbook.md") -> Playbook:
    """Read a playbook from its text. Raises DocumentError with every fault found."""
    reader = Reader(text, name)
    fields, parts = reader.opened()
    found = _playbook(reader, fields, parts)
    if reader.problems or found is None:
        raise reader.stop()
    return found


def _playbook(reader: Reader, head: Fields, parts: list[Part]) -> Playbook | None:
    sections = {part.heading[:1]: part for part in parts if re.match(r"\d\. ", part.heading)}
    for number, what in enumerate(
        ("things to know", "clauses", "a filled example", "vague against full", "rubric", "quiz", "going further")
    ):
        if str(number) not in sections:
            reader.fault(parts[-1].line, f"section {number}", f"missing: {what}", f"add a heading `## {number}. …`")
    if reader.problems:
        return None
    clauses, usage = _clauses(reader, sections["1"])
    rubric_intro, rubric_text, rubric_line = _yaml_block(reader, sections["4"], "rubric")
    quiz_intro, quiz_text, quiz_line = _yaml_block(reader, sections["5"], "quiz")
    if reader.problems:
        return None
    return Playbook(
        id=head.text("id"),
        version=head.text("version"),
        title=head.names("title"),
        stage=head.text("stage", ""),
        status=head.one_of("status", STATUSES),
        difficulty=head.number("difficulty", 1),
        skills=head.texts("skills"),
        slots=tuple(_slot(fields) for fields in head.each("slots")),
        clauses=clauses,
        primer=_section(sections["0"]),
        clauses_heading=sections["1"].heading,
        usage=usage,
        example=_section(sections["2"]),
        contrast=_section(sections["3"]),
        rubric_section=Section(sections["4"].heading, rubric_intro),
        rubric=_rubric(reader, rubric_text, rubric_line),
        quiz_section=Section(sections["5"].heading, quiz_intro),
        quiz=_quiz(reader, quiz_text, quiz_line),
        further=_section(sections["6"]),
        platforms=head.texts("platforms"),
        language={str(k): str(v) for k, v in head.mapping("language").items()},
        prerequisites=head.texts("prerequisites"),
        owner=head.text("owner", ""),
        updated=head.day("updated"),
        review_by=head.day("review_by"),
        review_trigger=head.texts("review_trigger"),
        sources=tuple(Source(fields.text("fact"), fields.text("use", "")) for fields in head.each("sources")),
        model_hints=head.mapping("model_hints"),
        sample_questions=head.texts("sample_questions"),
        need=head.names("need", ""),
        pitfall=head.text("pitfall", ""),
        not_for=head.text("not_for", ""),
        rulers=head.texts("rulers"),
    )


def _section(part: Part) -> Section:
    return Section(part.heading, part.body)


def _slot(fields: Fields) -> Slot:
    english = fields.mapping("en")
    return Slot(
        key=fields.text("key"),
        label=Names(fields.text("label"), str(english.get("label") or "")),
        kind=fields.one_of("type", SLOT_KINDS),
        required=fields.flag("required"),
        example=fields.text("example", ""),
        default=fields.text("default", "") if fields.data.get("default") is not None else None,
        validate=fields.text("validate", ""),
        ask=Names(fields.text("ask", ""), str(english.get("ask") or "")),
        check=fields.mapping("check"),
    )


def _clauses(reader: Reader, part: Part) -> tuple[tuple[Clause, ...], str]:
    chunks: list[tuple[int, str, list[str]]] = []
    usage: list[str] = []
    fenced = False
    for offset, line in enumerate(part.body.split("\n"), start=part.line + 1):
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("### ") and not fenced:
            chunks.append((offset, line, []))
        elif chunks:
            chunks[-1][2].append(line)
        else:
            usage.append(line)
    clauses = [_clause(reader, at, heading, "\n".join(lines)) for at, heading, lines in chunks]
    if not clauses:
        reader.fault(part.line, "clauses", "no clause", "add `### 段 1 · role · 角色 〔技能：sk-role〕`")
    return tuple(clause for clause in clauses if clause), trimmed("\n".join(usage))


def _clause(reader: Reader, line: int, heading: str, body: str) -> Clause | None:
    found = _CLAUSE_HEADING.match(heading)
    if not found:
        reader.fault(line, "clause", "heading not understood", "write `### 段 1 · role · 角色 〔技能：sk-role〕`")
        return None
    prompt, before = _fenced(body, "prompt")
    if prompt is None:
        reader.fault(
            line, f"clause {found['key']}", "has no ```prompt block", "add the clause's words in a ```prompt block"
        )
        return None
    bad, prose = _fenced(before, "bad")
    why, without = _after(prose, _WHY, _WITHOUT), _after(prose, _WITHOUT, None)
    return Clause(found["key"], found["name"], found["skill"], prompt, why, without, bad or "")


def _fenced(text: str, kind: str) -> tuple[str | None, str]:
    """The first fenced block of a kind, and the text without it."""
    found = re.search(rf"(?ms)^```{kind}[ \t]*\n(.*?)^```[ \t]*$", text)
    if not found:
        return None, text
    return found.group(1).rstrip("\n"), text[: found.start()] + text[found.end() :]


def _after(prose: str, mark: str, until: str | None) -> str:
    if mark not in prose:
        return ""
    rest = prose.split(mark, 1)[1]
    return trimmed(rest.split(until, 1)[0] if until else rest)


def _yaml_block(reader: Reader, part: Part, kind: str) -> tuple[str, str, int]:
    found = re.search(rf"(?ms)^```yaml {kind}[ \t]*\n(.*?)^```[ \t]*$", part.body)
    if not found:
        reader.fault(part.line, kind, f"no ```yaml {kind} block", f"add one under `## {part.heading}`")
        return "", "", part.line
    # The body was trimmed: find the block's true line in the document.
    at = reader.text.find("```yaml " + kind)
    return trimmed(part.body[: found.start()]), found.group(1), reader.text.count("\n", 0, at) + 2


def _rubric(reader: Reader, text: str, line: int) -> Rubric:
    loaded = reader.yaml(text, line, "rubric")
    if not isinstance(loaded.data, dict):
        reader.fault(line, "rubric", "is not a mapping", "write total, pass, excellent, criteria")
        return Rubric(0, 0, 0, ())
    fields = Fields(reader, loaded, loaded.data, line - 1)
    return Rubric(
        total=fields.number("total", 100),
        passing=fields.number("pass", 70),
        excellent=fields.number("excellent", 90),
        applies_to=fields.text("applies_to", ""),
        judge_notes=fields.text("judge_notes", ""),
        hard_fail=tuple(
            HardFail(f.text("id"), f.text("rule", ""), f.text("pattern"), f.text("unless", ""))
            for f in fields.each("hard_fail")
        ),
        criteria=tuple(_criterion(f) for f in fields.each("criteria")),
    )


def _criterion(fields: Fields) -> Criterion:
    return Criterion(
        id=fields.text("id"),
        name=fields.text("name"),
        skill=fields.text("skill", ""),
        points=fields.number("points"),
        full=fields.text("full", ""),
        half=fields.text("half", ""),
        zero=fields.text("zero", ""),
        signals=fields.mapping("signals"),
    )


def _quiz(reader: Reader, text: str, line: int) -> tuple[QuizItem, ...]:
    loaded = reader.yaml(text, line, "quiz")
    if not isinstance(loaded.data, dict):
        reader.fault(line, "quiz", "is not a mapping", "write `items:` and one `- id: …` each")
        return ()
    return tuple(_item(f) for f in Fields(reader, loaded, loaded.data, line - 1).each("items"))


def _item(fields: Fields) -> QuizItem:
    answer = fields.data.get("answer")
    return QuizItem(
        id=fields.text("id"),
        kind=fields.one_of("type", ITEM_KINDS),
        skill=fields.text("skill", ""),
        segment=fields.text("segment", ""),
        difficulty=fields.number("difficulty", 0),
        stem=fields.text("stem"),
        options=_options(fields),
        answer=fields.texts("answer")
        if isinstance(answer, list)
        else ((fields.text("answer"),) if answer is not None else ()),
        accept=_accept(fields),
        keys=fields.texts("answer_keys"),
        explain=fields.text("explain", ""),
        hints=fields.texts("hints"),
    )


def _options(fields: Fields) -> tuple[Option, ...]:
    options: list[Option] = []
    for index, one in enumerate(fields.data.get("options") or []):
        if isinstance(one, dict):
            sub = Fields(fields.reader, fields.loaded, one, fields.first, *fields.path, "options", index)
            options.append(Option(sub.text("text"), sub.text("explain", ""), sub.text("misconception", "")))
        elif one is None or isinstance(one, list):
            fields.fault("options", "each option must be a text or a mapping", "write `- {text: …, explain: …}`")
        else:
            options.append(Option(str(one)))
    return tuple(options)


def _accept(fields: Fields) -> tuple[tuple[str, ...], ...]:
    value = fields.data.get("accept") or []
    if not isinstance(value, list):
        fields.fault("accept", "must be a list of lists", "write `accept: [[a, b], [c]]`")
        return ()
    return tuple(tuple(str(v) for v in one) if isinstance(one, list) else (str(one),) for one in value)


# --- writing ---------------------------------------------------------------------------------------------------------


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(playbook: Playbook) -> str:
    """The playbook as a document; reading it again gives an equal playbook."""
    sections = [
        _write_section(playbook.primer),
        f"## {playbook.clauses_heading}\n\n{playbook.usage}\n\n" + "\n\n".join(_write_clauses(playbook.clauses)),
        _write_section(playbook.example),
        _write_section(playbook.contrast),
        _write_section(playbook.rubric_section) + f"\n\n```yaml rubric\n{_dump(_rubric_data(playbook.rubric))}```",
        _write_section(playbook.quiz_section)
        + f"\n\n```yaml quiz\n{_dump({'items': [_item_data(i) for i in playbook.quiz]})}```",
        _write_section(playbook.further),
    ]
    return f"---\n{_dump(_head_data(playbook))}---\n\n# {playbook.title.zh}\n\n" + "\n\n---\n\n".join(sections) + "\n"


def _dump(data: Any) -> str:
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=4096)


def _write_section(section: Section) -> str:
    return f"## {section.heading}\n\n{section.body}".rstrip()


def _write_clauses(clauses: Sequence[Clause]) -> list[str]:
    return [
        f"### 段 {number} · {c.key} · {c.name} 〔技能：{c.skill}〕\n\n```prompt\n{c.prompt}\n```\n\n"
        f"{_WHY}{c.why}\n\n{_WITHOUT}{c.without}\n\n```bad\n{c.bad}\n```"
        for number, c in enumerate(clauses, start=1)
    ]


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in (None, "", [], {}, ())}


def _names_data(names: Names) -> Any:
    return {"zh": names.zh, "en": names.en} if names.en else names.zh


def _head_data(p: Playbook) -> dict[str, Any]:
    required = {"id": p.id, "title": _names_data(p.title)}
    return required | _without_empty(
        {
            "stage": p.stage,
            "platforms": list(p.platforms),
            "language": dict(p.language),
            "difficulty": p.difficulty,
            "prerequisites": list(p.prerequisites),
            "skills": list(p.skills),
            "status": p.status,
            "version": p.version,
            "owner": p.owner,
            "updated": p.updated,
            "review_by": p.review_by,
            "review_trigger": list(p.review_trigger),
            "need": _names_data(p.need),
            "pitfall": p.pitfall,
            "not_for": p.not_for,
            "rulers": list(p.rulers),
            "sources": [{"fact": s.fact, "use": s.use} for s in p.sources],
            "slots": [_slot_data(slot) for slot in p.slots],
            "model_hints": dict(p.model_hints),
            "sample_questions": list(p.sample_questions),
        }
    )


def _slot_data(slot: Slot) -> dict[str, Any]:
    english = _without_empty({"label": slot.label.en, "ask": slot.ask.en})
    data = {"key": slot.key, "label": slot.label.zh, "type": slot.kind, "required": slot.required}
    data |= _without_empty(
        {"example": slot.example, "validate": slot.validate, "ask": slot.ask.zh, "check": dict(slot.check)}
    )
    if slot.default is not None:
        data["default"] = slot.default
    return data | ({"en": english} if english else {})


def _rubric_data(r: Rubric) -> dict[str, Any]:
    return {
        "total": r.total,
        "pass": r.passing,
        "excellent": r.excellent,
        "applies_to": r.applies_to,
        "hard_fail": [_without_empty(vars(h)) for h in r.hard_fail],
        "criteria": [vars(c) | {"signals": dict(c.signals)} for c in r.criteria],
        "judge_notes": r.judge_notes,
    }


def _item_data(i: QuizItem) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": i.id,
        "type": i.kind,
        "skill": i.skill,
        "segment": i.segment,
        "difficulty": i.difficulty,
    }
    data["stem"] = i.stem
    if i.options:
        data["options"] = [_without_empty(vars(o)) for o in i.options]
    if i.answer:
        data["answer"] = list(i.answer)
    if i.accept:
        data["accept"] = [list(one) for one in i.accept]
    if i.keys:
        data["answer_keys"] = list(i.keys)
    return data | {"explain": i.explain, "hints": list(i.hints)}
