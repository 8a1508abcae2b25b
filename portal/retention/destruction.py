"""Destroys what is no longer needed: credentials, screenshots, whole reports (REQUIREMENTS T10, SECURITY C-9, C-11, J).

Every destruction writes a tombstone and a trail row in the same transaction. After the commit the tombstone is copied
to a file outside the database, and SQLite's log, which holds older page images, is emptied.
"""

import logging
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Update, delete, event, insert, or_, select, true, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.holdings import Held, Register, Subject
from portal.retention.models import Tombstone
from portal.retention.tombstones import TombstoneFile
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState
from portal.vault.models import DataKey
from portal.vault.vault import CREDENTIALS, REPORT

PICTURES = "pictures"
_OF_REPORTS = (PICTURES, CREDENTIALS, REPORT)  # other tombstones name the purpose of a key that belongs to no report
_POLICY = "destruction policy"
_COMMITTED = "destructions of this transaction"
# A click does not wait for readers of the log; the worker empties it later.
_CLICK_PATIENCE = 0.2
_logger = logging.getLogger("portal.destruction")


@dataclass(frozen=True)
class DestructionPolicy:
    """How long credentials stay after closing, and where tombstones are stored outside the database."""

    grace: timedelta = timedelta(0)
    file: TombstoneFile | None = None

    def session_info(self) -> dict[str, object]:
        """For `Database.session_info`, so that this policy applies."""
        return {_POLICY: self}


def on_end(session: Session, ticket: Ticket) -> None:
    """Destroy the credentials at once, unless the policy has days of grace or the ticket is on hold.

    Those of a merged ticket end with the one under which it is worked: until then the merge can be undone.
    """
    if _policy(session).grace or ticket.state_enum is TicketState.MERGED:
        return
    for ended in (ticket, *lookup.members_of(session, ticket)):
        if not ended.is_held:
            destroy_credentials(session, ended)


def destroy_credentials(session: Session, ticket: Ticket) -> int:
    """Delete every data key of the report but the one under which it is kept, and overwrite what they sealed.

    Those are the credentials, whatever was derived from them, and a draft that a crash has left. The masks stay, with
    the time. Returns how many values were destroyed. A reopened ticket has to ask for them again.
    """
    key_ids = _key_ids(session, ticket.report_id, is_credential())
    if not key_ids:
        return 0
    _bury(session, ticket.report_id, CREDENTIALS, key_ids)
    destroyed = _destroy_keys(session, key_ids)
    if destroyed:
        _record(session, Tag.CREDENTIALS_DESTROYED, ticket, {"values": destroyed})
    return destroyed


def destroy_pictures(session: Session, ticket: Ticket) -> list[str]:
    """Delete the rows of all screenshots; returns the blobs to delete after the commit."""
    blobs = _forget_pictures(session, _subject(ticket))
    if blobs:
        _bury(session, ticket.report_id, PICTURES, [])
        _record(session, Tag.PICTURES_DESTROYED, ticket, {"pictures": len(blobs)})
    return blobs


def destroy_report(session: Session, ticket: Ticket) -> list[str]:
    """Empty everything that was typed or sent; number, queue, state, categories, times and the trail stay.

    Returns the blobs to delete after the commit.
    """
    key_ids = _key_ids(session, ticket.report_id, true())
    _bury(session, ticket.report_id, REPORT, key_ids)
    blobs = _empty_report(session, ticket, key_ids)
    _record(session, Tag.REPORT_DESTROYED, ticket, {"pictures": len(blobs)})
    return blobs


def is_credential() -> ColumnElement[bool]:
    """The data keys of a report that end when it is closed: all but the one under which it is kept."""
    return DataKey.purpose != REPORT


def destroy_purpose(session: Session, owner_id: uuid.UUID, purpose: str) -> int:
    """Delete a data key of an owner that is not a report, for one purpose; the masks stay.

    Returns how many values were destroyed; the caller records it.
    """
    key_ids = _key_ids(session, owner_id, DataKey.purpose == purpose)
    if not key_ids:
        return 0
    _bury(session, owner_id, purpose, key_ids)
    return _destroy_keys(session, key_ids)


def reapply(session: Session, stone: Tombstone) -> list[str] | None:
    """Repeat a tombstone's destruction in a database restored from an earlier time.

    Only what is older than the tombstone is destroyed: later supplements stay. In a backup from before its filing a
    report is still a draft. Returns the blobs to delete, or None if nothing was there.
    """
    ticket = session.scalars(select(Ticket).where(Ticket.report_id == stone.owner_id)).first()
    known = session.get(Tombstone, stone.id)
    if known is None:
        _insert(session, stone)
    if stone.what not in _OF_REPORTS:
        other_keys = _key_ids(session, stone.owner_id, DataKey.purpose == stone.what)
        _destroy_keys(session, other_keys, stone.destroyed_at)
        return [] if other_keys else None
    subject = Subject(stone.owner_id, ticket.id if ticket else None)
    if stone.what == PICTURES:
        return _forget_pictures(session, subject, before=stone.destroyed_at) or None
    key_ids = _key_ids(session, stone.owner_id, true() if stone.what == REPORT else is_credential(), stone)
    if stone.what == REPORT and ticket is not None and (key_ids or ticket.destroyed_at is None):
        return _empty_report(session, ticket, key_ids, stone.destroyed_at)
    if not key_ids:
        return None
    blobs = _forget_pictures(session, subject) if stone.what == REPORT else []
    _destroy_keys(session, key_ids, stone.destroyed_at)
    return blobs


