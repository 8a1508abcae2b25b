"""Rows of the trail and the head of its chain. Triggers in the database refuse UPDATE and DELETE on events."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class AuditEvent(Base):
    """One event (SECURITY D-7). `row_hash` covers every other column and the hash of the row before."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_ticket_number_seq", "ticket_number", "seq"),
        Index("ix_audit_events_actor_name_seq", "actor_name", "seq"),
        Index("ix_audit_events_tag_seq", "tag", "seq"),
        Index("ix_audit_events_at_seq", "at", "seq"),
        Index("ix_audit_events_value_index_seq", "value_index", "seq"),
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    tag: Mapped[str] = mapped_column(String(40))
    is_success: Mapped[bool] = mapped_column(default=True)
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(80))
    actor_role: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(45))
    session_id: Mapped[str] = mapped_column(String(16))
    request_id: Mapped[str] = mapped_column(String(32))
    ticket_number: Mapped[str | None] = mapped_column(String(24))
    field: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)  # an English phrase, in rows older than `particulars`
    particulars: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    value_index: Mapped[str | None] = mapped_column(String(64))  # the vault's keyed index of the value concerned
    previous_hash: Mapped[str] = mapped_column(String(64))
    row_hash: Mapped[str] = mapped_column(String(64))
    hash_name: Mapped[str] = mapped_column(String(10), server_default="sha256")


class AuditHead(Base):
    """The single row that holds the chain's end: it serialises writers and reveals a truncated trail.

    `hash_name` is the hash of new rows; `checkpoints` counts those signed into the file outside the database.
    """

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    row_hash: Mapped[str] = mapped_column(String(64))
    hash_name: Mapped[str] = mapped_column(String(10), server_default="sha256")
    checkpoints: Mapped[int] = mapped_column(BigInteger, server_default="0")


class AuditBase(Base):
    """What was purged from the old end: the rows up to `seq`, whose hash the rest of the chain follows.

    Signed, numbered from 1, insert-only; the last one counts. `removed` is how many rows this purge removed.
    """

    __tablename__ = "audit_bases"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    row_hash: Mapped[str] = mapped_column(String(64))
    removed: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    key: Mapped[str] = mapped_column(String(32))
    signature: Mapped[str] = mapped_column(String(128))
