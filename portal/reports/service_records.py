"""代客提报: what staff record about a report that they take for another person (REQUIREMENTS D8, E1, G18, K10)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, String, Text, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.accounts.principal import Principal
from portal.db import Base, UtcDateTime, new_id
from portal.tickets.models import Ticket
from portal.vault.span_masks import masked_text

LATE_AFTER = timedelta(minutes=30)
# How the caller was identified. A familiar voice is no proof.
IDENTITY_METHODS: tuple[tuple[str, str], ...] = (
    ("callback", "回拨机构电话核对"),
    ("contact", "核对机构与联系人"),
    ("in_person", "当面核实"),
)


class ServiceRecord(Base):
    """代客提报: who took the report, how the caller was identified, when (REQUIREMENTS D8, E1, G18); no clinic's."""

    __tablename__ = "desk_entries"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), unique=True)
    filed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    filed_by_name: Mapped[str] = mapped_column(String(60))
    identity_method: Mapped[str] = mapped_column(String(20))
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_late: Mapped[bool]
    late_reason: Mapped[str] = mapped_column(Text)
    incomplete_note: Mapped[str] = mapped_column(Text)
    may_call_back: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def identity_label(self) -> str:
        return dict(IDENTITY_METHODS).get(self.identity_method, "没有核实")


@dataclass(frozen=True)
class Service:
    """The facts of one service, checked. `ended_at` None means now; empty texts mean that there is nothing to say."""

    identity_method: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    late_reason: str = ""
    incomplete_note: str = ""
    may_call_back: bool = False


def is_late(ended_at: datetime | None, filed_at: datetime) -> bool:
    """补录: entered more than half an hour after the service had ended (REQUIREMENTS G18)."""
    return ended_at is not None and filed_at - ended_at > LATE_AFTER


def record_of(service: Service, report_id: uuid.UUID, by: Principal) -> ServiceRecord:
    """The row that is filed with the report. Secrets in its notes are masked permanently."""
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
    """What staff recorded for a report; None if a clinic filed it itself."""
    return session.scalars(select(ServiceRecord).where(ServiceRecord.report_id == report_id)).first()
