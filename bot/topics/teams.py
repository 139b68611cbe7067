"""Teams in the chat: switching, founding, the first ten minutes, who belongs, and leaving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.message import Choice, Code, Reply
from bot.talk import Answer, Talk, clip, number, tappable
from curriculum import people, teams
from curriculum.teams import Colleague
from dashboard.first_steps import first_steps
from foundation.errors import ExpectedError
from foundation.scope import ROLES
from knowledge import shelf

A_SCREEN = 8  # people on one screen


@dataclass(frozen=True)
class Teams:
    """`/team`, `/newteam`, `/setup`, `/people`, `/person`, `/leave`."""

    address: str  # of the web door

    def team(self, talk: Talk, words: str) -> Answer:
        """One's teams; `/team to ID` acts in another one from now on."""
        what, _, team_id = words.partition(" ")
        if what == "to":
            teams.switch(talk.connection, talk.person.id, team_id)
            talk.member = people.meet(talk.connection, talk.person.id)
            talk.state.clear()
            return [talk.reply("team.switched", talk.choice("button.home", "/home"), team=talk.member.team_name)]
        mine = teams.teams_of(talk.connection, talk.person.id)
        choices = [
            talk.choice("team.go_to", f"/team to {one.team_id}", team=clip(one.name, 20))
            for one in mine
            if not one.is_current
        ]
        if talk.scope.may("lead", "owner"):
            choices += [
                talk.choice("button.people", "/people"),
                talk.choice("button.invite", "/invite"),
                talk.choice("button.setup", "/setup"),
            ]
            choices += [talk.choice("button.new_team", "/newteam")]
        choices += [talk.choice("button.leave", "/leave"), talk.choice("button.home", "/home")]
        lines = "\n".join(
            f"{'●' if one.is_current else '○'} {one.name}（{roles_said(talk, one.roles)}）" for one in mine
        )
        return [talk.reply("team.mine", *choices, to="home", columns=2, teams=lines)]

    def new_team(self, talk: Talk, words: str) -> Answer:
        """`/newteam NAME`: a team of one's own, with the starter library waiting for its owner's eyes."""
        if not words:
            talk.state.clear()
            talk.state["topic"] = "newteam"
            return [talk.reply("team.ask_name", talk.choice("button.back", "/team"))]
        team_id = teams.found(talk.connection, talk.person.id, words, talk.now, talk.person.zone)
        shelf.import_library(talk.connection, team_id, talk.now)
        talk.member = people.meet(talk.connection, talk.person.id)
        talk.state.clear()
        return self.setup(talk, "")

    def named(self, talk: Talk, words: str) -> Answer | None:
        """Free words after `/newteam` are the name of the team."""
        if not talk.scope.may("lead", "owner"):
            return None
        return self.new_team(talk, words)

    def setup(self, talk: Talk, words: str) -> Answer:
        """`/setup`: the first ten minutes."""
        return self.steps(talk)

    def steps(self, talk: Talk) -> list[Reply]:
        """Three steps, each with its button, done in any order."""
        known = first_steps(talk.connection, talk.scope)
        lines = "\n".join(
            f"{'✅' if done else '⬜'} {talk.say(f'team.step_{step}', **known.counts)}"
            for step, done in known.done.items()
        )
        choices = [talk.choice(f"button.{step}", f"/{step}") for step, done in known.done.items() if not done]
        return [
            talk.reply(
                "team.setup",
                *choices,
                talk.choice("button.home", "/home"),
                to="setup",
                team=talk.member.team_name,
                steps=lines,
                page=tappable(f"{self.address}/lead"),
            )
        ]

    def people(self, talk: Talk, words: str) -> Answer:
        """`/people [PAGE]`: everybody in the team, a screen at a time."""
        known = teams.members(talk.connection, talk.scope)
        page = number(words) or 0
        shown = known[page * A_SCREEN : (page + 1) * A_SCREEN]
        choices = [
            Choice(
                f"{clip(one.name or talk.say('people.nameless'), 14)} · {roles_said(talk, one.roles)}",
                f"/person {one.id}",
            )
            for one in shown
        ]
        more = [talk.choice("button.more", f"/people {page + 1}")] if len(known) > (page + 1) * A_SCREEN else []
        return [
            talk.reply("team.people", *choices, *more, talk.choice("button.back", "/team"), to="home", count=len(known))
        ]

    def person(self, talk: Talk, words: str) -> Answer:
        """`/person ID`: a member; `/person + ROLE ID`, `- ROLE ID`, `out ID`, `gone ID`, `in COHORT ID` change something."""
        *how, person_id = words.split() or [""]
        if how[:1] in (["+"], ["-"]) and len(how) == 2:
            self._change_roles(talk, how[0], how[1], person_id)
        elif how[:1] == ["in"]:
            self._put_into(talk, " ".join(how[1:]), person_id)
        elif how == ["group"]:
            return [self._ask_cohort(talk, teams.member(talk.connection, talk.scope, person_id))]
        elif how == ["out"]:
            known = teams.member(talk.connection, talk.scope, person_id)
            yes = talk.choice("button.dismiss_yes", f"/person gone {person_id}")
            return [
                talk.reply(
                    "team.dismiss_ask",
                    yes,
                    talk.choice("button.back", f"/person {person_id}"),
                    to="home",
                    name=known.name,
                )
            ]
        elif how == ["gone"]:
            known = teams.member(talk.connection, talk.scope, person_id)
            teams.dismiss(talk.connection, talk.scope, person_id, talk.now)
            return [self._dismissed(talk, known.name or talk.say("people.nameless"))]
        return [self._card(talk, teams.member(talk.connection, talk.scope, person_id))]

    def _dismissed(self, talk: Talk, name: str) -> Reply:
        """What dismissal bars and what it cannot: whoever comes as somebody new by a link that is still open."""
        left = len(teams.offers(talk.connection, talk.scope, talk.now))
        ways = [talk.choice("button.revoke_all", "/invite revoke all", count=left)] if left else []
        ways += [talk.choice("button.invitations", "/invite"), talk.choice("button.people", "/people")]
        still = talk.say("team.still_open", count=left) if left else talk.say("team.none_open")
        return talk.reply("team.dismissed", *ways, name=name, still=still)

    def _ask_cohort(self, talk: Talk, known: Colleague) -> Reply:
        """The cohorts there are, as buttons; another one is typed."""
        talk.state.update({"topic": "grouping", "person": known.id})
        names = teams.cohorts(talk.connection, talk.scope, talk.now)[:A_SCREEN]
        choices = [Choice(clip(name, 24), f"/person in #{n} {known.id}") for n, name in enumerate(names)]
        none = [talk.choice("team.no_cohort", f"/person in - {known.id}")] if known.cohort else []
        back = talk.choice("button.back", f"/person {known.id}")
        name = known.name or talk.say("people.nameless")
        return talk.reply("team.ask_cohort", *choices, *none, back, to="home", columns=2, name=name)

    def grouped(self, talk: Talk, words: str) -> Answer | None:
        """Free words while a cohort is asked for are its name."""
        person_id = talk.state.get("person")
        if not person_id or not talk.scope.may("lead", "owner"):
            return None
        self._put_into(talk, words, str(person_id))
        return [self._card(talk, teams.member(talk.connection, talk.scope, str(person_id)))]

    def _put_into(self, talk: Talk, words: str, person_id: str) -> None:
        names = teams.cohorts(talk.connection, talk.scope, talk.now)
        place = number(words[1:]) if words.startswith("#") else None
        cohort = "" if words == "-" else names[place] if place is not None and place < len(names) else words
        teams.set_cohort(talk.connection, talk.scope, person_id, cohort)
        talk.state.pop("topic", None)
        talk.state.pop("person", None)

    def _change_roles(self, talk: Talk, sign: str, role: str, person_id: str) -> None:
        held = teams.member(talk.connection, talk.scope, person_id).roles
        teams.set_roles(talk.connection, talk.scope, person_id, held | {role} if sign == "+" else held - {role})
        if person_id == talk.person.id:
            talk.member = people.meet(talk.connection, talk.person.id)

    def _card(self, talk: Talk, known: Colleague) -> Reply:
        choices: list[Choice] = []
        if talk.scope.may("lead", "owner"):
            for role in ROLES:
                if role == "owner" and not talk.scope.may("owner"):
                    continue
                sign = "-" if role in known.roles else "+"
                choices.append(
                    Choice(
                        f"{'✓' if sign == '-' else '＋'} {talk.say(f'role.{role}')}",
                        f"/person {sign} {role} {known.id}",
                    )
                )
            choices.append(talk.choice("button.cohort", f"/person group {known.id}"))
            choices.append(talk.choice("button.assign_one", f"/assign to {known.id}"))
            if known.id != talk.person.id:
                choices.append(talk.choice("button.dismiss", f"/person out {known.id}"))
        return talk.reply(
            "team.person", *choices, talk.choice("button.back", "/people"), to="home", columns=2, name=known.name or talk.say("people.nameless"),
            roles=roles_said(talk, known.roles), cohort=talk.if_said("team.cohort_line", cohort=known.cohort), since=known.joined_at.date().isoformat(),
        )  # fmt: skip

    def leave(self, talk: Talk, words: str) -> Answer:
        """`/leave`: asks first; the last lead is told to name another."""
        if words != "yes":
            return [
                talk.reply(
                    "team.leave_ask",
                    talk.choice("button.leave_yes", "/leave yes"),
                    talk.choice("button.back", "/team"),
                    to="home",
                    team=talk.member.team_name,
                )
            ]
        name = talk.member.team_name
        teams.leave(talk.connection, talk.scope, talk.now)
        talk.member = people.meet(talk.connection, talk.person.id)
        talk.state.clear()
        return [talk.reply("team.left", team=name)]


