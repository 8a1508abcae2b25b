"""The worker archives complete records once their days of reopening are over, in the order of closing (DESK 6.1).

Each ticket is one transaction on its locked row: any number of workers give one number each, and whoever is killed
leaves no gap. What is incomplete is looked at again later, and once it is rated.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.acts import archiving
from portal.acts.archiving import ARCHIVE
from portal.acts.closing import REOPEN_DAYS
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.due_work import each
from portal.kpi.archive import complete
from portal.progress import hooks, lifecycle
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import ARCHIVE_AWAITED, Ticket
from portal.watch import clock_doubt

BATCH = 200
_AGAIN_AT_LEAST, _AGAIN_AT_MOST = timedelta(days=1), timedelta(days=30)  # ours
_PUT_OFF = (
    update(Ticket)
    .where(Ticket.id == bindparam("ticket"), Ticket.archive_check_at == bindparam("was"))
    .values(archive_check_at=bindparam("next"))
)


def run(runtime: Runtime) -> int:
    """How many of a batch were archived. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    with runtime.database.read() as session:
        rows = [*_batch(session, now, Ticket.archive_check_at <= now), *_batch(session, now, _is_ahead(now))]
    ripe = {row[0].id: row[0].closed_at for row in rows if _is_over(row[0], now) and not complete.gaps_in(row)}
    put_off = [row[0] for row in rows if row[0].id not in ripe]
    if put_off:
        runtime.database.run(partial(_put_off, now, put_off))
    in_order = sorted(ripe, key=lambda ticket_id: (ripe[ticket_id], ticket_id))
    return sum(each(runtime.database, (partial(_archive, now, ticket_id) for ticket_id in in_order)))


def on_ended(session: Session, ticket: Ticket) -> None:
    """A listener."""
    ticket.archive_check_at = clock.now() + REOPEN_DAYS


def on_rated(session: Session, ticket: Ticket) -> None:
    """A listener: nothing else may be missing."""
    if ticket.archive_check_at is not None and ticket.closed_at is not None:
        ticket.archive_check_at = max(ticket.closed_at + REOPEN_DAYS, clock.now())


def looks_again_at(ticket: Ticket, now: datetime) -> datetime | None:
    """Sooner where it ended lately. None: never by itself, for nobody can fill in a destroyed record."""
    if ticket.destroyed_at is not None or ticket.closed_at is None:
        return None
    if not clock.has_been(ticket.closed_at, now):
        return now + REOPEN_DAYS
    if not _is_over(ticket, now):
        return ticket.closed_at + REOPEN_DAYS
    return now + max(_AGAIN_AT_LEAST, min(_AGAIN_AT_MOST, (now - ticket.closed_at) / 10))


def _batch(session: Session, now: datetime, is_due: ColumnElement[bool]) -> Sequence[Row[Any]]:
    awaited = complete.with_gaps(now).where(text(ARCHIVE_AWAITED), is_due)
    return session.execute(awaited.order_by(Ticket.archive_check_at, Ticket.id).limit(BATCH)).all()


def _is_ahead(now: datetime) -> ColumnElement[bool]:
    """Nothing is put off so long: a wrong clock dated it. It has not happened, and its days of reopening begin now."""
    return Ticket.archive_check_at > clock.latest_end(_AGAIN_AT_MOST, now)


def _is_over(ticket: Ticket, now: datetime) -> bool:
    """Its days of reopening are."""
    return ticket.closed_at is not None and ticket.closed_at + REOPEN_DAYS <= now


def _put_off(now: datetime, tickets: Sequence[Ticket], session: Session) -> None:
    for ticket in sorted(tickets, key=lambda ticket: ticket.id):
        if ticket.closed_at is not None and not clock.has_been(ticket.closed_at, now):
            lookup.locked(session, ticket.id).closed_at = now
        known = {"ticket": ticket.id, "was": ticket.archive_check_at, "next": looks_again_at(ticket, now)}
        session.execute(_PUT_OFF, known, execution_options={"synchronize_session": False})


def _archive(now: datetime, ticket_id: uuid.UUID, session: Session) -> bool:
    ticket = lookup.locked(session, ticket_id)
    if ticket.archive_check_at is None or ticket.is_open or not _is_over(ticket, now):
        return False  # another worker or a person was faster
    if hooks.objections_to(session, ticket, ARCHIVE.name):
        ticket.archive_check_at = looks_again_at(ticket, now)
        return False
    number = archiving.give_number(session, ticket, None)
    lifecycle.apply(session, ticket, ARCHIVE.move, SYSTEM, text=archiving.line_of(number))
    trail.record(session, ARCHIVE.tag, SYSTEM, ticket_number=ticket.number, particulars={"archive_number": number})
    return True
