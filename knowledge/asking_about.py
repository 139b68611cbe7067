"""Asking about a playbook itself ("为什么要写核对日期？"): answered from its own text, or not at all."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from knowledge.playbook import Clause, Playbook

ENOUGH = 0.55  # of the question's weight must stand in the clause
SURE = 0.8  # of it, where the playbook was not before the asker's eyes
FEWEST = 2  # pieces, so that one common word is no answer
_ASKS = re.compile(
    r"为什么|为啥|为何|干嘛|干吗|干什么用|有什么用|有啥用|什么用处|什么意思|啥意思|是什么理由|有必要|"
    r"(能不能|可以)(不写|删|去掉|省)|不写.{0,8}(会怎样|行不行|可以吗)|"
    r"\bwhy\b|\bwhat.{0,12}\bfor\b|\bwhat does\b|\bdo (i|we) (need|have) to\b|\bcan (i|we) (drop|skip|remove|leave out)\b",
    re.I,
)
_FILLER = re.compile(
    r"(为什么|为啥|为何|干嘛|干吗)\s*(一定|非得)?(要|需要|必须)?\s*(有|写|列|加|放|留|用)?|干嘛|干吗|有什么用|有啥用|什么意思|啥意思|这条|这个|那个|指令|里面|里|一定|非得|必须|需要|要|写|"
    r"吗|呢|的|了|啊|请问|能不能|可以|会怎样|段|这一|[这那]条|[这那]个|"
    r"\b(why|what|does|do|we|i|the|a|an|need|have|to|is|it|for|this|in|prompt|playbook|clause|of|say|write|there|here|mean)\b",
    re.I,
)
_NAMED = re.compile(r"(.{2,24}?)(为什么|为啥|为何|干嘛|干吗|\bwhy\b)(.{4,})", re.S | re.I)
_COUNT = re.compile(r"([2-9])\s*(?=[个种条份段])")


@dataclass(frozen=True)
class Cited:
    """The clause that answers, how much of the question it covers, and how much of it stands in its reason itself."""

    clause: Clause
    covered: float
    explained: float

    @property
    def is_sure(self) -> bool:
        """Whether it answers even where nobody has said which playbook is meant."""
        return self.covered >= SURE and self.explained >= ENOUGH


def asks_about(words: str) -> bool:
    """Whether this wants a reason rather than a playbook."""
    return len(words) <= 80 and _ASKS.search(words) is not None


_OF_THE_TEXT = re.compile(
    r"(为什么|为啥|为何|干嘛|干吗)[^，。；？?!！]{0,12}?(一定|非得|非)?(要|得|必须|需要)\s*(先|再|单独|逐条|都)?\s*(写|加|有|放|列|填|分|标|给|问|说|用|留|查|核对|规定|限制)|"
    r"这一?[段句条]|那一?[段句条]|指令里|这条指令|提示词里|(不写|删掉|去掉|省掉).{0,12}(会怎样|行不行|可以吗|会怎么样)|"
    r"\bwhy (do|does|should|must) (we|i|you|it|the (prompt|playbook))\b|\bthis (clause|part|line|prompt|playbook)\b|\bin the (prompt|playbook)\b",
    re.I,
)


def asks_about_text(words: str) -> bool:
    """Whether this asks why a prompt says something, and not why something happens out there."""
    return asks_about(words) and _OF_THE_TEXT.search(words) is not None


LONGEST_QUESTION = 40  # characters; a clause of a prompt is longer, or is no question
_ASKS_ANYTHING = re.compile(
    r"[?？]\s*$|^(?:怎么|怎样|如何|为什么|帮我)|怎么(?:写|做|填|投|拍|算|办|开|选|查)[^，。；]*$|^(?:how|what|why|where|which|can you)\b",
    re.I,
)


def asks_something(words: str) -> bool:
    """Whether a short line asks anything at all: it is no piece of writing, so it is answered and not judged."""
    return len(words) <= LONGEST_QUESTION and _ASKS_ANYTHING.search(words) is not None


_STUCK = re.compile(
    r"(?:我|这个?|都|还|也|真的?|有点儿?|实在)*(?:不知道|不晓得|不清楚|不会|不懂|不明白|看不懂|没看懂|没听懂|没想好|啥意思|什么意思|咋填|怎么填|怎么写|填啥|填什么|写什么|写啥|怎么办)"
    r"(?:啊|呀|呢|吗|了|哦|填|写|怎么填|填什么|这个|的)*|"
    r"(?:i )?(?:don'?t|do not) (?:know|understand|get it)(?: this| that| what to (?:write|put))?|no idea|not sure|help(?: me)?|idk|what\??|huh|"
    r"what does (?:it|this|that) mean",
    re.I,
)


def is_at_a_loss(words: str) -> bool:
    """Whether nothing is said but that one does not know or understand."""
    return _STUCK.fullmatch(words.strip().rstrip("。.!！?？~…")) is not None


_ANOTHER = re.compile(
    r"^(?:算了|换一?[个件条份]|先不|不[弄填写做]了|我?(?:想|要|先)?(?:问一?下|问个)|我想问|我要问|帮我[写做看改查]|我[要想](?:先)?[写做改查看]|先帮我)|"
    r"怎么(?:写|做|投|拍|算|回|改|选)[啊呢吗呀么？?。]*$|"
    r"^(?:never ?mind|forget (?:it|this)|actually,? (?:i|can)|i (?:want|need) to (?:write|make|do|ask)|help me (?:write|with)|how do i|can you)\b",
    re.I,
)


def asks_for_another(words: str) -> bool:
    """Whether what was said where an answer was expected sounds like another task."""
    return len(words) <= 80 and "\n" not in words and _ANOTHER.search(words.strip()) is not None


def answer_from(book: Playbook, question: str) -> Cited | None:
    """The clause whose own text covers what is asked about; None where none does: nothing is made up."""
    wanted = _pieces(_FILLER.sub(" ", _unnamed(book, unicodedata.normalize("NFKC", question))))
    if len(wanted) < FEWEST and not _is_telling(wanted, book):
        return None
    clauses = list(book.clauses)
    texts = [_weighted(clause, book) for clause in clauses]
    rarity = {piece: _rarity(piece, texts) for piece in wanted}
    total = sum(rarity.values())
    if not total:
        return None
    scored = [
        (sum(rarity[piece] for piece in wanted if piece in text), _density(wanted, text), clause)
        for text, clause in zip(texts, clauses, strict=True)
    ]
    weight, _, clause = max(scored, key=lambda one: (one[0], one[1]))
    if weight / total < ENOUGH:
        return None
    reason = set(_pieces(f"{clause.name} {clause.why} {clause.without}"))
    return Cited(clause, weight / total, sum(rarity[piece] for piece in wanted if piece in reason) / total)


def is_named(book: Playbook, question: str) -> bool:
    """Whether the question names this playbook before it asks (标题那条为什么…)."""
    found = _NAMED.match(unicodedata.normalize("NFKC", question))
    names = _pieces(_FILLER.sub(" ", found[1])) if found else []
    return bool(names) and set(_pieces(f"{book.title.zh} {book.title.en}")).issuperset(names)


def _unnamed(book: Playbook, question: str) -> str:
    """The question without the playbook's name: that says nothing of the clause."""
    found = _NAMED.match(question)
    return found[2] + found[3] if found and is_named(book, question) else question


