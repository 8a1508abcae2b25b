"""Claiming, releasing, and the history that they leave."""

import pytest

from portal.accounts import users
from portal.acts.table import ASSIGN, CLAIM, RELEASE, REOPEN, RESOLVE
from portal.errors import ConflictError, InvalidError
from portal.tickets.states import TicketState
from tests.acts.desk import Desk
from tests.factories.cast import actor


@pytest.fixture
def desk(portal):
    return Desk(portal.runtime)


def test_claiming_twice_is_one_claim(desk):
    desk.act(CLAIM)
    lines = len(desk.entries())
    desk.act(CLAIM, version=1)
    assert len(desk.entries()) == lines


def test_the_second_to_claim_is_told_who_has_it(desk):
    desk.act(CLAIM)
    with pytest.raises(ConflictError, match="这条问题已被张工在"):
        desk.act(CLAIM, "bob", version=1)


def test_who_had_it_first_is_never_overwritten(desk):
    desk.act(CLAIM)
    first = desk.ticket
    alice = actor(desk.runtime, "alice").user_id
    assert (first.first_claimed_by_id, first.first_owner_id) == (alice, alice)
    assert first.first_claimed_at is not None
    desk.act(RELEASE)
    desk.act(CLAIM, "bob")
    now = desk.ticket
    assert (now.first_claimed_at, now.first_claimed_by_id, now.first_owner_id) == (first.first_claimed_at, alice, alice)


def test_who_was_given_it_unclaimed_is_its_first_owner(desk):
    desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="请李工处理")
    ticket = desk.ticket
    assert ticket.first_owner_id == actor(desk.runtime, "bob").user_id
    assert ticket.first_claimed_at is None
    assert desk.rows()[-1].particulars == {"to": "bob"}


def test_nobody_is_given_one_who_cannot_work_on_it(desk):
    with desk.runtime.database.transaction() as session:
        ada, bob = actor(desk.runtime, "ada"), actor(desk.runtime, "bob")
        users.set_active(session, ada, bob.user_id, False)
    for name in ("bob", "hanna", "leo", "nobody"):
        with pytest.raises(InvalidError) as refused:
            desk.act(ASSIGN, "leo", assignee=name, order=True, reason="请处理")
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [("assignee", "invalid")]
    assert desk.ticket.assignee_id is None


def test_who_takes_up_a_closed_one_has_it(desk):
    desk.bring_to(TicketState.CLOSED)
    desk.act(REOPEN, "bob", text="又出现了")
    assert (desk.ticket.assignee_name, desk.ticket.state) == ("张工", "in_progress")


def test_the_last_to_hand_in_a_result_is_kept(desk):
    desk.act(CLAIM)
    desk.act(RESOLVE, text="已恢复")
    assert desk.ticket.resolved_by_id == actor(desk.runtime, "alice").user_id
    desk.act(REOPEN, "bob", text="又出现了")
    desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="请李工处理")
    desk.act(RESOLVE, "bob", text="这次真的好了")
    assert desk.ticket.resolved_by_id == actor(desk.runtime, "bob").user_id
