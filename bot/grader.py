"""Grading free writing, apart from the tutor: the model only points at evidence, code decides what it is worth.

A mark stands when every quote is a literal piece of the answer, a decoy that is false by construction was called false,
a second look at the quotes alone agrees, and nothing in the answer speaks to the grader. Else a mentor marks.
"""

from __future__ import annotations

import random
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.reading_json import NoJson, read_object
from foundation.language_model import Asked, Said

PROMPTS = Path(__file__).parent / "prompts"
MAX_ANSWER = 4000
MAX_QUOTE = 80
MIN_QUOTE = 2
MAX_GAP = 10  # points between a grading with and without what may be meant for the grader
AskModel = Callable[[Asked], Awaitable[str | None]]  # the whole text, or None

# What no honest answer holds: our marks, a verdict in our form, the tags of a chat, a plain request for the mark.
_FORGED = re.compile(
    "|".join(
        (
            r"[\"']?met[\"']?\s*[:=]\s*[\"']?true|</?(system|assistant|user|answer)>|<\||^\s*(system|assistant)\s*[:：]",
            r"(给|打|判|算|要|得|求|请).{0,6}(满分|一百分)|一律满足|都算对|全对|判为?满足",
            r"\b(give|award|assign|deserves?)\b.{0,30}\b(full|maximum|perfect|top|100)\b",
            r"\b(mark|grade|score)\b.{0,30}\bas\s+(met|true|correct)\b",
        )
    ),
    re.I | re.M,
)
# Words that may be meant for whoever grades: an answer about prompts holds some of them honestly, so it is graded
# again without the sentences that have them.
_SPEAKS = re.compile(
    "|".join(
        (
            r"(忽略|无视|不要理会|忘掉|忘记).{0,12}(以上|上面|前面|之前|标准|规则|指令|要求|提示|题目)",
            r"满分|全部通过|都满足|各项均|样样(都|齐)|打勾|给我?(过|高分|100)",
            r"你(现在|必须|应该|要)(是|扮演|输出|回答|把)",
            r"(评分|阅卷|判分|打分|批改|评阅|评卷)(者|员|人|老师|系统|模型|提示|ai)?|作为(一个)?(评分|阅卷|批改)",
            r"\bignore\b.{0,30}\b(above|previous|prior|instruction|rubric|rule|criteri)",
            r"\b(disregard|forget|override)\b.{0,30}\b(instruction|rubric|rule|criteri|above)",
            r"\b(full|maximum|perfect|top)\s+(marks?|score|credit|points?)\b|\ball\s+(the\s+)?criteria\b",
            r"\b(mark|grade|score|rate|grading|examiner)\b",
            r"\b(you are|act as|pretend|system prompt|developer mode|jailbreak|on all points|every point)\b",
        )
    ),
    re.I,
)
# What could stand in an answer as well, about something else: who calls everything true that looks like evidence is seen.
_UNRELATED_ZH = (
    "主图用白底，四周留空，不放水印和边框。", "回复买家先道歉，再给两个解决办法，当天发出。", "每周一上午汇总广告花费，按活动排好。",
    "视频前三秒先出手，再出声，最后才露包装。", "发货前称重，差两克以上就开箱重装。", "直播间每二十分钟重复一次优惠和截止时间。",
    "达人合作先寄样，签收三天后再谈排期。", "仓库照片要拍清箱唛和托盘四角。", "翻成德语时用敬称，量词照当地习惯换算。",
    "退件单独登记，注明是谁拆的封。", "海报只用两种颜色，字不压在人脸上。", "团队群里不发客户电话，用工单代替。",
)  # fmt: skip
_UNRELATED_EN = (
    "Shoot the main picture on white, without watermark or frame.", "Apologise to the buyer first, then offer two ways out.",
    "Sum up ad spending every Monday, campaign by campaign.", "Weigh each parcel before it leaves; reopen it above two grams.",
    "Send creators a sample and talk about dates three days later.", "Repeat the offer and its end every twenty minutes on air.",
    "Photograph the carton marks and all corners of the pallet.", "Log returned goods apart and note who broke the seal.",
    "Use two colours on the poster and no letters across faces.", "Keep customers' telephone numbers out of the team chat.",
)  # fmt: skip
_LOOKALIKE = re.compile(r"={2,}\s*[0-9a-fA-F]{6,}\s*={2,}|[<＜]{2,}|[>＞]{2,}")


@dataclass(frozen=True)
class Wanted:
    """One criterion: what the answer must hold, and what that is worth."""

    id: str
    text: str
    points: int


@dataclass(frozen=True)
class Judged:
    id: str
    met: bool
    quote: str


@dataclass(frozen=True)
class Grade:
    """A suggestion of 0 to 100, or none; `reason` says why a mentor must look: then the suggestion counts for nothing."""

    suggested: int | None
    criteria: tuple[Judged, ...] = ()
    reason: str = ""  # "" · empty · addressed · unreadable · decoy · quote · disagreement · no_model

    @property
    def stands(self) -> bool:
        return self.suggested is not None and not self.reason


