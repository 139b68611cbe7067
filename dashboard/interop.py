"""What comes in and goes out for other programs: roster, xAPI, GIFT, QTI 2.2, Anki, and all answers as CSV."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

import sqlalchemy as sa
from sqlalchemy import Connection

from curriculum.tables import answer, membership, person
from dashboard.cells import as_csv
from foundation.errors import ExpectedError, NotFound
from foundation.scope import Scope
from knowledge import shelf
from knowledge.playbook import Playbook, QuizItem

MAX_PEOPLE = 500
_ROLES = {
    "": "trainee",
    "学员": "trainee",
    "带教": "mentor",
    "负责人": "lead",
    "trainee": "trainee",
    "mentor": "mentor",
    "lead": "lead",
}


def read_roster(content: bytes) -> list[tuple[str, str, str]]:
    """Name, role, cohort of each line of a CSV. Raises ExpectedError naming the line that cannot be read."""
    if len(content) > 200_000:
        raise ExpectedError("board.roster_too_long")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
    rows = [
        [field.strip() for field in row] for row in csv.reader(io.StringIO(text)) if any(field.strip() for field in row)
    ]
    if rows and rows[0][0].casefold() in ("name", "姓名", "名字"):
        rows = rows[1:]
    if not rows or len(rows) > MAX_PEOPLE:
        raise ExpectedError("board.roster_too_long")
    read = []
    for number, row in enumerate(rows, 1):
        name, role, cohort, *_ = [*row, "", ""]
        if not name or len(name) > 80 or role.casefold() not in _ROLES or len(cohort) > 60:
            raise ExpectedError("board.roster_line", number=number)
        read.append((name, _ROLES[role.casefold()], cohort))
    return read


def _rows(connection: Connection, scope: Scope) -> Iterator[sa.Row[Any]]:
    if not scope.may("lead", "owner"):
        raise NotFound("answers")
    here = (
        (membership.c.person_id == answer.c.person_id)
        & (membership.c.team_id == scope.team_id)
        & membership.c.left_at.is_(None)
    )
    joined = answer.join(person, person.c.id == answer.c.person_id).join(membership, here)
    query = (
        sa.select(answer, person.c.name)
        .select_from(joined)
        .where(answer.c.team_id == scope.team_id)
        .order_by(answer.c.at, answer.c.id)
    )
    yield from connection.execute(query.execution_options(yield_per=2_000))


def xapi(connection: Connection, scope: Scope, address: str) -> bytes:
    """Statements of xAPI 1.0.3: who answered what, with score, once each (the id is made of the answer's own)."""
    home = address or "https://zhiran.invalid"
    statements = []
    for row in _rows(connection, scope):
        result: dict[str, Any] = {"score": {"scaled": round(row.score, 4)}, "response": row.given[:500]}
        if row.correct is not None:
            result["success"] = bool(row.correct)
        if row.seconds is not None and row.seconds >= 0:
            result["duration"] = f"PT{row.seconds:.2f}S"
        statements.append(
            {
                "id": str(uuid5(NAMESPACE_URL, f"{home}/answer/{row.id}")),
                "actor": {
                    "objectType": "Agent",
                    "name": row.name or "—",
                    "account": {"homePage": home, "name": row.person_id},
                },
                "verb": {
                    "id": "http://adlnet.gov/expapi/verbs/answered",
                    "display": {"en-US": "answered", "zh-CN": "回答了"},
                },
                "object": {
                    "objectType": "Activity",
                    "id": f"{home}/item/{row.playbook_id}/{row.version}/{row.item_id}".replace(" ", "%20"),
                    "definition": {
                        "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                        "interactionType": "other",
                    },
                },
                "result": result,
                "context": {
                    "registration": str(uuid5(NAMESPACE_URL, f"{home}/team/{row.team_id}/learner/{row.person_id}")),
                    "platform": "Zhiran",
                    "extensions": {f"{home}/skill": row.skill},
                },
                "timestamp": row.at.isoformat(),
            }
        )
    return json.dumps(statements, ensure_ascii=False, indent=1).encode()


def answers_csv(connection: Connection, scope: Scope, address: str) -> bytes:
    names = (
        "at",
        "playbook_id",
        "version",
        "item_id",
        "kind",
        "skill",
        "clause",
        "given",
        "score",
        "correct",
        "self_check",
        "misconception",
        "hints",
    )
    more = ("confidence", "purpose", "seconds", "door")
    rows = ([row.name, *(getattr(row, one) for one in (*names, *more))] for row in _rows(connection, scope))
    return as_csv(("name", *names, *more), rows)


def _items(connection: Connection, scope: Scope) -> Iterator[tuple[Playbook, QuizItem]]:
    """The closed questions of the team's vetted playbooks."""
    if not scope.may("lead", "owner"):
        raise NotFound("items")
    for standing in sorted(shelf.visible(connection, scope, drafts=False), key=lambda one: one.id):
        if standing.playbook:
            for item in standing.playbook.quiz:
                if item.is_closed:
                    yield standing.playbook, item


def gift(connection: Connection, scope: Scope, address: str) -> bytes:
    """Moodle's GIFT."""
    return gift_text(_items(connection, scope)).encode()


def gift_text(items: Iterable[tuple[Playbook, QuizItem]]) -> str:
    """Closed questions in GIFT, one a paragraph. Their texts are plain ones: a < in them is no tag."""
    parts = []
    for book, item in items:
        lines = [
            ("=" if one.text == item.answer[0] else "~") + _gift(one.text) + _after("#", one.explain)
            for one in item.options
        ]
        whole = _after("####", item.explain)
        options = "\n".join([*lines, whole] if whole else lines)
        name, stem = f"{_gift(book.id)} {_gift(item.id)}", _gift(item.stem).removeprefix(_PLAIN)
        parts.append(f"::{name}::{_PLAIN}{stem}{{\n{options}\n}}\n")
    return "\n".join(parts)


def _after(mark: str, text: str) -> str:
    """A feedback; where there is none no mark either, for some readers stumble over it."""
    said = _gift(text)
    return mark + said if said else ""


_PLAIN = "[plain]"


def _gift(text: str) -> str:
    """GIFT's own marks are escaped, a line break is two characters, and what looks like a format or a weight is none."""
    lines = _known(text).strip().splitlines()
    escaped = "\\n".join("".join("\\" + char if char in "~=#{}:\\" else char for char in line) for line in lines)
    return _PLAIN + escaped if escaped.startswith(("[", "%")) else escaped


def qti(connection: Connection, scope: Scope, address: str) -> bytes:
    """A QTI 2.2 package."""
    return qti_package(_items(connection, scope))


def qti_package(items: Iterable[tuple[Playbook, QuizItem]]) -> bytes:
    """Closed questions as a QTI 2.2 package: one file an item, and the manifest."""
    out = io.BytesIO()
    resources = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for number, (book, item) in enumerate(items, 1):
            name = f"items/i{number:04d}.xml"
            package.writestr(name, _qti_item(f"i{number:04d}", f"{book.id} {item.id}", item))
            kind = '"imsqti_item_xmlv2p2"'
            resources.append(
                f'<resource identifier="i{number:04d}" type={kind} href="{name}"><file href="{name}"/></resource>'
            )
        manifest = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="zhiran">'
            "<metadata><schema>QTIv2.2 Package</schema><schemaversion>1.0.0</schemaversion></metadata><organizations/>"
            f"<resources>{''.join(resources)}</resources></manifest>"
        )
        package.writestr("imsmanifest.xml", manifest)
    return out.getvalue()


