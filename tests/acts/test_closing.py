"""Closing for a clinic, and taking up again for a week."""

from datetime import timedelta

import pytest

from portal.acts.closing import REOPEN_DAYS
from portal.acts.table import CLAIM, CLOSE, RELEASE, REOPEN, REPLY, RESOLVE
from portal.errors import ConflictError
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState
from tests.acts.desk import CONFIRMED, Desk

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(portal):
    return Desk(portal.runtime)


def closed_since(desk, time):
    with desk.runtime.database.transaction() as session:
        session.get_one(Ticket, desk.ticket.id).closed_at -= time


def test_who_is_too_early_is_told_what_comes_first(desk):
    with pytest.raises(ConflictError, match="领取后才能处理这条问题"):
        desk.act(CLOSE, **CONFIRMED)
    desk.act(CLAIM)
    with pytest.raises(ConflictError, match="请先提交处理结果，再关闭"):
        desk.act(CLOSE, **CONFIRMED)
    desk.act(RESOLVE, text="已恢复")
    desk.act(CLOSE, **CONFIRMED)
    with pytest.raises(ConflictError, match="现在的状态是“已关闭”"):
        desk.act(REPLY, text="还想说")


def test_a_closed_one_is_taken_up_for_a_week_and_no_longer(desk):
    desk.bring_to(TicketState.CLOSED)
    closed_since(desk, REOPEN_DAYS - timedelta(minutes=1))
    desk.act(REOPEN, text="又出现了")
    assert (desk.ticket.reopened_count, desk.ticket.closed_at) == (1, None)
    desk.act(RESOLVE, text="已恢复")
    desk.act(CLOSE, **CONFIRMED)
    closed_since(desk, REOPEN_DAYS + timedelta(minutes=1))
    with pytest.raises(ConflictError, match="已超过 7 天"):
        desk.act(REOPEN, text="又出现了")


def test_one_that_nobody_has_goes_to_who_takes_it_up(desk):
    desk.bring_to(TicketState.AWAITING_CONFIRMATION)
    desk.act(RELEASE)
    desk.act(REOPEN, "bob", text="机构来电说没好")
    assert (desk.ticket.assignee_name, desk.ticket.state) == ("李工", "in_progress")
