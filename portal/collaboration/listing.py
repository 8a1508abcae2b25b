"""Pages of collaborations, newest first: a partner's own department's, or those of one's queues."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from portal import keyset
from portal.accounts.models import Department
from portal.accounts.user_checks import name_key
from portal.audit.actor import Actor
from portal.collaboration.models import Collaboration
from portal.collaboration.rows import visible_to
from portal.collaboration.states import OVER, TO_VERIFY, WAITING, CollaborationState
from portal.errors import Fault, InvalidError
from portal.tickets.models import Ticket

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
OPEN = "open"
_OPEN_STATES = [state.value for state in CollaborationState if state not in OVER]


@dataclass(frozen=True)
class Wanted:
    """What a list shows. `state`: one, `open` or all. `department`: by name, however spelt."""

    state: str = ""
    department: str = ""


@dataclass(frozen=True)
class Page:
    found: Sequence[tuple[Collaboration, Ticket]]
    next_cursor: str | None


def page_of(session: Session, actor: Actor, wanted: Wanted, cursor: str = "", limit: int = PAGE_SIZE) -> Page:
    """One page, by keyset. Raises InvalidError: a state or cursor that does not exist."""
    query = select(Collaboration, Ticket).join(Ticket, Ticket.id == Collaboration.ticket_id).where(visible_to(actor))
    if wanted.state == OPEN:
        query = query.where(Collaboration.status.in_(_OPEN_STATES))
    elif wanted.state in list(CollaborationState):
        query = query.where(Collaboration.status == wanted.state)
    elif wanted.state:
        raise InvalidError([Fault("state", "invalid", "没有这个状态")])
    if wanted.department:
        named = select(Department.id).where(Department.name_key == name_key(wanted.department))
        query = query.where(Collaboration.department_id.in_(named))
    place = tuple_(Collaboration.created_at, Collaboration.id)
    if cursor:
        query = query.where(place < tuple_(*keyset.place(cursor)))
    query = query.order_by(Collaboration.created_at.desc(), Collaboration.id.desc()).limit(limit + 1)
    rows = [(row, ticket) for row, ticket in session.execute(query)]
    shown = rows[:limit]
    return Page(shown, keyset.cursor(shown[-1][0].created_at, shown[-1][0].id) if len(rows) > limit else None)


def to_verify(
    session: Session, user_id: uuid.UUID, queues: Sequence[str], limit: int = PAGE_SIZE
) -> Sequence[tuple[Collaboration, Ticket, str]]:
    """For 今日: answers on one's own tickets that wait to be judged, with the department; the oldest answer first."""
    query = (
        select(Collaboration, Ticket, Department.name)
        .join(Ticket, Ticket.id == Collaboration.ticket_id)
        .join(Department, Department.id == Collaboration.department_id)
        .where(
            Ticket.assignee_id == user_id, Ticket.queue.in_(queues),
            Collaboration.status.in_([state.value for state in TO_VERIFY]),
        )
        .order_by(Collaboration.answered_at, Collaboration.id)
        .limit(limit)
    )  # fmt: skip
    return [(row, ticket, department) for row, ticket, department in session.execute(query)]


def waiting_for(session: Session, actor: Actor) -> int:
    """How many wait for a partner's department."""
    query = select(func.count()).select_from(Collaboration).where(
        Collaboration.department_id == actor.department_id,
        Collaboration.status.in_([state.value for state in WAITING]),
    )  # fmt: skip
    return session.scalar(query) or 0
