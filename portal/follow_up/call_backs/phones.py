"""The one phone that a call-back may reveal: the subject's own, else a contact of the institution (DESK 4.3)."""

import uuid
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.follow_up.call_backs.models import CallBack
from portal.keepers import contacts
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue

FIELD = "contact_phone"


def find(session: Session, row: CallBack) -> SealedValue | None:
    """The sealed phone to call, the one given last; one that is not destroyed before one that is."""
    for owner_id in _owners(session, row):
        query = select(SealedValue).where(SealedValue.owner_id == owner_id, SealedValue.field == FIELD)
        order = (SealedValue.value_sealed.is_(None), SealedValue.position.desc())
        value = session.scalars(query.order_by(*order).limit(1)).first()
        if value is not None and value.value_sealed is not None:
            return value
    return None


def _owners(session: Session, row: CallBack) -> Iterator[uuid.UUID]:
    """Under whose ids the phone may be sealed, the best first."""
    if row.ticket_id is not None:
        yield session.get_one(Ticket, row.ticket_id).report_id
    if row.follower_id is not None:
        yield row.follower_id
    if row.complaint_id is not None:
        yield row.complaint_id
    elif row.institution_id is not None:
        yield from contacts.to_call(session, row.institution_id)
