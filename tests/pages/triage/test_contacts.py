"""The contact of 我也遇到: looked at by engineers of the queue only, with a reason, and recorded first."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.knowledge import followers
from portal.knowledge.models import Follower
from portal.retention import destruction
from tests.factories.cast import password_of
from tests.factories.known_issues import PHONE, add_issue, follow
from tests.factories.portals import Portal, post
from tests.pages.triage.test_confirmation import quieten


def address(portal: Portal) -> str:
    return f"/known-issues/contacts/{follow(portal.runtime, add_issue(portal.runtime)).number}"


def rows(portal: Portal) -> list[tuple[str, str, str]]:
    with portal.runtime.database.read() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.tag.like("field:%")).order_by(AuditEvent.seq))
        return [(row.tag, row.field, row.ticket_number) for row in found]


def look(browser, page: str, **fields: str):
    return post(browser, page, page, **({"field": "contact_phone", "reason": "核对数据"} | fields))


def test_an_engineer_sees_one_part_and_it_is_recorded(portal: Portal) -> None:
    page, alice = address(portal), portal.signed_in("alice")
    before = alice.get(page).text
    assert PHONE not in before and "139****0017" in before
    shown = look(alice, page)
    assert PHONE in shown.text and "样例甲" not in shown.text
    assert shown.headers["refresh"].startswith("60;")
    assert rows(portal) == [("field:reveal", "contact_phone", page.split("/")[-1])]


@pytest.mark.parametrize(("name", "status"), [("leo", 403), ("agnes", 403), ("ada", 403), ("hanna", 404)])
def test_nobody_else_can_look(portal: Portal, name: str, status: int) -> None:
    page, browser = address(portal), portal.signed_in(name)
    assert browser.get(page).status_code == status
    answer = post(browser, "/account", page, field="contact_phone", reason="核对数据")
    assert (answer.status_code, PHONE in answer.text) == (status, False)
    tried = ("field:reveal-refused", None, page.split("/")[-1])  # another queue's looks absent, but is recorded
    assert rows(portal) == ([tried] if status == 404 else [])


def test_without_a_reason_nothing_is_shown(portal: Portal) -> None:
    page, alice = address(portal), portal.signed_in("alice")
    for fields in ({"reason": ""}, {"reason": "其他"}):
        answer = look(alice, page, **fields)
        assert (answer.status_code, PHONE in answer.text) == (422, False)
    assert look(alice, page, field="login_password").status_code == 404
    assert rows(portal)[-1][:2] == ("field:reveal-refused", "unknown")


def test_a_quiet_browser_is_asked_for_its_password(portal: Portal) -> None:
    page, alice = address(portal), portal.signed_in("alice")
    quieten(portal, 6)
    asked = look(alice, page)
    assert (asked.status_code, PHONE in asked.text) == (401, False)
    assert 'name="confirmation"' in asked.text and rows(portal) == []
    quieten(portal, 6)
    wrong = look(alice, page, confirmation="invented-wrong-phrase")
    assert (wrong.status_code, PHONE in wrong.text) == (401, False)
    quieten(portal, 6)
    assert PHONE in look(alice, page, confirmation=password_of("alice")).text


def test_a_destroyed_contact_is_gone(portal: Portal) -> None:
    page, alice = address(portal), portal.signed_in("alice")
    alice.get(page)
    with portal.runtime.database.transaction() as session:
        destruction.destroy_purpose(session, session.scalars(select(Follower.id)).one(), followers.CONTACT)
    assert "联系方式已销毁" in alice.get(page).text
    answer = post(alice, "/account", page, field="contact_phone", reason="核对数据")
    assert (answer.status_code, PHONE in answer.text) == (410, False)
