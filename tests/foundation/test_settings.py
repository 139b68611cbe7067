"""Settings: a wrong one is named in one line, with its key and never with a secret."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from foundation.errors import BadSetting
from foundation.settings import PREFIX, Secret, Settings, load

NO_FILE = Path("there-is-no-such-file.env")
CANARY = "canary-9f3a-geheim"

WRONG = {
    "database_url": ["", "mysql://u:p@h/d", "zhiran.db", f"oracle://u:{CANARY}@h/d", "postgresql:", f"postgresql://u:{CANARY}@h:port/d"],
    "data_folder": [""],
    "library_folder": [""],
    "language": ["", "de", "zh", "en\n"[:-1] + "x"],
    "zone": ["", "Mars/Olympus", "../etc/passwd"],
    "port": ["", "0", "65536", "-1", "80a", "８０", "²", "9" * 5000],
    "base_url": ["ftp://h", "h.example", "http://", "http://h:99999", "javascript:alert(1)"],
    "lease_seconds": ["", "0", "1.5", "99999"],
    "telegram_token": [CANARY, f"42:{CANARY}", f"x:{CANARY}-{CANARY}", "４２:" + "a" * 35],
    "telegram_api": ["h", "ftp://h"],
    "telegram_webhook_url": ["h"],
    "telegram_webhook_secret": [f"{CANARY} with space", CANARY + "é", CANARY * 30],
    "embeddings_url": ["h"],
    "models_file": ["", "/there/is/no/such/file"],
    "model_url": ["h"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_setting_is_named_in_one_line_without_its_secret(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refused:
        load({PREFIX + name.upper(): value}, NO_FILE)
    said = str(refused.value)
    assert PREFIX + name.upper() in said
    assert "\n" not in said and len(said) < 200
    assert CANARY not in said


def test_what_is_not_set_has_a_default_that_needs_nothing() -> None:
    assert load({}, NO_FILE) == Settings()


def test_a_webhook_without_its_secret_is_refused() -> None:
    """Anybody could speak for anybody."""
    token = "42:" + "a" * 35
    for missing, given in (
        ("ZHIRAN_TELEGRAM_WEBHOOK_SECRET", {"ZHIRAN_TELEGRAM_TOKEN": token}),
        ("ZHIRAN_TELEGRAM_TOKEN", {"ZHIRAN_TELEGRAM_WEBHOOK_SECRET": "s" * 20}),
    ):
        with pytest.raises(BadSetting, match=missing):
            load(given | {"ZHIRAN_TELEGRAM_WEBHOOK_URL": "https://h.example"}, NO_FILE)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "zhiran.env"
    file.write_text("# comment\nZHIRAN_PORT=9000\nZHIRAN_LANGUAGE='en'\n\nsomething else\n", "utf-8")
    settings = load({"ZHIRAN_PORT": "9001"}, file)
    assert (settings.port, settings.language) == (9001, "en")


def test_secrets_do_not_show_themselves() -> None:
    """Neither in the settings' own text nor in an error about them."""
    settings = Settings(
        telegram_token=Secret(CANARY),
        telegram_webhook_secret=Secret(CANARY),
        embeddings_key=Secret(CANARY),
        model_key=Secret(CANARY),
    )
    assert CANARY not in repr(settings)
    assert f"{settings.telegram_token}" == CANARY, "whoever asks for it by name gets it"
    named = {one.name for one in fields(Settings) if one.name.endswith(("_token", "_secret", "_key"))}
    assert len(settings.secrets) == len(named)


@pytest.mark.parametrize("command", [["doctor"], ["chat"], ["serve"]])
@pytest.mark.parametrize(
    "wrong",
    [
        {"ZHIRAN_PORT": "eighty"},
        {"ZHIRAN_DATABASE_URL": f"postgresql://u:{CANARY}@127.0.0.1:1/none?connect_timeout=1"},
        {"ZHIRAN_DATABASE_URL": "sqlite:////proc/none/zhiran.db"},
    ],
    ids=["port", "no server", "no folder"],
)
def test_the_program_says_it_in_one_line_and_ends_with_two(
    command: list[str], wrong: dict[str, str], tmp_path: Path
) -> None:
    """Exit 2, the key named, no traceback, no secret; doctor lists its other checks beside."""
    environment = os.environ | {"ZHIRAN_DATA_FOLDER": str(tmp_path)} | wrong
    ended = subprocess.run(
        [sys.executable, "-m", "bot.entry", *command], env=environment, capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL
    )  # fmt: skip
    said = ended.stdout + ended.stderr
    assert ended.returncode == 2, said
    [key] = wrong
    [line] = [one for one in said.splitlines() if key in one]
    assert "Traceback" not in said and CANARY not in said
    assert command == ["doctor"] or said.strip() == line
