"""Who has a ticket, and whose ticket counts as nobody's (DESK 2.2).

Whoever is disabled, has lost the queue or works on tickets no more is *gone*: whatever happens to their ticket next
takes it from them. Whoever is *away* keeps it until a colleague takes it or the clinic brings it back to us.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.accounts.roles import GRANTS, Permission, Role
from portal.audit.actor import SYSTEM
from portal.progress import hooks, lifecycle
from portal.progress.hooks import Moment
from portal.progress.lifecycle import ANY_STATE, Move
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S

TAKEN_BACK = Move("taken_back", "放回队列", {**ANY_STATE, S.IN_PROGRESS: S.SUBMITTED}, is_public=False, is_remark=True)
AWAY = "暂时不在"
_DISABLED = "已停用"


class Person(Protocol):
    """What of a user decides it."""

    @property
    def is_active(self) -> bool: ...

    @property
    def queues(self) -> Sequence[str]: ...

    @property
    def role(self) -> str: ...

    @property
    def away_from(self) -> datetime | None: ...

    @property
    def away_until(self) -> datetime | None: ...


@dataclass(frozen=True)
class Holding:
    """Owner and state of a ticket as they count for what can be done with it."""

    owner_id: uuid.UUID | None
    state: S


def holding_of(session: Session, ticket: Ticket, viewer_id: uuid.UUID | None = None) -> Holding:
    """As `take_back` would leave the ticket; changes nothing. Whoever is away still holds their own."""
    is_own = ticket.assignee_id is not None and ticket.assignee_id == viewer_id
    if not (why_gone(session, ticket) if is_own else why_absent(session, ticket)):
        return Holding(ticket.assignee_id, ticket.state_enum)
    return Holding(None, TAKEN_BACK.leads[ticket.state_enum])


def why_gone(session: Session, ticket: Ticket) -> str:
    """Why the ticket's owner is gone; empty if they are not, or if there is none."""
    if ticket.assignee_id is None:
        return ""
    owner = session.get(User, ticket.assignee_id)
    return why_not(owner, ticket.queue) if owner is not None else _DISABLED


def why_absent(session: Session, ticket: Ticket) -> str:
    """Why the ticket counts as nobody's, gone or away; empty if it does not, or has no owner."""
    if ticket.assignee_id is None:
        return ""
    owner = session.get(User, ticket.assignee_id)
    return why_not_now(owner, ticket.queue) if owner is not None else _DISABLED


def why_not(person: Person, queue: str) -> str:
    """Why a person cannot have tickets of a queue; empty if they can."""
    if not person.is_active:
        return _DISABLED
    if queue not in person.queues:
        return "已不在这个队列"
    return "" if Permission.WORK_TICKET in GRANTS[Role(person.role)] else "已不再处理工单"


def why_not_now(person: Person, queue: str) -> str:
    """As `why_not`; also while they are away."""
    return why_not(person, queue) or (AWAY if is_away(person) else "")


def is_away(person: Person) -> bool:
    """Whether an absence has begun and not ended; one without an end lasts until it is changed."""
    now, ends = clock.now(), person.away_until
    return person.away_from is not None and person.away_from <= now and (ends is None or now < ends)


def give(session: Session, ticket: Ticket, person_id: uuid.UUID | None, name: str | None) -> None:
    """Another owner, or nobody; the first owner is recorded permanently (REQUIREMENTS N1)."""
    if ticket.assignee_id != person_id:
        ticket.assignee_id, ticket.assignee_name = person_id, name
        ticket.assigned_at = clock.now() if person_id is not None else None
        hooks.announce(session, ticket, Moment.HANDED)
    ticket.first_owner_id = ticket.first_owner_id or person_id


def take_back(session: Session, ticket: Ticket, *, also_away: bool) -> None:
    """Leave the locked ticket with nobody, with a line that says why, if its owner is gone.

    Args:
        also_away: or away: a colleague takes it, or the clinic brought it back to us.
    """
    reason = why_absent(session, ticket) if also_away else why_gone(session, ticket)
    if reason:
        words = f"负责人{ticket.assignee_name}{reason}，这条问题不再有负责人"
        give(session, ticket, None, None)
        lifecycle.apply(session, ticket, TAKEN_BACK, SYSTEM, text=words)
