"""Drafts: what a browser has given so far, sealed on the server for a day, bound to a cookie (UX 0.7, 3)."""

import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.db import new_id
from portal.errors import ConflictError, InvalidError, NotFoundError, StorageUnavailableError
from portal.kinds.table import Kind, kind_of
from portal.kinds.validation import Picture
from portal.metrics import filing_sessions
from portal.metrics.filing_sessions import FilingVisit
from portal.reports.draft_models import Draft, answers_place
from portal.runtime import Runtime
from portal.screenshots import rendering
from portal.screenshots import service as screenshots
from portal.screenshots.formats import BrokenPicture
from portal.screenshots.inspection import Inspection, Verdict
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from portal.vault.models import DataKey
from portal.vault.vault import REPORT

LIFE = timedelta(hours=24)
RECEIPT_LIFE = timedelta(minutes=30)
# While a submission is under way nothing may change; a crash in the middle releases the draft after this time.
_SUBMISSION = timedelta(minutes=2)
_DRAFT = "draft"

Values = Mapping[str, Sequence[str]]


class DraftGoneError(NotFoundError):
    """Expired, unknown, or another browser's: all look the same (SECURITY B-9)."""

    def __init__(self) -> None:
        super().__init__("没有找到这份填写中的问题。已填内容只在填写它的那个浏览器里保留 24 小时，过期会自动销毁")


class DraftClosedError(ConflictError):
    """It is being filed, or has been: what was sent does not change any more."""

    def __init__(self) -> None:
        super().__init__("这份问题已经提交，内容不能再改")


@dataclass(frozen=True)
class OpenDraft:
    """A draft in the hands of its own browser. The repr shows no value."""

    id: uuid.UUID
    kind: Kind
    token: str = field(repr=False)
    values: Values = field(repr=False)
    pictures: Sequence[Screenshot] = ()
    ticket: Ticket | None = None

    @property
    def shows_receipt(self) -> bool:
        """The query code is shown for half an hour (UX 3.6)."""
        return self.ticket is not None and self.ticket.submitted_at > clock.now() - RECEIPT_LIFE

    def picture_views(self) -> list[Picture]:
        """The stored pictures as validation sees them."""
        return [_picture_view(picture) for picture in self.pictures]


# Room for a shared line, but not for a script that fills the disk with drafts.
_BEGUN = RateLimit("draft-address", most=1000, minutes=60)
_TOO_MANY = "这个网络新建的提报太多，请在 {at} 以后再试，或拨打服务电话"


def start(runtime: Runtime, kind: Kind, values: Values, address: str, visit: FilingVisit | None = None) -> OpenDraft:
    """A new draft, with a token that only its browser will know; `visit` is for the figures only.

    Raises:
        TooManyRequestsError: this address has begun too many.
    """
    limiter.ensure_room(runtime.database, _BEGUN, address, _TOO_MANY)
    token, draft_id, now = secrets.token_urlsafe(32), new_id(), clock.now()
    key, key_row = runtime.vault.new_data_key(draft_id, _DRAFT)
    _, report_key_row = runtime.vault.new_data_key(draft_id, REPORT)
    row = Draft(
        id=draft_id,
        token_hash=_token_hash(runtime, token),
        kind=kind.name.value,
        answers_sealed=runtime.vault.seal(key, answers_place(draft_id), _packed(values)),
        data_key_id=key.id,
        created_at=now,
        changed_at=now,
    )
    with runtime.database.transaction() as session:
        limiter.count(session, _BEGUN, address)
        session.add_all([key_row, report_key_row])
        session.flush()
        session.add(row)
        filing_sessions.begin(session, draft_id, visit)
    return OpenDraft(draft_id, kind, token, values)


def find(runtime: Runtime, draft_id: uuid.UUID, tokens: Iterable[str]) -> OpenDraft:
    """The draft, for the browser that holds one of its tokens.

    Raises:
        DraftGoneError: expired, unknown or another browser's.
    """
    with runtime.database.read() as session:
        row = session.get(Draft, draft_id)
        for token in tokens:
            if row is not None and is_live(row) and secrets.compare_digest(row.token_hash, _token_hash(runtime, token)):
                return opened(session, runtime, row, token)
    raise DraftGoneError


def unfinished(runtime: Runtime, kind: Kind, token: str) -> OpenDraft | None:
    """The draft of this kind that the browser has not submitted yet."""
    if not token:
        return None
    with runtime.database.read() as session:
        row = session.scalars(
            select(Draft).where(Draft.token_hash == _token_hash(runtime, token), Draft.kind == kind.name.value)
        ).first()
        draft = opened(session, runtime, row, token) if row is not None and is_live(row) else None
    return draft if draft is not None and draft.ticket is None else None


