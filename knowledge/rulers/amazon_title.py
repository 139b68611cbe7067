"""The ruler for an Amazon title: what can be counted or looked up before anybody reads it."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import re2

from knowledge.rulers import counting, tables, words
from knowledge.rulers.claims import own_banned
from knowledge.rulers.folding import Folded, fold, fold_word
from knowledge.rulers.ruling import Finding, Measure, Options, Ruling, ruling
from knowledge.rulers.words import Covered

LIMIT, REPEATS = 75, 2  # F-AMZ-01, F-AMZ-05; the limit is an option because it changes by marketplace and category
_NO_LIMIT_KNOWN = {"SA", "EG", "TR", "AE"}  # F-AMZ-02: said to be exempt by one third party, so only advice there
_FORBIDDEN = re.compile(r"[!$?_{}^¬¦]")
_FORBIDDEN_WIDE = re.compile(r"[！＄？＿｛｝＾]")
_DECORATION = re.compile(r"[~#<>*]+")
_CONTACT = re2.compile(
    r"(?i)\bhttps?://\S+|\bwww\.\S+|\b[a-z0-9-]{2,}\.(?:com|net|cn|shop|store|co\.uk|de|jp|org)\b"
    r"|[\w.+-]+@[\w-]+\.\w+|[$€£¥]\s?\d+(?:[.,]\d{2})?|\b\+?\d{3}[- ]\d{3,4}[- ]\d{4}\b"
)
_ORNAMENTS = "™®©…†‡±•★☆✓✔✅✦❤♥♡❀→►▶●■◆※€"
_HIDDEN = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]")


def apply(text: str, options: Options) -> Ruling:
    """Rule on a title. Options: title_max_chars, brand_name, marketplace, product_type, banned_terms, highlights_max_chars."""
    title = text.strip()
    folded, offset = fold(text), len(text) - len(text.lstrip())
    if not title:
        return ruling(
            "amazon-title", [tables.measure("characters", 0, LIMIT, False)], [tables.finding("title-empty", (0, 0, ""))]
        )
    brand = brand_spans(folded, options)
    most, repeated = repeats(text, REPEATS)
    forbidden = list(_forbidden(text, brand))
    length, over = _length(title, offset, options)
    found = [
        *over,
        *forbidden,
        *repeated,
        *_style(text, brand, options),
        *_form(text, folded, options),
        *_words(folded, brand),
    ]
    measures = [
        length,
        tables.measure("most_repeated", most, REPEATS, most <= REPEATS),
        tables.measure("forbidden_characters", len(forbidden), 0, not forbidden),
    ]
    return ruling("amazon-title", measures, found)


def limit_of(options: Options, key: str, default: int) -> int:
    """A limit the operator read in their own template, else the fact's value."""
    given = options.get(key, "").strip()
    return int(given) if re.fullmatch(r"[0-9]{1,5}", given) else default


def brand_spans(folded: Folded, options: Options) -> Covered:
    """Where the brand's own name stands (in the original): what belongs to a brand may break the rules."""
    hits = words.given((options.get("brand_name", ""),), folded)
    return Covered(len(folded.original), ((hit.original_start, hit.original_end) for hit in hits))


def _length(title: str, offset: int, options: Options) -> tuple[Measure, list[Finding]]:
    limit, count = limit_of(options, "title_max_chars", LIMIT), len(title)
    piece = (offset, offset + count, title)
    exempt = options.get("marketplace", "").strip().upper() in _NO_LIMIT_KNOWN and not options.get("title_max_chars")
    ok = count <= limit or exempt
    found = []
    if count > limit:
        found.append(
            tables.finding("title-too-long", piece, fact="F-AMZ-02" if exempt else None, count=count, limit=limit)
        )
    elif count == limit and options.get("highlights_max_chars", "") != "0":
        found.append(tables.finding("title-no-room", piece, count=count, limit=limit))
    return tables.measure("characters", count, limit, ok), found


def _forbidden(text: str, brand: Covered) -> Iterator[Finding]:
    for match in _FORBIDDEN.finditer(text):
        if not brand.holds(*match.span()):
            yield tables.finding("title-forbidden-character", (*match.span(), match[0]))
    for match in _DECORATION.finditer(text):
        if not brand.holds(*match.span()) and not _marks_a_model(text, *match.span()):
            yield tables.finding("title-decoration", (*match.span(), match[0]))


