"""Commands and menu button, for each person by role and language, and what the bot says of itself.

A menu only shows and hides: what somebody may do is decided when they ask for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from bot.doors.telegram.api import Bot, exceptions, methods, types
from bot.doors.telegram.sending import Sending

log = logging.getLogger(__name__)
MAX_COMMANDS, MAX_COMMAND_TEXT = 100, 256
MAX_NAME, MAX_DESCRIPTION, MAX_SHORT_DESCRIPTION = 64, 512, 120


@dataclass(frozen=True)
class Menu:
    """What one person finds under the menu button; `page` is (label, https address) for those who have a dashboard."""

    commands: tuple[tuple[str, str], ...]
    page: tuple[str, str] | None = None


@dataclass(frozen=True)
class About:
    """What the bot says of itself in one language."""

    name: str
    description: str
    short_description: str
    commands: tuple[tuple[str, str], ...]


async def show_menu(sending: Sending, account: str, menu: Menu) -> None:
    """This person's menu; again whenever their role or language changes. Raises CannotReach.

    The scope is the person's own chat and no language is named: they chose theirs with us, whatever their phone says.
    """
    scope = types.BotCommandScopeChat(chat_id=int(account))
    await sending.say(account, methods.SetMyCommands(commands=_commands(menu.commands), scope=scope))
    await sending.say(account, methods.SetChatMenuButton(chat_id=int(account), menu_button=_button(menu)))


async def introduce(bot: Bot, languages: Mapping[str, About], default: str) -> None:
    """Name, descriptions and the newcomer's commands in every language; `default` for all other phones.

    Telegram limits how often a bot may rename itself, so a refusal is passed over: what stood there stays.
    """
    said = [("", languages[default]), *((code.split("-")[0].lower(), about) for code, about in languages.items())]
    for code, about in said:
        language = code or None
        for call in (
            methods.SetMyCommands(commands=_commands(about.commands), language_code=language),
            methods.SetMyName(name=about.name[:MAX_NAME], language_code=language),
            methods.SetMyDescription(description=about.description[:MAX_DESCRIPTION], language_code=language),
            methods.SetMyShortDescription(
                short_description=about.short_description[:MAX_SHORT_DESCRIPTION], language_code=language
            ),
        ):
            try:
                await bot(call)
            except exceptions.TelegramAPIError as error:
                log.info("introduction: %s", error.message)


def _commands(pairs: tuple[tuple[str, str], ...]) -> list[types.BotCommand]:
    return [types.BotCommand(command=name, description=text[:MAX_COMMAND_TEXT]) for name, text in pairs][:MAX_COMMANDS]


def _button(menu: Menu) -> types.MenuButtonCommands | types.MenuButtonWebApp:
    if menu.page and menu.page[1].startswith("https://"):  # Telegram opens nothing else
        return types.MenuButtonWebApp(text=menu.page[0], web_app=types.WebAppInfo(url=menu.page[1]))
    return types.MenuButtonCommands()
