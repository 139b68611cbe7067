"""What somebody sends beside words: a photo of a label is read, a voice message heard, a table file taken as text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.asking_models import Answered, Models
from bot.bringing import MAX_FILE, media_type_of, text_of
from bot.doors.door import FileTooLarge
from bot.message import Attachment, Reply, RichText, Text, Turn
from bot.taking import hearing, reading
from bot.talk import Answer, Emit, Talk, Work, quoted
from bot.topics.fill import Fill
from bot.topics.run import GuardOf
from foundation.errors import ExpectedError
from foundation.language_model import Asked, Picture, Sound

KEY = "form"  # whatever comes of it stands where the form stands
MAX_WORDS = 6_000


@dataclass(frozen=True)
class Came:
    """What a file turned out to be: words (typed in it, read, or heard), or the phrase that says why not."""

    how: str  # text · read · heard · no
    words: str = ""
    why: str = ""


@dataclass(frozen=True)
class Brought:
    """Files beside or instead of words; `free` is where words go that are no command."""

    models: Models
    guard_of: GuardOf
    bring: Callable[[Turn], Awaitable[Attachment | None]]
    fill: Fill
    free: Callable[[Talk, str], Answer]

    def brought(self, talk: Talk, words: str) -> Answer:
        file = talk.turn.brought or {}
        if int(file.get("size") or 0) > MAX_FILE:
            return self._then(talk, Came("no", why="brought.too_large"), words)
        scope, turn = talk.scope, talk.turn
        working = Reply(talk.rich("brought.working"), (talk.choice("button.stop", "/stop"),), key=KEY, partial=True)

        async def work(emit: Emit) -> Came:
            try:
                found = await self.bring(turn)
            except FileTooLarge:
                return Came("no", why="brought.too_large")
            if found is None:
                return Came("no", why="brought.gone")
            if len(found.content) > MAX_FILE:
                return Came("no", why="brought.too_large")
            how, asked, why = _request(found.content)
            if asked is None:
                return Came("text", text_of(found.content) or "") if how == "text" else Came("no", why=why)
            if not self.models.can_take(asked):
                return Came("no", why=why)
            await emit(working)
            answered = await self.models.ask(scope, turn, asked, "read", await self.guard_of(scope))
            return _came(how, answered)

        return Work(work, lambda later, came: self._then(later, came, words))

    def _then(self, talk: Talk, came: Came, words: str) -> Answer:
        is_open = self.fill.is_open(talk)
        if came.how == "no":
            way = talk.choice("button.go_on_filling", "/overview") if is_open else talk.choice("button.home", "/home")
            return [talk.reply(came.why, way, to=KEY, megabytes=MAX_FILE >> 20)]
        text = "\n".join(part for part in (words.strip(), came.words.strip()[:MAX_WORDS]) if part)
        if came.how == "text":
            return self.fill.take_over(talk, text) if is_open else self.free(talk, text)
        head = (*talk.rich(f"brought.{came.how}"), Text("\n"), *quoted(came.words, MAX_WORDS))
        if is_open:
            return self._filled(talk, came, text, head)
        talk.state["heard"] = text
        ask = talk.choice(f"button.use_{came.how}", "/heard")
        return [Reply((*head, *talk.rich("brought.what_now")), (ask, talk.choice("button.home", "/home")), key=KEY)]

    def _filled(self, talk: Talk, came: Came, text: str, head: RichText) -> Answer:
        """Into the open form; what names no blank may still be the answer to the one being asked."""
        return self.fill.take_over(talk, text, (*head, *talk.rich(f"brought.check_{came.how}"), Text("\n\n")))

    def heard(self, talk: Talk, words: str) -> Answer:
        """`/heard`: go on with what was read or heard, as if it had been typed; it is never a command."""
        text = str(talk.state.pop("heard", ""))
        if not text:
            raise ExpectedError("brought.nothing")
        return self.free(talk, text)


def _request(content: bytes) -> tuple[str, Asked | None, str]:
    """What the bytes are, what to ask a model about them, and what to say where none can take it."""
    kind = media_type_of(content)
    if kind.startswith("image/"):
        return "read", reading(Picture(kind, content)), "brought.no_vision"
    if kind.startswith("audio/"):
        return "heard", hearing(Sound(kind, content)), "brought.no_hearing"
    return ("text", None, "") if kind else ("no", None, "brought.unknown_kind")


def _came(how: str, answered: Answered) -> Came:
    if answered.how in ("whole", "short") and answered.text.strip():
        return Came(how, answered.text)
    return Came("no", why=answered.why or "model.busy")
