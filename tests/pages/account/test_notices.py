"""通知: a count in the header of every page, the thing itself one press further."""

import re

from portal.acts.table import CLAIM
from portal.disclosure import break_glass
from portal.notification_settings import NotificationSettings
from portal.notify import outbox
from portal.notify.events import Event
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.portals import csrf_of, post
from tests.notify.people import give_mail


def count(page: str, name: str) -> int:
    """A count in the header; 0 if it is hidden."""
    found = re.search(rf'data-count="{re.escape(name)}"( hidden)?><span data-count-number>(\d+)<', page)
    assert found, name
    assert (found[1] is not None) == (found[2] == "0")
    return int(found[2])


def test_a_request_for_a_value_reaches_a_lead_on_every_page(portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    leo = portal.signed_in("leo")
    pages = (
        "/queues/general",
        f"/tickets/{desk.number}",
        "/review",
        "/insights",
        "/known-issues",
        "/institutions",
        "/account",
    )
    assert {count(leo.get(page).text, "approvals") for page in pages} == {0}
    bob = actor(portal.runtime, "bob")
    break_glass.ask(portal.runtime, bob, desk.number, "login_password", "负责人不在，机构在等")
    for page in pages[:1] + pages[2:]:
        shown = leo.get(page).text
        assert (count(shown, "approvals"), count(shown, "notices")) == (1, 1), page
        assert 'href="/review/approvals"' in shown
    assert count(portal.signed_in("alice").get("/account").text, "notices") == 0
    page = leo.get("/account/notices").text
    assert "有人申请应急查看，等您批准" in page and desk.number in page
    opened = post(leo, "/account/notices", "/account/notices", event="break-glass-asked", number=desk.number)
    assert opened.headers["location"] == "/review/approvals"
    shown = leo.get("/account").text
    assert (count(shown, "approvals"), count(shown, "notices")) == (1, 0)  # seen, and still to be decided


def test_the_answer_reaches_who_asked_and_ends_the_others_notices(portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    bob, leo = actor(portal.runtime, "bob"), actor(portal.runtime, "leo")
    request_id = break_glass.ask(portal.runtime, bob, desk.number, "login_password", "负责人不在，机构在等")
    break_glass.decide(portal.runtime, leo, request_id, True)
    lead = portal.signed_in("leo").get("/account").text
    assert (count(lead, "approvals"), count(lead, "notices")) == (0, 0)
    asker = portal.signed_in("bob")
    assert count(asker.get("/account").text, "notices") == 1
    opened = post(asker, "/account/notices", "/account/notices", event="break-glass-decided", number=desk.number)
    assert opened.headers["location"] == f"/tickets/{desk.number}/break-glass"


def test_opening_the_ticket_is_seeing_its_notices(portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    with portal.runtime.database.transaction() as session:
        outbox.add(session, Event.REPLY_OVERDUE, desk.number)
    alice = portal.signed_in("alice")
    assert count(alice.get("/account").text, "notices") == 1
    assert count(alice.get(f"/tickets/{desk.number}").text, "notices") == 0


def test_nobody_opens_a_notice_that_is_not_theirs(portal) -> None:
    desk = Desk(portal.runtime)
    hanna = portal.signed_in("hanna")
    for number in (desk.number, "https://example.org", "../admin"):
        answer = post(hanna, "/account/notices", "/account/notices", event="supplemented", number=number)
        assert answer.headers["location"] == "/account/notices"


def test_all_are_marked_as_seen_by_one_press(portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    with portal.runtime.database.transaction() as session:
        outbox.add(session, Event.SUPPLEMENTED, desk.number)
        outbox.add(session, Event.REOPENED, desk.number)
    alice = portal.signed_in("alice")
    page = alice.get("/account/notices").text
    assert count(page, "notices") == 2
    assert alice.post("/account/notices", data={"csrf": csrf_of(page)}).status_code == 303
    page = alice.get("/account/notices").text
    assert count(page, "notices") == 0 and "没有新通知" in page and "看过的" in page


def test_people_choose_what_comes_by_mail_and_when_not(portal) -> None:
    give_mail(portal, "alice")
    notifications = NotificationSettings(smtp_url="smtp://127.0.0.1:1", mail_from="portal@clinic.example")
    portal.change_settings(notifications=notifications)
    alice = portal.signed_in("alice")
    page = alice.get("/account/notices").text
    assert "alice@staff.example" in page and 'name="assigned" value="mail" checked' in page
    fields = {"supplemented": ["mail"], "quiet_begins": "22:00", "quiet_ends": "07:00"}
    answer = post(alice, "/account/notices", "/account/notices/choices", **fields)
    assert answer.headers["location"] == "/account/notices?done=saved#choices"
    page = alice.get("/account/notices").text
    assert 'name="supplemented" value="mail" checked' in page and 'name="assigned" value="mail" checked' not in page
    assert 'value="22:00"' in page and "必须" in page
    refused = post(alice, "/account/notices", "/account/notices/choices", quiet_begins="nachts", quiet_ends="")
    assert refused.status_code == 422


def test_without_mail_or_address_the_page_says_so(portal) -> None:
    assert "系统还没有设置邮件" in portal.signed_in("alice").get("/account/notices").text
    notifications = NotificationSettings(smtp_url="smtp://127.0.0.1:1", mail_from="portal@clinic.example")
    portal.change_settings(notifications=notifications)
    assert "还没有登记您的邮箱" in portal.signed_in("alice").get("/account/notices").text