def save(runtime: Runtime, draft: OpenDraft, changes: Values) -> OpenDraft:
    """Keep `changes`, field by field; fields that are not named stay as they are."""
    with runtime.database.transaction() as session:
        row = open_row(session, draft)
        values = {**_values(session, runtime, row), **changes}
        key = runtime.vault.data_key(session, draft.id, _DRAFT)
        row.answers_sealed = runtime.vault.seal(key, answers_place(draft.id), _packed(values))
        row.data_key_id, row.changed_at = key.id, clock.now()
    return OpenDraft(draft.id, draft.kind, draft.token, values, draft.pictures)


def add_picture(runtime: Runtime, draft: OpenDraft, slot: str, inspection: Inspection) -> Screenshot:
    """Keep a picture that was inspected and not refused.

    Raises:
        InvalidError: the slot is full.
    """

    def take_place(session: Session, picture: Screenshot) -> None:
        picture.position = _free_position(session, draft, slot)

    return _keep_picture(runtime, draft, slot, inspection, take_place)


def replace_picture(runtime: Runtime, draft: OpenDraft, old: Screenshot, inspection: Inspection) -> Screenshot:
    """Keep the marked or covered copy of a picture in its place; of the old one nothing stays (UX 0.8).

    That it shows the whole screen need not be said twice, and a photo stays one: drawing on it changes neither.

    Raises:
        InvalidError: the copy has another size in pixels; the old picture stands.
    """
    if (inspection.width, inspection.height) != (old.width, old.height):
        fault = draft.kind.field(old.slot).fault("image_partial", "修改后的图片大小和原图不一样，请重新标注或涂黑")
        raise InvalidError([fault])

    def take_place(session: Session, picture: Screenshot) -> None:
        current = _own_picture(session, draft, old.id)
        if current is None:
            picture.position = _free_position(session, draft, old.slot)
            return
        picture.position = current.position
        picture.is_confirmed = current.is_confirmed and inspection.verdict is Verdict.ASK
        picture.is_photo = picture.is_photo or current.is_photo
        session.delete(current)

    kept = _keep_picture(runtime, draft, old.slot, inspection, take_place)
    runtime.blobs.delete(old.blob_key)
    return kept


def own_picture(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID | None) -> Screenshot | None:
    """A picture of this draft, or None when it is gone or was never its own."""
    if picture_id is None:
        return None
    with runtime.database.read() as session:
        return _own_picture(session, draft, picture_id)


def _keep_picture(
    runtime: Runtime,
    draft: OpenDraft,
    slot: str,
    inspection: Inspection,
    take_place: Callable[[Session, Screenshot], None],
) -> Screenshot:
    with runtime.database.read() as session:
        key = runtime.vault.data_key(session, draft.id, REPORT)
    picture = screenshots.store(
        runtime.vault, runtime.blobs, key, inspection, owner_id=draft.id, slot=slot, position=0, is_confirmed=False
    )
    try:
        with runtime.database.transaction() as session:
            row = open_row(session, draft)
            take_place(session, picture)
            session.add(picture)
            row.changed_at = clock.now()
            filing_sessions.picture_kept(session, draft.id)
    except StorageUnavailableError:
        # A commit whose answer was lost may stand: only the sweep, which asks for the row, may remove its blob.
        raise
    except BaseException:
        runtime.blobs.delete(picture.blob_key)
        raise
    return picture


def remove_picture(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID) -> None:
    """Forget a picture of this draft; one that is gone already is no error."""
    with runtime.database.transaction() as session:
        row = open_row(session, draft)
        picture = _own_picture(session, draft, picture_id)
        if picture is None:
            return
        session.delete(picture)
        row.changed_at = clock.now()
    runtime.blobs.delete(picture.blob_key)


def confirm_pictures(runtime: Runtime, draft: OpenDraft, confirmed: Mapping[uuid.UUID, bool]) -> None:
    """Keep what the reporter says of pictures that were asked about: it shows the whole screen, or not."""
    with runtime.database.transaction() as session:
        open_row(session, draft).changed_at = clock.now()
        for picture_id, is_confirmed in confirmed.items():
            picture = _own_picture(session, draft, picture_id)
            if picture is not None and picture.verdict == Verdict.ASK.value:
                picture.is_confirmed = is_confirmed


def picture_content(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID) -> tuple[str, bytes]:
    """Media type and bytes of a picture, for its own author before submission."""
    with runtime.database.read() as session:
        picture = _own_picture(session, draft, picture_id)
        if picture is None or draft.ticket is not None:
            raise DraftGoneError
        return picture.media_type, screenshots.open_picture(session, runtime.vault, runtime.blobs, picture)


def picture_thumbnail(runtime: Runtime, draft: OpenDraft, picture_id: uuid.UUID) -> bytes:
    """The same picture as a JPEG of at most 20 KB; made when asked for, kept nowhere."""
    media_type, content = picture_content(runtime, draft, picture_id)
    try:
        return rendering.thumbnail(content, media_type)
    except BrokenPicture as error:
        raise DraftGoneError from error


def discard(runtime: Runtime, draft: OpenDraft) -> None:
    """Destroy a draft that was not submitted: its reporter starts afresh."""
    with runtime.database.transaction() as session:
        open_row(session, draft)
        blobs = _destroy(session, draft.id)
    for name in blobs:
        runtime.blobs.delete(name)


