"""Whether a listed word is meant: an instruction not to say it, or an honest denial, is no claim."""

from __future__ import annotations

import re
from bisect import bisect_right

import re2

# Windows are short, so a text full of hits stays linear.
_BEFORE, _AFTER = 90, 40
_BREAK = re.compile(r"[。！？!?；;\n]|\.(?=\s|$)|‖")
_SAY = (
    r"(?:使用|出现|写|说|用|提|含|宣称|声称|宣传|暗示|标注|标|添加|加|带|包含|讲|承诺|表述|涉及|有|放|要写|再写|再说)"
)
_FORBID_ZH = re2.compile(
    r"(?:不得|不要|不能|不可以?|不许|不准|不允许|禁止|严禁|切勿|请勿|勿|避免|杜绝|别|不应|不该|不宜)(?:再|以任何形式"
    r"|在[^，。]{0,12})?"
    + _SAY
    + r"|(?:禁用词?|违禁词|敏感词|禁词|红线词?|黑名单|不能说的话?|还不能说|没有?证据的|放弃的?(?:卖点|说法)?|删(?:除"
    r"|掉|去)?(?:了|的)?(?:词|说法)?|去掉|剔除|移除|拒绝|不写|不说|不用|不提|不含|不放|不出现|不宣称|不承诺"
    r"|没写的?|没有写|禁止|严禁|避免|不得|不要)\s*(?:[:：「『“\"'《\[]|[a-z])"
    + r"|(?:不写|不说|不提|不宣称|不承诺|不做|没写|没有写|非)[^，。]{0,6}$"
)
_FORBID_EN = re2.compile(
    r"\b(?:do not|don'?t|never|must not|mustn'?t|should not|shouldn'?t|cannot|can'?t|may not)\s+(?:ever\s+)?(?:use"
    r"|say|write|claim|mention|include|state|imply|add|put|promise|advertise|describe)\b"
    r"|\b(?:no|without|avoid|avoiding|remove|removing|delete|drop|omit|ban|bans|reject)\s+(?:any\s+|all\s+"
    r"|the\s+)*(?:claims?|mentions?|mentioning|use|uses|using|words?|terms?|wording|phrases?|statements?|claiming"
    r"|saying|references?|health|medical|pesticide)\b"
    r"|\b(?:avoid|remove|removed|delete|deleted|omit|banned|forbidden|prohibited|not allowed|dropped"
    r"|gave up)(?:\s+(?:words?|terms?|claims?|phrases?))?\s*[:\"'“‘「]"
)
_SINCE_THEN = re2.compile(
    r"(?:但是?|而是|改为|改成|换成|改写|可以写|可写|应写|只写|请写|就写|要写成|替换为|我们的?|本品|这款)|\b(?:but"
    r"|however|instead|because it|it is|it's|ours?|just|only|simply|try|enjoy)\b|,\s*(?:use|say|write|our|this|it)\b"
)
_CLOSE = r"^\s*[」』”\"'’》\]）)]*\s*"
_KIND = r"(?:等|之类|这类|类|这种|这些|一类|字样|的?说法|的?字眼|的?词|的?话|的?宣称|的?表述)"
_NOT_SAID = (
    r"(?:不得(?:使用|写|用|说|出现|含|宣称|标)|不能(?:写|说|用|出现|放|有)|不可(?:写|说|用|出现)|不许(?:写|说|用)"
    r"|不要(?:写|说|用|出现|放)"
    r"|禁止|禁用|禁词|违禁|违规|删除|删掉|要删|敏感词|不可用|不写|不说|不出现)"
)
_AFTERWARDS = re2.compile(
    _CLOSE
    + _KIND
    + r"{0,3}\s*(?:一律|都|均|全部|必须|也|属于?|是|为)?\s*"
    + _NOT_SAID
    + "|"
    + _CLOSE
    + r"[、,，/和与及][^。；;\n]{0,30}?(?:"
    + _KIND
    + r"+|一律|均)\s*(?:一律|都|均|全部|必须|也|属于?|是|为)?\s*"
    + _NOT_SAID
    + "|"
    + _CLOSE
    + r"(?:is|are|was|were)\s+(?:a\s+)?(?:not allowed|banned|prohibited|forbidden|not permitted|off[- ]limits"
    r"|removed|deleted|red flags?)"
    + "|"
    + _CLOSE
    + r"(?:claims?|words?|terms?|wording)\s+(?:is|are|was|were|must be)\s+(?:not allowed|banned|prohibited|forbidden"
    r"|removed|deleted|not permitted|avoided)"
)
# A row or note that gives the word up or replaces it: "| 祛皱 | 放弃 |", 「绝对正品」→ 只报现价.
_VERDICT_ROW = re2.compile(
    r"\|\s*(?:放弃|删除?|改写?|撤下?|不写|不用|转人|remove|delete|drop|rewrite|reject)\s*(?:[|（(，、]|$)"
)
_REPLACED = re2.compile(r"^[^。；;\n「『“\"|]{0,12}[」』”\"]\s*(?:→|=>|->|改成|换成|改为|替换为)")
# An objection answered with no: "能招财吗？不能。"
_ASKED_AND_DENIED = re2.compile(r"^[^，。！？?!\n]{0,6}[？?]\s*(?:不|没|别|假的|当不了|no\b|not\b)")
_OR_FREE = re2.compile(r"^\s*(?:就|我|就给你|全额)?(?:不要钱|免费|退|包赔|不收)")
_DENY_ZH = re2.compile(
    r"(?:请勿|切勿|不可|不宜|不要|并?不会|并?不能|并?不可能|并没有|没有|没法|无法|不是|并非|不具备|不具有|不保证|不承诺|不吹|不讲|不谈|别信"
    r"|别指望|不要指望|非|无需?|也不|它不|我不|从不|绝不|不)(?:任何|什么|能|说|帮你|替你|给你|为了|用于|用来|可以|是"
    r"|有|会|宣称|代表|等于|包含|承诺|保证|跟你说|跟你讲|靠它|拿来|所谓的?|医疗|药品"
    r"|[「“\"']){0,4}[^，。,！!？?但而却]{0,6}$"
)
_NOT_DENIED = re2.compile(
    r"(?:不仅|不但|不只|不光|不止|无不|不得不|不单|无非|不断|不错|不一样|不同|不可思议|没有一个不|莫不|为什么不|何不"
    r"|不妨|忍不住|不停|不二)"
)
_DENY_EN = re2.compile(
    r"\b(?:not|isn'?t|aren'?t|doesn'?t|does not|do not|don'?t|cannot|can'?t|won'?t|never)\s+(?:(?:intended|meant"
    r"|designed|made|approved|able|claimed?|proven|a|an|the|to|be|been|as|for|any|and|or|in|of|diagnose|treat|treats"
    r"|cure|cures|heal|prevent|prevents|mitigate|kill|kills|medical|registered|tested|necessarily|actually|truly"
    r"|really)[\s,/]+){0,9}$"
)
_WHY_NOT = re2.compile(
    r"\b(?:why|if|whether|or|can'?t|believe)\s+(?:not|you)\b|\bcan'?t\s+(?:believe|wait)\b|\bnot\s+(?:only|just|merely)\b"
)
_HEAD = re2.compile(
    r"(?:红线|禁用|违禁|禁词|敏感词|不能说|不得出现|不得写|不要写|不许写|禁止(?:使用|出现|写)|没有证据|放弃的|没写的"
    r"|剔除)|\b(?:banned|forbidden|prohibited|do not (?:say|use|write|claim)|never (?:say|write|use|claim)|avoid"
    r"|not allowed|red lines?|words to avoid)\b"
)
_ITEM = re.compile(r"\s*(?:[-*•✘×]|\d+[.、)）])\s*\S")


