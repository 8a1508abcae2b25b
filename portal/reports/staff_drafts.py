"""Drafts of 代客提报: kept sealed on the server for a day, so that no failure makes anybody type or choose again.

A draft belongs to its writer, not to the session: after a new sign-in it is still there. What was typed is one sealed
value with a data key of its own, which is destroyed once the report stands.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.db import insert_rows
from portal.errors import ConflictError, Fault, InvalidError, NotFoundError, StorageUnavailableError
from portal.kinds.table import MOST_PICTURES
from portal.kinds.validation import Picture
from portal.reports.models import Report
from portal.reports.staff_draft_models import DeskDraft
from portal.runtime import Runtime
from portal.screenshots import rendering
from portal.screenshots import service as screenshots
from portal.screenshots.formats import BrokenPicture
from portal.screenshots.inspection import Inspection, Verdict
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from portal.vault.models import DataKey, SealedValue
from portal.vault.span_masks import masked_text
from portal.vault.vault import REPORT

LIFE = timedelta(hours=24)
RECEIPT_LIFE = timedelta(minutes=30)
_SUBMISSION = timedelta(minutes=2)  # a crash in the middle releases the draft after this time
_PURPOSE, _FIELD = "draft", "desk_draft"

Values = Mapping[str, Sequence[str]]


class DraftGoneError(NotFoundError):
    """Expired, unknown, or another's: all look the same."""

    def __init__(self) -> None:
        super().__init__("没有找到这份登记。没有提交的登记只对登记人保留 24 小时")


class DraftClosedError(ConflictError):
    """It is being filed, or has been."""

    def __init__(self) -> None:
        super().__init__("这份登记已经提交，内容不能再改")


@dataclass(frozen=True)
class OpenDraft:
    """A draft in its writer's hands. The repr shows no value."""

    id: uuid.UUID
    values: Values = field(repr=False)
    changed_at: datetime
    pictures: Sequence[Screenshot] = ()
    ticket: Ticket | None = None

    @property
    def submission_key(self) -> str:
        """The same draft never becomes two reports."""
        return f"desk:{self.id}"

    @property
    def shows_receipt(self) -> bool:
        """The query code is shown for half an hour."""
        return self.ticket is not None and self.ticket.submitted_at > clock.now() - RECEIPT_LIFE

    def picture_views(self) -> list[Picture]:
        """The stored pictures as validation sees them."""
        return [_judged(picture) for picture in self.pictures]


def find(runtime: Runtime, draft_id: uuid.UUID, user_id: uuid.UUID) -> OpenDraft:
    """A draft, for the one who writes it.

    Raises:
        DraftGoneError: expired, unknown or another's.
    """
    with runtime.database.read() as session:
        row = session.get(DeskDraft, draft_id)
        if row is None or row.user_id != user_id or row.changed_at <= clock.now() - LIFE:
            raise DraftGoneError
        return _opened(session, runtime, row)


def unfinished(runtime: Runtime, user_id: uuid.UUID) -> list[OpenDraft]:
    """What somebody began and has not filed, the latest first."""
    recent = select(DeskDraft).where(DeskDraft.user_id == user_id, DeskDraft.changed_at > clock.now() - LIFE)
    with runtime.database.read() as session:
        rows = session.scalars(recent.order_by(DeskDraft.changed_at.desc()).limit(20)).all()
        drafts = [_opened(session, runtime, row) for row in rows]
    return [draft for draft in drafts if draft.ticket is None]


def save(runtime: Runtime, draft_id: uuid.UUID, user_id: uuid.UUID, changes: Values) -> OpenDraft:
    """Keep `changes`, field by field; the draft is made when it is new. The page proposes its id.

    Raises:
        DraftGoneError: the id is another's. DraftClosedError: it is filed.
    """
    with suppress(IntegrityError):  # a twin of this post was faster
        _ensure(runtime, draft_id, user_id)
    with runtime.database.transaction() as session:
        row = _open_row(session, draft_id, user_id)
        values = {**_values(session, runtime, row), **{name: list(given) for name, given in changes.items()}}
        _seal(session, runtime, row, values)
        row.changed_at = clock.now()
        session.flush()
        return _opened(session, runtime, row, detach=True)


