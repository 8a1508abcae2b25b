"""What the calls on collaborations answer, and what a ticket says of its own."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel

from portal.api.vocabularies import one_of

_State = Annotated[str, one_of("CollaborationState")]
_Kind = Annotated[str, one_of("CollaborationKind")]


class TicketCollaboration(BaseModel):
    """`is_late`: the department has not answered in time."""

    number: str
    department: str
    kind: _Kind
    state: _State
    due_at: datetime | None
    is_late: bool


class KnownTicket(BaseModel):
    """What a department knows of the ticket; `institution` only if the sender shows it."""

    number: str
    queue: Annotated[str, one_of("Queue")]
    level: str
    county: str
    institution: str | None
    summary: str


class CollaborationLine(BaseModel):
    """A line of the thread; `is_filled_in`: by a lead for a department without accounts."""

    at: datetime
    action: str
    title: str
    actor: str
    is_filled_in: bool
    text: str


class Collaboration(TicketCollaboration):
    """`can`: the steps that the caller can take now."""

    ticket: KnownTicket
    state_label: str
    version: int
    is_urgent: bool
    created_at: datetime
    contact_due_at: datetime | None
    contacted_at: datetime | None
    returned_count: int
    outcome: Annotated[str, one_of("SuggestionOutcome")] | None
    ask: str
    answer: str
    is_verified: bool
    thread: list[CollaborationLine]
    can: list[str]


class InquiryText(BaseModel):
    """`field`: `inquiry_ask`, `inquiry_answer` or `inquiry_note`."""

    field: str
    at: datetime
    text: str


class ComplaintInquiry(BaseModel):
    """What a department is asked about a complaint: no ticket, no clinic and no name.

    `complaint`: its number, for whoever sees the case. `can`: `answer`, while the department has to.
    """

    number: str
    department: str
    complaint_kind: Annotated[str, one_of("ComplaintKind")]
    state: _State
    due_at: datetime
    version: int
    complaint: str | None
    texts: list[InquiryText]
    can: list[str]


class InquiryLine(BaseModel):
    number: str
    state: _State
    due_at: datetime
    version: int


class CollaborationPage(BaseModel):
    """`inquiries`: what the caller's department is asked about complaints, on the first page only."""

    items: list[Collaboration]
    inquiries: list[InquiryLine]
    next_cursor: str | None


class CollaborationConflict(BaseModel):
    """With the collaboration as it is now."""

    title: str
    status: int
    request_id: str
    code: Annotated[str, one_of("ConflictCode")]
    collaboration: Collaboration | ComplaintInquiry
