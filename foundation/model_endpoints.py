"""Which models may be asked: named endpoints, prices as dated data, from the operator's file or three settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from foundation.clock import zone
from foundation.errors import BadSetting
from foundation.language_model import Asked, Usage
from foundation.settings import Secret, Settings

DEADLINE = 45.0
MILLION = 1_000_000
STAND_IN = "stand-in"  # the model's name by which a stand-in is set up: what it marks is never shown without saying so


@dataclass(frozen=True)
class Price:
    """What a million tokens cost, in millionths of the currency's unit, from a day on; `peak` holds for those hours."""

    since: date
    input: int
    cached: int
    output: int
    minute: int = 0  # of speech
    hours: tuple[time, time] | None = None
    zone: str = "UTC"

    def holds(self, at: datetime) -> bool:
        local = at.astimezone(zone(self.zone))
        if local.date() < self.since:
            return False
        if self.hours is None:
            return True
        begin, end = self.hours
        now = local.time()
        return begin <= now < end if begin < end else now >= begin or now < end  # hours may run over midnight

    def cost(self, usage: Usage) -> int:
        """Rounded up once, over the whole call."""
        total = (usage.input - usage.cached) * self.input + usage.cached * self.cached + usage.output * self.output
        return -(-(total * 60 + usage.seconds * self.minute * MILLION) // (60 * MILLION))


@dataclass(frozen=True)
class Endpoint:
    """One OpenAI-compatible endpoint. `local` lets its name lead to a private address.

    `vision` says that it takes pictures, `transcription` names the model that writes down speech.
    """

    name: str
    url: str
    model: str
    key: Secret = field(default=Secret(""))
    prices: tuple[Price, ...] = ()
    currency: str = "USD"
    local: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)  # further fields of the request this vendor wants
    vision: bool = False
    transcription: str = ""

    @property
    def host_port(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    def suits(self, asked: Asked) -> bool:
        """Whether it can take this: words always, pictures and speech where the operator says so."""
        return bool(self.transcription) if asked.sound else self.vision or not asked.has_pictures

    def model_for(self, asked: Asked) -> str:
        return self.transcription if asked.sound else self.model

    def price(self, at: datetime) -> Price | None:
        """The price that holds: the latest day, and in it the narrower hours before the whole day."""
        holding = [price for price in self.prices if price.holds(at)]
        return max(holding, key=lambda price: (price.since, price.hours is not None), default=None)

    def cost(self, usage: Usage, at: datetime) -> int:
        """In millionths; without a known price 0, and the tokens are still counted."""
        price = self.price(at)
        return price.cost(usage) if price else 0

    def at_most(self, usage: Usage) -> int:
        """What such a call can cost at any hour: the amount to reserve."""
        return max((price.cost(usage) for price in self.prices), default=0)


@dataclass(frozen=True)
class Limits:
    """Hard caps for a day, in millionths; reserving beyond one is refused."""

    person: int = 500_000
    team: int = 10_000_000
    house: int = 30_000_000


@dataclass(frozen=True)
class ModelSettings:
    """Everything about models: the endpoints in order of preference, the deadline, the caps, the allowed hosts."""

    endpoints: tuple[Endpoint, ...] = ()
    deadline: float = DEADLINE
    limits: Limits = field(default_factory=Limits)
    allowed: frozenset[tuple[str, int]] = frozenset()

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(str(one.key) for one in self.endpoints if one.key)


def load_models(settings: Settings, environment: Mapping[str, str] | None = None) -> ModelSettings:
    """The models an operator set up: the file, else the three settings, else none. Raises BadSetting."""
    models, faults = survey_models(settings, environment)
    return _all_good(models, faults)


def survey_models(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> tuple[ModelSettings, dict[str, BadSetting]]:
    """What was set up, in order, and by its name what is wrong with an endpoint. Raises BadSetting for the rest."""
    if settings.models_file:
        return _read(settings.models_file, os.environ if environment is None else environment)
    if not settings.model_url:
        return ModelSettings(), {}
    one = Endpoint(
        "model", settings.model_url.rstrip("/"), settings.model_name, settings.model_key,
        vision=settings.model_vision, transcription=settings.model_transcription,
    )  # fmt: skip
    fault = _fault(one, None)
    return ModelSettings((one,), allowed=_addresses((one,))), {one.name: fault} if fault else {}


def read_models(path: Path, environment: Mapping[str, str]) -> ModelSettings:
    """A YAML file: endpoints, order, allow (host:port), deadline_seconds, limits_per_day. Raises BadSetting."""
    return _all_good(*_read(path, environment))


def _all_good(models: ModelSettings, faults: Mapping[str, BadSetting]) -> ModelSettings:
    for fault in faults.values():
        raise fault
    return models


def _read(path: Path, environment: Mapping[str, str]) -> tuple[ModelSettings, dict[str, BadSetting]]:
    import yaml

    try:
        data = yaml.safe_load(path.read_text("utf-8"))
        assert isinstance(data, dict)
        endpoints = tuple(_endpoint(name, one, environment) for name, one in data["endpoints"].items())
        order = list(data.get("order") or [one.name for one in endpoints])
        by_name = {one.name: one for one in endpoints}
        allowed = frozenset(_host_port(text) for text in data.get("allow") or ())
        caps = data.get("limits_per_day") or {}
        limits = Limits(**{key: _amount("limits_per_day", caps, key) for key in caps})
        deadline = float(data.get("deadline_seconds", DEADLINE))
        chosen = tuple(by_name[name] for name in order)
        keys = {name: _key_fault(name, one, environment) for name, one in data["endpoints"].items()}
    except BadSetting:
        raise
    except Exception as error:
        # The text of the error could hold a piece of the file, and so of a key.
        raise BadSetting(f"ZHIRAN_MODELS_FILE: {path.name} cannot be read ({type(error).__name__})") from None
    if deadline <= 0:
        raise BadSetting("ZHIRAN_MODELS_FILE: deadline_seconds must be above 0")
    faults = {one.name: keys[one.name] or _fault(one, allowed or None) for one in chosen}
    models = ModelSettings(chosen, deadline, limits, allowed or _addresses(chosen))
    return models, {name: fault for name, fault in (keys | faults).items() if fault}


def _key_fault(name: str, data: Mapping[str, Any], environment: Mapping[str, str]) -> BadSetting | None:
    if "key" in data:
        return BadSetting(
            f"ZHIRAN_MODELS_FILE: {name} has its key in the file; name the variable that holds it: key_from"
        )
    key_from = str(data.get("key_from", ""))
    if key_from and not environment.get(key_from):
        return BadSetting(f"ZHIRAN_MODELS_FILE: {name} takes its key from {key_from}, which is not set")
    return None


def _endpoint(name: str, data: Mapping[str, Any], environment: Mapping[str, str]) -> Endpoint:
    prices = tuple(price for one in data.get("prices") or () for price in _prices(name, one))
    key_from = str(data.get("key_from", ""))
    key = Secret(environment.get(key_from, "")) if key_from else Secret("")
    url, model = str(data["url"]).rstrip("/"), str(data["model"])
    extra = dict(data.get("extra") or {})
    return Endpoint(
        name, url, model, key, prices, str(data.get("currency", "USD")), bool(data.get("local", False)), extra,
        bool(data.get("vision", False)), str(data.get("transcription") or ""),
    )  # fmt: skip


def _prices(name: str, data: Mapping[str, Any]) -> Sequence[Price]:
    since, where = date.fromisoformat(str(data["since"])), str(data.get("zone", "UTC"))
    minute = _amount(name, {"minute": 0, **data}, "minute")
    rates = (_amount(name, data, "input"), _amount(name, data, "cached_input", "input"), _amount(name, data, "output"))
    plain = Price(since, *rates, minute, None, where)
    peak = data.get("peak")
    if not peak:
        return (plain,)
    dear = _amount(name, peak, "input")
    cached = _amount(name, peak, "cached_input") if "cached_input" in peak else _in_proportion(plain, dear)
    rates = (dear, cached, _amount(name, peak, "output"))
    hours = [_range(text) for text in ([peak["hours"]] if isinstance(peak["hours"], str) else peak["hours"])]
    return (plain, *(Price(since, *rates, minute, one, where) for one in hours))


def _amount(where: str, data: Mapping[str, Any], field: str, otherwise: str = "") -> int:
    """The amount of this field, or of another one where it is not given. Raises BadSetting, which names both."""
    value = data.get(field, data.get(otherwise))
    try:
        return micro(value)
    except (ValueError, ArithmeticError):
        problem = f"ZHIRAN_MODELS_FILE: {where}: {field} must be an amount with 0 to 6 decimals, such as 0.28"
        raise BadSetting(problem) from None


def _in_proportion(plain: Price, dearer: int) -> int:
    """What cached input costs in peak hours where nobody says: its usual part of the input's price, rounded up."""
    return -(-dearer * plain.cached // plain.input) if plain.input else dearer


def _range(text: str) -> tuple[time, time]:
    begin, end = (time.fromisoformat(part.strip()) for part in str(text).split("-"))
    return begin, end


def micro(value: object) -> int:
    """An amount as written, "0.28" or 3, in millionths; never by way of a float."""
    from decimal import Decimal

    amount = Decimal(str(value)) * MILLION
    if amount < 0 or amount != int(amount):
        raise ValueError("an amount needs 0 to 6 decimals")
    return int(amount)


def _host_port(text: str) -> tuple[str, int]:
    host, _, port = str(text).rpartition(":")
    if not host or not port.isdigit():
        raise BadSetting("ZHIRAN_MODELS_FILE: allow is a list of host:port")
    return host.strip("[]").lower(), int(port)


def _fault(one: Endpoint, allowed: frozenset[tuple[str, int]] | None) -> BadSetting | None:
    """What keeps an endpoint from being asked at all; without a list its own address is allowed."""
    try:
        parts = urlsplit(one.url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and one.host_port[1] > 0
        good = good and not parts.username and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good or not one.model:
        return BadSetting(f"models: {one.name} needs a url beginning with http:// or https:// and a model")
    if allowed is not None and one.host_port not in allowed:
        return BadSetting(f"ZHIRAN_MODELS_FILE: the host and port of {one.name} are not under allow")
    return None


def _addresses(endpoints: Sequence[Endpoint]) -> frozenset[tuple[str, int]]:
    """Where these endpoints are, those that have no address left out."""
    return frozenset(one.host_port for one in endpoints if _fault(one, None) is None)


def is_peak(endpoint: Endpoint, at: datetime | None = None) -> bool:
    """Whether the dearer hours are on."""
    price = endpoint.price(at or datetime.now(UTC))
    return price is not None and price.hours is not None
