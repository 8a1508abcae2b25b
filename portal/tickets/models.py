"""Ticket (the work), its timeline, information requests, reminders and counters."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.clocks.badges import Face, TimeBadge, badge
from portal.clocks.names import ClockOutcome
from portal.db import Base, UtcDateTime, new_id
from portal.kinds.names import Channel, RequestType, TicketKind
from portal.tickets.states import OPEN_STATES, PromiseKind, PromiseState, Stay, TicketState, Turn, Urgency

# Tickets whose reply clock runs. Queries use these words, or the index on them is not used.
REPLY_RUNNING = "is_open AND reply_outcome IS NULL AND paused_at IS NULL"
# Tickets with any due time that runs, alike.
DUE_RUNNING = "next_due_at IS NOT NULL"
# Ended tickets, alike: a list that asks for no time of ending does not take this index.
ENDED = "closed_at IS NOT NULL"
# Ended tickets at which the archive still has to look, alike.
ARCHIVE_AWAITED = "archive_check_at IS NOT NULL"
# Tickets with a wider scope and a result for which no department was ever asked, alike.
UNDISPATCHED = (
    "worst_collaboration IS NULL AND resolved_at IS NOT NULL AND coordination IN ('cross_department', 'cross_province')"
)


class Ticket(Base):
    """工单. Has every column that lists show, so that a queue page is one query on one table."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_open_queue", "queue", "is_open", "urgency", "submitted_at", "id"),
        Index("ix_tickets_queue_state", "queue", "state", "urgency", "submitted_at", "id"),
        Index("ix_tickets_queue_assignee", "queue", "assignee_id", "is_open", "urgency", "submitted_at", "id"),
        Index("ix_tickets_queue_submitted_at_id", "queue", "submitted_at", "id"),
        Index("ix_tickets_queue_has_calls", "queue", "has_calls", "submitted_at", "id"),
        Index("ix_tickets_ended", "queue", "closed_at", sqlite_where=sql(ENDED), postgresql_where=sql(ENDED)),
        Index("ix_tickets_institution_submitted_at", "institution", "submitted_at"),
        Index("ix_tickets_first_owner_id_is_open", "first_owner_id", "is_open"),
        Index("ix_tickets_assignee_id_assigned_at", "assignee_id", "assigned_at"),
        Index("ix_tickets_queue_turn", "queue", "assignee_id", "turn", "turn_since", "id"),
        Index(
            "ix_tickets_reply_running",
            "reply_due_at",
            sqlite_where=sql(REPLY_RUNNING),
            postgresql_where=sql(REPLY_RUNNING),
        ),
        Index(
            "ix_tickets_dispatch_due_at",
            "dispatch_due_at",
            sqlite_where=sql("dispatch_due_at IS NOT NULL"),
            postgresql_where=sql("dispatch_due_at IS NOT NULL"),
        ),
        Index(
            "ix_tickets_undispatched",
            "queue",
            "resolved_at",
            sqlite_where=sql(UNDISPATCHED),
            postgresql_where=sql(UNDISPATCHED),
        ),
        Index("uq_tickets_archive_number", "archive_number", unique=True),
        Index(
            "ix_tickets_archive_check_at",
            "archive_check_at",
            sqlite_where=sql(ARCHIVE_AWAITED),
            postgresql_where=sql(ARCHIVE_AWAITED),
        ),
        Index("ix_tickets_next_due", "next_due_at", sqlite_where=sql(DUE_RUNNING), postgresql_where=sql(DUE_RUNNING)),
        Index(
            "ix_tickets_unconfirmed",
            "resolved_at",
            sqlite_where=sql("state = 'awaiting_confirmation'"),
            postgresql_where=sql("state = 'awaiting_confirmation'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    former_numbers: Mapped[list[str]] = mapped_column(JSON, default=list)
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), unique=True)
    query_code_hash: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(30))
    is_open: Mapped[bool]
    urgency: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    assignee_name: Mapped[str | None] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(10))
    request_type: Mapped[str] = mapped_column(String(20), default="help", server_default="help")
    filed_as: Mapped[str] = mapped_column(String(20), default="help", server_default="help")  # the type at filing
    symptom: Mapped[str] = mapped_column(String(20))  # "" while nobody answered, as `scope`
    scope: Mapped[str] = mapped_column(String(20))
    institution: Mapped[str] = mapped_column(String(120))
    institution_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    excerpt: Mapped[str] = mapped_column(String(120))
    search_text: Mapped[str] = mapped_column(Text)  # folded
    previous_system: Mapped[str] = mapped_column(String(200), default="", server_default=sql("''"))
    module: Mapped[str] = mapped_column(String(100), default="", server_default=sql("''"))  # as answered, or classified
    classified_module: Mapped[str | None] = mapped_column(String(100))  # staff's, from the list; None: not classified
    picture_flags: Mapped[str] = mapped_column(String(60), default="")
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    policy_version: Mapped[int] = mapped_column(default=1, server_default="1")  # of the filing, for good
    coordination: Mapped[str] = mapped_column(String(20), default="general", server_default="general")
    special_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # 特殊: the moment that a lead gave
    # By when a department is to be asked, since the scope is a wider one, and the last round with a reminder.
    dispatch_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dispatch_told_round: Mapped[int] = mapped_column(default=0, server_default="0")
    origin: Mapped[str] = mapped_column(String(10), default="external", server_default="external")  # an `Origin`
    # What lists show of `ticket_clocks`, written by `rounds` only: the current round's.
    reply_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the earliest that runs, promises included
    next_due_clock: Mapped[str | None] = mapped_column(String(12))  # a `ClockName` or PROMISE
    promise_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the earliest open promise
    # A round begins with the filing and with every reopening; the clock's columns are those of the current one.
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    round_began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: at the filing
    touched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first act of a person
    first_replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply_outcome: Mapped[str | None] = mapped_column(String(12))  # a `ClockOutcome`, written once a round
    next_word_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    late_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when owner and leads were told, once a round
    leftover: Mapped[str | None] = mapped_column(Text)  # 遗留事项 of a partial solution, until a result
    resolution: Mapped[str | None] = mapped_column(Text)
    root_cause: Mapped[str | None] = mapped_column(String(30))  # 定性, with the result
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the last result
    confirmation_reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_how: Mapped[str | None] = mapped_column(String(24))  # a `ClosedHow`
    # 归档: the number stays when the ticket is reopened, the moment does not.
    archive_number: Mapped[str | None] = mapped_column(String(24))
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_by_id: Mapped[uuid.UUID | None]  # None: the system
    archive_check_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the worker looks at it next
    reopened_count: Mapped[int] = mapped_column(default=0)
    # Maintained by the lifecycle; the defaults were needed only while the migration computed the values.
    turn: Mapped[str] = mapped_column(String(12), server_default="us")  # a `Turn`
    turn_since: Mapped[datetime] = mapped_column(UtcDateTime, server_default="2000-01-01 00:00:00.000000")
    turn_cause: Mapped[str | None] = mapped_column(String(30))  # a `TurnCause`, when the turn is ours
    first_claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_claimed_by_id: Mapped[uuid.UUID | None]
    first_owner_id: Mapped[uuid.UUID | None]  # 首问责任人, never changes
    received_by_id: Mapped[uuid.UUID | None]  # who took the call
    has_calls: Mapped[bool] = mapped_column(default=False, server_default=false())  # with a number LD…
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the present owner got it
    offered_to_id: Mapped[uuid.UUID | None]  # of the open offer
    hand_over_count: Mapped[int] = mapped_column(default=0, server_default="0")  # accepted offers
    resolved_by_id: Mapped[uuid.UUID | None]  # of the last result
    # Maintained by `portal/collaboration`: the worst state of its sub-tickets, and whether a department is late.
    worst_collaboration: Mapped[str | None] = mapped_column(String(12))
    is_collaboration_late: Mapped[bool] = mapped_column(default=False, server_default=false())
    merged_into: Mapped[str | None] = mapped_column(String(24))  # the other ticket's number when it was merged
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    worked_as_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # the end of the chain of merges
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(60), default="")
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_by: Mapped[str | None] = mapped_column(String(80))
    hold_reason: Mapped[str | None] = mapped_column(Text)
    # What a room above wants kept meanwhile, a `Stay`; why is nowhere on the ticket.
    stay: Mapped[str | None] = mapped_column(String(10))
    destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The version of the sentence by which the clinic agreed to text messages about this ticket; None: it did not.
    sms_notice: Mapped[str | None] = mapped_column(String(20))

    @property
    def state_enum(self) -> TicketState:
        return TicketState(self.state)

    @property
    def is_held(self) -> bool:
        """保全: nothing of it is destroyed."""
        return self.held_at is not None or self.stay == Stay.EVERYTHING

    @property
    def kind_enum(self) -> TicketKind:
        """Each queue has one kind."""
        return TicketKind(self.queue)

    @property
    def channel_enum(self) -> Channel:
        return Channel(self.channel)

    @property
    def type_enum(self) -> RequestType:
        return RequestType(self.request_type)

    @property
    def urgency_enum(self) -> Urgency:
        return Urgency(self.urgency)

    def badge(self, now: datetime) -> TimeBadge:
        """Its time in words, from its own columns."""
        outcome = ClockOutcome(self.reply_outcome) if self.reply_outcome else None
        is_ours, is_paused = self.turn == Turn.US.value, self.paused_at is not None
        return badge(Face(self.next_due_at, self.next_due_clock, is_paused, outcome, is_ours, self.is_worked), now)

    @property
    def is_worked(self) -> bool:
        """Open, and work remains to be done."""
        return self.state_enum in OPEN_STATES


