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
    """Asks each endpoint for one word."""
    from foundation.logs import hide

    models = load_models(settings)
    hide(models.secrets)
    if not models.endpoints:
        return "none: prompts are handed over to copy"
    return "; ".join(f"{one.name} answers ({_try_model(one, models)})" for one in models.endpoints)


def _try_model(endpoint: Endpoint, models: ModelSettings) -> str:
    import asyncio

    from foundation.language_model import Asked, ModelFault, Said, whole
    from foundation.openai_models import OpenAIModel

    async def ask() -> str:
        async with asyncio.timeout(min(models.deadline, 20)):
            _, done = await whole(
                OpenAIModel(endpoint, models.allowed), Asked((Said("user", "Say OK."),), max_tokens=16, temperature=0)
            )
        return f"{done.usage.input}+{done.usage.output} tokens"

    try:
        return asyncio.run(ask())
    except (ModelFault, TimeoutError) as fault:
        what = getattr(fault, "what", "") or "no answer in time"
        raise BadSetting(f"model endpoint {endpoint.name}: {what}") from None


CHECKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("data folder", _folder),
    ("database", _database),
    ("library", _library),
    ("telegram", _telegram),
    ("embeddings", _embeddings),
    ("models", _models),
)
