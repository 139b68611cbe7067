"""Lint: what a playbook must satisfy before a human vets it; each problem names file, line, field and the mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import re2

from foundation.documents import DocumentError, Problem, text_of
from knowledge.answers import Refused, check_of, judge
from knowledge.document import read
from knowledge.linting import Ground as Ground
from knowledge.linting import Lint
from knowledge.playbook import Playbook, QuizItem, slots_in
from knowledge.quality import example_rulings, floors, unwritten

CHOICE_KINDS = ("which-segment", "what-breaks", "pick-better")
RULERS = ("amazon-title", "amazon-highlights", "search-terms", "spoken-script", "claims", "profit", "units")
# A door shows one reason or question in one message: Telegram takes 4,096 UTF-16 units, framing takes some.
MAX_CARD, MAX_OPTION, MAX_ID = 3_500, 120, 32
_FACT_ID = re.compile(r"F-[A-Z]{2,5}-\d{2}")
_CHECK_KEYS = {
    "options", "min", "max", "min_items", "max_items", "min_chars", "max_chars", "max_age_days", "at_most", "pattern", "or_zero",
}  # fmt: skip


def check_file(path: Path, ground: Ground) -> tuple[Playbook | None, list[Problem]]:
    """Read and lint one file; a file that cannot be read gives its problems and no playbook."""
    try:
        text = text_of(path).replace("\r\n", "\n")
        playbook = read(text, path.name)
    except DocumentError as error:
        return None, list(error.problems)
    return playbook, check(playbook, text, path.name, ground)


def check(playbook: Playbook, text: str, name: str, ground: Ground) -> list[Problem]:
    """All problems of one playbook, in the order of the document."""
    lint = Lint(playbook, text, name, ground)
    problems = [problem for rule in _RULES for problem in rule(lint)]
    return sorted(problems, key=lambda problem: problem.line)


def _identity(lint: Lint) -> Iterator[Problem]:
    p = lint.playbook
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", p.id) or len(p.id) > MAX_ID:
        yield lint.error(
            "id:", "id", f"{p.id!r} is not a short name", f"use a–z, 0–9 and -, at most {MAX_ID} characters"
        )
    if not re.fullmatch(r"\d+\.\d+\.\d+", p.version):
        yield lint.error("version:", "version", f"{p.version!r} is not a version", "write it as 1.0.0")
    if p.status != "retired" and p.review_by and p.review_by < lint.ground.today:
        yield lint.error(
            "review_by:", "review_by", f"the review date {p.review_by} has passed", "check the facts and set a new date"
        )
    if p.review_by is None:
        yield lint.error("updated:", "review_by", "no review date", "add `review_by: 2027-02-22`")
    for other in p.prerequisites:
        if other not in lint.ground.playbooks:
            yield lint.error(
                "prerequisites:", "prerequisites", f"unknown playbook {other!r}", "use an id of the library"
            )
    for ruler in p.rulers:
        if ruler not in RULERS:
            yield lint.error("rulers:", "rulers", f"unknown ruler {ruler!r}", f"use: {', '.join(RULERS)}")
    if len(p.primer_points) != 3:
        yield lint.warning(p.primer.heading, "section 0", f"{len(p.primer_points)} things to know", "give three")


def _skills(lint: Lint) -> Iterator[Problem]:
    p = lint.playbook
    used = [("skills", s) for s in p.skills] + [(f"clause {c.key}", c.skill) for c in p.clauses]
    used += [(f"quiz {i.id}", i.skill) for i in p.quiz] + [
        (f"rubric {c.id}", c.skill) for c in p.rubric.criteria if c.skill
    ]
    for field, skill in used:
        if skill not in lint.ground.skills:
            yield lint.error(
                skill or field, field, f"unknown skill {skill!r}" if skill else "no skill", "use an id of skills.yaml"
            )


def _facts(lint: Lint) -> Iterator[Problem]:
    p, declared = lint.playbook, set(lint.playbook.facts)
    for fact_id in dict.fromkeys(_FACT_ID.findall(lint.text)):
        fact = lint.ground.facts.get(fact_id)
        if fact is None:
            yield lint.error(fact_id, "sources", f"unknown fact {fact_id}", "use an id of facts.yaml")
        elif fact.is_expired(lint.ground.today):
            yield lint.error(
                fact_id, "sources", f"{fact_id} was due for review on {fact.expires()}", "check it and renew its date"
            )
        elif fact_id not in declared:
            yield lint.error(
                fact_id,
                "sources",
                f"{fact_id} is used but not declared",
                f"add `- {{fact: {fact_id}, use: …}}` to sources",
            )
    for prompt_fact in dict.fromkeys(_FACT_ID.findall(p.prompt)):
        known = lint.ground.facts.get(prompt_fact)
        if known is not None and known.grade == "V":
            yield lint.error(
                prompt_fact, "prompt", f"{prompt_fact} is unverified", "make it a blank that the operator fills"
            )


def _slots(lint: Lint) -> Iterator[Problem]:
    p = lint.playbook
    keys = [slot.key for slot in p.slots]
    for key in {k for k in keys if keys.count(k) > 1}:
        yield lint.error(f"key: {key}", f"slot {key}", "stands twice", "keep one")
    for clause in p.clauses:
        for key in slots_in(clause.prompt):
            if key not in keys:
                yield lint.error(
                    "{{" + key,
                    f"clause {clause.key}",
                    f"unknown blank {{{{{key}}}}}",
                    "declare it under slots, or mend the name",
                )
    for slot in p.slots:
        field = f"slot {slot.key}"
        if slot.key not in slots_in(p.prompt):
            yield lint.error(f"key: {slot.key}", field, "is never used", "use it in a clause or remove it")
        if len(slot.key) > 32:
            yield lint.error(f"key: {slot.key}", field, "its key is longer than 32", "shorten it")
        if not slot.ask.zh:
            yield lint.error(f"key: {slot.key}", field, "no `ask`", "say what is asked and why, in one sentence")
        yield from _slot_check(lint, slot.key, field)


def _slot_check(lint: Lint, key: str, field: str) -> Iterator[Problem]:
    p, slot = lint.playbook, lint.playbook.slot(key)
    assert slot is not None
    for name in set(slot.check) - _CHECK_KEYS:
        yield lint.error(f"key: {key}", field, f"unknown check {name!r}", f"use: {', '.join(sorted(_CHECK_KEYS))}")
    options = slot.check.get("options")
    for option in options if isinstance(options, list) else ():
        if len(str(option)) > 30:
            yield lint.error(
                f"key: {key}", field, f"option {option!r} is too long for a button", "at most 30 characters"
            )
    if wrong := _wrong_kind(slot.check):
        yield lint.error(
            f"key: {key}",
            field,
            f"check {wrong} has a value of the wrong kind",
            "numbers for bounds, a list for options",
        )
        return
    pattern = slot.check.get("pattern")
    if pattern and (fault := pattern_fault(str(pattern))):
        yield lint.error(f"key: {key}", field, fault, "write it without look-around and back-references")
        return
    bound = slot.check.get("at_most")
    if isinstance(bound, Mapping) and p.slot(str(bound.get("slot"))) is None:
        yield lint.error(
            f"key: {key}", field, f"at_most names an unknown blank {bound.get('slot')!r}", "use a slot key"
        )
    today = lint.ground.today
    for what, value in (("default", slot.default), ("example", slot.example)):
        rows = slot.kind in ("list", "table") and what == "example"  # an example may show one row of many
        if value and not rows and slot.kind != "date" and isinstance(verdict := judge(slot, value, {}, today), Refused):
            yield lint.error(
                f"key: {key}", field, f"its {what} {value!r} fails its own check ({verdict.reason})", "mend one of them"
            )


def _wrong_kind(check: Mapping[str, object]) -> str | None:
    """The name of a check whose value cannot be what it means, or None."""
    for name, value in check.items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        good = {
            "options": isinstance(value, list),
            "pattern": isinstance(value, str),
            "or_zero": isinstance(value, bool),
        }
        good["at_most"] = isinstance(value, Mapping) and isinstance(value.get("minus", 0), (int, float))
        if name in _CHECK_KEYS and not good.get(name, is_number):
            return name
    return None


def _clauses(lint: Lint) -> Iterator[Problem]:
    p = lint.playbook
    keys = [clause.key for clause in p.clauses]
    for key in {k for k in keys if keys.count(k) > 1}:
        yield lint.error(f"· {key} ·", f"clause {key}", "stands twice", "give each clause its own key")
    for c in p.clauses:
        field, where = f"clause {c.key}", f"· {c.key} ·"
        for name, value, mend in (
            ("prompt", c.prompt, "write the clause's words in the ```prompt block"),
            ("why", c.why, "add **为什么有这一段**：…"),
            ("without", c.without or _without_by_example(lint, where, c.bad), "add **没有它会怎样**：…"),
            ("bad", c.bad, "add a ```bad block with a concrete bad output"),
        ):
            if not value.strip():
                yield lint.error(where, field, f"missing {name}", mend)
        if len(c.why) + len(c.without) + len(c.bad) > MAX_CARD:
            yield lint.error(
                where,
                field,
                f"its reason is longer than {MAX_CARD} characters",
                "shorten it: a door shows it in one message",
            )


def _without_by_example(lint: Lint, where: str, bad: str) -> str:
    """What goes wrong may be said by the bad output alone, under its heading."""
    chunk = lint.text.partition(where)[2].partition("\n### ")[0]
    return bad if "**没有它会怎样**" in chunk else ""


def _example(lint: Lint) -> Iterator[Problem]:
    p = lint.playbook
    if not p.expected:
        yield lint.error(p.example.heading, "section 2", "no ```good block", "show what the filled prompt should give")
    values = p.example_values
    for slot in p.slots:
        value = values.get(slot.key, "")
        if slot.required and not value:
            yield lint.warning(
                p.example.heading, "section 2", f"the example does not fill {slot.key}", "add a row `| key | value |`"
            )
        elif value and check_of(slot) and slot.kind != "date" and not _wrong_kind(slot.check):
            verdict = judge(slot, value, values, lint.ground.today)
            if isinstance(verdict, Refused) and value.strip("（）()") not in ("空", "无", "留空"):
                yield lint.warning(
                    value[:30],
                    "section 2",
                    f"{slot.key} fails its check ({verdict.reason})",
                    "mend the value or the check",
                )
    if not p.vague:
        yield lint.warning(p.contrast.heading, "section 3", "no ```prompt-vague block", "show the offhand ask")


def _rubric(lint: Lint) -> Iterator[Problem]:
    r = lint.playbook.rubric
    points = sum(criterion.points for criterion in r.criteria)
    if points != r.total:
        yield lint.error("total:", "rubric", f"points add up to {points}, not {r.total}", "mend the points")
    if not 0 < r.passing <= r.excellent <= r.total:
        yield lint.error("pass:", "rubric", "pass ≤ excellent ≤ total does not hold", "mend the thresholds")
    for fail in r.hard_fail:
        for name, pattern in (("pattern", fail.pattern), ("unless", fail.unless)):
            if pattern and (fault := pattern_fault(pattern)):
                yield lint.error(
                    pattern[:20], f"rubric {fail.id}.{name}", fault, "write it without look-around and back-references"
                )
    for criterion in r.criteria:
        for name, pattern in _signal_patterns(criterion.signals):
            if fault := pattern_fault(pattern):
                yield lint.error(
                    pattern[:20],
                    f"rubric {criterion.id}.{name}",
                    fault,
                    "write it without look-around and back-references",
                )


def _signal_patterns(signals: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name in ("any", "all", "none"):
        values = signals.get(name) or ()
        if isinstance(values, Sequence) and not isinstance(values, str):
            yield from ((f"signals.{name}", str(pattern)) for pattern in values)
    count = signals.get("require_count")
    if isinstance(count, Mapping):
        yield "signals.require_count", str(count.get("pattern", ""))


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern is refused, or None; RE2 is linear in time, and refuses what it cannot match so."""
    try:
        options = re2.Options()
        options.log_errors = False
        re2.compile(pattern, options)
    except re2.error as error:
        return f"pattern not usable in linear time: {str(error)[:60]}"
    return None


