"""Who may do what: every command, button word, page and API route, for every role, in their own and in another team.

A command or route that is not in these tables fails the build: whoever adds one says here who may use it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from bot.commands.serve import application
from bot.message import Arrival, Reply, Turn
from bot.wiring import SPOKEN
from curriculum import api_tokens, assignments, desk, learning_log, people, teams
from curriculum.grading import Verdict
from dashboard.lead_pages import SHEETS
from dashboard.sheets import Sheets
from foundation.scope import Scope
from tests.helpers.stage import Stage

T, M, L, O = "小林", "周老师", "陈组长", "演示内容负责人（仅供演示）"  # noqa: E741
EVERYBODY = {T, M, L, O}
LEADS, TEACHERS, JUDGES, OWNERS = {L, O}, {M, L, O}, {M, L}, {O}

# --- commands ---------------------------------------------------------------------------------------------------------

STRANGERS_MAY = {"/start", "/language", "/link", "/forget"}
RESERVED = {
    "/newteam": LEADS, "/setup": LEADS, "/people": TEACHERS, "/person": TEACHERS, "/invite": LEADS, "/vet": OWNERS, "/assign": TEACHERS,
    "/assigned": TEACHERS, "/desk": JUDGES, "/drafts": OWNERS, "/ablation": OWNERS, "/ablate": OWNERS, "/report": LEADS, "/kit": LEADS,
}  # fmt: skip
# Everybody in a team; each works on the person's own things under their own scope.
OPEN = set(
    """/start /home /help /ask /not /use /primer /begin /with /confirm /empty /pick /skip /back /save /cancel /resume /edit /overview /elsewhere
    /done /prompt /about /why /because /tell /reasons /quiz /a /hint /show /check /tick /write /try /team /leave /tasks /dispute /me /name /language /zone /link
    /cards /saved /forget /unread""".split()  # noqa: SIM905
)
STAYING = {"fill", "quiz", "naming", "newteam", "grouping", "assign", "desk", "desk_card"}


@dataclass
class Ear:
    """A door that only listens."""

    name: str = "ear"
    heard: list[Reply] = field(default_factory=list)

    async def deliver(self, turn: Turn, reply: Reply, *, final: bool = True) -> None:
        self.heard.append(reply)


@pytest.fixture
def ear(stage: Stage) -> Ear:
    ear = Ear()
    stage.house.turns.doors["ear"] = ear
    for name in EVERYBODY:
        stage.bind("ear", name, stage.demo.people[name])
    return ear


async def _say(stage: Stage, ear: Ear, account: str, words: str) -> str:
    ear.heard.clear()
    stage.clock.tick()
    await stage.house.turns.handle(Arrival("ear", uuid4().hex, account, words, name="外人"))
    return "\n".join(reply.plain for reply in ear.heard)


def test_every_command_stands_in_the_matrix(stage: Stage) -> None:
    table = stage.house.turns.conversation.table
    known = {name: set(route.roles) for name, route in table.commands.items() if route.roles}
    roles = {T: "trainee", M: "mentor", L: "lead", O: "owner"}
    assert known == {name: {roles[one] for one in may} for name, may in RESERVED.items()}
    unlisted = set(table.commands) - set(RESERVED) - OPEN - OF_OTHER_ROOMS
    assert not unlisted, "say in tests/access/test_matrix.py who may use these"
    assert {name for name, route in table.commands.items() if route.strangers} == STRANGERS_MAY
    assert {words for words in SPOKEN.values() if words.split()[0] not in table.commands} == set()
    assert set(table.staying) - STAYING - STAYING_OF_OTHER_ROOMS == set()


# Rooms that colleagues are furnishing; their commands work on the person's own things.
OF_OTHER_ROOMS = set(
    """/now /run /choose /stop /works /work /polish /as_is /changed /outcome /sure /powercut /rung /progress /minutes /ruler
    /gap /live /look /mine /xray /paste /heard /measured /reminders /lesson /courses /export""".split()  # noqa: SIM905
)
STAYING_OF_OTHER_ROOMS = {"after", "checking", "polishing", "outcome", "practice", "powercut"}


@pytest.mark.parametrize("name", sorted(EVERYBODY))
async def test_a_reserved_command_does_not_exist_for_others(stage: Stage, ear: Ear, name: str) -> None:
    for command, may in RESERVED.items():
        answer = await _say(stage, ear, name, command)
        assert (f"没有「{command}」这个命令" in answer) == (name not in may), (command, name, answer)
        await _say(stage, ear, name, "/home")


async def test_a_stranger_is_told_only_how_to_come_in(stage: Stage, ear: Ear) -> None:
    for command in stage.house.turns.conversation.table.commands:
        if command not in STRANGERS_MAY:
            assert "邀请链接" in await _say(stage, ear, "nobody", command), command


async def test_buttons_of_others_do_nothing(stage: Stage, ear: Ear) -> None:
    """Words of a lead's buttons, typed by a trainee, by a mentor of another team, and by a lead who was demoted."""
    own, foreign = _objects(stage, stage.scope(L)), _foreign_lead(stage)
    stage.bind("ear", "foreign", foreign.person_id)
    words = [
        f"/person out {own['person_id']}",
        f"/person gone {own['person_id']}",
        f"/person + lead {own['person_id']}",
        f"/invite revoke {own['offer_id']}",
    ]
    words += [
        f"/assigned off {own['task_id']}",
        f"/desk ok {own['card_id']}",
        f"/desk mark 100 {own['card_id']}",
        f"/assign to {own['person_id']}",
    ]
    for one in words:
        assert "没有「" in await _say(stage, ear, T, one), one
        assert "找不到" in await _say(stage, ear, "foreign", one), one
    owner = stage.scope(O)
    stage.write(lambda c: teams.set_roles(c, owner, stage.demo.people[M], {"lead"}))
    stage.write(lambda c: teams.set_roles(c, owner, stage.demo.people[L], {"trainee"}))
    for one in words:
        assert "没有「" in await _say(stage, ear, L, one), one
    assert stage.read(lambda c: teams.member(c, owner, own["person_id"])).roles == {"trainee"}


