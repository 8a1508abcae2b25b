"""作废: asked for, decided by a lead, told to the clinic only then, and reversible for a week."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.accounts.models import User
from portal.acts.closing import REOPEN_DAYS
from portal.acts.table import ASK_VOID, ASSIGN, CLAIM, DECIDE_VOID, REOPEN, REPLY
from portal.acts.voiding import open_request
from portal.errors import ConflictError, ForbiddenError, InvalidError
from portal.tickets.models import Ticket
from tests.acts.desk import Desk

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(portal):
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def ask(desk):
    desk.act(ASK_VOID, kind="nuisance", text="反复提交同一句话")


def public_texts(desk):
    return [line.text for line in desk.entries() if line.is_public]


def test_until_it_is_decided_the_ticket_is_as_it_was(desk):
    before = desk.ticket
    ask(desk)
    after = desk.ticket
    assert (after.state, after.version, after.turn) == (before.state, before.version, before.turn)
    assert "反复提交同一句话" not in "".join(public_texts(desk))
    assert desk.events()[-1] == "void-asked"
    desk.act(REPLY, text="正在核对")
    with pytest.raises(ConflictError, match="已经申请作废"):
        ask(desk)


def test_a_lead_agrees_and_the_clinic_reads_the_reason(desk):
    ask(desk)
    desk.act(DECIDE_VOID, "leo", approved=True, note="核对过")
    assert desk.ticket.state == "void"
    assert public_texts(desk)[-1] == "反复提交同一句话"
    assert "核对过" not in "".join(public_texts(desk))
    assert desk.events()[-1] == "voided"


def test_a_lead_refuses_and_it_is_worked_on(desk):
    ask(desk)
    desk.act(DECIDE_VOID, "leo", approved=False, note="是真问题")
    assert (desk.ticket.state, desk.entries()[-1].is_public) == ("in_progress", False)
    assert desk.events()[-1] == "void-decided"
    with pytest.raises(ConflictError, match="没有等待决定的作废申请") as refused:
        desk.act(DECIDE_VOID, "leo", approved=True)
    assert refused.value.code == "already_decided"


def test_neither_the_owner_nor_an_engineer_decides(desk):
    ask(desk)
    for who in ("alice", "bob", "agnes"):
        with pytest.raises(ForbiddenError):
            desk.act(DECIDE_VOID, who, approved=True)


def test_whoever_asked_does_not_decide_even_as_a_lead(desk):
    ask(desk)
    with desk.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "alice").values(role="lead"))
    with pytest.raises(InvalidError) as refused:
        desk.act(DECIDE_VOID, "alice", approved=True)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("approved", "same_person")]
    assert desk.ticket.state == "in_progress"


def test_it_can_be_taken_back_for_a_week_by_a_lead_or_an_engineer(desk):
    ask(desk)
    desk.act(DECIDE_VOID, "leo", approved=True)
    desk.act(REOPEN, "leo", text="看错了")
    assert (desk.ticket.state, desk.ticket.assignee_name, desk.ticket.round) == ("in_progress", "张工", 2)
    ask(desk)
    desk.act(DECIDE_VOID, "leo", approved=True)
    with desk.runtime.database.transaction() as session:
        session.get_one(Ticket, desk.ticket.id).closed_at -= REOPEN_DAYS + timedelta(minutes=1)
    with pytest.raises(ConflictError, match="已超过 7 天"):
        desk.act(REOPEN, "bob", text="看错了")


def test_the_next_owner_keeps_the_request(desk):
    ask(desk)
    desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="请李工处理")
    with desk.runtime.database.read() as session:
        assert open_request(session, desk.ticket).asked_by_name == "张工"


def test_the_calls_are_those_of_the_contract(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    path, version = f"/api/v1/tickets/{desk.number}", desk.ticket.version
    asked = portal.api("alice").post(f"{path}/void", json={"version": version, "text": "测试提交"})
    assert (asked.status_code, asked.json()["state"], asked.json()["version"]) == (202, "in_progress", version)
    assert asked.json()["void_request"] == {"kind": "other", "text": "测试提交", "asked_by": "张工"}
    decided = portal.api("leo").post(f"{path}/void/decision", json={"version": version, "approved": True, "note": ""})
    assert (decided.status_code, decided.json()["state"]) == (200, "void")


def test_the_page_offers_the_decision_to_a_lead_while_there_is_one(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    page, leo = f"/tickets/{desk.number}", portal.signed_in("leo")
    assert "决定作废申请" not in leo.get(page).text
    desk.act(ASK_VOID, kind="test", text="测试提交")
    assert "张工 申请作废（测试），等主管决定" in leo.get(page).text
    assert "决定作废申请" in leo.get(page).text
    assert "决定作废申请" not in portal.signed_in("alice").get(page).text
