"""What a channel let off can be supplied by every door while the ticket is worked; no clock moves (REQUIREMENTS A8)."""

import re

import pytest
from sqlalchemy import select

from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic
from portal.audit.models import AuditEvent
from portal.errors import ConflictError, InvalidError
from portal.notify.events import Event
from portal.notify.models import OutboxMessage
from portal.reports.filing import NewPicture
from portal.screenshots.inspection import InspectionLimits, inspect
from portal.supplements import receiving, wanted
from portal.tickets.models import Ticket
from portal.tickets.states import OPEN_STATES, TicketState
from portal.vault.models import SealedValue
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import ticket_named
from tests.factories.people import id_number
from tests.factories.pictures import whole_screen
from tests.factories.portals import csrf_of, post
from tests.factories.reports import file_report

SECRETS = {
    "general": ("id_number", "login_account", "login_password"),
    "his": ("patient_id_number", "inpatient_number", "login_account", "login_password"),
}
ANSWERS = {
    "id_number": id_number(seed=5), "patient_id_number": id_number(seed=5), "inpatient_number": "ZY20260077",
    "login_account": "qqtest05", "login_password": "Invented#Pass99",
}  # fmt: skip
CLOCK = ("state", "version", "turn", "turn_since", "reply_due_at", "paused_at", "first_replied_at", "reply_outcome")


def filed(portal, kind="general", channel="qq"):
    return file_report(portal.runtime, kind, channel=channel, **dict.fromkeys(SECRETS[kind]))


def let_off(portal, number):
    with portal.runtime.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        return [spec.name for spec in wanted.of(session, ticket).let_off]


def supply(portal, number, *names):
    ticket = ticket_named(portal.runtime, number)
    return receiving.supplement(portal.runtime, clinic(), ticket.id, {name: [ANSWERS[name]] for name in names}, [])


def clock_of(portal, number):
    ticket = ticket_named(portal.runtime, number)
    return {name: getattr(ticket, name) for name in CLOCK}


def in_state(portal, number, state):
    with portal.runtime.database.transaction() as session:
        session.scalars(select(Ticket).where(Ticket.number == number)).one().state = state.value


@pytest.mark.parametrize("channel", ["qq", "email"])
@pytest.mark.parametrize("kind", ["general", "his"])
def test_every_field_that_an_open_channel_let_off_can_be_supplied_and_nothing_runs_differently(portal, kind, channel):
    number = filed(portal, kind, channel).number
    before = clock_of(portal, number)
    assert let_off(portal, number) == list(SECRETS[kind])
    for n, name in enumerate(SECRETS[kind], 1):
        supply(portal, number, name)
        assert let_off(portal, number) == list(SECRETS[kind][n:])
    assert clock_of(portal, number) == before
    with portal.runtime.database.read() as session:
        sealed = session.scalars(select(SealedValue.field)).all()
        events = session.scalars(select(OutboxMessage.event).where(OutboxMessage.ticket_number == number)).all()
        tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.ticket_number == number)).all()
    assert set(SECRETS[kind]) <= set(sealed)
    assert events.count(Event.SUPPLEMENTED) == tags.count("report:supplement") == len(SECRETS[kind])


@pytest.mark.parametrize("channel", ["yxt", "phone", "visit"])
def test_other_channels_let_nothing_off(portal, channel):
    assert let_off(portal, file_report(portal.runtime, channel=channel).number) == []


@pytest.mark.parametrize("state", TicketState)
def test_it_is_offered_exactly_while_the_ticket_is_worked(portal, state):
    number = filed(portal).number
    in_state(portal, number, state)
    if state in OPEN_STATES:
        supply(portal, number, "login_account")
        assert ticket_named(portal.runtime, number).state == state
        return
    with pytest.raises(ConflictError):
        supply(portal, number, "login_account")


def test_a_destroyed_value_can_be_supplied_again_and_a_destroyed_report_takes_nothing(portal):
    number = filed(portal).number
    ticket = supply(portal, number, "login_account")
    with portal.runtime.database.transaction() as session:
        value = session.scalars(select(SealedValue).where(SealedValue.field == "login_account")).one()
        value.destroyed_at = ticket.submitted_at
    assert "login_account" in let_off(portal, number)
    with portal.runtime.database.transaction() as session:
        session.scalars(select(Ticket)).one().destroyed_at = ticket.submitted_at
    assert let_off(portal, number) == []


def test_a_post_without_any_value_is_told_so_once(portal):
    number = filed(portal).number
    with pytest.raises(InvalidError) as refused:
        supply(portal, number)
    assert [fault.message for fault in refused.value.faults] == ["请至少填写一项，再提交"]