# --- pages ------------------------------------------------------------------------------------------------------------

FORM: dict[str, dict[str, Any]] = {
    "/lead/team/invite": {"data": {"role": ["trainee"]}},
    "/lead/team/person/{person_id}": {"data": {"role": ["trainee"], "cohort": "一班"}},
    "/lead/team/roster": {"files": {"file": ("r.csv", b"x,trainee,\n")}},
    "/lead/tasks": {"data": {"what": "rung:amazon-listing-title", "amount": "2", "to": "all", "due": "2026-12-20"}},
    "/lead/tasks/{task_id}/move": {"data": {"due": "2026-12-21", "note": "不急"}},
    "/lead/tokens": {"data": {"name": "x", "scope": ["read"], "days": "5"}},
    "/lead/live/{step}": {"data": {"place": "0"}},
    "/desk/{card_id}/{deed}": {"data": {"score": "50", "words": "看过"}},
}
PAGES: dict[tuple[str, str], set[str]] = {
    ("GET", "/lead"): LEADS, ("GET", "/lead/chart/{name}.svg"): LEADS, ("GET", "/lead/export/{key}.{kind}"): LEADS, ("GET", "/lead/{key}"): LEADS,
    ("GET", "/lead/team"): LEADS, ("POST", "/lead/team/invite"): LEADS, ("POST", "/lead/team/revoke/{offer_id}"): LEADS,
    ("POST", "/lead/team/revoke"): LEADS,
    ("POST", "/lead/team/person/{person_id}"): LEADS, ("POST", "/lead/team/dismiss/{person_id}"): LEADS, ("POST", "/lead/team/roster"): LEADS,
    ("GET", "/lead/tasks"): TEACHERS, ("POST", "/lead/tasks"): TEACHERS, ("POST", "/lead/tasks/{task_id}/withdraw"): TEACHERS,
    ("POST", "/lead/tasks/{task_id}/move"): TEACHERS, ("GET", "/lead/kit"): LEADS, ("GET", "/lead/kit.md"): LEADS, ("GET", "/lead/out/{what}"): LEADS,
    ("GET", "/lead/tokens"): LEADS, ("POST", "/lead/tokens"): LEADS, ("POST", "/lead/tokens/{token_id}/revoke"): LEADS,
    ("GET", "/lead/live"): LEADS, ("POST", "/lead/live/{step}"): LEADS, ("GET", "/desk"): JUDGES, ("POST", "/desk/{card_id}/{deed}"): JUDGES,
}  # fmt: skip
# For anybody; who is signed in is decided inside, and what a stranger gets is written beside it.
PUBLIC = {
    ("GET", "/"): 200, ("GET", "/in/{token}"): 200, ("POST", "/in/{token}"): 410, ("GET", "/join/{token}"): 410, ("POST", "/join/{token}"): 410,
    ("POST", "/out"): 303, ("GET", "/chat"): 303, ("POST", "/chat/say"): 401, ("POST", "/chat/file"): 401, ("GET", "/chat/events"): 401, ("GET", "/health"): 200,
    ("GET", "/mini"): 200, ("POST", "/mini"): 404,
}  # fmt: skip
FIXED = {
    "name": "skills",
    "key": "skills",
    "kind": "csv",
    "what": "xapi.json",
    "deed": "ok",
    "step": "end",
    "token": "inv_x",
}
MOUNTS = {"/static", "/lead-static", "/api/v1"}
API = {
    ("GET", "/week"): "read",
    ("GET", "/people"): "read",
    ("GET", "/skills"): "read",
    ("GET", "/answers"): "read",
    ("GET", "/tasks"): "read",
    ("POST", "/tasks"): "assign",
    ("PATCH", "/tasks/{task_id}"): "assign",
}


