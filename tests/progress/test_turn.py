"""Whose turn it is, since when and why: stored, and set by whatever happens to a ticket (DESK 1.4)."""

import pytest

from portal.acts.table import ASK, CLAIM, CLOSE, NOTE, RELEASE, REOPEN, REPLY, RESOLVE, TRANSFER
from portal.audit.actor import clinic
from portal.supplements import receiving
from portal.tracking import confirmation
from tests.acts.desk import CONFIRMED, Desk

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(portal):
    return Desk(portal.runtime)


def turn(desk):
    ticket = desk.ticket
    return ticket.turn, ticket.turn_cause


def test_a_new_report_is_ours(desk):
    assert turn(desk) == ("us", "new")
    assert desk.ticket.turn_since == desk.ticket.submitted_at or desk.ticket.turn_since > desk.ticket.submitted_at


def test_what_we_do_ourselves_moves_no_turn(desk):
    since = desk.ticket.turn_since
    desk.act(CLAIM)
    desk.act(REPLY, text="在看")
    desk.act(NOTE, text="像是老问题")
    desk.act(RELEASE)
    assert (turn(desk), desk.ticket.turn_since) == (("us", "new"), since)


def test_asking_gives_it_to_the_clinic_and_the_whole_answer_brings_it_back(desk):
    desk.act(CLAIM)
    desk.act(ASK, fields=["form_name", "operation_steps"])
    assert turn(desk) == ("clinic", None)
    receiving.supplement(desk.runtime, clinic(), desk.ticket.id, {"form_name": ["随访表"]}, [])
    assert turn(desk) == ("clinic", None)
    steps = {"operation_steps": ["1. 登录\n2. 打开随访表\n3. 点保存"]}
    receiving.supplement(desk.runtime, clinic(), desk.ticket.id, steps, [])
    assert turn(desk) == ("us", "supplemented")


def test_a_result_is_the_clinics_until_it_says_no(desk):
    desk.act(CLAIM)
    desk.act(RESOLVE, text="已恢复")
    assert turn(desk) == ("clinic", None)
    confirmation.confirm(desk.runtime, clinic(), desk.ticket.id, is_solved=False, comment="还是不行")
    assert turn(desk) == ("us", "not_solved")


def test_what_has_ended_is_nobodys_until_it_is_taken_up(desk):
    desk.act(CLAIM)
    desk.act(RESOLVE, text="已恢复")
    desk.act(CLOSE, **CONFIRMED)
    assert turn(desk) == ("nobody", None)
    desk.act(REOPEN, text="又出现了")
    assert turn(desk) == ("us", "reopened")
    desk.void()
    assert turn(desk) == ("nobody", None)


def test_a_report_that_moves_and_lacks_something_is_the_clinics(desk):
    desk.act(TRANSFER, "leo", queue="his")
    assert desk.ticket.state == "awaiting_information"
    assert turn(desk) == ("clinic", None)
