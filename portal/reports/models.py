"""The report, what was supplied later, and the submission key that made it."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class Report(Base):
    """提报. `answers` holds the texts that are no secrets, with secrets inside them masked in place."""

    __tablename__ = "reports"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    answers: Mapped[dict[str, str]] = mapped_column(JSON)
    notice_version: Mapped[str] = mapped_column(String(20))
    filed_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Supplement(Base):
    """A later text; the report itself never changes."""

    __tablename__ = "supplements"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    field: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SubmissionKey(Base):
    """An Idempotency-Key that has become a ticket: the same key again returns the same receipt (SECURITY A-9).

    `receipt` holds the original answer, with masks only; the query code is derived from the key. `fingerprint` tells
    another content from the same one. Its key is random and sealed with the reported credentials, so that nobody can
    try passwords against it once they are destroyed; both are empty then.
    """

    __tablename__ = "submission_keys"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    fingerprint_key_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[uuid.UUID | None]
    receipt: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
