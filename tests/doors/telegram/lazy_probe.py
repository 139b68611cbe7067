"""Run as a program: reads updates and writes methods with aiogram, and prints all of it as one JSON line."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import psutil

from bot.doors.telegram import lazy_aiogram

CHAT = {"id": 7, "type": "private", "first_name": "晓云"}
USER = {"id": 7, "is_bot": False, "first_name": "晓云", "language_code": "zh-hans"}
MESSAGE: dict[str, Any] = {"message_id": 3, "date": 1_790_000_000, "chat": CHAT, "from": USER, "text": "标题怎么砍 <b>"}
FILE = {"file_id": "f", "file_unique_id": "u"}
UPDATES: dict[str, dict[str, Any]] = {
    "message": MESSAGE | {"entities": [{"type": "bold", "offset": 0, "length": 2}]},
    "edited_message": MESSAGE | {"edit_date": 1_790_000_001},
    "callback_query": {"id": "9", "from": USER, "chat_instance": "c", "data": "/quiz 1", "message": MESSAGE},
    "my_chat_member": {
        "chat": CHAT,
        "from": USER,
        "date": 1_790_000_000,
        "old_chat_member": {"status": "member", "user": USER},
        "new_chat_member": {"status": "kicked", "user": USER, "until_date": 0},
    },
    "poll_answer": {"poll_id": "p", "user": USER, "option_ids": [0], "option_persistent_ids": ["a"]},
    "inline_query": {"id": "1", "from": USER, "query": "q", "offset": ""},
    "message_reaction": {
        "chat": CHAT,
        "message_id": 3,
        "date": 1,
        "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": "👍"}],
    },
    "chat_member": {
        "chat": CHAT,
        "from": USER,
        "date": 1,
        "old_chat_member": {"status": "left", "user": USER},
        "new_chat_member": {"status": "member", "user": USER},
    },
    "channel_post": MESSAGE | {"voice": FILE | {"duration": 3}, "reply_to_message": MESSAGE},
    "business_message": MESSAGE | {"photo": [FILE | {"width": 1, "height": 1}], "caption": "图"},
}


def read_updates() -> dict[str, Any]:
    from aiogram.types import Update

    read = {}
    for kind, content in UPDATES.items():
        update = Update.model_validate({"update_id": 1, kind: content})
        read[kind] = [update.event_type, update.model_dump_json(exclude_none=True), repr(update)]
    return read


def write_methods() -> dict[str, Any]:
    from aiogram import methods, types

    button = types.InlineKeyboardButton(text="下一步", callback_data="/lesson")
    markup = types.InlineKeyboardMarkup(inline_keyboard=[[button]])
    document = types.BufferedInputFile(b"x", "p.txt")
    asked: list[Any] = [
        methods.SendMessage(chat_id=7, text="好", parse_mode="HTML", reply_markup=markup),
        methods.EditMessageText(chat_id=7, message_id=3, text="好", reply_markup=markup),
        methods.AnswerCallbackQuery(callback_query_id="9", text="好"),
        methods.SendChatAction(chat_id=7, action="typing"),
        methods.SendPoll(chat_id=7, question="?", options=[types.InputPollOption(text="a")], type="quiz"),
        methods.SetMyCommands(
            commands=[types.BotCommand(command="me", description="我")], scope=types.BotCommandScopeChat(chat_id=7)
        ),
        methods.SetChatMenuButton(chat_id=7, menu_button=types.MenuButtonCommands()),
        methods.GetUpdates(offset=1, timeout=50, allowed_updates=["message"]),
        methods.SendMediaGroup(chat_id=7, media=[types.InputMediaDocument(media="attach://x")]),
    ]
    written: dict[str, Any] = {
        type(method).__name__: repr(sorted(method.model_dump(warnings=False).items())) for method in asked
    }
    written["SendDocument"] = sorted(methods.SendDocument(chat_id=7, document=document).model_dump(warnings=False))
    answer = methods.Response[list[types.Message]].model_validate({"ok": True, "result": [MESSAGE]})
    return written | {"Response": answer.model_dump_json(exclude_none=True)}


def main() -> None:
    if sys.argv[1] == "surprised":
        lazy_aiogram.FEWEST_MODELS = 10_000
    lazy_aiogram.import_aiogram(lazily=None if sys.argv[1] == "as wished" else True)
    cost = {
        "cpu": time.process_time(),
        "rss_mb": psutil.Process().memory_info().rss / 2**20,
        "lazy": lazy_aiogram.is_lazy(),
    }
    print(json.dumps({"cost": cost, "updates": read_updates(), "methods": write_methods()}))


if __name__ == "__main__":
    main()
