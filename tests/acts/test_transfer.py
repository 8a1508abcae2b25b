"""Moving to the other queue: number, counts, and who may."""

import pytest

from portal.acts.table import CLAIM, TRANSFER
from portal.errors import ForbiddenError, InvalidError
from portal.tickets import queries
from tests.acts.desk import Desk

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_the_counts_of_both_queues_follow(portal):
    desk = Desk(portal.runtime)
    desk.act(TRANSFER, "leo", queue="his", text="结算的问题")
    with portal.runtime.database.read() as session:
        counts = {queue: queries.state_counts(session, queue) for queue in ("general", "his")}
    assert sum(counts["general"].values()) == 0
    assert {state: count for state, count in counts["his"].items() if count} == {desk.ticket.state: 1}


def test_old_and_new_number_lead_to_it_and_nobody_has_it(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    moved = desk.act(TRANSFER, queue="his", text="结算的问题").ticket
    assert moved.number.startswith("HIS") and moved.former_numbers == [desk.number]
    assert desk.ticket.id == moved.id
    assert (moved.assignee_id, moved.assignee_name, moved.queue) == (None, None, "his")
    assert desk.entries()[-1].text == f"从 {desk.number} 转为 HIS 问题。结算的问题"


def test_neither_the_own_queue_nor_an_unknown_one(portal):
    desk = Desk(portal.runtime)
    for queue in ("general", "printer", ""):
        with pytest.raises(InvalidError):
            desk.act(TRANSFER, "leo", queue=queue)


def test_an_engineer_moves_no_colleagues_ticket(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    with pytest.raises(ForbiddenError, match="只有负责人或主管可以转走这条问题"):
        desk.act(TRANSFER, "bob", queue="his")
