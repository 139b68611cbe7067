"""Finding playbooks for the conversation: one finder a shelf, built at first use, searched off the event loop."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from foundation.database import Database
from foundation.scope import Scope
from knowledge import shelf

if TYPE_CHECKING:
    from knowledge.search.data import Topic
    from knowledge.search.finder import Finder, Finding
    from knowledge.shelf import Standing

KEPT = 8  # finders in memory: one for each shelf in use


@dataclass
class Finders:
    """The search index only suggests ids: whoever uses a finding reads each hit again under the scope."""

    database: Database
    build: Callable[[Sequence[Standing]], Finder]
    _finders: OrderedDict[str, Finder] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        # One thread of its own: the default pool also serves others, and building must not be done twice at once.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="search")

    async def ask(self, scope: Scope, text: str, *, fingerprint: str, drafts: bool, exclude: frozenset[str] = frozenset()) -> Finding:
        run = asyncio.get_running_loop().run_in_executor
        return await run(self._executor, self.ask_now, scope, text, fingerprint, drafts, exclude)

    def ask_now(self, scope: Scope, text: str, fingerprint: str, drafts: bool, exclude: frozenset[str]) -> Finding:
        return self._finder(scope, fingerprint, drafts).ask(text, exclude=exclude)

    def _finder(self, scope: Scope, fingerprint: str, drafts: bool) -> Finder:
        finder = self._finders.get(fingerprint)
        if finder is None:
            standings = self.database.read_now(lambda c: shelf.visible(c, scope, drafts=drafts))
            finder = self._finders[fingerprint] = self.build(standings)
            while len(self._finders) > KEPT:
                self._finders.popitem(last=False)
        self._finders.move_to_end(fingerprint)
        return finder

    def topic(self, fingerprint: str, topic_id: str | None) -> Topic | None:
        """What is known of a topic that no playbook covers: its kind and the polite way out."""
        finder = self._finders.get(fingerprint)
        return finder.topic(topic_id) if finder and topic_id else None

    async def warm(self, scope: Scope, *, drafts: bool) -> None:
        """Build the index before the first question comes."""
        fingerprint = await self.database.read(lambda c: shelf.fingerprint(c, scope, drafts=drafts))
        await asyncio.get_running_loop().run_in_executor(self._executor, self._finder, scope, fingerprint, drafts)
