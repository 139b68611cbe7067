"""Coming in from a Telegram Mini App: Telegram's word for who opened it is checked, used once, and becomes our own session.

Algorithm: Telegram's "Validating data received via the Mini App"; the limits of age are ours (reliability.md, threat 7).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from urllib.parse import unquote_plus

from sqlalchemy import Connection

from curriculum.team_tables import used_once
from foundation.database import insert_new
from foundation.errors import NotFound

MAX_AGE, MAX_AHEAD = 300, 30  # seconds
MAX_LENGTH = 4096


def telegram_user(init_data: str, bot_token: str, now: datetime) -> tuple[str, str]:
    """The Telegram id of who opened the Mini App, and the digest to remember. Raises NotFound for anything that is not in order."""
    if not bot_token or len(init_data) > MAX_LENGTH:
        raise NotFound("mini app")
    fields = [part.partition("=") for part in init_data.split("&")]
    pairs = [(unquote_plus(key), unquote_plus(value)) for key, mark, value in fields if mark]
    values = dict(pairs)
    if len(values) != len(fields) or not values.get("hash"):
        raise NotFound("mini app")
    given = values.pop("hash")
    lines = "\n".join(f"{key}={value}" for key, value in sorted(values.items()))
    secret = hmac.new(b"WebAppData", bot_token.encode(), hashlib.sha256).digest()
    right = hmac.new(secret, lines.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), given.encode("utf-8", "surrogatepass")):
        raise NotFound("mini app")
    _must_be_fresh(values.get("auth_date", ""), now)
    return _user_id(values.get("user", "")), hashlib.sha256(right.encode()).hexdigest()


def _must_be_fresh(written: str, now: datetime) -> None:
    if not (written.isascii() and written.isdigit() and len(written) <= 12):
        raise NotFound("mini app")
    age = now.timestamp() - int(written)
    if age > MAX_AGE or age < -MAX_AHEAD:
        raise NotFound("mini app")


def _user_id(written: str) -> str:
    try:
        found = json.loads(written)
        number = found["id"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotFound("mini app") from error
    if type(number) is not int or number <= 0:
        raise NotFound("mini app")
    return str(number)


def use_once(connection: Connection, digest: str, now: datetime) -> None:
    """The same data lets in one time. Raises NotFound at the second."""
    connection.execute(used_once.delete().where(used_once.c.until < now))
    row = {"digest": digest, "until": now + timedelta(seconds=MAX_AGE + MAX_AHEAD + 60)}
    if connection.execute(insert_new(connection, used_once), row).first() is None:
        raise NotFound("mini app")
