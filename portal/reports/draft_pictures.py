"""The screenshots of a draft, stored under the id of the future report: blob first, row second."""

import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import InvalidError, StorageUnavailableError
from portal.metrics import filing_sessions
from portal.reports import picture_refusals
from portal.reports.drafts import DraftGoneError, OpenDraft, open_row
from portal.runtime import Runtime
from portal.screenshots import rendering, twins
from portal.screenshots import service as screenshots
from portal.screenshots.formats import BrokenPicture
from portal.screenshots.inspection import Inspection, Verdict
from portal.screenshots.models import Screenshot
from portal.vault.span_masks import masked_text
from portal.vault.vault import REPORT

_MOST_REASON = 300
_NO_REASONS: Mapping[uuid.UUID, str] = MappingProxyType({})


def add(runtime: Runtime, draft: OpenDraft, slot: str, inspection: Inspection) -> Screenshot:
    """Store an inspected screenshot; a refused one only from staff, who may override.

    Raises:
        InvalidError: the slot is full.
    """

    def take_place(session: Session, picture: Screenshot) -> None:
        picture.position = _free_position(session, draft, slot)

    return _store(runtime, draft, slot, inspection, take_place)


def replace(runtime: Runtime, draft: OpenDraft, old: Screenshot, inspection: Inspection) -> Screenshot:
    """Replace a screenshot by its marked or redacted copy; nothing of the original is kept (UX 0.8).

    The confirmation that it shows the whole screen carries over, and a photo stays one: drawing on it changes neither.

    Raises:
        InvalidError: the copy has another size in pixels; the original stays.
    """
    if (inspection.width, inspection.height) != (old.width, old.height):
        fault = draft.kind.field(old.slot).fault("image_partial", "修改后的图片大小和原图不一样，请重新标注或涂黑")
        raise InvalidError([fault])

    def take_place(session: Session, picture: Screenshot) -> None:
        current = _own(session, draft, old.id)
        if current is None:
            picture.position = _free_position(session, draft, old.slot)
            return
        picture.position = current.position
        picture.is_confirmed = current.is_confirmed and inspection.verdict is Verdict.ASK
        picture.is_photo = picture.is_photo or current.is_photo
        session.delete(current)

    stored = _store(runtime, draft, old.slot, inspection, take_place)
    runtime.blobs.delete(old.blob_key)
    return stored


def find(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID | None) -> Screenshot | None:
    """A screenshot of this draft, or None if it was deleted or belongs to another."""
    if picture_id is None:
        return None
    with runtime.database.read() as session:
        return _own(session, draft, picture_id)


def remove(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID) -> None:
    """Delete a screenshot of this draft; an absent one is no error."""
    with runtime.database.transaction() as session:
        row = open_row(session, draft)
        picture = _own(session, draft, picture_id)
        if picture is None:
            return
        session.delete(picture)
        twins.settle(session, draft.id)
        row.changed_at = clock.now()
    runtime.blobs.delete(picture.blob_key)


def judge(
    runtime: Runtime,
    draft: OpenDraft,
    confirmed: Mapping[uuid.UUID, bool],
    reasons: Mapping[uuid.UUID, str] = _NO_REASONS,
) -> None:
    """Store what the owner says of screenshots: whether they show the whole screen, why a refused one is stored.

    Args:
        confirmed: by screenshot; the others stay as they are.
        reasons: why staff keep a refused screenshot; secrets in them are masked permanently.
    """
    if not any(_has_new_judgement(picture, confirmed, reasons) for picture in draft.pictures):
        return
    with runtime.database.transaction() as session:
        open_row(session, draft).changed_at = clock.now()
        for picture in session.scalars(select(Screenshot).where(Screenshot.owner_id == draft.id)):
            if picture.verdict == Verdict.ASK.value:
                picture.is_confirmed = confirmed.get(picture.id, picture.is_confirmed)
            reason = masked_text(reasons.get(picture.id, "").strip())[:_MOST_REASON]
            if picture.verdict == Verdict.REFUSE.value and reason:
                picture.verdict, picture.message = Verdict.OVERRIDE.value, reason


def content(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID) -> tuple[str, bytes]:
    """Media type and bytes of a screenshot, for its owner before submission.

    Raises:
        DraftGoneError: it is not the draft's own, or the draft is filed.
    """
    with runtime.database.read() as session:
        picture = _own(session, draft, picture_id)
        if picture is None or draft.ticket is not None:
            raise DraftGoneError(draft.owner)
        return picture.media_type, screenshots.open_picture(session, runtime.vault, runtime.blobs, picture)


def thumbnail(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID) -> bytes:
    """The same screenshot as a JPEG of at most 20 KB; made on request, never stored."""
    media_type, original = content(runtime, draft, picture_id)
    try:
        return rendering.thumbnail(original, media_type)
    except BrokenPicture as error:
        raise DraftGoneError(draft.owner) from error


def _store(
    runtime: Runtime,
    draft: OpenDraft,
    slot: str,
    inspection: Inspection,
    take_place: Callable[[Session, Screenshot], None],
) -> Screenshot:
    with runtime.database.read() as session:
        key = runtime.vault.data_key(session, draft.id, REPORT)
        twin = twins.find_stored(session, runtime.vault, runtime.blobs, draft.id, inspection, slot)
    picture = screenshots.store(
        runtime.vault, runtime.blobs, key, inspection, owner_id=draft.id, slot=slot, position=0, is_confirmed=False
    )
    if twin and twin.fingerprint:
        picture.fingerprint = twin.fingerprint
    try:
        with runtime.database.transaction() as session:
            row = open_row(session, draft)
            take_place(session, picture)
            session.add(picture)
            twins.settle(session, draft.id)
            if inspection.verdict is not Verdict.REFUSE:
                picture_refusals.forget(session, draft, slot)
            row.changed_at = clock.now()
            filing_sessions.picture_kept(session, draft.id)
    except StorageUnavailableError:
        # The commit may have succeeded without an answer: only the sweep, which looks for the row, may delete its blob.
        raise
    except BaseException:
        runtime.blobs.delete(picture.blob_key)
        raise
    return picture


def _has_new_judgement(
    picture: Screenshot, confirmed: Mapping[uuid.UUID, bool], reasons: Mapping[uuid.UUID, str]
) -> bool:
    if picture.verdict == Verdict.REFUSE.value:
        return picture.id in reasons
    return picture.verdict == Verdict.ASK.value and confirmed.get(picture.id) not in (None, picture.is_confirmed)


def _own(session: Session, draft: OpenDraft, picture_id: uuid.UUID) -> Screenshot | None:
    picture = session.get(Screenshot, picture_id)
    return picture if picture is not None and picture.owner_id == draft.id else None


def _free_position(session: Session, draft: OpenDraft, slot: str) -> int:
    own = (Screenshot.owner_id == draft.id, Screenshot.slot == slot)
    count, last = session.execute(select(func.count(), func.max(Screenshot.position)).where(*own)).one()
    spec = draft.kind.field(slot)
    if count >= spec.most:
        raise InvalidError([spec.fault("image_too_many", f"每处最多 {spec.most} 张，请先删除一张")])
    return 0 if last is None else last + 1
