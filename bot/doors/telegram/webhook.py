"""Updates that Telegram brings: refused without the secret, answered only after they are kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.doors.telegram.api import exceptions, methods
from bot.doors.telegram.arrivals import ALLOWED_UPDATES
from bot.doors.telegram.door import TelegramDoor
from bot.doors.telegram.polling import AWAY, KeepsTurns, take_in
from bot.doors.telegram.refusal import PAUSE
from foundation.errors import BadSetting

log = logging.getLogger(__name__)

LONGEST_BODY = 1 << 20
SECRET_HEADER = b"x-telegram-bot-api-secret-token"
RETRY_SOON = {"Retry-After": "5"}
REGISTER_AGAIN_AFTER = 10.0
MOST_CONNECTIONS = 40


@dataclass(frozen=True)
class Webhook:
    """The route Telegram calls. A secret is a must: without one anybody could speak for anybody."""

    turns: KeepsTurns
    door: TelegramDoor
    secret: str

    def __post_init__(self) -> None:
        if not self.secret:
            raise BadSetting("ZHIRAN_TELEGRAM_WEBHOOK_SECRET is missing: a webhook without it takes anybody's updates")

    @property
    def path(self) -> str:
        """An address that cannot be guessed and does not give the secret away."""
        return "/telegram/" + hmac.new(self.secret.encode(), b"webhook path", hashlib.sha256).hexdigest()[:32]

    def route(self) -> Route:
        return Route(self.path, self.take, methods=["POST"])

    async def register(self, base_url: str) -> None:
        """Tell Telegram where to bring updates from now on; tried again behind the scenes while the network is away.

        So it is while Telegram refuses the token. Raises BadSetting when it refuses the address.
        """
        asked = methods.SetWebhook(
            url=base_url.rstrip("/") + self.path,
            secret_token=self.secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=MOST_CONNECTIONS,
        )
        try:
            await self.door.bot(asked)
            self.door.sending.refusal.over()
        except exceptions.TelegramUnauthorizedError:
            self.door.sending.refusal.met()
            self.door.later(PAUSE, self.register(base_url))
        except exceptions.TelegramBadRequest as error:
            raise BadSetting(f"ZHIRAN_TELEGRAM_WEBHOOK_URL is refused by Telegram: {error.message}") from error
        except (
            exceptions.TelegramNetworkError,
            exceptions.TelegramServerError,
            exceptions.TelegramRetryAfter,
        ) as error:
            log.warning("webhook not registered yet: %s", type(error).__name__)
            self.door.later(REGISTER_AGAIN_AFTER, self.register(base_url))

    async def take(self, request: Request) -> Response:
        """200 once the update is kept; 503 asks Telegram to bring it again."""
        if not self._knows_the_secret(request):
            return Response(status_code=401)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        update = _json_object(body)
        if update is None:
            return Response(status_code=400)
        try:
            arrival = await take_in(update, self.turns, self.door, answer_tap=False)
        except AWAY as error:
            log.info("update %s is not kept yet: %s", update.get("update_id"), type(error).__name__)
            return Response(status_code=503, headers=RETRY_SOON)
        except Exception:
            # Brought again it would fail again, and hold up the person's next ones: it is logged and let go.
            log.exception("update %s cannot be kept", update.get("update_id"))
            return Response()
        query = (arrival.payload or {}).get("callback_query_id") if arrival else None
        # The answer to a tap rides back in the response: one request less, and the button rests at once.
        return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": query}) if query else Response()

    def _knows_the_secret(self, request: Request) -> bool:
        # As bytes from the raw headers: compare_digest raises TypeError on a text that is not ASCII.
        given = [value for name, value in request.headers.raw if name == SECRET_HEADER]
        return len(given) == 1 and hmac.compare_digest(given[0], self.secret.encode())


async def _body(request: Request) -> bytes | None:
    """The whole body; None if it is longer than any update."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
