"""Writes the trail and proves it whole: `record` inside the change's own transaction, `verify` over everything."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.audit.models import AuditEvent, AuditHead
from portal.audit.tags import Tag

GENESIS = "0" * 64
_HEAD_ID = 1
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Break:
    """The first row at which the chain does not hold."""

    seq: int
    problem: str


@dataclass(frozen=True)
class Verification:
    """`count` rows were good; `first_break` is None when all of them were."""

    count: int
    first_break: Break | None


def record(
    session: Session,
    tag: Tag,
    actor: Actor,
    *,
    ticket_number: str | None = None,
    field: str | None = None,
    reason: str | None = None,
    detail: str | None = None,
    is_success: bool = True,
) -> None:
    """Append one event in the caller's transaction. `reason` and `detail` must hold no sealed value.

    The head row is locked first, so that two replicas cannot append to the same place.
    """
    head = session.execute(
        select(AuditHead.seq, AuditHead.row_hash).where(AuditHead.id == _HEAD_ID).with_for_update()
    ).one()
    event = {
        "seq": head.seq + 1,
        "at": clock.now(),
        "tag": Tag(tag).value,
        "is_success": is_success,
        "actor_id": actor.user_id,
        "actor_name": _plain(actor.name, 80),
        "actor_role": actor.role,
        "address": _plain(actor.address, 45),
        "session_id": actor.session_id[:16],
        "request_id": actor.request_id[:32],
        "ticket_number": ticket_number,
        "field": field,
        "reason": _plain(reason, 500) if reason is not None else None,
        "detail": _plain(detail, 500) if detail is not None else None,
        "previous_hash": head.row_hash,
    }
    row_hash = _hash(event)
    session.execute(insert(AuditEvent).values(**event, row_hash=row_hash))
    session.execute(update(AuditHead).where(AuditHead.id == _HEAD_ID).values(seq=event["seq"], row_hash=row_hash))


def verify(session: Session, batch: int = 2000) -> Verification:
    """Walk the chain in constant memory and name the first bad row (SECURITY D-10)."""
    expected_hash, expected_seq = GENESIS, 1
    for event in _all_events(session, batch):
        if event is None:
            return Verification(expected_seq - 1, Break(expected_seq, "the row cannot be read"))
        problem = _problem(event, expected_seq, expected_hash)
        if problem:
            return Verification(expected_seq - 1, Break(min(event.seq, expected_seq), problem))
        expected_hash, expected_seq = event.row_hash, event.seq + 1
    head = session.get(AuditHead, _HEAD_ID)
    if head is None or (head.seq, head.row_hash) != (expected_seq - 1, expected_hash):
        return Verification(expected_seq - 1, Break(expected_seq, "rows at the end are missing"))
    return Verification(expected_seq - 1, None)


def _problem(event: AuditEvent, expected_seq: int, expected_hash: str) -> str | None:
    if event.seq != expected_seq:
        return "a row is missing" if event.seq > expected_seq else "a row was inserted"
    if event.previous_hash != expected_hash:
        return "the row does not follow the one before"
    if not isinstance(event.at, datetime):
        return "the row cannot be read"
    if _hash({name: getattr(event, name) for name in _HASHED}) != event.row_hash:
        return "the row was changed"
    return None


def _all_events(session: Session, batch: int) -> Iterator[AuditEvent | None]:
    """Every row in order; None in place of the first one that is so damaged that it cannot be read."""
    last = -(2**62)
    while True:
        rows = _readable(session, last, batch)
        if rows is None and batch == 1:
            yield None
            return
        if rows is None:
            batch = 1
            continue
        yield from rows
        if len(rows) < batch:
            return
        last = rows[-1].seq
        session.expunge_all()


def _readable(session: Session, after: int, batch: int) -> Sequence[AuditEvent] | None:
    query = select(AuditEvent).where(AuditEvent.seq > after).order_by(AuditEvent.seq).limit(batch)
    try:
        return session.scalars(query).all()
    except (ValueError, TypeError, OverflowError):  # SQLite lets a time or an id be any text
        return None
    except OperationalError as error:
        if "could not decode" in str(error.orig).lower():
            return None
        raise


_HASHED = tuple(column.key for column in AuditEvent.__table__.columns if column.key != "row_hash")


def _hash(event: dict[str, object]) -> str:
    """SHA-256 over a canonical JSON of every column but `row_hash`; times as microseconds since 1970."""
    plain = dict(event)
    moment = event["at"]
    assert isinstance(moment, datetime)  # noqa: S101
    plain["at"] = round(moment.timestamp() * 1_000_000)
    plain["actor_id"] = str(event["actor_id"]) if event["actor_id"] else None
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(text: str, limit: int) -> str:
    """One line without control or direction marks: a trail line cannot be forged (SECURITY D-15)."""
    return _UNPRINTABLE.sub(" ", text)[:limit]
