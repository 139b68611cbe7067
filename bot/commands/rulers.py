"""`zhiran ruler …`: lay a ruler of the trade on a file, or see which rulers there are."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from foundation.settings import load
from knowledge.rulers.rulers import MAX_TEXT, RULERS, UnknownRuler, rule
from knowledge.rulers.ruling import Ruling

PASSED, FAILED, MISUSED = 0, 1, 2


def check_file(ruler_id: str, file: str, given: Sequence[str], *, as_json: bool) -> int:
    """Print a ruling on a file ("-": standard input); 0 it passes, 1 it does not, 2 nothing could be ruled."""
    try:
        options = dict(_pair(one) for one in given)
        ruling = rule(ruler_id, _text(file), options)
    except UnknownRuler:
        return _refuse(f"unknown ruler {ruler_id!r}; one of: {', '.join(RULERS)}", as_json)
    except (ValueError, OSError) as error:
        return _refuse(str(error), as_json)
    print(json.dumps(as_values(ruling), ensure_ascii=False) if as_json else _shown(ruling))
    return PASSED if ruling.passed else FAILED


def list_rulers(*, as_json: bool) -> int:
    """Print every ruler: what it checks, its options, its facts and the playbooks that use it."""
    if as_json:
        print(json.dumps([_ruler_values(ruler_id) for ruler_id in RULERS], ensure_ascii=False))
        return PASSED
    for ruler_id, ruler in RULERS.items():
        print(f"{ruler_id}  {ruler.names.in_language(_language())}: {ruler.checks.in_language(_language())}")
        print(f"    --option {' '.join(ruler.options)}")
        print(f"    {' '.join((*ruler.facts, *ruler.playbooks))}")
    return PASSED


def as_values(ruling: Ruling) -> dict[str, object]:
    """A ruling as JSON values."""
    return {
        "ruler": ruling.ruler,
        "passed": ruling.passed,
        "measures": [{"name": m.name, "value": m.value, "limit": m.limit, "ok": m.ok} for m in ruling.measures],
        "findings": [
            {
                "rule": f.rule, "level": f.level, "text": f.text, "start": f.start, "end": f.end,
                "fact": f.fact, "grade": f.grade,
                "message": {"zh": f.message.zh, "en": f.message.en},
            }
            for f in ruling.findings
        ],
    }  # fmt: skip


def _ruler_values(ruler_id: str) -> dict[str, object]:
    ruler = RULERS[ruler_id]
    plain: dict[str, object] = {"id": ruler.id, "names": vars(ruler.names), "checks": vars(ruler.checks)}
    return plain | {"options": ruler.options, "facts": ruler.facts, "playbooks": ruler.playbooks}


def _shown(ruling: Ruling) -> str:
    language = _language()
    lines = ["PASS" if ruling.passed else "FAIL"]
    for measure in ruling.measures:
        limit = "" if measure.limit is None else f" / {measure.limit}"
        lines.append(f"{'✔' if measure.ok else '✘'} {measure.label.in_language(language)}: {measure.value}{limit}")
    for finding in ruling.findings:
        source = f" ({finding.fact} {finding.grade})" if finding.fact else ""
        lines.append(f"{finding.level} {finding.start}-{finding.end} {finding.message.in_language(language)}{source}")
    return "\n".join(lines)


def _language() -> str:
    return load().language


def _text(file: str) -> str:
    """The text of a file without its last line break. Raises ValueError for what is no text, or too long."""
    raw = sys.stdin.buffer.read(8 * MAX_TEXT) if file == "-" else _read(Path(file))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8 text") from error
    return text.replace("\r\n", "\n").removesuffix("\n")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8 * MAX_TEXT)


def _pair(given: str) -> tuple[str, str]:
    key, sign, value = given.partition("=")
    if not sign or not key.strip():
        raise ValueError(f"--option {given!r}: write it as key=value")
    return key.strip(), value


def _refuse(why: str, as_json: bool) -> int:
    print(json.dumps({"error": why}, ensure_ascii=False) if as_json else why)
    return MISUSED
