"""Alerts: raised step by step until somebody acknowledges them, each step once (DESK 1.7).

Whoever raises one holds the lock of its ticket. Acknowledging stops the steps; it stops no clock.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows
from portal.errors import NotFoundError
from portal.escalation import people
from portal.escalation.causes import STEPS, Cause
from portal.escalation.models import Alert, AlertSeries
from portal.escalation.own_alerts import ABSENT
from portal.notify import outbox
from portal.notify.events import Event
from portal.tickets.models import Ticket


@dataclass(frozen=True)
class Subject:
    """What an alert is about.

    Args:
        people: further people whom the first step concerns. told: who learns of it in the same message without having
            to acknowledge it. next_at: when the second step is due, where `STEPS` leaves that open.
    """

    id: uuid.UUID
    people: tuple[uuid.UUID, ...] = ()
    told: tuple[uuid.UUID, ...] = ()
    next_at: datetime | None = None


def raise_alert(session: Session, ticket: Ticket, cause: Cause, subject: Subject) -> bool:
    """The first step; whether there was none of this cause, subject and round yet."""
    key = (AlertSeries.cause == cause.value, AlertSeries.subject_id == subject.id, AlertSeries.round == ticket.round)
    now, known = clock.now(), session.scalars(select(AlertSeries).where(*key)).first()
    if known is not None:
        _take_up(known, now)
        return False
    series = AlertSeries(
        cause=cause.value, subject_id=subject.id, ticket_id=ticket.id, round=ticket.round, step=0, raised_at=now
    )
    session.add(series)
    session.flush()
    raise_step(session, ticket, series, 1, now, subject)
    return True


def _take_up(series: AlertSeries, now: datetime) -> None:
    """Its reason was gone and is back before anybody acknowledged it: the next step is due, counted from now."""
    steps = STEPS[Cause(series.cause)]
    after = steps[series.step].after if series.step < len(steps) else None
    if series.ended_at is not None and series.acknowledged_at is None and after is not None:
        series.ended_at, series.next_at = None, now + after


def raise_step(
    session: Session, ticket: Ticket, series: AlertSeries, step: int, due_at: datetime, subject: Subject | None = None
) -> None:
    """One step of a locked series, due at this moment; the next one is counted from there."""
    steps = STEPS[Cause(series.cause)]
    series.step, series.next_at = step, subject.next_at if subject else None
    if step < len(steps) and (after := steps[step].after) is not None:
        series.next_at = due_at + after
    _tell(session, ticket, series, subject.people if subject else (), subject.told if subject else ())


def tell_new_leads(session: Session, ticket: Ticket, cause: Cause, subject_id: uuid.UUID) -> None:
    """The ticket went to another queue: its people get the step at which the alert is."""
    key = (AlertSeries.cause == cause.value, AlertSeries.subject_id == subject_id)
    series = session.scalars(select(AlertSeries).where(*key, AlertSeries.round == ticket.round)).first()
    if series is not None and series.acknowledged_at is None and series.ended_at is None:
        _tell(session, ticket, series, ())


def _tell(
    session: Session,
    ticket: Ticket,
    series: AlertSeries,
    named: Iterable[uuid.UUID],
    told: Iterable[uuid.UUID] = (),
) -> None:
    step, now = STEPS[Cause(series.cause)][series.step - 1], clock.now()
    found = people.reached(session, ticket, step.people, tuple(named), now)
    known = select(Alert.to_user_id).where(Alert.series_id == series.id, Alert.step == series.step)
    fresh = [user_id for user_id in found.ids if user_id not in set(session.scalars(known))]
    rows = [
        Alert(id=uuid.uuid4(), series_id=series.id, step=series.step, to_user_id=user_id, raised_at=now)
        for user_id in fresh
    ]
    insert_rows(session, *rows)
    if reached := [*dict.fromkeys([*fresh, *told])]:
        outbox.add(session, step.event, ticket.number, to=reached)
    if found.lacks_chief:
        outbox.add(session, Event.NO_LEAD, ticket.number, to=people.administrators(session))


def end(session: Session, ticket: Ticket) -> None:
    """A listener: nobody is alerted of a ticket that has ended."""
    _end(session, AlertSeries.ticket_id == ticket.id)


def end_about(session: Session, subject_id: uuid.UUID) -> None:
    """What the alert was about is settled."""
    _end(session, AlertSeries.subject_id == subject_id)


def end_of(session: Session, ticket: Ticket, cause: Cause) -> None:
    """Every alert of this cause about a ticket."""
    _end(session, and_(AlertSeries.ticket_id == ticket.id, AlertSeries.cause == cause.value))


def _end(session: Session, whose: object) -> None:
    running = update(AlertSeries).where(whose, AlertSeries.ended_at.is_(None))  # type: ignore[arg-type]
    session.execute(running.values(ended_at=clock.now(), next_at=None))


def acknowledge(session: Session, actor: Actor, alert_id: uuid.UUID) -> AlertSeries:
    """A person who was alerted has seen it: no further step follows. A second press changes nothing.

    Raises:
        NotFoundError: no such alert of this person.
    """
    alert = session.get(Alert, alert_id)
    if alert is None or alert.to_user_id != actor.user_id:
        raise NotFoundError(ABSENT)
    series = session.get_one(AlertSeries, alert.series_id, with_for_update=True, populate_existing=True)
    if series.acknowledged_at is None:
        series.acknowledged_at, series.acknowledged_by_id, series.next_at = clock.now(), actor.user_id, None
        ticket = session.get_one(Ticket, series.ticket_id)
        trail.record(
            session, Tag.ALERT_ACKNOWLEDGED, actor, ticket_number=ticket.number,
            particulars={"cause": series.cause, "step": alert.step},
        )  # fmt: skip
    return series


Subjects = Callable[[Session, Ticket], Iterable[Subject]]


def listener(cause: Cause, subjects: Subjects) -> Callable[[Session, Ticket], None]:
    """Raises an alert of each subject that has none yet, when a moment of the ticket is announced."""

    def listen(session: Session, ticket: Ticket) -> None:
        for subject in subjects(session, ticket):
            raise_alert(session, ticket, cause, subject)

    return listen


def the_ticket(session: Session, ticket: Ticket) -> Iterable[Subject]:
    """The ticket itself, once a round."""
    return (Subject(ticket.id),)
