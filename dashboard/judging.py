"""What a mentor sees of an answer, and the marks a tap can give, in the chat as on the page."""

from __future__ import annotations

from dataclasses import dataclass

from curriculum.desk import Card

MARKS = (0, 50, 100)
FINE_MARKS = (0, 25, 50, 75, 100)  # for writing, marked before anything of the grader's is seen


def marks_for(card: Card) -> tuple[int, ...]:
    """The marks that a card offers; none where there is nothing to mark."""
    return (FINE_MARKS if "grading" in card.subject else MARKS) if card.can_be_marked else ()


@dataclass(frozen=True)
class Judged:
    """The question behind an answer, what was said and what is right; each empty where it is not known any more."""

    title: str = ""
    question: str = ""
    given: str = ""
    right: str = ""
