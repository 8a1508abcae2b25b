"""What the calls answer, for the description: a test compares every model with the real answers, key by key."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from portal.api.collaboration_models import TicketCollaboration
from portal.api.desk_models import Reminder, ReplyDraft, TicketLink, VoidRequest
from portal.api.escalation_models import Escalation, LeadsDecision
from portal.api.ticket_parts import (
    LetOffField,
    MaskedValue,
    MissingField,
    Sealed,
    TicketEntry,
    TicketField,
    TicketPicture,
    TrackedField,
    TrackEntry,
)
from portal.api.vocabularies import one_of

State = Annotated[str, one_of("TicketState")]
Queue = Annotated[str, one_of("Queue")]
ClosedHow = Annotated[str, one_of("ClosedHow")]


class TicketTurn(BaseModel):
    whose: Annotated[str, one_of("Turn")]
    since: datetime
    cause: Annotated[str, one_of("TurnCause")] | None


class TicketClock(BaseModel):
    kind: Annotated[str, one_of("ClockKind")]
    text: str
    note: str


class ClockRow(BaseModel):
    """One clock of a round. `left`: minutes of its own time, while it is paused."""

    clock: Annotated[str, one_of("ClockName")]
    round: int
    state: Annotated[str, one_of("ClockState")]
    started_at: datetime
    due_at: datetime
    postponed_to: datetime | None
    ended_at: datetime | None
    is_estimate: bool
    left: int | None


class TicketRow(BaseModel):
    """A ticket in a list, masked."""

    number: str
    queue: Queue
    state: State
    state_label: str
    version: int
    urgency: Annotated[str, one_of("Urgency")]
    urgency_label: str
    request_type: Annotated[str, one_of("RequestType")]
    request_type_label: str
    module: str | None
    channel: Annotated[str, one_of("Channel")]
    channel_label: str
    symptom: Annotated[str, one_of("Symptom")] | None
    scope: Annotated[str, one_of("Scope")] | None
    institution: str
    excerpt: str
    assignee: str | None
    submitted_at: datetime
    reply_due_at: datetime
    coordination: Annotated[str, one_of("Coordination")]
    origin: Annotated[str, one_of("Origin")]
    next_due_at: datetime | None
    next_due_clock: Annotated[str, one_of("DueClock")] | None
    turn: TicketTurn
    clock: TicketClock
    round: int


class TicketPage(BaseModel):
    items: list[TicketRow]
    next_cursor: str | None


class Offer(BaseModel):
    """A hand-over that waits for its receiver; `from`, `to`: names."""

    id: UUID
    from_: Annotated[str, Field(alias="from")]
    to: str
    ends_at: datetime


class Promise(BaseModel):
    """承诺 or 预约: a word to the clinic by a moment, or a call at one."""

    kind: Annotated[str, one_of("PromiseKind")]
    text: str
    due_at: datetime
    state: Annotated[str, one_of("PromiseState")]


class Triage(BaseModel):
    """The newest version of what staff wrote beside the reporter's own words."""

    version: int
    summary: str
    first_opinion: str
    improvement: str
    remark: str
    steps: str
    needs_soothing: bool
    recording_ref: str


class RatingGiven(BaseModel):
    """A round's rating, without its words. `call`: written down by phone; `desk`: by whoever answered."""

    scale: Annotated[str, one_of("RatingScale")]
    score: int
    label: Annotated[str, one_of("RatingWord")]
    way: Annotated[str, one_of("RatingWay")]
    rated_at: datetime
    round: int


class Ticket(TicketRow):
    """The whole masked ticket. `sealed` to `collaboration`, the last five: only in the answer of their act."""

    assignee_number: str | None
    first_owner: str | None
    received_by: str | None
    hand_over_count: int
    offer: Offer | None
    former_numbers: list[str]
    merged_into: str | None
    members: list[str]
    collaborations: list[TicketCollaboration]
    void_request: VoidRequest | None
    reply_draft: ReplyDraft | None
    links: list[TicketLink]
    escalations: list[Escalation]
    closed_how: ClosedHow | None
    clocks: list[ClockRow]
    touched_at: datetime | None
    next_word_due_at: datetime | None
    first_replied_at: datetime | None
    closed_at: datetime | None
    archive_number: str | None
    archived_at: datetime | None
    resolution: str | None
    root_cause: str | None
    triage: Triage | None
    calls: list[str]
    leftover: str | None
    rating: RatingGiven | None
    promises: list[Promise]
    masked: dict[str, str | list[str]]
    fields: list[TicketField]
    found: list[MaskedValue]
    pictures: list[TicketPicture]
    missing: list[MissingField]
    let_off: list[LetOffField]
    timeline: list[TicketEntry]
    sealed: Sealed | None = None
    reminder: Reminder | None = None
    query_code: str | None = None
    collaboration: str | None = None
    escalation: LeadsDecision | None = None


class MovedTicket(BaseModel):
    """A ticket that an act moved to a queue which the caller does not see."""

    number: str
    queue: Queue
    state: State


class TargetTicket(BaseModel):
    """Of a merged ticket: the one that is worked, without its number."""

    state: State
    state_label: str
    resolution: str | None


class TrackedTicket(BaseModel):
    """What a clinic sees of its ticket. `owner`, `first_owner`: staff numbers."""

    number: str
    queue: Queue
    state: State
    state_label: str
    institution: str
    submitted_at: datetime
    reply_due_at: datetime
    merged_into: str | None
    target: TargetTicket | None
    closed_how: ClosedHow | None
    owner: str | None
    first_owner: str | None
    masked: dict[str, str | list[str]]
    fields: list[TrackedField]
    missing: list[MissingField]
    let_off: list[LetOffField]
    timeline: list[TrackEntry]
    resolution: str | None
    leftover: str | None
    promises: list[Promise]
    rating: RatingGiven | None
    can: list[Annotated[str, one_of("ClinicAct")]]


class FieldWarning(BaseModel):
    """What is unusual in a value that was kept as it was sent."""

    field: Annotated[str, one_of("ReportField")]
    message: str


class Receipt(BaseModel):
    """`ignored`: names that were sent and that no field of this kind has."""

    number: str
    query_code: str
    queue: Queue
    state: State
    reply_due_at: datetime
    masked: dict[str, str | list[str]]
    ignored: list[str]
    warnings: list[FieldWarning]


class RevealedValue(BaseModel):
    value: str
    expires_at: datetime


class OtherPerson(BaseModel):
    name: str
    mode: Annotated[str, one_of("PresenceMode")]


class PeopleThere(BaseModel):
    """Who else has the ticket open."""

    others: list[OtherPerson]


class BulkResult(BaseModel):
    number: str
    status: int
    message: str


class BulkResults(BaseModel):
    """One line for each ticket; 200 also when some failed."""

    results: list[BulkResult]


class Problem(BaseModel):
    """Every refusal. `title` is a Chinese sentence that says what to do."""

    title: str
    status: int
    request_id: str


class FieldFault(BaseModel):
    field: str
    code: Annotated[str, one_of("FaultCode")]
    message: str


class InvalidProblem(Problem):
    """Every fault at once."""

    errors: list[FieldFault]


class Objection(BaseModel):
    code: str
    message: str


class ConflictProblem(Problem):
    code: Annotated[str, one_of("ConflictCode")]


class TicketConflict(ConflictProblem):
    """With the ticket as it is now."""

    ticket: Ticket
    objections: list[Objection] | None = None


class TrackConflict(ConflictProblem):
    """With the ticket as it is now."""

    ticket: TrackedTicket
