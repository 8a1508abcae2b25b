"""The JSON twins: sealing a passage, and texts that are stopped until their writer agrees."""

from typing import Any

import pytest

from tests.api.calls import act, claimed, codes, filed
from tests.factories import people
from tests.factories.portals import Portal

NUMBER = people.id_number(seed=62)
MASKED = f"{NUMBER[:3]}{'*' * 11}{NUMBER[-4:]}"
NAMED = "村民李试样的随访表保存不了，李试样换了电脑也一样"


def test_a_passage_is_sealed_and_can_be_revealed_by_its_key(portal: Portal) -> None:
    number, alice = filed(portal, description=NAMED)["number"], portal.api("alice")
    version = claimed(alice, number)
    answer = act(alice, number, "sealings", field="description", passage="李试样", kind="name", version=version)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["sealed"] == {"key": "description.1", "places": 2}
    assert body["version"] == version + 1
    assert "李试样" not in answer.text
    assert [value["mask"] for value in body["found"]] == ["李**"]
    shown = act(alice, number, "reveals", field="description.1", reason="核对数据")
    assert shown.json()["value"] == "李试样"
    assert "李试样" not in alice.get(f"/api/v1/tickets/{number}").text


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"passage": "李"}, ("passage", "too_short")),
        ({"passage": "王不在此"}, ("passage", "not_found")),
        ({"passage": "**"}, ("passage", "masked_value")),
        ({"passage": "李\x00样"}, ("passage", "invalid")),
        ({"kind": "address"}, ("kind", "required")),
        ({"kind": 7}, ("kind", "invalid")),
        ({"field": "note"}, ("passage", "not_found")),
        ({"version": "1"}, ("version", "invalid")),
    ],
)
def test_what_cannot_be_sealed_is_told_by_field(portal: Portal, change: dict[str, Any], fault: tuple[str, str]) -> None:
    number, alice = filed(portal, description=NAMED)["number"], portal.api("alice")
    body = {"field": "", "passage": "李试样", "kind": "name", "version": 1, **change}
    assert codes(act(alice, number, "sealings", **body)) == [fault]


def test_a_stale_version_answers_with_the_ticket(portal: Portal) -> None:
    number, alice = filed(portal, description=NAMED)["number"], portal.api("alice")
    answer = act(alice, number, "sealings", passage="李试样", kind="name", version=9)
    assert answer.status_code == 409
    assert answer.json()["ticket"]["version"] == 1


def test_another_queue_looks_absent_and_an_admin_cannot_seal(portal: Portal) -> None:
    number = filed(portal, description=NAMED)["number"]
    body = {"passage": "李试样", "kind": "name", "version": 1}
    assert act(portal.api("hanna"), number, "sealings", **body).status_code == 404
    assert act(portal.api("ada"), number, "sealings", **body).status_code == 403
    assert act(portal.api("agnes"), number, "sealings", **body).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("replies", {"text": f"请核对 {NUMBER}"}, "text"),
        ("notes", {"text": f"请核对 {NUMBER}"}, "text"),
        ("information-request", {"fields": ["form_name"], "message": f"请核对 {NUMBER}"}, "message"),
        ("resolution", {"text": f"请核对 {NUMBER}"}, "text"),
        ("void", {"text": f"请核对 {NUMBER}"}, "text"),
        ("urgency", {"urgency": "urgent", "reason": f"请核对 {NUMBER}"}, "reason"),
        ("transfer", {"assignee": "bob", "text": f"请核对 {NUMBER}"}, "text"),
    ],
)
def test_a_text_is_stopped_until_its_writer_agrees(portal: Portal, name: str, body: dict[str, Any], field: str) -> None:
    number, alice = filed(portal)["number"], portal.api("alice")
    version = claimed(alice, number)
    stopped = act(alice, number, name, version=version, **body)
    assert codes(stopped) == [(field, "sensitive_text")]
    assert NUMBER not in stopped.text
    assert alice.get(f"/api/v1/tickets/{number}").json()["version"] == version
    sent = act(alice, number, name, version=version, seal_found=True, **body)
    assert sent.is_success, sent.text
    assert NUMBER not in sent.text
    assert any(f"请核对 {MASKED}" in entry["text"] for entry in sent.json()["timeline"])


@pytest.mark.parametrize("name", ["closure", "reopening"])
def test_closing_and_reopening_words_are_stopped_too(portal: Portal, name: str) -> None:
    number, alice = filed(portal)["number"], portal.api("alice")
    version = act(alice, number, "resolution", version=claimed(alice, number), text="已修复，请重试").json()["version"]
    way = {"way": "phone"} if name == "closure" else {}
    stopped = act(alice, number, name, version=version, text="密码：Fake#Api44", **way)
    assert codes(stopped) == [("text", "sensitive_text")]
    assert "像是有密码" in stopped.json()["errors"][0]["message"]
    sent = act(alice, number, name, version=version, text="密码：Fake#Api44", seal_found=True, **way)
    assert sent.status_code == 200 and "Fake#Api44" not in sent.text
