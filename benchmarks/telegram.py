"""What a full ask turn and a button turn of ours cost beside the smallest possible bots, on one machine, in one run.

`python -m benchmarks.telegram [--json] [--turns N] [--repeats N]`: each bot in a process of its own against the same
local double (loopback, one person waiting for each answer), in interleaved rounds; medians are printed, and ratios to
the bare aiogram bot, which is what counts: the absolute figures are the machine's. Processor time is read from the
scheduler (nanoseconds, all threads of the bot's process).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.telegram_bots import ACCOUNTS
from tests.helpers.telegram_double.server import TelegramServer
from tests.helpers.telegram_double.world import World

TOKEN = "42:a-token-of-thirty-five-characters-xx"
BOTS = ("aiogram", "ptb", "ours")
FLOORS = {"ask turn": 4.0, "button turn": 2.0, "start": 1.15}
AIMS = {"ask turn": 2.5, "button turn": 2.0, "start": 0.4}
MEMORY_FLOOR_MB = 285
WARM_UP = 20
QUESTIONS = (
    "新规 75 个字符，我 200 字符的标题怎么砍",
    "五点描述写不出卖点怎么办",
    "差评一直说掉色，怎么回复",
    "how do I cut my title to fit the new limit",
    "直播间开场三分钟怎么说",
    "广告 ACOS 太高，出价怎么调",
    "主图怎么拍，套图怎么排",
    "which search terms should I negate",
    "上架前怎么查侵权",
    "写封申诉信",
)


class WatchedWorld(World):
    """A world that wakes whoever waits for the bot's next call."""

    def __init__(self) -> None:
        super().__init__(TOKEN)
        self.called, self.polled = asyncio.Event(), asyncio.Event()

    def call(self, method: str, fields: dict[str, Any]) -> Any:
        try:
            return super().call(method, fields)
        finally:
            self.called.set()

    def updates(self, offset: int, limit: int, kinds: list[str] | None) -> list[dict[str, Any]]:
        self.polled.set()
        return super().updates(offset, limit, kinds)


