"""待验证: answers of departments on one's own tickets, until they are judged."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.collaboration import listing
from portal.collaboration.models import Collaboration
from portal.collaboration.states import CollaborationState
from portal.tickets.models import Ticket
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def to_verify(session: Session, reader: Principal, now: datetime) -> Section | None:
    """The oldest answer first."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    found = listing.to_verify(session, reader.user_id, reader.queues, MOST_LINES + 1)
    lines, has_more = cut([_line(*one) for one in found])
    empty = "没有等您验证的协作。部门反馈以后会列在这里"
    return Section("collaborations", "待验证的协作", empty, lines, Counts.SINCE, has_more)


def _line(row: Collaboration, ticket: Ticket, department: str) -> Line:
    is_begun = row.state_enum is CollaborationState.VERIFYING
    words = f"{department}已反馈，{'等您的验证结论' if is_begun else '请验证'}"
    since = row.answered_at or row.created_at
    return Line(row.number, f"/collaborations/{row.number}", words, since, ticket.queue, ticket.institution)
