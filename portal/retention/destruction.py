"""Destroys what is no longer needed: credentials, pictures, whole reports (REQUIREMENTS T10, SECURITY C-9, C-11, J).

Every destruction leaves a tombstone and a trail row in the same transaction. Once that is committed the tombstone
goes to a file outside the database, and SQLite's log, in which older page images stand, is emptied.
"""

import logging
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, String, cast, delete, event, insert, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.disclosure.models import BreakGlassRequest
from portal.reports.models import Report, SubmissionKey, Supplement
from portal.reports.service_record_models import ServiceRecord
from portal.retention.models import Tombstone
from portal.retention.tombstones import TombstoneFile
from portal.screenshots.models import Screenshot
from portal.supplements.models import SupplementLink
from portal.tickets.models import InformationRequest, Reminder, Ticket, TimelineEntry
from portal.vault.models import DataKey, SealedValue
from portal.vault.vault import CREDENTIALS, REPORT

PICTURES = "pictures"
CONTACT = "contact"  # data key of a contact that hangs on no report
_POLICY = "destruction policy"
_COMMITTED = "destructions of this transaction"
# A click does not wait for readers of the log; the worker empties it later.
_CLICK_PATIENCE = 0.2
_logger = logging.getLogger("portal.destruction")


@dataclass(frozen=True)
class DestructionPolicy:
    """How long credentials stay after closing, and where tombstones are kept outside the database."""

    grace: timedelta = timedelta(0)
    file: TombstoneFile | None = None

    def session_info(self) -> dict[str, object]:
        """What `Database.session_info` has to carry for this policy to hold."""
        return {_POLICY: self}


def on_end(session: Session, ticket: Ticket) -> None:
    """Destroy the credentials at once, unless the policy grants days of grace or the ticket is on hold."""
    if not _policy(session).grace and ticket.held_at is None:
        destroy_credentials(session, ticket)


def destroy_credentials(session: Session, ticket: Ticket) -> int:
    """Delete the credentials' own data key and overwrite their ciphertext; the masks stay, with the time.

    Returns how many values were destroyed. A reopened ticket has to ask for them again.
    """
    key_ids = _key_ids(session, ticket.report_id, (CREDENTIALS,))
    if not key_ids:
        return 0
    _bury(session, ticket.report_id, CREDENTIALS, key_ids)
    destroyed = _destroy_keys(session, key_ids)
    if destroyed:
        _record(session, Tag.CREDENTIALS_DESTROYED, ticket, f"{destroyed} values")
    return destroyed


def destroy_pictures(session: Session, ticket: Ticket) -> list[str]:
    """Delete the rows of all pictures; gives the blobs to remove once this is committed."""
    blobs = _forget_pictures(session, ticket.report_id)
    if blobs:
        _bury(session, ticket.report_id, PICTURES, [])
        _record(session, Tag.PICTURES_DESTROYED, ticket, f"{len(blobs)} pictures")
    return blobs


def destroy_report(session: Session, ticket: Ticket) -> list[str]:
    """Empty everything that was typed or sent; number, queue, state, categories and times stay, and the trail.

    Gives the blobs to remove once this is committed.
    """
    key_ids = _key_ids(session, ticket.report_id, (REPORT, CREDENTIALS))
    _bury(session, ticket.report_id, REPORT, key_ids)
    blobs = _empty_report(session, ticket, key_ids)
    _record(session, Tag.REPORT_DESTROYED, ticket, f"{len(blobs)} pictures")
    return blobs


def destroy_contact(session: Session, owner_id: uuid.UUID) -> int:
    """Delete the data key of a contact that hangs on no report; the masks stay. The caller records it."""
    key_ids = _key_ids(session, owner_id, (CONTACT,))
    if not key_ids:
        return 0
    _bury(session, owner_id, CONTACT, key_ids)
    return _destroy_keys(session, key_ids)


def reapply(session: Session, stone: Tombstone) -> list[str] | None:
    """Do again what a tombstone says, on a database that has come back from before it.

    Only what is older than the tombstone goes: what a clinic supplied afterwards stays. Gives the blobs to remove,
    or None when nothing of it was there.
    """
    ticket = session.scalars(select(Ticket).where(Ticket.report_id == stone.owner_id)).first()
    known = session.get(Tombstone, stone.id)
    if known is None:
        _insert(session, stone)
    if stone.what == CONTACT:
        contact_keys = _key_ids(session, stone.owner_id, (CONTACT,))
        _destroy_keys(session, contact_keys, stone.destroyed_at)
        return [] if contact_keys else None
    if ticket is None:
        return None
    if stone.what == PICTURES:
        return _forget_pictures(session, stone.owner_id, before=stone.destroyed_at) or None
    purposes = (REPORT, CREDENTIALS) if stone.what == REPORT else (CREDENTIALS,)
    key_ids = _key_ids(session, stone.owner_id, purposes, stone)
    if stone.what == REPORT and (key_ids or ticket.destroyed_at is None):
        return _empty_report(session, ticket, key_ids, stone.destroyed_at)
    if not key_ids:
        return None
    _destroy_keys(session, key_ids, stone.destroyed_at)
    return []