def _quiz(lint: Lint) -> Iterator[Problem]:
    p = lint.playbook
    ids = [item.id for item in p.quiz]
    for item_id in {i for i in ids if ids.count(i) > 1}:
        yield lint.error(f"id: {item_id}", f"quiz {item_id}", "stands twice", "give each item its own id")
    for item in p.quiz:
        yield from _item(lint, item)
    for kind in ("which-segment", "what-breaks", "cloze", "order", "spot-the-flaw", "pick-better", "transfer"):
        if kind not in {item.kind for item in p.quiz}:
            yield lint.warning("yaml quiz", "quiz", f"no item of type {kind}", "add one")
    covered = {item.segment for item in p.quiz} | {""}
    for clause in p.clauses:
        if clause.key not in covered:
            yield lint.warning(
                f"· {clause.key} ·", "quiz", f"no item about clause {clause.key}", "add one with `segment:`"
            )


def _item(lint: Lint, item: QuizItem) -> Iterator[Problem]:
    field, where = f"quiz {item.id}", f"id: {item.id}"
    texts = [option.text for option in item.options]
    if len(item.id) > 8:
        yield lint.error(where, field, "its id is longer than 8", "shorten it")
    if item.segment and lint.playbook.clause(item.segment) is None:
        yield lint.error(where, field, f"unknown segment {item.segment!r}", "use the key of a clause")
    if not item.explain and not all(option.explain for option in item.options):
        yield lint.error(where, field, "no explanation", "a bare tick teaches nothing: add `explain`")
    if texts and len(set(texts)) != len(texts):
        yield lint.error(where, field, "an option stands twice", "make each option different")
    if item.kind in CHOICE_KINDS and not texts:
        yield lint.error(where, field, "no options", "give three")
    if texts and item.kind != "order" and (len(item.answer) != 1 or item.answer[0] not in texts):
        yield lint.error(
            where, field, "the answer is not among the options", "copy the right option's text into `answer`"
        )
    if item.kind == "order":
        yield from _order(lint, item, field, where)
    if item.kind == "cloze" and not texts:
        yield from _cloze(lint, item, field, where)
    if not item.answer and not item.keys:
        yield lint.error(where, field, "neither answer nor answer_keys", "say what is right")
    if len(item.stem) + sum(map(len, texts)) > MAX_CARD or any(len(text) > MAX_OPTION for text in texts):
        yield lint.error(where, field, f"too long for a door (option ≤ {MAX_OPTION}, all ≤ {MAX_CARD})", "shorten it")


