"""A query code issued again: shown once, the old one is dead, and no place keeps it."""

import json

import pytest
from sqlalchemy import text

from portal.acts.table import REISSUE_CODE
from portal.errors import ForbiddenError
from tests.acts.desk import Desk
from tests.factories.clinic import Clinic, code_of, number_of
from tests.factories.contacts import add_contact
from tests.factories.directories import add_entry
from tests.factories.portals import post
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
GIVEN = {"identity_method": "callback", "reason": "机构丢了查询码"}


def track(browser, number, code):
    return post(browser, "/track", "/track", number=number, query_code=code)


def test_the_old_code_and_its_browser_are_out_at_once(portal):
    receipt = file_report(portal.runtime)
    clinic = portal.browser()
    assert track(clinic, receipt.number, receipt.query_code).status_code == 200
    assert clinic.get(f"/track/{receipt.number}").status_code == 200
    answer = portal.api("agnes").post(f"/api/v1/tickets/{receipt.number}/query-code", json={"version": 1, **GIVEN})
    code = answer.json()["query_code"]
    assert (answer.status_code, code != receipt.query_code) == (200, True)
    assert clinic.get(f"/track/{receipt.number}").status_code == 303
    assert track(portal.browser(), receipt.number, receipt.query_code).status_code == 404
    page = track(portal.browser(), receipt.number, code)
    assert page.status_code == 200 and "查询码已重新发放" in page.text


def test_the_code_is_kept_nowhere(portal):
    desk = Desk(portal.runtime)
    code = desk.act(REISSUE_CODE, "agnes", **GIVEN).answer["query_code"]
    with portal.runtime.database.read() as session:
        for table in ("tickets", "timeline_entries", "audit_events", "outbox_messages"):
            rows = json.dumps([list(map(str, row)) for row in session.execute(text(f"SELECT * FROM {table}"))])
            assert code not in rows and code.replace("-", "") not in rows
    row = desk.rows()[-1]
    assert (row.tag, row.reason, row.particulars) == (
        "ticket:query-code", "机构丢了查询码", {"identity_method": "callback"},
    )  # fmt: skip
    assert [line.text for line in desk.entries() if line.is_public][-1] == "原来的查询码不能再用"


def test_after_three_times_only_a_lead_issues_it(portal):
    desk = Desk(portal.runtime)
    codes = {desk.act(REISSUE_CODE, who, **GIVEN).answer["query_code"] for who in ("agnes", "alice", "bob")}
    assert len(codes) == 3
    with pytest.raises(ForbiddenError, match="再发放请找主管"):
        desk.act(REISSUE_CODE, "agnes", **GIVEN)
    assert desk.act(REISSUE_CODE, "leo", **GIVEN).answer["query_code"]


def test_the_page_shows_it_once_and_a_second_press_makes_no_other(portal):
    desk, agnes = Desk(portal.runtime), portal.signed_in("agnes")
    page = f"/tickets/{desk.number}"
    assert "重新发放查询码" in agnes.get(page).text
    first = post(agnes, page, f"{page}/query-code", version="1", **GIVEN)
    assert first.status_code == 200 and 'id="read-code"' in first.text
    assert "no-store" in first.headers["cache-control"]
    again = post(agnes, page, f"{page}/query-code", version="1", **GIVEN)
    assert again.status_code == 409
    assert 'id="read-code"' not in agnes.get(page).text


def test_identity_and_reason_are_asked_for(portal):
    number = file_report(portal.runtime).number
    body = {"version": 1, "identity_method": "", "reason": ""}
    refused = portal.api("agnes").post(f"/api/v1/tickets/{number}/query-code", json=body)
    assert [(fault["field"], fault["code"]) for fault in refused.json()["errors"]] == [
        ("identity_method", "required"), ("reason", "required"),
    ]  # fmt: skip


def test_a_receipt_that_is_still_open_does_not_show_the_dead_code(portal):
    at_clinic = Clinic(portal)
    page = at_clinic.file()
    number, code = number_of(page), code_of(page)
    Desk(portal.runtime, number).act(REISSUE_CODE, "agnes", **GIVEN)
    again = at_clinic.open(at_clinic.page("receipt"))
    assert again.status_code == 200 and number in again.text
    assert code not in again.text


def test_calling_back_is_offered_only_with_a_number_of_the_directory(portal):
    """Masked, beside the choice (DESK 3.2)."""
    entry = add_entry(portal.runtime)
    desk = Desk(portal.runtime)
    assert desk.ticket.institution_id == entry.id
    page = portal.signed_in("agnes").get(f"/tickets/{desk.number}").text
    assert "当面核实" in page and "回拨机构电话核对" not in page
    add_contact(portal.runtime, entry, may_be_called=True)
    page = portal.signed_in("agnes").get(f"/tickets/{desk.number}").text
    assert "回拨机构电话核对" in page and "名录里的电话：139****0017" in page