def empty_log(engine: Engine | Connection, patience: float) -> bool:
    """SQLite: checkpoint the log into the database file and truncate it, so that no older page image remains.

    Returns whether that succeeded; readers may delay it for `patience` seconds. On PostgreSQL there is nothing to do
    here: deleted rows leave its files with the next vacuum, and its log with the next checkpoints.
    """
    if engine.dialect.name != "sqlite":
        return True
    connection = sqlite3.connect(str(engine.engine.url.database), timeout=patience, isolation_level=None)
    try:
        return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()


def _policy(session: Session) -> DestructionPolicy:
    policy: DestructionPolicy = session.info.get(_POLICY) or DestructionPolicy()
    return policy


def _bury(session: Session, owner_id: uuid.UUID, what: str, key_ids: Sequence[uuid.UUID]) -> None:
    stone = Tombstone(
        id=uuid.uuid4(),
        owner_id=owner_id,
        what=what,
        data_key_ids=[str(key_id) for key_id in key_ids],
        destroyed_at=clock.now(),
    )
    _insert(session, stone)
    if _COMMITTED not in session.info:
        session.info[_COMMITTED] = []
        event.listen(session, "after_commit", _after_commit)
    session.info[_COMMITTED].append(stone)


def _insert(session: Session, stone: Tombstone) -> None:
    columns = ("id", "owner_id", "what", "data_key_ids", "destroyed_at")
    session.execute(insert(Tombstone).values({name: getattr(stone, name) for name in columns}))


def _after_commit(session: Session) -> None:
    """The destruction is final whatever fails here: the worker empties the log, the next start completes the file."""
    file = _policy(session).file
    try:
        if file is not None:
            file.append(session.info[_COMMITTED])
    except OSError as error:
        _logger.error("tombstones not written yet: %s", error.strerror)
    if not empty_log(session.get_bind(), _CLICK_PATIENCE):
        _logger.info("the log is read just now and will be emptied later")


def _key_ids(
    session: Session, owner_id: uuid.UUID, which: ColumnElement[bool], stone: Tombstone | None = None
) -> Sequence[uuid.UUID]:
    query = select(DataKey.id).where(DataKey.owner_id == owner_id, which)
    if stone is not None:
        named = DataKey.id.in_([uuid.UUID(key_id) for key_id in stone.data_key_ids])
        query = query.where(or_(named, DataKey.created_at < stone.destroyed_at))
    return session.scalars(query).all()


def _destroy_keys(session: Session, key_ids: Sequence[uuid.UUID], at: datetime | None = None) -> int:
    moment, destroyed = at or clock.now(), 0
    for held, sealed in Register.of(session.info).sealed():
        if sealed.destroyed is not None:
            sealed_by_them = held.column(sealed.data_key).in_(key_ids)
            emptying = update(held.model).where(sealed_by_them).values(dict(sealed.destroyed(moment)))
            count = session.execute(emptying).rowcount  # type: ignore[attr-defined]
            destroyed += count if sealed.is_counted else 0
    session.execute(delete(DataKey).where(DataKey.id.in_(key_ids)))
    return destroyed


def _forget_pictures(session: Session, subject: Subject, before: datetime | None = None) -> list[str]:
    blobs = []
    for held in Register.of(session.info).pictures():
        doomed = select(held.model).where(held.belongs_to(subject))
        if before is not None:
            doomed = doomed.where(held.column("created_at") < before)
        rows: Sequence[Any] = session.scalars(doomed).all()
        session.execute(delete(held.model).where(held.column("id").in_([row.id for row in rows])))
        blobs += [name for row in rows for name in held.blobs_of(row)]
    return blobs


def _empty_report(
    session: Session, ticket: Ticket, key_ids: Sequence[uuid.UUID], at: datetime | None = None
) -> list[str]:
    """Empty every text of the report and delete what belongs to it; the tombstone has been written already."""
    moment, subject = at or clock.now(), _subject(ticket)
    blobs = _forget_pictures(session, subject)
    _destroy_keys(session, key_ids, moment)
    session.flush()
    for held in Register.of(session.info).of_reports():
        for emptying in _emptyings(held, subject):
            session.execute(emptying.execution_options(synchronize_session=False))
        if held.is_removed:
            removal = delete(held.model).where(held.belongs_to(subject))
            session.execute(removal.execution_options(synchronize_session=False))
    session.refresh(ticket)
    ticket.destroyed_at = moment
    return blobs


def _emptyings(held: Held, subject: Subject) -> Iterator[Update]:
    """One statement per text, for non-empty rows only: the triggers refuse to empty an empty text."""
    for text in held.texts:
        rows = update(held.model).where(held.belongs_to(subject), held.is_filled(text))
        yield rows.values({text.column: text.emptied})


def _subject(ticket: Ticket) -> Subject:
    return Subject(ticket.report_id, ticket.id)


def _record(session: Session, tag: Tag, ticket: Ticket, particulars: Particulars) -> None:
    trail.record(session, tag, SYSTEM, ticket_number=ticket.number, particulars=particulars)
