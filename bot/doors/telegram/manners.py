"""What the Telegram door says of itself: menus by role and language, its introduction, and a word to groups."""

from __future__ import annotations

from dataclasses import dataclass

from bot.doors.telegram.menu import About, Menu
from curriculum.people import Member
from foundation.phrasebook import Phrasebook

EVERYBODY = ("start", "language", "help")
MEMBERS = ("home", "quiz", "why", "tasks", "progress", "works", "saved", "cards", "reminders", "team", "me", "help")
BY_ROLE = {
    "mentor": ("desk", "assign", "people"),
    "lead": ("report", "desk", "assign", "people", "invite", "kit"),
    "owner": ("vet", "drafts", "assign", "people"),
}
WITH_A_PAGE = ("mentor", "lead")


@dataclass(frozen=True)
class Manners:
    """`address` is where this installation's pages stand."""

    phrases: Phrasebook
    address: str = ""

    def menu(self, member: Member) -> Menu:
        """What this person may use, in their language; roles add to what every member has."""
        language, roles = member.person.language, member.scope.roles if member.scope else frozenset()
        if member.scope is None:
            return Menu(self._commands(EVERYBODY, language))
        extra = [name for role, names in BY_ROLE.items() if role in roles for name in names]
        names = tuple(dict.fromkeys((*extra, *MEMBERS)))
        has_page = any(role in roles for role in WITH_A_PAGE)
        page = (self.phrases.say("menu.page", language), f"{self.address}/mini") if has_page else None
        return Menu(self._commands(names, language), page)

    def about(self) -> dict[str, About]:
        """The introduction in every language there is."""
        return {
            language: About(
                self.phrases.say("menu.bot_name", language),
                self.phrases.say("menu.bot_description", language),
                self.phrases.say("menu.bot_short", language),
                self._commands(EVERYBODY, language),
            )
            for language in self.phrases.phrases
        }

    def to_groups(self, language_code: str) -> str:
        """Why the bot does not stay in a group."""
        return self.phrases.say("menu.private_only", "en" if language_code.lower().startswith("en") else "zh-CN")

    def _commands(self, names: tuple[str, ...], language: str) -> tuple[tuple[str, str], ...]:
        return tuple((name, self.phrases.say(f"menu.{name}", language)) for name in names)
