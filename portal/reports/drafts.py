"""Drafts: the answers so far of a browser or a member of staff, sealed on the server for a day (UX 0.7, 3).

A browser holds its draft's token in a cookie; a draft of staff belongs to its writer, in later sessions too.
"""

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.db import Base, insert_rows, new_id
from portal.errors import ConflictError, NotFoundError
from portal.kinds.table import GENERAL, Kind, kind_of
from portal.kinds.validation import Picture
from portal.metrics import filing_sessions
from portal.metrics.filing_sessions import FilingVisit
from portal.reports import draft_answers
from portal.reports.draft_answers import Values
from portal.reports.draft_models import Draft
from portal.reports.models import Report
from portal.runtime import Runtime
from portal.screenshots.inspection import Verdict
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from portal.vault.models import DataKey
from portal.vault.vault import REPORT

Changes = Mapping[str, Sequence[str] | None]

LIFE = timedelta(hours=24)
RECEIPT_LIFE = timedelta(minutes=30)


@dataclass(frozen=True)
class BrowserOwner:
    """The browser that holds this token."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class StaffOwner:
    user_id: uuid.UUID


DraftOwner = BrowserOwner | StaffOwner


class DraftGoneError(NotFoundError):
    """Expired, unknown, or another owner's: indistinguishable (SECURITY B-9)."""

    def __init__(self, owner: DraftOwner | None = None) -> None:
        super().__init__(
            "没有找到这份登记。没有提交的登记只对登记人保留 24 小时"
            if isinstance(owner, StaffOwner)
            else "没有找到这份填写中的问题。已填内容只在填写它的那个浏览器里保留 24 小时，过期会自动销毁"
        )


class DraftClosedError(ConflictError):
    """It is filed, and can no longer be changed."""

    def __init__(self, owner: DraftOwner) -> None:
        name = "登记" if isinstance(owner, StaffOwner) else "问题"
        super().__init__(f"这份{name}已经提交，内容不能再改")


@dataclass(frozen=True)
class OpenDraft:
    """A draft with its values, for its owner. The repr shows no value."""

    id: uuid.UUID
    owner: DraftOwner
    kind: Kind
    values: Values = field(repr=False)
    changed_at: datetime
    pictures: Sequence[Screenshot] = ()
    ticket: Ticket | None = None

    @property
    def token(self) -> str:
        """What the browser's cookie holds."""
        return self.owner.token if isinstance(self.owner, BrowserOwner) else ""

    @property
    def submission_key(self) -> str:
        """Derived from the draft, so that it never becomes two reports (SECURITY A-9)."""
        return f"draft:{self.owner.token}" if isinstance(self.owner, BrowserOwner) else f"desk:{self.id}"

    @property
    def shows_receipt(self) -> bool:
        """The query code is shown for half an hour (UX 3.6)."""
        submitted_at = self.ticket.submitted_at if self.ticket is not None else None
        return submitted_at is not None and clock.is_before(submitted_at + RECEIPT_LIFE, RECEIPT_LIFE)

    def picture_views(self) -> list[Picture]:
        """The stored screenshots as validation sees them."""
        return [_picture_view(picture) for picture in self.pictures]


# Enough for a shared line, but not for a script that fills the disk with drafts.
_BEGUN = RateLimit("draft-address", most=1000, minutes=60)
_TOO_MANY = "这个网络新建的提报太多，请在 {at} 以后再试"


def start(
    runtime: Runtime,
    kind: Kind,
    values: Values,
    address: str,
    visit: FilingVisit | None = None,
    *,
    draft_id: uuid.UUID | None = None,
    owner: BrowserOwner | None = None,
) -> OpenDraft:
    """A new draft, with a token that only its browser knows; `visit` is for the metrics only.

    Args:
        draft_id, owner: as the page proposes them, so that the same page sent twice begins one draft.

    Raises:
        TooManyRequestsError: this address has started too many.
        IntegrityError: a concurrent post of the same page was faster.
    """
    limiter.ensure_room(runtime.database, _BEGUN, address, _TOO_MANY, runtime.settings.or_call)
    owner, draft_id, now = owner or BrowserOwner(secrets.token_urlsafe(32)), draft_id or new_id(), clock.now()
    rows = _new_rows(runtime, draft_id, owner, kind, values, now)
    with runtime.database.transaction() as session:
        limiter.count(session, _BEGUN, address)
        insert_rows(session, *rows)
        filing_sessions.begin(session, draft_id, visit)
    return OpenDraft(draft_id, owner, kind, values, now)


