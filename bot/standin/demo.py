"""What the demo's stand-in says: the playbook's own example, plainly marked, and simple gradings by shared words."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from functools import lru_cache

from bot.standin.grading import request_in, shares_words, verdicts
from bot.standin.server import Messages, StandIn, serving

MARK = "【替身模型 · 不是真的模型：下面是指令自带的示例】"
WITHOUT_MARK = "【替身模型 · 不是真的模型：下面是指令作者写的「少了这一段会怎样」】"
TAKING_OVER = "只做一件事：从一段话里找出下面这些格子的值"
NOTHING = "【替身模型 · 不是真的模型】这一句我没有示例可给。"
PAUSE = 0.04
READ_MARK = "【替身模型 · 没有真的看照片：下面是编好的标签文字】"
HEARD_MARK = "【替身模型 · 没有真的听：下面是编好的一句话】"
LABEL = "品牌名：PAWNEST\n产品：慢食狗碗\n型号：SF-03\n材质：304 不锈钢\n容量：710 ml\n包装内含：狗碗 ×1，防滑垫 ×1"
SPOKEN = "站点是美国，品牌名是 PAWNEST，产品类型词是 Slow Feeder Dog Bowl。"


def demo_answer(messages: Messages) -> str:
    """The example of the playbook that the context holds; for a grading, what shared words suggest."""
    text = messages[0]["content"]
    if messages[0].get("pictures"):
        return f"{READ_MARK}\n{LABEL}"
    if TAKING_OVER in text:
        return "{}"  # what stands beside its name is found without a model; more a stand-in cannot
    if asked := request_in(text):
        return verdicts(asked, shares_words)
    return _recited(text)


def _recited(text: str) -> str:
    """The example of the playbook that stands in the text; with one of its clauses missing, what goes wrong without it."""
    known = max(_books(), key=lambda book: sum(start in text for start, _ in book.clauses))
    missing = [bad for start, bad in known.clauses if start not in text]
    if len(missing) == len(known.clauses):
        return NOTHING
    if len(missing) == 1 and missing[0]:
        return f"{WITHOUT_MARK}\n\n{missing[0]}"
    return f"{MARK}\n\n{known.expected}"


def demo_hearing(sound: bytes) -> str:
    return f"{HEARD_MARK}\n{SPOKEN}"


@dataclass(frozen=True)
class _Book:
    """A playbook as it can be recognised: how its clauses begin, each with the bad output of a prompt without it."""

    clauses: tuple[tuple[str, str], ...]
    expected: str


@lru_cache(maxsize=1)
def _books() -> list[_Book]:
    from knowledge.document import read_file
    from knowledge.library_files import written_files

    books = [read_file(path) for path in written_files()]
    return [_Book(tuple((one.prompt[:120], one.bad) for one in book.clauses), book.expected) for book in books]


def start_beside() -> str:
    """Serve the stand-in from a thread of this process, for as long as it lives; gives its base address."""
    ready = threading.Event()
    address: list[str] = []

    async def serve() -> None:
        async with serving(StandIn(demo_answer, demo_hearing, pause=PAUSE)) as url:
            address.append(url)
            ready.set()
            await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), name="stand-in", daemon=True).start()
    if not ready.wait(10):
        raise RuntimeError("the stand-in did not start")
    return address[0]
