"""A stand-in's script as a file: a YAML list of acts, each with the fields of `Act`, or a named shape of garbage."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from bot.standin import garbage
from bot.standin.server import Act
from foundation.errors import BadSetting

_KINDS: dict[str, type | tuple[type, ...]] = {
    "text": str, "status": int, "piece": int, "pause": (int, float), "drips": int, "drip_pause": (int, float), "cut_after": int,
    "reset": bool, "finish": str, "count": bool,
}  # fmt: skip
MOST_TIMES = 10_000


def read_script(path: Path) -> list[Act]:
    """The acts in their order; `times` says an act several times. Raises BadSetting naming the act and its field."""
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadSetting(f"{path.name} cannot be read ({type(error).__name__})") from None
    if not isinstance(data, list) or not data:
        raise BadSetting(f"{path.name}: write a list of acts, such as `- {{text: hello, drips: 3}}`")
    return [act for number, one in enumerate(data, 1) for act in _acts(f"{path.name}, act {number}", one)]


def _acts(where: str, data: Any) -> list[Act]:
    if isinstance(data, str):
        return [Act(data)]
    if not isinstance(data, dict):
        raise BadSetting(f"{where}: a text, or fields such as text, status, drips")
    data = dict(data)
    times = data.pop("times", 1)
    if type(times) is not int or not 1 <= times <= MOST_TIMES:
        raise BadSetting(f"{where}: times is a number from 1 to {MOST_TIMES}")
    if "garbage" in data:
        shape = data.pop("garbage")
        if data or shape not in garbage.BODIES:
            raise BadSetting(f"{where}: garbage stands alone and is one of: {', '.join(garbage.BODIES)}")
        return [garbage.acts()[shape]] * times
    return [_act(where, data)] * times


def _act(where: str, data: dict[str, Any]) -> Act:
    known = {one.name for one in fields(Act)} & {*_KINDS, "headers"}
    for name, value in data.items():
        if name not in known:
            raise BadSetting(f"{where}: no field {name}; there are {', '.join(sorted(known))}, garbage, times")
        if name == "headers":
            if not isinstance(value, dict):
                raise BadSetting(f"{where}: headers is a mapping")
        elif not isinstance(value, _KINDS[name]) or (isinstance(value, bool) and _KINDS[name] is not bool):
            raise BadSetting(f"{where}: {name} cannot be {value!r}")
    if (
        not 100 <= data.get("status", 200) <= 599
        or data.get("piece", 1) < 1
        or min(data.get("pause", 0), data.get("drips", 0)) < 0
    ):
        raise BadSetting(f"{where}: status is 100 to 599, piece at least 1, pause and drips not below 0")
    headers = tuple((str(name), str(value)) for name, value in data.pop("headers", {}).items())
    return Act(**data, headers=headers)
