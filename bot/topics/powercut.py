"""The power-cut test (断电测试): once a week, five minutes, no help, and how sure one was of each answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.coaching import Coach
from bot.message import Choice, Reply
from bot.practice_items import form_of, guess_of
from bot.talk import Answer, Talk
from bot.topics.quiz import Quiz, at_hand
from curriculum import power_cut
from curriculum.probes import Dial, ProbeAnswer, ProbeItem, confidence_curve, dial, independence, week_of, weekly_probe
from curriculum.sentences import phrases as teaching
from foundation.scope import Scope
from knowledge.playbook import QuizItem

KINDS = {"mutant": "case", "spot-the-flaw": "case", "pick-better": "judgement"}
LEAST_ITEMS = 5  # as many as an assigned test asks for
AiShare = Callable[[Connection, Scope], float | None]


def not_measured(connection: Connection, scope: Scope) -> float | None:
    """The share of AI in what was really used: unknown until works are kept."""
    return None


@dataclass(frozen=True)
class PowerCut:
    """`/powercut`: what it is; `/powercut go`: the next question, or the result."""

    quiz: Quiz
    ai_share: AiShare = not_measured

    def powercut(self, talk: Talk, words: str) -> Answer:
        one = at_hand(talk)
        week = week_of(talk.now, one.tutor.zone)
        test = power_cut.test_of(talk.connection, talk.scope, week)
        if test is not None and test.done_at is not None:
            return [self._result(talk, one)]
        if test is None:
            items = self._chosen(one, week, talk.person.id)
            if len(items) < LEAST_ITEMS:
                return [talk.reply("powercut.too_few", talk.choice("button.home", "/home"), to="powercut")]
            if words != "go":
                begin = talk.choice("powercut.begin", "/powercut go")
                return [
                    talk.reply(
                        "powercut.intro", begin, talk.choice("button.later", "/home"), to="powercut", count=len(items)
                    )
                ]
            test = power_cut.begin_test(talk.connection, talk.scope, week, items, talk.now)
        given = {answer.item for answer in self._answers(talk, one)}
        left = [item for item in test.items if item not in given and item in one.items]
        if not left:
            power_cut.end_test(talk.connection, talk.scope, week, talk.now)
            return [self._result(talk, one)]
        book, item = one.items[left[0]]
        place = talk.say("powercut.place", place=len(test.items) - len(left) + 1, total=len(test.items))
        return [self.quiz.ask(talk, book, item, place, purpose="probe")]

    def _chosen(self, one: Coach, week: str, learner: str) -> list[str]:
        """This week's items: none that was ever asked before, none that only the learner could judge."""
        pool = [
            _probe_item(key, item)
            for key, (_, item) in one.items.items()
            if form_of(item) in ("choice", "order", "lines")
        ]
        return [item.id for item in weekly_probe(pool, set(one.tutor.memory.items), week, learner).items]

    def _answers(self, talk: Talk, one: Coach) -> list[ProbeAnswer]:
        return power_cut.probe_answers(talk.connection, talk.scope, one.tutor.zone)

    def _result(self, talk: Talk, one: Coach) -> Reply:
        answers = self._answers(talk, one)
        curve = "\n".join(
            talk.say(
                "powercut.curve",
                tap=talk.say(f"powercut.{point.tap}"),
                right=f"{point.right.value:.0%}",
                count=point.right.count,
            )
            for point in confidence_curve(answers)
        )
        shown = dial_words(talk, dial(self.ai_share(talk.connection, talk.scope), independence(answers)))
        choices = (talk.choice("progress.button", "/progress"), talk.choice("button.home", "/home"))
        return talk.reply("powercut.result", *choices, to="powercut", columns=2, dial=shown, curve=curve)


def dial_words(talk: Talk, one: Dial) -> str:
    """含AI率 × 自主率 in words: each number with its range and count, or plainly not measured."""
    say = teaching().say
    alone = one.independence
    able = talk.say("powercut.unmeasured")
    if alone is not None:
        able = talk.say(
            "powercut.alone",
            value=f"{alone.value:.0%}",
            low=f"{alone.low:.0%}",
            high=f"{alone.high:.0%}",
            count=alone.count,
        )
    share = f"{one.ai_share:.0%}" if one.ai_share is not None else say("dial.not_measured", talk.language)
    field = say(f"dial.{one.field}", talk.language) if one.field else say("dial.open", talk.language)
    return talk.say("powercut.dial", able=able, share=share, field=field)


def _probe_item(key: str, item: QuizItem) -> ProbeItem:
    return ProbeItem(key, item.skill, KINDS.get(item.kind, "closed"), guess=guess_of(item))


def choice(talk: Talk) -> Choice:
    """The button that leads here."""
    return talk.choice("powercut.button", "/powercut")
