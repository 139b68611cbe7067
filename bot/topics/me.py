"""A person's own things: what was used and learned, name, language, zone, other doors, product cards, and forgetting."""

from __future__ import annotations

from dataclasses import dataclass

from bot.inbox import bind_account
from bot.message import Choice, Reply
from bot.talk import Answer, Talk, clip, tappable
from curriculum import learning_log, people, portfolio, teams
from foundation.clock import is_zone
from foundation.errors import ExpectedError
from knowledge import shelf

ZONES = (
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Jakarta",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
)
LANGUAGES = {
    "zh": "zh-CN",
    "中文": "zh-CN",
    "zh-cn": "zh-CN",
    "chinese": "zh-CN",
    "en": "en",
    "english": "en",
    "英文": "en",
    "英语": "en",
}


@dataclass(frozen=True)
class Me:
    address: str  # of the web door

    def me(self, talk: Talk, words: str) -> Answer:
        """What was used, revealed and answered: plain counts, no grade."""
        count = learning_log.tally(talk.connection, talk.scope)
        choices = (
            talk.choice("button.practice", "/quiz"),
            talk.choice("progress.button", "/progress"),
            talk.choice("button.tasks", "/tasks"),
            talk.choice("button.works", "/works"),
            talk.choice("button.cards", "/cards"),
            talk.choice("button.saved", "/saved"),
            talk.choice("button.name", "/name"),
            talk.choice("button.other_language", "/language"),
            talk.choice("button.zone", "/zone"),
            talk.choice("button.other_door", "/link"),
            talk.choice("button.team", "/team"),
            talk.choice("button.export", "/export"),
            talk.choice("button.forget", "/forget"),
            talk.choice("button.home", "/home"),
        )
        roles = talk.listed(talk.say(f"role.{role}") for role in sorted(talk.scope.roles))
        return [
            talk.reply(
                "me.text",
                *choices,
                to="home",
                columns=2,
                name=talk.person.name or talk.say("people.friend"),
                team=talk.member.team_name,
                roles=roles,
                zone=talk.person.zone,
                **vars(count),
            )
        ]

    def name(self, talk: Talk, words: str) -> Answer:
        """`/name NEW`: what the coach calls the person; `=` keeps it."""
        wanted = " ".join(words.split())
        if wanted == "=":
            talk.state.pop("topic", None)
            return [self._changed(talk, talk.say("me.name_kept", name=talk.person.name))]
        if not wanted:
            talk.state["topic"] = "naming"
            return [talk.reply("me.ask_name", talk.choice("button.home", "/home"))]
        people.change_person(talk.connection, talk.person.id, name=people.name_of(wanted))
        talk.state.pop("topic", None)
        return [self._changed(talk, talk.say("me.name_kept", name=wanted))]

    def language(self, talk: Talk, words: str) -> Answer:
        chosen = LANGUAGES.get(words.strip().casefold())
        if chosen is None:
            return [
                talk.reply(
                    "me.ask_language", Choice("中文", "/language zh"), Choice("English", "/language en"), columns=2
                )
            ]
        people.change_person(talk.connection, talk.person.id, language=chosen)
        talk.member = people.meet(talk.connection, talk.person.id)
        home = "/home" if talk.member.scope else "/start"
        return [talk.reply("me.language_set", talk.choice("button.home", home))]

    def zone(self, talk: Talk, words: str) -> Answer:
        wanted = words.strip()
        if not wanted:
            choices = [Choice(name.split("/")[1].replace("_", " "), f"/zone {name}") for name in ZONES]
            return [
                talk.reply(
                    "me.ask_zone",
                    *choices,
                    talk.choice("button.back", "/me"),
                    to="home",
                    columns=2,
                    zone=talk.person.zone,
                )
            ]
        if not is_zone(wanted) or len(wanted) > 60:
            raise ExpectedError("me.bad_zone")
        people.change_person(talk.connection, talk.person.id, zone=wanted)
        return [self._changed(talk, talk.say("me.zone_set", zone=wanted))]

    def _changed(self, talk: Talk, text: str) -> Reply:
        return talk.reply(
            "me.changed", talk.choice("button.me", "/me"), talk.choice("button.home", "/home"), columns=2, text=text
        )

    def link(self, talk: Talk, words: str) -> Answer:
        """`/link`: a code that continues as the same person at another door; `/link CODE` there uses it."""
        token = words.strip()
        if not token:
            fresh = people.sign_in_token(talk.connection, talk.person.id, talk.now)
            url = tappable(f"{self.address}/in/{fresh}")
            return [talk.reply("me.link", talk.choice("button.home", "/home"), url=url, code=fresh)]
        person_id = people.use_sign_in(talk.connection, token, talk.now)
        bind_account(talk.connection, talk.turn.door, talk.turn.account, person_id, talk.now)
        other = people.meet(talk.connection, person_id)
        return [
            talk.reply(
                "me.linked", talk.choice("button.home", "/home"), name=other.person.name or talk.say("people.friend")
            )
        ]

    def cards(self, talk: Talk, words: str) -> Answer:
        """`/cards`: product cards; `/cards forget ID` removes one."""
        what, _, card_id = words.partition(" ")
        if what == "forget":
            portfolio.forget_card(talk.connection, talk.scope, card_id)
        kept = portfolio.cards(talk.connection, talk.scope)
        if what == "show":
            card = next((one for one in kept if one.id == card_id), None)
            if card is None:
                raise ExpectedError("me.no_such_card")
            facts = "\n".join(f"· {key}：{clip(str(value), 80)}" for key, value in card.facts.items())
            forget = talk.choice("button.forget_card", f"/cards forget {card.id}")
            return [
                talk.reply(
                    "me.card", forget, talk.choice("button.back", "/cards"), to="home", name=card.name, facts=facts
                )
            ]
        choices = [Choice(clip(card.name, 28), f"/cards show {card.id}") for card in kept]
        return [
            talk.reply("me.cards" if kept else "me.no_cards", *choices, talk.choice("button.back", "/me"), to="home")
        ]

    def saved(self, talk: Talk, words: str) -> Answer:
        """`/saved`: forms left half-filled, at whichever door."""
        forms = portfolio.unfinished_forms(talk.connection, talk.scope)
        titles = {
            one.id: shelf.get(talk.connection, talk.scope, one.playbook_id, version=one.version).title(talk.language)
            for one in forms
        }
        choices = [Choice(f"{clip(titles[one.id], 20)} · {len(one.answers)}", f"/resume {one.id}") for one in forms]
        return [
            talk.reply(
                "me.saved" if forms else "me.nothing_saved", *choices, talk.choice("button.back", "/me"), to="home"
            )
        ]

    def forget(self, talk: Talk, words: str) -> Answer:
        """`/forget`: asks first; `/forget yes CODE` deletes the person everywhere."""
        if teams.is_last_lead(talk.connection, talk.person.id):
            raise ExpectedError("team.last_lead")
        code = talk.person.id[:4]
        if words != f"yes {code}":
            return [
                talk.reply(
                    "me.forget_ask",
                    talk.choice("button.forget_yes", f"/forget yes {code}"),
                    talk.choice("button.back", "/me"),
                    to="home",
                )
            ]
        talk.state.clear()
        talk.state["forget"] = True
        return [talk.reply("me.forgotten")]


def naming(talk: Talk, words: str) -> Answer | None:
    """After joining, free words may be the name; what looks like a question is one."""
    talk.state.pop("topic", None)
    if len(words) > 20 or any(mark in words for mark in "？?怎么如何") or len(words.split()) > 4:
        return None
    return Me("").name(talk, words)