def _objects(stage: Stage, scope: Scope) -> dict[str, str]:
    """One of everything that has an id, in the demo team; the token is this visitor's own."""
    now, lead = stage.clock(), stage.scope(L)

    def make(c: Any) -> dict[str, str]:
        person = people.add_person(c, "新人", "zh-CN", now)
        people.join_team(c, stage.demo.team_id, person, ["trainee"], now)
        people.invite(c, lead, ["trainee"], now)
        wish = assignments.Wish("rung", "amazon-listing-title", 3, person, now + timedelta(days=9))
        given, _ = assignments.give(c, lead, wish, now)
        newcomer = Scope(stage.demo.team_id, person, frozenset({"trainee"}))
        about, how = (
            learning_log.About("amazon-listing-title", "1.0.0", "q", "cloze", "sk-role"),
            learning_log.How("A", Verdict(0.0, False)),
        )
        learning_log.record_answer(c, newcomer, about, how, "web", uuid4().hex, now)
        desk.dispute(c, newcomer, "", now)
        cards, _ = desk.today(c, stage.scope(L), now, "Asia/Shanghai")
        found = {
            "person_id": person,
            "task_id": given,
            "offer_id": teams.offers(c, lead, now)[0].id,
            "card_id": next(x.id for x in cards if x.person_id == person),
        }
        if scope.may("lead", "owner"):
            api_tokens.make(c, scope, "t", ["read"], 5, now)
            found["token_id"] = api_tokens.mine(c, scope, now)[-1].id
        return found

    return stage.write(make)


def _foreign_lead(stage: Stage) -> Scope:
    person = stage.write(lambda c: people.add_person(c, "别队负责人", "zh-CN", stage.clock()))
    stage.write(lambda c: teams.found(c, person, "别队", stage.clock()))
    scope = stage.read(lambda c: people.meet(c, person)).scope
    assert scope
    return scope


@dataclass
class Visits:
    stage: Stage
    http: httpx.AsyncClient

    async def ask(self, person_id: str | None, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
        session = self.stage.write(lambda c: people.open_session(c, person_id, self.stage.clock())) if person_id else ""
        address = path.format(**FIXED | {"token_id": "none"} | ids)
        cookies = {"cookie": f"zhiran_session={session}"} if session else {}
        return await self.http.request(
            method, address, headers=cookies, **(FORM.get(path, {}) if method == "POST" else {})
        )


@pytest.fixture
async def visits(stage: Stage) -> AsyncIterator[Visits]:
    transport = httpx.ASGITransport(app=application(stage.house))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Visits(stage, http)


def _routes(routes: Any) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            continue
        if hasattr(route, "original_router"):  # how newer FastAPI keeps an included router
            yield from _routes(route.original_router.routes)
            continue
        assert isinstance(route, APIRoute | Route), route
        yield from ((method, route.path) for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}))


def test_every_route_stands_in_the_matrix(stage: Stage) -> None:
    app = application(stage.house)
    assert set(_routes(app.routes)) == set(PAGES) | set(PUBLIC), "say in tests/access/test_matrix.py who may see these"
    mounted = {route.path: route for route in app.routes if isinstance(route, Mount)}
    assert set(mounted) == MOUNTS
    assert set(_routes(mounted["/api/v1"].app.routes)) == {*API, ("GET", "/openapi.json")}  # type: ignore[attr-defined]


