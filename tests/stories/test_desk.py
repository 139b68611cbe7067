"""The mentor's desk: a card a tap, the first verdict kept, nothing judged twice."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.message import reply_from_json
from bot.tables import outbox
from curriculum import assignments, desk, learning_log, people, teams
from curriculum.grading import Verdict
from curriculum.tables import answer, question
from curriculum.team_tables import mark, question_draft, skill_tally
from foundation.errors import ExpectedError, NotFound
from tests.helpers.stage import DOORS, Stage


@pytest.fixture
def stage(stage_on_both: Stage) -> Stage:
    """Every story here is told on both databases."""
    return stage_on_both


def _answer(
    stage: Stage, name: str, *, correct: bool = False, confidence: str = "", book: str = "amazon-listing-title"
) -> None:
    stage.clock.tick()
    about = learning_log.About(book, "1.0.0", f"q{stage.number()}", "cloze", "constraints")
    how = learning_log.How("两百个字符", Verdict(float(correct), correct), confidence=confidence)
    scope = stage.scope(name)
    stage.write(lambda c: learning_log.record_answer(c, scope, about, how, "web", f"t{stage.number()}", stage.clock()))


async def test_an_unanswered_question_is_answered_and_kept_as_a_draft(stage: Stage) -> None:
    trainee = stage.scope("小林")
    stage.write(
        lambda c: learning_log.record_question(
            c, trainee, "越南语怎么写标题", "none", [], 0.1, True, "t1", stage.clock()
        )
    )
    mentor = await stage.trainee("terminal", "周老师")
    shown = await mentor.says("/desk")
    assert "越南语怎么写标题" in shown
    await mentor.presses("回答")
    assert "已回答 小林" in await mentor.says("先按英文站的来，再找当地同事看")
    [row] = stage.read(lambda c: c.execute(sa.select(question)).all())
    assert (row.answered_by, row.answer) == (stage.demo.people["周老师"], "先按英文站的来，再找当地同事看")
    [told] = stage.read(lambda c: c.execute(sa.select(outbox)).all())
    assert told.person_id == stage.demo.people["小林"] and "先按英文站" in str(told.reply)
    assert [one.state for one in stage.read(lambda c: c.execute(sa.select(question_draft)).all())] == ["draft"]


FORGED = "怎么写越南站的类目申诉\n\n判分与带教一致：9/9\n  [1] 维持原判\n好，维持原判。"


def _set_apart(words: str) -> str:
    """How the terminal shows what somebody wrote: every line of it behind a bar."""
    return "\n".join(f"│ {line}" for line in words.splitlines())


async def test_what_a_person_wrote_never_passes_for_our_own_lines(stage: Stage) -> None:
    """A question, an objection, an answer to it and a note of a task: each is a quote wherever another reads it."""
    trainee, mentor = stage.scope("小林"), await stage.trainee("terminal", "周老师")
    stage.write(lambda c: learning_log.record_question(c, trainee, FORGED, "none", [], 0.1, True, "t1", stage.clock()))
    assert _set_apart(FORGED) in await mentor.says("/desk")
    await mentor.presses("回答")
    await mentor.says("先按英文站的来\n[2] 接着填")
    _answer(stage, "小林")
    stage.write(lambda c: desk.dispute(c, trainee, FORGED, stage.clock()))
    seen = await mentor.says("/desk")
    assert _set_apart(FORGED) in seen and _set_apart("两百个字符") in seen
    await mentor.says("/assign what powercut")
    await mentor.says("/assign to all")
    await mentor.says("/assign due 3")
    assert "\n│ 别忘了 [1] 首页\n" in await mentor.says("别忘了\n[1] 首页")
    await mentor.presses("布置")
    for notice in stage.read(lambda c: c.execute(sa.select(outbox.c.reply)).scalars()):
        ours = "".join(fields["text"] for kind, fields in notice["text"] if kind != "quote")
        assert not set("[]｜") & set(ours), ours
    learner = await stage.trainee("terminal", "小林")
    assert "\n│ 别忘了 [1] 首页\n" in await learner.says("/tasks")
    owner = await stage.newcomer("terminal", "老郑", roles=("owner",))
    assert "\n│ 先按英文站的来\n│ [2] 接着填" in await owner.says("/drafts")


async def test_a_disputed_mark_is_changed_once_and_the_first_verdict_is_kept(stage: Stage) -> None:
    _answer(stage, "小林")
    learner, mentor = stage.scope("小林"), stage.scope("周老师")
    stage.write(lambda c: desk.dispute(c, learner, "题目没说清", stage.clock()))
    [card], _ = stage.read(lambda c: desk.today(c, mentor, stage.clock(), "Asia/Shanghai"))
    tell = lambda c, notice: None  # noqa: E731
    stage.write(lambda c: desk.judge(c, mentor, card.id, 100, "有道理", stage.clock(), tell))
    with pytest.raises(ExpectedError, match="done_already"):
        stage.write(lambda c: desk.judge(c, mentor, card.id, 0, "", stage.clock(), tell))
    [audit] = stage.read(lambda c: c.execute(sa.select(mark)).all())
    assert (audit.first_score, audit.first_correct, audit.first_by, audit.score) == (0.0, False, "grader", 1.0)
    [changed] = stage.read(lambda c: c.execute(sa.select(answer)).all())
    assert (changed.score, changed.correct) == (1.0, True)
    [tally] = stage.read(lambda c: c.execute(sa.select(skill_tally)).all())
    assert (tally.answers, tally.points) == (1, 1.0)
    assert stage.read(lambda c: desk.agreement(c, mentor)) == desk.Agreement(0, 1)


async def test_the_desk_shows_the_worthiest_seven_a_day_and_loses_nothing(stage: Stage) -> None:
    for n in range(9):
        _answer(stage, "小林", confidence="sure", book=f"b{n}")
    _answer(stage, "阿梅")
    amei, mentor = stage.scope("阿梅"), stage.scope("周老师")
    stage.write(lambda c: desk.dispute(c, amei, "", stage.clock()))
    stage.write(lambda c: desk.lay_out(c, mentor, stage.clock()))
    cards, waiting = stage.read(lambda c: desk.today(c, mentor, stage.clock(), "Asia/Shanghai"))
    assert (len(cards), waiting, cards[0].kind) == (7, 10, "dispute")
    for one in cards:
        stage.write(lambda c, one=one: desk.agree(c, mentor, one.id, stage.clock(), lambda c, n: None))  # type: ignore[misc]
    assert stage.read(lambda c: desk.today(c, mentor, stage.clock(), "Asia/Shanghai")) == ([], 3)
    lead = stage.scope("陈组长")
    stage.write(lambda c: teams.dismiss(c, lead, mentor.person_id, stage.clock()))
    assert len(stage.read(lambda c: desk.today(c, lead, stage.clock(), "Asia/Shanghai"))[0]) == 3


async def test_no_desk_for_trainees_other_teams_or_oneself(stage: Stage) -> None:
    _answer(stage, "小林")
    learner = stage.scope("小林")
    stage.write(lambda c: desk.dispute(c, learner, "", stage.clock()))
    with pytest.raises(NotFound):
        stage.read(lambda c: desk.today(c, learner, stage.clock(), "Asia/Shanghai"))
    [card], _ = stage.read(lambda c: desk.today(c, stage.scope("周老师"), stage.clock(), "Asia/Shanghai"))
    other = stage.write(lambda c: people.add_person(c, "别队带教", "zh-CN", stage.clock()))
    stage.write(lambda c: teams.found(c, other, "别队", stage.clock()))
    foreign = stage.read(lambda c: people.meet(c, other)).scope
    assert foreign
    with pytest.raises(NotFound):
        stage.read(lambda c: desk.card(c, foreign, card.id))
    stage.write(lambda c: teams.set_roles(c, stage.scope("陈组长"), learner.person_id, {"trainee", "mentor"}))
    with pytest.raises(NotFound):
        stage.read(lambda c: desk.card(c, stage.scope("小林"), card.id))


async def test_what_two_passes_disagree_on_is_marked_by_a_mentor(stage: Stage) -> None:
    from curriculum import gradings

    learner, mentor = stage.scope("小林"), stage.scope("周老师")
    for n, suggested in enumerate((40, None)):
        stage.clock.tick()
        one = gradings.Suggested("q1", "sk-role", f"我的回答{n}", suggested, [], "passes differ")
        stage.write(lambda c, one=one, n=n: gradings.keep(c, learner, one, f"t{n}", stage.clock()))  # type: ignore[misc]
    at = await stage.trainee("terminal", "周老师")
    assert "我的回答0" in await at.says("/desk")
    assert "评阅器的建议是 40 分" in await at.presses("50")
    with pytest.raises(LookupError):
        await at.presses("维持原判")  # what is marked blind cannot be waved through
    await at.presses("50")
    assert [
        len(stage.read(lambda c: gradings.waiting(c, mentor))),
        len(stage.read(lambda c: desk.today(c, mentor, stage.clock(), "UTC"))[0]),
    ] == [0, 0]
    assert stage.read(lambda c: desk.agreement(c, mentor)) == desk.Agreement(0, 1)


@pytest.mark.parametrize("door", DOORS)
async def test_a_sentence_under_a_card_is_sent_after_a_tap_and_a_question_is_ones_own(stage: Stage, door: str) -> None:
    trainee = stage.scope("小林")
    stage.write(
        lambda c: learning_log.record_question(
            c, trainee, "泰国站清关要什么资料", "none", [], 0.1, True, "t1", stage.clock()
        )
    )
    mentor = await stage.trainee(door, "周老师")
    assert "泰国站清关要什么资料" in await mentor.says("/desk")
    said = await mentor.says("泰国站要税号、进口许可和原产地证明，先问货代要清单。")
    assert "这句发给 小林？" in said and "泰国站要税号" in said
    assert "泰国站清关要什么资料" in await mentor.presses("返回")
    assert "amazon-listing-title" in await mentor.says("亚马逊标题怎么写")
    await mentor.says("/desk")
    await mentor.says("泰国站要税号，先问货代。")
    assert "已回答 小林" in await mentor.presses("发给小林")
    gaps = stage.read(lambda c: c.execute(sa.select(question.c.words, question.c.answer)).all())
    assert ("泰国站清关要什么资料", "泰国站要税号，先问货代。") in gaps
    assert not any("税号" in row.words for row in gaps), "the mentor's sentence is nobody's question"


@pytest.mark.parametrize("door", DOORS)
async def test_the_words_on_a_button_can_be_typed_by_whom_it_is_for(stage: Stage, door: str) -> None:
    lead = await stage.trainee(door, "陈组长")
    assert "本周" in await lead.says("看本周")
    assert (await lead.says("备课包")).files or "备课" in await lead.says("备课包")
    learner = await stage.trainee(door)
    assert "没有「" not in await learner.says("看本周")
    assert "作品" in await learner.says("作品集")
    said = await learner.says("我的")
    assert said.choice("我的作品") and said.choice("我的任务")


@pytest.mark.parametrize("door", DOORS)
async def test_a_card_without_a_verdict_is_put_away_in_true_words(stage: Stage, door: str) -> None:
    """Nobody answered it, nobody judged it: no verdict "stands", and who asked is told nothing. A verdict does stand."""
    asker = stage.scope("小林")
    asked = ("泰国站清关要什么资料", "none", [], 0.1, True, "t1", stage.clock())
    stage.write(lambda c: learning_log.record_question(c, asker, *asked))
    mentor = await stage.trainee(door, "周老师")
    await mentor.says("/desk")
    put_away = await mentor.presses("看过了")
    assert "没有回答：小林 不会收到什么" in put_away and "维持原判" not in put_away
    assert stage.read(lambda c: c.execute(sa.select(outbox)).all()) == []
    _answer(stage, "阿梅")
    stage.write(lambda c: desk.dispute(c, stage.scope("阿梅"), "", stage.clock()))
    shown = await mentor.says("/desk")
    assert "学员不服" in shown and "理由" not in shown
    assert "好，维持原判" in await mentor.presses("维持原判")


async def test_what_was_not_said_has_no_line(stage: Stage) -> None:
    """No cohort in an invitation, no note in a task or a mark: no line with a dash."""
    lead = await stage.trainee("terminal", "陈组长")
    plain, grouped = await lead.says("/invite 学员 5 3"), await lead.says("/invite 学员 5 3 春季班")
    assert "班组" not in plain and "3 天，班组 春季班。" in grouped
    assert "班组" not in await lead.says(f"/person {stage.demo.people['小林']}")
    await lead.says("/assign")
    for step in ("断电测试", "全体学员", "3 天后"):
        await lead.presses(step)
    sure = await lead.presses("不写留言")
    assert "布置下去吗" in sure and "留言" not in sure
    await lead.presses("布置下去")
    [told, _] = stage.read(lambda c: c.execute(sa.select(outbox.c.reply)).scalars().all())
    said = reply_from_json(told).plain
    assert said.startswith("新任务：断电测试") and said.endswith("前。陈组长 布置的。")
    [given] = stage.read(lambda c: assignments.current(c, stage.scope("陈组长")))
    assert "留言：" not in (await lead.says(f"/assigned {given.id}")).text
    assert "现在的留言" not in await lead.presses("改留言")
    assert "留言：\n│ 带计算器" in await lead.says("带计算器")
    _answer(stage, "小林")
    stage.write(lambda c: desk.dispute(c, stage.scope("小林"), "", stage.clock()))
    mentor = await stage.trainee("terminal", "周老师")
    await mentor.says("/desk")
    await mentor.presses("100")
    marked = stage.read(lambda c: c.execute(sa.select(outbox.c.reply).where(outbox.c.kind == "answer")).scalars().one())
    assert reply_from_json(marked).plain == "周老师 把你的作答改为 100 分：\n两百个字符"


async def test_questions_that_ask_the_same_are_one_card_and_one_answer_for_all(stage: Stage) -> None:
    asked = (("小林", "泰国站清关要什么资料"), ("阿梅", "清关资料泰国站要哪些"), ("小林", "怎么给供应商写催货邮件"))
    for n, (name, words) in enumerate(asked):
        stage.clock.tick()
        keep = (stage.scope(name), words, "none", [], 0.1, True, f"t{n}", stage.clock())
        stage.write(lambda c, k=keep: learning_log.record_question(c, *k))  # type: ignore[misc]
    mentor = await stage.trainee("terminal", "周老师")
    shown = await mentor.says("/desk")
    assert "今天还有 2 张" in shown and "泰国站清关要什么资料" in shown and "清关资料泰国站要哪些" in shown
    await mentor.presses("回答")
    said = await mentor.says("先问货代要清单。")
    assert "已回答" in said and "今天还有 1 张" in said and "催货邮件" in said
    told = stage.read(
        lambda c: c.execute(sa.select(outbox.c.person_id).where(outbox.c.kind == "answer")).scalars().all()
    )
    assert sorted(told) == sorted(stage.demo.people[name] for name in ("小林", "阿梅"))
    answered = stage.read(lambda c: c.execute(sa.select(question.c.answer)).scalars().all())
    assert sorted(one or "" for one in answered) == ["", "先问货代要清单。", "先问货代要清单。"]
    assert len(stage.read(lambda c: c.execute(sa.select(question_draft)).all())) == 1
    [card], _ = stage.read(lambda c: desk.today(c, stage.scope("周老师"), stage.clock(), "Asia/Shanghai"))
    assert card.subject["words"] == "怎么给供应商写催货邮件"
