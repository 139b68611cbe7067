"""The double in a process of its own: `python -m tests.helpers.telegram_double --port N --token T`."""

from __future__ import annotations

import argparse
import asyncio
import signal

from tests.helpers.telegram_double.server import TelegramServer
from tests.helpers.telegram_double.world import World


async def serve(port: int, token: str) -> None:
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    async with TelegramServer(World(token), port) as server:
        print(server.base, flush=True)
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="42:TEST")
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.token))
