"""Submitting a draft: one transaction, one report, one receipt, however often it is submitted (SECURITY A-9)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import Base
from portal.errors import Fault, InvalidError, PortalError
from portal.kinds.validation import ReportDraft
from portal.metrics import filing_sessions
from portal.reports import draft_answers, drafts, filing, receipts
from portal.reports.drafts import BrowserOwner, DraftGoneError, OpenDraft
from portal.reports.receipts import Receipt
from portal.reports.sealing import Keys
from portal.reports.urgency_at_filing import NORMAL, ChosenUrgency
from portal.runtime import Runtime
from portal.tickets import numbering
from portal.tickets.models import Ticket
from portal.vault.vault import CREDENTIALS, REPORT

_TOO_MANY = "这个网络提交得太多，请在 {at} 以后再试。已填内容还在"


@dataclass(frozen=True)
class CheckedDraft:
    """A valid draft's content, further rows of the report's transaction, and what follows in it."""

    content: ReportDraft
    extra_rows: Sequence[Base] = ()
    urgency: ChosenUrgency = NORMAL
    afterwards: Callable[[Session, Ticket], None] = lambda session, ticket: None


Check = Callable[[OpenDraft], CheckedDraft]


def submit(runtime: Runtime, draft: OpenDraft, actor: Actor, limit: RateLimit, check: Check) -> Receipt:
    """File the draft; submitting again, at once or later, returns the same receipt (SECURITY A-9).

    The draft's row is locked until the commit: what is being filed cannot change, and a concurrent submission waits,
    then finds the ticket.

    Args:
        limit: counts this report against the actor's address.
        check: raises InvalidError with every fault; may be called again, so it has no other effect.

    Raises:
        InvalidError: every fault; the trail records the refusal with its codes only.
        TooManyRequestsError: too many reports from this address; everything typed is kept.
        StorageUnavailableError: the draft shows whether the report was filed.
    """
    limiter.ensure_room(runtime.database, limit, actor.address, _TOO_MANY)
    try:
        filed = runtime.database.run(lambda session: _file(session, runtime, draft, actor, limit, check))
    except InvalidError as error:
        with suppress(PortalError):  # the faults are reported even if this fails
            _record_refusal(runtime, draft, actor, error.faults)
        raise
    return filed or receipt(runtime, drafts.find(runtime, draft.id, draft.owner))


def receipt(runtime: Runtime, draft: OpenDraft) -> Receipt:
    """The receipt of a filed draft, for its owner.

    Raises:
        DraftGoneError: it is not filed.
    """
    known = receipts.find(runtime, draft.submission_key) if draft.ticket else None
    if known is None:
        raise DraftGoneError(draft.owner)
    return known


def shown_receipt(runtime: Runtime, draft: OpenDraft) -> Receipt | None:
    """The receipt while its code may be shown: for a short time, and not once another code was issued in its place."""
    if not draft.shows_receipt or draft.ticket is None:
        return None
    known = receipt(runtime, draft)
    return known if numbering.is_code(runtime.vault, known.query_code, draft.ticket.query_code_hash) else None


def _file(
    session: Session, runtime: Runtime, draft: OpenDraft, actor: Actor, limit: RateLimit, check: Check
) -> Receipt | None:
    """The receipt; None if the draft was filed already."""
    row = drafts.locked(session, draft)
    held = drafts.opened(session, runtime, row, draft.owner)
    if held.ticket is not None:
        return None
    checked, vault = check(held), runtime.vault
    credentials, credentials_row = vault.new_data_key(draft.id, CREDENTIALS)
    report = filing.sealed(
        vault,
        draft.id,
        checked.content,
        Keys(vault.data_key(session, draft.id, REPORT), credentials),
        held.pictures,
        before=[credentials_row],
        after=checked.extra_rows,
    )
    report = replace(report, urgency=checked.urgency)
    limiter.count(session, limit, actor.address)
    draft_answers.destroy(session, row)
    ticket, given = filing.insert(session, runtime, report, actor, draft.submission_key)
    row.ticket_id = ticket.id
    row.submitted_at = row.changed_at = clock.now()
    checked.afterwards(session, ticket)
    return given


def _record_refusal(runtime: Runtime, draft: OpenDraft, actor: Actor, faults: Sequence[Fault]) -> None:
    codes = [f"{fault.field}:{fault.code}" for fault in faults]
    with runtime.database.transaction() as session:
        if isinstance(draft.owner, BrowserOwner):
            filing_sessions.refused(session, draft.id, faults)
        trail.record(session, Tag.REPORT_REFUSED, actor, particulars={"faults": codes}, is_success=False)
