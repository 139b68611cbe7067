"""Lessons and courses: cards one at a time, first to look, from the next day on to do; they go on at any door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.lesson_shelf import OnShelf, item_at_hand, lesson_at_hand
from bot.message import Choice, Reply, marked
from bot.talk import Answer, Talk, clip, number
from bot.topics.quiz import Quiz, at_hand
from curriculum import assignments, lesson_rows
from curriculum.lesson_rows import Progress
from curriculum.lessons import Course, Lesson, courses
from curriculum.practice_steps import Item
from dashboard.targets import lesson_title
from foundation.clock import zone
from foundation.errors import NotFound

A_SCREEN = 8


@dataclass(frozen=True)
class Lessons:
    """`/courses [ID]` shows the way, `/lesson ID [PLACE|now]` goes it."""

    quiz: Quiz

    def courses(self, talk: Talk, words: str) -> Answer:
        """`/courses`: all of them with how far one has come; `/courses ID`: its lessons, and the next one to take."""
        been = lesson_rows.progress(talk.connection, talk.scope)
        if words.strip():
            return [self._course(talk, _known(words.strip()), been)]
        lines, choices = [], []
        for course in courses().values():
            done, total = _done(course.lessons, been), len(course.lessons)
            lines.append(
                talk.say("lesson.course_line", title=course.title.in_language(talk.language), done=done, total=total)
            )
            choices.append(Choice(clip(course.title.in_language(talk.language), 28), f"/courses {course.id}"))
        home = talk.choice("button.home", "/home")
        return [talk.reply("lesson.courses", *choices, home, to="courses", lines="\n".join(lines))]

    def _course(self, talk: Talk, course: Course, been: dict[str, Progress]) -> Reply:
        open_ones = [one for one in course.lessons if _may_take(talk, one)]
        lines = [
            f"{_mark(been.get(one))} {lesson_title(talk.connection, talk.scope, one, talk.language)}"
            for one in open_ones
        ]
        waiting = _waiting(open_ones, been)
        choices = []
        if waiting:
            title = clip(lesson_title(talk.connection, talk.scope, waiting, talk.language), 18)
            key = "lesson.go_on" if waiting in been else "lesson.begin"
            choices.append(talk.choice(key, f"/lesson {waiting}", title=title))
        choices += [talk.choice("button.back", "/courses"), talk.choice("button.home", "/home")]
        title, about = course.title.in_language(talk.language), course.about.in_language(talk.language)
        return talk.reply("lesson.course", *choices, to="courses", lines="\n".join(lines), title=title, about=about)

    def lesson(self, talk: Talk, words: str) -> Answer:
        """Go on where one stopped, or to the card named; what follows the looking waits for the next day, or for "now"."""
        lesson_id, *more = words.split()[:2] or [""]
        known = self._at_hand(talk, lesson_id)
        before = lesson_rows.progress(talk.connection, talk.scope).get(known.lesson.id)
        asked = number(more[0]) if more else None
        last = len(known.lesson.cards)
        place = min(asked, last) if asked is not None else 0 if before is None or before.done_at else before.place
        self._keep(talk, known, before, place)
        if place >= last:
            return [self._finish(talk, known)]
        rested = before is not None and before.place >= place and _day(talk, before) < talk.today
        if place == known.lesson.first_asking and not rested and more[:1] != ["now"]:
            return [self._pause(talk, known)]
        return [self._show(talk, known, place)]

    def _at_hand(self, talk: Talk, lesson_id: str) -> OnShelf:
        return lesson_at_hand(talk.connection, talk.scope, lesson_id, talk.language, talk.phrases)

    def _keep(self, talk: Talk, known: OnShelf, before: Progress | None, place: int) -> None:
        """Keep the place; once all is seen, a first question of each skill shown comes tomorrow: seeing proves nothing."""
        lesson_rows.reached(talk.connection, talk.scope, known.lesson.id, place, talk.now)
        seen_now = place >= known.lesson.first_asking > (before.place if before else -1)
        if not seen_now:
            return
        one = at_hand(talk)
        for skill in self._skills(talk, known.lesson):
            memory = one.tutor.memory.skills.get(skill)
            if memory is None or memory.review is None:
                looked = Item(f"{known.book.id}/lesson:{skill}", skill, "why", 1 / 3)
                one.graded(talk.connection, looked, None, talk.now, talk.turn.id)

    def _skills(self, talk: Talk, lesson: Lesson) -> Sequence[str]:
        found = (
            item_at_hand(talk.connection, talk.scope, c, talk.language, talk.phrases)[1] for c in lesson.cards if c.asks
        )
        return list(dict.fromkeys(item.skill for item in found))

    def _show(self, talk: Talk, known: OnShelf, place: int) -> Reply:
        lesson, card = known.lesson, known.lesson.cards[place]
        where = {"title": lesson.title.in_language(talk.language), "place": place + 1, "total": len(lesson.cards)}
        where |= {"kind": talk.say(f"lesson.kind.{card.kind}")}
        if card.asks:
            book, item = item_at_hand(talk.connection, talk.scope, card, talk.language, talk.phrases)
            remark = talk.say("lesson.where", **where)
            return self.quiz.ask(talk, book, item, remark, purpose="lesson", lesson=(lesson.id, place))
        talk.state.update({"topic": "lesson", "playbook": known.book.id, "version": known.book.version})
        ways = [talk.choice("lesson.next", f"/lesson {lesson.id} {place + 1}")]
        ways += [talk.choice("button.back", f"/lesson {lesson.id} {place - 1}")] if place else []
        ways += [talk.choice("button.now", f"/now {known.book.id}"), talk.choice("button.enough", "/home")]
        return talk.reply(
            "lesson.card", *ways, to="lesson", columns=2, where=talk.say("lesson.where", **where), heading=card.title,
            text=marked(card.text),
        )  # fmt: skip

    def _pause(self, talk: Talk, known: OnShelf) -> Reply:
        left = len(known.lesson.cards) - known.lesson.first_asking
        ways = (
            talk.choice("lesson.do_now", f"/lesson {known.lesson.id} now"),
            talk.choice("button.now", f"/now {known.book.id}"),
            talk.choice("lesson.tomorrow", "/home"),
        )
        return talk.reply(
            "lesson.pause", *ways, to="lesson", title=known.lesson.title.in_language(talk.language), left=left
        )

    def _finish(self, talk: Talk, known: OnShelf) -> Reply:
        """Said once what was seen and done; whoever gave this lesson or its course as a task sees it done."""
        lesson = known.lesson
        lesson_rows.reached(talk.connection, talk.scope, lesson.id, len(lesson.cards), talk.now, done=True)
        assignments.finished(talk.connection, talk.scope, "lesson", lesson.id, talk.now)
        been = lesson_rows.progress(talk.connection, talk.scope)
        following = None
        for course in courses().values():
            if lesson.id not in course.lessons:
                continue
            open_ones = [one for one in course.lessons if _may_take(talk, one)]
            if _done(open_ones, been) == len(open_ones):
                assignments.finished(talk.connection, talk.scope, "course", course.id, talk.now)
            following = following or _waiting(open_ones, been)
        ways = []
        if following:
            title = clip(lesson_title(talk.connection, talk.scope, following, talk.language), 18)
            ways.append(talk.choice("lesson.begin", f"/lesson {following}", title=title))
        ways += [talk.choice("button.courses", "/courses"), talk.choice("button.home", "/home")]
        talk.state.pop("topic", None)
        shown = lesson.first_asking
        asked, name = len(lesson.cards) - shown, lesson.title.in_language(talk.language)
        return talk.reply("lesson.done", *ways, to="lesson", title=name, shown=shown, asked=asked)


def _known(course_id: str) -> Course:
    if course_id not in courses():
        raise NotFound(course_id)
    return courses()[course_id]


def _may_take(talk: Talk, lesson_id: str) -> bool:
    """Whether the playbook behind the lesson is vetted in this team: nothing else is shown to trainees."""
    try:
        return bool(lesson_title(talk.connection, talk.scope, lesson_id, talk.language))
    except NotFound:
        return False


def _is_done(one: str, been: dict[str, Progress]) -> bool:
    return one in been and been[one].done_at is not None


def _done(lessons: Sequence[str], been: dict[str, Progress]) -> int:
    return sum(_is_done(one, been) for one in lessons)


def _waiting(lessons: Sequence[str], been: dict[str, Progress]) -> str | None:
    """The first lesson not gone through yet."""
    return next((one for one in lessons if not _is_done(one, been)), None)


def _mark(one: Progress | None) -> str:
    return "○" if one is None else "●" if one.done_at else "◐"


def _day(talk: Talk, one: Progress) -> date:
    return one.updated_at.astimezone(zone(talk.person.zone)).date()
