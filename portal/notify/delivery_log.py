"""What was sent to whom through which channel, without any content and without an address."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from portal import clock, keyset
from portal.accounts.models import User
from portal.errors import NotFoundError, PortalError
from portal.notify.models import LOST, UNFINISHED, Delivery, DeliveryState, OutboxMessage
from portal.notify.recipients import RecipientKind

PAGE_SIZE = 50
TROUBLE = "trouble"  # what was lost, and what waits after a failed attempt


@dataclass(frozen=True)
class LoggedDelivery:
    """One line. `person` is the display name of a member of staff, empty for other recipients."""

    id: uuid.UUID
    event: str
    number: str
    channel: str
    recipient_kind: str
    person: str
    state: str
    attempts: int
    error: str | None
    status_code: int | None
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None

    @property
    def may_try_again(self) -> bool:
        return self.state in LOST


def page(
    session: Session, *, state: str = "", channel: str = "", cursor: str = "", limit: int = PAGE_SIZE
) -> tuple[list[LoggedDelivery], str | None]:
    """The newest first, and the cursor of the next page.

    Raises:
        InvalidError: a cursor that this list did not make.
    """
    query = select(Delivery, OutboxMessage).join(OutboxMessage, OutboxMessage.id == Delivery.message_id)
    if state == TROUBLE:
        query = query.where(or_(Delivery.status.in_(LOST), Delivery.last_error.is_not(None)))
    elif state:
        query = query.where(Delivery.status == state)
    if channel:
        query = query.where(Delivery.channel == channel)
    if cursor:
        query = query.where(tuple_(Delivery.created_at, Delivery.id) < tuple_(*keyset.place(cursor)))
    query = query.order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(limit + 1)
    found = session.execute(query).all()
    rows = [(row, message) for row, message in found[:limit]]
    names = _names(session, [row for row, _ in rows])
    last = rows[-1][0] if len(found) > limit else None
    after = keyset.cursor(last.created_at, last.id) if last is not None else None
    return [_logged(row, message, names) for row, message in rows], after


def try_again(session: Session, delivery_id: uuid.UUID) -> None:
    """Send a lost delivery, and what it carried, once more from the beginning.

    Raises:
        NotFoundError: there is none. PortalError: 409, it is not lost.
    """
    row = session.get(Delivery, delivery_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    if row.status not in LOST:
        raise PortalError("这条通知没有失败，不用再发", 409)
    together = select(Delivery).where(Delivery.carrier_id == row.carrier_id).order_by(Delivery.id).with_for_update()
    for one in session.scalars(together).all() if row.carrier_id else [row]:
        one.status, one.attempts, one.ended_at = DeliveryState.WAITING.value, 0, None
        one.next_attempt_at = clock.now()


def _logged(row: Delivery, message: OutboxMessage, names: dict[str, str]) -> LoggedDelivery:
    is_staff = row.recipient_kind == RecipientKind.USER.value
    return LoggedDelivery(
        id=row.id, event=message.event, number=message.ticket_number, channel=row.channel,
        recipient_kind=row.recipient_kind, person=names.get(row.recipient_id, "") if is_staff else "",
        state=row.status, attempts=row.attempts, error=row.last_error, status_code=row.status_code,
        created_at=row.created_at, next_attempt_at=row.next_attempt_at if row.status in UNFINISHED else None,
        ended_at=row.ended_at,
    )  # fmt: skip


def _names(session: Session, rows: Sequence[Delivery]) -> dict[str, str]:
    ids = {uuid.UUID(row.recipient_id) for row in rows if row.recipient_kind == RecipientKind.USER.value}
    return {str(user.id): user.display_name for user in session.scalars(select(User).where(User.id.in_(ids)))}
