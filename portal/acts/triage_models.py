"""What staff find out about a ticket: the versions of its internal summary, and the causes that leads add."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class TriageNote(Base):
    """分类: 摘要, 初步处理意见, 处理步骤, 改进建议, 备注; insert-only, the newest version counts (DESK 3.3).

    All texts are internal and have their secrets masked. `recording_ref` names a recording that is kept elsewhere.
    """

    __tablename__ = "triage_notes"
    __table_args__ = (UniqueConstraint("ticket_id", "version", name="uq_triage_notes_ticket_id_version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    version: Mapped[int]
    summary: Mapped[str] = mapped_column(Text, default="")
    first_opinion: Mapped[str] = mapped_column(Text, default="")
    improvement: Mapped[str] = mapped_column(Text, default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    steps: Mapped[str] = mapped_column(Text, default="")
    needs_soothing: Mapped[bool] = mapped_column(default=False)
    recording_ref: Mapped[str] = mapped_column(String(60), default="")
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class RootCause(Base):
    """定性: a cause that leads added. Its name is what tickets store, so it never changes."""

    __tablename__ = "root_causes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(30), unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
