"""Submitting a draft: once, whatever is pressed twice; and the receipt for the browser that did it (SECURITY A-9)."""

from contextlib import suppress

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import InvalidError, PortalError, StorageUnavailableError
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel
from portal.kinds.validation import checked_report, relevant
from portal.metrics import filing_sessions
from portal.reports import filing
from portal.reports.draft_models import Draft
from portal.reports.drafts import DraftGoneError, OpenDraft, destroy_answers, locked, opened, ticket_of
from portal.reports.filing import Receipt
from portal.runtime import Runtime

_TOO_MANY = "这个网络提交得太多，请在 {at} 以后再试。已填内容还在"


def submit(runtime: Runtime, draft: OpenDraft, actor: Actor, limit: RateLimit) -> Receipt:
    """File the draft; again, at once or later, gives the same receipt (SECURITY A-9).

    Raises:
        InvalidError: every fault of the report; the refusal stands in the trail with its codes only.
        TooManyRequestsError: too many reports from this address; everything typed is kept.
    """
    frozen = _frozen(runtime, draft)
    if frozen.ticket is not None:
        return receipt(runtime, frozen)
    try:
        limiter.ensure_room(runtime.database, limit, actor.address, _TOO_MANY)
        values = relevant(frozen.kind, frozen.values)
        report = checked_report(
            frozen.kind, Channel.YXT, values, frozen.picture_views(), CheckContext.of(runtime.settings)
        )
        filed = filing.file_report(
            runtime, report, actor, limit=limit, submission_key=_submission_key(draft), report_id=draft.id
        )
    except BaseException as error:
        with suppress(PortalError):
            _release(runtime, draft, actor, error)
        raise
    with suppress(StorageUnavailableError):  # the report stands; the sweep destroys the answers later
        _close(runtime, draft)
    return filed


def receipt(runtime: Runtime, draft: OpenDraft) -> Receipt:
    """The receipt of a filed draft, for the browser that filed it."""
    if draft.ticket is None:
        raise DraftGoneError
    known = filing.known_receipt(runtime, _submission_key(draft))
    if known is None:
        raise DraftGoneError
    return known


def _frozen(runtime: Runtime, draft: OpenDraft) -> OpenDraft:
    """The draft as it will be filed: from here on its values and pictures stand still."""
    with runtime.database.transaction() as session:
        row = locked(session, draft)
        frozen = opened(session, runtime, row, draft.token)
        if frozen.ticket is None:
            row.submitted_at = clock.now()
        session.flush()
        session.expunge_all()
    return frozen


def _release(runtime: Runtime, draft: OpenDraft, actor: Actor, error: BaseException) -> None:
    with runtime.database.transaction() as session:
        row = locked(session, draft)
        if ticket_of(session, draft.id) is None:
            row.submitted_at = None
        if isinstance(error, InvalidError):
            filing_sessions.refused(session, draft.id, error.faults)
            codes = [f"{fault.field}:{fault.code}" for fault in error.faults]
            trail.record(session, Tag.REPORT_REFUSED, actor, particulars={"faults": codes}, is_success=False)


def _close(runtime: Runtime, draft: OpenDraft) -> None:
    """The report stands: what was typed is destroyed with its key, whatever copies of the row exist."""
    with runtime.database.transaction() as session:
        row = session.get(Draft, draft.id, with_for_update=True)
        if row is None or row.ticket_id is not None:
            return
        ticket = ticket_of(session, draft.id)
        row.answers_sealed, row.data_key_id = None, None
        row.ticket_id = ticket.id if ticket else None
        row.submitted_at = row.changed_at = clock.now()
        session.flush()
        destroy_answers(session, draft.id)


def _submission_key(draft: OpenDraft) -> str:
    return f"draft:{draft.token}"
