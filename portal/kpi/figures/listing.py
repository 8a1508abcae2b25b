"""The tickets behind a figure, newest first, page by page."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from portal import keyset
from portal.kpi.figures import cases
from portal.kpi.figures.sources import Scope
from portal.tickets.models import Ticket

PAGE_SIZE = 50
Place = tuple[datetime, uuid.UUID]


@dataclass(frozen=True)
class Page:
    tickets: Sequence[Ticket]
    next_cursor: str | None


def page_of(session: Session, scope: Scope, figure: str, key: str, cursor: str) -> Page | None:
    """None for a figure without a list.

    Raises:
        InvalidError: a cursor that no page gave.
    """
    wanted = cases.condition(scope, figure, key)
    if wanted is None:
        return None
    query = select(Ticket).where(wanted)
    if cursor:
        query = query.where(tuple_(Ticket.submitted_at, Ticket.id) < tuple_(*keyset.place(cursor)))
    ordered = query.order_by(Ticket.submitted_at.desc(), Ticket.id.desc()).limit(PAGE_SIZE + 1)
    found = session.scalars(ordered).all()
    rows = found[:PAGE_SIZE]
    more = keyset.cursor(rows[-1].submitted_at, rows[-1].id) if len(found) > PAGE_SIZE else None
    return Page(rows, more)
