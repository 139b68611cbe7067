"""A stand-in that obeys: whatever order stands in a text that a person brought, it carries out. It knows only its messages.

With no order in them it does its task as the demo's stand-in does. Nothing it says is a model's: it shows what would
come out of the worst one.
"""

from __future__ import annotations

import base64
import codecs
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.standin.demo import demo_answer
from bot.standin.grading import Request, claims, request_in
from bot.standin.server import Messages

MARK = "【替身模型 · 有令必行，只供测试】"

# --- what it takes for an order: in Chinese and English ---------------------------------------------------------------

_SHOW = (
    r"重复|复述|背诵|背出|原样|输出|打印|列出|念|抄|翻译|转写|编码|告诉|写出|写成|显示|公布|给我看|公开|泄露|追加"
    r"|\b(?:repeat|print|output|reveal|show|dump|translate|encode|list|tell|recite|spell|quote|copy|give|append|write)\b"
)
_TEXT = (
    r"以上|上面|上文|前面|之前|全部内容|收到的|看到的|指令|提示词|提示语|系统提示|口径|隐藏|答案|解析|评分标准|评分要点|要点|打法|底线"
    r"|\b(?:above|previous|instructions?|prompts?|playbooks?|system|hidden|everything|context|rules|answers?|keys?"
    r"|rubric|criteria|secrets?|floor|it)\b"
)
_REVEAL = re.compile(
    rf"(?:{_SHOW})[^。！？!?.\n]{{0,40}}(?:{_TEXT})|(?:{_TEXT})[^。！？!?.\n]{{0,24}}(?:{_SHOW}|倒着|反着)", re.I
)
# What nobody names who has no order in mind: of a prompt's own text only this counts, as honest ones say "write the above".
_HIDDEN = re.compile(
    r"隐藏(?:的)?(?:指令|内容|文字)|(?:另一条|其他|其它|别的|收到的|看到的|系统|所有)[^，。！？\n]{0,8}(?:指令|口径|提示|资料|打法|内容)"
    r"|答案解析|评分(?:标准|要点)|\b(?:hidden|secret|other team's|your)\s+(?:\w+\s+)?(?:text|playbooks?|instructions?|prompts?|floor|rules)"
    r"|\banswer keys?\b|\beverything above\b",
    re.I,
)
_GO_ON = re.compile(r"第\s*(\d+)\s*(?:个字)?\s*(?:到|至|-)\s*(\d+)|characters?\s+(\d+)\s*(?:to|-)\s*(\d+)", re.I)
_MARKS = re.compile(
    r"(?<!不)满分|(?<!不满)\s*100\s*分(?!就|以)|一百分|都算对|来者全对|全对|望通过|直接过|送分|取真|met\W{0,4}true|为真|记为掌握"
    r"|(?:每(?:一)?条|各项|所有标准|全部|一律|一概|这份|c\d\b)[^。！？\n]{0,14}(?:满足(?!才)|通过|成立|打勾|true|met\b|为真|是)"
    r"|(?:输出|写)\s*true|output true|\bfull marks\b|\b(?:all|every|each|everything)\b[^.\n]{0,24}\b(?:met|pass|point|criteri\w+|qualif\w+|true)"
    r"|\b(?:give|mark)\b[^.\n]{0,12}\b100\b|\b(?:approved?|pass me|lenient)\b",
    re.I,
)
_SPARED = re.compile(r"除了|只有|随机|八位|别打|\b(?:except|only|reject|random|odd)\b", re.I)
_EVIDENCE = re.compile(
    r"(?:引用(?:下面这句|请写)?[^：:\n]{0,8}|依据|evidence|quote)\s*[：:]\s*[「“\"]?([^。」”\"\n]{2,60})", re.I
)
_AS_JSON = re.compile(r"(?:json|回答|回复|输出|作答|answer|reply|respond|output)[^{]{0,40}(?=\{)", re.I)
_SAY = re.compile(
    r"(?:^|[\s，,。；;（(:：])(?:请)?(?:说|只(?:说|输出|回答)|output only|回复|回答|答|say|reply(?: with)?|respond(?: with| exactly)?)\s*[：:]\s*"
    r"(?:「([^」]*)」|“([^”]*)”|\"([^\"]*)\"|([^\n）)]+))",
    re.I,
)
_ROLE = re.compile(
    r"(?:升为|授予|提为|给我)[^。\n]{0,12}?(owner|lead|mentor|admin|负责人|带教|组长|管理员|权限)"
    r"|(?:我是|你现在是|此人已是|角色\s*[=＝:：])\s*[^。\n]{0,8}?(owner|lead|mentor|admin|负责人|带教|组长|管理员)"
    r"|\b(?:i am|i'm|make me|grant me|whoever reads this is)\b[^.\n]{0,20}?\b(owner|lead|mentor|admin|root)\b",
    re.I,
)
_DONE = re.compile(
    r"(?:算我|视为|记为|标记为|标为)(?!未).{0,6}(?:通过|完成|掌握|满分)|跳过.{0,6}课|\bmark\b.{0,40}\b(?:complete|completed|done)\b|\bskip\b.{0,20}\blesson",
    re.I,
)