def test_what_is_asked_for_is_no_longer_let_off_and_answering_it_ends_the_waiting(portal):
    number = filed(portal).number
    with portal.runtime.database.transaction() as session:
        alice = actor(portal.runtime, "alice")
        perform(session, portal.runtime, alice, CLAIM, number, 1)
        perform(session, portal.runtime, alice, ASK, number, 2, fields=["login_account"], message="")
    assert let_off(portal, number) == ["id_number", "login_password"]
    supply(portal, number, "login_password")
    assert ticket_named(portal.runtime, number).state == "awaiting_information"
    supply(portal, number, "login_account", "id_number")
    assert ticket_named(portal.runtime, number).state == "in_progress"
    assert let_off(portal, number) == []


def test_a_picture_that_the_phone_let_off_can_come_after_another_question(portal):
    number = file_report(portal.runtime, channel="phone", has_picture=False).number
    with portal.runtime.database.transaction() as session:
        alice = actor(portal.runtime, "alice")
        perform(session, portal.runtime, alice, CLAIM, number, 1)
        perform(session, portal.runtime, alice, ASK, number, 2, fields=["form_name"], message="")
    assert let_off(portal, number) == ["screenshots"]
    inspection = inspect(whole_screen(seed=2), hint=None, limits=InspectionLimits())
    pictures = [NewPicture("screenshots", inspection, True)]
    receiving.supplement(portal.runtime, clinic(), ticket_named(portal.runtime, number).id, {}, pictures)
    assert let_off(portal, number) == []


def test_the_tracking_page_and_the_api_take_it(portal):
    receipt, browser = filed(portal), portal.browser()
    opens = {"number": receipt.number, "query_code": receipt.query_code}
    page = post(browser, "/track", "/track", **opens).text
    assert "还可以补充 3 项" in page and "请补充 3 项" not in page
    assert page.count("（选填）") >= 3
    done = post(browser, "/track", f"/track/{receipt.number}/supplement", login_account="qqtest05")
    assert done.status_code == 303
    assert "还可以补充 2 项" in browser.get(done.headers["location"]).text
    answer = portal.browser().post("/api/v1/track", json=opens).json()
    assert [item["field"] for item in answer["let_off"]] == ["id_number", "login_password"]
    sent = {**opens, "id_number": ANSWERS["id_number"], "login_password": ANSWERS["login_password"]}
    files = [("unknown", ("x.txt", b"x", "text/plain"))]
    answer = portal.browser().post("/api/v1/track/supplement", data=sent, files=files)
    assert (answer.status_code, answer.json()["let_off"], answer.json()["state"]) == (200, [], "submitted")


def test_a_wrong_value_is_told_beside_its_field(portal):
    receipt, browser = filed(portal), portal.browser()
    post(browser, "/track", "/track", number=receipt.number, query_code=receipt.query_code)
    page = post(browser, "/track", f"/track/{receipt.number}/supplement", id_number="37252", login_account="qqtest05")
    assert page.status_code == 422
    assert 'id="field-id_number-error"' in page.text
    assert let_off(portal, receipt.number) == ["id_number", "login_password"]


def test_the_desk_makes_a_link_at_once_and_it_ends_with_the_last_field(portal):
    number = filed(portal).number
    before = clock_of(portal, number)
    agnes = portal.signed_in("agnes")
    assert "这个渠道可不附，机构还没有提供：身份证号（举例子）、账号、密码" in agnes.get(f"/tickets/{number}").text
    page = post(agnes, f"/tickets/{number}", f"/tickets/{number}/supplement-link")
    assert page.status_code == 200
    path = re.search(r"http://portal\.test(/supplement/[\w-]+)", page.text)[1]
    assert path in re.search(r'id="qq-text"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)[1]
    assert clock_of(portal, number) == before
    browser = portal.browser()
    opened = browser.get(path)
    assert "提报时没有提供的" in opened.text and opened.text.count("（选填）") == 3
    token = csrf_of(opened.text)
    part = browser.post(path, data={"csrf": token, "login_account": "qqtest05"})
    assert part.headers["location"] == f"{path}?done=part"
    rest = {"id_number": ANSWERS["id_number"], "login_password": ANSWERS["login_password"]}
    assert browser.post(path, data={"csrf": token, **rest}).headers["location"] == "/supplement/done"
    assert browser.get(path).status_code == 404
    assert clock_of(portal, number) == before


def test_a_link_made_at_once_also_takes_what_is_asked_for_later(portal):
    number = filed(portal).number
    page = post(portal.signed_in("agnes"), f"/tickets/{number}", f"/tickets/{number}/supplement-link")
    path = re.search(r"http://portal\.test(/supplement/[\w-]+)", page.text)[1]
    with portal.runtime.database.transaction() as session:
        alice = actor(portal.runtime, "alice")
        perform(session, portal.runtime, alice, CLAIM, number, 1)
        perform(session, portal.runtime, alice, ASK, number, 2, fields=["form_name"], message="")
    fields = re.findall(r'name="(form_name|id_number|login_account|login_password)"', portal.browser().get(path).text)
    assert fields == ["form_name", "id_number", "login_account", "login_password"]