def add_picture(
    runtime: Runtime, draft_id: uuid.UUID, user_id: uuid.UUID, slot: str, inspection: Inspection
) -> None:  # fmt: skip
    """Keep a picture, also a refused one that staff may vouch for.

    Raises:
        InvalidError: the slot is full.
    """
    with runtime.database.read() as session:
        key = runtime.vault.data_key(session, draft_id, REPORT)
    picture = screenshots.store(
        runtime.vault, runtime.blobs, key, inspection, owner_id=draft_id, slot=slot, position=0, is_confirmed=False
    )
    try:
        with runtime.database.transaction() as session:
            row = _open_row(session, draft_id, user_id)
            own = (Screenshot.owner_id == draft_id, Screenshot.slot == slot)
            count, last = session.execute(select(func.count(), func.max(Screenshot.position)).where(*own)).one()
            if count >= MOST_PICTURES:
                raise InvalidError([_full(slot)])
            picture.position = 0 if last is None else last + 1
            session.add(picture)
            row.changed_at = clock.now()
    except StorageUnavailableError:
        raise  # a commit whose answer was lost may stand: only the sweep may remove its blob
    except BaseException:
        runtime.blobs.delete(picture.blob_key)
        raise


def remove_picture(runtime: Runtime, draft: OpenDraft, user_id: uuid.UUID, picture_id: uuid.UUID) -> None:
    """Forget a picture; one that is gone already is no error."""
    with runtime.database.transaction() as session:
        _open_row(session, draft.id, user_id)
        picture = session.get(Screenshot, picture_id)
        if picture is None or picture.owner_id != draft.id:
            return
        session.delete(picture)
    runtime.blobs.delete(picture.blob_key)


def judge_pictures(
    runtime: Runtime,
    draft: OpenDraft,
    user_id: uuid.UUID,
    confirmed: Sequence[uuid.UUID],
    reasons: Mapping[uuid.UUID, str],
) -> None:
    """Keep what staff say of their pictures: whole after all (asked), or kept with a reason (refused)."""
    with runtime.database.transaction() as session:
        _open_row(session, draft.id, user_id)
        for picture in session.scalars(select(Screenshot).where(Screenshot.owner_id == draft.id)):
            if picture.verdict == Verdict.ASK.value:
                picture.is_confirmed = picture.id in confirmed
            reason = masked_text(reasons.get(picture.id, "").strip())[:300]
            if picture.verdict == Verdict.REFUSE.value and reason:
                picture.verdict, picture.message = Verdict.OVERRIDE.value, reason


def thumbnail(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID) -> bytes:
    """A little JPEG of a picture of the draft, for its writer until it is filed."""
    with runtime.database.read() as session:
        picture = session.get(Screenshot, picture_id)
        if picture is None or picture.owner_id != draft.id or draft.ticket is not None:
            raise DraftGoneError
        content = screenshots.open_picture(session, runtime.vault, runtime.blobs, picture)
    try:
        return rendering.thumbnail(content, picture.media_type)
    except BrokenPicture as error:
        raise DraftGoneError from error


def freeze(runtime: Runtime, draft_id: uuid.UUID, user_id: uuid.UUID) -> OpenDraft:
    """The draft as it will be filed: until that is done nothing in it changes."""
    with runtime.database.transaction() as session:
        row = _open_row(session, draft_id, user_id)
        row.submitted_at = clock.now()
        session.flush()
        return _opened(session, runtime, row, detach=True)


def release(runtime: Runtime, draft_id: uuid.UUID) -> None:
    """It was not filed after all: it may be changed."""
    with runtime.database.transaction() as session:
        row = session.get(DeskDraft, draft_id, with_for_update=True)
        if row is not None:
            row.submitted_at = None


def close(runtime: Runtime, draft_id: uuid.UUID) -> None:
    """The report stands: what was typed is destroyed with its key. The row stays for the receipt."""
    with runtime.database.transaction() as session:
        row = session.get(DeskDraft, draft_id, with_for_update=True)
        if row is not None:
            _destroy_answers(session, row)


def discard(runtime: Runtime, draft: OpenDraft, user_id: uuid.UUID) -> None:
    """Destroy a draft that is not wanted any more."""
    with runtime.database.transaction() as session:
        blobs = _destroy(session, _open_row(session, draft.id, user_id))
    for name in blobs:
        runtime.blobs.delete(name)


