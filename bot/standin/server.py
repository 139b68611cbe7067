"""A stand-in model: speaks the true chat-completions protocol on the loopback; scripted, obedient or as a demo.

It is no model. Tests use it to see every fault a provider can have; the demo uses it with a plain banner.
"""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Messages = Sequence[dict[str, Any]]
SOUND_BYTES_A_SECOND = 4000
TOKENS_A_PICTURE = 1100
BLOCK = 64  # tokens a cached prefix is counted in, as vendors do


@dataclass(frozen=True)
class Act:
    """What the stand-in does with one call: says `text`, or fails in the named way."""

    text: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    piece: int = 12  # characters of one event
    pause: float = 0.0  # seconds between events
    drips: int = 0  # keep-alive comments before the first word
    drip_pause: float = 0.02
    cut_after: int | None = None  # events, then the connection ends without a last word
    reset: bool = False  # the cut is a broken connection, not a quiet end
    finish: str = "stop"
    count: bool = True  # whether usage is told
    raw: bytes | None = None  # this body instead of events
    media_type: str = "text/event-stream"


@dataclass(frozen=True)
class Counted:
    """What the stand-in counted for one call, whether the caller heard of it or not."""

    input: int
    cached: int
    output: int
    seconds: int = 0


def tokens(text: str) -> int:
    """The stand-in's own way of counting: two thirds of a wide character, a quarter of any other."""
    wide = sum(character > "\u2e7f" for character in text)
    return (wide * 8 + (len(text) - wide) * 3 + 11) // 12


