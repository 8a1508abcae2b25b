"""What else is known around a ticket: its links, and the open and recent tickets of the same institution or number.

Found by keyed indexes and by the directory, so no value is opened or compared. Only tickets of the reader's queues.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts import links
from portal.acts.links import LinkedTicket
from portal.kinds.table import FIELDS
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue

RECENT = timedelta(days=180)  # ours: what ended earlier is found by searching
MOST = 8
# An account or a phone is shared by a whole institution, and a 住院号 means something only inside one.
_ID_NUMBERS = tuple(name for name, spec in FIELDS.items() if spec.mask == "id_number")
_STAYS = tuple(name for name, spec in FIELDS.items() if spec.mask == "inpatient_number")
_ID_LABEL = "身份证号"  # of one that was found inside a text


@dataclass(frozen=True)
class Neighbour:
    """One other ticket, and why it is shown."""

    ticket: Ticket
    has_same_number: bool
    is_same_institution: bool


@dataclass(frozen=True)
class History:
    """Around one ticket. `has_more`: a search finds further ones."""

    links: Sequence[LinkedTicket]
    neighbours: Sequence[Neighbour]
    has_more: bool


def around(session: Session, ticket: Ticket, queues: Sequence[str]) -> History:
    """Three queries, whatever there is: linked ones are not listed again."""
    linked = links.linked_with(session, ticket, queues)
    of_number = _newest(session, ticket, queues, _has_same_number(ticket))
    of_institution = _newest(session, ticket, queues, _is_same_institution(ticket)) if ticket.institution else []
    number_ids, institution_ids = ({each.id for each in found} for found in (of_number, of_institution))
    known = {one.ticket.id for one in linked}
    found = {each.id: each for each in (*of_number, *of_institution) if each.id not in known}
    neighbours = [Neighbour(each, each.id in number_ids, each.id in institution_ids) for each in found.values()]
    has_more = max(len(of_number), len(of_institution)) > MOST
    return History(linked, neighbours[: 2 * MOST], has_more)


def _newest(session: Session, ticket: Ticket, queues: Sequence[str], wanted: ColumnElement[bool]) -> list[Ticket]:
    is_current = or_(Ticket.is_open, Ticket.submitted_at > clock.now() - RECENT)
    query = select(Ticket).where(wanted, Ticket.id != ticket.id, Ticket.queue.in_(queues), is_current)
    return list(session.scalars(query.order_by(Ticket.submitted_at.desc(), Ticket.id).limit(MOST + 1)))


def _is_same_institution(ticket: Ticket) -> ColumnElement[bool]:
    if ticket.institution_id is not None:
        return Ticket.institution_id == ticket.institution_id
    return Ticket.institution == ticket.institution


def _has_same_number(ticket: Ticket) -> ColumnElement[bool]:
    is_id = or_(SealedValue.field.in_(_ID_NUMBERS), SealedValue.label == _ID_LABEL)
    has_id = Ticket.report_id.in_(_reports_with(_indexes_of(ticket, is_id)))
    has_stay = Ticket.report_id.in_(_reports_with(_indexes_of(ticket, SealedValue.field.in_(_STAYS))))
    return or_(has_id, and_(has_stay, _is_same_institution(ticket)))


def _indexes_of(ticket: Ticket, which: ColumnElement[bool]) -> Select[str | None]:
    own = (SealedValue.owner_id == ticket.report_id, SealedValue.value_index.is_not(None))
    return select(SealedValue.value_index).where(*own, which)


def _reports_with(indexes: Select[str | None]) -> Select[UUID]:
    return select(SealedValue.owner_id).where(SealedValue.value_index.in_(indexes))
