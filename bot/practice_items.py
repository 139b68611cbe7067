"""Everything that can be asked about a playbook: the authored items, and those made from its structure.

All of them take the form of an authored item, so that one topic shows and grades them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import factorial
from typing import Any

from bot.writing import made_writing
from curriculum.made_items import ClauseText, MadeItem, body_of, brief, made_items
from curriculum.mutants import KINDS, GoodText, Hunt, pieces_of, plant
from curriculum.practice_steps import Item
from curriculum.sentences import phrases as teaching
from foundation.phrasebook import Phrasebook
from knowledge.playbook import Option, Playbook, QuizItem, slots_in

TYPED_GUESS = 0.02  # learning.md: a typed blank
HUNT_PIECES, LONGEST_PIECE = 6, 60  # a hunt fits a phone's screen
HUNTED_SKILL = {
    "invented_spec": "sk-facts", "banned_phrase": "sk-compliance", "centimetres": "sk-rules", "doubled_keyword": "sk-keyword",
    "unsaid_claim": "sk-facts", "missing_stop": "sk-missing", "promise": "sk-compliance",
}  # fmt: skip
FREE_KINDS = ("compose", "transfer")
_MOST_BOOKS = 400
_known: dict[tuple[int, str], tuple[Playbook, dict[str, QuizItem]]] = {}


def items_of(book: Playbook, language: str, phrases: Phrasebook) -> Mapping[str, QuizItem]:
    """All items of a playbook by id, the authored ones first; remembered while the same book is in use."""
    key = (id(book), language)
    if key not in _known:
        if len(_known) >= _MOST_BOOKS:
            _known.clear()
        clauses = [
            ClauseText(
                c.key, c.name, c.skill, open_blanks(book, c.prompt, language), _bare(c.why), _bare(c.without), c.bad
            )
            for c in book.clauses
        ]
        made = [_from_made(one, clauses, language, phrases) for one in made_items(book.id, clauses)]
        written = made_writing(book, clauses, language, phrases)
        every = [*book.quiz, *made, *_hunts(book, language, phrases), *written]
        _known[key] = (book, {item.id: item for item in every})
    return _known[key][1]


def form_of(item: QuizItem) -> str:
    """How an item is answered: choice, order, blanks, lines, or free."""
    if item.kind == "mutant":
        return "lines"
    if item.kind == "order" and len(item.answer) > 1:
        return "order"
    if item.options:
        return "choice"
    return "blanks" if item.answer else "free"


def guess_of(item: QuizItem) -> float:
    """The chance of a right answer without knowing."""
    form = form_of(item)
    if form == "choice":
        return 1 / len(item.options)
    if form == "order":
        return 1 / factorial(len(item.answer))
    return {"lines": 1 / max(len(item.options), 2), "blanks": TYPED_GUESS}.get(form, 0.0)


def tutor_item(playbook_id: str, item: QuizItem) -> Item:
    """The item as the tutor knows it; ids are one playbook's own, so they carry its name."""
    return Item(f"{playbook_id}/{item.id}", item.skill, item.kind, guess_of(item), float(item.difficulty))


def why_item(playbook_id: str, clause: str, skill: str) -> Item:
    """The question why a clause is there."""
    return Item(f"{playbook_id}/why:{clause}", skill, "why", 1 / 3)


def _from_made(one: MadeItem, clauses: list[ClauseText], language: str, phrases: Phrasebook) -> QuizItem:
    clause = next(clause for clause in clauses if clause.key == one.clause)
    say = teaching().say
    values = dict(one.stem)
    if one.kind == "cloze":
        around = [say(f"made.{place}", language, name=values[place]) for place in ("before", "after") if values[place]]
        values["between"] = say("made.between", language, neighbours="，".join(around)) if around else ""
    item_id = one.id.partition(":")[2]
    common: dict[str, Any] = {"id": item_id, "kind": one.kind, "skill": one.skill, "segment": one.clause}
    stem = say(f"made.{one.kind}", language, **values)
    if one.kind == "order":
        letters = "abcdefgh"[: len(one.options)]
        stem += "\n" + "\n".join(f"{letter}) {text}" for letter, text in zip(letters, one.options, strict=True))
        answer = tuple(letters[place] for place in one.answer)
        ends = zip(("first", "last"), (one.answer[0], one.answer[-1]), strict=True)
        hints = tuple(phrases.say(f"practice.hint_{end}", language, name=one.options[place]) for end, place in ends)
        return QuizItem(**common, stem=stem, answer=answer, explain=one.explanation, hints=(*hints, " → ".join(answer)))
    right = one.options[one.answer[0]]
    hints = (
        phrases.say(f"practice.hint_{'point' if one.kind == 'which-segment' else 'about'}", language, name=clause.name),
        phrases.say("practice.hint_principle", language, why=brief(clause.why)),
        phrases.say("practice.hint_answer", language, answer=brief(right)),
    )
    if one.kind == "which-segment":
        hints = (phrases.say("practice.hint_point", language), *hints[1:])
    options = tuple(Option(text) for text in one.options)
    return QuizItem(**common, stem=stem, options=options, answer=(right,), explain=one.explanation, hints=hints)


