"""The one place where real parts are chosen, and the one table that says which words go where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.bringing import Bring
from bot.conversation import Conversation, Route, Table
from bot.doors.door import Door
from bot.talk import Answer, Talk
from bot.topics.home import Home
from bot.turns import Turns
from foundation import crash
from foundation.clock import Clock, system_clock
from foundation.database import Database
from foundation.phrasebook import Phrasebook
from foundation.settings import Settings

if TYPE_CHECKING:
    from bot.asking_models import Models
    from bot.finding import Finders
    from bot.guarding import Guards
    from knowledge.search.finder import Finder
    from knowledge.shelf import Standing

PHRASES = Path(__file__).parent / "phrases"

LEADS, TEACHERS = ("lead", "owner"), ("mentor", "lead", "owner")

# Plain words that mean a command, in both languages; everything else is free words.
SPOKEN = {
    "返回": "/back",
    "back": "/back",
    "先存着": "/save",
    "存着": "/save",
    "save": "/save",
    "取消": "/cancel",
    "cancel": "/cancel",
    "跳过": "/skip",
    "skip": "/skip",
    "练一练": "/quiz",
    "practise": "/quiz",
    "practice": "/quiz",
    "quiz me": "/quiz",
    "不是这个": "/not",
    "not this": "/not",
    "not this one": "/not",
    "都不是": "/not all",
    "首页": "/home",
    "回到首页": "/home",
    "home": "/home",
    "我的": "/me",
    "me": "/me",
    "帮助": "/help",
    "怎么用": "/help",
    "help": "/help",
    "咋用": "/help",
    "怎么玩": "/help",
    "这个怎么用": "/help",
    "how do i use this": "/help",
    "how does this work": "/help",
    "how it works": "/help",
    "这一段为什么在": "/why",
    "为什么": "/why",
    "why": "/why",
    "why is this clause here": "/why",
    "生成指令": "/done",
    "make the prompt": "/done",
    "下一题": "/quiz",
    "next question": "/quiz",
    "下一段": "/why",
    "next clause": "/why",
    "接着填": "/saved",
    "go on": "/saved",
    "go on filling": "/saved",
    "存着的": "/saved",
    "saved forms": "/saved",
    "产品卡": "/cards",
    "product cards": "/cards",
    "先到这里": "/home",
    "enough for now": "/home",
    "退出": "/home",
    "exit": "/home",
    "quit": "/home",
    "english": "/language en",
    "中文": "/language zh",
    "导出我的记录": "/export",
    "export": "/export",
    "删除我的数据": "/forget",
    "我的任务": "/tasks",
    "任务": "/tasks",
    "my tasks": "/tasks",
    "tasks": "/tasks",
    "布置任务": "/assign",
    "课程": "/courses",
    "上课": "/courses",
    "学习路线": "/courses",
    "courses": "/courses",
    "lessons": "/courses",
    "带教台": "/desk",
    "the desk": "/desk",
    "看本周": "/report",
    "本周": "/report",
    "this week": "/report",
    "备课包": "/kit",
    "备课": "/kit",
    "trainer kit": "/kit",
    "审定": "/vet",
    "审定指令": "/vet",
    "起步清单": "/setup",
    "已布置的": "/assigned",
    "哪一段站得住": "/ablation",
    "我的产品卡": "/cards",
    "我的团队": "/team",
    "my team": "/team",
    "作品": "/works",
    "作品集": "/works",
    "portfolio": "/works",
    "我不同意": "/dispute",
    "i disagree": "/dispute",
    "现场题": "/live",
    "live": "/live",
    "邀请": "/invite",
    "成员": "/people",
    "停": "/stop",
    "停止": "/stop",
    "停下": "/stop",
    "stop": "/stop",
    "直接生成": "/run",
    "拆指令": "/xray",
    "x-ray": "/xray",
    "run it": "/run",
    "我的作品": "/works",
    "my works": "/works",
    "自己写": "/write",
    "自己写整条": "/write",
    "write it myself": "/write",
    "断电测试": "/powercut",
    "power-cut test": "/powercut",
    "我的进度": "/progress",
    "进度": "/progress",
    "my progress": "/progress",
    "progress": "/progress",
    "提醒": "/reminders",
    "提醒设置": "/reminders",
    "reminders": "/reminders",
    "放手阶梯": "/rung",
    "the ladder": "/rung",
    "直接给我": "/now",
    "急": "/now",
    "快": "/now",
    "快点": "/now",
    "just give me": "/now",
    "just give me the prompt": "/now",
    "urgent": "/now",
    "使用默认": "/overview",
    "看全部段落": "/reasons",
    "all clauses": "/reasons",
}


@dataclass(frozen=True)
class House:
    """The running parts, as commands and doors need them; finders and models are made at first use."""

    settings: Settings
    database: Database
    phrases: Phrasebook
    turns: Turns
    now: Clock
    make_finders: Callable[[], Finders]
    make_models: Callable[[], Models]
    make_guards: Callable[[], Guards]

    @property
    def finders(self) -> Finders:
        return self.make_finders()

    @property
    def guards(self) -> Guards:
        return self.make_guards()

    @property
    def models(self) -> Models:
        return self.make_models()


def build_house(settings: Settings, *, now: Clock = system_clock, database: Database | None = None) -> House:
    """Choose the real parts. Loads neither Telegram nor a web server nor an index: those come when first needed."""
    crash.arm(settings.crash_at)
    database = database or Database(settings.database_url)
    phrases = Phrasebook.read(PHRASES, settings.language)
    finders, models = (
        cache(partial(build_finders, settings, database)),
        cache(partial(build_models, settings, database, now)),
    )
    if settings.models_file or settings.model_url:
        models()  # a wrong setting is named at the start
    guards = cache(partial(build_guards, database, now))
    doors: dict[str, Door] = {}
    conversation = Conversation(
        database,
        phrases,
        first_routes(Home(settings.address)),
        lambda: table(finders(), settings, phrases, models(), guards(), Bring(database, doors)),
    )
    turns = Turns(database, conversation, now, settings.lease_seconds, doors)
    return House(settings, database, phrases, turns, now, finders, models, guards)


def build_finders(settings: Settings, database: Database) -> Finders:
    """Finders over this installation's shelves, their indexes kept in its data folder."""
    from bot.finding import Finders

    return Finders(database, partial(build_finder, folder=settings.data_folder / "index"))