def sweep(runtime: Runtime) -> int:
    """Remove what is older than a day and return how many drafts went; what became a report stays with it."""
    limit, gone = clock.now() - LIFE, 0
    with runtime.database.read() as session:
        old = session.scalars(select(DeskDraft.id).where(DeskDraft.changed_at < limit).limit(1000)).all()
    for draft_id in old:
        blobs: list[str] = []
        with runtime.database.transaction() as session:
            row = session.get(DeskDraft, draft_id, with_for_update=True)
            if row is not None and row.changed_at < limit:
                blobs, gone = _destroy(session, row), gone + 1
        for name in blobs:
            runtime.blobs.delete(name)
    return gone


def _ensure(runtime: Runtime, draft_id: uuid.UUID, user_id: uuid.UUID) -> None:
    with runtime.database.read() as session:
        if session.get(DeskDraft, draft_id) is not None:
            return
        if session.get(Report, draft_id) is not None:
            raise DraftGoneError
    now, answers_id = clock.now(), uuid.uuid4()
    _, report_key = runtime.vault.new_data_key(draft_id, REPORT)
    row = DeskDraft(id=draft_id, user_id=user_id, answers_id=answers_id, created_at=now, changed_at=now)
    with runtime.database.transaction() as session:
        insert_rows(session, row, report_key)


def _open_row(session: Session, draft_id: uuid.UUID, user_id: uuid.UUID) -> DeskDraft:
    row = session.get(DeskDraft, draft_id, with_for_update=True)
    if row is None or row.user_id != user_id or row.changed_at <= clock.now() - LIFE:
        raise DraftGoneError
    is_submitting = row.submitted_at is not None and row.submitted_at > clock.now() - _SUBMISSION
    if is_submitting or _ticket_of(session, draft_id) is not None:
        raise DraftClosedError
    return row


def _opened(session: Session, runtime: Runtime, row: DeskDraft, *, detach: bool = False) -> OpenDraft:
    pictures = session.scalars(
        select(Screenshot).where(Screenshot.owner_id == row.id).order_by(Screenshot.slot, Screenshot.position)
    ).all()
    made = OpenDraft(row.id, _values(session, runtime, row), row.changed_at, pictures, _ticket_of(session, row.id))
    if detach:
        session.expunge_all()
    return made


def _values(session: Session, runtime: Runtime, row: DeskDraft) -> dict[str, list[str]]:
    sealed = session.scalars(select(SealedValue).where(SealedValue.owner_id == row.answers_id)).first()
    if sealed is None:
        return {}
    values: dict[str, list[str]] = json.loads(runtime.vault.open_value(session, sealed))
    return values


def _seal(session: Session, runtime: Runtime, row: DeskDraft, values: Values) -> None:
    key = runtime.vault.data_key(session, row.answers_id, _PURPOSE)
    session.execute(delete(SealedValue).where(SealedValue.owner_id == row.answers_id))
    text = json.dumps({name: list(given) for name, given in values.items()})
    session.add(runtime.vault.sealed_value(key, owner_id=row.answers_id, field=_FIELD, value=text, mask="password"))


def _destroy(session: Session, row: DeskDraft) -> list[str]:
    """Every row of a draft; of one that became a report only the draft. Gives the blobs to remove."""
    blobs: list[str] = []
    _destroy_answers(session, row)
    if session.get(Report, row.id) is None:
        blobs = list(session.scalars(select(Screenshot.blob_key).where(Screenshot.owner_id == row.id)))
        session.execute(delete(Screenshot).where(Screenshot.owner_id == row.id))
        session.execute(delete(DataKey).where(DataKey.owner_id == row.id))
    session.execute(delete(DeskDraft).where(DeskDraft.id == row.id))
    return blobs


def _destroy_answers(session: Session, row: DeskDraft) -> None:
    session.execute(delete(SealedValue).where(SealedValue.owner_id == row.answers_id))
    session.execute(delete(DataKey).where(DataKey.owner_id == row.answers_id))


def _ticket_of(session: Session, draft_id: uuid.UUID) -> Ticket | None:
    return session.scalars(select(Ticket).where(Ticket.report_id == draft_id)).first()


def _judged(picture: Screenshot) -> Picture:
    codes = {Verdict.ASK: "image_confirm", Verdict.REFUSE: "image_partial"}
    verdict = Verdict(picture.verdict)
    return Picture(picture.slot, verdict, codes.get(verdict), picture.message, picture.is_confirmed)


def _full(slot: str) -> Fault:
    return Fault(slot, "image_too_many", f"最多 {MOST_PICTURES} 张，请先删除一张")
