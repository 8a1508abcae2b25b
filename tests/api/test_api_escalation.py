"""/track/escalation, /alerts and /duty-shifts."""

from datetime import timedelta

import pytest

from portal import clock
from tests.acts.desk import Desk
from tests.api.calls import V1, filed
from tests.factories.portals import csrf_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def at(**ahead):
    return (clock.now() + timedelta(**ahead)).isoformat()


def test_the_clinic_demands_a_lead_once_a_round(portal):
    opens = filed(portal)
    browser = portal.browser()
    assert "escalation" in browser.post(f"{V1}/track", json=opens).json()["can"]
    call = f"{V1}/track/escalation"
    empty = browser.post(call, json={**opens, "comment": ""})
    assert [(fault["field"], fault["code"]) for fault in empty.json()["errors"]] == [("comment", "required")]
    answer = browser.post(call, json={**opens, "comment": "等了三天没有进展"})
    assert (answer.status_code, answer.json()["timeline"][-1]["title"]) == (200, "要求主管处理")
    assert "escalation" not in answer.json()["can"]
    again = browser.post(call, json={**opens, "comment": "还是没有"})
    assert (again.status_code, again.json()["ticket"]["number"]) == (409, opens["number"])
    assert browser.post(call, json={**opens, "query_code": "AAAA-BBBB-CC", "comment": "不"}).status_code == 404


def test_the_tracking_page_offers_it_once(portal):
    opens = filed(portal)
    browser = portal.browser()
    page = browser.post("/track", data={"csrf": csrf_of(browser.get("/track").text), **opens})
    path = f"/track/{opens['number']}"
    refused = browser.post(f"{path}/escalation", data={"csrf": csrf_of(page.text), "demand": ""})
    assert (refused.status_code, "请写明为什么需要主管处理" in refused.text) == (422, True)
    sent = browser.post(f"{path}/escalation", data={"csrf": csrf_of(page.text), "demand": "等了三天"})
    assert sent.headers["location"] == f"{path}?done=demanded"
    shown = browser.get(sent.headers["location"]).text
    assert "已转给主管" in shown and "要求主管处理</summary>" not in shown
    assert browser.get(f"{path}/escalation").status_code == 303


def test_the_alerts_of_the_caller_and_their_acknowledgement(portal):
    desk = Desk(portal.runtime)
    urgent = {"version": desk.ticket.version, "urgency": "critical", "reason": "全院停摆"}
    portal.api("alice").post(f"{V1}/tickets/{desk.number}/urgency", json=urgent)
    leo, bob = portal.api("leo"), portal.api("bob")
    [alert] = leo.get(f"{V1}/alerts").json()["items"]
    assert (alert["cause"], alert["step"], alert["number"]) == ("critical", 1, desk.number)
    assert alert["next_at"] and not alert["acknowledged_at"]
    assert bob.get(f"{V1}/alerts").json() == {"items": [], "next_cursor": None}
    assert bob.post(f"{V1}/alerts/{alert['id']}/acknowledgement").status_code == 404
    done = leo.post(f"{V1}/alerts/{alert['id']}/acknowledgement")
    assert (done.status_code, done.json()["id"]) == (200, alert["id"])
    [after] = leo.get(f"{V1}/alerts").json()["items"]
    assert (after["acknowledged_at"], after["next_at"]) == (done.json()["acknowledged_at"], None)
    assert leo.post(f"{V1}/alerts/{alert['id']}/acknowledgement").json() == done.json()
    assert leo.get(f"{V1}/alerts?cursor=no").status_code == 422
    assert portal.api("ada").get(f"{V1}/alerts").status_code == 403


def test_the_rota_is_kept_by_leads_and_administrators(portal):
    leo, call = portal.api("leo"), f"{V1}/duty-shifts"
    assert [gap["queue"] for gap in leo.get(call).json()["gaps"]] == ["general", "his"]
    added = leo.post(call, json={"user": "bob", "queue": "general", "starts_at": at(hours=-1), "ends_at": at(days=8)})
    assert (added.status_code, added.json()["user"], added.json()["queue"]) == (201, "bob", "general")
    shown = portal.api("ada").get(call).json()
    assert [one["id"] for one in shown["items"]] == [added.json()["id"]]
    assert [gap["queue"] for gap in shown["gaps"]] == ["his"]
    assert portal.api("alice").get(call).status_code == 403


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"user": "nobody"}, [("user", "required")]),
        ({"user": "hanna"}, [("user", "invalid")]),
        ({"starts_at": "", "ends_at": ""}, [("starts_at", "required"), ("ends_at", "required")]),
        ({"ends_at": "2020-01-01T00:00"}, [("ends_at", "in_past")]),
        ({"starts_at": at(days=500), "ends_at": at(days=501)}, [("starts_at", "too_far")]),
        ({"ends_at": at(days=40)}, [("ends_at", "too_far")]),
        ({"starts_at": at(days=3)}, [("ends_at", "invalid")]),
    ],
)
def test_every_fault_of_a_shift_is_said_at_once(portal, changes, faults):
    good = {"user": "bob", "queue": "general", "starts_at": at(hours=1), "ends_at": at(days=1)}
    answer = portal.api("leo").post(f"{V1}/duty-shifts", json={**good, **changes})
    assert answer.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == faults