class FormerNumber(Base):
    """A number from before the ticket moved to the other queue, so that receipts stay valid."""

    __tablename__ = "former_numbers"

    number: Mapped[str] = mapped_column(String(24), primary_key=True)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)


class TimelineEntry(Base):
    """One event of a ticket; insert-only. The clinic sees the public ones."""

    __tablename__ = "timeline_entries"
    __table_args__ = (Index("ix_timeline_entries_ticket_id_at", "ticket_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(30))
    actor_id: Mapped[uuid.UUID | None]  # None: the clinic or the system
    actor_label: Mapped[str] = mapped_column(String(60))
    actor_role: Mapped[str] = mapped_column(String(20))
    is_public: Mapped[bool]
    from_state: Mapped[str | None] = mapped_column(String(30))
    to_state: Mapped[str | None] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text, default="")


class InformationRequest(Base):
    """Fields that the clinic was asked to supply; open until all of them are supplied."""

    __tablename__ = "information_requests"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    fields: Mapped[list[str]] = mapped_column(JSON)
    supplied: Mapped[list[str]] = mapped_column(JSON, default=list)
    message: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[uuid.UUID | None]  # None: the filing itself
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    supplied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a part was last supplied
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the fields still missing

    @property
    def missing(self) -> list[str]:
        return [name for name in self.fields if name not in self.supplied]

    @property
    def waiting_since(self) -> datetime:
        """When the clinic was asked, or last supplied a part."""
        return self.supplied_at or self.asked_at


class VoidRequest(Base):
    """作废 as its owner asked for it; a lead decides. `text` has its secrets masked, and the clinic reads it then."""

    __tablename__ = "void_requests"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    asked_by_name: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason_kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))  # a `VoidState`
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text, default="")


