"""The people of a queue: who can be asked to take one of its tickets, and who may still hold some."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.errors import Fault, InvalidError
from portal.progress import ownership
from portal.tickets.models import Ticket

# Made once: every queue and ticket page runs it, and making a statement costs more than running it.
_EVERYBODY = select(
    User.id, User.username, User.display_name, User.role, User.queues, User.is_active, User.away_from, User.away_until,
    User.skills,
).order_by(User.display_name)  # fmt: skip


@dataclass(frozen=True)
class People:
    """Who works in a queue, by display name, and whose tickets count as nobody's.

    Engineers have `.id`, `.username`, `.display_name` and `.skills`.

    Args:
        absent: why somebody's tickets count as nobody's, by id: gone from the queue, or away.
    """

    engineers: Sequence[Any]
    absent: dict[UUID, str]

    @property
    def present(self) -> list[Any]:
        """The engineers who are not away."""
        return [user for user in self.engineers if user.id not in self.absent]


def people_of(session: Session, queue: str) -> People:
    """Everybody, as the queue sees them: one query."""
    everybody = session.execute(_EVERYBODY).all()
    reasons = {user.id: ownership.why_not_now(user, queue) for user in everybody}
    return People(
        [user for user in everybody if not ownership.why_not(user, queue)],
        {user_id: reason for user_id, reason in reasons.items() if reason},
    )


def chosen(session: Session, ticket: Ticket, username: str) -> User:
    """The colleague of this name, locked, so that nobody gets a ticket while being disabled.

    Raises:
        InvalidError: not of this queue, away, or the ticket's owner.
    """
    named = select(User).where(User.username == username, User.is_active).with_for_update(read=True)
    person = session.scalars(named).first()
    if person is None or ownership.why_not(person, ticket.queue):
        raise InvalidError([Fault("assignee", "invalid", "请选择这个队列的工程师")])
    if person.id == ticket.assignee_id:
        raise InvalidError([Fault("assignee", "invalid", f"这条问题已经由{person.display_name}处理，请选择别人")])
    if ownership.is_away(person):
        until = f"（到 {clock.staff_time(person.away_until)}）" if person.away_until else ""
        fault = f"{person.display_name}{ownership.AWAY}{until}，请选择别人"
        raise InvalidError([Fault("assignee", "invalid", fault)])
    return person
