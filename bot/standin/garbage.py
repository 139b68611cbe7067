"""Forty shapes of garbage a provider may send where an answer should be; none of them is an answer."""

from __future__ import annotations

import json

from bot.standin.server import Act


def _event(data: object) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def _said(content: object, finish: object = "stop") -> bytes:
    return _event({"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}]})


_END = b"data: [DONE]\n\n"

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "only an end": _END,
    "only blank lines": b"\n" * 200,
    "only comments": b": keep-alive\n\n" * 50,
    "html": b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    "plain words": b"Service temporarily unavailable",
    "cut JSON": b'data: {"choices":[{"delta":{"content":"half',
    "not JSON": b"data: hello there\n\n" + _END,
    "a list": _event([1, 2, 3]) + _END,
    "a string": _event("text") + _END,
    "a number": b"data: 42\n\n" + _END,
    "null": b"data: null\n\n" + _END,
    "true": b"data: true\n\n" + _END,
    "no choices": _event({}) + _END,
    "choices null": _event({"choices": None}) + _END,
    "choices a string": _event({"choices": "text"}) + _END,
    "choices empty": _event({"choices": []}) + _END,
    "choice null": _event({"choices": [None]}) + _END,
    "choice a list": _event({"choices": [[1]]}) + _END,
    "delta null": _event({"choices": [{"delta": None, "finish_reason": "stop"}]}) + _END,
    "delta a list": _event({"choices": [{"delta": ["x"], "finish_reason": "stop"}]}) + _END,
    "content null": _said(None) + _END,
    "content empty": _said("") + _END,
    "content blank": _said(" \n\t ") + _END,
    "content a number": _said(7) + _END,
    "content a list": _said(["text"]) + _END,
    "content an object": _said({"text": "x"}) + _END,
    "content NaN": b'data: {"choices":[{"delta":{"content":NaN},"finish_reason":"stop"}]}\n\n' + _END,
    "only a surrogate": b'data: {"choices":[{"delta":{"content":"\\ud800"},"finish_reason":"stop"}]}\n\n' + _END,
    "only a NUL": _said("\x00") + _END,
    "never finished": _said("a begun answer", None) + _END,
    "never ended": _said("a begun answer", None),
    "an error in the stream": _said("a begun", None) + _event({"error": {"message": "overloaded"}}) + _END,
    "a bare error": b'{"error": {"message": "overloaded"}}\n\n',
    "deep nesting": b"data: " + b"[" * 20_000 + b"]" * 20_000 + b"\n\n" + _END,
    "bad UTF-8": b'data: {"choices":[{"delta":{"content":"\xff\xfe"},"finish_reason":"stop"}]}\n\n' + _END,
    "a gzip's head": b"\x1f\x8b\x08\x00\x00\x00",
    "another event's name": b"event: ping\ndata: {}\n\n" + _END,
    "only reasoning": _event({"choices": [{"delta": {"reasoning_content": "hm"}, "finish_reason": "stop"}]}) + _END,
    "only a tool call": _event(
        {"choices": [{"delta": {"tool_calls": [{"function": {"name": "set_role"}}]}, "finish_reason": "tool_calls"}]}
    )
    + _END,
}


def acts() -> dict[str, Act]:
    """One act a shape."""
    return {name: Act(raw=body) for name, body in BODIES.items()}