def sweep_drafts(runtime: Runtime) -> int:
    """Remove what is older than a day and return how many drafts went (SECURITY B-9).

    Pictures and keys of a submitted draft belong to its report and stay.
    """
    limit = clock.now() - LIFE
    with runtime.database.read() as session:
        old = session.scalars(select(Draft.id).where(Draft.changed_at < limit).limit(1000)).all()
    return sum(_sweep(runtime, draft_id, limit) for draft_id in old)


def _sweep(runtime: Runtime, draft_id: uuid.UUID, limit: datetime) -> int:
    blobs: list[str] = []
    with runtime.database.transaction() as session:
        row = session.get(Draft, draft_id, with_for_update=True)
        if row is None or row.changed_at >= limit:
            return 0
        if ticket_of(session, draft_id) is None:
            blobs = _destroy(session, draft_id)
        else:
            destroy_answers(session, draft_id)
            session.execute(delete(Draft).where(Draft.id == draft_id))
    for name in blobs:
        runtime.blobs.delete(name)
    return 1


def _destroy(session: Session, draft_id: uuid.UUID) -> list[str]:
    """Every row of an unsubmitted draft, keys last; gives the blobs to remove once this is committed."""
    blobs = list(session.scalars(select(Screenshot.blob_key).where(Screenshot.owner_id == draft_id)))
    session.execute(delete(Screenshot).where(Screenshot.owner_id == draft_id))
    session.execute(delete(Draft).where(Draft.id == draft_id))
    session.execute(delete(DataKey).where(DataKey.owner_id == draft_id))
    filing_sessions.forget(session, draft_id)
    return blobs


def destroy_answers(session: Session, draft_id: uuid.UUID) -> None:
    """Delete the key of what was typed: no copy of the row opens any more."""
    session.execute(delete(DataKey).where(DataKey.owner_id == draft_id, DataKey.purpose == _DRAFT))


def locked(session: Session, draft: OpenDraft) -> Draft:
    """The draft's row, held until the transaction ends."""
    row = session.get(Draft, draft.id, with_for_update=True)
    if row is None:
        raise DraftGoneError
    return row


def open_row(session: Session, draft: OpenDraft) -> Draft:
    """As `locked`, for a change; one that is being filed does not change any more."""
    row = locked(session, draft)
    is_submitting = row.submitted_at is not None and row.submitted_at > clock.now() - _SUBMISSION
    if is_submitting or ticket_of(session, draft.id) is not None:
        raise DraftClosedError
    return row


def opened(session: Session, runtime: Runtime, row: Draft, token: str) -> OpenDraft:
    """A draft's row with its answers, its pictures and the ticket that became of it."""
    kind = kind_of(row.kind)
    if kind is None:
        raise DraftGoneError
    pictures = session.scalars(
        select(Screenshot).where(Screenshot.owner_id == row.id).order_by(Screenshot.slot, Screenshot.position)
    ).all()
    return OpenDraft(row.id, kind, token, _values(session, runtime, row), pictures, ticket_of(session, row.id))


def ticket_of(session: Session, draft_id: uuid.UUID) -> Ticket | None:
    """What became of a draft. The report, not the mark on the draft, is what counts after a crash."""
    return session.scalars(select(Ticket).where(Ticket.report_id == draft_id)).first()


def _own_picture(session: Session, draft: OpenDraft, picture_id: uuid.UUID) -> Screenshot | None:
    picture = session.get(Screenshot, picture_id)
    return picture if picture is not None and picture.owner_id == draft.id else None


def _free_position(session: Session, draft: OpenDraft, slot: str) -> int:
    most = draft.kind.field(slot).most
    count, last = session.execute(
        select(func.count(), func.max(Screenshot.position)).where(
            Screenshot.owner_id == draft.id, Screenshot.slot == slot
        )
    ).one()
    if count >= most:
        raise InvalidError([draft.kind.field(slot).fault("image_too_many", f"最多 {most} 张，请先删除一张")])
    return 0 if last is None else last + 1


def _picture_view(picture: Screenshot) -> Picture:
    verdict = Verdict(picture.verdict)
    code = "image_confirm" if verdict is Verdict.ASK else None
    return Picture(picture.slot, verdict, code, picture.message, picture.is_confirmed)


def _values(session: Session, runtime: Runtime, row: Draft) -> dict[str, list[str]]:
    if row.answers_sealed is None:
        return {}
    values: dict[str, list[str]] = json.loads(runtime.vault.open(session, answers_place(row.id), row.answers_sealed))
    return values


def _packed(values: Values) -> bytes:
    return json.dumps({name: list(given) for name, given in values.items()}).encode()


def is_live(row: Draft) -> bool:
    """Whether the draft's day is not over."""
    return row.changed_at > clock.now() - LIFE


def _token_hash(runtime: Runtime, token: str) -> str:
    return runtime.vault.keyed_hash("draft token", token)