def begin_for_staff(runtime: Runtime, draft_id: uuid.UUID, owner: StaffOwner) -> OpenDraft:
    """The draft with the id that the page proposes, created if new.

    Raises:
        DraftGoneError: the id is another owner's, or the draft has expired.
    """
    with runtime.database.read() as session:
        is_new = session.get(Draft, draft_id) is None
        if is_new and session.get(Report, draft_id) is not None:
            raise DraftGoneError(owner)
    if is_new:
        rows = _new_rows(runtime, draft_id, owner, None, {}, clock.now())
        with suppress(IntegrityError), runtime.database.transaction() as session:  # a concurrent post was faster
            insert_rows(session, *rows)
    return find(runtime, draft_id, owner)


def find(runtime: Runtime, draft_id: uuid.UUID, *owners: DraftOwner) -> OpenDraft:
    """The draft, for one of these owners.

    Raises:
        DraftGoneError: expired, unknown or another owner's.
    """
    with runtime.database.read() as session:
        row = session.get(Draft, draft_id)
        for owner in owners:
            if row is not None and is_live(row) and _belongs_to(runtime, row, owner):
                return opened(session, runtime, row, owner)
    raise DraftGoneError(*owners[:1])


def is_free(runtime: Runtime, draft_id: uuid.UUID) -> bool:
    """Whether neither a draft nor a report has this id."""
    with runtime.database.read() as session:
        return session.get(Draft, draft_id) is None and session.get(Report, draft_id) is None


def begun_by(runtime: Runtime, owner: DraftOwner) -> list[OpenDraft]:
    """The owner's unsubmitted drafts, latest first."""
    recent = select(Draft).where(_is_owner(runtime, owner), Draft.changed_at > clock.now() - LIFE)
    with runtime.database.read() as session:
        rows = session.scalars(recent.order_by(Draft.changed_at.desc()).limit(20)).all()
        drafts = [opened(session, runtime, row, owner) for row in rows]
    return [draft for draft in drafts if draft.ticket is None]


def unfinished(runtime: Runtime, kind: Kind, *tokens: str) -> OpenDraft | None:
    """The latest unsubmitted draft of this kind among those that these tokens name."""
    hashes = {_token_hash(runtime, token): token for token in tokens if token}
    if not hashes:
        return None
    recent = select(Draft).where(
        Draft.token_hash.in_(hashes),
        Draft.kind == kind.name.value,
        Draft.ticket_id.is_(None),
        Draft.changed_at > clock.now() - LIFE,
    )
    with runtime.database.read() as session:
        for row in session.scalars(recent.order_by(Draft.changed_at.desc())):
            if ticket_of(session, row.id) is None:
                return opened(session, runtime, row, BrowserOwner(hashes[row.token_hash or ""]))
    return None


def save(runtime: Runtime, draft: OpenDraft, changes: Values) -> OpenDraft:
    """Store `changes`, field by field; the other fields stay as they are.

    Raises:
        DraftClosedError: it is filed.
    """
    return change(runtime, draft, lambda _: changes)


def change(runtime: Runtime, draft: OpenDraft, changes_of: Callable[[OpenDraft], Changes]) -> OpenDraft:
    """As `save`, with changes that depend on what the draft holds by now: it is locked meanwhile.

    A name changed to None is forgotten.

    Raises:
        DraftClosedError: it is filed. Whatever `changes_of` raises: then nothing changes.
    """
    with runtime.database.transaction() as session:
        row = open_row(session, draft)
        held = draft_answers.read(session, runtime.vault, row)
        changes = changes_of(replace(draft, values=held))
        values = {name: given for name, given in {**held, **changes}.items() if given is not None}
        draft_answers.keep(session, runtime.vault, row, values)
        row.changed_at = clock.now()
    return replace(draft, kind=_kind(row, values), values=values, changed_at=row.changed_at)


def discard(runtime: Runtime, draft: OpenDraft) -> None:
    with runtime.database.transaction() as session:
        blobs = _destroy(session, open_row(session, draft))
    for name in blobs:
        runtime.blobs.delete(name)


def sweep_drafts(runtime: Runtime) -> int:
    """Delete drafts older than a day and return how many (SECURITY B-9).

    Screenshots and keys of a submitted draft belong to its report and stay.
    """
    limit = clock.now() - LIFE
    with runtime.database.read() as session:
        old = session.scalars(select(Draft.id).where(Draft.changed_at < limit).limit(1000)).all()
    return sum(_sweep(runtime, draft_id, limit) for draft_id in old)


