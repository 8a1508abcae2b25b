"""What staff know of a report that they took for somebody, and the one-time links that they hand out."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id

# How the caller was known. A familiar voice is no proof.
IDENTITY_METHODS: tuple[tuple[str, str], ...] = (
    ("callback", "回拨机构电话核对"),
    ("contact", "核对机构与联系人"),
    ("in_person", "当面核实"),
)


class ServiceRecord(Base):
    """代客提报: who took the report, how the caller was known, when (REQUIREMENTS D8, E1, G18). Never the clinic's."""

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
        """The words for how the caller was known."""
        return dict(IDENTITY_METHODS).get(self.identity_method, "没有核实")
