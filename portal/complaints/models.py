"""Tables of complaints. Their texts are sealed under a data key of each case, name and phone under its contact key."""

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.complaints.names import ComplaintState
from portal.db import Base, UtcDateTime, new_id

ALARMED = "alarm_next_at IS NOT NULL"


class Complaint(Base):
    """One case. It holds no text of its complainant: `summary`, `first_opinion` and `improvement` are words of staff,
    for the tables, without names.

    `handler_id` sees the own cases only; `owner_id` is the 客服经理 who answers for it (REQUIREMENTS K6).
    `steward_id`: named by an administrator where no 客服经理 is left; has the rights of one in this case.
    `first_judge_id`: who judged before a review, which another person does (REQUIREMENTS T16).
    `held_at`: 涉法, nothing of it is destroyed; `release_asked_by_id`: the first of the two who end that.
    `data_key_id` seals `confirmed_name_sealed` and all its texts.
    """

    __tablename__ = "complaints"
    __table_args__ = (
        Index("ix_complaints_status_received_at", "status", "received_at", "id"),
        Index("ix_complaints_received_at_id", "received_at", "id"),
        Index("ix_complaints_alarm_next_at", "alarm_next_at", sqlite_where=sql(ALARMED), postgresql_where=sql(ALARMED)),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    query_code_hash: Mapped[str] = mapped_column(String(64))
    submission_hash: Mapped[str] = mapped_column(String(64), unique=True)
    joined_to_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # of complaints
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    institution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("institutions.id"))
    channel: Mapped[str] = mapped_column(String(12))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))  # None: the clinic itself
    occurred_on: Mapped[date | None] = mapped_column(Date)
    kind: Mapped[str | None] = mapped_column(String(20))  # a `ComplaintKind`
    summary: Mapped[str] = mapped_column(String(100), default="")
    first_opinion: Mapped[str] = mapped_column(String(200), default="")
    is_grave: Mapped[bool] = mapped_column(default=False)
    is_legal: Mapped[bool] = mapped_column(default=False)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    release_asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(String(16))
    handler_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    named_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    named_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    steward_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    judged_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    judged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_judge_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    verdict: Mapped[str | None] = mapped_column(String(12))  # a `Verdict`
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    investigate_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    solution_begins_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    solution_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cause_class: Mapped[str | None] = mapped_column(String(12))  # a `CauseClass`
    responsible_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it went back to be judged again, once
    unreachable_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # 未能联系到您, on the tracking page since
    follow_level: Mapped[str | None] = mapped_column(String(12))  # a `FollowLevel`
    is_unreached: Mapped[bool] = mapped_column(default=False)  # 无法联系: followed up without a word
    followed_up_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    followed_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the closing report
    improvement: Mapped[str] = mapped_column(String(200), default="")
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    archive_number: Mapped[str | None] = mapped_column(String(32), unique=True)
    told_unnamed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_unjudged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    alarm_step: Mapped[int] = mapped_column(default=0, server_default="0")  # 重大, 涉法: how often it was told
    alarm_next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by_id: Mapped[uuid.UUID | None]
    told_near_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contact_destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def state_enum(self) -> ComplaintState:
        return ComplaintState(self.status)

    @property
    def is_open(self) -> bool:
        return self.state_enum is not ComplaintState.ARCHIVED


class ComplaintText(Base):
    """One version of a text; insert-only. `inquiry_id`: what was asked of a department, and what it answered."""

    __tablename__ = "complaint_texts"
    __table_args__ = (Index("ix_complaint_texts_complaint_id", "complaint_id", "field", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    complaint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("complaints.id"))
    field: Mapped[str] = mapped_column(String(20))  # a `Field`
    version: Mapped[int] = mapped_column(default=1)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))  # None: the complainant
    inquiry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("complaint_inquiries.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ComplaintEntry(Base):
    """One line of a case; insert-only. The complainant reads the public ones."""

    __tablename__ = "complaint_entries"
    __table_args__ = (Index("ix_complaint_entries_complaint_id", "complaint_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    complaint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("complaints.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))  # None: the complainant, or the system
    action: Mapped[str] = mapped_column(String(24))
    is_public: Mapped[bool]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # None: a line without words, or destroyed
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))


class ComplaintProposal(Base):
    """One way to put it right (REQUIREMENTS L11)."""

    __tablename__ = "complaint_proposals"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    complaint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("complaints.id"), index=True)
    position: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))  # a `ProposalState`
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    is_clinics_choice: Mapped[bool] = mapped_column(default=False)


class ComplaintSubject(Base):
    """Somebody who must not know of a case; the row stays when they are removed (DESK 5.4)."""

    __tablename__ = "complaint_subjects"

    complaint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("complaints.id"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))  # None: entered by itself
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ComplaintInquiry(Base):
    """A collaboration without names: a department learns the kind of the case and a question, nothing else."""

    __tablename__ = "complaint_inquiries"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    complaint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("complaints.id"), index=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    status: Mapped[str] = mapped_column(String(12))  # a `CollaborationState`
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_filled_in: Mapped[bool] = mapped_column(default=False)  # 代填, for a department without accounts
    judged_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    returned_count: Mapped[int] = mapped_column(default=0)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
