"""Coming in from a Mini App, and speaking with a token."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import quote

import pytest

from curriculum import api_tokens, assignments, teams
from dashboard import mini_app
from foundation.errors import NotFound
from tests.helpers.clock import MORNING
from tests.helpers.stage import Stage

TOKEN = "123456:" + "A" * 35


def signed(token: str = TOKEN, at: int | None = None, user: object = None, **more: str) -> str:
    fields = {
        "auth_date": str(at if at is not None else int(MORNING.timestamp())),
        "user": json.dumps(user or {"id": 77}),
        **more,
    }
    lines = "\n".join(f"{key}={fields[key]}" for key in sorted(fields))
    secret = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    fields["hash"] = hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()
    return "&".join(f"{key}={quote(value)}" for key, value in fields.items())


def test_what_telegram_signed_just_now_is_believed() -> None:
    assert mini_app.telegram_user(signed(query_id="a=b&c"), TOKEN, MORNING)[0] == "77"
    assert mini_app.telegram_user(signed(), TOKEN, MORNING + timedelta(seconds=300))[0] == "77"


NOW = int(MORNING.timestamp())
BAD = {
    "old": signed(at=NOW - 301), "of 2001": signed(at=1_000_000_000), "ahead": signed(at=NOW + 31), "other bot": signed("9:" + "B" * 35),
    "no hash": signed().rpartition("&hash=")[0], "duplicate key": signed() + "&user=%7B%22id%22%3A1%7D", "changed": signed().replace("77", "78"),
    "empty": "", "no user": signed(user=[1]), "text id": signed(user={"id": "77"}), "true id": signed(user={"id": True}),
    "wide digits": signed().replace("auth_date=", "auth_date=%EF%BC%91"), "not ascii hash": signed().rpartition("=")[0] + "=哈希",
    "long": signed(x="y" * 5000),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(NotFound):
        mini_app.telegram_user(BAD[name], TOKEN, MORNING)


def test_without_a_token_nobody_comes_in() -> None:
    with pytest.raises(NotFound):
        mini_app.telegram_user(signed(""), "", MORNING)


async def test_the_same_data_lets_in_once(stage: Stage) -> None:
    _, digest = mini_app.telegram_user(signed(), TOKEN, MORNING)
    stage.write(lambda c: mini_app.use_once(c, digest, MORNING))
    with pytest.raises(NotFound):
        stage.write(lambda c: mini_app.use_once(c, digest, MORNING + timedelta(seconds=200)))


async def test_a_program_reads_and_gives_with_a_scoped_token(stage: Stage, visit, answers) -> None:
    answers("小林", right=3)
    lead = stage.scope("陈组长")
    reads = stage.write(lambda c: api_tokens.make(c, lead, "表格", ["read"], 30, stage.clock()))
    gives = stage.write(lambda c: api_tokens.make(c, lead, "排课", ["assign"], 30, stage.clock()))
    nobody = visit(None)

    async def get(path: str, token: str) -> int:
        return (await nobody.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})).status_code

    for path in ("/week", "/people", "/skills", "/answers?limit=2", "/tasks"):
        assert [await get(path, reads), await get(path, gives), await get(path, "zk_x")] == [200, 404, 404], path
    wish = {"kind": "rung", "target": "amazon-listing-title", "amount": 2, "to": "all", "due": "2026-12-01"}
    made = await nobody.post("/api/v1/tasks", json=wish, headers={"Authorization": f"Bearer {gives}"})
    assert (made.status_code, made.json()["people"]) == (201, 2)
    for wrong in ({"amount": "2"}, {"amount": 101}, {"due": "2026-02-30"}, {"due": "2020-01-01"}, {"extra": 1}):
        answer = await nobody.post("/api/v1/tasks", json=wish | wrong, headers={"Authorization": f"Bearer {gives}"})
        assert answer.status_code == 422, wrong
    described = (await nobody.get("/api/v1/openapi.json")).json()
    assert set(described["paths"]) == {"/week", "/people", "/skills", "/answers", "/tasks", "/tasks/{task_id}"}
    owner = stage.scope("演示内容负责人（仅供演示）")
    stage.write(lambda c: teams.set_roles(c, owner, owner.person_id, {"owner", "lead"}))
    stage.write(lambda c: teams.dismiss(c, owner, lead.person_id, stage.clock()))
    assert await get("/week", reads) == 404


async def test_tokens_are_made_and_revoked_on_the_page(stage: Stage, visit) -> None:
    lead = visit("陈组长")
    made = (await lead.post("/lead/tokens", data={"name": "表格", "scope": ["read"], "days": "30"})).text
    secret = made.partition('value="zk_')[2].partition('"')[0]
    header = {"Authorization": f"Bearer zk_{secret}"}
    assert (await lead.get("/api/v1/week", headers=header)).status_code == 200
    [known] = stage.read(lambda c: api_tokens.mine(c, stage.scope("陈组长"), stage.clock()))
    assert (await lead.post(f"/lead/tokens/{known.id}/revoke")).status_code == 303
    assert (await lead.get("/api/v1/week", headers=header)).status_code == 404


WISH = '{"kind": "quiz", "target": "amazon-listing-title", "amount": 3, "to": "all", "due": "2026-12-01", "note": %s}'


@pytest.mark.parametrize(
    "body",
    [
        b"1e999", b"null", b"[]", b'"x"', b"\xff\xfe", b"{", b"[" * 20_000, b'{"\\ud800": 1}', b'{"kind": NaN}',
        (WISH % '"\\ud800"').replace('"quiz"', '"\\ud800"').encode(), (WISH % ("9" * 5000)).encode(),
    ],
)  # fmt: skip
async def test_nonsense_is_refused_field_by_field_and_never_given_back(stage: Stage, visit, body: bytes) -> None:
    lead, nobody = stage.scope("陈组长"), visit(None)
    token = stage.write(lambda c: api_tokens.make(c, lead, "排课", ["assign"], 30, stage.clock()))
    header = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = await nobody.post("/api/v1/tasks", content=body, headers=header)
    assert answer.status_code in (400, 422), answer.text
    problems = answer.json()["detail"]
    assert isinstance(problems, str) or all({"loc", "msg", "type"} == set(one) for one in problems)


@pytest.mark.parametrize(
    "since",
    ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2026-11-30T00:00:00", "yesterday", "1e999", "%00"],
)
async def test_a_moment_that_is_none_names_its_field(stage: Stage, visit, since: str) -> None:
    lead, nobody = stage.scope("陈组长"), visit(None)
    token = stage.write(lambda c: api_tokens.make(c, lead, "表格", ["read"], 30, stage.clock()))
    header = {"Authorization": f"Bearer {token}"}
    answer = await nobody.get(f"/api/v1/answers?since={since}", headers=header)
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["query", "since"]


async def test_what_no_database_holds_and_nobody_sees_is_left_out(stage: Stage, visit) -> None:
    lead, nobody = stage.scope("陈组长"), visit(None)
    token = stage.write(lambda c: api_tokens.make(c, lead, "排课", ["assign"], 30, stage.clock()))
    header = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = await nobody.post("/api/v1/tasks", content=(WISH % '"先做\\ud800\\u0000这个"').encode(), headers=header)
    assert answer.status_code in (201, 422)
    answer = await nobody.post("/api/v1/tasks", content=(WISH % '"\\u0000"').encode(), headers=header)
    assert answer.status_code == 201
    assert stage.read(lambda c: {one.note for one in assignments.current(c, lead)}) <= {"", "先做这个"}


async def test_no_cohort_is_nobody_and_who_teaches_is_given_nothing_with_a_cohort(stage: Stage, visit) -> None:
    lead, nobody = stage.scope("陈组长"), visit(None)
    stage.write(lambda c: teams.set_cohort(c, lead, stage.scope("周老师").person_id, " 三月\x00班 "))
    stage.write(lambda c: teams.set_cohort(c, lead, stage.scope("小林").person_id, "三月班"))
    token = stage.write(lambda c: api_tokens.make(c, lead, "排课", ["assign"], 30, stage.clock()))
    header = {"Authorization": f"Bearer {token}"}
    wish = {"kind": "quiz", "target": "amazon-listing-title", "amount": 3, "due": "2026-12-01"}
    assert (await nobody.post("/api/v1/tasks", json=wish | {"to": "cohort:"}, headers=header)).status_code == 422
    given = await nobody.post("/api/v1/tasks", json=wish | {"to": "cohort:三月班"}, headers=header)
    assert (given.status_code, given.json()["people"]) == (201, 1)


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("GET", "/lead/rows?person=%00", {}),
        ("GET", "/lead/rows?skill=%00a", {}),
        ("GET", "/lead/calls?playbook=%00", {}),
        ("POST", "/lead/tokens", {"name": "a\x00b", "scope": "read", "days": "30"}),
        ("POST", "/lead/team/dismiss/%00", {}),
        ("POST", "/lead/team/invite", {"role": "trainee", "cohort": "\x00\x01"}),
        ("POST", "/lead/tasks", {"kind": "powercut", "to": "\x00", "due": "2026-12-01", "amount": "1", "note": "\x00"}),
        ("POST", "/desk/%00/say", {"words": "\x00"}),
    ],
)
async def test_a_nul_is_nowhere_a_crash(stage: Stage, visit, method: str, path: str, form: dict[str, str]) -> None:
    answer = await visit("陈组长").request(method, path, data=form or None)
    assert answer.status_code < 500
