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


@dataclass(frozen=True)
class Found:
    """A finding, the fingerprint of the shelf it was found on, and what is known of an uncovered topic."""

    finding: Finding
    fingerprint: str
    topic: Topic | None
    lone: tuple[str, ...] | None = None  # a word that alone says too little, and the ids of what speaks of it


@dataclass
class Finders:
    """The search index only suggests ids: whoever uses a finding reads each hit again under the scope."""

    database: Database
    build: Callable[[Sequence[Standing]], Finder]
    _finders: OrderedDict[str, Finder] = field(default_factory=OrderedDict)
    _last: dict[tuple[str, bool], str] = field(default_factory=dict)  # the shelf's fingerprint when last searched

    def __post_init__(self) -> None:
        # One thread of its own: the default pool also serves others, and building must not be done twice at once.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="search")

    async def ask(
        self,
        scope: Scope,
        text: str,
        *,
        drafts: bool,
        fingerprint: str | None = None,
        exclude: frozenset[str] = frozenset(),
    ) -> Found:
        """Search the shelf as last known; whoever uses the finding compares its fingerprint and may ask again with the newer."""
        run = asyncio.get_running_loop().run_in_executor
        return await run(self._executor, self._ask, scope, text, drafts, fingerprint, exclude)

    def _ask(self, scope: Scope, text: str, drafts: bool, fingerprint: str | None, exclude: frozenset[str]) -> Found:
        known = fingerprint or self._last.get((scope.team_id, drafts))
        if known is None:
            known = self.database.read_now(lambda c: shelf.fingerprint(c, scope, drafts=drafts))
        finder = self._finder(scope, known, drafts)
        finding = finder.ask(text, exclude=exclude)
        topic = finder.topic(finding.uncovered) if finding.uncovered else None
        return Found(finding, known, topic, finder.lone(text, finding))

    def _finder(self, scope: Scope, fingerprint: str, drafts: bool) -> Finder:
        finder = self._finders.get(fingerprint)
        if finder is None:
            standings = self.database.read_now(lambda c: shelf.visible(c, scope, drafts=drafts))
            finder = self._finders[fingerprint] = self.build(standings)
            while len(self._finders) > KEPT:
                self._finders.popitem(last=False)
        self._finders.move_to_end(fingerprint)
        self._last[(scope.team_id, drafts)] = fingerprint
        return finder

    async def warm(self, scope: Scope, *, drafts: bool) -> None:
        """Build the index before the first question comes."""
        fingerprint = await self.database.read(lambda c: shelf.fingerprint(c, scope, drafts=drafts))
        await asyncio.get_running_loop().run_in_executor(self._executor, self._finder, scope, fingerprint, drafts)
