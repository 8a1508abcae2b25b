"""请我接手, and what one has offered oneself: until it is answered or lapses."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts.models import AssignmentOffer
from portal.acts.offers import OfferState
from portal.tickets.models import Ticket
from portal.today.section import MOST_LINES, Line, Section, cut


def to_accept(session: Session, reader: Principal, now: datetime) -> Section | None:
    """What colleagues ask this person to take, the one that lapses first first."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    rows = _open(session, reader, AssignmentOffer.to_id == reader.user_id)
    lines, has_more = cut([_line(ticket, offer, f"{offer.from_name}请您接手") for offer, ticket in rows])
    empty = "没有等您接手的问题。同事请您接手的会列在这里"
    return Section("offers", "请我接手的", empty, lines, has_more=has_more)


def waiting(session: Session, reader: Principal, now: datetime) -> Section | None:
    """What this person has offered and nobody has answered yet."""
    if not reader.can(Permission.TRANSFER_TICKET):
        return None
    rows = _open(session, reader, AssignmentOffer.from_id == reader.user_id)
    lines, has_more = cut([_line(ticket, offer, f"等{offer.to_name}答复") for offer, ticket in rows])
    empty = "没有等答复的转交。您请同事接手的会列在这里"
    return Section("offered", "我转交的", empty, lines, has_more=has_more)


def _open(session: Session, reader: Principal, whose: ColumnElement[bool]) -> list[tuple[AssignmentOffer, Ticket]]:
    is_waiting = (whose, AssignmentOffer.status == OfferState.OPEN.value, Ticket.queue.in_(reader.queues))
    query = select(AssignmentOffer, Ticket).join(Ticket, Ticket.id == AssignmentOffer.ticket_id).where(*is_waiting)
    rows = session.execute(query.order_by(AssignmentOffer.ends_at, AssignmentOffer.id).limit(MOST_LINES + 1))
    return [(offer, ticket) for offer, ticket in rows]


def _line(ticket: Ticket, offer: AssignmentOffer, words: str) -> Line:
    return Line(ticket.number, f"/tickets/{ticket.number}", words, offer.ends_at, ticket.queue, ticket.institution)
