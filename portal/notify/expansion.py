"""Turns messages into deliveries, with the recipients as they are then: disabled people drop out (DESK N.2)."""

import logging
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import Department, User
from portal.db import Database, insert_rows
from portal.notify import matrix
from portal.notify.channel import Channel
from portal.notify.events import Event
from portal.notify.matrix import Rules, Way
from portal.notify.message import tickets_of
from portal.notify.models import Delivery, DeliveryState, OutboxMessage
from portal.notify.recipients import RecipientKind, departments_of, recipients_of
from portal.tickets.models import Ticket

_BATCH = 100
_MOST_BATCHES = 50
_logger = logging.getLogger("portal.notify")


def expand(database: Database, channels: Sequence[Channel]) -> None:
    """All that is new, a batch a transaction."""
    for _ in range(_MOST_BATCHES):
        with database.transaction() as session:
            if _expand_some(session, channels) < _BATCH:
                return


def _expand_some(session: Session, channels: Sequence[Channel]) -> int:
    fresh = select(OutboxMessage).where(OutboxMessage.expanded_at.is_(None))
    fresh = fresh.order_by(OutboxMessage.created_at).limit(_BATCH).with_for_update(skip_locked=True)
    messages, rules = session.scalars(fresh).all(), matrix.load(session)
    tickets = tickets_of(session, (message.ticket_number for message in messages))
    for message in messages:
        insert_rows(session, *_deliveries(session, message, channels, rules, tickets))
        message.expanded_at = clock.now()
    return len(messages)


def _deliveries(
    session: Session,
    message: OutboxMessage,
    channels: Sequence[Channel],
    rules: Rules,
    tickets: Mapping[str, Ticket],
) -> list[Delivery]:
    if message.event not in list(Event):  # written by another version
        _logger.error("message %s has an unknown event", message.id)
        return []
    event = Event(message.event)
    return [
        Delivery(
            id=uuid.uuid4(), message_id=message.id, channel=channel.name, recipient_kind=kind.value,
            recipient_id=recipient_id, status=DeliveryState.WAITING.value, attempts=0,
            next_attempt_at=message.created_at, created_at=message.created_at,
        )
        for channel in channels
        for kind, recipient_id in [
            *((channel.reaches, one) for one in _recipients(
                session, event, message, channel, rules, tickets.get(message.ticket_number)
            )),
            *((RecipientKind.DEPARTMENT, one) for one in _departments(session, event, message, channel, rules)),
        ]
    ]  # fmt: skip


def _departments(session: Session, event: Event, message: OutboxMessage, channel: Channel, rules: Rules) -> list[str]:
    """The departments with a common mailbox, as it is then; nobody chooses for them."""
    named = departments_of(message.named or ())
    if channel.name != Way.MAIL or not named or not rules.is_on(event, Way.MAIL):
        return []
    ids = [uuid.UUID(department_id) for department_id in named]
    known = select(Department.id).where(Department.id.in_(ids), Department.mail_address.is_not(None))
    return [str(department_id) for department_id in session.scalars(known)]


def _recipients(
    session: Session, event: Event, message: OutboxMessage, channel: Channel, rules: Rules, ticket: Ticket | None
) -> list[str]:
    way = Way(channel.name) if channel.name in list(Way) else None
    is_personal = way in matrix.OWN_WAYS
    if way is not None and not is_personal and not rules.is_on(event, way):
        return []
    if channel.reaches is RecipientKind.CLINIC and (ticket is None or ticket.sms_notice is None):
        return []
    found = recipients_of(
        session, event, message.ticket_number, channel.reaches,
        by=str(message.actor_id or ""), named=message.named or (),
    )  # fmt: skip
    if way is None or not is_personal or not found:
        return found
    choices = matrix.choices_of(session, found, rules)
    return [one for one in _with_address(session, found) if choices.is_on(one, event, way)]


def _with_address(session: Session, user_ids: list[str]) -> list[str]:
    ids = [uuid.UUID(user_id) for user_id in user_ids]
    known = select(User.id).where(User.id.in_(ids), User.mail_address.is_not(None))
    have = {str(user_id) for user_id in session.scalars(known)}
    return [user_id for user_id in user_ids if user_id in have]
