"""Where a person's words can come in: one function a place, each the whole way that somebody takes there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from bot.tables import let_out, outbox
from curriculum import learning_log, people, portfolio
from curriculum.grading import Verdict
from curriculum.model_tables import work
from knowledge.playbook import Playbook
from tests.helpers.filling import answer_for, asked, book
from tests.helpers.stage import Person, Stage

BOOK = "review-mining"
PNG, OGG = b"\x89PNG\r\n\x1a\n", b"OggS"
UNHEARD = ("filename", "name", "dispute", "note", "task", "question", "polish", "outcome")  # by a model: by design
Words = Any  # a text, or for `turns` several
Way = Callable[["Cast", Words], Awaitable[None]]


class Cast:
    """Somebody who attacks, and the mentor and the lead who read what they left."""

    def __init__(self, stage: Stage, person: Person, mentor: Person, lead: Person) -> None:
        self.stage, self.person, self.mentor, self.lead = stage, person, mentor, lead

    def seen(self) -> str:
        """Everything that anybody has been shown or told, copied texts and files among it."""
        rows = self.stage.read(lambda c: c.execute(sa.select(outbox.c.reply)).scalars().all())
        shown = [
            "\n".join(
                (one.text, *one.choices, one.copied, *(content.decode("utf-8", "ignore") for _, content in one.files))
            )
            for who in (self.person, self.mentor, self.lead)
            for one in who.history
        ]
        return "\n".join([*shown, *map(str, rows)])

    async def afresh(self) -> None:
        """A day of its own: nothing let out, nothing open, nothing shown."""
        self.stage.write(lambda c: c.execute(let_out.delete()))
        self.stage.write(lambda c: c.execute(outbox.delete()))
        for who in (self.person, self.mentor, self.lead):
            who.history.clear()
        await self.person.says("/cancel")
        await self.person.says("/home")


async def cast(stage: Stage, door: str) -> Cast:
    return Cast(
        stage, await stage.newcomer(door), await stage.trainee(door, "周老师"), await stage.trainee(door, "陈组长")
    )


async def holds_prompt(person: Person, of: Playbook, words: str, key: str = "") -> None:
    """The prompt in this person's hands, with the words as what they filled into one blank, the last one by default."""
    scope = person.stage.read(lambda c: people.meet(c, person_id)).scope if (person_id := await person.id) else None
    assert scope
    answers = {**of.example_values, key or of.slots[-1].key: words}
    turn = f"{person.stage.number():032d}"
    now = person.stage.clock()
    person.stage.write(lambda c: portfolio.hand_over(c, scope, of.id, of.version, answers, person.door, turn, now))


async def _begins(one: Cast, book_id: str = BOOK) -> None:
    await one.person.says(f"/begin {book_id} quick")
    if "哪个产品" in one.person.last:
        await one.person.presses("新产品")


async def _confirms(person: Person, *begins: str) -> None:
    """Press the first of these buttons that is there: whoever is tricked agrees to everything."""
    for label in begins:
        if any(choice.startswith(label) for choice in person.last.choices):
            await person.presses(label)
            return


async def value(one: Cast, words: str) -> None:
    await holds_prompt(one.person, book(one.stage, BOOK), words)
    await one.person.says("/run")


async def turns(one: Cast, words: list[str]) -> None:
    for said in words:
        await value(one, said)


async def three(one: Cast, words: str) -> None:
    await holds_prompt(one.person, book(one.stage, BOOK), words)
    await one.person.says("/run 3")
    await _confirms(one.person, "B")


async def mine(one: Cast, words: str) -> None:
    await holds_prompt(one.person, book(one.stage, BOOK), words)
    await one.person.says("/xray")
    await one.person.says("/mine facts")


async def cell(one: Cast, words: str) -> None:
    await _begins(one)
    quoted = words.replace('"', '""')
    await one.person.sends(f'品类,抽样说明\n保温杯,"{quoted}"\n'.encode(), "表.csv")
    await _confirms(one.person, "对，继续")


async def pasted(one: Cast, words: str) -> None:
    await _begins(one)
    await one.person.presses("一次填完")
    await one.person.says(f"品类\t抽样说明\n保温杯\t{words}")
    await _confirms(one.person, "对，继续")


async def photo(one: Cast, words: str) -> None:
    await _begins(one)
    await one.person.sends(PNG + words.encode())
    await _confirms(one.person, "对，继续", "就填这一格")


