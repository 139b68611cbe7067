"""What python-telegram-bot, written by other people from the same documentation, thinks of a payload we send."""

from __future__ import annotations

from collections.abc import Callable

import telegram
from telegram import constants

from tests.helpers.telegram_double.refusals import parse_html, units
from tests.helpers.telegram_double.world import Fields

Check = Callable[[Fields], list[str]]


def objections(method: str, fields: Fields) -> list[str]:
    """Everything its types cannot read whole and everything beyond its limits; empty means agreement."""
    found = [f"unknown method {method}"] if not hasattr(telegram.Bot, method) else []
    for check in (_keyboard, _text, _toast, _commands, _menu_button, _places):
        found += check(fields)
    return found


def _keyboard(fields: Fields) -> list[str]:
    markup = fields.get("reply_markup")
    if not markup:
        return []
    read = telegram.InlineKeyboardMarkup.de_json(markup, None)
    buttons = [button for row in read.inline_keyboard for button in row]
    found = _unread("reply_markup", markup, read.to_dict())
    found += [f"unknown in a button: {sorted(b.api_kwargs)}" for b in buttons if b.api_kwargs]
    if len(buttons) > constants.InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER:
        found.append("too many buttons")
    if any(len(row) > constants.InlineKeyboardMarkupLimit.BUTTONS_PER_ROW for row in read.inline_keyboard):
        found.append("too many buttons in a row")
    limit = constants.InlineKeyboardButtonLimit
    for button in buttons:
        data = str(button.callback_data or "").encode()
        if button.callback_data and not limit.MIN_CALLBACK_DATA <= len(data) <= limit.MAX_CALLBACK_DATA:
            found.append(f"callback_data of {len(data)} bytes")
    return found


def _text(fields: Fields) -> list[str]:
    found = []
    limits = constants.MessageLimit
    for key, limit in (("text", limits.MAX_TEXT_LENGTH), ("caption", limits.CAPTION_LENGTH)):
        if key not in fields:
            continue
        said = parse_html(fields[key]) if fields.get("parse_mode") == constants.ParseMode.HTML else None
        if units(said.text if said else fields[key]) > limit:
            found.append(f"{key} too long")
        if said and (said.dropped or len(said.entities) > limits.MESSAGE_ENTITIES):
            found.append("more entities than are shown")
        kinds = {entity["type"] for entity in said.entities} if said else set()
        found += [f"unknown entity {kind}" for kind in kinds - set(telegram.MessageEntity.ALL_TYPES)]
    return found


def _toast(fields: Fields) -> list[str]:
    limit = constants.CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH
    too_long = "callback_query_id" in fields and len(fields.get("text", "")) > limit
    return ["toast too long"] if too_long else []


def _commands(fields: Fields) -> list[str]:
    found, listed = [], fields.get("commands") or []
    for one in listed:
        command = telegram.BotCommand.de_json(one, None)
        limit = constants.BotCommandLimit
        if not limit.MIN_COMMAND <= len(command.command) <= limit.MAX_COMMAND:
            found.append(f"command of {len(command.command)} characters")
        if not limit.MIN_DESCRIPTION <= len(command.description) <= limit.MAX_DESCRIPTION:
            found.append(f"description of {len(command.description)} characters")
    if len(listed) > constants.BotCommandLimit.MAX_COMMAND_NUMBER:
        found.append("too many commands")
    if scope := fields.get("scope"):
        found += _unread("scope", scope, telegram.BotCommandScope.de_json(scope, None).to_dict())
    return found


def _menu_button(fields: Fields) -> list[str]:
    button = fields.get("menu_button")
    return _unread("menu_button", button, telegram.MenuButton.de_json(button, None).to_dict()) if button else []


def _places(fields: Fields) -> list[str]:
    action = fields.get("action")
    found = [f"unknown action {action}"] if action and action not in list(constants.ChatAction) else []
    if options := fields.get("link_preview_options"):
        found += _unread("link_preview_options", options, telegram.LinkPreviewOptions.de_json(options, None).to_dict())
    return found


def _unread(what: str, sent: object, read: object) -> list[str]:
    return [] if sent == read else [f"{what} is read as {read}, sent as {sent}"]
