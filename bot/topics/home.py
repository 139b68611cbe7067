"""The way in and the way back: welcome, home, help."""

from __future__ import annotations

from dataclasses import dataclass

from bot.message import Choice, Reply
from bot.talk import Talk, clip
from curriculum import people, portfolio, teams
from foundation.errors import ExpectedError, NotFound


@dataclass(frozen=True)
class Home:
    """`/start`, `/home`, `/help`, and whoever belongs to no team yet; `address` is the web door's."""

    address: str = ""

    def start(self, talk: Talk, words: str) -> list[Reply]:
        if words.startswith("inv_"):
            return self._join(talk, words)
        if words.startswith("in_"):
            raise ExpectedError("people.link_for_web")
        if talk.member.scope is None:
            return self.stranger(talk, words)
        if _first_steps(talk):
            from bot.topics.teams import Teams

            pause(talk)
            talk.state.clear()
            return list(Teams(self.address).steps(talk))
        return self._home(talk, is_new=False)

    def _join(self, talk: Talk, token: str) -> list[Reply]:
        from curriculum import assignments  # not needed for a first prompt

        assignments.come_in(talk.connection, token, talk.person.id, talk.now)
        member = people.meet(talk.connection, talk.person.id)
        talk.member = member
        talk.state.clear()
        talk.state["topic"] = "naming"
        name = member.person.name or talk.say("people.nameless")
        keep = (talk.choice("people.keep_name", "/name =", name=clip(name, 16)),) if member.person.name else ()
        return [talk.reply("people.joined", *keep, talk.choice("button.later", "/home"), team=member.team_name)]

    def stranger(self, talk: Talk, words: str) -> list[Reply]:
        """Somebody without a team: told how to come in, by the link of a lead."""
        token = next(
            (part for part in words.replace("=", " ").replace("/", " ").split() if part.startswith("inv_")), ""
        )
        if token:
            return self._join(talk, token)
        return [talk.reply("people.stranger", talk.choice("button.other_language", "/language"))]

    def home(self, talk: Talk, words: str) -> list[Reply]:
        """Everything begins here; what was being filled is kept."""
        return self._home(talk, is_new=_first_steps(talk))

    def _home(self, talk: Talk, *, is_new: bool) -> list[Reply]:
        pause(talk)
        talk.state.clear()
        forms = portfolio.unfinished_forms(talk.connection, talk.scope, limit=1)
        choices: list[Choice] = []
        if forms:
            title = self._title(talk, forms[0])
            choices += [talk.choice("button.go_on", f"/resume {forms[0].id}", title=clip(title, 14))] if title else []
        choices += [talk.choice("button.setup", "/setup")] if is_new else []
        choices += _of_the_roles(talk)
        choices += [
            talk.choice("button.practice", "/quiz"),
            talk.choice("button.courses", "/courses"),
            talk.choice("button.me", "/me"),
            talk.choice("button.help", "/help"),
        ]
        return [
            talk.reply("home.text", *choices, to="home", columns=2, name=talk.person.name or talk.say("people.friend"))
        ]

    def _title(self, talk: Talk, one: portfolio.Form) -> str:
        from knowledge import shelf

        try:
            return shelf.get(talk.connection, talk.scope, one.playbook_id, version=one.version).title(talk.language)
        except NotFound:
            return ""

    def help(self, talk: Talk, words: str) -> list[Reply]:
        return [talk.reply("home.help", talk.choice("button.home", "/home"), to="home")]

    def unread(self, talk: Talk, words: str) -> list[Reply]:
        """A sticker, a place, a poll: said so, and what was begun stays as it is."""
        return [talk.reply("menu.unread", talk.choice("button.home", "/home"))]


def _first_steps(talk: Talk) -> bool:
    """Whether this is the lead of a team that has yet to begin."""
    return talk.scope.may("lead", "owner") and teams.is_new(talk.connection, talk.scope, talk.now)


def _of_the_roles(talk: Talk) -> list[Choice]:
    """What mentors and leads come for stands first."""
    known = (
        ("report", ("lead",)),
        ("desk", ("mentor", "lead")),
        ("assign", ("mentor", "lead")),
        ("vet", ("owner",)),
    )
    return [talk.choice(f"button.{name}", f"/{name}") for name, roles in known if talk.scope.may(*roles)]


def pause(talk: Talk) -> None:
    """Leave what is being filled as a saved form: going elsewhere loses nothing."""
    if talk.state.get("topic") != "fill" or talk.member.scope is None:
        return
    try:
        one = portfolio.get_form(talk.connection, talk.scope, str(talk.state.get("form")))
    except NotFound:
        return
    if one.state == "open":
        one.state = "saved"
        portfolio.keep_form(talk.connection, talk.scope, one, talk.now)
