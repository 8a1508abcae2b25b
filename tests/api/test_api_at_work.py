"""Presence and acts on many tickets over the API."""

import pytest

from portal.acts.table import CLAIM
from tests.acts.desk import Desk
from tests.factories.portals import Portal
from tests.factories.reports import file_report

CALL = "/api/v1/tickets"
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_who_is_there(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    alice, bob = portal.api("alice"), portal.api("bob")
    assert alice.post(f"{CALL}/{number}/presence", json={"mode": "writing"}).json() == {"others": []}
    answer = bob.post(f"{CALL}/{number}/presence", json={"mode": "viewing"})
    assert answer.json() == {"others": [{"name": "张工", "mode": "writing"}]}
    assert bob.post(f"{CALL}/{number}/presence", json={"mode": "asleep"}).status_code == 422
    assert portal.api("hanna").post(f"{CALL}/{number}/presence", json={"mode": "viewing"}).status_code == 404
    assert portal.api().post(f"{CALL}/{number}/presence", json={"mode": "viewing"}).status_code == 401


def test_many_are_claimed_with_a_line_each(portal: Portal) -> None:
    numbers = [file_report(portal.runtime).number for _ in range(3)]
    his = file_report(portal.runtime, kind="his").number
    Desk(portal.runtime, numbers[1]).act(CLAIM, "bob")
    items = [{"number": number, "version": 1} for number in (*numbers, his)]
    answer = portal.api("alice").post(f"{CALL}/bulk", json={"act": "assignment", "items": items})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [(line["number"], line["status"]) for line in results] == [
        (numbers[0], 200), (numbers[1], 409), (numbers[2], 200), (his, 404),
    ]  # fmt: skip
    assert results[0]["message"] == "已领取，现在由您处理" and "已被李工" in results[1]["message"]


def test_the_rules_of_one_hold_for_many(portal: Portal) -> None:
    numbers = [file_report(portal.runtime).number for _ in range(2)]
    items = [{"number": number, "version": 1} for number in numbers]
    leo, alice = portal.api("leo"), portal.api("alice")
    answer = leo.post(f"{CALL}/bulk", json={"act": "assignment", "items": items})
    assert {line["status"] for line in answer.json()["results"]} == {403}
    answer = alice.post(f"{CALL}/bulk", json={"act": "notes", "items": items, "text": "密码：Qz8812!x"})
    assert {line["status"] for line in answer.json()["results"]} == {422}
    answer = alice.post(f"{CALL}/bulk", json={"act": "urgency", "items": items, "urgency": "urgent", "reason": "停诊"})
    assert {line["status"] for line in answer.json()["results"]} <= {200, 403}
    stale = [{"number": number, "version": 77} for number in numbers]
    answer = alice.post(f"{CALL}/bulk", json={"act": "notes", "items": stale, "text": "机构来电催过"})
    assert {line["status"] for line in answer.json()["results"]} == {200}  # a note is never stale


@pytest.mark.parametrize(
    "body",
    [
        {"act": "void", "items": [{"number": "RC2026110001", "version": 1}]},
        {"act": "notes", "items": []},
        {"act": "notes", "items": [{"number": "RC2026110001", "version": 1}] * 51},
        {"act": "notes", "items": [{"number": "RC2026110001", "version": "1"}]},
    ],
)
def test_a_broken_body_is_refused_whole(portal: Portal, body: dict) -> None:
    assert portal.api("alice").post(f"{CALL}/bulk", json=body).status_code == 422
