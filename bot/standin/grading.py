"""A grading request as a model reads it: the criteria and the answer of a first look, the pairs of a second."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Fits = Callable[[str, str], bool]  # criterion, piece of the answer
SHOWN_QUOTE = 60
_CRITERION = re.compile(r"^(c\d+)\. (.*)$", re.M)
_PAIR = re.compile(r"^(p\d+)\. 标准：(.*)\n==\w+==(.*)==\w+==", re.M)
_SENTENCE = re.compile(r"(?<=[。！？!?；;\n])|(?<=\.)(?!\d)")


@dataclass(frozen=True)
class Request:
    """`criteria` by their names with the `answer` they are asked about; or `pairs` of name, criterion and quote."""

    criteria: Mapping[str, str]
    answer: str = ""
    pairs: tuple[tuple[str, str, str], ...] = ()


def request_in(text: str) -> Request | None:
    """The grading that a message asks for; None where it asks for something else."""
    if pairs := _PAIR.findall(text):
        return Request({name: criterion for name, criterion, _ in pairs}, pairs=tuple(pairs))
    criteria = dict(_CRITERION.findall(text))
    if not criteria:
        return None
    return Request(criteria, text.rsplit("==\n", 2)[-2].rsplit("\n==", 1)[0])


def verdicts(asked: Request, fits: Fits) -> str:
    """What somebody says who reads: the first sentence that fits a criterion is its evidence."""
    if asked.pairs:
        return _json({name: fits(criterion, quote) for name, criterion, quote in asked.pairs})
    parts = [part.strip() for part in _SENTENCE.split(asked.answer) if part.strip()]
    quotes = {name: next((one for one in parts if fits(text, one)), "") for name, text in asked.criteria.items()}
    return _json({name: {"met": bool(quote), "quote": quote[:SHOWN_QUOTE]} for name, quote in quotes.items()})


def claims(asked: Request, quote: str, spared: Callable[[str], bool] = lambda criterion: False) -> str:
    """What somebody says who was told to find everything met; `spared` are the criteria that are left out."""
    met = {name: not spared(text) for name, text in asked.criteria.items()}
    return _json(met if asked.pairs else {name: {"met": one, "quote": quote} for name, one in met.items()})


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False)


def shares_words(criterion: str, quote: str) -> bool:
    """Whether two neighbouring characters or a word of the criterion stand in the quote; numbers must all stand there."""
    numbers = re.findall(r"[0-9a-f]{8}", criterion)
    if numbers:
        return all(number in quote for number in numbers)
    pieces = re.findall(r"[A-Za-z]{4,}", criterion) + [
        a + b for a, b in re.findall(r"(?=([\u4e00-\u9fff])([\u4e00-\u9fff]))", criterion)
    ]
    return sum(piece in quote for piece in set(pieces)) >= 2
