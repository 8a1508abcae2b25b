"""Destroys a reported account and password when they are no longer needed (REQUIREMENTS T10, SECURITY C-11)."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.tickets.models import Ticket
from portal.vault.models import DataKey, SealedValue
from portal.vault.vault import CREDENTIALS


def destroy_credentials(session: Session, ticket: Ticket) -> int:
    """Delete the credentials' own data key and overwrite their ciphertext; the masks stay, with the time.

    Returns how many values were destroyed. A reopened ticket has to ask for them again.
    """
    keys = select(DataKey.id).where(DataKey.owner_id == ticket.report_id, DataKey.purpose == CREDENTIALS)
    key_ids = session.scalars(keys).all()
    destroyed = session.execute(
        update(SealedValue)
        .where(SealedValue.data_key_id.in_(key_ids))
        .values(value_sealed=None, value_index=None, data_key_id=None, destroyed_at=clock.now())
    ).rowcount  # type: ignore[attr-defined]
    session.execute(delete(DataKey).where(DataKey.id.in_(key_ids)))
    if destroyed:
        trail.record(
            session, Tag.CREDENTIALS_DESTROYED, SYSTEM, ticket_number=ticket.number, detail=f"{destroyed} values"
        )
    return int(destroyed)
