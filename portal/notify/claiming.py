"""Claims what is due, for the time of a lease, and composes what is said of it.

A claim counts as an attempt, so that no delivery kills workers for ever.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.notify import channel_health, digests, matrix, quiet
from portal.notify.channel import Channel, Outgoing
from portal.notify.digests import Due, Parcel
from portal.notify.events import Event
from portal.notify.matrix import Way
from portal.notify.message import compose, tickets_of
from portal.notify.models import UNFINISHED, Delivery, DeliveryError, DeliveryState, OutboxMessage
from portal.notify.recipients import RecipientKind
from portal.tickets.models import Ticket, TimelineEntry

LEASE = timedelta(minutes=5)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440))
MOST_ATTEMPTS = len(PAUSES) + 1
# A clinic that did something within this time gets its answer at any hour.
_JUST_NOW = timedelta(minutes=10)
_BATCH, _GATHERED_BATCH = 100, 2000
_logger = logging.getLogger("portal.notify")


@dataclass(frozen=True)
class Claim:
    """One message to send, and the deliveries whose fate it decides, each with the number of its attempt."""

    outgoing: Outgoing
    attempts: Mapping[uuid.UUID, int]
    is_probe: bool


def claim(session: Session, channel: Channel, base_url: str) -> list[Claim]:
    """In the caller's transaction, which is committed before anything is sent."""
    now, state = clock.now(), channel_health.locked(session, channel.name)
    is_probe = channel_health.is_failing(state, now)
    most = channel_health.claimable(state, now, _GATHERED_BATCH if channel.reaches in digests.GATHERED else _BATCH)
    if not most:
        return []
    due = [pair for pair in _due(session, channel.name, now, most) if not _is_spent(pair[0], is_probe)]
    tickets = tickets_of(session, {message.ticket_number for _, message in due})
    due = _undisturbed(session, channel, due, tickets, now)
    planned = digests.parcels(session, channel.name, channel.reaches, due, now)
    return [_claimed(parcel, channel, tickets, base_url, now, is_probe=is_probe) for parcel in planned]


def give_up(row: Delivery, state: DeliveryState, error: DeliveryError) -> None:
    row.status, row.last_error, row.ended_at = state.value, error.value, clock.now()
    _logger.error("delivery %s through %s is given up: %s", row.id, row.channel, error)


def _due(session: Session, channel: str, now: datetime, most: int) -> list[Due]:
    query = (
        select(Delivery, OutboxMessage)
        .join(OutboxMessage, OutboxMessage.id == Delivery.message_id)
        .where(Delivery.status.in_(UNFINISHED), Delivery.channel == channel, Delivery.next_attempt_at <= now)
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(most)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    return [(row, message) for row, message in session.execute(query)]


def _is_spent(row: Delivery, is_probe: bool) -> bool:
    """Whether its last attempt was cut short and there is none left; while the channel fails nothing is given up."""
    if row.attempts < MOST_ATTEMPTS or is_probe:
        return False
    give_up(row, DeliveryState.GIVEN_UP, DeliveryError.INTERRUPTED)
    return True


def _undisturbed(
    session: Session, channel: Channel, due: Sequence[Due], tickets: Mapping[str, Ticket], now: datetime
) -> list[Due]:
    """Without what falls into somebody's quiet hours: it is put off to their end."""
    if channel.reaches not in (RecipientKind.USER, RecipientKind.CLINIC) or not due:
        return list(due)
    is_clinic = channel.reaches is RecipientKind.CLINIC
    hours = {} if is_clinic else quiet.hours_of(session, {row.recipient_id for row, _ in due})
    clinics = quiet.clinics_hours(session) if is_clinic else quiet.NEVER
    kept = []
    for row, message in due:
        ends = hours.get(row.recipient_id, clinics).end_after(now)
        is_urgent = _is_must(channel.name, message.event) or (
            is_clinic and _just_acted(session, tickets.get(message.ticket_number), message.created_at, now)
        )
        if ends is None or is_urgent:
            kept.append((row, message))
        else:
            row.status, row.next_attempt_at = DeliveryState.WAITING.value, ends
    return kept


def _is_must(channel: str, event: str) -> bool:
    return channel in list(Way) and matrix.is_must(Event(event), Way(channel))


def _just_acted(session: Session, ticket: Ticket | None, at: datetime, now: datetime) -> bool:
    """Whether this tells a clinic the answer to something that it did within the last ten minutes."""
    if ticket is None:
        return False
    since = now - _JUST_NOW
    if since <= ticket.submitted_at <= now:
        return True
    acts = select(TimelineEntry.id).where(TimelineEntry.ticket_id == ticket.id, TimelineEntry.actor_role == "clinic")
    acts = acts.where(TimelineEntry.at >= since, TimelineEntry.at <= now)
    return at >= since and session.scalar(acts.limit(1)) is not None


def _claimed(
    parcel: Parcel, channel: Channel, tickets: Mapping[str, Ticket], base_url: str, now: datetime, *, is_probe: bool
) -> Claim:
    for row, _ in parcel.rows:
        row.status, row.attempts = DeliveryState.SENDING.value, row.attempts + 1
        row.claimed_at, row.next_attempt_at = now, now + LEASE
        if len(parcel.rows) > 1:
            row.carrier_id = parcel.carrier.id
    first, told = parcel.carrier, parcel.message
    oldest = min((message for _, message in parcel.rows), key=lambda message: message.created_at)
    message = compose(
        Event(told.event), oldest.ticket_number, oldest.created_at, tickets.get(oldest.ticket_number),
        channel.reaches, base_url, len(parcel.rows),
    )  # fmt: skip
    outgoing = Outgoing(first.id, first.attempts, first.recipient_id, message)
    return Claim(outgoing, {row.id: row.attempts for row, _ in parcel.rows}, is_probe)


def unclaimed(session: Session, claims: Sequence[Claim]) -> None:
    """Return rows that were not attempted."""
    attempts = {row_id: attempt for claim in claims for row_id, attempt in claim.attempts.items()}
    query = select(Delivery).where(Delivery.id.in_(attempts)).order_by(Delivery.id).with_for_update()
    for row in session.scalars(query).all():
        if row.attempts == attempts[row.id] and row.status == DeliveryState.SENDING.value:
            row.attempts, row.status = row.attempts - 1, DeliveryState.WAITING.value
            row.next_attempt_at, row.claimed_at = clock.now(), None