def pieces(stem: str) -> dict[str, str]:
    """The lettered pieces of an order question: {"a": "写候选", …} from "a 写候选；b 列清单。"."""
    found = re.findall(r"(?:^|[：:；;，,。\s（(])([a-h])[ .、．)）]\s*([^；;\n]+)", stem)
    return {letter: text.strip(" 。；;") for letter, text in found}


def _order(lint: Lint, item: QuizItem, field: str, where: str) -> Iterator[Problem]:
    letters = pieces(item.stem) or dict.fromkeys(item.answer, "")
    if len(item.answer) < 3 or sorted(item.answer) != sorted(letters):
        yield lint.error(
            where,
            field,
            f"the order {list(item.answer)} is no permutation of {sorted(letters)}",
            "name each piece once",
        )


def _cloze(lint: Lint, item: QuizItem, field: str, where: str) -> Iterator[Problem]:
    blanks = len(re.findall(r"_{2,}", item.stem))
    if blanks != len(item.answer):
        yield lint.error(
            where, field, f"{blanks} blanks but {len(item.answer)} answers", "write one ____ for each answer"
        )
    if item.accept and len(item.accept) != len(item.answer):
        yield lint.error(where, field, "accept does not match the answers", "one list of variants for each blank")


_RULES: tuple[Callable[[Lint], Iterator[Problem]], ...] = (
    _identity, _skills, _facts, _slots, _clauses, _example, _rubric, _quiz, floors, example_rulings, unwritten,
)  # fmt: skip