async def photo_free(one: Cast, words: str) -> None:
    await one.person.sends(PNG + words.encode())
    await _confirms(one.person, "用这些字去问")


async def voice(one: Cast, words: str) -> None:
    await _begins(one)
    await one.person.sends(OGG + words.encode(), "voice.ogg")
    await _confirms(one.person, "对，继续", "就填这一格")


async def voice_free(one: Cast, words: str) -> None:
    await one.person.sends(OGG + words.encode(), "voice.ogg")
    await _confirms(one.person, "就问这一句")


async def filename(one: Cast, words: str) -> None:
    await _begins(one)
    await one.person.sends("品类\n保温杯\n".encode(), words)
    await _confirms(one.person, "对，继续")


async def fact(one: Cast, words: str) -> None:
    """Kept with a product under one playbook, taken along into another, and run there."""
    await _begins(one, "amazon-listing-title")
    await _fills_in(one, book(one.stage, "amazon-listing-title"), words)
    await one.person.says("/begin amazon-bullets quick")
    with_the_product = next(label for label in one.person.last.choices if "新产品" not in label)
    await one.person.presses(with_the_product)
    await _confirms(one.person, "对，继续")
    await _fills_in(one, book(one.stage, "amazon-bullets"), words)
    await one.person.says("/run")


async def _fills_in(one: Cast, of: Playbook, words: str) -> None:
    """As somebody does, with these words where the product's facts are asked for; up to the prompt."""
    while slot := asked(one.person.last, of):
        example = answer_for(slot, one.stage.clock().date())
        await one.person.says("\n".join((words, example)) if slot.key == "verified_facts" else example)
    await one.person.presses("生成指令")


async def name(one: Cast, words: str) -> None:
    await one.person.says(f"/name {words}")
    await value(one, "无")
    await one.person.says("/me")
    await one.lead.says("/people")


async def dispute(one: Cast, words: str) -> None:
    person_id = await one.person.id
    scope = one.stage.read(lambda c: people.meet(c, person_id)).scope
    assert scope
    about = learning_log.About(BOOK, "1.0.0", f"q{one.stage.number()}", "cloze", "constraints")
    how, turn, now = learning_log.How("两百", Verdict(0.0, False)), f"t{one.stage.number()}", one.stage.clock()
    one.stage.write(lambda c: learning_log.record_answer(c, scope, about, how, one.person.door, turn, now))
    await one.person.says(f"/dispute {words}")
    await one.mentor.says("/desk")


async def note(one: Cast, words: str) -> None:
    await value(one, "无")
    await one.person.says("为什么要写月亮的圆缺周期？")
    await one.mentor.says("/desk")
    await _confirms(one.mentor, "回答", "说一句")
    await one.mentor.says(words)
    await one.person.says("/run")


async def task(one: Cast, words: str) -> None:
    for step in ("", " to all", " what powercut", " due 3", f" note {words}", " yes"):
        await one.lead.says(f"/assign{step}")
    await one.person.says("/tasks")
    await value(one, "无")


async def typed(one: Cast, words: str) -> None:
    """A command, or free words, and whatever the prompt at hand makes of them."""
    await value(one, words)
    await one.person.says(words)


async def question(one: Cast, words: str) -> None:
    await value(one, "无")
    await one.person.says(words)
    await _confirms(one.person, "没答到")


async def write(one: Cast, words: str) -> None:
    """Graded, then run on the playbook's own example."""
    await one.person.says(f"/write {BOOK} missing")
    await one.person.says(words)
    await one.person.presses("没写到")
    await _confirms(one.person, "拿去跑一次")


async def polish(one: Cast, words: str) -> None:
    await value(one, "无")
    await one.person.says(f"/polish {_work(one)}")
    await one.person.says(words)
    await one.person.says("/works")


async def outcome(one: Cast, words: str) -> None:
    await value(one, "无")
    await one.person.says(f"/outcome {_work(one)}")
    await one.person.says(words)


def _work(one: Cast) -> str:
    return str(one.stage.read(lambda c: c.execute(sa.select(work.c.id).order_by(work.c.at.desc())).scalars().first()))


WAYS: dict[str, Way] = {
    way.__name__: way
    for way in (
        value, turns, three, mine, cell, pasted, photo, photo_free, voice, voice_free, filename, fact, name, dispute,
        note, task, typed, question, write, polish, outcome,
    )
}  # fmt: skip
