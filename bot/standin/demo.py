"""What the demo's stand-in says: the playbook's own example, plainly marked, and simple gradings by shared words."""

from __future__ import annotations

import asyncio
import re
import threading
from functools import lru_cache

from bot.standin.grading import request_in, verdicts
from bot.standin.server import Messages, StandIn, serving

MARK = "【替身模型 · 不是真的模型：下面是指令自带的示例】"
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
        return verdicts(asked, _shares)
    example = next((example for start, example in _examples() if start in text), "")
    return f"{MARK}\n\n{example}" if example else NOTHING


def demo_hearing(sound: bytes) -> str:
    return f"{HEARD_MARK}\n{SPOKEN}"


def _shares(criterion: str, quote: str) -> bool:
    """Whether two neighbouring characters or a word of the criterion stand in the quote; numbers must all stand there."""
    numbers = re.findall(r"[0-9a-f]{8}", criterion)
    if numbers:
        return all(number in quote for number in numbers)
    pieces = re.findall(r"[A-Za-z]{4,}", criterion) + [
        a + b for a, b in re.findall(r"(?=([\u4e00-\u9fff])([\u4e00-\u9fff]))", criterion)
    ]
    return sum(piece in quote for piece in set(pieces)) >= 2


@lru_cache(maxsize=1)
def _examples() -> list[tuple[str, str]]:
    """The beginning of each playbook's second clause, which no other has, and its expected example."""
    from knowledge.document import read_file
    from knowledge.library_files import written_files

    books = [read_file(path) for path in written_files()]
    return [(clause.prompt[:120], book.expected) for book in books for clause in book.clauses[:3]]


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
