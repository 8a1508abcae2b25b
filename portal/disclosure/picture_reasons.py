"""Why somebody opens the pictures of a ticket: said once, it holds for this person, this ticket and 15 minutes.

One picture may show twenty residents, so it needs a reason like a value; a reason for each of five pictures would be
clicked away. The row of the trail is the only memory of it.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.disclosure.reasons import kept_reason
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket

HOLDS_FOR = timedelta(minutes=15)
MISSING = "请先选择打开附图的原因"


def give(runtime: Runtime, actor: Actor, number: str, reason: str) -> None:
    """Record it.

    Raises:
        InvalidError: no reason (see `reasons`). NotFoundError: no such ticket.
    """
    reason = kept_reason(reason)
    with runtime.database.transaction() as session:
        ticket = lookup.find(session, actor, number)
        trail.record(session, Tag.PICTURE_REASON, actor, ticket_number=ticket.number, reason=reason)


def current(session: Session, actor: Actor, ticket: Ticket) -> str | None:
    """The reason that still holds; None if it must be asked for."""
    given = (
        select(AuditEvent.reason)
        .where(
            AuditEvent.ticket_number == ticket.number,
            AuditEvent.tag == Tag.PICTURE_REASON,
            AuditEvent.actor_id == actor.user_id,
            AuditEvent.at > clock.now() - HOLDS_FOR,
            AuditEvent.at <= clock.now(),
        )
        .order_by(AuditEvent.seq.desc())
    )
    with trail.needed():
        return session.scalars(given.limit(1)).first()
