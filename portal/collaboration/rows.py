"""Finds collaborations for the people who may see them, locks them, and keeps what a ticket's row shows of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Role
from portal.audit.actor import Actor
from portal.calendar import working_days
from portal.clocks import policies
from portal.clocks.names import OtherTerm
from portal.clocks.policies import Facts
from portal.collaboration.models import Collaboration, CollaborationEntry
from portal.collaboration.states import TO_VERIFY, WAITING, WORST_FIRST, CollaborationKind, CollaborationState
from portal.db import ContendedError, insert_rows, new_id
from portal.errors import NotFoundError
from portal.progress import rounds
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.numbering import normal_number
from portal.tickets.states import TicketState, Turn

PREFIX = "XZ"
ABSENT = "没有找到这条协作"
_SUGGESTION_DAYS = 10  # working days, a default of ours


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """A partner sees the own department's; staff those of tickets of their queues."""
    if actor.role == Role.PARTNER.value:
        return Collaboration.department_id == actor.department_id
    return Ticket.queue.in_(actor.queues)


def find(session: Session, actor: Actor, number: str) -> tuple[Collaboration, Ticket]:
    """Raises NotFoundError: absent, or not theirs to see: indistinguishable."""
    query = select(Collaboration, Ticket).join(Ticket, Ticket.id == Collaboration.ticket_id)
    found = session.execute(query.where(Collaboration.number == normal_number(number), visible_to(actor))).first()
    if found is None:
        raise NotFoundError(ABSENT)
    return found[0], found[1]


def locked(session: Session, actor: Actor, number: str) -> tuple[Collaboration, Ticket]:
    """As `find`, with the ticket and then the collaboration locked and read anew.

    Raises:
        ContendedError: it moved to another ticket meanwhile; a new transaction sees it.
    """
    row, _ = find(session, actor, number)
    tickets = lookup.lock(session, {row.ticket_id})
    session.refresh(row, with_for_update=True)
    if row.ticket_id not in tickets:
        raise ContendedError("有人同时在修改，请稍后再试")
    ticket = tickets[row.ticket_id]
    if actor.role != Role.PARTNER.value and ticket.queue not in actor.queues:
        raise NotFoundError(ABSENT)
    return row, ticket


def of_ticket(session: Session, ticket: Ticket) -> Sequence[Collaboration]:
    """Oldest first."""
    query = select(Collaboration).where(Collaboration.ticket_id == ticket.id)
    return session.scalars(query.order_by(Collaboration.created_at, Collaboration.id)).all()


def due_of(
    session: Session, ticket: Ticket, kind: CollaborationKind, is_urgent: bool, begins: datetime
) -> datetime | None:
    """When an answer is due by the policy that counts then, or when the sender of a suggestion is reminded."""
    if kind is CollaborationKind.HELP:
        return policies.due(session, OtherTerm.COLLABORATION, _facts_of(ticket, is_urgent), begins)
    calendar, moment = working_days.load(session), begins
    for _ in range(_SUGGESTION_DAYS):
        moment = calendar.one_later(moment)
    return moment


def contact_due_of(session: Session, ticket: Ticket, is_urgent: bool, begins: datetime) -> datetime | None:
    """By when the clinic has to hear from us after a department was asked (REQUIREMENTS F6)."""
    return policies.due(session, OtherTerm.CONTACT, _facts_of(ticket, is_urgent), begins)


def _facts_of(ticket: Ticket, is_urgent: bool) -> Facts:
    """The urgency of a collaboration is its own."""
    return replace(rounds.facts_of(ticket), urgency="urgent" if is_urgent else "normal")


def renew_summary(session: Session, ticket: Ticket) -> None:
    """What the ticket's row shows: the worst state, and whether a department is late."""
    session.flush()
    now, rows = clock.now(), of_ticket(session, ticket)
    states = {row.state_enum for row in rows}
    worst = next((state for state in WORST_FIRST if state in states), None)
    ticket.worst_collaboration = worst.value if worst else None
    ticket.is_collaboration_late = any(row.is_late(now) for row in rows)


def turn_of(session: Session, ticket: Ticket) -> Turn | None:
    """Whose turn a worked ticket is because of its collaborations; None if they change nothing."""
    if ticket.state_enum is not TicketState.IN_PROGRESS:
        return None
    helps = [row for row in of_ticket(session, ticket) if row.kind_enum is CollaborationKind.HELP]
    is_theirs = any(row.state_enum in WAITING for row in helps)
    is_ours = any(row.state_enum in TO_VERIFY for row in helps) or not is_theirs
    turn = Turn.US if is_ours else Turn.DEPARTMENT
    return turn if turn.value != ticket.turn else None


def write_line(
    session: Session,
    row: Collaboration,
    ticket: Ticket,
    actor: Actor,
    action: str,
    text: str,
    *,
    is_filled_in: bool = False,
) -> None:
    """A line of the thread, after the row has its new state."""
    insert_rows(
        session,
        CollaborationEntry(
            id=new_id(),
            collaboration_id=row.id,
            ticket_id=ticket.id,
            at=clock.now(),
            action=action,
            actor_id=actor.user_id,
            actor_label=actor.label,
            actor_role=actor.role,
            is_filled_in=is_filled_in,
            to_state=CollaborationState(row.status).value,
            text=text,
        ),
    )