def _is_telling(wanted: Sequence[str], book: Playbook) -> bool:
    """Whether one piece alone is enough: a longer word, or the name of a clause."""
    names = {clause.name.casefold() for clause in book.clauses} | {clause.key for clause in book.clauses}
    return any((piece.isascii() and len(piece) > 3) or piece in names for piece in wanted)


def _weighted(clause: Clause, book: Playbook) -> Counter[str]:
    """The pieces of a clause; its name and its reason count more, and the blanks it uses speak by their labels."""
    labels = " ".join(
        f"{slot.label.zh} {slot.label.en}"
        for slot in book.slots
        if "{{" + slot.key + "}}" in clause.prompt.replace(" ", "")
    )
    return _counted(
        f"{clause.prompt} {clause.without} {labels} {clause.key}", clause.why, f"{clause.name} {clause.key}"
    )


@lru_cache(maxsize=2048)
def _counted(text: str, why: str, name: str) -> Counter[str]:
    """Kept: to count a shelf of forty playbooks anew takes a tenth of a second."""
    counted = Counter(_pieces(text))
    for piece in _pieces(why):
        counted[piece] += 3
    for piece in _pieces(name):
        counted[piece] += 6
    return counted


def _pieces(text: str) -> list[str]:
    """Neighbouring Chinese characters in twos, and words of other scripts."""
    low = unicodedata.normalize("NFKC", text).casefold()
    low = _COUNT.sub(lambda count: "〇一二三四五六七八九"[int(count[1])], low)  # 3 个 is 三个
    chinese = [run[i : i + 2] for run in re.findall(r"[\u4e00-\u9fff]{2,}", low) for i in range(len(run) - 1)]
    words = re.findall(r"[a-z0-9]{2,}", low)
    return list(dict.fromkeys(chinese + words))


def _rarity(piece: str, texts: Sequence[Counter[str]]) -> float:
    """Rare pieces say more; what stands nowhere weighs most: it is what the question is about and we cannot answer."""
    holding = sum(piece in text for text in texts)
    return math.log(1 + len(texts) / (holding or 0.5))


def _density(wanted: Sequence[str], text: Counter[str]) -> float:
    return sum(min(text[piece], 6) for piece in wanted) / math.sqrt(1 + sum(text.values()))