def _qti_item(identifier: str, title: str, item: QuizItem) -> str:
    right = next(n for n, one in enumerate(item.options) if one.text == item.answer[0])
    choices = "".join(
        f'<simpleChoice identifier="c{n}">{escape(_known(one.text))}</simpleChoice>'
        for n, one in enumerate(item.options)
    )
    stem = "".join(f"<p>{escape(line)}</p>" for line in _known(item.stem).splitlines() if line.strip())
    rule = "http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2"'
        f' identifier="{identifier}" title={quoteattr(_known(title))} adaptive="false" timeDependent="false">'
        '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">'
        f"<correctResponse><value>c{right}</value></correctResponse></responseDeclaration>"
        '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
        f'<itemBody>{stem}<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">{choices}</choiceInteraction></itemBody>'
        f'<responseProcessing template="{rule}"/></assessmentItem>'
    )


def _known(text: str) -> str:
    """Without characters that XML cannot hold; no other program needs them either."""
    return "".join(
        char
        for char in text
        if char in "\t\n\r"
        or (ord(char) >= 32 and not 0xD800 <= ord(char) <= 0xDFFF and ord(char) not in (0xFFFE, 0xFFFF))
    )


def anki(connection: Connection, scope: Scope, address: str) -> bytes:
    """A deck of the team's questions."""
    return deck(_items(connection, scope))


def deck(items: Iterable[tuple[Playbook, QuizItem]]) -> bytes:
    """An Anki package of closed questions, with stable ids, so that a newer deck updates the cards."""
    import genanki

    model = genanki.Model(
        1607392319, "Zhiran", fields=[{"name": "Q"}, {"name": "A"}],
        templates=[{"name": "1", "qfmt": "{{Q}}", "afmt": "{{FrontSide}}<hr id=answer>{{A}}"}],
    )  # fmt: skip
    deck = genanki.Deck(2059400110, "知然 Zhiran")
    for book, item in items:
        options = "".join(f"<li>{escape(one.text)}</li>" for one in item.options)
        front = f"{escape(item.stem.strip()).replace(chr(10), '<br>')}<ul>{options}</ul>"
        back = f"<b>{escape(item.answer[0])}</b><br>{escape(item.explain)}"
        deck.add_note(genanki.Note(model=model, fields=[front, back], guid=genanki.guid_for(book.id, item.id)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "zhiran.apkg"
        genanki.Package(deck).write_to_file(path)
        return path.read_bytes()


@dataclass(frozen=True)
class Kind:
    media_type: str
    make: Callable[[Connection, Scope, str], bytes]


KINDS = {
    "xapi.json": Kind("application/json", xapi),
    "answers.csv": Kind("text/csv; charset=utf-8", answers_csv),
    "quiz.gift.txt": Kind("text/plain; charset=utf-8", gift),
    "quiz.qti22.zip": Kind("application/zip", qti),
    "deck.apkg": Kind("application/octet-stream", anki),
}
