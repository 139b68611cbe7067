"""Settings from the environment (ZHIRAN_…) or a file `zhiran.env`; a wrong one is named in one line, without its value.

Plain dataclass and parsing: importing a settings framework would cost a third of the time to the first prompt.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from foundation.clock import is_zone
from foundation.errors import BadSetting

PREFIX = "ZHIRAN_"
LANGUAGES = ("zh-CN", "en")
ADDRESSES = ("base_url", "telegram_api", "telegram_webhook_url", "embeddings_url", "model_url")


class Secret(str):
    """A value that does not show itself in logs, tracebacks or error messages."""

    def __repr__(self) -> str:
        return "Secret(***)" if self else "Secret()"


@dataclass(frozen=True)
class Settings:
    """Everything an operator may set. Names here are the environment's names without ZHIRAN_, in lower case."""

    database_url: str = "sqlite:///var/zhiran.db"
    data_folder: Path = Path("var")
    library_folder: Path | None = None
    language: str = "zh-CN"
    zone: str = "Asia/Shanghai"
    host: str = "127.0.0.1"
    port: int = 8321
    base_url: str = ""
    lease_seconds: int = 30
    telegram_token: Secret = field(default=Secret(""))
    telegram_api: str = ""
    telegram_webhook_url: str = ""
    telegram_webhook_secret: Secret = field(default=Secret(""))
    embeddings_url: str = ""
    embeddings_model: str = ""
    embeddings_key: Secret = field(default=Secret(""))
    models_file: Path | None = None
    model_url: str = ""
    model_key: Secret = field(default=Secret(""))
    model_name: str = ""
    model_vision: bool = False
    model_transcription: str = ""
    crash_at: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must never stand in a log."""
        return tuple(str(value) for value in vars(self).values() if isinstance(value, Secret) and value)

    @property
    def address(self) -> str:
        """Where people reach the web door."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


def load(environment: Mapping[str, str] | None = None, file: Path = Path("zhiran.env")) -> Settings:
    """The settings. Raises BadSetting naming the first wrong key."""
    given = _from_file(file) | dict(os.environ if environment is None else environment)
    values: dict[str, Any] = {}
    for one in fields(Settings):
        key = PREFIX + one.name.upper()
        if key in given:
            values[one.name] = _parse(key, one.name, given[key])
    settings = Settings(**values)
    _agree(settings)
    return settings


def _from_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {key.strip(): value.strip().strip("'\"") for key, value in pairs}


def _parse(key: str, name: str, text: str) -> Any:
    text = text.strip()
    if name in ("port", "lease_seconds"):
        low, high = (1, 65535) if name == "port" else (1, 3600)
        if not text.isascii() or not text.isdigit() or len(text) > 9 or not low <= int(text) <= high:
            raise BadSetting(f"{key} must be a whole number from {low} to {high}")
        return int(text)
    if name in ("data_folder", "library_folder", "models_file"):
        if not text:
            raise BadSetting(f"{key} is empty: give a path or remove it")
        return Path(text)
    if name == "model_vision":
        if text.lower() not in ("yes", "no", ""):
            raise BadSetting(f"{key} must be yes or no")
        return text.lower() == "yes"
    if name == "language" and text not in LANGUAGES:
        raise BadSetting(f"{key} must be one of {', '.join(LANGUAGES)}")
    if name == "zone" and not is_zone(text):
        raise BadSetting(f"{key} must be a time zone such as Asia/Shanghai")
    if name in ADDRESSES and text and not _is_url(text):
        raise BadSetting(f"{key} must be an address beginning with http:// or https://")
    if name == "database_url" and not _is_database(text):
        raise BadSetting(f"{key} must begin with sqlite:/// or postgresql://")
    if name == "telegram_token" and text and not _is_token(text):
        raise BadSetting(f"{key} does not look like a bot token (digits, a colon, 35 characters)")
    if name == "telegram_webhook_secret" and text and not _is_webhook_secret(text):
        raise BadSetting(f"{key} must be 1 to 256 of A-Z a-z 0-9 _ -")
    return Secret(text) if name.endswith(("_token", "_secret", "_key")) else text


def _agree(settings: Settings) -> None:
    if settings.telegram_webhook_url and not settings.telegram_webhook_secret:
        raise BadSetting("ZHIRAN_TELEGRAM_WEBHOOK_SECRET is missing: a webhook without it takes anybody's updates")
    if settings.telegram_webhook_url and not settings.telegram_token:
        raise BadSetting("ZHIRAN_TELEGRAM_TOKEN is missing: the webhook needs it")
    if settings.embeddings_url and not settings.embeddings_model:
        raise BadSetting("ZHIRAN_EMBEDDINGS_MODEL is missing: name the model of the embeddings endpoint")
    if settings.model_url and not settings.model_name:
        raise BadSetting("ZHIRAN_MODEL_NAME is missing: name the model of ZHIRAN_MODEL_URL")
    if settings.models_file and not settings.models_file.exists():
        raise BadSetting("ZHIRAN_MODELS_FILE names a file that does not exist")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_database(text: str) -> bool:
    try:
        return text.startswith("sqlite:///") or (
            text.startswith(("postgresql://", "postgresql+psycopg://")) and urlsplit(text).port != 0
        )
    except ValueError:
        return False


def _is_token(text: str) -> bool:
    number, _, rest = text.partition(":")
    return number.isascii() and number.isdigit() and len(rest) >= 20 and not any(c.isspace() for c in rest)


def _is_webhook_secret(text: str) -> bool:
    return 1 <= len(text) <= 256 and all(c.isascii() and (c.isalnum() or c in "_-") for c in text)
