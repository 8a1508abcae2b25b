"""Who is disabled, has lost the queue or works on tickets no more counts as nobody."""

import pytest
from sqlalchemy import select

from portal.accounts.models import User
from portal.acts.table import ASK, ASSIGN, CLAIM, NOTE, REOPEN, RESOLVE
from portal.audit.actor import clinic
from portal.supplements import receiving
from portal.tracking import confirmation
from tests.acts.desk import Desk

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

GONE = {
    "disabled": ({"is_active": False}, "已停用"),
    "without the queue": ({"queues": ["his"]}, "已不在这个队列"),
    "of another role": ({"role": "lead"}, "已不再处理工单"),
}


@pytest.fixture
def desk(portal):
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def leave(desk, name="alice", **changes):
    with desk.runtime.database.transaction() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
        for column, value in changes.items():
            setattr(user, column, value)


def last_reason(desk):
    return next(line.text for line in reversed(desk.entries()) if line.action == "taken_back")


@pytest.mark.parametrize("how", GONE)
def test_what_comes_back_goes_to_the_queue_with_a_line(desk, how):
    desk.act(RESOLVE, text="已恢复")
    leave(desk, **GONE[how][0])
    confirmation.confirm(desk.runtime, clinic(), desk.ticket.id, is_solved=False, comment="还是不行")
    ticket = desk.ticket
    assert (ticket.state, ticket.assignee_id, ticket.assignee_name, ticket.turn) == ("submitted", None, None, "us")
    assert last_reason(desk) == f"负责人张工{GONE[how][1]}，这条问题不再有负责人"


def test_what_a_clinic_supplies_goes_to_the_queue_too(desk):
    desk.act(ASK, fields=["form_name"])
    leave(desk, is_active=False)
    receiving.supplement(desk.runtime, clinic(), desk.ticket.id, {"form_name": ["随访表"]}, [])
    assert (desk.ticket.state, desk.ticket.assignee_id) == ("submitted", None)


def test_a_colleague_claims_it_and_the_page_offers_that(portal, desk):
    leave(desk, is_active=False)
    assert ">领取</button>" in portal.signed_in("bob").get(f"/tickets/{desk.number}").text
    desk.act(CLAIM, "bob")
    assert (desk.ticket.state, desk.ticket.assignee_name) == ("in_progress", "李工")
    assert last_reason(desk)


def test_a_colleague_reopens_or_is_given_it(desk):
    desk.act(RESOLVE, text="已恢复")
    leave(desk, is_active=False)
    desk.act(REOPEN, "bob", text="机构来电说没好")
    assert desk.ticket.assignee_name == "李工"
    leave(desk, "bob", is_active=False)
    leave(desk, is_active=True)
    desk.act(ASSIGN, "leo", assignee="alice", order=True, reason="李工停用")
    assert desk.ticket.assignee_name == "张工"


def test_a_note_takes_nothing_from_anybody(desk):
    leave(desk, is_active=False)
    desk.act(NOTE, "agnes", text="机构来电")
    assert desk.ticket.assignee_name == "张工"


def test_who_is_there_keeps_it(desk):
    desk.act(RESOLVE, text="已恢复")
    confirmation.confirm(desk.runtime, clinic(), desk.ticket.id, is_solved=False, comment="还是不行")
    assert (desk.ticket.state, desk.ticket.assignee_name) == ("in_progress", "张工")