class Context:
    """Reads what stands around a place of one folded text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._blocks = _forbidding_blocks(text)

    def is_claim(self, start: int, end: int) -> bool:
        """Whether the piece is said of the product, not forbidden and not denied."""
        return not (self.is_instruction(start, end) or self.is_denied(start, end))

    def is_instruction(self, start: int, end: int) -> bool:
        """Whether the sentence (or the list it stands in) tells not to use the piece."""
        place = bisect_right(self._blocks, (start, len(self.text))) - 1
        if place >= 0 and self._blocks[place][1] > start:
            return True
        before = self._before(start)
        last = None
        for pattern in (_FORBID_ZH, _FORBID_EN):
            for last_here in pattern.finditer(before + ("a" if self.text[start : start + 1].isascii() else "")):
                last = max(last or 0, min(last_here.end(), len(before)))
        if last is not None and not _SINCE_THEN.search(before[last:]):
            return True
        after = self._after(end)
        return _AFTERWARDS.search(after) is not None or _REPLACED.search(after) is not None

    def is_denied(self, start: int, end: int) -> bool:
        """Whether the piece is honestly denied ("it does not treat …", 不会招财)."""
        if _ASKED_AND_DENIED.search(self.text[end : end + _AFTER]):
            return True
        before = self._before(start)
        near = before[-16:]
        if _DENY_ZH.search(near) and not _NOT_DENIED.search(near):
            return not _OR_FREE.search(self._after(end))
        return bool(_DENY_EN.search(before)) and not _WHY_NOT.search(before)

    def _before(self, start: int) -> str:
        window = self.text[max(0, start - _BEFORE) : start]
        return _BREAK.split(window)[-1]

    def _after(self, end: int) -> str:
        return _BREAK.split(self.text[end : end + _AFTER])[0]


def _forbidding_blocks(text: str) -> list[tuple[int, int]]:
    """The lists under a heading such as "红线" or "Banned words:"; each as its start and end."""
    blocks: list[tuple[int, int]] = []
    at, open_from = 0, -1
    for line in text.split("\n"):
        end = at + len(line) + 1
        is_item = bool(_ITEM.match(line))
        if open_from >= 0 and line.strip() and not is_item:
            blocks.append((open_from, at))
            open_from = -1
        bare = line.strip().rstrip("*")
        heads = bare.startswith("#") or bare.endswith((":", "："))
        if bare.startswith("|") and _VERDICT_ROW.search(bare.casefold()):
            blocks.append((at, end))
        if open_from < 0 and heads and len(bare) <= 60 and _HEAD.search(bare):
            open_from = end
        at = end
    if open_from >= 0:
        blocks.append((open_from, len(text)))
    return sorted(block for block in blocks if block[1] > block[0])
