"""One chart definition, drawn as SVG for a page and as PNG for a chat, with a Chinese font carried along."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"
FONT = "Noto Sans CJK SC"
CONFIG = {
    "font": FONT,
    "background": "#ffffff",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 13, "titleFontSize": 13, "gridColor": "#e3e8e5", "labelLimit": 220},
    "legend": {"labelFontSize": 13, "titleFontSize": 13, "orient": "bottom", "columns": 3},
    "title": {"fontSize": 16, "anchor": "start"},
}


def svg(definition: dict[str, Any]) -> str:
    """The chart as SVG. Takes a moment of processor time: call it in a worker thread."""
    return _svg(_text(definition))


def png(definition: dict[str, Any], scale: float = 2.0) -> bytes:
    """The chart as a PNG. Takes a moment of processor time: call it in a worker thread."""
    return _png(_text(definition), scale)


def _text(definition: dict[str, Any]) -> str:
    return json.dumps(
        definition | {"config": CONFIG | definition.get("config", {})}, ensure_ascii=False, sort_keys=True
    )


@lru_cache(maxsize=1)
def _renderer() -> Any:
    # Imported when the first picture is drawn: it carries a whole JavaScript engine.
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


@lru_cache(maxsize=64)
def _svg(text: str) -> str:
    return str(_renderer().vegalite_to_svg(text))


@lru_cache(maxsize=64)
def _png(text: str, scale: float) -> bytes:
    return bytes(_renderer().vegalite_to_png(text, scale=scale))