class Reminder(Base):
    """提醒我: an engineer's reminder to themselves, for one ticket; internal (DESK 1.4).

    `text` is a free text with secrets masked: redacted with the ticket's other texts, and emptied with the report.
    `done_at`: when it was done after it was due, or postponed by a later one.
    """

    __tablename__ = "reminders"
    __table_args__ = (Index("ix_reminders_due", "done_at", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_PROMISE_OPEN = sql("status = 'open'")


class Promise(Base):
    """承诺 or 预约: a moment at which the clinic is owed a word; the ticket's, whoever has it (DESK 1.5).

    `text` and `reason` are copies of lines of the timeline. `ends_at`: the last moment at which it can be kept.
    """

    __tablename__ = "promises"
    __table_args__ = (
        Index("ix_promises_open_end", "ends_at", sqlite_where=_PROMISE_OPEN, postgresql_where=_PROMISE_OPEN),
        Index("ix_promises_open_reminder", "remind_at", sqlite_where=_PROMISE_OPEN, postgresql_where=_PROMISE_OPEN),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    round: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))  # a `PromiseKind`
    made_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")  # why it took the place of another one
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: too short for a reminder
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(10))  # a `PromiseState`
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kept_entry_id: Mapped[uuid.UUID | None]  # the line of the timeline by which it was kept
    missed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaced_by_id: Mapped[uuid.UUID | None]

    @property
    def kind_enum(self) -> PromiseKind:
        return PromiseKind(self.kind)

    @property
    def state(self) -> PromiseState:
        return PromiseState(self.status)


class TicketCounter(Base):
    """The last number of a series (queue and month): a row, so that replicas cannot use a number twice."""

    __tablename__ = "ticket_counters"

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


class QueueCount(Base):
    """Number of tickets of a queue in a state; maintained by the lifecycle, so that tabs need no counting query."""

    __tablename__ = "queue_counts"

    queue: Mapped[str] = mapped_column(String(20), primary_key=True)
    state: Mapped[str] = mapped_column(String(30), primary_key=True)
    count: Mapped[int]