def _hunts(book: Playbook, language: str, phrases: Phrasebook) -> list[QuizItem]:
    """One hunt for each kind of fault whose truth is beyond doubt in this playbook's good example."""
    kept = [
        piece
        for piece in pieces_of(book.expected)
        if 8 <= len(piece) <= LONGEST_PIECE and not re.search(r"\||^\W*#", piece)
    ]
    examples = {slot.key: slot.example for slot in book.slots}
    good = GoodText(
        text="\n".join(kept[: HUNT_PIECES - 1]),
        keyword=_first_keyword(examples),
        banned=_listed(examples.get("banned_terms", "")),
        may_not_say=_listed(examples.get("unproven_claims", "")),
        buyer="US" if examples.get("marketplace", "US") == "US" else "",
    )
    found = []
    if len(kept) >= 3:
        found += [_hunt(book, kind, plant(good, f"{book.id}{kind}", 1, (kind,)), language, phrases) for kind in KINDS]
    for clause in book.clauses:
        prompt = GoodText(text=open_blanks(book, body_of(clause.prompt), language), is_prompt=True)
        if 3 <= len(pieces_of(prompt.text)) <= HUNT_PIECES:
            hunt = plant(prompt, f"{book.id}{clause.key}", 1, ("missing_stop",))
            found.append(_hunt(book, f"missing_stop-{clause.key}", hunt, language, phrases))
            # As many without a fault: else "something is missing" would always be right.
            found.append(_hunt(book, f"missing_stop-{clause.key}-whole", plant(prompt, "", 0), language, phrases))
    return [item for item in found if item is not None]


def _hunt(book: Playbook, name: str, hunt: Hunt, language: str, phrases: Phrasebook) -> QuizItem | None:
    kind, is_whole = name.split("-")[0], name.endswith("-whole")
    if not hunt.faults and not is_whole:
        return None
    skills = {clause.skill for clause in book.clauses}
    skill = HUNTED_SKILL[kind] if HUNTED_SKILL[kind] in skills else book.clauses[-1].skill
    missing = phrases.say("practice.missing_piece", language)
    options = tuple(Option(piece.text or missing, misconception=piece.fault) for piece in hunt.pieces)
    wrong = tuple(option.text for option in options if option.misconception)
    fault, nothing = teaching().say(f"fault.{kind}", language), phrases.say("practice.no_fault", language)
    answer = brief(wrong[0]) if wrong else nothing
    hints = (
        phrases.say("practice.hunt_point", language),
        phrases.say("practice.hunt_principle", language, fault=fault),
        phrases.say("practice.hint_answer", language, answer=answer),
    )
    stem = phrases.say("practice.hunt", language)
    explain = phrases.say("practice.hunt_explain", language, fault=fault, piece=answer) if wrong else nothing
    return QuizItem(f"hunt:{name}", "mutant", skill, stem, options=options, answer=wrong, explain=explain, hints=hints)


def open_blanks(book: Playbook, prompt: str, language: str) -> str:
    """A clause with its blanks named as people know them."""
    for key in slots_in(prompt):
        slot = book.slot(key)
        prompt = prompt.replace("{{" + key + "}}", f"【{slot.label.in_language(language) if slot else key}】")
    return prompt


def _first_keyword(examples: Mapping[str, str]) -> str:
    words = _listed(examples.get("core_keywords", ""))
    return words[0].split(" ", 1)[-1] if words and words[0].startswith("K1") else ""


def _listed(text: str) -> tuple[str, ...]:
    """The items of an author's example list, without remarks in brackets."""
    parts = [
        part.split("（")[0].split("(")[0].strip() for part in text.replace("；", ";").replace("\n", ";").split(";")
    ]
    return tuple(part for part in parts if 2 < len(part) < 40)


def _bare(text: str) -> str:
    return text.replace("**", "").replace("`", "").strip()