def open_row(session: Session, draft: OpenDraft) -> Draft:
    """The draft's row, locked until the transaction ends.

    Raises:
        DraftGoneError: it has expired. DraftClosedError: it is filed.
    """
    row = locked(session, draft)
    if ticket_of(session, draft.id) is not None:
        raise DraftClosedError(draft.owner)
    return row


def locked(session: Session, draft: OpenDraft) -> Draft:
    """As `open_row`, also if it is filed."""
    row = session.get(Draft, draft.id, with_for_update=True)
    if row is None or not is_live(row):
        raise DraftGoneError(draft.owner)
    return row


def opened(session: Session, runtime: Runtime, row: Draft, owner: DraftOwner) -> OpenDraft:
    """A draft's row with its answers, its screenshots and its ticket."""
    pictures = session.scalars(
        select(Screenshot).where(Screenshot.owner_id == row.id).order_by(Screenshot.slot, Screenshot.position)
    ).all()
    values = draft_answers.read(session, runtime.vault, row)
    return OpenDraft(
        row.id, owner, _kind(row, values), values, row.changed_at, pictures, ticket_of(session, row.id)
    )  # fmt: skip


def ticket_of(session: Session, draft_id: uuid.UUID) -> Ticket | None:
    return session.scalars(select(Ticket).where(Ticket.report_id == draft_id)).first()


def is_live(row: Draft) -> bool:
    """Whether it is less than a day old."""
    return row.changed_at > clock.now() - LIFE


def _new_rows(
    runtime: Runtime, draft_id: uuid.UUID, owner: DraftOwner, kind: Kind | None, values: Values, now: datetime
) -> list[Base]:
    key, key_row = runtime.vault.new_data_key(draft_id, draft_answers.DRAFT)
    _, report_key_row = runtime.vault.new_data_key(draft_id, REPORT)
    row = Draft(
        id=draft_id,
        token_hash=_token_hash(runtime, owner.token) if isinstance(owner, BrowserOwner) else None,
        user_id=owner.user_id if isinstance(owner, StaffOwner) else None,
        kind=kind.name.value if kind else None,
        answers_sealed=draft_answers.sealed(runtime.vault, key, draft_id, values),
        data_key_id=key.id,
        created_at=now,
        changed_at=now,
    )
    return [key_row, report_key_row, row]


def _belongs_to(runtime: Runtime, row: Draft, owner: DraftOwner) -> bool:
    if isinstance(owner, StaffOwner):
        return row.user_id == owner.user_id
    return row.token_hash is not None and secrets.compare_digest(row.token_hash, _token_hash(runtime, owner.token))


def _is_owner(runtime: Runtime, owner: DraftOwner) -> ColumnElement[bool]:
    if isinstance(owner, StaffOwner):
        return Draft.user_id == owner.user_id
    return Draft.token_hash == _token_hash(runtime, owner.token)


def _kind(row: Draft, values: Values) -> Kind:
    """The browser's kind, or the one staff have chosen so far."""
    return kind_of(row.kind or next(iter(values.get("kind", ())), "").strip()) or GENERAL


def _picture_view(picture: Screenshot) -> Picture:
    codes = {Verdict.ASK: "image_confirm", Verdict.REFUSE: "image_partial"}
    verdict = Verdict(picture.verdict)
    return Picture(picture.slot, verdict, codes.get(verdict), picture.message, picture.is_confirmed)


def _sweep(runtime: Runtime, draft_id: uuid.UUID, limit: datetime) -> int:
    blobs: list[str] = []
    with runtime.database.transaction() as session:
        row = session.get(Draft, draft_id, with_for_update=True)
        if row is None or row.changed_at >= limit:
            return 0
        if ticket_of(session, draft_id) is None:
            blobs = _destroy(session, row)
        else:
            draft_answers.destroy(session, row)
            session.delete(row)
    for name in blobs:
        runtime.blobs.delete(name)
    return 1


def _destroy(session: Session, row: Draft) -> list[str]:
    """Delete every row of an unsubmitted draft, keys last; returns the blobs to delete after the commit."""
    blobs = list(session.scalars(select(Screenshot.blob_key).where(Screenshot.owner_id == row.id)))
    session.execute(delete(Screenshot).where(Screenshot.owner_id == row.id))
    draft_answers.destroy(session, row)
    session.delete(row)
    session.flush()
    session.execute(delete(DataKey).where(DataKey.owner_id == row.id))
    filing_sessions.forget(session, row.id)
    return blobs


def _token_hash(runtime: Runtime, token: str) -> str:
    return runtime.vault.keyed_hash("draft token", token)
