"""Files a complete report: seal, store the blobs, then one transaction for all its rows."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.clocks.names import Coordination
from portal.db import Base, OutcomeUnknownError, insert_rows, new_id
from portal.institutions import directory
from portal.kinds.contact_fields import SMS_CONSENT, SMS_NOTICE
from portal.kinds.names import RequestType
from portal.kinds.table import PRIVACY_NOTICE
from portal.kinds.validation import ReportDraft
from portal.metrics import filing_sessions
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks, lifecycle
from portal.progress.hooks import Moment
from portal.reports import call_records, kept_by_hand, receipts, urgency_at_filing
from portal.reports.call_records import CallRecord
from portal.reports.models import Report
from portal.reports.receipts import Receipt
from portal.reports.sealing import Keys, Sealer, masks_by_field
from portal.reports.service_records import Service
from portal.reports.urgency_at_filing import NORMAL, ChosenUrgency
from portal.runtime import Runtime
from portal.screenshots import service as screenshots
from portal.screenshots.inspection import Inspection, Verdict
from portal.screenshots.models import Screenshot
from portal.screenshots.twins import SAME
from portal.search.index import excerpt_of, search_text
from portal.tickets import numbering
from portal.tickets.models import InformationRequest, Ticket
from portal.tickets.states import Origin, TicketState, Urgency
from portal.vault.models import SealedValue
from portal.vault.span_masks import masked_text
from portal.vault.vault import CREDENTIALS, REPORT, Vault


@dataclass(frozen=True)
class NewPicture:
    """A screenshot that arrived with the report itself (API), not through a draft."""

    slot: str
    inspection: Inspection
    is_confirmed: bool
    digest: str = ""  # of the file as it was sent


@dataclass(frozen=True)
class SealedReport:
    """A checked report whose secrets are sealed.

    Args:
        answers: the texts, with every secret in them masked in place.
        pictures: as they are or will be stored.
        rows: inserted after the report's own row, in this order; a call record after the ticket.
        urgency: as staff set it while they took the report.
    """

    id: uuid.UUID
    content: ReportDraft = field(repr=False)
    keys: Keys = field(repr=False)
    answers: Mapping[str, str]
    values: Sequence[SealedValue]
    pictures: Sequence[Screenshot]
    rows: Sequence[Base]
    urgency: ChosenUrgency = NORMAL


def file_report(
    runtime: Runtime,
    content: ReportDraft,
    actor: Actor,
    *,
    limit: RateLimit | None = None,
    submission_key: str | None = None,
    new_pictures: Sequence[NewPicture] = (),
    urgency: ChosenUrgency = NORMAL,
) -> Receipt:
    """File a checked report and return its receipt; the same `submission_key` again returns the same receipt.

    Args:
        limit: counts this report against the actor's address.

    Raises:
        ConflictError: the key was used for a report with other content.
        TooManyRequestsError: the institution has filed too many within the hour.
        StorageUnavailableError: nothing was stored.
    """
    content = replace(content, sent_pictures=tuple(f"{picture.slot} {picture.digest}" for picture in new_pictures))
    known = _known_receipt(runtime, submission_key, content, urgency)
    if known is not None:
        return known
    runtime.blobs.ensure_right()  # also without pictures: its clinic will send some later
    report = replace(_sealed_with_new_keys(runtime, content, new_pictures), urgency=urgency)
    if content.incomplete_note:
        call = call_records.of_filing(Service(incomplete_note=content.incomplete_note))
        report = replace(report, rows=[*report.rows, call])
    try:
        receipt = runtime.database.run(
            lambda session: _file_once(session, runtime, report, actor, limit, submission_key)
        )
    except IntegrityError:
        # PostgreSQL runs identical requests side by side until one of them has inserted the key.
        _discard(runtime, report.pictures)
        known = _known_receipt(runtime, submission_key, content, urgency)
        if known is None:
            raise
        return known
    except OutcomeUnknownError:
        # The commit may have succeeded: only the sweep, which looks for the rows, may delete these blobs.
        raise
    except BaseException:
        _discard(runtime, report.pictures)
        raise
    if receipt is None:
        _discard(runtime, report.pictures)
        receipt = _known_receipt(runtime, submission_key, content, urgency)
        assert receipt is not None  # noqa: S101
    return receipt


def sealed(
    vault: Vault,
    report_id: uuid.UUID,
    content: ReportDraft,
    keys: Keys,
    pictures: Sequence[Screenshot],
    *,
    before: Sequence[Base] = (),
    after: Sequence[Base] = (),
) -> SealedReport:
    """The report with its secrets sealed: whole fields, and secrets inside texts, by shape or as a field's value.

    Args:
        before: rows that the sealed values need, such as their keys.
        after: further rows of the same transaction.
    """
    sealer = Sealer(vault, report_id, keys)
    sealer.field_values(content)
    known = [
        secret for spec in content.kind.fields if spec.is_sensitive for secret in content.secrets.get(spec.name, ())
    ]
    answers = {}
    for spec in content.kind.fields:
        text = content.texts.get(spec.name)
        if text is not None:
            answers[spec.name] = text if spec.choices else sealer.text(spec.name, spec.label, text, known)
    return SealedReport(report_id, content, keys, answers, sealer.rows, pictures, [*before, *sealer.rows, *after])


def insert(
    session: Session, runtime: Runtime, report: SealedReport, actor: Actor, submission_key: str | None
) -> tuple[Ticket, Receipt]:
    """Insert the report with its ticket, receipt, message and trail row, in the caller's transaction."""
    now, content = clock.now(), report.content
    calls = [row for row in report.rows if isinstance(row, CallRecord)]
    insert_rows(session, _report_row(report, actor, now), *(row for row in report.rows if row not in calls))
    code = numbering.query_code(runtime.vault, submission_key)
    if any(picture.number is None for picture in report.pictures):
        screenshots.give_names(session, report.id)
    ticket = _new_ticket(session, runtime, report, code, now)
    ticket.received_by_id = actor.user_id
    call = call_records.numbered(session, ticket, actor, next(iter(calls), None))
    lifecycle.begin(session, ticket, TicketState(ticket.state), actor)
    if report.urgency.reason:
        lifecycle.remark(session, ticket, urgency_at_filing.FILED, actor, report.urgency.line)
    if call is not None:
        insert_rows(session, call)
    if content.later:
        _ask_for_later(session, ticket, content, now)
    receipt = Receipt(
        number=ticket.number,
        query_code=code,
        queue=ticket.queue,
        state=ticket.state,
        submitted_at=now,
        reply_due_at=ticket.reply_due_at,
        masked=masks_by_field(content.kind, _field_masks(report)),
    )
    if submission_key:
        fingerprint = receipts.fingerprint(runtime, content, report.urgency)
        receipts.keep(session, runtime, submission_key, fingerprint, report.keys.credentials, ticket, receipt)
    outbox.add(session, Event.REPORT_FILED, ticket.number)
    filing_sessions.filed(session, report.id, content.channel.value, now)
    if report.urgency.level is Urgency.CRITICAL:
        hooks.announce(session, ticket, Moment.BECAME_CRITICAL)
    _record(session, report, ticket, actor)
    return ticket, receipt