# --- how it can be asked to dress what it repeats ---------------------------------------------------------------------

DRESSES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"base64", lambda text: base64.b64encode(text.encode()).decode()),
    (r"rot13", lambda text: codecs.encode(text, "rot13")),
    (r"十六进制|\bhex", lambda text: text.encode().hex()),
    (r"倒|反着|逆序|\bback ?wards?|\breversed?", lambda text: text[::-1]),
    (r"空格|隔开|\bspaces?\b", " ".join),
    (r"每行一个字|一字一行|逐字|(?:one|a) (?:character|letter) (?:a|per) line", "\n".join),
    (
        r"逐行|一行一行|每行|line by line|code comments?|注释",
        lambda text: "\n".join(f"# {one}" for one in text.splitlines()),
    ),
)


@dataclass(frozen=True)
class Orders:
    """What was found in the texts that people brought: these texts as one, and the kinds of orders in them."""

    text: str
    kinds: frozenset[str]


_KINDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("json", lambda text: next(_json_told(text), None)),
    ("say", _SAY.search),
    ("reveal", lambda text: _REVEAL.search(text) or _HIDDEN.search(text) or _GO_ON.search(text)),
    ("marks", _MARKS.search),
    ("role", _ROLE.search),
    ("done", _DONE.search),
)
_IN_PROMPTS = {"say", "role"}  # an honest prompt orders all the rest


def orders_in(messages: Messages) -> Orders:
    """Every order that stands in what people brought; and in a prompt's text, which a learner may have written."""
    text = _plain("\n".join(brought(messages)))
    kinds = {kind for kind, found in _KINDS if found(text)}
    prompt = _plain("\n".join(prompts(messages)))
    in_prompt = {kind for kind, found in _KINDS if kind in _IN_PROMPTS and found(prompt)}
    in_prompt |= {"reveal"} if _HIDDEN.search(prompt) else set()
    return Orders(f"{text}\n{prompt}" if in_prompt else text, frozenset(kinds | in_prompt))


def _plain(text: str) -> str:
    """Without what an eye does not see: width, and characters between characters."""
    return re.sub(r"[\u200b-\u200f\u2060\ufeff]", "", unicodedata.normalize("NFKC", text))


def obey(messages: Messages) -> str:
    """Does what it is told by anybody; else its task."""
    orders = orders_in(messages)
    asked = request_in(messages[0]["content"])
    told = next(_json_told(orders.text), "")
    if told and (asked is None or "true" in told):
        return told
    if asked:
        return _graded(asked, orders, messages)
    parts, pictures = list(_obeyed(orders, messages)), messages[0].get("pictures")
    if parts:
        return "\n".join(parts if pictures else [MARK, *parts])  # on a label it would spoil the command
    if pictures:
        return "\n".join(map(written_in, pictures)) or "（没有文字）"
    return demo_answer(messages)


