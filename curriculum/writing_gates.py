"""What code alone can say of a learner's own writing: gates before any grader, and the facts that bound its mark.

A gate that stops sends the text back to be written; one that does not lowers the most a mark may be (`cap`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from curriculum.grading import fold

LEAST_ANSWER, LEAST_CLAUSE, LEAST_PROMPT = 2, 8, 40  # Chinese characters, or words of another writing
SHINGLE = 8  # characters of a piece that is looked for in what may have been copied
COPIED, COPIED_OVER = 0.6, 0.85  # share of such pieces: for new writing, and for carrying over to a new case
PASS = 70  # of 100
CAP_FAILED, CAP_CLAIM = 40, 60  # the most for what fails by the rubric's own rule, and for a claim nobody may make
CAP_NO_BLANK = 60


@dataclass(frozen=True)
class Blank:
    """A blank the vetted text has and the learner's should have: any of these spellings will do."""

    label: str
    spellings: tuple[str, ...]


@dataclass(frozen=True)
class WritingTask:
    """What is asked for, and what it may not be copied from."""

    brief: str
    vetted: str = ""
    blanks: tuple[Blank, ...] = ()
    least: int = LEAST_CLAUSE  # words that an answer needs
    new_case: bool = False


@dataclass(frozen=True)
class Fault:
    """`kind` names the phrase (write.fault.<kind>), `values` fill it."""

    kind: str
    values: dict[str, str] = field(default_factory=dict, hash=False)
    stops: bool = False
    cap: int = 100


def faults(task: WritingTask, answer: str) -> list[Fault]:
    """What is wrong with an answer by form alone; one that stops stands alone."""
    found = next(_stopping(task, answer), None)
    return [found] if found else list(_lowering(task, answer))


def _stopping(task: WritingTask, answer: str) -> Iterator[Fault]:
    if not re.search(r"\w", answer):
        yield Fault("empty", stops=True)
    if (count := words(answer)) < task.least:
        yield Fault("short", {"count": str(count), "least": str(task.least)}, stops=True)
    if copied_share(answer, task.brief) >= COPIED:
        yield Fault("copied_brief", stops=True)
    if copied_share(answer, task.vetted) >= (COPIED_OVER if task.new_case else COPIED):
        yield Fault("copied_vetted", stops=True)


def _lowering(task: WritingTask, answer: str) -> Iterator[Fault]:
    missing = [blank.label for blank in task.blanks if not has_blank(blank, answer)]
    if missing and len(missing) * 2 > len(task.blanks):
        kept = len(task.blanks) - len(missing)
        cap = CAP_NO_BLANK + (100 - CAP_NO_BLANK) * kept // len(task.blanks)
        yield Fault("blanks", {"names": "、".join(missing[:3])}, cap=cap)


def words(text: str) -> int:
    """Chinese characters, and words of other writings."""
    return len(re.findall(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]+", text))


def copied_share(answer: str, source: str) -> float:
    """The share of the answer's pieces of eight characters that stand in the source too."""
    mine, theirs = _pieces(answer), _pieces(source)
    return len(mine & theirs) / len(mine) if mine else 0.0


def _pieces(text: str) -> set[str]:
    bare = re.sub(r"[\W_]+", "", re.sub(r"\{\{[^{}]{0,64}\}\}", "", fold(text)))
    return {bare[i : i + SHINGLE] for i in range(len(bare) - SHINGLE + 1)}


def has_blank(blank: Blank, answer: str) -> bool:
    """Whether the answer has a place for this blank: its key, its name or most of it, or a value of it."""
    text = fold(answer)
    for spelling in blank.spellings:
        wanted = fold(spelling)
        if wanted and wanted in text:
            return True
    pairs = {a + b for a, b in re.findall(r"(?=([\u3400-\u9fff])([\u3400-\u9fff]))", blank.label)}
    return len(pairs) >= 2 and sum(pair in text for pair in pairs) * 5 >= len(pairs) * 3


def capped(score: int, found: Sequence[Fault]) -> int:
    """A mark, no higher than the computed facts allow."""
    return min([score, *(one.cap for one in found)])
