"""`/call-backs` and `/campaigns` (DESK 4.3)."""

from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.follow_up.call_backs.models import CallBack
from portal.retention import holds
from tests.api.calls import V1, codes
from tests.factories.browsers import PlainBrowser
from tests.factories.call_backs import PHONE, call_back
from tests.factories.cast import actor
from tests.factories.directories import add_entry
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def act(client: PlainBrowser, row: CallBack, name: str, /, **body: Any) -> Any:
    return client.post(f"{V1}/call-backs/{row.id}/{name}", json={"version": row.version, **body})


def test_a_list_has_filters_and_pages(portal: Portal) -> None:
    rows = [call_back(portal.runtime) for _ in range(3)]
    leo, agnes, alice = portal.api("leo"), portal.api("agnes"), portal.api("alice")
    first = agnes.get(f"{V1}/call-backs?limit=2").json()
    second = agnes.get(f"{V1}/call-backs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    found = [item["id"] for item in (*first["items"], *second["items"])]
    assert sorted(found) == sorted(str(row.id) for row in rows)
    assert second["next_cursor"] is None
    assert first["items"][0]["cause"] == "unhappy"
    assert first["items"][0]["owner"] == "agnes"
    asked = {
        "state=open": 3,
        "state=done": 0,
        "cause=campaign": 0,
        "owner=me": 0,
        "owner=agnes": 3,
        "due_before=2020-01-01": 0,
    }
    assert {query: len(leo.get(f"{V1}/call-backs?{query}").json()["items"]) for query in asked} == asked
    assert alice.get(f"{V1}/call-backs").json()["items"] == []
    assert codes(leo.get(f"{V1}/call-backs?state=gone")) == [("state", "invalid")]
    assert codes(leo.get(f"{V1}/call-backs?cursor=x")) == [("cursor", "invalid")]
    assert portal.api("ada").get(f"{V1}/call-backs").status_code == 403
    assert portal.api("alice").get(f"{V1}/call-backs/{rows[0].id}").status_code == 404


def test_the_way_of_one(portal: Portal) -> None:
    row, agnes = call_back(portal.runtime), portal.api("agnes")
    shown = agnes.get(f"{V1}/call-backs/{row.id}").json()
    assert (shown["ticket"], shown["state"], shown["contact_phone"]) == (
        row.subject_number,
        "open",
        "199****" + PHONE[-4:],
    )
    assert shown["can"] == ["records", "reveals", "appointment", "assignment"]

    reveal = {"field": "contact_phone", "reason": "回访这家机构"}
    answer = agnes.post(f"{V1}/call-backs/{row.id}/reveals", json=reveal)
    assert (answer.status_code, answer.json()["value"]) == (200, PHONE)
    assert codes(agnes.post(f"{V1}/call-backs/{row.id}/reveals", json={"field": "contact_phone"})) == [
        ("reason", "required")
    ]

    assert codes(act(agnes, row, "records", reached=True)) == [("level", "required")]
    assert codes(act(agnes, row, "records")) == [("reached", "required")]
    done = act(agnes, row, "records", reached=True, level="satisfied", solved=True, suggestion="很好")
    assert (done.status_code, done.json()["state"], done.json()["records"][0]["suggestion"]) == (201, "done", "很好")

    again = act(agnes, row, "records", reached=True, level="satisfied")
    assert (again.status_code, again.json()["code"], again.json()["call_back"]["state"]) == (409, "state", "done")
    assert agnes.post(f"{V1}/call-backs/{row.id}/reveals", json=reveal).status_code == 403


def test_conflicts_carry_the_call_back(portal: Portal) -> None:
    row, agnes, leo = call_back(portal.runtime), portal.api("agnes"), portal.api("leo")
    stale = act(agnes, row, "records", version=0, reached=False)
    assert (stale.status_code, stale.json()["code"], stale.json()["call_back"]["id"]) == (409, "stale", str(row.id))
    holds.hold(portal.runtime, actor(portal.runtime, "leo"), row.subject_number, "等主管核对")
    held = act(agnes, row, "records", reached=False)
    assert (held.json()["code"], held.json()["objections"]) == (
        "objection", [{"code": "on_hold", "message": "暂缓（主管处理中）"}],
    )  # fmt: skip
    holds.release(portal.runtime, actor(portal.runtime, "leo"), row.subject_number)
    at = (row.due_at + timedelta(days=1)).isoformat()
    moved = act(agnes, row, "appointment", at=at)
    assert (moved.status_code, moved.json()["version"]) == (200, 2)
    assert codes(act(leo, row, "assignment", version=2, assignee="alice")) == [("assignee", "same_person")]
    passed = act(leo, row, "assignment", version=2, assignee="bob")
    assert (passed.status_code, passed.json()["owner"]) == (200, "bob")
    assert codes(act(leo, row, "withdrawal", version=3)) == [("text", "required")]
    over = act(leo, row, "withdrawal", version=3, text="机构来过了")
    assert (over.json()["state"], over.json()["end_cause"]) == ("withdrawn", "by_hand")


def test_a_campaign_from_selection_to_figures(portal: Portal) -> None:
    leo, agnes = portal.api("leo"), portal.api("agnes")
    add_entry(portal.runtime)
    today = clock.china_today().isoformat()
    body = {"title": "秋季回访", "size": 5, "starts_on": today, "ends_on": today, "callers": ["agnes"]}
    assert codes(leo.post(f"{V1}/campaigns", json={**body, "size": 0})) == [("size", "invalid")]
    assert codes(leo.post(f"{V1}/campaigns", json={**body, "ends_on": "x"})) == [("ends_on", "invalid")]
    made = leo.post(f"{V1}/campaigns", json=body)
    assert made.status_code == 201, made.text
    assert (made.json()["chosen"], made.json()["no_contact"], made.json()["coverage"]["percent"]) == (1, 1, None)
    assert leo.get(f"{V1}/campaigns").json()["items"][0]["id"] == made.json()["id"]
    assert leo.get(f"{V1}/campaigns/{made.json()['id']}").json()["state"] == "open"
    assert agnes.get(f"{V1}/campaigns").status_code == 403
