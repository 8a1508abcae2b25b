"""Which rows of the trail a person may see: those of a ticket follow its queue; auditors see all."""

from collections.abc import Sequence

from sqlalchemy import Select, or_
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit.models import AuditEvent
from portal.audit.queries import TrailScope
from portal.progress import hooks
from portal.tickets import lookup
from portal.tickets.models import Ticket

WHOLE = TrailScope(None)


def queues_of(principal: Principal) -> tuple[str, ...] | None:
    """The queues whose tickets a reviewer sees; None for auditors: all."""
    return None if principal.can(Permission.REVIEW_ALL) else principal.queues


def scope_of(session: Session, principal: Principal) -> TrailScope:
    """Every row for auditors; for leads those about no ticket, and those of tickets that are now in their queues."""
    queue_names = queues_of(principal)
    if queue_names is None:
        return WHOLE
    return scope_of_queues(session, queue_names, hooks.own_numbers(session, principal.user_id))


def scope_of_queues(session: Session, queue_names: Sequence[str], also: Sequence[Select[str]] = ()) -> TrailScope:
    """The rows of these queues, under current and former numbers, and what is about no ticket; and `also`."""
    number = AuditEvent.ticket_number
    own = lookup.every_number(Ticket.queue.in_(queue_names))
    beside = hooks.numbers_beside_tickets(session, queue_names)
    return TrailScope(or_(number.is_(None), *(number.in_(numbers) for numbers in (*own, *beside, *also))))