def _marks_a_model(text: str, start: int, end: int) -> bool:
    """`#8 screw`, `M3*10`, `C#`, `<5 mm`: one character touching a digit, or closing a one-letter name."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if end - start != 1:
        return False
    touches = (
        before[-1:].isdigit()
        or after[:1].isdigit()
        or (after[:1] == " " and after[1:].isdigit() and text[start] in "<>~")
    )
    one_letter = (
        len(before.strip()) == 1
        and before[-1:].isalpha()
        and (len(before) < 2 or before[0] == " ")
        and text[start] == "#"
    )
    return touches or one_letter


def repeats(text: str, allowed: int) -> tuple[int, list[Finding]]:
    """How often the most used word stands, and a finding for each word used more than allowed (at its last use)."""
    stop, units = words_of("stop-words"), words_of("units-words")
    places: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for match in counting.words_in(text):
        start = match.start()
        for run in counting.script_runs(match[0]):
            key, low = counting.same_word(run), run.casefold()
            if not (
                key.isdigit()
                or (len(key) < 2 and key.isascii())
                or re.fullmatch(r"\d+[a-z]{0,3}", key)
                or fold_word(low) in stop
                or _is_particle(run)
            ):
                places[key].append((start, start + len(run), run))
            start += len(run)
    most = max((len(used) for key, used in places.items() if key not in units), default=0)
    found = [
        tables.finding(
            "title-repeated-unit" if key in units else "title-repeated-word", used[-1], word=used[0][2], count=len(used)
        )
        for key, used in places.items()
        if len(used) > allowed
    ]
    return most, found


@cache
def words_of(name: str) -> frozenset[str]:
    """A plain list of the tables."""
    return frozenset(tables.entries(str(tables.tables()["words"][name])))


def _is_particle(run: str) -> bool:
    return bool(re.fullmatch(r"[ぁ-ゖ]{1,2}", run)) or run in ("的", "和", "与", "用")


def _words(folded: Folded, taken: Covered) -> Iterator[Finding]:
    told = [
        ("title-promotion", "promotion"),
        ("title-subjective", "subjective"),
        ("title-puffery", "puffery"),
        ("title-time-word", "time-words"),
    ]
    for rule, list_name in told:
        for one in tables.listed(rule, list_name, folded):
            if not taken.meets(one.start, one.end):
                taken.add(one.start, one.end)
                yield one


def _style(text: str, brand: Covered, options: Options) -> Iterator[Finding]:
    known = words_of("acronyms")
    letters = [m for m in re.finditer(r"[^\W\d_]+", text) if m[0].upper() != m[0].lower()]
    own = [m for m in letters if not brand.holds(*m.span())]
    # The first word in capitals is most often the brand, also where nobody said so.
    rest = [m for m in own if (options.get("brand_name") or m is not letters[0])]
    caps = [m for m in rest if len(m[0]) >= 2 and m[0].isupper()]
    total = sum(len(m[0]) for m in rest)
    loud = [m for m in caps if m[0] not in known]
    if len(loud) >= 3 and sum(len(m[0]) for m in loud) >= 0.6 * total:
        yield tables.finding(
            "title-all-caps", (loud[0].start(), loud[-1].end(), text[loud[0].start() : loud[-1].end()])
        )
        return
    for match in loud:
        touches_digit = (
            text[match.end() : match.end() + 1].isdigit() or text[max(0, match.start() - 1) : match.start()].isdigit()
        )
        if len(match[0]) >= 4 and not touches_digit:
            yield tables.finding("title-caps-word", (*match.span(), match[0]))


def _form(text: str, folded: Folded, options: Options) -> Iterator[Finding]:
    yield from symbols(text, "title-symbol")
    yield from own_banned(folded, options)
    yield from tables.listed("title-number-word", "number-words", folded)
    for match in _FORBIDDEN_WIDE.finditer(text):
        yield tables.finding("title-wide-character", (*match.span(), match[0]))
    for match in _CONTACT.finditer(text):
        if not re.fullmatch(r"(?i)[a-z0-9]+\.(?:de|jp|cn)", match.group()) or " " not in text:
            yield tables.finding("title-contact", (*match.span(), match.group()))
    if "\n" in text.strip():
        at = text.strip().index("\n")
        yield tables.finding("several-lines", (at, at + 1, ""))
    if hidden := _HIDDEN.search(text):
        yield tables.finding("hidden-character", (*hidden.span(), ""))
    product = options.get("product_type", "").strip()
    wanted = {counting.same_word(m[0]) for m in counting.words_in(product)}
    if wanted and not wanted & {counting.same_word(m[0]) for m in counting.words_in(text)}:
        yield tables.finding("title-no-product", (0, len(text), ""), word=product)


def symbols(text: str, rule: str) -> Iterator[Finding]:
    """Emoji, ™ ® and ornaments."""
    for index, char in enumerate(text):
        if char in _ORNAMENTS or (ord(char) > 0x2000 and unicodedata.category(char) == "So"):
            yield tables.finding(rule, (index, index + 1, char))
