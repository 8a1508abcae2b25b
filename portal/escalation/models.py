"""The duty rota, what people are alerted of with its steps, and what was put before a lead."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id

# Queries use these words, or the indexes on them are not used.
STEPS_RUNNING = "next_at IS NOT NULL"
UNDECIDED = "decided_at IS NULL"


class DutyShift(Base):
    """One person on duty, from `starts_at` until before `ends_at`. Shifts may overlap: then all of them are."""

    __tablename__ = "duty_shifts"
    __table_args__ = (Index("ix_duty_shifts_ends_at", "ends_at", "starts_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    queue: Mapped[str | None] = mapped_column(String(20))  # None: every queue that the person has
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class RotaWarning(Base):
    """One row a queue: since when people know that its rota has an empty time ahead; None while it has none."""

    __tablename__ = "rota_warnings"

    queue: Mapped[str] = mapped_column(String(20), primary_key=True)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AlertSeries(Base):
    """One thing of one ticket that people are alerted of, step after step: the row that a worker finds and locks.

    The unique key makes one series of it, whatever number of workers or requests notice it at once.
    """

    __tablename__ = "alert_series"
    __table_args__ = (
        UniqueConstraint("cause", "subject_id", "round", name="uq_alert_series_cause_subject_id"),
        Index(
            "ix_alert_series_next_at",
            "next_at",
            sqlite_where=sql(STEPS_RUNNING),
            postgresql_where=sql(STEPS_RUNNING),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    cause: Mapped[str] = mapped_column(String(24))  # a `Cause`
    subject_id: Mapped[uuid.UUID]  # the ticket, or one of its clocks, promises, offers, collaborations, escalations
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    round: Mapped[int]
    step: Mapped[int]  # the last one raised
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the next step is due; None: there is none
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its reason is gone


class Alert(Base):
    """One step of a series, raised to one person."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("series_id", "step", "to_user_id", name="uq_alerts_series_id_step_to_user_id"),
        Index("ix_alerts_to_user_id", "to_user_id", "raised_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    series_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("alert_series.id", ondelete="CASCADE"))
    step: Mapped[int]
    to_user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Escalation(Base):
    """上报主管 by staff, or 要求主管处理 by the clinic, and what a lead decided. Texts have their secrets masked."""

    __tablename__ = "escalations"
    __table_args__ = (
        Index(
            "uq_escalations_ticket_id_round",
            "ticket_id",
            "round",
            unique=True,
            sqlite_where=sql("by = 'clinic'"),
            postgresql_where=sql("by = 'clinic'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    round: Mapped[int]
    by: Mapped[str] = mapped_column(String(10))  # an `EscalatedBy`
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[str | None] = mapped_column(String(12))  # a `Decision`; None when it lapsed with its ticket
    decision_text: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_by_name: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
