"""What happens to collaborations when something happens to their ticket."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments
from portal.accounts.models import Department
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.collaboration import rows
from portal.collaboration.models import Collaboration
from portal.collaboration.states import MOVE, WAITING, WITHDRAW, CollaborationState
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import lifecycle
from portal.progress.lifecycle import ANY_STATE, Move
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

CAME = Move("collaboration_move", "协作随工单合并", ANY_STATE, is_public=False, is_remark=True)


def on_left(session: Session, ticket: Ticket) -> None:
    """A listener: a merge takes what is open along; a void ticket needs no more help. 转轨 changes nothing."""
    if ticket.state_enum is TicketState.MERGED:
        _move(session, ticket)
    elif ticket.state_enum is TicketState.VOID:
        _withdraw(session, ticket)


def on_spoken(session: Session, ticket: Ticket) -> None:
    """A listener: the clinic has heard from us since the department was asked (REQUIREMENTS F6)."""
    for row in rows.of_ticket(session, ticket) if ticket.worst_collaboration else ():
        row.contacted_at = row.contacted_at or clock.now()


def _move(session: Session, ticket: Ticket) -> None:
    target = lookup.worked_one(session, ticket)
    for row in _open(session, ticket):
        row.ticket_id, row.version = target.id, row.version + 1
        rows.write_line(session, row, target, SYSTEM, MOVE, "")
        lifecycle.remark(session, target, CAME, SYSTEM, row.number)
        trail.record(
            session, Tag.COLLABORATION_MOVED, SYSTEM, ticket_number=target.number,
            particulars={"collaboration": row.number, "from_number": ticket.number},
        )  # fmt: skip
    rows.renew_summary(session, ticket)
    rows.renew_summary(session, target)


def _withdraw(session: Session, ticket: Ticket) -> None:
    for row in _open(session, ticket):
        if row.state_enum not in WAITING:
            continue
        row.status, row.version = CollaborationState.WITHDRAWN.value, row.version + 1
        rows.write_line(session, row, ticket, SYSTEM, WITHDRAW.name, "问题已作废")
        outbox.add(
            session, Event.COLLABORATION_WITHDRAWN, row.number, to=departments.people_of(session, row.department_id),
            department=row.department_id,
        )  # fmt: skip
        trail.record(
            session, Tag.COLLABORATION_WITHDRAWN, SYSTEM, ticket_number=ticket.number,
            particulars={
                "collaboration": row.number, "department": session.get_one(Department, row.department_id).name
            },
        )  # fmt: skip
    rows.renew_summary(session, ticket)


def _open(session: Session, ticket: Ticket) -> list[Collaboration]:
    query = select(Collaboration).where(Collaboration.ticket_id == ticket.id).order_by(Collaboration.id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return [row for row in session.scalars(locked) if not row.is_over]
