"""aiogram with postponed models reads and writes what it does as it comes, and starts at a fraction of the cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from bot.doors.telegram.lazy_aiogram import PLAIN_IMPORT_WISHED


@cache
def aiogram_imported(way: str, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.doors.telegram.lazy_probe", way],
        capture_output=True,
        check=True,
        env=os.environ | environment,
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def plainly_imported() -> dict[str, Any]:
    """As it comes, because the environment says so."""
    return aiogram_imported("as wished", **{PLAIN_IMPORT_WISHED: "1"})


@pytest.mark.parametrize("way", ["lazy", pytest.param("surprised", marks=pytest.mark.slow)])
def test_updates_and_methods_are_the_same_byte_by_byte(way: str) -> None:
    """Ten kinds of updates and ten methods come out as with a plain import, also from the fallback."""
    plain, ours = plainly_imported(), aiogram_imported(way)
    assert (ours["updates"], ours["methods"]) == (plain["updates"], plain["methods"])
    assert ours["cost"]["lazy"] is (way == "lazy")


def test_it_costs_less_than_half_of_the_plain_import() -> None:
    """The aim is 0.4 of processor time; half is the bound here, for a busy machine."""
    plain, lazy = plainly_imported()["cost"], aiogram_imported("lazy")["cost"]
    assert lazy["cpu"] < 0.5 * plain["cpu"]
    assert lazy["rss_mb"] < 0.5 * plain["rss_mb"]


def test_a_plain_import_can_be_wished_for() -> None:
    """One variable in the environment turns the postponing off."""
    assert not plainly_imported()["cost"]["lazy"]
