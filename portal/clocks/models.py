"""Policies with their terms, the clocks of every round, and how their due times were changed."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, Index, Interval, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.clocks.arithmetic import Pause
from portal.clocks.names import ClockOutcome, ClockState
from portal.db import Base, UtcDateTime, new_id

# Clocks that run. Queries use these words, or the indexes on them are not used.
RUNNING = sql("ended_at IS NULL AND paused_at IS NULL")
# Replies and results by their due time, and results by their moment: what figures count. Alike.
JUDGED = "clock IN ('replied', 'solved')"
RESULTS = "clock = 'solved' AND outcome IN ('met', 'missed')"


class ServicePolicy(Base):
    """A version of the service times; never changed once it counts. Tickets keep the version of their filing."""

    __tablename__ = "service_policies"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    hours: Mapped[dict[str, str]] = mapped_column(JSON)
    quiet_hours: Mapped[list[str]] = mapped_column(JSON)
    switches: Mapped[dict[str, str]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(String(500))
    made_by_id: Mapped[uuid.UUID | None]  # None: the portal's own
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ServiceTerm(Base):
    """How long a clock runs for tickets of one sort; an empty column fits any."""

    __tablename__ = "service_terms"
    __table_args__ = (Index("ix_service_terms_policy_version", "policy_version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    policy_version: Mapped[int] = mapped_column(ForeignKey("service_policies.version"))
    position: Mapped[int]
    clock: Mapped[str] = mapped_column(String(24))
    queue: Mapped[str] = mapped_column(String(20), default="")
    request_type: Mapped[str] = mapped_column(String(20), default="")
    channel: Mapped[str] = mapped_column(String(10), default="")
    coordination: Mapped[str] = mapped_column(String(20), default="")
    urgency: Mapped[str] = mapped_column(String(10), default="")
    amount: Mapped[int]
    unit: Mapped[str] = mapped_column(String(16))


class TicketClock(Base):
    """A clock of one round of a ticket (DESK 1.3).

    Attributes:
        amount: of its term; None where a lead gave the moment `given_due_at`. based_at: when it was given.
        pauses: the ended ones, as pairs of ISO moments.
        left: of the term, while paused. postponed_to: of an announced delay; the due time stays.
        alert_step: how many shares of its time were told of. alert_at: when the next one is.
        outcome: None while it runs, and for a clock that only reminds.
        ended_by_id: None: the clinic or the system.
    """

    __tablename__ = "ticket_clocks"
    __table_args__ = (
        UniqueConstraint("ticket_id", "clock", "round"),
        Index("ix_ticket_clocks_alert_at", "alert_at", sqlite_where=RUNNING, postgresql_where=RUNNING),
        Index("ix_ticket_clocks_due_at", "due_at", sqlite_where=RUNNING, postgresql_where=RUNNING),
        Index("ix_ticket_clocks_started_at", "clock", "started_at"),
        Index("ix_ticket_clocks_judged", "clock", "due_at", sqlite_where=sql(JUDGED), postgresql_where=sql(JUDGED)),
        Index(
            "ix_ticket_clocks_results", "clock", "ended_at", sqlite_where=sql(RESULTS), postgresql_where=sql(RESULTS)
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    clock: Mapped[str] = mapped_column(String(12))
    round: Mapped[int]
    amount: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    based_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_estimate: Mapped[bool] = mapped_column(default=False)
    pauses: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left: Mapped[timedelta | None] = mapped_column(Interval)
    postponed_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    alert_step: Mapped[int] = mapped_column(default=0)
    alert_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(12))
    ended_by_id: Mapped[uuid.UUID | None]
    ended_by_action: Mapped[str | None] = mapped_column(String(30))

    @property
    def is_running(self) -> bool:
        return self.ended_at is None and self.paused_at is None

    @property
    def state(self) -> ClockState | None:
        """None for a clock that only reminds and has ended."""
        if self.ended_at is None:
            return ClockState.RUNNING if self.paused_at is None else ClockState.PAUSED
        return ClockState(self.outcome) if self.outcome else None

    @property
    def past_pauses(self) -> list[Pause]:
        """The ended ones; before a given moment they do not count."""
        pauses = [Pause(*map(datetime.fromisoformat, pair)) for pair in self.pauses]
        return [pause for pause in pauses if self.based_at is None or pause.began_at >= self.based_at]

    @property
    def is_uncounted(self) -> bool:
        return self.outcome == ClockOutcome.UNCOUNTED.value


class DueChange(Base):
    """A due time that was changed, with the reason; insert-only."""

    __tablename__ = "due_changes"
    __table_args__ = (Index("ix_due_changes_ticket_id", "ticket_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    clock_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket_clocks.id"))
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[uuid.UUID | None]  # None: the clinic or the system
    by_label: Mapped[str] = mapped_column(String(60))
    cause: Mapped[str] = mapped_column(String(16))
    old_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    new_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