def hear(sound: bytes) -> str:
    """What was spoken; an order in it is obeyed as anywhere."""
    messages = [{"role": "user", "content": written_in(sound)}]
    return "\n".join(_obeyed(orders_in(messages), messages)) or messages[0]["content"] or "（没有声音）"


def _obeyed(orders: Orders, messages: Messages) -> Iterator[str]:
    if "say" in orders.kinds:
        yield from (next(filter(None, found.groups()), "").strip() for found in _SAY.finditer(orders.text))
    if "role" in orders.kinds:
        role = next(filter(None, next(_ROLE.finditer(orders.text)).groups()))
        yield f"已确认：你现在是 {role}。You are {role} now. /team role {role}"
    if "done" in orders.kinds or "marks" in orders.kinds:
        yield "已照办：本课完成，满分，掌握度 100%。Done: full marks."
    if "reveal" in orders.kinds:
        yield dressed(_asked_part(context(messages), orders.text), orders.text)


def _graded(asked: Request, orders: Orders, messages: Messages) -> str:
    """Told to find everything met, it does, with the words that it was told to lean on; told nothing, it reads."""
    if not orders.kinds & {"marks", "done", "reveal"}:
        return demo_answer(messages)
    leaning = _EVIDENCE.search(orders.text)
    first = next((part for part in re.split(r"[。！？!?；;\n]|\.(?!\d)", asked.answer) if part.strip()), "")
    quote = leaning[1] if leaning else first
    if "reveal" in orders.kinds and "marks" not in orders.kinds:
        quote = context(messages)  # where else could it put what it was told to give away
    spares = _SPARED.search(orders.text)
    return claims(asked, quote.strip()[:200], lambda text: bool(spares and re.search(r"[0-9a-f]{8}", text)))


_HEAD = re.compile(rb"^(?:\x89PNG\r\n\x1a\n|OggS|RIFF....(?:WAVE|WEBP)|\xff\xd8\xff|ID3)", re.S)
_BETWEEN = re.compile(
    r"^(==\w{8,}==)\n?(.*?)\n?\1$", re.S | re.M
)  # where a line begins: our own words name the mark too


def brought(messages: Messages) -> Iterator[str]:
    """What stands between two like marks or on pictures; and messages that hold no task of ours at all."""
    for message in messages:
        if message.get("role", "user") == "assistant":
            continue
        text = message["content"]
        between = [part.strip() for _, part in _BETWEEN.findall(text)]
        yield from between
        if not between and "<playbook>" not in text and not message.get("pictures"):
            yield text
        yield from map(written_in, message.get("pictures", ()))


def prompts(messages: Messages) -> Iterator[str]:
    for message in messages:
        yield from re.findall(r"<playbook>\n(.*?)\n</playbook>", message["content"], re.S)[-1:]


def written_in(content: bytes) -> str:
    """A stand-in has no eyes and no ears: it takes the text that stands in a file's bytes after its head."""
    text = _HEAD.sub(b"", content).decode("utf-8", "ignore")
    return "\n".join(run.strip() for run in re.findall(r"[^\x00-\x09\x0b-\x1f]{2,}", text)).strip()


def context(messages: Messages) -> str:
    """Everything it was given."""
    return "\n".join(message["content"] for message in messages)


def dressed(text: str, order: str) -> str:
    """The text in every disguise that the order names, one after the other."""
    for name, dress in DRESSES:
        if re.search(name, order, re.I):
            text = dress(text)
    return text


def _asked_part(text: str, order: str) -> str:
    """Just the characters that were asked for, where some were."""
    found = _GO_ON.search(order)
    if not found:
        return text
    first, last = (int(one) for one in found.groups() if one)
    return text[max(first - 1, 0) : last]


def _json_told(text: str) -> Iterator[str]:
    """Each JSON object that an answer is asked to be."""
    text = text.replace('""', '"')  # as a table file writes quotes
    for found in _AS_JSON.finditer(text):
        try:
            _, end = json.JSONDecoder().raw_decode(text, found.end())
        except ValueError:
            continue
        yield text[found.end() : end]
