"""Whom a step of an alert reaches, at the moment it is raised."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.roles import Permission, roles_with
from portal.escalation import duty
from portal.escalation.causes import Concerned
from portal.progress import ownership
from portal.tickets.models import Ticket

_CHIEFS = (Concerned.DUTY, Concerned.LEADS)


@dataclass
class Reached:
    """Ids in order, each once. `lacks_chief`: nobody is on duty and the queue has no lead."""

    ids: list[uuid.UUID] = field(default_factory=list)
    lacks_chief: bool = False

    def add(self, people: Collection[User]) -> None:
        self.ids += [user.id for user in people if user.id not in self.ids]


def reached(
    session: Session, ticket: Ticket, concerned: Sequence[Concerned], named: Sequence[uuid.UUID], at: datetime
) -> Reached:
    """Disabled people, and an owner who has lost the queue, are left out; with nobody on duty the leads stand in."""
    found = Reached()
    owner = _active(session, ownership.holding_of(session, ticket).owner_id)
    for concern in concerned:
        if concern in (Concerned.OWNER, Concerned.OWNER_OR_DUTY):
            found.add([owner] if owner else [])
        if concern in _CHIEFS or (concern is Concerned.OWNER_OR_DUTY and owner is None):
            chiefs = _chiefs(session, ticket.queue, at, is_duty=concern is not Concerned.LEADS)
            found.lacks_chief |= not chiefs
            found.add(chiefs)
        if concern is Concerned.FIRST_OWNER:
            first = _active(session, ticket.first_owner_id)
            found.add([first] if first and ticket.queue in first.queues else [])
        if concern is Concerned.NAMED:
            found.add([user for user_id in named if (user := _active(session, user_id))])
    return found


def administrators(session: Session) -> list[uuid.UUID]:
    """Who can add a lead where there is none."""
    roles = [role.value for role in roles_with(Permission.MANAGE_USERS)]
    return list(session.scalars(select(User.id).where(User.role.in_(roles), User.is_active).order_by(User.name_key)))


def _chiefs(session: Session, queue: str, at: datetime, *, is_duty: bool) -> list[User]:
    return (is_duty and duty.on_duty(session, queue, at)) or duty.leads_of(session, queue)


def _active(session: Session, user_id: uuid.UUID | None) -> User | None:
    user = session.get(User, user_id) if user_id else None
    return user if user is not None and user.is_active else None
