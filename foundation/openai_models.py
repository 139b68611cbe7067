"""The one file that knows the openai library: an endpoint that speaks its protocol, behind our port."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from foundation.language_model import (
    Asked,
    Broken,
    Busy,
    Done,
    Event,
    ModelFault,
    NotServed,
    Piece,
    Said,
    Sound,
    Unsuitable,
    Usage,
    WrongAddress,
    estimated_tokens,
)
from foundation.model_endpoints import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_BYTES = 4 << 20  # of one answer: beyond that it is no answer
ALARMING = (401, 402, 403, 422)
_NO_KEY = "none"
# Endpoints tell the kind of sound by the file's ending.
SOUND_ENDINGS = {
    "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "audio/webm": "webm", "audio/flac": "flac",
}  # fmt: skip


class OpenAIModel:
    """One endpoint. The library and its client are made at the first question."""

    def __init__(self, endpoint: Endpoint, allowed: frozenset[tuple[str, int]] | None = None) -> None:
        self.endpoint = endpoint
        self._allowed = allowed if allowed is not None else frozenset({endpoint.host_port})
        self._client: AsyncOpenAI | None = None

    async def stream(self, asked: Asked) -> AsyncIterator[Event]:
        """Pieces, then Done. Raises Busy, NotServed, Unsuitable or Broken."""
        client = self._client or await self._connect()
        answer = _Answer(asked)
        try:
            if asked.sound is not None:
                yield Piece(answer.take_spoken(await self._written_down(client, asked.sound)))
                yield answer.done()
                return
            async with client.chat.completions.with_streaming_response.create(**self._request(asked)) as response:
                if "json" in response.headers.get("content-type", ""):
                    # An endpoint that cannot stream answers whole.
                    yield Piece(answer.take_whole(await _body(response)))
                else:
                    async for line in _lines(response):
                        if text := answer.take(line):
                            yield Piece(text)
                        if answer.ended:
                            break
            yield answer.done()
        except ModelFault:
            raise
        except Exception as error:
            raise _translated(error, answer.usage_so_far()) from error

    async def _written_down(self, client: AsyncOpenAI, sound: Sound) -> bytes:
        """The endpoint's answer to /audio/transcriptions, as it came."""
        name = f"speech.{SOUND_ENDINGS.get(sound.media_type, 'bin')}"
        create = client.audio.transcriptions.with_streaming_response.create
        async with create(
            file=(name, sound.content, sound.media_type), model=self.endpoint.transcription, response_format="json"
        ) as response:
            return await _body(response)

    def _request(self, asked: Asked) -> dict[str, Any]:
        messages = [{"role": one.role, "content": _content(one)} for one in asked.messages]
        request: dict[str, Any] = {"model": self.endpoint.model, "messages": messages, "stream": True}
        request |= {"max_tokens": asked.max_tokens, "temperature": asked.temperature}
        request["stream_options"] = {"include_usage": True}
        extra = dict(self.endpoint.extra)
        return request | ({"extra_body": extra} if extra else {})

    async def _connect(self) -> AsyncOpenAI:
        self._client = await asyncio.to_thread(self._make)  # the library takes a second to load
        return self._client

    def _make(self) -> AsyncOpenAI:
        import httpx
        from openai import AsyncOpenAI

        from foundation.safe_transport import SafeTransport

        transport = SafeTransport(self._allowed, local=self.endpoint.local)
        http = httpx.AsyncClient(
            transport=transport, follow_redirects=False, trust_env=False, timeout=httpx.Timeout(None, connect=10)
        )
        # Empty ids: the library would else take them from the environment and send them to whatever endpoint this is.
        return AsyncOpenAI(
            base_url=self.endpoint.url,
            api_key=str(self.endpoint.key) or _NO_KEY,
            organization="",
            project="",
            max_retries=0,
            http_client=http,  # type: ignore[arg-type]  # httpx is taken as well as its successor
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()


class _Answer:
    """Reads the events of one answer; whatever is no readable event breaks it."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.text: list[str] = []
        self.finish = ""
        self.usage: Usage | None = None
        self.ended = False

    def take(self, line: bytes) -> str:
        """The text a line brings; comments, blanks and other fields bring none."""
        if not line.startswith(b"data:"):
            if line.startswith(b"{"):
                self._take_event(_parsed(line))  # an error told in the middle of a stream
            return ""
        data = line[5:].strip()
        if data == b"[DONE]":
            self.ended = True
            return ""
        return self._take_event(_parsed(data)) if data else ""

    def take_whole(self, body: bytes) -> str:
        event = _parsed(body)
        choice = _first(event)
        message = choice.get("message") or {}
        text = self._take_text(message.get("content") if isinstance(message, dict) else None)
        self.finish = str(choice.get("finish_reason") or "stop")
        self._count(event)
        self.ended = True
        return text

    def take_spoken(self, body: bytes) -> str:
        """What was spoken; counted in tokens, in seconds, or by us."""
        event = _parsed(body)
        if event.get("error"):
            raise Broken("told an error", self.usage_so_far())
        text = self._take_text(event.get("text"))
        told = event.get("usage")
        if isinstance(told, dict):
            tokens = _count_of(told.get("input_tokens")), _count_of(told.get("output_tokens"))
            seconds = told.get("seconds")
            if tokens[0] is not None and tokens[1] is not None:
                self.usage = Usage(tokens[0], 0, tokens[1])
            elif isinstance(seconds, int | float) and 0 <= seconds < 10**6:
                self.usage = Usage(0, 0, 0, seconds=math.ceil(seconds))
        self.finish, self.ended = "stop", True
        return text

    def _take_event(self, event: dict[str, Any]) -> str:
        if event.get("error"):
            raise Broken("the stream told an error", self.usage_so_far())
        self._count(event)
        choice = _first(event)
        if choice.get("finish_reason"):
            self.finish = str(choice["finish_reason"])
        delta = choice.get("delta") or {}
        return self._take_text(delta.get("content") if isinstance(delta, dict) else None)

    def _take_text(self, content: object) -> str:
        if content is None:
            return ""
        if not isinstance(content, str):
            raise Broken("content is no text", self.usage_so_far())
        text = content.encode("utf-8", "ignore").decode()  # lone surrogates fit in no database
        text = text.replace("\x00", "")
        self.text.append(text)
        return text

    def _count(self, event: dict[str, Any]) -> None:
        told = event.get("usage")
        if not isinstance(told, dict):
            return
        details = told.get("prompt_tokens_details")
        cached = told.get("prompt_cache_hit_tokens", details.get("cached_tokens") if isinstance(details, dict) else 0)
        counts = [_count_of(value) for value in (told.get("prompt_tokens"), cached or 0, told.get("completion_tokens"))]
        if counts[0] is not None and counts[2] is not None:
            self.usage = Usage(counts[0], min(counts[1] or 0, counts[0]), counts[2])

    def done(self) -> Done:
        """Raises Broken for an answer that did not end, or ended without a word."""
        if not self.finish:
            raise Broken("the stream ended half-way", self.usage_so_far())
        if not "".join(self.text).strip():
            raise Broken("an empty answer", self.usage_so_far())
        return Done("length" if self.finish == "length" else "stop", self.usage_so_far())

    def usage_so_far(self) -> Usage:
        if self.usage is not None:
            return self.usage
        seconds = self.asked.sound.seconds_at_most if self.asked.sound else 0
        output = estimated_tokens("".join(self.text))
        return Usage(self.asked.input_tokens, 0, output, estimated=True, seconds=seconds)


def _content(said: Said) -> str | list[dict[str, Any]]:
    """A message's content: plain text, or its pictures as data beside it."""
    if not said.pictures:
        return said.text
    return [
        {"type": "text", "text": said.text},
        *(
            {
                "type": "image_url",
                "image_url": {"url": f"data:{one.media_type};base64,{base64.b64encode(one.content).decode()}"},
            }
            for one in said.pictures
        ),
    ]


def _first(event: dict[str, Any]) -> dict[str, Any]:
    choices = event.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    return first if isinstance(first, dict) else {}


def _count_of(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Broken("an event that cannot be read") from error
    if not isinstance(event, dict):
        raise Broken("an event of another shape")
    return event


async def _lines(response: Any) -> AsyncIterator[bytes]:
    """Lines of the stream as bytes; more than an answer can be breaks it."""
    rest, total = b"", 0
    async for chunk in response.iter_bytes():
        total += len(chunk)
        if total > MAX_BYTES:
            raise Broken("far too long an answer")
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.strip(b"\r")
    if rest.strip():
        yield rest.strip(b"\r")


async def _body(response: Any) -> bytes:
    body = b""
    async for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Broken("far too long an answer")
    return body


def _translated(error: Exception, so_far: Usage) -> ModelFault:
    """A library's error in our words; never with the text of a request or a key in it."""
    import openai

    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        if 300 <= status < 400:
            return WrongAddress(str(status))
        if status in ALARMING:
            return NotServed(str(status))
        if status == 429 or status == 408 or status >= 500:
            return Busy(str(status), wait=_seconds(error.response.headers.get("retry-after")))
        return Unsuitable(str(status))
    if so_far.output:
        return Broken(f"the stream broke ({type(error).__name__})", so_far)
    if isinstance(error.__cause__ or error, _refusals()):
        return WrongAddress("address refused")
    return Busy(type(error).__name__)


def _refusals() -> tuple[type[Exception], ...]:
    from foundation.safe_transport import AddressRefused

    return (AddressRefused,)


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, min(float(text), 3600.0)) if text else None
    except ValueError:
        return None
