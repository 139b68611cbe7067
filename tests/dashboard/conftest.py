"""A signed-in visitor for the pages, and answers to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.commands.serve import application
from curriculum import learning_log, people
from curriculum.grading import Verdict
from tests.helpers.stage import Stage


@pytest.fixture
def stage(stage_on_both: Stage) -> Stage:
    """Every story here is told on both databases."""
    return stage_on_both


Visit = Callable[[str | None], httpx.AsyncClient]


@pytest.fixture
async def visit(stage: Stage) -> AsyncIterator[Visit]:
    """A browser, signed in as a demo person (or nobody)."""
    app = application(stage.house)
    clients = []

    def come(name: str | None) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")
        clients.append(client)
        if name:
            person_id = stage.demo.people.get(name, name)
            client.cookies["zhiran_session"] = stage.write(lambda c: people.open_session(c, person_id, stage.clock()))
        return client

    yield come
    for client in clients:
        await client.aclose()


@pytest.fixture
def answers(stage: Stage) -> Callable[..., None]:
    """Give some answers as a demo person."""

    def give(
        name: str,
        *,
        right: int = 0,
        wrong: int = 0,
        purpose: str = "quiz",
        skill: str = "sk-role",
        misconception: str = "",
    ) -> None:
        scope = stage.scope(name)
        for correct in [True] * right + [False] * wrong:
            stage.clock.tick()
            about = learning_log.About("amazon-listing-title", "1.0.0", f"q{stage.number()}", "cloze", skill, "role")
            how = learning_log.How(
                "A", Verdict(float(correct), correct), purpose=purpose, misconception="" if correct else misconception
            )
            stage.write(
                lambda c, a=about, h=how: learning_log.record_answer(
                    c, scope, a, h, "web", f"t{stage.number()}", stage.clock()
                )
            )  # type: ignore[misc]

    return give
