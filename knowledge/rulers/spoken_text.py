"""What of a script is said aloud: headings, stage directions, time marks and notes are masked, places stay where they are."""

from __future__ import annotations

import re

_MASK = "\n"
_QUOTED = re.compile(r"「([^「」]*)」")
_CURLY = re.compile(r"“([^“”]{8,})”")
_NOTE_LINE = re.compile(
    r"^[ \t]{0,8}[-*•]?[ \t]{0,3}(?:动作|互动|事实|画面|镜头|字幕|音乐|音效|bgm|道具|备注|说明|时间|时长|景别|机位"
    r"|shot|visual|caption|on[- ]screen|music|sfx|b-roll|note|time) ?[:：].*$",
    re.I,
)
_HEADING_LINE = re.compile(r"^\s*(?:#{1,6}\s.*|-{3,}|={3,}|\|[-:| ]+\||【[^】]*】\s*)$")
_TIME = re.compile(
    r"[（(\[]?\b\d{1,2}[:：]\d{2}(?: ?[–—\-~～至到] ?\d{1,2}[:：]\d{2})?[）)\]]?"
    r"|^[ \t]{0,8}\d{1,4} ?[-–~～] ?\d{1,4} ?(?:秒|s)\b",
    re.M,
)
_STAGE = re.compile(r"（[^（）]{0,40}）|\([^()]{0,40}\)|\[[^\[\]]{0,60}\]|【[^【】]{0,40}】")
_SPEAKER = re.compile(
    r"^[ \t]{0,8}(?:主播|口播|旁白|助播|讲解|台词|话术|口播稿|文案|host|vo|voice[- ]?over|narrator) ?[:：]", re.I | re.M
)
_COUNT_NOTE = re.compile(r"[｜|]\s*(?:约|共)?\s*\d+\s*字")
_LINE = re.compile(r"[^\n]+")


def spoken_only(text: str) -> str:
    """The text with all that is not said aloud turned into line breaks, character for character."""
    masked = list(text)
    quoted = [match.span(1) for pattern in (_QUOTED, _CURLY) for match in pattern.finditer(text)]
    # Where a script gives its lines in quotation marks, only those are said.
    if _is_quoted_script(text, sum(end - start for start, end in quoted)):
        masked = [_MASK] * len(text)
        for start, end in quoted:
            masked[start:end] = text[start:end]
        return _masked(masked, _STAGE)
    for line in _LINE.finditer(text):
        if _NOTE_LINE.match(line[0]) or _HEADING_LINE.match(line[0]):
            masked[line.start() : line.end()] = _MASK * (line.end() - line.start())
    text = _masked(masked, _STAGE)
    for pattern in (_TIME, _SPEAKER, _COUNT_NOTE):
        text = _masked(list(text), pattern)
    return re.sub(r"[|｜*#>`_]", _MASK, text)


def _is_quoted_script(text: str, quoted: int) -> bool:
    notes = sum(bool(_NOTE_LINE.match(line[0]) or _HEADING_LINE.match(line[0])) for line in _LINE.finditer(text))
    return (
        quoted >= 0.5 * len(text.strip()) or (notes >= 2 and quoted >= 0.3 * len(text.strip()))
        if text.strip()
        else False
    )


def _masked(chars: list[str], pattern: re.Pattern[str]) -> str:
    text = "".join(chars)
    for match in pattern.finditer(text):
        chars[match.start() : match.end()] = _MASK * (match.end() - match.start())
    return "".join(chars)
