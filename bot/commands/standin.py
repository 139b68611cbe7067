"""`zhiran standin`: a model that is none, on the loopback, for trying settings and attacks without a key."""

from __future__ import annotations

import socket
from collections import deque
from pathlib import Path

import uvicorn

from bot.standin.demo import demo_answer, demo_hearing
from bot.standin.obedient import hear, obey
from bot.standin.script import read_script
from bot.standin.server import StandIn
from foundation.errors import BadSetting
from foundation.model_endpoints import STAND_IN


def stand_in(script: Path | None, *, obedient: bool) -> StandIn:
    """As asked for; a script that has ended goes on as the other mode would. Raises BadSetting for a bad script."""
    acts = deque(read_script(script)) if script else deque()
    answer, hearing = (obey, hear) if obedient else (demo_answer, demo_hearing)
    return StandIn(answer, hearing, script=acts)


def serve(script: Path | None, *, obedient: bool, port: int) -> int:
    """Print what to set, then serve until stopped. Raises BadSetting where the port is taken."""
    made = stand_in(script, obedient=obedient)
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise BadSetting(f"--port: {port} cannot be used ({error.strerror})") from None
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    mode = "obedient: does whatever a text tells it" if obedient else "recites each playbook's own example"
    print("This is a stand-in, no model at all. 这是替身，不是真的模型。")
    print(f"Mode: {f'{len(made.script)} acts of the script, then ' if made.script else ''}{mode}")
    print(
        f"ZHIRAN_MODEL_URL={address}\nZHIRAN_MODEL_NAME={STAND_IN}\nZHIRAN_MODEL_KEY=none\nZHIRAN_MODEL_VISION=yes\n"
        f"ZHIRAN_MODEL_TRANSCRIPTION={STAND_IN}\nCtrl-C stops it.",
        flush=True,
    )
    uvicorn.Server(uvicorn.Config(made.app, log_level="warning", lifespan="off")).run(sockets=[listening])
    return 0
