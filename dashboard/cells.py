"""Sheets of cells, the same for a page and for an export; whatever people wrote is disarmed on its way into a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curriculum.report import Share

FORMULA = "=+-@\t\r\n＝＋－＠"
_BLANKS = " \u00a0\u3000\ufeff\u200b\u200c\u200d\u2060"


@dataclass(frozen=True)
class Cell:
    """What stands in a field: words or a number, how many answers it stands on, and where its rows are."""

    text: str
    answers: int | None = None
    link: str = ""
    level: str = ""  # unknown · low · middle · high: how it is shaded, never alone
    parts: tuple[Cell, ...] = ()  # of a text that lists several numbers, each with its own way


@dataclass(frozen=True)
class Sheet:
    """A table with a name; `note` says how its numbers are made."""

    key: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    note: str = ""
    chart: bool = False
    more: str = ""  # the next page's address


def share_cell(share: Share | None, unknown: str, link: str = "") -> Cell:
    """A share with its range and count; below three answers only the count."""
    if share is None or not share.answers:
        return Cell("—", 0, "", "unknown")
    if not share.known:
        return Cell(unknown, share.answers, link, "unknown")
    low, high = share.range
    level = "high" if low >= 0.75 else "low" if high < 0.6 else "middle"
    return Cell(f"{share.mean:.0%}（{low:.0%}–{high:.0%}）", share.answers, link, level)


def safe(value: object) -> str:
    """A cell that no spreadsheet takes for a formula (reliability.md, threat 17)."""
    text = "" if value is None else str(value)
    bare = text.lstrip(_BLANKS)
    if any(one and one[0] in FORMULA for one in (text, bare)):
        return "'" + text
    return text


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """CSV that Excel opens in the right encoding."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([safe(one) for one in columns])
    writer.writerows([safe(one) for one in row] for row in rows)
    return "\ufeff".encode() + out.getvalue().encode()


def as_xlsx(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook with one sheet, every text a text."""
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(c for c in title if c not in "[]:*?/\\")[:31] or "sheet")
    for row in [columns, *rows]:
        sheet.append([one if isinstance(one, int | float) else ILLEGAL_CHARACTERS_RE.sub("", safe(one)) for one in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def flat(sheet: Sheet) -> tuple[list[str], list[list[object]]]:
    """A sheet for export: each number is followed by how many answers it stands on."""
    counted = [any(row[n].answers is not None for row in sheet.rows) for n in range(len(sheet.columns))]
    columns = [name for n, one in enumerate(sheet.columns) for name in ([one, f"{one} n"] if counted[n] else [one])]
    rows: list[list[object]] = []
    for row in sheet.rows:
        line: list[object] = []
        for n, cell in enumerate(row):
            line += [cell.text, cell.answers if cell.answers is not None else ""] if counted[n] else [cell.text]
        rows.append(line)
    return columns, rows
