"""Writes the trail and verifies it: `record` inside the change's own transaction, `verify` over everything."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, NoResultFound, OperationalError
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import bases
from portal.audit.actor import Actor
from portal.audit.chain import HASHES, hash_of
from portal.audit.models import AuditEvent, AuditHead
from portal.audit.signatures import TrailVerifier
from portal.audit.tags import Tag
from portal.db import write_counts
from portal.errors import StorageUnavailableError

# Values of particulars: both databases must return the same canonical JSON, so no floats.
Particular = str | int | bool | list[str] | None
Particulars = Mapping[str, Particular]
CHECKPOINT_EVERY = 200
CHECKPOINT_DUE = "checkpoint due"
# In a session's info: judges whether the actor's right still stands before a row says that they did something.
JUDGE = "judge of actors"
_OF_NOBODYS_WILL = (Tag.SESSION_EXPIRED,)  # not done by the person whom the row names
HEAD_ID = 1
_HEAD_CUT = "rows at the beginning are missing, without a base that says so"
COLUMNS = tuple(AuditEvent.__table__.columns)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class TrailUnavailableError(StorageUnavailableError):
    """No row, no act: what cannot be recorded is not done (SECURITY D-5, F23)."""

    def __init__(self) -> None:
        super().__init__("审计记录暂时无法写入，这项操作没有进行。请稍后再试，并告诉系统管理员")


@contextmanager
def needed() -> Iterator[None]:
    """Nothing may be shown or done without the trail: one that is gone is a TrailUnavailableError."""
    try:
        yield
    except OperationalError as error:
        if "no such" in str(error.orig):
            raise TrailUnavailableError from error
        raise  # locked, full or unreachable: the database's own error says so
    except (DBAPIError, NoResultFound, KeyError) as error:
        raise TrailUnavailableError from error


@dataclass(frozen=True)
class Break:
    """The first row at which the chain breaks."""

    seq: int
    problem: str


@dataclass(frozen=True)
class Verification:
    """`count` rows were valid; `first_break` is None if all of them were; `purged` rows were removed before them."""

    count: int
    first_break: Break | None
    purged: int = 0


class Pin(Protocol):
    """Known from outside the database: the row `seq` had this hash."""

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
    particulars: Particulars | None = None,
    value_index: str | None = None,
    is_success: bool = True,
) -> int:
    """Append one event in the caller's transaction and return its number. `reason` must hold no sealed value.

    The head row is locked first, so that two replicas cannot append at the same place.

    Args:
        particulars: further facts of the event, by name, without sealed values;
            `casefile.event_sentences` says them in Chinese.
        value_index: the vault's keyed index of the one value that the event concerns; it outlives the value.

    Raises:
        TrailUnavailableError: the row cannot be written; the caller's transaction fails with it.
        SessionOverError, ConflictError: the actor's right has ended meanwhile (`accounts.standing`).
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
        "detail": None,  # only rows older than particulars have one
        "particulars": _plain_particulars(particulars or {}) or None,
        "value_index": value_index,
    }
    session.flush()  # errors of the caller's own rows are not the trail's
    if is_success and (judge := session.info.get(JUDGE)) and tag not in _OF_NOBODYS_WILL:
        judge(session, actor)
    write_counts(session)
    with needed():
        seq = _append(session, event)
    if seq % CHECKPOINT_EVERY == 0:
        session.info[CHECKPOINT_DUE] = True
    return seq


def verify(
    session: Session, batch: int = 2000, pins: Iterable[Pin] = (), verifier: TrailVerifier | None = None
) -> Verification:
    """Check the chain in constant memory and name the first invalid row (SECURITY D-10).

    Args:
        pins: hashes of rows according to signed checkpoints, `seq` rising. If one does not match, everything
            after the pin before it may have been rewritten.
        verifier: checks the signatures of bases. A purged trail cannot be verified without it.
    """
    walk = _Walk(bases.start_of(session, verifier), pins)
    if walk.is_sound:
        for event in _all_events(session, batch):
            if not walk.step(event):
                break
        else:
            walk.finish(session.get(AuditHead, HEAD_ID))
    return walk.result()


class _Walk:
    """The chain from its start to the current row, and the first error in it."""

    def __init__(self, start: bases.Start, pins: Iterable[Pin]) -> None:
        self.start = start
        self.last, self.previous_hash, self.pinned = start.seq, start.row_hash, start.seq
        self.first_break: Break | None = None
        self._pins = (pin for pin in pins if pin.seq >= start.seq)
        self._pin = next(self._pins, None)
        if start.problem:
            self._breaks(start.problem)
        elif self._pin is not None and self._pin.seq == start.seq and not self._agrees():
            self._breaks("the base is not of the rows that were signed")

    @property
    def is_sound(self) -> bool:
        return self.first_break is None

    def step(self, event: dict[str, Any] | None) -> bool:
        """Whether the next row is valid too."""
        if event is None:
            return self._breaks("the row cannot be read")
        problem = _problem(event, self.last + 1, self.previous_hash)
        if problem:
            is_cut = self.last == self.start.seq and event["seq"] > self.last + 1
            return self._breaks(_HEAD_CUT if is_cut else problem, min(event["seq"], self.last + 1))
        self.previous_hash, self.last = event["row_hash"], event["seq"]
        if self._pin is not None and self._pin.seq == self.last and not self._agrees():
            self.last = self.pinned
            return self._breaks("the rows were rewritten")
        return True

    def finish(self, head: AuditHead | None) -> None:
        if self._pin is not None or head is None or (head.seq, head.row_hash) != (self.last, self.previous_hash):
            self._breaks("rows at the end are missing")

    def result(self) -> Verification:
        return Verification(self.last - self.start.seq, self.first_break, self.start.seq)

    def _agrees(self) -> bool:
        pin = self._pin
        if pin is None or pin.row_hash != self.previous_hash:
            return False
        self.pinned, self._pin = self.last, next(self._pins, None)
        return True

    def _breaks(self, problem: str, seq: int | None = None) -> bool:
        self.first_break = Break(self.last + 1 if seq is None else seq, problem)
        return False


def lock(session: Session) -> None:
    """Before rows that depend on what others may record at the same moment: one writer after another."""
    session.execute(select(AuditHead.seq).where(AuditHead.id == HEAD_ID).with_for_update()).one()


def use_hash(session: Session, name: str) -> None:
    """New rows are hashed with `name`; older rows keep theirs."""
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
    """Every row in order; None in place of the first one that is too damaged to be read."""
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
    except (ValueError, TypeError, OverflowError):  # SQLite accepts any text as a time or an id
        return None
    except OperationalError as error:
        if "could not decode" in str(error.orig).lower():
            return None
        raise


def _plain_particulars(particulars: Particulars) -> dict[str, Particular]:
    """Without empty particulars; texts as one plain line each."""
    filled = {name: value for name, value in particulars.items() if value is not None and value not in ("", [])}
    return {name: _plain_particular(value) for name, value in filled.items()}


def _plain_particular(value: Particular) -> Particular:
    if isinstance(value, str):
        return _plain(value, 500)
    return [_plain(item, 500) for item in value] if isinstance(value, list) else value


def _plain(text: str, limit: int) -> str:
    """One line without control or direction marks, so that a trail line cannot be forged (SECURITY D-15)."""
    return _UNPRINTABLE.sub(" ", text)[:limit]