@dataclass
class StandIn:
    """Acts as scripted while there is a script, else answers by `answer`."""

    answer: Callable[[Messages], str] = lambda messages: "（替身模型）收到。"
    hear: Callable[[bytes], str] = lambda sound: "（替身模型）听到了。"
    script: deque[Act] = field(default_factory=deque)
    pause: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    open_calls: int = 0

    def will(self, *acts: Act | str) -> None:
        self.script.extend(Act(act) if isinstance(act, str) else act for act in acts)

    @property
    def app(self) -> Starlette:
        routes = [
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
            Route("/v1/audio/transcriptions", self._transcribe, methods=["POST"]),
            Route("/v1/models", self._models),
        ]
        return Starlette(routes=routes)

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "stand-in", "object": "model", "owned_by": "zhiran"}]})

    async def _complete(self, request: Request) -> Response:
        try:
            body = await request.json()
            messages = [_read(one) for one in body["messages"]]
        except Exception:
            return _error(400, "a request this protocol does not know")
        body["messages"] = messages
        self.asked.append(body | {"authorization": request.headers.get("authorization", "")})
        act = self.script.popleft() if self.script else Act(self.answer(messages), pause=self.pause)
        if act.status != 200:
            return _error(act.status, "told by the script", dict(act.headers))
        if act.raw is not None:
            return Response(act.raw, media_type=act.media_type, headers=dict(act.headers))
        if not body.get("stream"):
            return self._whole(body, act)
        return StreamingResponse(self._events(body, act), media_type="text/event-stream")

    async def _transcribe(self, request: Request) -> Response:
        try:
            async with request.form() as form:
                file, model = form["file"], str(form["model"])
                assert not isinstance(file, str) and file.filename
                sound, name = await file.read(), file.filename
        except Exception:
            return _error(400, "a request this protocol does not know")
        self.asked.append({"sound": sound, "name": name, "model": model})
        act = self.script.popleft() if self.script else Act(self.hear(sound))
        if act.status != 200:
            return _error(act.status, "told by the script", dict(act.headers))
        if act.raw is not None:
            return Response(act.raw, media_type="application/json", headers=dict(act.headers))
        seconds = -(-len(sound) // SOUND_BYTES_A_SECOND)
        self.counted.append(Counted(0, 0, 0, seconds))
        return JSONResponse(
            {"text": act.text} | ({"usage": {"type": "duration", "seconds": seconds}} if act.count else {})
        )

    def _whole(self, body: dict[str, Any], act: Act) -> Response:
        usage = self._count(body, act.text)
        message = {"role": "assistant", "content": act.text}
        answer = _frame(body, "chat.completion", [{"index": 0, "message": message, "finish_reason": act.finish}])
        return JSONResponse(answer | ({"usage": usage} if act.count else {}))

    async def _events(self, body: dict[str, Any], act: Act) -> AsyncIterator[bytes]:
        said, whole = "", False
        self.open_calls += 1
        try:
            for _ in range(act.drips):
                yield b": keep-alive\n\n"
                await asyncio.sleep(act.drip_pause)
            yield _event(_frame(body, "chat.completion.chunk", [_delta({"role": "assistant", "content": ""})]))
            for number, start in enumerate(range(0, len(act.text), act.piece)):
                if act.cut_after is not None and number >= act.cut_after:
                    if act.reset:
                        raise ConnectionResetError("told by the script")
                    return
                piece = act.text[start : start + act.piece]
                said += piece
                yield _event(_frame(body, "chat.completion.chunk", [_delta({"content": piece})]))
                if act.pause:
                    await asyncio.sleep(act.pause)
            if act.cut_after is not None:
                return
            yield _event(_frame(body, "chat.completion.chunk", [_delta({}, act.finish)]))
            whole = True
            usage = self._count(body, said)
            if act.count and (body.get("stream_options") or {}).get("include_usage"):
                yield _event(_frame(body, "chat.completion.chunk", []) | {"usage": usage})
            yield b"data: [DONE]\n\n"
        finally:
            self.open_calls -= 1
            if not whole:
                self._count(body, said)

    def _count(self, body: dict[str, Any], said: str) -> dict[str, Any]:
        text = "\n".join(one["content"] for one in body["messages"])
        before = [
            "\n".join(one["content"] for one in other["messages"])
            for other in self.asked
            if "messages" in other and other["messages"] is not body["messages"]
        ]
        shared = max((_shared(text, other) for other in before[-200:]), default=0)
        pictures = sum(len(one.get("pictures", ())) for one in body["messages"])
        count = Counted(
            tokens(text) + pictures * TOKENS_A_PICTURE, tokens(text[:shared]) // BLOCK * BLOCK, tokens(said)
        )
        self.counted.append(count)
        return {
            "prompt_tokens": count.input,
            "completion_tokens": count.output,
            "total_tokens": count.input + count.output,
            "prompt_tokens_details": {"cached_tokens": count.cached},
        }


def _read(message: dict[str, Any]) -> dict[str, Any]:
    """A message with its text as one string and its pictures beside it. Raises for what is neither."""
    content = message["content"]
    if isinstance(content, str):
        return message
    kinds = {"text": lambda part: part["text"], "image_url": lambda part: part["image_url"]["url"]}
    parts = [(part["type"], kinds[part["type"]](part)) for part in content]
    pictures = [
        base64.b64decode(url.partition(";base64,")[2], validate=True) for kind, url in parts if kind == "image_url"
    ]
    assert all(pictures) and all(url.startswith("data:image/") for kind, url in parts if kind == "image_url")
    return message | {"content": "\n".join(text for kind, text in parts if kind == "text"), "pictures": pictures}


def _shared(one: str, other: str) -> int:
    """Length of the common beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _frame(body: dict[str, Any], kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-stand-in",
        "object": kind,
        "created": int(time.time()),
        "model": str(body.get("model", "")),
        "choices": choices,
    }


def _delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        {"error": {"message": message, "type": "stand_in", "code": str(status)}}, status, headers=headers
    )


@asynccontextmanager
async def serving(standin: StandIn) -> AsyncIterator[str]:
    """Serve on a free port of the loopback; gives the base address for settings."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        standin.app, log_level="critical", timeout_graceful_shutdown=1, lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve([listening]))
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        await task
