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


class CollaborationPage(BaseModel):
    items: list[Collaboration]
    next_cursor: str | None


class CollaborationConflict(BaseModel):
    """With the collaboration as it is now."""

    title: str
    status: int
    request_id: str
    code: Annotated[str, one_of("ConflictCode")]
    collaboration: Collaboration