def build_models(settings: Settings, database: Database, now: Clock) -> Models:
    """The models an operator set up; where there are none, everything but running them works."""
    from bot.asking_models import Models
    from foundation.logs import hide
    from foundation.model_chain import ModelChain
    from foundation.model_endpoints import load_models

    set_up = load_models(settings)
    hide(set_up.secrets)
    return Models(ModelChain.of(set_up, now), set_up, database, now, settings.zone)


def build_guards(database: Database, now: Clock) -> Guards:
    """What every answer of a model is held against; one for the house, so that each shelf is read once."""
    from bot.guarding import Guards

    return Guards(database, now=now)


def build_finder(standings: Sequence[Standing], folder: Path | None = None) -> Finder:
    """A finder over what a shelf shows, kept in the folder; loaded at the first question, not at the first prompt."""
    from knowledge.library_files import catalogue_entries, entry_data
    from knowledge.search.documents import search_documents_from
    from knowledge.search.kept import finder_for

    books = [standing.playbook for standing in standings if standing.playbook]
    shown = {standing.id for standing in standings}
    entries = {entry.id: entry for entry in catalogue_entries() if entry.id in shown}
    entries |= {standing.id: standing.entry for standing in standings if standing.entry}
    documents = search_documents_from(books, [entry_data(entry) for entry in entries.values()])
    return finder_for(documents, folder)


# Answered before the other topics are loaded: to load them takes half of the time to the first prompt.
def first_routes(home: Home) -> dict[str, Route]:
    return {
        "/start": Route(home.start, strangers=True),
        "/home": Route(home.home),
        "/help": Route(home.help),
        "/unread": Route(home.unread),
    }


