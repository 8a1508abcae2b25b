"""Opens a clinic's phone for one text message: agreed to, recorded first, kept nowhere (DESK N.4)."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.notify.channel import Outgoing
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.vault.models import SealedValue

FIELD = "contact_phone"


@dataclass(frozen=True)
class PhoneBook:
    """Of this deployment's reports."""

    runtime: Runtime

    def open_for(self, outgoing: Outgoing) -> str | None:
        """The clinic's own phone, opened after the trail's row is committed.

        None without the clinic's consent, without a phone, or when it was destroyed.

        Raises:
            SealBrokenError, MaskForgedError: the value is not what was sealed.
        """
        number = outgoing.message.number
        with self.runtime.database.transaction() as session:
            row = _sealed_phone(session, number)
            if row is None:
                return None
            facts: trail.Particulars = {"event": outgoing.message.event, "delivery": str(outgoing.id)}
            trail.record(
                session, Tag.CONTACT_NOTIFIED, SYSTEM, ticket_number=number, field=FIELD,
                particulars=facts, value_index=row.value_index,
            )  # fmt: skip
            row_id = row.id
        with self.runtime.database.read() as session:
            kept = session.get(SealedValue, row_id)
            if kept is None or kept.value_sealed is None:
                return None
            return self.runtime.vault.open_value(session, kept)


def _sealed_phone(session: Session, number: str) -> SealedValue | None:
    """The phone that the clinic gave last."""
    ticket = lookup.by_number(session, number)
    if ticket is None or ticket.sms_notice is None:
        return None
    query = (
        select(SealedValue)
        .where(
            SealedValue.owner_id == ticket.report_id,
            SealedValue.field == FIELD,
            SealedValue.value_sealed.is_not(None),
            SealedValue.destroyed_at.is_(None),
        )
        .order_by(SealedValue.position.desc())
        .limit(1)
    )
    return session.scalars(query).first()
