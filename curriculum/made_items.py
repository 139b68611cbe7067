"""Items made from a playbook's structure, without a model: what is right is true by construction.

Each clause says why it is there, what happens without it, and how a bad output looks; that is enough to ask which
clause does a thing, what breaks without it, which output came from a prompt that lacked it, where it stands, and to
leave it out. Stems are phrases; the options are the authors' own words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import factorial

OPTIONS = 3  # Rodriguez 2005
LONGEST_OPTION, LONGEST_STEM = 75, 110  # so that a question fits a phone's screen
ORDERED = 4
_HIDDEN = "＿＿"


@dataclass(frozen=True)
class ClauseText:
    """A clause of a prompt as its author wrote it."""

    key: str
    name: str
    skill: str
    prompt: str
    why: str = ""
    without: str = ""
    bad: str = ""


@dataclass(frozen=True)
class MadeItem:
    """A question: the stem's phrase (made.<kind>) with its values, options, the right ones, and why.

    `answer` holds places in `options`: one, or for `order` all of them in their order.
    """

    id: str
    kind: str
    skill: str
    clause: str
    stem: dict[str, str] = field(hash=False)
    options: tuple[str, ...] = ()
    answer: tuple[int, ...] = ()
    explanation: str = ""
    guess: float = 1 / OPTIONS


def made_items(playbook: str, clauses: Sequence[ClauseText]) -> list[MadeItem]:
    """Every item the clauses allow; the same clauses give the same items, under the same ids."""
    found: list[MadeItem | None] = []
    for clause in clauses:
        found += [
            _which_segment(playbook, clause, clauses),
            _what_breaks(playbook, clause, clauses),
            _source_prompt(playbook, clause, clauses),
            _cloze(playbook, clause, clauses),
        ]
    found += [_last_two(playbook, clauses), _order(playbook, clauses)]
    return [item for item in found if item is not None]


def _which_segment(playbook: str, clause: ClauseText, clauses: Sequence[ClauseText]) -> MadeItem | None:
    stem = {"why": brief(masked(clause.why, clause.name), LONGEST_STEM)}
    return _choice(playbook, "which-segment", clause, clauses, lambda one: one.name, stem, needs=clause.why)


def _what_breaks(playbook: str, clause: ClauseText, clauses: Sequence[ClauseText]) -> MadeItem | None:
    def text(one: ClauseText) -> str:
        return brief(masked(masked(one.without, one.name), clause.name))

    return _choice(playbook, "what-breaks", clause, clauses, text, {"name": clause.name}, needs=clause.without)


def _source_prompt(playbook: str, clause: ClauseText, clauses: Sequence[ClauseText]) -> MadeItem | None:
    def text(one: ClauseText) -> str:
        return brief(output_of(one.bad))

    return _choice(playbook, "source-prompt", clause, clauses, text, {"name": clause.name}, needs=clause.bad)


def _cloze(playbook: str, clause: ClauseText, clauses: Sequence[ClauseText]) -> MadeItem | None:
    place = list(clauses).index(clause)
    around = {
        "before": clauses[place - 1].name if place else "",
        "after": clauses[place + 1].name if place + 1 < len(clauses) else "",
        "why": brief(masked(clause.why, clause.name), LONGEST_STEM),
    }

    def text(one: ClauseText) -> str:
        return brief(body_of(one.prompt))

    return _choice(playbook, "cloze", clause, clauses, text, around, needs=clause.prompt)


def _choice(
    playbook: str,
    kind: str,
    clause: ClauseText,
    clauses: Sequence[ClauseText],
    text: Callable[[ClauseText], str],
    stem: dict[str, str],
    needs: str,
) -> MadeItem | None:
    """One right option and up to two of other clauses, of other skills first and as long as the right one."""
    right = text(clause).strip()
    if not needs.strip() or not right or not all(value.strip() for key, value in stem.items() if key == "name"):
        return None
    item = f"{playbook}:{kind}:{clause.key}"
    wrong: dict[str, ClauseText] = {}
    for one in clauses:
        words = text(one).strip()
        if one.key != clause.key and words and _bare(words) not in {_bare(right), *map(_bare, wrong)}:
            wrong[words] = one

    def closeness(words: str) -> tuple[bool, int, str]:
        return wrong[words].skill == clause.skill, abs(len(words) - len(right)) // 20, _mix(item, words)

    options = [right, *sorted(wrong, key=closeness)[: OPTIONS - 1]]
    if len(options) < 2:
        return None
    options.sort(key=lambda words: _mix(item, "order", words))
    explanation = clause.why or clause.without
    place = options.index(right)
    guess = 1 / len(options)
    return MadeItem(item, kind, clause.skill, clause.key, stem, tuple(options), (place,), explanation, guess)


def _last_two(playbook: str, clauses: Sequence[ClauseText]) -> MadeItem | None:
    """The last two clauses left out: they, they the wrong way round, or one of them beside a stranger."""
    if len(clauses) < 3:
        return None
    first, second = clauses[-2:]
    item = f"{playbook}:cloze:last-two"
    stranger = min(clauses[:-2], key=lambda one: _mix(item, one.key))
    pairs = [(first, second), (second, first), (stranger, second)]
    texts = [" → ".join(brief(body_of(one.prompt), LONGEST_OPTION // 2) for one in pair) for pair in pairs]
    has_words = all(_bare(one.prompt) for one in (first, second, stranger))
    if not has_words or len({_bare(text) for text in texts}) < len(pairs):
        return None
    options = sorted(texts, key=lambda words: _mix(item, words))
    stem = {"before": clauses[-3].name, "after": "", "why": ""}
    explanation = f"{first.why}\n{second.why}".strip()
    place = options.index(texts[0])
    return MadeItem(item, "cloze", second.skill, second.key, stem, tuple(options), (place,), explanation)


def _order(playbook: str, clauses: Sequence[ClauseText]) -> MadeItem | None:
    """Some clauses in a row, to be put in their order."""
    names = [clause.name.strip() for clause in clauses]
    if len(clauses) < 3 or len(set(names)) < len(names) or not all(names):
        return None
    item = f"{playbook}:order:all"
    count = min(ORDERED, len(clauses))
    start = int(_mix(item), 16) % (len(clauses) - count + 1)
    right = names[start : start + count]
    options = sorted(right, key=lambda name: _mix(item, name))
    if options == right:
        options.reverse()
    middle = clauses[start + count // 2]
    answer = tuple(options.index(name) for name in right)
    return MadeItem(
        item, "order", middle.skill, middle.key, {}, tuple(options), answer, " → ".join(right), 1 / factorial(count)
    )


def brief(text: str, longest: int = LONGEST_OPTION) -> str:
    """The text for a phone: its first sentences, or cut with an ellipsis."""
    plain = re.sub(r"\s+", " ", text).strip()
    if len(plain) <= longest:
        return plain
    cut = plain[:longest]
    end = max(cut.rfind(mark) for mark in "。；！？!?;")
    return cut[: end + 1] if end >= longest // 2 else cut.rstrip() + "…"


def body_of(prompt: str) -> str:
    """A clause without its heading, which would name it."""
    kept = [line for line in prompt.splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(kept) if any(_bare(line) for line in kept) else prompt


def output_of(bad: str) -> str:
    """A bad output without its author's remark in brackets, which would explain it."""
    kept = [line for line in bad.splitlines() if not re.fullmatch(r"\s*[（(].*[）)]\s*", line)]
    return "\n".join(kept) if any(_bare(line) for line in kept) else bad


def masked(text: str, name: str) -> str:
    """The text without the name it would give away."""
    return text.replace(name, _HIDDEN) if len(name.strip()) > 1 else text


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _mix(*words: str) -> str:
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()