def roles_said(talk: Talk, roles: Sequence[str] | frozenset[str]) -> str:
    return talk.listed(talk.say(f"role.{role}") for role in ROLES if role in roles) or "—"


@dataclass(frozen=True)
class Invite:
    """`/invite`: open invitations and a new one; `/invite ROLES [COUNT [DAYS [COHORT]]]` says everything at once."""

    address: str

    def invite(self, talk: Talk, words: str) -> Answer:
        first, *more = words.split() or [""]
        if first == "revoke" and more == ["all"]:
            count = teams.revoke_all(talk.connection, talk.scope, talk.now)
            ways = (talk.choice("button.invitations", "/invite"), talk.choice("button.people", "/people"))
            return [talk.reply("team.revoked_all", *ways, count=count)]
        if first == "revoke":
            teams.revoke(talk.connection, talk.scope, " ".join(more), talk.now)
            return [self._list(talk)]
        if not first:
            return [self._list(talk)]
        roles = [_ROLE_WORDS.get(part.casefold(), part.casefold()) for part in first.replace("＋", "+").split("+")]
        if not set(roles) <= set(ROLES):
            raise ExpectedError("team.invite_how")
        uses, days = _number(more, 0, 20), _number(more, 1, 7)
        token = people.invite(
            talk.connection, talk.scope, roles, talk.now, uses=uses, days=days, cohort=" ".join(more[2:])
        )
        url = f"{self.address}/join/{token}"
        cohort = talk.if_said("team.cohort_too", cohort=" ".join(more[2:]))
        return [
            talk.reply(
                "team.invitation", talk.choice("button.invitations", "/invite"), talk.choice("button.setup", "/setup"), talk.choice("button.home", "/home"),
                columns=2, roles=roles_said(talk, roles), uses=uses, days=days, cohort=cohort, url=(Code(url),), token=token,
            )
        ]  # fmt: skip

    def _list(self, talk: Talk) -> Reply:
        standing = teams.offers(talk.connection, talk.scope, talk.now)
        lines = "\n".join(
            f"{n}. {roles_said(talk, one.roles)} · {one.uses}/{one.max_uses} · {one.expires_at.date().isoformat()}{' · ' + one.cohort if one.cohort else ''}"
            for n, one in enumerate(standing[:A_SCREEN], 1)
        )
        fresh = [
            talk.choice("team.invite_as", f"/invite {role}", role=talk.say(f"role.{role}"))
            for role in ("trainee", "mentor", "lead")
        ]
        revoke = [
            talk.choice("team.revoke", f"/invite revoke {one.id}", number=n)
            for n, one in enumerate(standing[:A_SCREEN], 1)
        ]
        return talk.reply(
            "team.invitations" if standing else "team.no_invitations",
            *fresh,
            *revoke,
            talk.choice("button.back", "/team"),
            to="home",
            columns=3,
            list=lines,
        )


_ROLE_WORDS = {"学员": "trainee", "带教": "mentor", "负责人": "lead", "内容负责人": "owner"}


def _number(parts: Sequence[str], at: int, default: int) -> int:
    if len(parts) <= at:
        return default
    said = number(parts[at])
    if said is None:
        raise ExpectedError("team.invite_how")
    return said
