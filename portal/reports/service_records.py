"""代客提报: what staff note beside a report that they take for somebody (REQUIREMENTS D8, E1, G18, K10)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.principal import Principal
from portal.reports.service_record_models import ServiceRecord
from portal.tickets.models import Ticket
from portal.vault.span_masks import masked_text

LATE_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Service:
    """The facts of one service, checked. `ended_at` None means now; blank texts mean that there is nothing to say."""

    identity_method: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    late_reason: str = ""
    incomplete_note: str = ""
    may_call_back: bool = False


def is_late(ended_at: datetime | None, filed_at: datetime) -> bool:
    """补录: entered more than half an hour after the service had ended (REQUIREMENTS G18)."""
    return ended_at is not None and filed_at - ended_at > LATE_AFTER


def entry_of(service: Service, report_id: uuid.UUID, by: Principal) -> ServiceRecord:
    """The row that is filed with the report. Secrets that stand in its notes are masked for good."""
    now = clock.now()
    late = is_late(service.ended_at, now)
    return ServiceRecord(
        id=uuid.uuid4(),
        report_id=report_id,
        filed_by_id=by.user_id,
        filed_by_name=by.display_name,
        identity_method=service.identity_method,
        began_at=service.began_at,
        ended_at=service.ended_at or now,
        is_late=late,
        late_reason=masked_text(service.late_reason) if late else "",
        incomplete_note=masked_text(service.incomplete_note),
        may_call_back=service.may_call_back,
        created_at=now,
    )


def late_ones(session: Session, report_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, ServiceRecord]:
    """The 补录 among these reports, by report."""
    late = select(ServiceRecord).where(ServiceRecord.report_id.in_(list(report_ids)), ServiceRecord.is_late)
    return {entry.report_id: entry for entry in session.scalars(late)}


def is_entered_late() -> ColumnElement[bool]:
    """The condition on a ticket that its report is a 补录 (REQUIREMENTS G18)."""
    return exists().where(ServiceRecord.report_id == Ticket.report_id, ServiceRecord.is_late)


def of(session: Session, report_id: uuid.UUID) -> ServiceRecord | None:
    """What staff noted of a report; None when a clinic filed it itself."""
    return session.scalars(select(ServiceRecord).where(ServiceRecord.report_id == report_id)).first()
