"""Who has a ticket. Who is disabled, has lost its queue or works on tickets no more counts as nobody (DESK 2.2)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.roles import GRANTS, Permission, Role
from portal.audit.actor import SYSTEM
from portal.tickets import hooks, lifecycle
from portal.tickets.hooks import Moment
from portal.tickets.lifecycle import ANY_STATE, Move
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S

TAKEN_BACK = Move("taken_back", "放回队列", {**ANY_STATE, S.IN_PROGRESS: S.SUBMITTED}, is_public=False, is_remark=True)


class Person(Protocol):
    """What of a user decides it."""

    @property
    def is_active(self) -> bool: ...

    @property
    def queues(self) -> Sequence[str]: ...

    @property
    def role(self) -> str: ...


@dataclass(frozen=True)
class Holding:
    """Owner and state of a ticket as they count for what can be done with it."""

    owner_id: uuid.UUID | None
    state: S


def holding_of(session: Session, ticket: Ticket) -> Holding:
    """As `take_back` would leave the ticket; changes nothing."""
    if not why_gone(session, ticket):
        return Holding(ticket.assignee_id, ticket.state_enum)
    return Holding(None, TAKEN_BACK.leads[ticket.state_enum])


def why_gone(session: Session, ticket: Ticket) -> str:
    """Why the ticket's owner counts as nobody; empty if they do not, or if there is none."""
    if ticket.assignee_id is None:
        return ""
    owner = session.get(User, ticket.assignee_id)
    return why_not(owner, ticket.queue) if owner is not None else "已停用"


def why_not(person: Person, queue: str) -> str:
    """Why a person cannot have tickets of a queue; empty if they can."""
    if not person.is_active:
        return "已停用"
    if queue not in person.queues:
        return "已不在这个队列"
    return "" if Permission.WORK_TICKET in GRANTS[Role(person.role)] else "已不再处理工单"


def give(session: Session, ticket: Ticket, person_id: uuid.UUID | None, name: str | None) -> None:
    """Another owner, or nobody; the first owner is recorded permanently (REQUIREMENTS N1)."""
    if ticket.assignee_id != person_id:
        ticket.assignee_id, ticket.assignee_name = person_id, name
        hooks.announce(session, ticket, Moment.HANDED)
    ticket.first_owner_id = ticket.first_owner_id or person_id


def take_back(session: Session, ticket: Ticket) -> None:
    """Leave the locked ticket with nobody, with a line that says why, if its owner is gone."""
    reason = why_gone(session, ticket)
    if reason:
        words = f"负责人{ticket.assignee_name}{reason}，这条问题不再有负责人"
        give(session, ticket, None, None)
        lifecycle.apply(session, ticket, TAKEN_BACK, SYSTEM, text=words)
