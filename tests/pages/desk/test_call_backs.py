"""The pages of call-backs and campaigns."""

from datetime import timedelta

import pytest

from portal import clock
from portal.follow_up.call_backs.names import Cause
from tests.factories import people
from tests.factories.call_backs import PHONE, call_back, call_back_now, resolved_ticket
from tests.factories.directories import add_entry
from tests.factories.portals import Portal, post

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_an_agent_finds_reveals_and_records(portal: Portal) -> None:
    row, agnes = call_back(portal.runtime), portal.signed_in("agnes")
    here = f"/call-backs/{row.id}"
    assert row.number in agnes.get("/call-backs").text
    assert here in agnes.get("/desk/today").text
    assert agnes.get(f"/call-backs/numbers/{row.number}").headers["location"] == here
    page = agnes.get(here).text
    assert PHONE not in page
    assert "199****" in page
    said = page.partition("可以这样说")[2].partition("</section>")[0]
    assert "您好，我是一线通客服中心，工号" in said and "{" not in said

    shown = post(agnes, here, f"{here}/reveals", field="contact_phone", reason="按任务回访")
    assert PHONE in shown.text
    assert shown.headers["refresh"].endswith(here)
    assert PHONE not in post(agnes, here, f"{here}/reveals", field="id_number", reason="按任务回访").text

    refused = post(agnes, here, f"{here}/records", reached="yes", level="fair", aspect="等得太久")
    assert refused.status_code == 422
    assert "请写明希望怎样改进" in refused.text
    assert "等得太久" in refused.text
    kept = post(
        agnes, here, f"{here}/records", reached="yes", level="fair", aspect="等得太久", wish="快一点", solved="no"
    )
    assert kept.headers["location"] == f"{here}?done=records"
    over = agnes.get(kept.headers["location"]).text
    assert "回访已记录" in over
    again = post(agnes, here, f"{here}/reopening")
    assert again.headers["location"] == f"/tickets/{row.subject_number}"
    assert post(agnes, here, f"{here}/reopening").status_code in (403, 409)


def test_a_secret_is_asked_about_and_typed_words_survive(portal: Portal) -> None:
    row, agnes = call_back(portal.runtime), portal.signed_in("agnes")
    here, number = f"/call-backs/{row.id}", people.id_number(9)
    fields = {"reached": "yes", "level": "satisfied", "suggestion": f"改 {number}"}
    asked = post(agnes, here, f"{here}/records", **fields)
    assert asked.status_code == 422
    assert number in asked.text
    assert "隐藏后保存" in asked.text
    assert post(agnes, here, f"{here}/records", **fields, seal_found="1").status_code == 303
    assert number not in agnes.get(here).text


def test_what_a_lead_does(portal: Portal) -> None:
    row, leo, bob = call_back(portal.runtime), portal.signed_in("leo"), portal.signed_in("bob")
    here = f"/call-backs/{row.id}"
    assert row.number not in leo.get("/call-backs").text
    assert row.number in leo.get("/call-backs?owner=").text
    assert bob.get(here).status_code == 404
    assert post(leo, here, f"{here}/assignment", assignee="alice").status_code == 422
    assert post(leo, here, f"{here}/assignment", assignee="bob").status_code == 303
    assert bob.get(here).status_code == 200
    at = clock.in_china(row.due_at + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert post(bob, here, f"{here}/appointment", at="").status_code == 422
    assert post(bob, here, f"{here}/appointment", at=at).status_code == 303
    assert "已约" in bob.get(here).text
    assert post(leo, here, f"{here}/withdrawal", text="").status_code == 422
    assert post(leo, here, f"{here}/withdrawal", text="当面说过了").status_code == 303
    assert "当面说过了" in leo.get(here).text


def test_without_a_phone_it_says_so(portal: Portal) -> None:
    row = call_back(portal.runtime, cause=Cause.FIRST_CONTACT, institution_id=add_entry(portal.runtime).id)
    agnes, here = portal.signed_in("agnes"), f"/call-backs/{row.id}"
    assert "没有登记电话" in agnes.get(here).text
    assert post(agnes, here, f"{here}/records", reached="no_phone").status_code == 303
    assert call_back_now(portal.runtime, row.id).status == "no_contact"


def test_a_campaign_is_counted_made_and_reported(portal: Portal) -> None:
    add_entry(portal.runtime)
    leo, today = portal.signed_in("leo"), clock.china_today().isoformat()
    fields = {"title": "秋季回访", "size": "5", "starts_on": today, "ends_on": today, "callers": "agnes",
              "questions": ["系统够快吗", "", ""]}  # fmt: skip
    counted = post(leo, "/campaigns/new", "/campaigns", **fields, count="1")
    assert "符合条件的有 1 家" in counted.text
    refused = post(leo, "/campaigns/new", "/campaigns", **{**fields, "size": "x", "title": ""})
    assert refused.status_code == 422
    assert refused.text.count("field__error") >= 2
    made = post(leo, "/campaigns/new", "/campaigns", **fields)
    assert made.status_code == 303, made.text
    report = leo.get(made.headers["location"]).text
    assert "少于 5 家" in report
    assert "秋季回访" in leo.get("/campaigns").text
    assert portal.signed_in("agnes").get("/campaigns").status_code == 403


def test_the_resolver_sees_nothing_of_it(portal: Portal) -> None:
    row = call_back(portal.runtime, resolved_ticket(portal.runtime))
    alice = portal.signed_in("alice")
    assert row.number not in alice.get("/call-backs").text
    assert row.number not in alice.get("/desk/today").text
