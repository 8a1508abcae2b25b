"""Writes the trail and proves it whole: `record` inside the change's own transaction, `verify` over everything."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, NoResultFound, OperationalError
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.audit.chain import GENESIS, HASHES, hash_of
from portal.audit.models import AuditEvent, AuditHead
from portal.audit.tags import Tag
from portal.errors import StorageUnavailableError

CHECKPOINT_EVERY = 200
CHECKPOINT_DUE = "checkpoint due"
HEAD_ID = 1
COLUMNS = tuple(AuditEvent.__table__.columns)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class TrailUnavailableError(StorageUnavailableError):
    """No row, no act: what cannot be recorded does not happen (SECURITY D-5, F23)."""

    def __init__(self) -> None:
        super().__init__("审计记录暂时无法写入，这项操作没有进行。请稍后再试，并告诉系统管理员")


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


class Pin(Protocol):
    """What is known from outside the database: the row `seq` had this hash."""

    @property
    def seq(self) -> int: ...

    @property
    def row_hash(self) -> str: ...


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

    Raises:
        TrailUnavailableError: the row cannot be written; the caller's transaction is lost with it.
    """
    event = {
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
    }
    session.flush()  # a fault of the caller's own rows is not the trail's
    try:
        seq = _append(session, event)
    except OperationalError as error:
        if "no such" in str(error.orig):
            raise TrailUnavailableError from error
        raise  # locked, full or gone: the database says so itself
    except (DBAPIError, NoResultFound, KeyError) as error:
        raise TrailUnavailableError from error
    if seq % CHECKPOINT_EVERY == 0:
        session.info[CHECKPOINT_DUE] = True


def verify(session: Session, batch: int = 2000, pins: Iterable[Pin] = ()) -> Verification:
    """Walk the chain in constant memory and name the first bad row (SECURITY D-10).

    Args:
        pins: hashes of rows as signed checkpoints have them, `seq` rising. When one does not agree, everything
            after the pin before it may have been rewritten.
    """
    previous_hash, count, pinned = GENESIS, 0, 0
    awaited = iter(pins)
    pin = next(awaited, None)
    for event in _all_events(session, batch):
        if event is None:
            return Verification(count, Break(count + 1, "the row cannot be read"))
        problem = _problem(event, count + 1, previous_hash)
        if problem:
            return Verification(count, Break(min(event["seq"], count + 1), problem))
        previous_hash, count = event["row_hash"], event["seq"]
        if pin is not None and pin.seq == count:
            if pin.row_hash != previous_hash:
                return Verification(pinned, Break(pinned + 1, "the rows were rewritten"))
            pinned, pin = count, next(awaited, None)
    head = session.get(AuditHead, HEAD_ID)
    if pin is not None or head is None or (head.seq, head.row_hash) != (count, previous_hash):
        return Verification(count, Break(count + 1, "rows at the end are missing"))
    return Verification(count, None)


def use_hash(session: Session, name: str) -> None:
    """From here on rows are hashed with `name`; older rows keep theirs."""
    session.execute(update(AuditHead).where(AuditHead.hash_name != name).values(hash_name=name))


def _append(session: Session, event: dict[str, Any]) -> int:
    head = session.execute(
        select(AuditHead.seq, AuditHead.row_hash, AuditHead.hash_name).where(AuditHead.id == HEAD_ID).with_for_update()
    ).one()
    event |= {"seq": head.seq + 1, "previous_hash": head.row_hash, "hash_name": head.hash_name}
    row_hash = hash_of(event)
    session.execute(insert(AuditEvent).values(**event, row_hash=row_hash))
    session.execute(update(AuditHead).where(AuditHead.id == HEAD_ID).values(seq=event["seq"], row_hash=row_hash))
    return int(event["seq"])


def _problem(event: dict[str, Any], expected_seq: int, expected_hash: str) -> str | None:
    if event["seq"] != expected_seq:
        return "a row is missing" if event["seq"] > expected_seq else "a row was inserted"
    if event["previous_hash"] != expected_hash:
        return "the row does not follow the one before"
    if not isinstance(event["at"], datetime):
        return "the row cannot be read"
    if event["hash_name"] not in HASHES or hash_of(event) != event["row_hash"]:
        return "the row was changed"
    return None


def _all_events(session: Session, batch: int) -> Iterator[dict[str, Any] | None]:
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
        last = rows[-1]["seq"]


def _readable(session: Session, after: int, batch: int) -> Sequence[dict[str, Any]] | None:
    query = select(*COLUMNS).where(AuditEvent.seq > after).order_by(AuditEvent.seq).limit(batch)
    try:
        return [row._asdict() for row in session.execute(query)]
    except (ValueError, TypeError, OverflowError):  # SQLite lets a time or an id be any text
        return None
    except OperationalError as error:
        if "could not decode" in str(error.orig).lower():
            return None
        raise


def _plain(text: str, limit: int) -> str:
    """One line without control or direction marks: a trail line cannot be forged (SECURITY D-15)."""
    return _UNPRINTABLE.sub(" ", text)[:limit]
