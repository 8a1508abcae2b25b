"""Call-backs, what was said in them, and which results are looked at after a working day."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id
from portal.follow_up.call_backs.names import CallBackState, Cause

# Queries use these words, or the indexes on them are not used.
OPEN = "status = 'open'"
UNCHECKED = "checked_at IS NULL"
_ONE = "campaign_id IS NULL"
_OF_CAMPAIGN = "campaign_id IS NOT NULL"
# Those whose words no ticket and no complaint destroys.
_WORDED = "ticket_id IS NULL AND complaint_id IS NULL AND emptied_at IS NULL"


class CallBack(Base):
    """One task to call somebody; one for each cause, subject and round, and for each institution of a campaign.

    Attributes:
        number: HF…, for notices and the trail, so that neither names a ticket beside a complaint.
        subject_id: the ticket, short report, institution or complaint. subject_number: its number, if it has one.
        queue: whose leads see it; None: all of them. institution: as lists show it.
        resolver_id: who gave the result of the round, and never calls. not_for: further people who do not.
        due_at: an open minute. first_due_at: what it was before it was moved, by 顺延 or by an appointment.
        told_at: when its owner was told that it is due. asked: what an appointment is about.
        end_cause: why it was withdrawn, an `EndCause`; end_note: a lead's words for it.
        emptied_at: when the words of one without a ticket were destroyed.
    """

    __tablename__ = "call_backs"
    __table_args__ = (
        Index("uq_call_backs_subject", "cause", "subject_id", "round", unique=True, sqlite_where=sql(_ONE),
              postgresql_where=sql(_ONE)),
        Index("uq_call_backs_campaign_id", "campaign_id", "subject_id", unique=True, sqlite_where=sql(_OF_CAMPAIGN),
              postgresql_where=sql(_OF_CAMPAIGN)),
        Index("ix_call_backs_owner_id", "owner_id", "status", "due_at", "id"),
        Index("ix_call_backs_status", "status", "due_at", "id"),
        Index("ix_call_backs_institution_id", "institution_id", "made_at"),
        Index("ix_call_backs_worded", "ended_at", sqlite_where=sql(_WORDED), postgresql_where=sql(_WORDED)),
        Index("ix_call_backs_untold", "due_at", sqlite_where=sql(f"{OPEN} AND told_at IS NULL"),
              postgresql_where=sql(f"{OPEN} AND told_at IS NULL")),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    cause: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[uuid.UUID]
    subject_number: Mapped[str] = mapped_column(String(24), default="")
    round: Mapped[int] = mapped_column(default=1)
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    complaint_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    institution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("institutions.id"))
    campaign_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("campaigns.id"))
    follower_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("known_issue_followers.id"))
    queue: Mapped[str | None] = mapped_column(String(20))
    institution: Mapped[str] = mapped_column(String(120), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by_id: Mapped[uuid.UUID | None]  # None: the system
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_moved: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    resolver_id: Mapped[uuid.UUID | None]
    not_for: Mapped[list[str]] = mapped_column(JSON, default=list)
    appointment_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked: Mapped[str] = mapped_column(Text, default="")
    tries: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(12), default=CallBackState.OPEN.value)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_cause: Mapped[str] = mapped_column(String(16), default="")
    end_note: Mapped[str] = mapped_column(Text, default="")
    emptied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def state_enum(self) -> CallBackState:
        return CallBackState(self.status)

    @property
    def cause_enum(self) -> Cause:
        return Cause(self.cause)

    @property
    def is_open(self) -> bool:
        return self.status == CallBackState.OPEN.value

    @property
    def is_agreed(self) -> bool:
        """Its time was agreed with the clinic: it may lie in quiet hours."""
        return self.appointment_at is not None or self.cause == Cause.APPOINTMENT.value

    def is_late(self, now: datetime) -> bool:
        return self.is_open and self.due_at < now


class CallBackRecord(Base):
    """What came of one call; insert-only. Its texts have their secrets masked.

    Those about a complaint are kept by the complaint, under its own key: here they are empty.
    """

    __tablename__ = "call_back_records"
    __table_args__ = (Index("ix_call_back_records_at", "at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    call_back_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("call_backs.id"), index=True)
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[uuid.UUID | None]
    by_name: Mapped[str] = mapped_column(String(60))
    reached: Mapped[bool]
    level: Mapped[str | None] = mapped_column(String(12))
    aspect: Mapped[str] = mapped_column(Text, default="")
    wish: Mapped[str] = mapped_column(Text, default="")
    suggestion: Mapped[str] = mapped_column(Text, default="")
    solved: Mapped[str | None] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(Text, default="")
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # of a campaign: by the place of the question


class CallBackCheck(Base):
    """A result that is looked at after one working day: without a rating its clinic may be called (DESK 4.3).

    `seed` and `share` say afterwards why it was chosen: chosen is what `chance(seed)` leaves below the share.
    """

    __tablename__ = "call_back_checks"
    __table_args__ = (
        UniqueConstraint("ticket_id", "round", name="uq_call_back_checks_ticket_id_round"),
        Index("ix_call_back_checks_due", "check_at", sqlite_where=sql(UNCHECKED), postgresql_where=sql(UNCHECKED)),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    resulted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    check_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seed: Mapped[str] = mapped_column(String(16))
    share: Mapped[int | None]  # of the policy that counted then, in percent
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_chosen: Mapped[bool] = mapped_column(default=False)
