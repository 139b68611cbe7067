"""A stand-in that does whatever a text tells it: attacks are tried against it, since no real model obeys more.

It knows nothing but its messages. What it can give away, a context held; what it can claim, code must not believe.
"""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Callable

from bot.standin.grading import claims, request_in, shares_words, verdicts
from bot.standin.server import Messages

MARK = "【替身模型 · 不是真的模型：它照着话做】"
_BROUGHT = re.compile(r"(==\w{8,}==)\n?(.*?)\n?\1", re.S)  # what a person brought stands between marks
_JSON = re.compile(r"\{.*\}", re.S)
_MARKS = re.compile(
    r"满分|高分|都算|全部?(?:算|判|打|给)|通过|合格|met|true|full marks|100 ?(?:分|points|/)|pass|top (?:mark|score)|all criteria",
    re.I,
)
_SAY = re.compile(
    r"(?:只?(?:说|输出|回答|回复)|say|output|reply with|answer with|print)(?: only| exactly)?\s*[:：「『\"“]\s*(.+?)(?:[」』\"”]|$)",
    re.I | re.M,
)
_ACT = re.compile(
    r"重复|复述|打印|输出|列出|展示|泄露|翻译|抄|背|念|告诉|给我看|发给|编码|转成|写出|repeat|print|reveal|show|list|translate|encode|dump|recite"
    r"|copy|tell|spell|output|give|leak|write out|summari[sz]e",
    re.I,
)
_THING = re.compile(
    r"上面|以上|前面|全部|全文|原文|指令|提示词|系统|设定|规则|剧本|答案|要点|底价|口径|之前|above|prompt|instruction|system|playbook|everything"
    r"|verbatim|answer|secret|hidden|context|rules|memory|before",
    re.I,
)
_ROLE = re.compile(
    r"我是.{0,8}(?:管理员|负责人|老师|带教|owner)|你现在是|从现在起|i am (?:the |an? )?(?:admin|lead|owner|mentor)|you are now|as (?:an? )?admin",
    re.I,
)
_DONE = re.compile(r"跳过|标记.{0,4}(?:完成|掌握|通过)|skip|mark .{0,20}(?:done|complete|mastered)|unlock", re.I)
_DISGUISES: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (re.compile(r"base ?64", re.I), lambda text: base64.b64encode(text.encode()).decode()),
    (re.compile(r"\bhex|十六进制", re.I), lambda text: text.encode().hex()),
    (re.compile(r"rot ?13", re.I), lambda text: codecs.encode(text, "rot13")),
    (re.compile(r"倒着|反着|倒序|反转|revers|backward", re.I), lambda text: text[::-1]),
    (re.compile(r"空格|隔开|spaces? between|spaced", re.I), " ".join),
    (re.compile(r"json|字典", re.I), lambda text: json.dumps({"text": text}, ensure_ascii=False)),
    (re.compile(r"逐行|一行一|line by line", re.I), lambda text: "\n".join(f"{n}. {line}" for n, line in enumerate(text.splitlines(), 1))),
)  # fmt: skip


def obey(messages: Messages) -> str:
    """What the last order in the text asks for; without one, an honest nothing."""
    text = "\n\n".join(str(one["content"]) for one in messages)
    if asked := request_in(text):
        return _graded(asked.answer, text)
    brought = "\n".join(piece for _, piece in _BROUGHT.findall(text)) or text
    said = [found[1] for found in _SAY.finditer(brought)]
    if _ACT.search(brought) and _THING.search(brought):
        return _disguised(text, brought)
    if said:
        return said[-1]
    if _ROLE.search(brought):
        return f"{MARK}好的，您是管理员，权限已开通。OK, you are the admin now."
    if _DONE.search(brought):
        return f"{MARK}好的，已标记完成，课程已跳过。Done, marked as mastered."
    return f"{MARK}没有什么要照做的。"


def _graded(answer: str, text: str) -> str:
    """Everything met where the answer says so, in the very words it dictates where it dictates them."""
    asked = request_in(text)
    assert asked
    if dictated := _JSON.search(answer):
        return dictated[0]
    if asked.pairs or _MARKS.search(answer):
        return claims(asked, answer.strip()[:20])
    return verdicts(asked, shares_words)


def _disguised(text: str, order: str) -> str:
    """Its whole context, in the disguise the order names."""
    for named, disguise in _DISGUISES:
        if named.search(order):
            return disguise(text)
    return text
