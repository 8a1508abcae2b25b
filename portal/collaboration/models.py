"""Collaborations and their threads."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.collaboration.states import OVER, WAITING, CollaborationKind, CollaborationState
from portal.db import Base, UtcDateTime, new_id

_WATCHED = sql("late_at IS NULL AND due_at IS NOT NULL AND status IN ('dispatched', 'in_work', 'returned')")
_UNCONTACTED = sql("contacted_at IS NULL AND contact_told_at IS NULL AND contact_due_at IS NOT NULL")


class Collaboration(Base):
    """One request to a department about one ticket; the ticket may change by a merge. Texts are in its thread.

    `due_at`: when the department should have answered; of a suggestion, when its sender is reminded.
    `late_at`: when the people concerned were told that it is late; a return sets a new due time and forgets it.
    `contact_due_at`: until when the clinic should have heard from us (REQUIREMENTS F6).
    """

    __tablename__ = "collaborations"
    __table_args__ = (
        Index("ix_collaborations_department_id", "department_id", "created_at", "id"),
        Index("ix_collaborations_created_at", "created_at", "id"),
        Index("ix_collaborations_watched", "due_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
        Index("ix_collaborations_uncontacted", "contact_due_at", sqlite_where=_UNCONTACTED,
              postgresql_where=_UNCONTACTED),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("departments.id"))
    kind: Mapped[str] = mapped_column(String(12))
    is_urgent: Mapped[bool]
    shows_institution: Mapped[bool] = mapped_column(default=False)  # the department may read its name
    status: Mapped[str] = mapped_column(String(12))  # a `CollaborationState`
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    dispatched_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    late_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contact_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contact_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    verified_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    returned_count: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str | None] = mapped_column(String(12))  # a `SuggestionOutcome`
    department_filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    support_filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def state_enum(self) -> CollaborationState:
        return CollaborationState(self.status)

    @property
    def kind_enum(self) -> CollaborationKind:
        return CollaborationKind(self.kind)

    @property
    def is_over(self) -> bool:
        return self.state_enum in OVER

    def is_late(self, now: datetime) -> bool:
        """The department has not answered in time. A suggestion is never late: its due time only reminds."""
        is_help = self.kind_enum is CollaborationKind.HELP
        return is_help and self.state_enum in WAITING and self.due_at is not None and self.due_at <= now


class CollaborationEntry(Base):
    """One line of a thread; insert-only. Both sides read all of it.

    `ticket_id`: under whose report secrets found in it are sealed; it stays when the collaboration moves.
    `is_filled_in`: 代填, by a lead for a department without accounts.
    """

    __tablename__ = "collaboration_entries"
    __table_args__ = (Index("ix_collaboration_entries_collaboration_id", "collaboration_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    collaboration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collaborations.id"))
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[uuid.UUID | None]  # None: the system
    actor_label: Mapped[str] = mapped_column(String(60))
    actor_role: Mapped[str] = mapped_column(String(20))
    is_filled_in: Mapped[bool] = mapped_column(default=False)
    to_state: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text, default="")
