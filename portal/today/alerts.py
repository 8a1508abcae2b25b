"""提醒: what one is alerted of until somebody acknowledges it; for leads also what waits for their decision."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.escalation import board, own_alerts
from portal.tickets.models import Ticket
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """The newest first; it is acknowledged on the page of its ticket. Who is not on duty by role sees no empty one."""
    found = own_alerts.unacknowledged(session, reader.user_id, reader.queues, MOST_LINES + 1)
    if not found and not (reader.can(Permission.WORK_TICKET) or reader.can(Permission.DECIDE)):
        return None
    lines, has_more = cut([_line(one.ticket, f"{one.label}，请打开确认", one.alert.raised_at) for one in found])
    empty = "没有等您确认的提醒。特急、时限将到和超时会列在这里"
    return Section("alerts", "等我确认的提醒", empty, lines, Counts.SINCE, has_more)


def undecided(session: Session, reader: Principal, now: datetime) -> Section | None:
    """What colleagues and clinics put before the leads of the reader's queues, the oldest first."""
    if not reader.can(Permission.DECIDE):
        return None
    found = board.undecided(session, reader.queues)
    lines = [
        _line(ticket, "机构要求主管处理" if one.by == "clinic" else f"{one.by_name}上报主管", one.at)
        for one, ticket in found
    ]
    empty = "没有等您决定的上报。同事上报、机构要求主管处理，会列在这里"
    return Section("escalations", "等我决定的上报", empty, lines, Counts.SINCE, len(lines) == board.MOST_SHOWN)


def _line(ticket: Ticket, words: str, at: datetime) -> Line:
    return Line(ticket.number, f"/tickets/{ticket.number}", words, at, ticket.queue, ticket.institution)