def _report_row(report: SealedReport, actor: Actor, now: datetime) -> Report:
    return Report(
        id=report.id,
        kind=report.content.kind.name.value,
        channel=report.content.channel.value,
        answers=dict(report.answers),
        notice_version=PRIVACY_NOTICE,
        filed_by=actor.name,
        created_at=now,
    )


def _field_masks(report: SealedReport) -> list[tuple[str, str]]:
    names = {spec.name for spec in report.content.kind.fields if spec.is_sensitive}
    return [(row.field, row.value_masked) for row in report.values if row.field in names]


def _new_ticket(session: Session, runtime: Runtime, report: SealedReport, code: str, now: datetime) -> Ticket:
    content, answers = report.content, report.answers
    number = numbering.next_number(session, content.kind.prefix)
    institution = answers.get("institution", "")
    return Ticket(
        id=new_id(),
        number=number,
        report_id=report.id,
        query_code_hash=numbering.hash_code(runtime.vault, code),
        queue=content.kind.name.value,
        state=(TicketState.AWAITING_INFORMATION if content.later else TicketState.SUBMITTED).value,
        is_open=True,
        urgency=report.urgency.level.value,
        channel=content.channel.value,
        request_type=content.request_type.value,
        filed_as=content.request_type.value,
        symptom=answers.get("symptom", ""),
        scope=answers.get("scope", ""),
        institution=institution,
        institution_id=directory.matched(session, institution),
        excerpt=excerpt_of(answers.get("description", "")),
        search_text=search_text(number, answers),
        previous_system=answers.get("previous_system", ""),
        module=answers.get("module", ""),
        picture_flags=picture_flags(report.pictures),
        submitted_at=now,
        round=1,
        coordination=Coordination.GENERAL.value,
        origin=Origin.EXTERNAL.value,
        changed_at=now,
        sms_notice=SMS_NOTICE if answers.get(SMS_CONSENT.name) else None,
    )


