"""The double itself refuses what Telegram refuses: a double that nods is worth nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.telegram_double.refusals import Refused
from tests.helpers.telegram_double.world import Chat, World

BUTTON = {"text": "好", "callback_data": "/ok"}


def keyboard(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


@pytest.fixture
def world() -> World:
    world = World()
    world.join(7)
    world.chats[9] = Chat(9, {"id": 9, "first_name": "blocked"}, started=True, blocked=True)
    world.chats[10] = Chat(10, {"id": 10, "first_name": "never wrote"})
    world.chats[-1] = Chat(-1, {"id": 7, "first_name": "group"}, kind="group", started=True)
    world.call("sendMessage", {"chat_id": 7, "text": "一", "reply_markup": keyboard(BUTTON)})  # message 1, ours
    world.say(7, "你好")  # message 2, theirs
    world.tap(7, "好")  # query 10000
    return world


@pytest.mark.parametrize(
    ("method", "fields", "status", "said"),
    [
        ("sendMessage", {"chat_id": 7, "text": " \u200b\n"}, 400, "message text is empty"),
        ("sendMessage", {"chat_id": 7}, 400, "message text is empty"),
        ("sendMessage", {"chat_id": 7, "text": "😀" * 2049}, 400, "message is too long"),
        ("sendMessage", {"chat_id": 7, "text": "<b>x", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ("sendMessage", {"chat_id": 7, "text": "x</b>", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ("sendMessage", {"chat_id": 7, "text": "<b><i>x</b></i>", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ("sendMessage", {"chat_id": 7, "text": "1 < 2", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ("sendMessage", {"chat_id": 7, "text": "<script>", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ("sendMessage", {"chat_id": 7, "text": "x", "reply_markup": keyboard({"text": "x"})}, 400, "Text buttons"),
        (
            "sendMessage",
            {"chat_id": 7, "text": "x", "reply_markup": keyboard({"text": "x", "callback_data": "字" * 22})},
            400,
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            {"chat_id": -1, "text": "x", "reply_markup": keyboard({"text": "x", "web_app": {"url": "https://a.b"}})},
            400,
            "BUTTON_TYPE_INVALID",
        ),
        (
            "sendMessage",
            {"chat_id": 7, "text": "x", "reply_markup": keyboard({"text": "x", "web_app": {"url": "http://a.b"}})},
            400,
            "Only HTTPS",
        ),
        ("sendMessage", {"chat_id": 7, "text": "x", "reply_parameters": {"message_id": 99}}, 400, "not found"),
        ("sendMessage", {"chat_id": 8, "text": "x"}, 400, "chat not found"),
        ("sendMessage", {"chat_id": 9, "text": "x"}, 403, "blocked by the user"),
        ("sendMessage", {"chat_id": 10, "text": "x"}, 403, "can't initiate"),
        (
            "editMessageText",
            {"chat_id": 7, "message_id": 1, "text": " 一", "reply_markup": keyboard(BUTTON)},
            400,
            "not modified",
        ),
        ("editMessageText", {"chat_id": 7, "message_id": 2, "text": "x"}, 400, "can't be edited"),
        ("editMessageText", {"chat_id": 7, "message_id": 99, "text": "x"}, 400, "message to edit not found"),
        ("deleteMessage", {"chat_id": 7, "message_id": 99}, 400, "message to delete not found"),
        ("answerCallbackQuery", {"callback_query_id": "1"}, 400, "query is too old"),
        ("sendMessageDraft", {"chat_id": 7, "draft_id": 0, "text": "x"}, 400, "draft_id"),
        ("sendMessageDraft", {"chat_id": -1, "draft_id": 1, "text": "x"}, 400, "TEXTDRAFT_PEER_INVALID"),
        ("sendDocument", {"chat_id": 7, "document": ("a", b"x"), "caption": "字" * 1025}, 400, "caption is too long"),
        ("sendDocument", {"chat_id": 7, "document": ("a", b"")}, 400, "non-empty"),
        ("sendPoll", {"chat_id": 7, "question": "?", "options": ["x" * 101]}, 400, "options length"),
        ("setMyCommands", {"commands": [{"command": "Ask", "description": "x"}]}, 400, "BOT_COMMAND_INVALID"),
        ("setWebhook", {"url": "http://zhiran.example/x"}, 400, "HTTPS"),
        ("sendTelepathy", {"chat_id": 7}, 404, "method not found"),
    ],
)
def test_refusals(world: World, method: str, fields: dict[str, Any], status: int, said: str) -> None:
    """Each in Telegram's own words, and recorded."""
    with pytest.raises(Refused, match=said) as refused:
        world.call(method, fields)
    assert (refused.value.status, world.calls[-1].status) == (status, status)


def test_a_tap_is_answered_once_and_soon(world: World) -> None:
    """A second answer, and one that comes late, are refused alike."""
    assert world.call("answerCallbackQuery", {"callback_query_id": "10000"})
    with pytest.raises(Refused, match="query is too old"):
        world.call("answerCallbackQuery", {"callback_query_id": "10000"})
    world.tap(7, "好")
    later = world.now() + 60
    world.now = lambda: later
    with pytest.raises(Refused, match="query is too old"):
        world.call("answerCallbackQuery", {"callback_query_id": "10001"})


def test_a_flood_is_stopped(world: World) -> None:
    """More than a short burst to one chat brings 429 with the seconds to wait; other chats go on."""
    world.one_chat_per_second = True
    world.join(8)
    with pytest.raises(Refused, match="Too Many Requests") as refused:
        for number in range(9):
            world.call("sendMessage", {"chat_id": 7, "text": str(number)})
    assert refused.value.parameters["retry_after"] >= 1
    assert world.call("sendMessage", {"chat_id": 8, "text": "x"})


def test_offsets_confirm_what_was_handed_out(world: World) -> None:
    """An update stays until a question with a higher offset, and is handed out again until then."""
    first, second = world.updates(0, 100, None)
    assert world.updates(0, 100, None) == [first, second]
    assert world.updates(first["update_id"] + 1, 100, None) == [second]
    assert world.updates(second["update_id"] + 1, 100, None) == []
