"""Stories are told once and played at every door."""

from __future__ import annotations

import pytest

from tests.helpers.stage import DOORS

at_each_door = pytest.mark.parametrize("door", DOORS)
