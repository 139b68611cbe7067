"""Every attack of the corpora at every door, with a model that obeys it; and every honest word gets through.

The model is the worst there can be: it does what the attack says, and it knows the hidden text by heart although no
context ever held it. An attack succeeds when what it asked for reaches the person, in the very disguise it asked for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from bot.grader import Grade, Grader, Wanted
from bot.standin.grading import Request, claims, request_in, verdicts
from bot.standin.server import StandIn, serving
from bot.tables import dialogue, let_out
from curriculum.model_tables import grading
from curriculum.tables import answer, handover, membership
from foundation.language_model import Asked
from knowledge.playbook import Playbook
from tests.attacks.disguises import DISGUISES, instalments
from tests.attacks.other_team import FLOOR, OURS, other_teams_document
from tests.attacks.places import BOOK, holds_prompt
from tests.helpers.databases import Shelf
from tests.helpers.filling import book, takes
from tests.helpers.stage import DOORS, Stage, staged

CORPORA = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in Path(__file__).parent.glob("corpus/*.yaml")}


def every(kind: str) -> list[dict[str, Any]]:
    return [one for corpus in CORPORA.values() for one in corpus.get(kind, ())]


def honest_runs() -> list[dict[str, Any]]:
    return [one for one in every("benign") if one["at"] == "run"]


@pytest.fixture
async def obedient(sqlite_shelf: Shelf, clock) -> AsyncIterator[tuple[Stage, StandIn, dict[str, str]]]:
    standin = StandIn()
    async with serving(standin) as url, staged(*sqlite_shelf.seeded(), clock, model_url=url, model_name="m") as stage:
        other_teams_document(stage)
        yield stage, standin, {"zh": OURS, "en": FLOOR, "key": _answer_key(stage)}


def _answer_key(stage: Stage) -> str:
    """The longest explanation of a question of a playbook that the person uses."""
    return max((item.explain for item in book(stage, BOOK).quiz), key=len)


@pytest.mark.parametrize("door", DOORS)
async def test_nothing_hidden_reaches_anybody_in_any_disguise(obedient, door: str) -> None:
    stage, standin, secrets = obedient
    of, came_out = book(stage, BOOK), []
    person = await stage.newcomer(door)
    for attack in every("out"):
        stage.write(lambda c: c.execute(let_out.delete()))  # a day of its own
        await holds_prompt(person, of, attack["words"])
        secret = secrets[attack["what"]]
        said = [DISGUISES[attack["how"]](secret)] if attack["how"] in DISGUISES else []
        said = said or list(instalments(attack["how"], secret, attack["turns"]))
        got = ""
        for one in said:
            standin.will(one)
            seen = await person.says("/run")
            got += "".join(re.findall("「(.*?)」", one)) if one in seen.text else ""
            if len(said) == 1 and _same(one) in _same(seen.text):
                came_out.append(attack["id"])
        if len(said) > 1 and len(got) > 40:
            came_out.append(f"{attack['id']} {len(got)}")
    assert came_out == []
    contexts = "\n".join(str(asked["messages"]) for asked in standin.asked)
    assert not any(secret[:24] in contexts for secret in secrets.values()), "least context"


def _same(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("door", DOORS)
async def test_honest_outputs_go_out(obedient, door: str) -> None:
    stage, standin, _ = obedient
    held = []
    person = await stage.newcomer(door)  # one person's day: honest answers spend no budget
    for one in honest_runs():
        of = book(stage, one.get("book", BOOK))
        await holds_prompt(person, of, "无")
        said = honest_output(of, one["model"])
        standin.will(said)
        seen = await person.says("/run")
        if "没有通过出门检查" in seen or _same(said)[:20] not in _same(seen.text + seen.copied):
            held.append(one["id"])
    assert held == []


def honest_output(of: Playbook, kind: str) -> str:
    clause = of.clauses[3]
    known = {"expected": of.expected, "own_prompt": of.prompt[:2500], "own_clause": clause.prompt}
    return (known | {"own_why": clause.why, "own_bad": clause.bad}).get(kind, kind)


# --- marks ------------------------------------------------------------------------------------------------------------

WANTED = (
    Wanted("length", "写清字符上限", 1),
    Wanted("proof", "要求每个卖点回指事实编号", 1),
    Wanted("missing", "说明缺料时先提问", 1),
)
HINTS = {"写清字符上限": "75", "要求每个卖点回指事实编号": "编号", "说明缺料时先提问": "先问"}


def reads(prompt: str) -> str:
    """A model that looks for one word a criterion."""
    return verdicts(_request(prompt), lambda criterion, piece: HINTS.get(criterion, "\0") in piece)


def _request(prompt: str) -> Request:
    asked = request_in(prompt)
    assert asked
    return asked


def obeys(how: str, prompt: str) -> str:
    """What a model says that does as the answer tells it; `clever` spares the decoy, and obeys only what it can see."""
    asked = _request(prompt)
    if asked.pairs and how == "clever":
        return reads(prompt)
    if how == "json" and not asked.pairs:
        found = re.search(r"\{.*\}", asked.answer, re.S)
        return found[0] if found else asked.answer
    quote = "每个卖点带事实编号，缺料先问" if how == "invent" else asked.answer[:20]
    spares = how in ("clever", "invent") and not asked.pairs
    return claims(asked, quote, lambda criterion: spares and "逐字写着" in criterion)


async def graded(how: str, text: str) -> Grade:
    async def ask(asked: Asked) -> str:
        prompt = asked.messages[0].text
        return reads(prompt) if how == "honest" else obeys(how, prompt)

    return await Grader(ask).grade("写一段标题指令", WANTED, text)


async def test_no_answer_raises_its_own_mark() -> None:
    raised = []
    for one in every("marks"):
        fair, swayed = await graded("honest", one["answer"]), await graded(one["model"], one["answer"])
        if swayed.stands and (swayed.suggested or 0) > (fair.suggested or 0):
            raised.append((one["id"], swayed.suggested, fair.suggested))
    assert raised == []


def remembers(prompt: str) -> str:
    """A model still under the spell at the second look: all is true but what is plainly no part of an answer."""
    asked = _request(prompt)
    if asked.pairs:
        foreign = re.compile(r"伞|午饭|电梯|\btrain\b")  # talk of the weather and of meals is nobody's prompt
        return verdicts(asked, lambda criterion, quote: not (re.search(r"\d{8}", criterion) or foreign.search(quote)))
    first = re.split(r"(?<=\w)[。！？!?；;\n]", asked.answer)[0]
    return claims(asked, first.strip()[:60], lambda criterion: "逐字写着" in criterion)


async def test_a_model_that_remembers_what_it_was_told_raises_no_mark_either() -> None:
    async def ask(asked: Asked) -> str:
        return remembers(asked.messages[0].text)

    answers = {one["id"]: one["answer"] for one in every("marks")}
    answers |= {one["id"]: one["words"] for one in every("told") if one["at"] == "write"}
    grades = {name: await Grader(ask).grade("写一段标题指令", WANTED, text) for name, text in answers.items()}
    assert [name for name, grade in grades.items() if grade.stands and grade.suggested] == []
    assert sum(grade.reason == "decoy" for grade in grades.values()) > 20


async def test_honest_answers_keep_their_mark() -> None:
    lost = []
    for one in (one for one in every("benign") if one["at"] == "grade"):
        grade = await graded("honest", one["answer"])
        if not grade.stands or abs((grade.suggested or 0) - one["score"]) > 1:
            lost.append((one["id"], grade.suggested, grade.reason))
    assert lost == []


@pytest.mark.parametrize("door", DOORS)
async def test_no_mark_is_raised_at_any_door(obedient, door: str) -> None:
    """The whole way: whatever the model obeys, no answer is kept as right and no suggestion moves anything."""
    stage, standin, _ = obedient
    person = await stage.newcomer(door)
    await holds_prompt(person, book(stage, BOOK), "无")
    for one in every("marks"):
        standin.answer = lambda messages, how=one["model"]: obeys(how, messages[0]["content"])
        await person.says(f"/write {BOOK} {book(stage, BOOK).clauses[2].key}")
        await person.says(one["answer"] + "（这一段写给模型看，补足字数。）")
        if "都写到了" in person.last.choices:
            await person.presses("没写到")
    marks = stage.read(lambda c: c.execute(sa.select(grading)).all())
    assert len(marks) > 10
    assert [row.correct for row in stage.read(lambda c: c.execute(sa.select(answer)).all()) if row.correct] == []
    standing = [(row.answer[:30], row.suggested) for row in marks if not row.reason and row.suggested]
    assert standing == []


# --- roles, and lessons skipped ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
async def test_words_grant_no_role_and_skip_no_lesson(obedient, door: str) -> None:
    stage, standin, _ = obedient
    changed = []
    person = await stage.newcomer(door)
    await holds_prompt(person, book(stage, BOOK), "无")

    def state() -> tuple[list[Any], ...]:
        roles = sa.select(membership.c.person_id, membership.c.roles).order_by(membership.c.person_id)
        right = sa.select(answer.c.id).where(answer.c.correct.is_(True))
        return tuple(list(stage.read(lambda c, q=query: c.execute(q).all())) for query in (roles, right))

    before = state()
    for one in every("acts"):
        if "model" in one:
            standin.will(one["model"])
            await person.says("/run")
        await person.says(one["words"])
        if state() != before:
            changed.append(one["id"])
    assert changed == []


# --- what members may have --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
async def test_members_get_what_they_may_read(obedient, door: str) -> None:
    stage, _, _ = obedient
    missing = []
    person, of = await stage.newcomer(door), book(stage, BOOK)
    await takes(person, BOOK)
    after = stage.read(lambda c: c.execute(sa.select(dialogue.c.state)).scalars().all())[-1]
    for one in (one for one in every("benign") if one["at"] == "chat"):
        stage.write(lambda c: c.execute(dialogue.update().values(state=after)))  # each asks from where it was
        seen = await person.says(one["words"])
        ok = {
            "full_prompt": lambda seen=seen: of.clauses[-1].prompt.splitlines()[0] in seen.copied + seen.text,
            "why": lambda seen=seen: of.clauses[0].name in "".join(seen.choices) + seen.text,
            "card": lambda seen=seen: "审定：" in seen,
            "answer": lambda seen=seen: bool(seen.text) and "出门检查" not in seen,
        }[one["sees"]]()
        if not ok:
            missing.append((one["id"], seen.text[:200]))
    assert missing == []
    assert stage.read(lambda c: c.execute(sa.select(handover)).all())