@dataclass(frozen=True)
class Grader:
    ask: AskModel
    chance: Callable[[], random.Random] = random.SystemRandom

    async def grade(self, question: str, wanted: Sequence[Wanted], answer: str) -> Grade:
        """Never raises for what a model says, and never makes a mark up."""
        clean = cleaned(answer)
        if not clean:
            return Grade(0, tuple(Judged(one.id, False, "") for one in wanted), "")
        grade = await self._grade(question, wanted, clean)
        if is_forged(answer):
            return replace(grade, reason=grade.reason or "addressed")
        without = without_suspicious(clean)
        if without == clean or grade.reason:
            return grade
        return await self._again(question, wanted, without, grade)

    async def _again(self, question: str, wanted: Sequence[Wanted], without: str, grade: Grade) -> Grade:
        """A second grading without what may be meant for the grader: it must come to the same mark."""
        again = await self._grade(question, wanted, without) if without else Grade(0, grade.criteria)
        if again.suggested is None or grade.suggested is None:
            return replace(grade, reason=again.reason)
        lower = min(grade.suggested, again.suggested)
        differs = abs(grade.suggested - again.suggested) > MAX_GAP
        return Grade(lower, grade.criteria, "addressed" if differs else again.reason)

    async def _grade(self, question: str, wanted: Sequence[Wanted], clean: str) -> Grade:
        first = await self._first_pass(question, wanted, clean)
        if isinstance(first, str):
            return Grade(None, (), first)
        if any(one.met and not _is_literal(one.quote, clean) for one in first):
            return Grade(_score(wanted, first), tuple(first), "quote")
        second = await self._second_pass(wanted, first)
        if isinstance(second, str):
            return Grade(_score(wanted, first), tuple(first), second)
        agreed = tuple(Judged(one.id, one.met and second.get(one.id, False), one.quote) for one in first)
        differs = any(one.met != other.met for one, other in zip(first, agreed, strict=True))
        return Grade(_score(wanted, agreed), agreed, "disagreement" if differs else "")

    async def _first_pass(self, question: str, wanted: Sequence[Wanted], answer: str) -> list[Judged] | str:
        """Evidence for each criterion, among them in an unforeseen place one that nothing can meet."""
        decoy = f"作答里逐字写着「{secrets.token_hex(4)}」"
        order = [*wanted, Wanted("", decoy, 0)]
        self.chance().shuffle(order)
        names = dict(zip(_names("c", len(order)), order, strict=True))
        criteria = "\n".join(f"{name}. {one.text}" for name, one in names.items())
        prompt = _filled("grade", mark=_mark(), question=question, criteria=criteria, answer=answer, name=min(names))
        found = await self._read(prompt, lambda data: _verdicts(data, names))
        if isinstance(found, str):
            return found
        if any(one.met for one in found if not one.id):
            return "decoy"
        by_id = {one.id: one for one in found}
        return [by_id[one.id] for one in wanted]

    async def _second_pass(self, wanted: Sequence[Wanted], first: Sequence[Judged]) -> dict[str, bool] | str:
        """Each quote alone beside its criterion: what else the answer says cannot speak here; decoys among them."""
        texts = {one.id: one.text for one in wanted}
        met = [one for one in first if one.met]
        if not met:
            return {}
        pairs = [(one.id, texts[one.id], one.quote) for one in met]
        # What must be called false: a number that is not there, and words that have nothing to do with any criterion.
        pairs += [("", f"这一段里写着数字 {self.chance().randrange(10**7, 10**8)}", self.chance().choice(met).quote)]
        pairs += [("", texts[one.id], self.chance().choice(_unrelated(texts[one.id], one.quote))) for one in met]
        self.chance().shuffle(pairs)
        mark = _mark()
        names = dict(zip(_names("p", len(pairs)), (pair[0] for pair in pairs), strict=True))
        told = zip(names, pairs, strict=True)
        lines = "\n".join(f"{name}. 标准：{text}\n{mark}{quote}{mark}" for name, (_, text, quote) in told)
        found = await self._read(
            _filled("verify", mark=mark, pairs=lines, name=min(names)), lambda data: _booleans(data, names)
        )
        if isinstance(found, str):
            return found
        if any(true for name, true in found if not name):
            return "decoy"
        return {name: true for name, true in found if name}

    async def _read(self, prompt: str, reading: Callable[[dict[str, Any]], Any]) -> Any:
        """What the model says, read strictly; one try to mend, then a reason."""
        messages: tuple[Said, ...] = (Said("user", prompt),)
        for _ in range(2):
            text = await self.ask(Asked(messages, max_tokens=1200, temperature=0))
            if text is None:
                return "no_model"
            try:
                return reading(read_object(text))
            except NoJson:
                again = "上面不是所要的 JSON。只输出那一个 JSON 对象，键不重复，不加别的文字。"
                messages = (Said("user", prompt), Said("assistant", text[:2000]), Said("user", again))
        return "unreadable"