def table(
    finders: Finders, settings: Settings, phrases: Phrasebook, models: Models, guards: Guards, bring: Bring
) -> Table:
    """Where all words go. Every topic is loaded here: not at the first prompt, but before the first words are answered."""
    from bot.notices import Post
    from bot.topics import about, check, hand_over, me, own_record, progress, reminders, why
    from bot.topics.ablation import Ablate, ablation_results
    from bot.topics.ask import Ask
    from bot.topics.assign import Assign, tasks
    from bot.topics.brought import Brought
    from bot.topics.cards import Cards
    from bot.topics.desk import Desk, dispute, drafts
    from bot.topics.fill import Fill
    from bot.topics.lessons import Lessons
    from bot.topics.live import LiveQuiz
    from bot.topics.me import Me
    from bot.topics.powercut import PowerCut
    from bot.topics.quiz import Quiz
    from bot.topics.reports import Reports
    from bot.topics.run import Run
    from bot.topics.take_over import TakeOver
    from bot.topics.teams import Invite, Teams
    from bot.topics.vet import vet
    from bot.topics.works import Works
    from bot.topics.write import Writing
    from bot.topics.xray import XRay

    writing = Writing(models, guards)
    home, ask, cards, quizzes, mine = Home(settings.address), Ask(finders), Cards(), Quiz(writing), Me(settings.address)
    fill = Fill(TakeOver(models, guards))
    run, made, xray = Run(models, guards), Works(), XRay(models, guards)
    tell, lessons = Post(phrases).tell, Lessons(quizzes)
    team, inviting, assigning, judging = (
        Teams(settings.address),
        Invite(settings.address),
        Assign(tell),
        Desk(tell, ask.ask),
    )
    reports = Reports(settings.address)

    def back(talk, words):  # type: ignore[no-untyped-def]
        """ "返回" goes one step back where there is one, else home."""
        return fill.back(talk, words) if talk.state.get("topic") == "fill" else home.home(talk, words)

    def why_here(talk: Talk, words: str) -> Answer:
        told = fill.why(talk, words)
        return why.why(talk, words) if told is None else told

    def free(talk: Talk, words: str) -> Answer:
        return made_table.free(talk, words)

    files = Brought(models, guards, bring, fill, free)
    made_table = Table(
        commands={
            **first_routes(home),
            "/ask": Route(ask.ask),
            "/not": Route(ask.not_this),
            "/use": Route(cards.use),
            "/primer": Route(cards.primer),
            "/begin": Route(fill.begin),
            "/with": Route(fill.with_card),
            "/confirm": Route(fill.confirm),
            "/empty": Route(fill.empty),
            "/pick": Route(fill.pick),
            "/skip": Route(fill.skip),
            "/back": Route(back),
            "/save": Route(fill.save),
            "/cancel": Route(fill.cancel),
            "/resume": Route(fill.resume),
            "/edit": Route(fill.edit),
            "/paste": Route(fill.paste),
            "/heard": Route(files.heard),
            "/overview": Route(fill.overview),
            "/elsewhere": Route(lambda talk, words: ask.ask(talk, fill.elsewhere(talk))),
            "/done": Route(lambda talk, words: run.offer(fill.done(talk, words), talk)),
            "/prompt": Route(hand_over.prompt_again),
            "/now": Route(hand_over.now_please),
            "/run": Route(run.run),
            "/choose": Route(run.choose),
            "/stop": Route(run.stop),
            "/xray": Route(xray.xray),
            "/measured": Route(xray.measured),
            "/ablation": Route(ablation_results, roles=("owner",)),
            "/ablate": Route(Ablate(models, guards).ablate, roles=("owner",)),
            "/look": Route(xray.look),
            "/mine": Route(xray.mine),
            "/about": Route(about.about),
            "/gap": Route(about.gap),
            "/works": Route(made.list),
            "/work": Route(made.show),
            "/polish": Route(made.polish),
            "/as_is": Route(made.as_is),
            "/changed": Route(made.changed),
            "/outcome": Route(made.outcome),
            "/why": Route(why_here),
            "/because": Route(why.because),
            "/tell": Route(why.tell),
            "/reasons": Route(why.all_reasons),
            "/quiz": Route(quizzes.quiz),
            "/a": Route(quizzes.tap),
            "/hint": Route(quizzes.hint),
            "/show": Route(quizzes.show),
            "/check": Route(quizzes.check),
            "/tick": Route(quizzes.tick),
            "/write": Route(quizzes.write),
            "/try": Route(writing.try_out),
            "/sure": Route(quizzes.sure),
            "/courses": Route(lessons.courses),
            "/lesson": Route(lessons.lesson),
            "/powercut": Route(PowerCut(quizzes).powercut),
            "/rung": Route(progress.rung),
            "/progress": Route(progress.Progress().progress),
            "/reminders": Route(reminders.reminders),
            "/minutes": Route(quizzes.minutes),
            "/team": Route(team.team),
            "/newteam": Route(team.new_team, roles=LEADS),
            "/setup": Route(team.setup, roles=LEADS),
            "/people": Route(team.people, roles=TEACHERS),
            "/person": Route(team.person, roles=TEACHERS),
            "/leave": Route(team.leave),
            "/invite": Route(inviting.invite, roles=LEADS),
            "/vet": Route(vet, roles=("owner",)),
            "/assign": Route(assigning.assign, roles=TEACHERS),
            "/assigned": Route(assigning.assigned, roles=TEACHERS),
            "/tasks": Route(tasks),
            "/desk": Route(judging.desk, roles=("mentor", "lead")),
            "/dispute": Route(dispute),
            "/drafts": Route(drafts, roles=("owner",)),
            "/report": Route(reports.report, roles=LEADS),
            "/kit": Route(reports.kit, roles=LEADS),
            "/live": Route(LiveQuiz(tell, settings.address).live),
            "/ruler": Route(check.check),
            "/me": Route(mine.me),
            "/name": Route(mine.name),
            "/language": Route(mine.language, strangers=True),
            "/zone": Route(mine.zone),
            "/link": Route(mine.link, strangers=True),
            "/cards": Route(mine.cards),
            "/saved": Route(mine.saved),
            "/export": Route(own_record.export),
            "/forget": Route(mine.forget, strangers=True),
        },
        spoken=SPOKEN,
        staying={
            "checking": check.said,
            "after": about.said,
            "polishing": made.said,
            "outcome": made.numbers,
            "fill": fill.said,
            "quiz": quizzes.said,
            "naming": me.naming,
            "newteam": team.named,
            "grouping": team.grouped,
            "assign": assigning.said,
            "desk": judging.said,
            "desk_card": judging.under_a_card,
        },
        otherwise=lambda talk, words: check.check(talk, words) if check.wants_checking(words) else ask.ask(talk, words),
        strangers=home.stranger,
        brought=files.brought,
        search=lambda member, words: None if check.wants_checking(words) else ask.search(member, words),
    )
    return made_table