@dataclass
class Bot:
    """One bot's process and the world it speaks with."""

    name: str
    world: WatchedWorld
    process: asyncio.subprocess.Process
    start_cpu_ms: float = 0.0
    start_rss_mb: float = 0.0
    cpu_us: dict[str, list[float]] = field(default_factory=dict)
    latency_ms: dict[str, list[float]] = field(default_factory=dict)
    cards: dict[int, int] = field(default_factory=dict)
    said: int = 0

    def cpu_ns(self) -> int:
        """Processor time of all threads so far."""
        spent = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(OSError):
                spent += int((task / "schedstat").read_text().split()[0])
        return spent

    def rss_mb(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20


async def measure(turns: int, repeats: int) -> dict[str, Any]:
    """The whole run."""
    _pin(0)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        await (await _spawn("prepare", "", folder)).wait()
        bots = {name: await _open(stack, name, folder) for name in BOTS}
        for kind in ("ask turn", "button turn"):
            for bot in bots.values():
                await _round(bot, kind, WARM_UP, keep=False)
        memory = bots["ours"].rss_mb()
        for repeat in range(repeats):
            for kind in ("ask turn", "button turn"):
                for name in (*BOTS[repeat % 3 :], *BOTS[: repeat % 3]):
                    await _round(bots[name], kind, turns, keep=True)
        shares = await _shares(stack, folder, turns)
    return _report(bots, memory, shares, await _plain_imports(), turns, repeats)


async def _round(bot: Bot, kind: str, turns: int, *, keep: bool) -> None:
    """So many turns, one after another; processor time a turn, and how long each person waited."""
    before, waited = bot.cpu_ns(), []
    for _ in range(turns):
        waited.append(await (_ask if kind == "ask turn" else _tap)(bot))
    await asyncio.sleep(0.05)  # the last turn's own end
    if keep:
        bot.cpu_us.setdefault(kind, []).append((bot.cpu_ns() - before) / turns / 1000)
        bot.latency_ms.setdefault(kind, []).extend(waited)


async def _ask(bot: Bot) -> float:
    account, question = _next(bot)
    began, calls = time.perf_counter(), len(bot.world.calls)
    bot.world.say(account, question)
    await _until(bot.world, lambda: any(c.method == "sendMessage" for c in bot.world.calls[calls:]))
    bot.cards[account] = bot.world.chats[account].by_bot[-1].message_id
    return (time.perf_counter() - began) * 1000


async def _tap(bot: Bot) -> float:
    """From the card to its other page or back; each tap changes what is shown."""
    account, _ = _next(bot)
    data = await _other_page(bot, account)
    began, calls = time.perf_counter(), len(bot.world.calls)
    bot.world.tap_data(account, bot.cards[account], data)
    wanted = {"answerCallbackQuery", "editMessageText"}
    await _until(bot.world, lambda: wanted <= {c.method for c in bot.world.calls[calls:]})
    return (time.perf_counter() - began) * 1000


async def _other_page(bot: Bot, account: int) -> str:
    if bot.name in ("aiogram", "ptb"):
        if account not in bot.cards:
            await _ask(bot)
        return "one"
    card = bot.world.chats[account].stood.get(bot.cards.get(account, 0))
    pages = [data for data in (card.buttons.values() if card else ()) if data.startswith(("/primer ", "/use "))]
    if pages:
        return pages[0]
    bot.said -= 1  # the same person asks for a card that has pages
    bot.world.say(account, f"/use {CARD}")
    calls = len(bot.world.calls)
    await _until(bot.world, lambda: any(c.method == "sendMessage" for c in bot.world.calls[calls:]))
    bot.cards[account] = bot.world.chats[account].by_bot[-1].message_id
    bot.said += 1
    return f"/primer {CARD}"


CARD = "amazon-listing-title"


def _next(bot: Bot) -> tuple[int, str]:
    """The next person and a question never asked before, so that nothing remembered helps."""
    bot.said += 1
    account = ACCOUNTS[bot.said % len(ACCOUNTS)]
    bot.world.join(account)
    return account, f"{QUESTIONS[bot.said % len(QUESTIONS)]}（{bot.said} 号店）"


async def _until(world: WatchedWorld, is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            world.called.clear()
            await world.called.wait()


async def _open(stack: AsyncExitStack, name: str, folder: Path) -> Bot:
    """Start a bot; what it cost until its first question for updates."""
    world = WatchedWorld()
    server = await stack.enter_async_context(TelegramServer(world))
    process = await _spawn(name, server.base, folder)
    stack.push_async_callback(_stop, process)
    bot = Bot(name, world, process)
    async with asyncio.timeout(60):
        await world.polled.wait()
    bot.start_cpu_ms, bot.start_rss_mb = bot.cpu_ns() / 1e6, bot.rss_mb()
    await asyncio.sleep(0.3)
    return bot


async def _spawn(name: str, api: str, folder: Path) -> asyncio.subprocess.Process:
    arguments = ["-m", "benchmarks.telegram_bots", name, "--api", api, "--token", TOKEN, "--folder", str(folder)]
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, preexec_fn=lambda: _pin(1)
    )


async def _stop(process: asyncio.subprocess.Process) -> bytes:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(10):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        out, _ = await process.communicate()
    return out


async def _shares(stack: AsyncExitStack, folder: Path, turns: int) -> dict[str, dict[str, float]]:
    """How our turns divide, from runs of their own: the watching costs a little itself."""
    shares = {}
    for kind in ("ask turn", "button turn"):
        own = folder / kind.split()[0]  # a database of its own: update ids begin anew here
        shutil.copytree(folder / "index", own / "index")
        await (await _spawn("prepare", "", own)).wait()
        bot = await _open(stack, "ours-parts", own)
        await _round(bot, kind, WARM_UP, keep=False)
        bot.process.send_signal(signal.SIGUSR1)
        await _round(bot, kind, turns, keep=False)
        shares[kind] = json.loads((await _stop(bot.process)).splitlines()[-1])
    return shares


async def _plain_imports() -> dict[str, dict[str, float]]:
    """`import aiogram` and `import telegram.ext` as they come, each in a fresh process, the middle of three."""
    costs = {}
    for module in ("aiogram", "telegram.ext"):
        said = (
            f"import {module}, time, psutil, json; "
            "print(json.dumps([time.process_time() * 1000, psutil.Process().memory_info().rss / 2**20]))"
        )
        tries = []
        for _ in range(3):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", said, stdout=asyncio.subprocess.PIPE, preexec_fn=lambda: _pin(1)
            )
            tries.append(json.loads((await process.communicate())[0]))
        cpu, rss = sorted(tries)[1]
        costs[module] = {"cpu_ms": cpu, "rss_mb": rss}
    return costs


