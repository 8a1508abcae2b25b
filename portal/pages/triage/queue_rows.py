"""One line of a queue: whose turn it is, why, and since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.clocks.badges import TimeBadge
from portal.collaboration.states import COLLABORATION_LABELS, OVER, CollaborationState
from portal.tickets.models import Ticket
from portal.tickets.states import TURN_CAUSE_LABELS, TicketState, Turn, TurnCause

_WAITING = {
    TicketState.AWAITING_INFORMATION: "等机构补充",
    TicketState.AWAITING_CONFIRMATION: "等机构确认",
}


@dataclass(frozen=True)
class Row:
    """One line of the queue.

    Attributes:
        whose: whose turn it is, in words. cause: why it is ours, if that is worth a flag.
        waited: minutes since it is their turn. is_ours: it waits for us. absent: why its owner counts as nobody.
        collaboration: the worst state of its collaborations, in words; nothing for what is over.
    """

    ticket: Ticket
    badge: TimeBadge
    whose: str
    cause: str
    waited: int
    is_ours: bool
    absent: str
    collaboration: str = ""


def rows_of(tickets: Sequence[Ticket], now: datetime, user_id: UUID, absent: Mapping[UUID, str]) -> list[Row]:
    return [_row(ticket, now, user_id, absent) for ticket in tickets]


def whose_turn(ticket: Ticket, user_id: UUID) -> str:
    """轮到您, 轮到我们, 等部门反馈, 等机构补充, 等机构确认, or nothing once it has ended."""
    if ticket.turn == Turn.US.value:
        return "轮到您" if ticket.assignee_id == user_id else "轮到我们"
    return "等部门反馈" if ticket.turn == Turn.DEPARTMENT.value else _WAITING.get(ticket.state_enum, "")


def cause_of(ticket: Ticket) -> str:
    """Why it is our turn again; nothing for what is simply new."""
    cause = TurnCause(ticket.turn_cause) if ticket.turn_cause else TurnCause.NEW
    if ticket.turn != Turn.US.value or cause is TurnCause.NEW:
        return ""
    is_again = cause in (TurnCause.REOPENED, TurnCause.NOT_SOLVED) and ticket.reopened_count > 1
    return TURN_CAUSE_LABELS[cause] + (f"（第 {ticket.reopened_count} 次）" if is_again else "")


def collaboration_of(ticket: Ticket) -> str:
    """协作超时, or the worst state of the collaborations of a ticket that is open."""
    worst = CollaborationState(ticket.worst_collaboration) if ticket.worst_collaboration else None
    if not ticket.is_open or worst is None or worst in OVER:
        return ""
    return "协作超时" if ticket.is_collaboration_late else f"协作{COLLABORATION_LABELS[worst]}"


def _row(ticket: Ticket, now: datetime, user_id: UUID, absent: Mapping[UUID, str]) -> Row:
    return Row(
        ticket=ticket,
        badge=ticket.badge(now),
        whose=whose_turn(ticket, user_id),
        cause=cause_of(ticket),
        waited=int((now - ticket.turn_since).total_seconds() // 60),
        is_ours=ticket.turn == Turn.US.value,
        absent=absent.get(ticket.assignee_id, "") if ticket.is_open and ticket.assignee_id else "",
        collaboration=collaboration_of(ticket),
    )
