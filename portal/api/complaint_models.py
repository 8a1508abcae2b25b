"""What the calls on complaints answer."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel

from portal.api.vocabularies import one_of

_State = Annotated[str, one_of("ComplaintState")]


class ComplaintReceipt(BaseModel):
    """Shown once; the same `Idempotency-Key` gives the same one again."""

    number: str
    query_code: str
    state: _State


class ComplainantLine(BaseModel):
    """One public line of a case, as its sender reads it; `by`: a staff number."""

    at: datetime
    title: str
    text: str
    by: str


class OfferedProposal(BaseModel):
    position: int
    text: str
    is_chosen: bool


class TrackedComplaint(BaseModel):
    """A case as its sender sees it. `can`: what the sender can do now."""

    number: str
    state: _State
    received_at: datetime
    content: str
    wish: str
    answer: str
    handler: str
    owner: str
    confirmed_at: datetime | None
    confirmed_name: str
    is_unconfirmed: bool
    is_unreachable: bool
    review_until: datetime | None
    proposals: list[OfferedProposal]
    timeline: list[ComplainantLine]
    can: list[Annotated[str, one_of("ComplainantAct")]]


class ComplaintRow(BaseModel):
    """A line of the list: nothing of the content."""

    number: str
    received_at: datetime
    state: _State
    kind: Annotated[str, one_of("ComplaintKind")] | None
    due_at: datetime | None
    is_late: bool
    is_grave: bool
    is_legal: bool
    joined_to: str | None


class ComplaintPage(BaseModel):
    items: list[ComplaintRow]
    next_cursor: str | None


class CaseLine(BaseModel):
    at: datetime
    action: str
    title: str
    by: str
    is_public: bool
    text: str


class CaseText(BaseModel):
    """One version of a text. `field`: its name."""

    field: str
    text: str
    at: datetime


class CaseProposal(BaseModel):
    id: str
    position: int
    state: Annotated[str, one_of("ProposalState")]
    text: str
    is_clinics_choice: bool


class CaseInquiry(BaseModel):
    number: str
    state: Annotated[str, one_of("CollaborationState")]
    due_at: datetime
    texts: list[CaseText]


class ContactMask(BaseModel):
    field: str
    label: str
    mask: str
    is_destroyed: bool


class Complaint(ComplaintRow):
    """One case, for somebody with a part in it. `can`: the acts that the caller can do now."""

    version: int
    part: Annotated[str, one_of("ComplaintPart")]
    ticket: str | None
    institution: str
    channel: str
    occurred_on: str | None
    summary: str
    first_opinion: str
    verdict: Annotated[str, one_of("ComplaintVerdict")] | None
    cause_class: Annotated[str, one_of("ComplaintCause")] | None
    department: str
    handler: str
    owner: str
    investigate_due_at: datetime | None
    solution_due_at: datetime | None
    answered_at: datetime | None
    confirmed_at: datetime | None
    confirmed_name: str
    level: Annotated[str, one_of("FollowLevel")] | None
    is_unreached: bool
    followed_up_at: datetime | None
    reviewed_at: datetime | None
    is_held: bool
    archived_at: datetime | None
    archive_number: str | None
    joined: list[str]
    texts: list[CaseText]
    timeline: list[CaseLine]
    proposals: list[CaseProposal]
    inquiries: list[CaseInquiry]
    contact: list[ContactMask]
    can: list[Annotated[str, one_of("ComplaintAct")]]


class HandedComplaint(BaseModel):
    """A case that the caller does not see, or sees no more."""

    number: str


class CaseObjection(BaseModel):
    code: str
    message: str


class ComplaintConflict(BaseModel):
    """With the case as it is now."""

    title: str
    status: int
    request_id: str
    code: Annotated[str, one_of("ConflictCode")]
    complaint: Complaint | HandedComplaint
    objections: list[CaseObjection] | None = None


class TrackedComplaintConflict(BaseModel):
    """With the case as its sender sees it now."""

    title: str
    status: int
    request_id: str
    code: Annotated[str, one_of("ConflictCode")]
    complaint: TrackedComplaint
