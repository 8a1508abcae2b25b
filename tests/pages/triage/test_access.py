"""Who may do what on the engineers' pages: every route by every role, own queue, foreign queue and absent."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.audit import queries as trail_queries
from portal.audit.models import AuditEvent
from portal.audit.queries import TrailFilter
from portal.queues.trail_scope import WHOLE
from portal.screenshots.models import Screenshot
from tests.factories import people
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.factories.ticket_pages import done, ticket_of, token_of

WORK = (
    "assignment",
    "release",
    "information-request",
    "resolution",
    "closure",
    "merge",
    "void",
)
BESIDE_OWNERS = ("transfer", "urgency", "reopening", "replies")  # leads too
FIELDS = {
    "text": "好",
    "fields": "form_name",
    "into": "RC2020010001",
    "urgency": "urgent",
    "reason": "急",
    "field": "x",
}


def picture_id(portal: Portal, number: str) -> str:
    with portal.runtime.database.read() as session:
        return str(
            session.scalars(
                select(Screenshot.id).where(Screenshot.owner_id == ticket_of(portal, number).report_id)
            ).first()
        )


def post(browser: Any, token: str, number: str, resource: str) -> int:
    return browser.post(f"/tickets/{number}/{resource}", data={"csrf": token, "version": "1", **FIELDS}).status_code


@pytest.mark.parametrize("name", ["agnes", "leo"])
def test_agents_and_leads_see_masked_tickets_and_cannot_work_on_them(portal: Portal, name: str) -> None:
    number, browser = file_report(portal.runtime).number, portal.signed_in(name)
    token = token_of(browser)
    page = browser.get(f"/tickets/{number}")
    assert page.status_code == 200
    assert "查看（留记录）" not in page.text
    assert "打开（留记录）" not in page.text
    assert ">领取<" not in page.text
    for resource in (*WORK, "reveals", *(BESIDE_OWNERS if name == "agnes" else ())):
        assert post(browser, token, number, resource) == 403, resource
    picture = picture_id(portal, number)
    for path in (f"/tickets/{number}/screenshots/{picture}", f"/tickets/{number}/pictures/1"):
        assert browser.get(path).status_code == 403
    assert browser.head(f"/tickets/{number}/screenshots/{picture}").status_code == 403
    assert ticket_of(portal, number).version == 1
    assert post(browser, token, number, "notes") == 303


def test_a_lead_can_hand_on_and_set_urgency(portal: Portal) -> None:
    number, leo = file_report(portal.runtime).number, portal.signed_in("leo")
    assert "已指派" in done(leo, number, "transfer", assignee="bob", order="true", reason="请处理")
    assert "紧急程度已修改" in done(leo, number, "urgency", urgency="urgent", reason="月底上报")
    moved = done(leo, number, "transfer", queue="his", text="结算的问题")
    assert "已转到这个队列，编号已更换" in moved
    assert number in moved


def test_an_administrator_cannot_open_queues_or_tickets(portal: Portal) -> None:
    number, ada = file_report(portal.runtime).number, portal.signed_in("ada")
    token = token_of(ada)
    for path in ("/queues/general", "/queues/his", f"/tickets/{number}", f"/tickets/{number}/pictures/1"):
        assert ada.get(path).status_code == 403
    for resource in (*WORK, *BESIDE_OWNERS, "notes", "reveals"):
        assert post(ada, token, number, resource) == 403, resource
    assert ticket_of(portal, number).version == 1


def test_an_engineer_of_the_other_queue_cannot_tell_a_ticket_from_none(portal: Portal) -> None:
    number, hanna = file_report(portal.runtime).number, portal.signed_in("hanna")
    token, picture = token_of(hanna), picture_id(portal, number)
    absent = "RC2020019999"
    for path in ("", "/pictures/1", f"/screenshots/{picture}"):
        foreign, none = hanna.get(f"/tickets/{number}{path}"), hanna.get(f"/tickets/{absent}{path}")
        assert (foreign.status_code, none.status_code) == (404, 404)
        assert ("没有找到这个编号" in foreign.text) and ("没有找到这个编号" in none.text)
    for resource in (*WORK, *BESIDE_OWNERS, "notes"):
        assert post(hanna, token, number, resource) == 404, resource
        assert post(hanna, token, absent, resource) == 404, resource
    assert hanna.post(
        f"/tickets/{number}/reveals", data={"csrf": token, "field": "login_password", "reason": "排查登录"}
    ).status_code == 404  # fmt: skip
    assert ticket_of(portal, number).version == 1


def test_nobody_gets_anywhere_without_signing_in(portal: Portal) -> None:
    number, browser = file_report(portal.runtime).number, portal.browser()
    picture = picture_id(portal, number)
    for path in ("/queues/general", f"/tickets/{number}", f"/tickets/{number}/screenshots/{picture}"):
        answer = browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
    for resource in (*WORK, *BESIDE_OWNERS, "notes", "reveals"):
        assert browser.post(f"/tickets/{number}/{resource}", data={"version": "1"}).status_code == 303
    assert ticket_of(portal, number).version == 1


def test_nothing_is_done_without_the_token_of_this_session(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    foreign = token_of(portal.signed_in("bob"))
    for token in ("", "made-up", foreign):
        for resource in (*WORK, *BESIDE_OWNERS, "notes", "reveals"):
            assert post(alice, token, number, resource) == 403, resource
    assert ticket_of(portal, number).version == 1


def test_fields_that_no_form_has_change_nothing(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    before = ticket_of(portal, number)
    extra = {"state": "closed", "assignee": "bob", "is_open": "0", "institution": "别处", "urgency": "critical"}
    assert alice.post(
        f"/tickets/{number}/notes", data={"csrf": token_of(alice), "version": "1", "text": "备注", **extra}
    ).status_code == 303  # fmt: skip
    after = ticket_of(portal, number)
    assert (after.state, after.assignee_id, after.urgency, after.institution) == (
        before.state, before.assignee_id, before.urgency, before.institution,
    )  # fmt: skip


def test_each_showing_of_a_ticket_is_in_the_trail(portal: Portal) -> None:
    number, leo = file_report(portal.runtime).number, portal.signed_in("leo")
    for _ in range(3):
        assert leo.get(f"/tickets/{number}").status_code == 200
    with portal.runtime.database.read() as session:
        assert (
            trail_queries.count(session, TrailFilter(WHOLE, ticket_numbers=(number,), actor_name="leo"), "ticket:view")
            == 3
        )


def test_a_refused_right_is_on_the_tickets_own_page_of_the_trail(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    leo = portal.signed_in("leo")
    assert leo.get(f"/tickets/{number}/screenshots/{picture_id(portal, number)}").status_code == 403
    typed = people.id_number(seed=31)
    assert leo.get(f"/tickets/{typed}/pictures/1").status_code == 403
    with portal.runtime.database.read() as session:
        query = select(AuditEvent.ticket_number).where(AuditEvent.tag == "access:denied").order_by(AuditEvent.seq)
        assert list(session.scalars(query)) == [number, None]


def test_staff_come_back_to_their_queue_from_an_error_page(portal: Portal) -> None:
    alice = portal.signed_in("alice")
    page = alice.get("/tickets/RC2026010001")
    assert page.status_code == 404
    assert '<a class="button" href="/queues/general">回到队列</a>' in page.text
    assert 'class="tabs"' in page.text
    assert "回到队列" not in portal.browser().get("/nowhere").text