def _ask_for_later(session: Session, ticket: Ticket, content: ReportDraft, now: datetime) -> None:
    labels = "、".join(content.kind.field(name).label for name in content.later)
    insert_rows(
        session,
        InformationRequest(ticket_id=ticket.id, fields=list(content.later), message=f"请补充：{labels}", asked_at=now),
    )


def picture_flags(pictures: Iterable[Screenshot]) -> str:
    """What lists show of a ticket's pictures."""
    pictures = list(pictures)
    verdicts = {picture.verdict for picture in pictures}
    flags = []
    if any(picture.is_photo for picture in pictures):
        flags.append("photo")
    if any(picture.verdict == Verdict.ASK.value and picture.reason != SAME for picture in pictures):
        flags.append("confirmed")
    if any(picture.is_of_other_screen for picture in pictures):
        flags.append("other")
    if Verdict.OVERRIDE.value in verdicts:
        flags.append("override")
    return ",".join(flags)


def _record(session: Session, report: SealedReport, ticket: Ticket, actor: Actor) -> None:
    content, urgency = report.content, report.urgency
    chosen = {
        "request_type": content.request_type.value if content.request_type is not RequestType.HELP else None,
        "filed_urgency": urgency.level.name.lower() if urgency.reason else None,
    }
    trail.record(
        session, Tag.REPORT_CREATED, actor, ticket_number=ticket.number,
        particulars={"channel": content.channel.value} | {name: word for name, word in chosen.items() if word},
        reason=masked_text(urgency.reason) or None,
    )  # fmt: skip
    kept_by_hand.record(session, report.pictures, actor, ticket.number)


def _known_receipt(
    runtime: Runtime, submission_key: str | None, content: ReportDraft, urgency: ChosenUrgency
) -> Receipt | None:
    if not submission_key:
        return None
    return receipts.find(runtime, submission_key, receipts.fingerprint(runtime, content, urgency))


def _file_once(
    session: Session,
    runtime: Runtime,
    report: SealedReport,
    actor: Actor,
    limit: RateLimit | None,
    submission_key: str | None,
) -> Receipt | None:
    """The receipt; None if an identical concurrent request has filed the report."""
    if submission_key and receipts.is_known(session, runtime, submission_key):
        return None
    if limit:
        limiter.count(session, limit, actor.address)
        _count_institution(session, runtime, report)
    return insert(session, runtime, report, actor, submission_key)[1]


def _count_institution(session: Session, runtime: Runtime, report: SealedReport) -> None:
    """Many addresses may file for one institution, but not without bound (SECURITY A-13)."""
    name = str(report.answers.get("institution") or "")
    limit = RateLimit("report-institution", most=runtime.settings.reports_per_institution, minutes=60)
    if not name or limiter.count(session, limit, name) <= limit.most:
        return
    until = limiter.window_end(session, limit, name)
    raise limiter.too_many(until, "这家机构一小时内提交的问题太多，请 {at} 以后再提交", runtime.settings.or_call)


def _sealed_with_new_keys(runtime: Runtime, content: ReportDraft, new_pictures: Sequence[NewPicture]) -> SealedReport:
    report_id = uuid.uuid4()
    report_key, report_key_row = runtime.vault.new_data_key(report_id, REPORT)
    credentials_key, credentials_key_row = runtime.vault.new_data_key(report_id, CREDENTIALS)
    keys, key_rows = Keys(report_key, credentials_key), [report_key_row, credentials_key_row]
    pictures = _stored_pictures(runtime, keys, report_id, new_pictures)
    return sealed(runtime.vault, report_id, content, keys, pictures, before=key_rows, after=pictures)


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
            stored[-1].number = len(stored)
    except BaseException:
        _discard(runtime, stored)
        raise
    return stored


def _discard(runtime: Runtime, pictures: Sequence[Screenshot]) -> None:
    for picture in pictures:
        runtime.blobs.delete(picture.blob_key)
