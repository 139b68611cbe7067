"""All rulers by id, and the one function that applies one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from foundation.documents import Names
from knowledge.facts import LIBRARY
from knowledge.rulers import amazon_highlights, amazon_title, claims, profit, search_terms, spoken_script, tables, units
from knowledge.rulers.ruling import Options, Ruler, Ruling

MAX_TEXT = 20_000  # characters; nothing the rulers are for is longer
_APPLY: Mapping[str, Callable[[str, Options], Ruling]] = {
    "amazon-title": amazon_title.apply,
    "amazon-highlights": amazon_highlights.apply,
    "search-terms": search_terms.apply,
    "spoken-script": spoken_script.apply,
    "claims": claims.apply,
    "profit": profit.apply,
    "units": units.apply,
}
_HEAD_RULERS = re.compile(r"(?m)^rulers:\s*\[([^\]\n]*)\]")


class UnknownRuler(KeyError):
    """No ruler has this id."""


def rule(ruler_id: str, text: str, options: Options = {}) -> Ruling:  # noqa: B006  (only read)
    """Apply a ruler; options it does not know are ignored. Raises UnknownRuler, or ValueError for a text too long."""
    if ruler_id not in _APPLY:
        raise UnknownRuler(ruler_id)
    if len(text) > MAX_TEXT:
        raise ValueError(f"longer than {MAX_TEXT} characters")
    return _APPLY[ruler_id](text, options)


class _Rulers(Mapping[str, Ruler]):
    """The rulers, read from the tables at first use."""

    def __getitem__(self, ruler_id: str) -> Ruler:
        return _rulers()[ruler_id]

    def __iter__(self) -> Iterator[str]:
        return iter(_APPLY)

    def __len__(self) -> int:
        return len(_APPLY)


RULERS: Mapping[str, Ruler] = _Rulers()


@cache
def _rulers() -> Mapping[str, Ruler]:
    used = _used_by()
    found = {}
    for ruler_id, told in tables.tables()["rulers"].items():
        names, checks = (Names(told[key]["zh"], told[key]["en"]) for key in ("names", "checks"))
        found[ruler_id] = Ruler(
            ruler_id,
            names,
            checks,
            tuple(told["facts"]),
            tuple(sorted(used.get(ruler_id, ()), key=lambda one: (one != told["playbook"], one))),
            tuple(told["options"]),
            _APPLY[ruler_id],
        )
    return found


def _used_by() -> Mapping[str, tuple[str, ...]]:
    """The playbooks of the library that name each ruler in their head; the one it belongs to comes first."""
    used: dict[str, tuple[str, ...]] = {}
    for path in sorted(LIBRARY.glob("*.md")):
        with path.open(encoding="utf-8") as file:
            named = _HEAD_RULERS.search(file.read(16_000))
        for ruler_id in re.split(r"\s*,\s*", named[1].strip()) if named else ():
            used[ruler_id] = (*used.get(ruler_id, ()), path.stem)
    return used
