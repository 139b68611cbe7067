"""A new playbook begins as a skeleton: it lints except for what its author must write."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from knowledge.library_files import CatalogueEntry, Input

TEMPLATE = Path(__file__).parent / "skeleton.md"
_REVIEW_AFTER = timedelta(days=92)  # a quarter: what most of the facts are checked by
_KNOWN_TO_ALL = Input("product_name", "产品名", True, "【待写：示例】", "【待写：怎样算填对】")


def skeleton(playbook_id: str, today: date, entry: CatalogueEntry | None = None) -> str:
    """The text of a new playbook, with what the catalogue already says of it."""
    inputs = entry.inputs if entry else (_KNOWN_TO_ALL,)
    questions = entry.questions if entry else ("【待写：至少 25 句操作员自己的问法】",)
    fill = {
        "id": playbook_id,
        "title_zh": entry.title_zh if entry else "【待写：中文标题】",
        "title_en": entry.title_en if entry else "【待写：英文标题】",
        "stage": entry.stage if entry else "【待写：环节】",
        "need": entry.need if entry else "【待写：一句话用途】",
        "pitfall": entry.pitfall if entry else "【待写：新手最常见的错】",
        "not_for": entry.not_for if entry else "【待写：哪些事该用别的指令】",
        "today": today.isoformat(),
        "review_by": (today + _REVIEW_AFTER).isoformat(),
        "slots": "\n".join(map(_slot, inputs)),
        "questions": "\n".join(f"  - {_quoted(question)}" for question in questions),
        "uses": "\n".join(f"{one.label}：{{{{{one.key}}}}}" for one in inputs),
        "example": "\n".join(f"| {one.key} | 【待写：示例值】 |" for one in inputs),
    }
    text = TEMPLATE.read_text("utf-8")
    for key, value in fill.items():
        quoted = key in ("title_zh", "title_en", "stage", "need", "pitfall", "not_for")
        text = text.replace(f'"<<{key}>>"', _quoted(value)) if quoted else text
        text = text.replace(f"<<{key}>>", value)
    return text


def _slot(one: Input) -> str:
    fields = {"key": one.key, "label": one.label, "type": "string", "required": one.required, "example": one.example}
    fields |= {"validate": one.validate, "ask": "【待写：问什么、为什么问，一句话】"}
    return "  - " + json.dumps(fields, ensure_ascii=False)


def _quoted(text: str) -> str:
    """A text as YAML takes it, whatever it holds."""
    return json.dumps(text, ensure_ascii=False)
