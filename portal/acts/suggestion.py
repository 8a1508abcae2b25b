"""Who is suggested for a ticket: skills that fit first, then the fewest tickets with their turn, then the longest wait.

Only a suggestion, with its reason beside the name (DESK 2.2); who is away or of another queue is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.acts import colleagues
from portal.acts.colleagues import People
from portal.acts.inputs import Option
from portal.acts.models import AssignmentOffer
from portal.kinds.names import joined
from portal.kinds.table import KINDS, QUEUES
from portal.tickets.models import Ticket
from portal.tickets.states import Turn

OPEN = "open"  # of an offer
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Suggested:
    """One colleague.

    Args:
        fits: the words of the skills that fit the ticket. waiting: tickets that wait for them.
        last_at: when they last got one.
    """

    user: Any
    fits: tuple[str, ...]
    waiting: int
    last_at: datetime | None

    @property
    def rank(self) -> tuple[int, int, datetime, str]:
        return -len(self.fits), self.waiting, self.last_at or _NEVER, self.user.display_name

    @property
    def reason(self) -> str:
        last = f"上次接到 {clock.staff_time(self.last_at)}" if self.last_at else "还没有接过"
        known = [joined("熟悉", "、".join(self.fits))] if self.fits else []
        return "，".join([*known, f"轮到 {self.waiting} 条", last])


def suggested(session: Session, ticket: Ticket) -> list[Suggested]:
    """Every colleague who can take the ticket, the best first."""
    present = colleagues.people_of(session, ticket.queue).present
    others = [user for user in present if user.id != ticket.assignee_id]
    loads = _loads(session, [user.id for user in others])
    found = [Suggested(user, fits_of(user.skills, ticket), *loads.get(user.id, (0, None))) for user in others]
    return sorted(found, key=lambda one: one.rank)


def by_load(session: Session, people: People) -> list[Suggested]:
    """Everybody present, whatever the ticket: those first who have least to do."""
    loads = _loads(session, [user.id for user in people.present])
    found = [Suggested(user, (), *loads.get(user.id, (0, None))) for user in people.present]
    return sorted(found, key=lambda one: one.rank)


def options_for(session: Session, ticket: Ticket) -> Sequence[Option]:
    """For a form: everybody with the reason, the first one marked."""
    return [
        (one.user.username, f"{'' if place else '建议：'}{one.user.display_name}（{one.reason}）")
        for place, one in enumerate(suggested(session, ticket))
    ]


def fits_of(skills: Mapping[str, Sequence[str]], ticket: Ticket) -> tuple[str, ...]:
    """The words of the skills that fit the ticket's kind, system and county."""
    kinds = [KINDS[ticket.kind_enum].label] if ticket.queue in skills.get("kinds", ()) else []
    systems = [name for name in skills.get("systems", ()) if name and name == ticket.previous_system]
    counties = [name for name in skills.get("counties", ()) if name and name in ticket.institution]
    return *kinds, *systems[:1], *counties[:1]


def _loads(session: Session, user_ids: Sequence[UUID]) -> dict[UUID, tuple[int, datetime | None]]:
    """Tickets that wait for each, offered ones too, and when each last got one: one statement, few rows a person."""
    theirs = Ticket.assignee_id == User.id
    waits = (theirs, Ticket.queue.in_(QUEUES), Ticket.turn == Turn.US.value)
    offers = (AssignmentOffer.to_id == User.id, AssignmentOffer.status == OPEN)
    waiting = select(func.count()).select_from(Ticket).where(*waits).correlate(User).scalar_subquery()
    offered = select(func.count()).select_from(AssignmentOffer).where(*offers).correlate(User).scalar_subquery()
    last = select(func.max(Ticket.assigned_at)).where(theirs).correlate(User).scalar_subquery()
    rows = session.execute(select(User.id, waiting + offered, last).where(User.id.in_(user_ids)))
    return {user_id: (count, moment) for user_id, count, moment in rows}
