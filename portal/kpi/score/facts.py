"""Writes what is known of a round when it ends, once, in the transaction that ends it (DESK 6.4, REQUIREMENTS T25).

Listeners of the ticket's life: nothing of it is derived later, so that a hand-over, a new round or another calendar
changes no figure of a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.clocks import policies
from portal.db import insert_rows, new_id
from portal.kpi.score.models import WorkFact
from portal.kpi.score.names import EndedHow, Word
from portal.tickets.models import Ticket, TimelineEntry
from portal.tickets.states import TicketState

_CLAIM = "claim"


@dataclass(frozen=True)
class Deed:
    """What a person did to the ticket, from its timeline."""

    at: datetime
    action: str
    actor_id: UUID | None


def on_end(session: Session, ticket: Ticket) -> None:
    """A listener: the ticket is closed, merged or void."""
    how = EndedHow(ticket.closed_how or ticket.state)
    _write(session, ticket, how, Word.YES if how is EndedHow.CONFIRMED else Word.NONE)


def on_refusal(session: Session, ticket: Ticket) -> None:
    """A listener: the clinic says 没有解决; what was closed before has its fact already."""
    if ticket.state_enum is TicketState.AWAITING_CONFIRMATION:
        _write(session, ticket, EndedHow.NOT_SOLVED, Word.NO)


def on_reopening(session: Session, ticket: Ticket) -> None:
    """A listener: staff take a result back before the clinic has answered."""
    if ticket.state_enum is TicketState.AWAITING_CONFIRMATION:
        _write(session, ticket, EndedHow.REOPENED, Word.NONE)


def on_separation(session: Session, ticket: Ticket) -> None:
    """A listener: a merge is undone, so that its round has not ended."""
    session.execute(delete(WorkFact).where(WorkFact.ticket_id == ticket.id, WorkFact.round == ticket.round))


def first_claimer(deeds: Iterable[Deed], touched_at: datetime | None) -> UUID | None:
    """Whoever claimed it first; where nobody claimed it, whoever did what counts as the first act."""
    found = list(deeds)
    claims = (deed.actor_id for deed in found if deed.action == _CLAIM)
    acts = (deed.actor_id for deed in found if touched_at is not None and deed.at >= touched_at)
    return next(claims, None) or next(acts, None)


def _write(session: Session, ticket: Ticket, how: EndedHow, said: Word) -> None:
    began, touched = ticket.round_began_at or ticket.submitted_at, ticket.touched_at
    time = policies.of(session, ticket.policy_version).time(session)

    def working(since: datetime | None, until: datetime | None) -> float | None:
        return None if since is None or until is None else time.minutes_between(since, until) * 60

    fact = WorkFact(
        id=new_id(),
        ticket_id=ticket.id,
        round=ticket.round,
        queue=ticket.queue,
        channel=ticket.channel,
        request_type=ticket.request_type,
        urgency=ticket.urgency,
        symptom=ticket.symptom,
        first_claimer_id=first_claimer(_deeds(session, ticket, began), touched),
        touch_seconds=None if touched is None else max((touched - began).total_seconds(), 0.0),
        touch_working_seconds=working(began, touched),
        reply_working_seconds=working(touched, ticket.first_replied_at),
        resolver_id=ticket.resolved_by_id if ticket.resolved_at is not None else None,
        ended_on=clock.china_today(),
        ended_how=how.value,
        is_confirmed=said.value,
        incident_id=None,  # of chapter S, which makes incidents
    )
    insert_rows(session, fact)


def _deeds(session: Session, ticket: Ticket, began: datetime) -> list[Deed]:
    query = (
        select(TimelineEntry.at, TimelineEntry.action, TimelineEntry.actor_id)
        .where(TimelineEntry.ticket_id == ticket.id, TimelineEntry.at >= began, TimelineEntry.actor_id.is_not(None))
        .order_by(TimelineEntry.at, TimelineEntry.id)
    )
    return [Deed(*row) for row in session.execute(query)]
