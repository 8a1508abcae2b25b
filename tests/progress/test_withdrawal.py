"""Whatever ends or moves a ticket withdraws what is open on it: every move from every state, every open thing."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.acts import transfer
from portal.acts.table import ASK, ASK_VOID, ASSIGN, CLAIM, MERGE, REMIND_ME, TRANSFER
from portal.acts.voiding import VoidState
from portal.audit.actor import SYSTEM
from portal.casefile import acts
from portal.disclosure import break_glass
from portal.disclosure.models import BreakGlassRequest, BreakGlassState
from portal.progress import lifecycle
from portal.supplements import links
from portal.supplements.models import SupplementLink
from portal.tickets.models import InformationRequest, Reminder, Ticket, VoidRequest
from portal.tickets.states import OPEN_STATES, TicketState
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

TRANSFERS = (transfer.TRANSFER.move.name, transfer.ASKING.name)
_OPEN = {
    "request": (InformationRequest, InformationRequest.answered_at.is_(None)),
    "link": (SupplementLink, SupplementLink.id.is_not(None)),
    "reminder": (Reminder, Reminder.done_at.is_(None)),
    "void": (VoidRequest, VoidRequest.status == VoidState.ASKED.value),
    "break-glass": (
        BreakGlassRequest,
        BreakGlassRequest.status.in_((BreakGlassState.ASKED.value, BreakGlassState.APPROVED.value)),
    ),
}


def still_open(desk: Desk) -> set[str]:
    with desk.runtime.database.read() as session:
        return open_in(session, desk.ticket.id)


def open_in(session: Session, ticket_id: UUID) -> set[str]:
    return {
        name
        for name, (model, condition) in _OPEN.items()
        if session.scalars(select(model.id).where(model.ticket_id == ticket_id, condition)).first()
    }


def open_everything(desk: Desk, state: TicketState) -> None:
    """One of each, as the services make them, on a ticket that is then put into the state."""
    runtime = desk.runtime
    desk.act(CLAIM)
    desk.act(ASK, fields=["form_name"])
    desk.act(REMIND_ME, at=(clock.now() + timedelta(days=1)).isoformat(), text="再问一次")
    desk.act(ASK_VOID, kind="test", text="不是问题")
    with runtime.database.transaction() as session:
        links.make(session, runtime, actor(runtime, "agnes"), desk.number)
    keys = ("id_number", "login_account")
    asked = [
        break_glass.ask(runtime, actor(runtime, "bob"), desk.number, key, "全院停诊，必须现在核对") for key in keys
    ]
    break_glass.decide(runtime, actor(runtime, "leo"), asked[0], True)
    with runtime.database.transaction() as session:
        put = {"state": state.value, "is_open": state in OPEN_STATES}
        session.execute(update(Ticket).where(Ticket.id == desk.ticket.id).values(**put))


class Undone(Exception):
    """Takes a move back, so that the next one finds the ticket as it was."""


@pytest.mark.parametrize("state", TicketState)
def test_every_move_from_every_state(portal, state):
    desk = Desk(portal.runtime)
    open_everything(desk, state)
    for move in (move for move in acts.MOVES if state in move.leads):
        assert still_open(desk) == set(_OPEN), move.name
        with suppress(Undone), portal.runtime.database.transaction() as session:
            ticket = session.get_one(Ticket, desk.ticket.id)
            lifecycle.apply(session, ticket, move, SYSTEM, queue="his" if move.name in TRANSFERS else None)
            session.flush()
            has_ended = ticket.state_enum not in OPEN_STATES and ticket.state_enum is not state
            has_left = ticket.queue != "general"
            expected = set() if has_ended or has_left else set(_OPEN)
            assert open_in(session, ticket.id) == expected, move.name
            raise Undone


def test_a_merged_one_asks_its_clinic_for_nothing(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(ASK, fields=["form_name"])
    desk.act(MERGE, into=file_report(portal.runtime).number)
    assert portal.api("alice").get(f"/api/v1/tickets/{desk.number}").json()["missing"] == []


def test_a_moved_one_asks_only_for_what_the_new_track_wants(portal):
    desk = Desk(portal.runtime)
    open_everything(desk, TicketState.AWAITING_INFORMATION)
    moved = desk.act(TRANSFER, queue="his", text="结算的问题").ticket
    assert still_open(Desk(portal.runtime, moved.number)) == {"request"}


def test_who_gets_the_ticket_needs_no_approval_and_ends_the_others_reminders(portal):
    desk = Desk(portal.runtime)
    open_everything(desk, TicketState.IN_PROGRESS)
    desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="张工请假")
    assert still_open(desk) == {"request", "link", "void"}
