"""Gathers what comes in a rush: from the sixth message of a kind within a minute on they are one (DESK N.2).

A group bot takes 20 messages a minute, and some shut for ten minutes then.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.notify.models import Delivery, OutboxMessage
from portal.notify.recipients import RecipientKind

ALONE = 5  # of a kind within a minute
MOST_A_MINUTE = 20
GATHERED = (RecipientKind.GROUP, RecipientKind.USER)
_MINUTE = timedelta(minutes=1)
Kind = tuple[str, str]  # recipient and event
Due = tuple[Delivery, OutboxMessage]


@dataclass(frozen=True)
class Parcel:
    """What one message tells of: one delivery, or the oldest of several that it carries."""

    rows: Sequence[Due]

    @property
    def carrier(self) -> Delivery:
        return self.rows[0][0]

    @property
    def message(self) -> OutboxMessage:
        return self.rows[0][1]


def parcels(session: Session, channel: str, kind: RecipientKind, due: Sequence[Due], now: datetime) -> list[Parcel]:
    """What is sent now; the rest of the due rows waits. The channel's state is locked by the caller."""
    again = _carried(session, due)
    taken = {row.id for parcel in again for row, _ in parcel.rows}
    fresh = [pair for pair in due if pair[0].id not in taken and pair[0].carrier_id is None]
    if kind not in GATHERED:
        return [*again, *(Parcel([pair]) for pair in fresh)]
    sent = _sent_lately(session, channel, now)
    made = [*again, *_gathered(fresh, sent)]
    if kind is not RecipientKind.GROUP:
        return made
    return made[: max(0, MOST_A_MINUTE - sum(sent.values()))]


def _gathered(fresh: Sequence[Due], sent: dict[Kind, int]) -> list[Parcel]:
    """Five alone and one digest of each kind within a minute; what comes after waits for the next minute."""
    by_kind: dict[Kind, list[Due]] = defaultdict(list)
    for row, message in sorted(fresh, key=lambda pair: (pair[1].created_at, pair[0].id)):
        by_kind[row.recipient_id, message.event].append((row, message))
    made: list[Parcel] = []
    for kind, pairs in by_kind.items():
        alone = max(0, ALONE - sent.get(kind, 0))
        made += [Parcel([pair]) for pair in pairs[:alone]]
        if pairs[alone:] and sent.get(kind, 0) <= ALONE:
            made.append(Parcel(pairs[alone:]))
    return made


def _sent_lately(session: Session, channel: str, now: datetime) -> dict[Kind, int]:
    """How many messages of each kind were sent within the last minute, digests counted once."""
    is_carrier = or_(Delivery.carrier_id.is_(None), Delivery.carrier_id == Delivery.id)
    query = (
        select(Delivery.recipient_id, OutboxMessage.event, func.count())
        .join(OutboxMessage, OutboxMessage.id == Delivery.message_id)
        .where(Delivery.channel == channel, Delivery.claimed_at > now - _MINUTE, Delivery.claimed_at <= now, is_carrier)
        .group_by(Delivery.recipient_id, OutboxMessage.event)
    )
    return {(recipient, event): count for recipient, event, count in session.execute(query)}


def _carried(session: Session, due: Sequence[Due]) -> list[Parcel]:
    """Digests that are sent again: the same deliveries under the same id, all of them."""
    ids: dict[uuid.UUID, None] = dict.fromkeys(row.carrier_id for row, _ in due if row.carrier_id is not None)
    found = []
    for carrier_id in ids:
        rows = session.execute(
            select(Delivery, OutboxMessage)
            .join(OutboxMessage, OutboxMessage.id == Delivery.message_id)
            .where(Delivery.carrier_id == carrier_id)
            .order_by(OutboxMessage.created_at, Delivery.id)
            .with_for_update(of=Delivery)
        ).all()
        pairs = [(row, message) for row, message in rows]
        first = [pair for pair in pairs if pair[0].id == carrier_id]
        found.append(Parcel([*first, *(pair for pair in pairs if pair[0].id != carrier_id)]))
    return found
