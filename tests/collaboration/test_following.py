"""What becomes of collaborations when their ticket is merged, void, moved or handed on, and when the clinic hears."""

import pytest

from portal.acts.table import ASK_VOID, ASSIGN, CLAIM, DECIDE_VOID, MERGE, REPLY, TRANSFER
from portal.collaboration.states import ANSWER, START
from portal.collaboration.states import CollaborationState as C
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.collaborations import ANSWER_TEXT, Case

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def ticket_of(case):
    with case.runtime.database.read() as session:
        return session.get_one(Ticket, case.row.ticket_id)


def test_a_merge_takes_what_is_open_along(portal):
    case = Case(portal.runtime)
    case.bring_to(C.FILED)
    filed = case.number
    case.bring_to(C.IN_WORK)
    target = Desk(portal.runtime)
    target.act(CLAIM, "bob")
    case.desk.act(MERGE, into=target.number)
    assert ticket_of(case).number == target.number
    assert target.entries()[-1].text == case.number
    assert (target.ticket.worst_collaboration, case.desk.ticket.worst_collaboration) == ("in_work", "filed")
    case.take(ANSWER, "petra", text=ANSWER_TEXT)
    assert case.told("bob") == ["collaboration-answered"]
    case.number = filed
    assert ticket_of(case).number == case.desk.number


def test_a_void_ticket_needs_no_help(portal):
    case = Case(portal.runtime)
    case.bring_to(C.IN_WORK)
    case.desk.act(ASK_VOID, kind="test", text="不是问题")
    case.desk.act(DECIDE_VOID, "leo", approved=True, note="")
    assert case.row.status == "withdrawn"
    assert case.told("petra")[-1] == "collaboration-withdrawn"


def test_the_other_queue_and_another_owner_keep_them(portal):
    case = Case(portal.runtime)
    case.bring_to(C.IN_WORK)
    case.desk.act(ASSIGN, "leo", assignee="bob", reason="张工请假", order="true")
    case.take(ANSWER, "petra", text=ANSWER_TEXT)
    assert case.told("bob") == ["collaboration-answered"]
    case.desk.act(TRANSFER, "leo", queue="his", text="结算的问题")
    assert (ticket_of(case).queue, case.row.status) == ("his", "answered")


def test_the_first_public_word_is_the_contact(portal):
    case = Case(portal.runtime)
    case.desk.act(REPLY, text="已收到")
    case.dispatch()
    assert case.row.contacted_at is None
    case.desk.act(REPLY, text="已经请部门查看")
    first = case.row.contacted_at
    assert first is not None
    case.take(START, "petra")
    case.desk.act(REPLY, text="部门正在处理")
    assert case.row.contacted_at == first
