"""Which open tickets are late, nobody's, ours or wait for others, as they are now: counted and listed alike."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, true

from portal.escalation.board import is_late
from portal.tickets.models import Ticket
from portal.tickets.states import Turn

Condition = Callable[[datetime], ColumnElement[bool]]
# Beside `Ticket.is_open`, by the name of the list behind each.
CONDITIONS: dict[str, Condition] = {
    "open_now": lambda now: true(),
    "late_now": is_late,
    "free_now": lambda now: Ticket.assignee_id.is_(None),
    "waiting_now": lambda now: Ticket.turn.in_((Turn.CLINIC.value, Turn.DEPARTMENT.value)),
    "ours_now": lambda now: Ticket.turn == Turn.US.value,
}