def _unrelated(criterion: str, quote: str) -> Sequence[str]:
    """Sentences written like the quote that share nothing with the criterion; all of them where each shares something."""
    bank = _UNRELATED_ZH if re.search(r"[\u4e00-\u9fff]", quote) else _UNRELATED_EN
    pieces = {a + b for a, b in re.findall(r"(?=([\u4e00-\u9fff])([\u4e00-\u9fff]))", criterion)}
    pieces |= set(re.findall(r"[a-z]{4,}", criterion.casefold()))
    return [one for one in bank if not any(piece in one.casefold() for piece in pieces)] or bank


def _verdicts(data: dict[str, Any], names: dict[str, Wanted]) -> list[Judged]:
    """Just the criteria asked about, each with a truth value and a text. Raises NoJson."""
    if set(data) != set(names):
        raise NoJson("other criteria")
    found = []
    for name, one in names.items():
        verdict = data[name]
        if not isinstance(verdict, dict) or set(verdict) != {"met", "quote"}:
            raise NoJson(name)
        met, quote = verdict["met"], verdict["quote"]
        if not isinstance(met, bool) or not isinstance(quote, str) or len(quote) > MAX_QUOTE * 3:
            raise NoJson(name)
        found.append(Judged(one.id, met, quote.strip()))
    return found


def _booleans(data: dict[str, Any], names: dict[str, str]) -> list[tuple[str, bool]]:
    if set(data) != set(names) or not all(isinstance(value, bool) for value in data.values()):
        raise NoJson("other pairs")
    return [(names[name], value) for name, value in data.items()]


def _score(wanted: Sequence[Wanted], judged: Sequence[Judged]) -> int:
    """0 to 100 by the points of what is met: computed here, whatever a model would like to say."""
    met = {one.id for one in judged if one.met}
    total = sum(one.points for one in wanted)
    return round(100 * sum(one.points for one in wanted if one.id in met) / total) if total else 0


def cleaned(answer: str) -> str:
    """The answer as the model sees it: bounded, in plain characters, without look-alikes of our marks."""
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKC", answer[:MAX_ANSWER])
        if unicodedata.category(c) not in ("Cf", "Cc", "Co", "Cs") or c == "\n"
    )
    return _LOOKALIKE.sub(" ", plain).strip()


def is_forged(answer: str) -> bool:
    """Whether the answer holds what only a grader's context holds, or asks for the mark outright."""
    if _LOOKALIKE.search(unicodedata.normalize("NFKC", answer)):
        return True
    return any(_FORGED.search(text) for text in _spellings(cleaned(answer)))


def speaks_to_grader(text: str) -> bool:
    """Whether a text may be meant for whoever grades it; also written apart, backwards or in full width."""
    plain = cleaned(text)
    return is_forged(text) or any(_SPEAKS.search(one) for one in _spellings(plain))


def without_suspicious(clean: str) -> str:
    """The answer without the sentences that may be meant for the grader; all of it falls away if only the whole is one."""
    parts = re.split(r"(?<=[。！？!?；;，,\n])|(?<=\.)\s", clean)
    kept = [part for part in parts if part and not speaks_to_grader(part)]
    rest = "".join(kept).strip() if len(kept) < len([part for part in parts if part]) else clean
    return "" if rest == clean and speaks_to_grader(clean) else rest


def _spellings(plain: str) -> tuple[str, ...]:
    from knowledge.rulers.folding import fold_word  # its tables are loaded with the first text that is graded

    tight = re.sub(r"(?<=[\u4e00-\u9fff])[\s·.\-_*]+(?=[\u4e00-\u9fff])", "", plain)
    latin = fold_word(plain)
    return plain, tight, latin, re.sub(r"[*_~`.\-·]+", "", plain), tight[::-1]


def _names(letter: str, count: int) -> list[str]:
    """Names that nobody can foresee, so that no verdict can be written ahead."""
    numbers = random.SystemRandom().sample(range(1000, 10_000), count)
    return [f"{letter}{number}" for number in numbers]


def _is_literal(quote: str, answer: str) -> bool:
    """Whether the quote stands in the answer, spaces aside, and is evidence rather than a word to the grader."""
    bare, text = re.sub(r"\s+", "", quote), re.sub(r"\s+", "", answer)
    bare = unicodedata.normalize("NFKC", bare).strip("“”\"'「」…")
    return MIN_QUOTE <= len(bare) <= MAX_QUOTE and bare in text and not is_forged(quote)


def _mark() -> str:
    return f"=={secrets.token_hex(8)}=="


def _filled(template: str, **places: str) -> str:
    """A prompt with its places filled in one pass: what is filled in is never filled again."""
    return re.sub(
        r"\{(mark|question|criteria|answer|pairs|name)\}",
        lambda place: places.get(place[1], place[0]),
        _template(template),
    )


@lru_cache(maxsize=8)
def _template(name: str) -> str:
    return (PROMPTS / f"{name}.md").read_text("utf-8")
