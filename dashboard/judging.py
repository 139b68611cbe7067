"""What a mentor sees of an answer, and the marks a tap can give, in the chat as on the page."""

from __future__ import annotations

from dataclasses import dataclass

MARKS = (0, 50, 100)
FINE_MARKS = (0, 25, 50, 75, 100)  # for writing, marked before anything of the grader's is seen


@dataclass(frozen=True)
class Judged:
    """The question behind an answer, what was said and what is right; each empty where it is not known any more."""

    title: str = ""
    question: str = ""
    given: str = ""
    right: str = ""
