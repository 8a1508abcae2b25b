"""Files a complete report: seal, make blobs durable, then one transaction for every row of it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.clocks import reply_clock
from portal.db import Base, OutcomeUnknownError, insert_rows, new_id
from portal.errors import ConflictError
from portal.institutions import directory
from portal.kinds.table import PRIVACY_NOTICE, Kind
from portal.kinds.validation import ReportDraft
from portal.metrics import filing_sessions
from portal.notify import outbox
from portal.notify.events import Event
from portal.reports.models import Report, SubmissionKey
from portal.reports.sealing import Keys, Sealer, masks_by_field
from portal.runtime import Runtime
from portal.screenshots import service as screenshots
from portal.screenshots.inspection import Inspection, Verdict
from portal.screenshots.models import Screenshot
from portal.search.index import excerpt_of, search_text
from portal.tickets import lifecycle, numbering
from portal.tickets.models import InformationRequest, Ticket
from portal.tickets.states import TicketState, Urgency
from portal.vault.models import DataKey, SealedValue
from portal.vault.vault import CREDENTIALS, REPORT


@dataclass(frozen=True)
class Receipt:
    """What the clinic takes away. The query code cannot be shown again without the submission key."""

    number: str
    query_code: str = field(repr=False)
    queue: str
    state: str
    submitted_at: datetime
    reply_due_at: datetime
    masked: Mapping[str, str | list[str]]


@dataclass(frozen=True)
class NewPicture:
    """A picture that came with the report itself (API), not through a draft."""

    slot: str
    inspection: Inspection
    is_confirmed: bool


def file_report(
    runtime: Runtime,
    draft: ReportDraft,
    actor: Actor,
    *,
    limit: RateLimit | None = None,
    submission_key: str | None = None,
    new_pictures: Sequence[NewPicture] = (),
    report_id: uuid.UUID | None = None,
    along: Sequence[Base] = (),
) -> Receipt:
    """File a checked report and return its receipt; the same `submission_key` again returns the same receipt.

    Args:
        limit: counts this report against the actor's address.
        report_id: the draft's id when pictures are already stored under it.
        along: rows that stand or fall with the report.

    Raises:
        ConflictError: the key was used for a report with other content.
        StorageUnavailableError: nothing was kept.
    """
    fingerprint = _fingerprint(runtime, draft)
    known = known_receipt(runtime, submission_key, fingerprint) if submission_key else None
    if known:
        return known
    owner_id = report_id or uuid.uuid4()
    keys, key_rows = _data_keys(runtime, owner_id, is_draft=report_id is not None)
    sealer = Sealer(runtime.vault, owner_id, keys)
    answers = _sealed_answers(sealer, draft)
    pictures = _stored_pictures(runtime, keys, owner_id, new_pictures)
    try:
        with runtime.database.transaction() as session:
            if not _is_taken(session, runtime, submission_key):
                if limit:
                    limiter.count(session, limit, actor.address)
                rows: list[Base] = [*key_rows, *sealer.rows, *pictures, *along]
                return _insert(session, runtime, draft, actor, owner_id, answers, rows, submission_key, fingerprint)
    except IntegrityError:
        # PostgreSQL lets twins run side by side until one of them has inserted the key or the report.
        _discard(runtime, pictures)
        known = known_receipt(runtime, submission_key, fingerprint) if submission_key else None
        if known is None:
            raise
        return known
    except OutcomeUnknownError:
        # The commit may stand after all: only the sweep, which looks for the rows, may remove these blobs.
        raise
    except BaseException:
        _discard(runtime, pictures)
        raise
    # A twin of this request was faster: its report stands, and this one's blobs go.
    _discard(runtime, pictures)
    assert submission_key is not None  # noqa: S101
    known = known_receipt(runtime, submission_key, fingerprint)
    assert known is not None  # noqa: S101
    return known


def known_receipt(runtime: Runtime, submission_key: str, fingerprint: str | None = None) -> Receipt | None:
    """The receipt that this key has already had, as it was given then; None when the key is new.

    Raises:
        ConflictError: a `fingerprint` is given and the key was used for other content.
    """
    with runtime.database.read() as session:
        known = session.get(SubmissionKey, _key_hash(runtime, submission_key))
    if known is None:
        return None
    if fingerprint is not None and known.fingerprint != fingerprint:
        raise ConflictError("这个 Idempotency-Key 已用于另一份内容不同的提报，请换一个")
    times = {name: datetime.fromisoformat(known.receipt[name]) for name in _TIMES}
    return Receipt(query_code=numbering.query_code(runtime.vault, submission_key), **{**known.receipt, **times})


_TIMES = ("submitted_at", "reply_due_at")


def _kept(receipt: Receipt) -> dict[str, Any]:
    """The receipt as JSON, without its query code."""
    kept = {name: value for name, value in vars(receipt).items() if name != "query_code"}
    return {**kept, **{name: kept[name].isoformat() for name in _TIMES}}


def _insert(
    session: Session,
    runtime: Runtime,
    draft: ReportDraft,
    actor: Actor,
    report_id: uuid.UUID,
    answers: Mapping[str, str],
    rows: Sequence[Base],
    submission_key: str | None,
    fingerprint: str,
) -> Receipt:
    now = clock.now()
    report = Report(
        id=report_id,
        kind=draft.kind.name.value,
        channel=draft.channel.value,
        answers=dict(answers),
        notice_version=PRIVACY_NOTICE,
        filed_by=actor.name,
        created_at=now,
    )
    insert_rows(session, report, *rows)
    code = numbering.query_code(runtime.vault, submission_key)
    kept_pictures = _pictures(session, report_id, rows)
    flags = _picture_flags(kept_pictures)
    ticket = _new_ticket(session, runtime, draft, report_id, answers, code, flags, now)
    lifecycle.begin(session, ticket, TicketState(ticket.state), actor)
    if draft.later:
        _ask_for_later(session, ticket, draft, now)
    receipt = Receipt(
        number=ticket.number,
        query_code=code,
        queue=ticket.queue,
        state=ticket.state,
        submitted_at=now,
        reply_due_at=ticket.reply_due_at,
        masked=masks_by_field(draft.kind, _field_masks(draft.kind, rows)),
    )
    if submission_key:
        insert_rows(
            session,
            SubmissionKey(
                key_hash=_key_hash(runtime, submission_key),
                fingerprint=fingerprint,
                ticket_id=ticket.id,
                receipt=_kept(receipt),
                created_at=now,
            ),
        )
    outbox.add(session, Event.REPORT_FILED, ticket.number)
    filing_sessions.filed(session, report_id, draft.channel.value, now)
    trail.record(session, Tag.REPORT_CREATED, actor, ticket_number=ticket.number, detail=draft.channel.value)
    for picture in kept_pictures:
        if picture.verdict == Verdict.OVERRIDE.value:
            where = f"{picture.width}x{picture.height} {picture.reason}"
            trail.record(
                session, Tag.PICTURE_OVERRIDDEN, actor, ticket_number=ticket.number, detail=where,
                reason=picture.message,
            )  # fmt: skip
    return receipt


def _field_masks(kind: Kind, rows: Sequence[Base]) -> list[tuple[str, str]]:
    names = {spec.name for spec in kind.fields if spec.is_sensitive}
    return [(row.field, row.value_masked) for row in rows if isinstance(row, SealedValue) and row.field in names]


def _new_ticket(
    session: Session,
    runtime: Runtime,
    draft: ReportDraft,
    report_id: uuid.UUID,
    answers: Mapping[str, str],
    code: str,
    flags: str,
    now: datetime,
) -> Ticket:
    number = numbering.next_number(session, draft.kind.prefix, now)
    description, institution = answers.get("description", ""), answers.get("institution", "")
    return Ticket(
        id=new_id(),
        number=number,
        report_id=report_id,
        query_code_hash=numbering.hash_code(runtime.vault, code),
        queue=draft.kind.name.value,
        state=(TicketState.AWAITING_INFORMATION if draft.later else TicketState.SUBMITTED).value,
        is_open=True,
        urgency=Urgency.NORMAL.value,
        channel=draft.channel.value,
        symptom=answers.get("symptom", "other"),
        scope=answers.get("scope", "single"),
        institution=institution,
        institution_id=directory.matched(session, institution),
        excerpt=excerpt_of(description),
        search_text=search_text(number, answers),
        picture_flags=flags,
        submitted_at=now,
        reply_due_at=reply_clock.reply_due(draft.kind.reply_hours, now),
        changed_at=now,
    )


def _ask_for_later(session: Session, ticket: Ticket, draft: ReportDraft, now: datetime) -> None:
    labels = "、".join(draft.kind.field(name).label for name in draft.later)
    insert_rows(
        session,
        InformationRequest(ticket_id=ticket.id, fields=list(draft.later), message=f"请补充：{labels}", asked_at=now),
    )


def _pictures(session: Session, report_id: uuid.UUID, rows: Sequence[Base]) -> Sequence[Screenshot]:
    """The pictures that came along, or those that the draft has stored."""
    pictures = [row for row in rows if isinstance(row, Screenshot)]
    return pictures or session.scalars(select(Screenshot).where(Screenshot.owner_id == report_id)).all()


def _picture_flags(pictures: Sequence[Screenshot]) -> str:
    """What lists say of the pictures."""
    verdicts = {picture.verdict for picture in pictures}
    flags = []
    if any(picture.is_photo for picture in pictures):
        flags.append("photo")
    if Verdict.ASK.value in verdicts:
        flags.append("confirmed")
    if Verdict.OVERRIDE.value in verdicts:
        flags.append("override")
    return ",".join(flags)


def _data_keys(runtime: Runtime, owner_id: uuid.UUID, *, is_draft: bool) -> tuple[Keys, list[DataKey]]:
    credentials, credentials_row = runtime.vault.new_data_key(owner_id, CREDENTIALS)
    if is_draft:
        with runtime.database.transaction() as session:
            return Keys(runtime.vault.data_key(session, owner_id, REPORT), credentials), [credentials_row]
    report, report_row = runtime.vault.new_data_key(owner_id, REPORT)
    return Keys(report, credentials), [report_row, credentials_row]


def _sealed_answers(sealer: Sealer, draft: ReportDraft) -> dict[str, str]:
    """The texts with every secret masked in place: found by shape, or because it is one of the secrets given."""
    sealer.field_values(draft)
    known = [value for spec in draft.kind.fields if spec.is_sensitive for value in draft.secrets.get(spec.name, ())]
    answers = {}
    for spec in draft.kind.fields:
        text = draft.texts.get(spec.name)
        if text is not None:
            answers[spec.name] = text if spec.choices else sealer.text(spec.name, spec.label, text, known)
    return answers


def _stored_pictures(
    runtime: Runtime, keys: Keys, owner_id: uuid.UUID, pictures: Sequence[NewPicture]
) -> list[Screenshot]:
    stored: list[Screenshot] = []
    try:
        for picture in pictures:
            position = sum(other.slot == picture.slot for other in stored)
            stored.append(
                screenshots.store(
                    runtime.vault,
                    runtime.blobs,
                    keys.report,
                    picture.inspection,
                    owner_id=owner_id,
                    slot=picture.slot,
                    position=position,
                    is_confirmed=picture.is_confirmed,
                )
            )
    except BaseException:
        _discard(runtime, stored)
        raise
    return stored


def _discard(runtime: Runtime, pictures: Sequence[Screenshot]) -> None:
    for picture in pictures:
        runtime.blobs.delete(picture.blob_key)


def _fingerprint(runtime: Runtime, draft: ReportDraft) -> str:
    content = [draft.kind.name.value, draft.channel.value, sorted(draft.texts.items()), sorted(draft.secrets.items())]
    return runtime.vault.keyed_hash("submission content", repr(content))


def _key_hash(runtime: Runtime, submission_key: str) -> str:
    return runtime.vault.keyed_hash("submission key", submission_key)


def _is_taken(session: Session, runtime: Runtime, submission_key: str | None) -> bool:
    return submission_key is not None and session.get(SubmissionKey, _key_hash(runtime, submission_key)) is not None
