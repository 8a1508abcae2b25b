"""服务时限: the page and the call with which leads and administrators make the next version."""

import re

import pytest

from tests.api.calls import V1
from tests.factories.portals import csrf_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HERE = "/admin/time/policy"


def fields_of(page, **changed):
    amounts = re.findall(r'name="amount" value="(\d+)"', page)
    units = [re.search(r'value="(\w+)" selected', part).group(1) for part in page.split('name="unit"')[1:]]
    hours = re.findall(r'name="hours"[^>]*value="([^"]*)"', page) or ["08:30-12:00 14:00-17:30"] * 5
    kept = {
        "csrf": csrf_of(page), "version": re.search(r'name="version" value="(\d+)"', page).group(1),
        "amount": amounts, "unit": units, "hours": hours, "quiet_hours": "12:00-14:00 20:00-08:00",
        "claim_reason": "optional", "cross_province_reply": "hours", "note": "试一试",
    }  # fmt: skip
    return {**kept, **changed}


def test_a_lead_changes_a_length_and_the_former_version_stays(portal):
    browser = portal.signed_in("leo")
    page = browser.get(HERE).text
    amounts = re.findall(r'name="amount" value="(\d+)"', page)
    assert (len(amounts), "第 1 版，最初的设定（现在用的）" in page) == (28, True)
    sent = browser.post(HERE, data=fields_of(page, amount=["30", *amounts[1:]]))
    assert sent.headers["location"] == f"{HERE}?done=2"
    shown = browser.get(sent.headers["location"]).text
    assert "已保存为第 2 版" in shown
    second, first = portal.api("leo").get(f"{V1}/policies").json()["items"]
    assert [policy["terms"][0]["amount"] for policy in (first, second)] == [60, 30]


def test_natural_terms_are_read_and_written_in_hours(portal):
    browser = portal.signed_in("leo")
    fields = fields_of(browser.get(HERE).text)
    written = list(zip(fields["amount"], fields["unit"], strict=True))
    assert [written[0], *written[5:9]] == [
        ("60", "working_minutes"), ("24", "hours"), ("24", "hours"), ("48", "hours"), ("72", "hours")
    ]  # fmt: skip
    browser.post(HERE, data=fields)
    second, first = portal.api("leo").get(f"{V1}/policies").json()["items"]
    assert second["terms"] == first["terms"]


def test_what_is_wrong_is_said_and_what_was_typed_stays(portal):
    browser = portal.signed_in("ada")
    page = browser.get(HERE).text
    refused = browser.post(HERE, data=fields_of(page, note="", quiet_hours="nachts"))
    assert refused.status_code == 422
    assert "请写明为什么修改" in refused.text and 'value="nachts"' in refused.text
    wrong = browser.post(HERE, data=fields_of(page, amount=["x", *fields_of(page)["amount"][1:]])).text
    assert "响应（一线通）：请填写整数和单位" in wrong and 'value="x"' in wrong
    stale = browser.post(HERE, data=fields_of(page, version="0"))
    assert (stale.status_code, "现在是第 1 版" in stale.text) == (409, True)


def test_the_call_makes_the_next_version_and_names_what_it_cannot_read(portal):
    api = portal.api("leo")
    [first] = api.get(f"{V1}/policies").json()["items"]
    assert (first["version"], first["quiet_hours"]) == (1, ["12:00-14:00", "20:00-08:00"])
    body = {**first, "valid_from": "2027-01-01T00:00:00+08:00", "note": "明年"}
    made = api.post(f"{V1}/policies", json=body)
    assert (made.status_code, made.json()["version"], made.json()["terms"]) == (201, 2, first["terms"])
    assert api.post(f"{V1}/policies", json=body).status_code == 409
    broken = api.post(f"{V1}/policies", json={**body, "version": 2, "terms": []})
    assert [(fault["field"], fault["code"]) for fault in broken.json()["errors"]] == [("terms", "required")]
    assert portal.api("alice").get(f"{V1}/policies").status_code == 403