@pytest.mark.parametrize("route", sorted(PAGES), ids=" ".join)
async def test_a_page_is_there_for_those_who_may_and_404_for_all_others(
    stage: Stage, visits: Visits, route: tuple[str, str]
) -> None:
    method, path = route
    foreign, own = _foreign_lead(stage), _objects(stage, stage.scope(L))
    for name in (None, *sorted(EVERYBODY - PAGES[route])):
        answer = await visits.ask(stage.demo.people[name] if name else None, method, path, own)
        assert answer.status_code == 404, (name, answer.status_code)
    answer = await visits.ask(foreign.person_id, method, path, own)
    if any(f"{{{one}}}" in path for one in ("person_id", "offer_id", "task_id", "card_id", "token_id")):
        assert answer.status_code == 404
    else:
        assert "小林" not in answer.text and stage.demo.people[T] not in answer.text
    for name in sorted(PAGES[route]):
        answer = await visits.ask(stage.demo.people[name], method, path, _objects(stage, stage.scope(name)))
        assert answer.status_code in (200, 303), (name, answer.status_code, answer.text[:300])
    if "demoted":
        owner = stage.scope(O)
        stage.write(lambda c: teams.set_roles(c, owner, stage.demo.people[M], {"mentor", "lead"}))
        stage.write(lambda c: teams.set_roles(c, owner, stage.demo.people[L], {"trainee"}))
        assert (await visits.ask(stage.demo.people[L], method, path, own)).status_code == 404


async def test_every_sheet_and_what_its_numbers_open_is_for_leads_of_the_team(stage: Stage, visits: Visits) -> None:
    """One route shows them all, so each is asked for by name, and a new one is asked for too."""
    _objects(stage, stage.scope(L))
    foreign, person = _foreign_lead(stage), stage.demo.people[T]
    assert set(SHEETS) < set(Sheets().makers)
    for key in Sheets().makers:
        for path in (f"/lead/{key}?person={person}", f"/lead/export/{key}.csv?person={person}"):
            for name in (None, *sorted(EVERYBODY - LEADS)):
                answer = await visits.ask(stage.demo.people[name] if name else None, "GET", path, {})
                assert answer.status_code == 404, (name, path)
            answer = await visits.ask(foreign.person_id, "GET", path, {})
            assert answer.status_code == 200 and not any(one in answer.text for one in ("小林", "新人"))
            for name in LEADS:
                assert (await visits.ask(stage.demo.people[name], "GET", path, {})).status_code == 200


async def test_a_stranger_gets_what_is_written_beside_a_public_route(visits: Visits) -> None:
    for (method, path), status in PUBLIC.items():
        body: dict[str, Any] = {"json": {"words": "你好", "id": str(uuid4())}} if path == "/chat/say" else {}
        answer = await visits.http.request(method, path.format(**FIXED), **body)
        assert answer.status_code == status, path


@pytest.mark.parametrize("route", sorted(API), ids=" ".join)
async def test_the_api_answers_only_a_token_that_may(stage: Stage, visits: Visits, route: tuple[str, str]) -> None:
    method, path = route
    need, foreign = API[route], _foreign_lead(stage)
    wish = {
        "kind": "rung",
        "target": "amazon-listing-title",
        "amount": 2,
        "to": stage.demo.people[T],
        "due": "2026-12-20",
    }
    bodies = {"POST": {"json": wish}, "PATCH": {"json": {"due": "2026-12-21"}}}
    own = _objects(stage, stage.scope(L))

    async def ask(secret: str) -> httpx.Response:
        header = {"authorization": f"Bearer {secret}"} if secret else {}
        return await visits.http.request(
            method, f"/api/v1{path.format(**own)}", headers=header, **bodies.get(method, {})
        )

    def token(scope: Scope, right: str) -> str:
        return stage.write(lambda c: api_tokens.make(c, scope, "t", [right], 5, stage.clock()))

    lead, other = stage.scope(L), "assign" if need == "read" else "read"
    good = token(lead, need)
    for bad in ("", "zk_guess", token(lead, other)):
        assert (await ask(bad)).status_code == 404
    assert "小林" not in (elsewhere := await ask(token(foreign, need))).text and elsewhere.status_code in (200, 404)
    assert (await ask(good)).status_code in (200, 201)
    owner = stage.scope(O)
    stage.write(lambda c: teams.set_roles(c, owner, stage.demo.people[M], {"lead"}))
    stage.write(lambda c: teams.set_roles(c, owner, lead.person_id, {"trainee"}))
    assert (await ask(good)).status_code == 404
