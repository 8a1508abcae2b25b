"""`/scores` over the API: the agreed names, one's own sheet only, leads of the person's queues, every refusal."""

import pytest

from portal import clock
from portal.kpi.score import reading
from tests.api.calls import V1, codes
from tests.factories.moments import move_clock
from tests.factories.scores import month_of_work, sheet_of


@pytest.fixture
def month(portal):
    return month_of_work(portal.runtime)


def test_a_sheet_goes_its_way(portal, month):
    alice, leo, here = portal.api("alice"), portal.api("leo"), f"{V1}/scores/{month.name}"
    own = alice.get(f"{here}/me").json()
    assert [(one["name"], one["n"], one["points"]) for one in own["metrics"]] == [
        ("response", 12, 20), ("resolution", 11, 25), ("satisfaction", 6, 30), ("volume", 1, 7), ("knowledge", 0, 5),
    ]  # fmt: skip
    assert (own["user"], own["points"], own["out_of"], own["grade"], own["state"]) == (
        "alice",
        87,
        100,
        "良好",
        "draft",
    )
    assert own["metrics"][0]["value"] == own["metrics"][0]["median"] == 1_500 and own["coverage"] == {"staff": 1}

    publish = f"{here}/alice/publication"
    early = leo.post(publish, json={"version": own["version"]})
    assert (early.status_code, early.json()["code"], early.json()["score"]["user"]) == (409, "state", "alice")
    assert codes(alice.post(f"{here}/me/objection", json={"version": 1, "text": " "})) == [("text", "required")]
    secret = alice.post(f"{here}/me/objection", json={"version": 1, "text": "身份证 11010519491231002X 那条不是我的"})
    assert codes(secret) == [("text", "sensitive_text")]
    objected = alice.post(f"{here}/me/objection", json={"version": 1, "text": "第 11 次不是我处理的"}).json()
    assert (objected["state"], objected["version"]) == ("objected", 2)
    assert leo.post(publish, json={"version": 2}).json()["code"] == "state"  # not before the answer
    assert alice.post(f"{here}/me/objection", json={"version": 2, "text": "再说一次"}).json()["code"] == "state"
    stale = leo.post(f"{here}/alice/answer", json={"version": 1, "answer": "已核对"})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    answered = leo.post(f"{here}/alice/answer", json={"version": 2, "answer": "已核对，是您的", "remark": "已答复异议"})
    assert answered.json()["answer"] == "已核对，是您的"
    published = leo.post(publish, json={"version": 3}).json()
    assert (published["state"], published["remark"]) == ("published", "已答复异议")
    assert leo.post(publish, json={"version": 4}).status_code == 409
    gone = leo.post(f"{here}/alice/withdrawal", json={"version": 4, "text": "算错了月份"}).json()
    assert (gone["state"], gone["remark"]) == ("withdrawn", "算错了月份")


def test_too_few_cases_are_null(portal, month):
    rows = {row["user"]: row for row in portal.api("leo").get(f"{V1}/scores/{month.name}").json()["items"]}
    assert set(rows) == {"alice", "bob", "hanna"}
    response = rows["bob"]["metrics"][0]
    assert response == {"name": "response", "value": None, "n": 3, "median": None, "points": None}
    assert (rows["bob"]["out_of"], rows["bob"]["grade"]) == (20, "未评级")


def test_nobody_sees_a_colleague_s_sheet(portal, month):
    bob, here = portal.api("bob"), f"{V1}/scores/{month.name}"
    for answer in (
        bob.get(here), bob.post(f"{here}/alice/publication", json={"version": 1}),
        bob.post(f"{here}/alice/answer", json={"version": 1, "answer": "x"}),
        bob.post(f"{here}/alice/withdrawal", json={"version": 1, "text": "x"}),
        portal.api("agnes").get(here), portal.api("ada").get(here),
    ):  # fmt: skip
        assert answer.status_code == 403
    assert bob.get(f"{here}/me").json()["user"] == "bob"
    assert portal.api("agnes").get(f"{here}/me").status_code == 404
    assert portal.api("leo").get(f"{V1}/scores/2026-13").status_code == 404


