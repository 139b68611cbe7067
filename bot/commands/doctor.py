"""`zhiran doctor`: names what is wrong, one line each, never with a secret in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from foundation import settings as settings_module
from foundation.clock import system_clock
from foundation.database import Database
from foundation.errors import BadSetting
from foundation.model_endpoints import Endpoint, ModelSettings, load_models
from foundation.settings import Settings
from migrations.upgrade import bring_up


def examine() -> int:
    """Check settings, database, library and what is optional; returns 0, or 2 when something is wrong."""
    settings = settings_module.load()
    faults = 0
    for name, check in CHECKS:
        try:
            print(f"ok    {name}: {check(settings)}")
        except BadSetting as error:
            faults += 1
            print(f"wrong {name}: {error}")
        except Exception as error:
            faults += 1
            print(f"wrong {name}: {type(error).__name__}")
    return 2 if faults else 0


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
    return "webhook" if settings.telegram_webhook_url else "polling"


def _embeddings(settings: Settings) -> str:
    return "an endpoint is set" if settings.embeddings_url else "the shelf's own, no network"


def _models(settings: Settings) -> str:
    """Asks each endpoint for one word, to look at a small picture and to hear a moment, as far as it says it can."""
    from foundation.logs import hide

    models = load_models(settings)
    hide(models.secrets)
    if not models.endpoints:
        return "none: prompts are handed over to copy"
    return "; ".join(f"{one.name} answers ({_try_model(one, models)})" for one in models.endpoints)


def _try_model(endpoint: Endpoint, models: ModelSettings) -> str:
    import asyncio

    from foundation.language_model import Asked, ModelFault, Picture, Said, Sound, whole
    from foundation.openai_models import OpenAIModel

    picture = Said("user", "Say OK.", (Picture("image/png", _white_picture()),))
    tries = {"words": Asked((Said("user", "Say OK."),), max_tokens=16, temperature=0)}
    if endpoint.vision:
        tries["vision"] = Asked((picture,), max_tokens=16, temperature=0)
    if endpoint.transcription:
        tries["transcription"] = Asked((), sound=Sound("audio/wav", _silence()))

    async def ask(asked: Asked) -> str:
        async with asyncio.timeout(min(models.deadline, 20)):
            _, done = await whole(OpenAIModel(endpoint, models.allowed), asked)
        return f"{done.usage.input}+{done.usage.output} tokens"

    told = []
    for name, asked in tries.items():
        try:
            told.append(f"{name} {asyncio.run(ask(asked))}")
        except (ModelFault, TimeoutError) as fault:
            what = getattr(fault, "what", "") or "no answer in time"
            if not (asked.sound and what == SILENT):
                raise BadSetting(f"model endpoint {endpoint.name}, {name}: {what}") from None
            told.append(f"{name} ok")
    return ", ".join(told)


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


SILENT = "an empty answer"  # what an endpoint rightly hears in silence

CHECKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("data folder", _folder),
    ("database", _database),
    ("library", _library),
    ("telegram", _telegram),
    ("embeddings", _embeddings),
    ("models", _models),
)
