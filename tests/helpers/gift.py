"""A small reader of GIFT, written from Moodle's description of the format and from nothing of ours.

https://docs.moodle.org/en/GIFT_format: questions stand apart by a blank line; a line that begins with // is a comment;
`::name::`, then the text, then answers in braces; = begins a right one, ~ a wrong one, %n% right after it is a weight, #
begins an answer's feedback, #### that of the whole question. `~ = # { } :` mean themselves after a backslash, \\n is a line
break, \\\\ a backslash. A text may begin with its format: [html], [moodle], [plain] or [markdown].
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CONTROL = "~=#{}:"


class BadGift(Exception):
    """What no reader could make a question of."""


@dataclass(frozen=True)
class Answer:
    text: str
    is_right: bool
    feedback: str


@dataclass(frozen=True)
class GiftQuestion:
    name: str
    text: str
    answers: tuple[Answer, ...]
    feedback: str
    format: str


# A mark is a control character that controls; anything else is (the character, None).
Token = tuple[str, str | None]


def read_gift(source: str) -> list[GiftQuestion]:
    """All questions of multiple choice. Raises BadGift for anything else."""
    lines = source.split("\n")
    blocks = re.split(r"\n[ \t]*\n", "\n".join("" if line.lstrip().startswith("//") else line for line in lines))
    return [_question(_tokens(block.strip())) for block in blocks if block.strip()]


def _tokens(block: str) -> list[Token]:
    found: list[Token] = []
    chars = iter(block)
    for char in chars:
        if char != "\\":
            found.append((char, char if char in CONTROL else None))
            continue
        following = next(chars, "")
        if following in ("n", "\\") or following in CONTROL:
            found.append(("\n" if following == "n" else following, None))
        else:
            found += [("\\", None), (following, None)]
    return found


def _question(tokens: list[Token]) -> GiftQuestion:
    marks = "".join(mark or "." for _, mark in tokens)
    named = re.match("::(.*?)::", marks)
    name, after = (_text(tokens[2 : named.end() - 2]), named.end()) if named else ("", 0)
    braces = [place for place, mark in enumerate(marks) if mark in "{}" and place >= after]
    if "".join(marks[place] for place in braces) != "{}" or _text(tokens[braces[1] + 1 :]):
        raise BadGift(f"braces {braces} of {name!r}")
    kind, text = _formatted(tokens[after : braces[0]])
    inside, whole = tokens[braces[0] + 1 : braces[1]], ""
    place = marks[braces[0] + 1 : braces[1]].rfind("####")
    if place >= 0:
        inside, whole = inside[:place], _formatted(inside[place + 4 :])[1]
    return GiftQuestion(name, text, tuple(_answers(inside)), whole, kind)


def _answers(tokens: list[Token]) -> list[Answer]:
    begins = [place for place, (_, mark) in enumerate(tokens) if mark in ("=", "~")]
    if not begins or _text(tokens[: begins[0]]) or "~" not in (tokens[place][1] for place in begins):
        raise BadGift("no multiple choice")
    found = []
    for begin, end in zip(begins, [*begins[1:], len(tokens)], strict=True):
        one = tokens[begin + 1 : end]
        if re.match(r"%-?\d+(\.\d+)?%", "".join(char for char, _ in one)):
            raise BadGift("a weight, which nobody gave")
        hashes = [place for place, (_, mark) in enumerate(one) if mark == "#"]
        cut = hashes[0] if hashes else len(one)
        if len(hashes) > 1:
            raise BadGift("two feedbacks of one answer")
        text, feedback = _formatted(one[:cut])[1], _formatted(one[cut + 1 :])[1]
        found.append(Answer(text, tokens[begin][1] == "=", feedback))
    return found


def _formatted(tokens: list[Token]) -> tuple[str, str]:
    text = _text(tokens)
    format_ = re.match(r"\[(html|moodle|plain|markdown)\]", text)
    return (format_[1], text[format_.end() :].strip()) if format_ else ("", text)


def _text(tokens: list[Token]) -> str:
    return "".join(char for char, _ in tokens).strip()