def test_after_the_time_to_object_it_can_be_published(portal, month, monkeypatch):
    ends = sheet_of(portal.runtime, "bob", month).objection_ends_at
    assert clock.in_china(ends).hour == 0
    move_clock(monkeypatch, days=15)
    here = f"{V1}/scores/{month.name}"
    late = portal.api("bob").post(f"{here}/me/objection", json={"version": 1, "text": "太晚了"})
    assert late.json()["code"] == "state"
    leo = portal.api("leo")
    assert leo.post(f"{here}/bob/publication", json={"version": 1}).json()["state"] == "published"
    accepted = portal.api("hanna").post(f"{here}/me/acceptance", json={"version": 1})
    assert accepted.status_code == 200
    assert leo.post(f"{here}/hanna/publication", json={"version": 2}).json()["state"] == "published"


def corrected(portal, month, version, **more):
    leo = portal.api("leo")
    return leo.post(f"{V1}/scores/{month.name}/alice/correction", json={"version": version, **more})


def numbers_behind(portal, month):
    """The ticket of alice's rounds, and of bob's."""
    found = []
    for name in ("alice", "bob"):
        with portal.runtime.database.read() as session:
            rows, _ = reading.cases_of(session, sheet_of(portal.runtime, name, month), "response")
            found.append(rows[0].number)
    return found


def test_a_right_objection_leads_to_a_corrected_sheet_and_the_old_one_is_kept(portal, month):
    """Worked out again from the facts, never typed; a new draft for its person."""
    alice, bob, here = portal.api("alice"), portal.api("bob"), f"{V1}/scores/{month.name}"
    first, second = numbers_behind(portal, month)
    said = alice.post(f"{here}/me/objection", json={"version": 1, "text": "第 11 次不是我处理的"}).json()
    before = [(one["name"], one["n"], one["points"]) for one in said["metrics"]]
    bad = corrected(
        portal, month, 2, text=" ", present=40, left_out=[{"metric": "resolution", "number": "RC1"}],
        added=[{"metric": "volume", "number": "RC2"}],
    )  # fmt: skip
    assert codes(bad) == [("text", "required"), ("present", "invalid"), ("volume.added", "not_found")]
    assert codes(corrected(portal, month, 2, text="核对过")) == [("present", "unchanged")]
    wrong = {"metric": "resolution", "number": first, "round": 12}
    assert codes(corrected(portal, month, 2, text="是我", left_out=[wrong])) == [("resolution.left_out", "not_counted")]
    assert corrected(portal, month, 1, text="旧的").json()["code"] == "stale"
    assert sheet_of(portal.runtime, "alice", month).edition == 1

    done = corrected(
        portal, month, 2, text="第 11 次是别人替您点的", left_out=[{**wrong, "round": 11}],
        added=[{"metric": "response", "number": second}],
    )  # fmt: skip
    now = done.json()
    assert (now["edition"], now["state"], now["objection"]) == (2, "draft", "")
    figures = [(one["name"], one["n"], one["points"]) for one in now["metrics"]]
    assert figures[:2] == [("response", 15, 15), ("resolution", 10, 30)] and figures[2:] == before[2:]
    assert now["remark"] == "更正后的第 2 版"
    (kept,) = now["former"]
    assert (kept["edition"], kept["state"], kept["objection"], kept["points"]) == (
        1,
        "objected",
        "第 11 次不是我处理的",
        87,
    )
    assert (kept["reason"], kept["corrected_by"]) == ("第 11 次是别人替您点的", "孙主管")
    assert alice.get(f"{here}/me").json()["former"] == now["former"]
    assert bob.post(f"{here}/alice/correction", json={"version": 3, "text": "x"}).status_code == 403

    early = portal.api("leo").post(f"{here}/alice/publication", json={"version": 3})
    assert early.json()["code"] == "state"  # she looks at it first, and may object again
    assert alice.post(f"{here}/me/objection", json={"version": 3, "text": "还差一件"}).json()["state"] == "objected"
    again = corrected(portal, month, 4, text="按原来的", present=21)
    assert (again.json()["edition"], again.json()["points"], len(again.json()["former"])) == (3, 87, 2)
