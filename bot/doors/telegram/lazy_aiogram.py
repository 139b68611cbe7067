"""Importing aiogram without building its models: each is built when first used, which takes two thirds off the start.

aiogram 3 builds some 440 pydantic models while it is imported, each with everything it nests. Pydantic itself knows how
to wait (`defer_build`); what is done here is to ask for that during the import, to keep the namespace in which aiogram
would have built, and to hand it over when a model is built at last. It leans on how aiogram is written, so it is done
only for versions it was tried with, and undone (everything is built at once, as aiogram would have) if anything looks
other than expected.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict

log = logging.getLogger(__name__)

TRIED_AIOGRAM = ((3, 31), (3, 32))  # from, below
TRIED_PYDANTIC = ((2, 12), (2, 14))
PLAIN_IMPORT_WISHED = "ZHIRAN_PLAIN_AIOGRAM"  # set to anything to import aiogram as it comes
FEWEST_MODELS = 300  # aiogram 3.31 has 444; far fewer would mean that it builds them in another way


class _Unexpected(Exception):
    """aiogram is not built the way this module knows."""


class _Postponed:
    """Stands in for `BaseModel.model_rebuild` during the import and remembers who was to be built, with which names."""

    def __init__(self) -> None:
        self.models: list[type[BaseModel]] = []
        self.names: Mapping[str, Any] | None = None
        self._build = BaseModel.__dict__["model_rebuild"].__func__

    def note(self, model: type[Any], /, **how: Any) -> bool | None:
        if not model.__module__.startswith("aiogram."):
            return self._build(model, **how)  # type: ignore[no-any-return]
        if model.__module__.startswith("aiogram.types."):  # the others are generic methods, which need no names
            self.models.append(model)
            self.names = how["_types_namespace"]
        return None

    def build_when_used(self, family: type[BaseModel]) -> None:
        """Let every model of this family find aiogram's names when it is built at first use."""
        build, names = self._build, self.names

        def model_rebuild(model: type[Any], /, **how: Any) -> Any:
            how.setdefault("_types_namespace", names)
            return build(model, **how)

        setattr(family, "model_rebuild", classmethod(model_rebuild))  # noqa: B010  # mypy refuses a plain assignment

    def build_all_now(self) -> None:
        for model in self.models:
            self._build(model, _types_namespace=self.names)


def import_aiogram(lazily: bool | None = None) -> ModuleType:
    """aiogram, its models not yet built where that is known to work; otherwise just as it comes."""
    if "aiogram" in sys.modules or not (_is_lazy_wished() if lazily is None else lazily):
        return importlib.import_module("aiogram")
    postponed, config = _Postponed(), BaseModel.model_config
    try:
        setattr(BaseModel, "model_rebuild", classmethod(postponed.note))  # noqa: B010
        BaseModel.model_config = ConfigDict(**{**config, "defer_build": True})
        aiogram = importlib.import_module("aiogram")
    finally:
        setattr(BaseModel, "model_rebuild", classmethod(postponed._build))  # noqa: B010
        BaseModel.model_config = config
    try:
        _hand_over(postponed)
    except Exception as surprise:  # whatever it is, the plain way is right
        log.warning("aiogram's models are built at once: %s", type(surprise).__name__)
        postponed.build_all_now()
    return aiogram


def is_lazy() -> bool:
    """Whether aiogram was imported with its models postponed."""
    base = sys.modules.get("aiogram.types.base")
    return base is not None and "model_rebuild" in vars(base.TelegramObject)


def _hand_over(postponed: _Postponed) -> None:
    if len(postponed.models) < FEWEST_MODELS:
        raise _Unexpected
    types, methods = importlib.import_module("aiogram.types.base"), importlib.import_module("aiogram.methods.base")
    for family in (types.TelegramObject, methods.TelegramMethod, methods.Response):
        postponed.build_when_used(family)
    try:
        _try_out()
    except Exception:
        for family in (types.TelegramObject, methods.TelegramMethod, methods.Response):
            delattr(family, "model_rebuild")
        raise


def _try_out() -> None:
    """One answer read and one method written, with types that nest others."""
    types, methods = importlib.import_module("aiogram.types"), importlib.import_module("aiogram.methods")
    read = methods.Response[types.BotCommandScopeChat].model_validate(
        {"ok": True, "result": {"type": "chat", "chat_id": 1}}
    )
    button = types.InlineKeyboardButton(text="x", callback_data="y")
    asked = methods.SendMessage(
        chat_id=1, text="x", reply_markup=types.InlineKeyboardMarkup(inline_keyboard=[[button]])
    ).model_dump(warnings=False)
    if read.result.chat_id != 1 or asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"] != "y":
        raise _Unexpected


def _is_lazy_wished() -> bool:
    return (
        not os.environ.get(PLAIN_IMPORT_WISHED)
        and _is_within("aiogram", TRIED_AIOGRAM)
        and _is_within("pydantic", TRIED_PYDANTIC)
    )


def _is_within(package: str, tried: tuple[tuple[int, int], tuple[int, int]]) -> bool:
    try:
        major, minor, *_ = version(package).split(".")
        return tried[0] <= (int(major), int(minor)) < tried[1]
    except (PackageNotFoundError, ValueError):
        return False
