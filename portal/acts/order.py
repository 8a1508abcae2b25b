"""Claiming past an older or more urgent ticket is noted: the order of a queue is a promise (REQUIREMENTS I4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from portal import clock
from portal.acts.inputs import Option
from portal.clocks import policies, policy_making
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState, Turn

REASONS = (
    ("same_institution", "同机构一并处理"), ("familiar", "熟悉这类问题"), ("urged", "机构催问"),
    ("arranged", "主管安排"), ("other", "其他"),
)  # fmt: skip
UNSAID = "unsaid"
REASON_LABELS = {**dict(REASONS), UNSAID: "未说明"}
_ORDER = (Ticket.urgency, Ticket.submitted_at, Ticket.id)


@dataclass(frozen=True)
class PassedOver:
    """How many claimable tickets come before one in its queue, and the number of the first."""

    count: int
    first: str


def passed_over(session: Session, ticket: Ticket) -> PassedOver | None:
    """What claiming this ticket now would pass over; None if it comes first, or is not waiting to be taken."""
    if ticket.state_enum is not TicketState.SUBMITTED or ticket.assignee_id is not None:
        return None
    before = (
        Ticket.queue == ticket.queue,
        Ticket.assignee_id.is_(None),
        Ticket.is_open,
        Ticket.state == TicketState.SUBMITTED.value,
        Ticket.turn == Turn.US.value,
        tuple_(*_ORDER) < tuple_(ticket.urgency, ticket.submitted_at, ticket.id),
    )
    first = select(Ticket.number).where(*before).order_by(*_ORDER).limit(1).scalar_subquery()
    count, number = session.execute(select(func.count(), first).select_from(Ticket).where(*before)).one()
    return PassedOver(count, number) if count else None


def is_reason_required(session: Session) -> bool:
    """A switch of the policy that counts now; off, so that a claim does not lose a race to a form."""
    return policies.at(session, clock.now()).switches.get(policy_making.CLAIM_REASON) == policy_making.REQUIRED


def reasons_for(session: Session, ticket: Ticket) -> Sequence[Option]:
    """The reasons that the page offers; none for a ticket that comes first."""
    return REASONS if passed_over(session, ticket) else ()
