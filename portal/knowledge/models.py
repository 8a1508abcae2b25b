"""Known issues, the clinics that reported 我也遇到, and the words that leads keep: phrases and hints."""

import uuid
from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, UtcDateTime, new_id


class KnownIssue(Base):
    """已知问题. Active until `settled_at`; an empty system or county means any. Its texts are public."""

    __tablename__ = "known_issues"
    __table_args__ = (Index("ix_known_issues_settled_at_created_at", "settled_at", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    title: Mapped[str] = mapped_column(String(80))
    queues: Mapped[list[str]] = mapped_column(JSON)
    system: Mapped[str] = mapped_column(String(100), default="")
    county: Mapped[str] = mapped_column(String(40), default="")
    cause: Mapped[str] = mapped_column(Text)
    recovers_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    workaround: Mapped[str] = mapped_column(Text, default="")
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    ticket_number: Mapped[str] = mapped_column(String(24), default="")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settling: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(80))

    @property
    def is_settled(self) -> bool:
        """Settled issues are no longer suggested to clinics."""
        return self.settled_at is not None

    @property
    def expected_at(self) -> datetime | None:
        """The expected recovery; None if unknown, or if that time has passed."""
        return self.recovers_at if self.recovers_at and self.recovers_at > clock.now() else None


class Follower(Base):
    """我也遇到: a short report linked to a known issue. Its contact is sealed with its own data key."""

    __tablename__ = "known_issue_followers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    known_issue_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("known_issues.id"), index=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    query_code_hash: Mapped[str] = mapped_column(String(64))
    submission_hash: Mapped[str] = mapped_column(String(64), unique=True)
    institution: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    contact_destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_UNDONE = sql("done_at IS NULL")


class SettledBatch(Base):
    """A settled known issue whose clinics are to be called: 200 of them a transaction, until `done_at` (DESK 4.3)."""

    __tablename__ = "known_issue_call_batches"
    __table_args__ = (
        UniqueConstraint("known_issue_id", "round", name="uq_known_issue_call_batches_known_issue_id_round"),
        Index("ix_known_issue_call_batches_undone", "made_at", sqlite_where=_UNDONE, postgresql_where=_UNDONE),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    known_issue_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("known_issues.id"))
    round: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_follower_id: Mapped[uuid.UUID | None]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Phrase(Base):
    """常用语: a text with variables, inserted into a text or read out; offered between its days, both inside."""

    __tablename__ = "phrases"
    __table_args__ = (Index("ix_phrases_place_position", "place", "position"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(12))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class WordHint(Base):
    """A word that staff had better not write to a clinic, with what to write instead.

    `exceptions`: longer words that contain it and are fine. `is_whole`: only as a whole utterance before a comma.
    """

    __tablename__ = "word_hints"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    pattern: Mapped[str] = mapped_column(String(40), unique=True)
    advice: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    exceptions: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_whole: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