def _report(
    bots: dict[str, Bot],
    memory: float,
    shares: dict[str, dict[str, float]],
    imports: dict[str, dict[str, float]],
    turns: int,
    repeats: int,
) -> dict[str, Any]:
    figures = {
        name: {
            kind: {
                "cpu_us": statistics.median(bot.cpu_us[kind]),
                "p50_ms": statistics.median(bot.latency_ms[kind]),
                "p99_ms": statistics.quantiles(bot.latency_ms[kind], n=100)[98],
            }
            for kind in bot.cpu_us
        }
        | {"start": {"cpu_ms": bot.start_cpu_ms, "rss_mb": bot.start_rss_mb}}
        for name, bot in bots.items()
    }
    ratios = {
        kind: figures["ours"][kind]["cpu_us"] / figures["aiogram"][kind]["cpu_us"] for kind in bots["ours"].cpu_us
    }
    ratios["start"] = figures["ours"]["start"]["cpu_ms"] / imports["aiogram"]["cpu_ms"]
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "turns": turns,
        "repeats": repeats,
        "bots": figures,
        "imports": imports,
        "ratios": ratios,
        "shares": shares,
        "memory_after_search_mb": memory,
        "floors_held": memory <= MEMORY_FLOOR_MB and all(ratios[what] <= floor for what, floor in FLOORS.items()),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def _pin(cpu: int) -> None:
    """The double on one processor, the bots on another, where there are two."""
    if hasattr(os, "sched_setaffinity") and {0, 1} <= os.sched_getaffinity(0) | {cpu}:
        with suppress(OSError):
            os.sched_setaffinity(0, {cpu})


def show(report: dict[str, Any]) -> str:
    """The report for people."""
    lines = [f"{report['machine']}; {report['repeats']} rounds of {report['turns']} turns, medians"]
    lines.append(f"{'':24}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}{'× bare':>8}")
    for kind in ("ask turn", "button turn"):
        bare = report["bots"]["aiogram"][kind]["cpu_us"]
        for name in BOTS:
            one = report["bots"][name][kind]
            label = f"{name}: {kind if name == 'ours' else 'echo' if kind == 'ask turn' else 'tap'}"
            times = one["cpu_us"] / bare
            lines.append(f"{label:24}{one['cpu_us']:9.0f}{one['p50_ms']:9.2f}{one['p99_ms']:9.2f}{times:8.2f}")
        parts = ", ".join(f"{part} {share:.0%}" for part, share in report["shares"][kind].items())
        lines.append(f"  our {kind} divides into: {parts}")
    for module, cost in report["imports"].items():
        lines.append(f"import {module}: {cost['cpu_ms']:.0f} ms of processor time, {cost['rss_mb']:.0f} MB")
    start = report["bots"]["ours"]["start"]
    lines.append(
        f"ours to its first poll: {start['cpu_ms']:.0f} ms ({report['ratios']['start']:.2f} × import aiogram), "
        f"{start['rss_mb']:.0f} MB; after searches {report['memory_after_search_mb']:.0f} MB"
    )
    held = "held" if report["floors_held"] else "NOT held"
    lines.append(f"floors {FLOORS} and {MEMORY_FLOOR_MB} MB: {held}; aims {AIMS}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    report = asyncio.run(measure(given.turns, given.repeats))
    print(json.dumps(report, ensure_ascii=False, indent=1) if given.json else show(report))
    sys.exit(0 if report["floors_held"] else 1)


if __name__ == "__main__":
    main()
