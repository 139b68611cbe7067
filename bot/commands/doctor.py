"""`zhiran doctor`: names what is wrong, one line each, never with a secret in it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foundation import settings as settings_module
from foundation.clock import system_clock
from foundation.database import Database
from foundation.errors import BadSetting
from foundation.language_model import Asked, ModelFault, Picture, Said, Sound, whole
from foundation.model_endpoints import Endpoint, ModelSettings, survey_models
from foundation.settings import Settings
from migrations.upgrade import bring_up

if TYPE_CHECKING:
    from foundation.openai_models import OpenAIModel

TRY_SECONDS = 20.0  # the most that one try of an endpoint may take
SILENT = "an empty answer"  # what an endpoint rightly hears in silence
MEANING = {
    "401": "401, the key is refused",
    "402": "402, the balance is used up",
    "403": "403, refused",
    "404": "404, no such address or model",
    "429": "429, too many requests",
}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    name: str
    said: str
    is_fault: bool = False

    def __str__(self) -> str:
        return f"{'wrong' if self.is_fault else 'ok   '} {self.name}: {self.said}"


def examine() -> int:
    """Check settings, database, library and what is optional; returns 0, or 2 when something is wrong."""
    settings = settings_module.load()
    faults = 0
    for finding in _findings(settings):
        print(finding, flush=True)
        faults += finding.is_fault
    return 2 if faults else 0


def _findings(settings: Settings) -> Iterator[Finding]:
    for name, check in CHECKS:
        try:
            yield Finding(name, check(settings))
        except Exception as error:
            yield Finding(name, _named(error), is_fault=True)
    try:
        yield from model_findings(settings)
    except Exception as error:
        yield Finding("models", _named(error), is_fault=True)


def _named(error: Exception) -> str:
    """Only our own errors are known to hold no secret."""
    return str(error) if isinstance(error, BadSetting) else type(error).__name__


def _database(settings: Settings) -> str:
    database = Database(settings.database_url)
    try:
        changed = bring_up(database)
        kind = database.url.get_backend_name()
        return f"{kind}, schema {'brought up to date' if changed else 'up to date'}"
    except BadSetting:
        raise
    except Exception as error:
        raise BadSetting(f"ZHIRAN_DATABASE_URL: cannot be used ({type(error).__name__})") from error
    finally:
        database.close()


def _library(settings: Settings) -> str:

    from bot.commands.playbooks import ground
    from knowledge.checks import check_file
    from knowledge.library_files import written_files

    files = list(written_files())
    on = ground(system_clock().date(), files)
    errors = [problem for file in files for problem in check_file(file, on)[1] if problem.level == "error"]
    if errors:
        raise BadSetting(str(errors[0]))
    return f"{len(files)} playbooks"


def _folder(settings: Settings) -> str:
    folder = settings.data_folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not os.access(folder, os.W_OK):
        raise BadSetting(f"ZHIRAN_DATA_FOLDER: {folder} cannot be written")
    readable = [path.name for path in Path(folder).glob("*.db") if path.stat().st_mode & 0o077]
    if readable:
        raise BadSetting(f"ZHIRAN_DATA_FOLDER: {readable[0]} can be read by others; chmod 600 it")
    return str(folder)


def _telegram(settings: Settings) -> str:
    if not settings.telegram_token:
        return "no token: this door stays closed"
    way = "webhook" if settings.telegram_webhook_url else "polling"
    has_page = settings.address.startswith("https://")  # Telegram opens nothing else
    page = f"Mini App at {settings.address}/mini" if has_page else "no Mini App: ZHIRAN_BASE_URL is no https address"
    return f"{way}, {asyncio.run(_bot(settings))}; {page}"


async def _bot(settings: Settings) -> str:
    """Whose token it is. Raises BadSetting; that Telegram is away for a moment keeps no program from starting."""
    from bot.courier.sender import NotNow, Refused
    from bot.courier.telegram_sender import TelegramSender

    sender = TelegramSender(str(settings.telegram_token), settings.telegram_api)
    try:
        return f"@{await sender.name()}"
    except NotNow:
        return "Telegram cannot be reached just now"
    except Refused as told:
        raise BadSetting(str(told)) from None
    finally:
        await sender.close()


def _embeddings(settings: Settings) -> str:
    return "an endpoint is set" if settings.embeddings_url else "the shelf's own, no network"


def model_findings(settings: Settings) -> list[Finding]:
    """A line for each endpoint, in the order in which they would be asked; one that fails keeps no other from its try."""
    from foundation.logs import hide

    models, faults = survey_models(settings)
    hide(models.secrets)
    if not models.endpoints:
        return [Finding("models", "none: prompts are handed over to copy")]
    return asyncio.run(_try_each(models, faults))


async def _try_each(models: ModelSettings, faults: dict[str, BadSetting]) -> list[Finding]:
    """All at once, so that one that drips for ever does not hold up the rest."""
    tried = await asyncio.gather(*(_tried(one, models, faults.get(one.name)) for one in models.endpoints))
    asked = {one.name for one in models.endpoints}
    unasked = [Finding(_name(name), str(fault), is_fault=True) for name, fault in faults.items() if name not in asked]
    return [*tried, *unasked]


def _name(endpoint: str) -> str:
    return f"model endpoint {endpoint}"


async def _tried(endpoint: Endpoint, models: ModelSettings, fault: BadSetting | None) -> Finding:
    name = _name(endpoint.name)
    if fault:
        return Finding(name, str(fault), is_fault=True)
    try:
        return Finding(name, f"answers ({await _try_model(endpoint, models)})")
    except Exception as error:
        return Finding(name, _named(error), is_fault=True)


async def _try_model(endpoint: Endpoint, models: ModelSettings) -> str:
    """Asks for one word, to look at a small picture and to hear a moment, as far as it says it can. Raises BadSetting."""
    from foundation.openai_models import OpenAIModel

    model = OpenAIModel(endpoint, models.allowed)
    told = []
    try:
        for name, asked in _tries(endpoint).items():
            told.append(f"{name} {await _ask(model, name, asked, min(models.deadline, TRY_SECONDS))}")
    finally:
        await model.close()
    return ", ".join(told)


async def _ask(model: OpenAIModel, name: str, asked: Asked, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            _, done = await whole(model, asked)
    except TimeoutError:
        raise BadSetting(f"{name}: no answer within {seconds:g} s") from None
    except ModelFault as fault:
        if asked.sound and fault.what == SILENT:
            return "ok"
        raise BadSetting(f"{name}: {_meaning(fault.what)}") from None
    return f"{done.usage.input}+{done.usage.output} tokens"


def _meaning(what: str) -> str:
    """A fault in an operator's words."""
    if len(what) == 3 and what.startswith("3") and what.isdigit():
        return f"{what}, it redirects and no redirect is followed: its url is wrong"
    return MEANING.get(what, what)


def _tries(endpoint: Endpoint) -> dict[str, Asked]:
    tries = {"words": Asked((Said("user", "Say OK."),), max_tokens=16, temperature=0)}
    if endpoint.vision:
        picture = Said("user", "Say OK.", (Picture("image/png", _white_picture()),))
        tries["vision"] = Asked((picture,), max_tokens=16, temperature=0)
    if endpoint.transcription:
        tries["transcription"] = Asked((), sound=Sound("audio/wav", _silence()))
    return tries


def _white_picture(side: int = 64) -> bytes:
    """A white PNG: small, yet not too small for endpoints that refuse a dot."""
    import struct
    import zlib

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\x00" + b"\xff" * side) * side)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        + part(b"IDAT", rows)
        + part(b"IEND", b"")
    )


def _silence() -> bytes:
    """Half a second of silence as WAV."""
    import io
    import wave

    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(16_000))
    return out.getvalue()


CHECKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("data folder", _folder),
    ("database", _database),
    ("library", _library),
    ("telegram", _telegram),
    ("embeddings", _embeddings),
)