def empty_log(engine: Engine | Connection, patience: float) -> bool:
    """SQLite: move the log into the database file and cut it to nothing, so that no older page image is left.

    Returns whether it is done; readers may hold it up for `patience` seconds. On PostgreSQL there is nothing to do
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
    """The destruction stands whatever fails here: the worker empties the log, the next start completes the file."""
    file = _policy(session).file
    try:
        if file is not None:
            file.append(session.info[_COMMITTED])
    except OSError as error:
        _logger.error("tombstones not written yet: %s", error.strerror)
    if not empty_log(session.get_bind(), _CLICK_PATIENCE):
        _logger.info("the log is read just now and will be emptied later")


def _key_ids(
    session: Session, owner_id: uuid.UUID, purposes: tuple[str, ...], stone: Tombstone | None = None
) -> Sequence[uuid.UUID]:
    query = select(DataKey.id).where(DataKey.owner_id == owner_id, DataKey.purpose.in_(purposes))
    if stone is not None:
        named = DataKey.id.in_([uuid.UUID(key_id) for key_id in stone.data_key_ids])
        query = query.where(or_(named, DataKey.created_at < stone.destroyed_at))
    return session.scalars(query).all()


def _destroy_keys(session: Session, key_ids: Sequence[uuid.UUID], at: datetime | None = None) -> int:
    destroyed = session.execute(
        update(SealedValue)
        .where(SealedValue.data_key_id.in_(key_ids))
        .values(value_sealed=None, value_index=None, data_key_id=None, destroyed_at=at or clock.now())
    ).rowcount  # type: ignore[attr-defined]
    session.execute(delete(DataKey).where(DataKey.id.in_(key_ids)))
    return int(destroyed)


def _forget_pictures(session: Session, owner_id: uuid.UUID, before: datetime | None = None) -> list[str]:
    pictures = select(Screenshot).where(Screenshot.owner_id == owner_id)
    if before is not None:
        pictures = pictures.where(Screenshot.created_at < before)
    rows = session.scalars(pictures).all()
    session.execute(delete(Screenshot).where(Screenshot.id.in_([row.id for row in rows])))
    return [row.blob_key for row in rows]


def _empty_report(
    session: Session, ticket: Ticket, key_ids: Sequence[uuid.UUID], at: datetime | None = None
) -> list[str]:
    moment, report_id = at or clock.now(), ticket.report_id
    blobs = _forget_pictures(session, report_id)
    _destroy_keys(session, key_ids, moment)
    for statement in (
        update(SealedValue).where(SealedValue.owner_id == report_id).values(value_masked=""),
        # The triggers let these two pass only because the tombstone stands.
        update(Report).where(Report.id == report_id, cast(Report.answers, String) != "{}").values(answers={}),
        update(TimelineEntry).where(TimelineEntry.ticket_id == ticket.id, TimelineEntry.text != "").values(text=""),
        update(Supplement).where(Supplement.report_id == report_id).values(text=""),
        update(InformationRequest).where(InformationRequest.ticket_id == ticket.id).values(message=""),
        update(Reminder).where(Reminder.ticket_id == ticket.id).values(text=""),
        update(BreakGlassRequest).where(BreakGlassRequest.ticket_id == ticket.id).values(reason=""),
        update(ServiceRecord).where(ServiceRecord.report_id == report_id).values(late_reason="", incomplete_note=""),
        delete(SupplementLink).where(SupplementLink.ticket_id == ticket.id),
        delete(SubmissionKey).where(SubmissionKey.ticket_id == ticket.id),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    ticket.institution = ticket.excerpt = ticket.picture_flags = ""
    ticket.search_text, ticket.resolution = ticket.number.lower(), None
    ticket.destroyed_at = moment
    return blobs


def _record(session: Session, tag: Tag, ticket: Ticket, detail: str) -> None:
    trail.record(session, tag, SYSTEM, ticket_number=ticket.number, detail=detail)
