"""What the calls on call-backs and campaigns take and answer."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from portal.api.models import Objection
from portal.api.schemas import ApiBody, PlainText, VersionBody, Word
from portal.api.vocabularies import one_of
from portal.follow_up.call_backs.names import Level, Solved
from portal.follow_up.call_backs.records import MOST_WORDS
from portal.follow_up.campaigns.making import MOST_CONTACTS, MOST_QUESTIONS
from portal.follow_up.campaigns.models import QUESTION_LENGTH, TITLE_LENGTH
from portal.follow_up.scales import Scale

_Cause = Annotated[str, one_of("CallBackCause")]
_State = Annotated[str, one_of("CallBackState")]
_Level = Annotated[str, one_of("SatisfactionLevel")]
_Solved = Annotated[str, one_of("Solved")]
_Question = Annotated[PlainText, Field(max_length=QUESTION_LENGTH)]
Short = Annotated[PlainText, Field(max_length=MOST_WORDS)]


class CallBackLine(BaseModel):
    """`ticket` is null for what is about no ticket; `subject_number` names what it is about, if that has a number."""

    id: UUID
    number: str
    cause: _Cause
    state: _State
    ticket: str | None
    subject_number: str
    institution: str
    queue: Annotated[str, one_of("Queue")] | None
    round: int
    made_at: datetime
    due_at: datetime
    first_due_at: datetime
    is_moved: bool
    is_late: bool
    is_held: bool
    appointment_at: datetime | None
    tries: int
    owner: str | None
    owner_number: str
    ended_at: datetime | None
    end_cause: str | None
    version: int


class CallBackRecord(BaseModel):
    at: datetime
    by: str
    reached: bool
    level: _Level | None
    aspect: str
    wish: str
    suggestion: str
    solved: _Solved | None
    note: str
    answers: list[str]


class CallBack(CallBackLine):
    """`contact_phone` is its mask; `can`: what the caller can do now."""

    contact_phone: str | None
    questions: list[str]
    records: list[CallBackRecord]
    can: list[str]


class CallBackPage(BaseModel):
    items: list[CallBackLine]
    next_cursor: str | None


class CallBackConflict(BaseModel):
    """With the call-back as it is now."""

    title: str
    status: int
    request_id: str
    code: Annotated[str, one_of("ConflictCode")]
    objections: list[Objection] | None = None
    call_back: CallBack


class CallBackAssignmentBody(VersionBody):
    """`assignee`: a username; never whoever gave the result."""

    assignee: Word


class CallBackRatingBody(ApiBody):
    """A rating in the words that were used on the phone."""

    scale: Literal[(*(scale.value for scale in Scale),)]  # type: ignore[valid-type]
    label: Word
    reason: Word = ""
    comment: PlainText = ""


class CallBackRecordBody(VersionBody):
    """`refused`: they did not want to talk. `answers`: to a campaign's questions. `solved`: true is yes, false no."""

    reached: bool
    refused: bool = False
    level: Literal[(*(level.value for level in Level), "")] | None = None  # type: ignore[valid-type]
    aspect: Short | None = ""
    wish: Short | None = ""
    suggestion: Short | None = ""
    solved: bool | Literal[(*(solved.value for solved in Solved), "")] | None = None  # type: ignore[valid-type]
    note: Short | None = ""
    answers: Annotated[list[Short], Field(default_factory=list, max_length=MOST_QUESTIONS)]
    rating: CallBackRatingBody | None = None
    seal_found: bool = False

    @property
    def solved_word(self) -> str:
        """As a word of `Solved`, or empty."""
        if isinstance(self.solved, bool):
            return (Solved.YES if self.solved else Solved.NO).value
        return self.solved or ""


class CallBackAppointmentBody(VersionBody):
    """`at` without a zone is China time."""

    at: Word


class CallBackWithdrawalBody(VersionBody):
    text: PlainText = ""
    seal_found: bool = False


class CallBackRevealBody(ApiBody):
    """`field`: contact_phone."""

    field: Word
    reason: PlainText = ""


class SelectionBody(ApiBody):
    """Filters over the directory; empty ones take every institution."""

    county: Word = ""
    level: Word = ""
    is_key: bool = False
    not_called_for: Annotated[int, Field(ge=1, le=3660)] | None = None
    tickets: Literal["", "with", "without"] = ""
    tickets_from: Word = ""
    tickets_to: Word = ""


class CampaignBody(ApiBody):
    """Days as `2026-11-27`; `callers` are usernames; the same `seed` draws the same institutions."""

    title: Annotated[PlainText, Field(max_length=TITLE_LENGTH)]
    selection: SelectionBody = SelectionBody()
    size: Annotated[int, Field(ge=1, le=MOST_CONTACTS)]
    starts_on: Word
    ends_on: Word
    callers: Annotated[list[Word], Field(max_length=100)]
    questions: Annotated[list[_Question], Field(default_factory=list, max_length=MOST_QUESTIONS)]
    seed: Annotated[Word, Field(max_length=40)] = ""


class CampaignSelection(BaseModel):
    """The filters that were set; `not_called_for` in days."""

    county: str = ""
    level: str = ""
    is_key: bool = False
    not_called_for: int | None = None
    tickets: Literal["", "with", "without"] = ""
    tickets_from: date | None = None
    tickets_to: date | None = None


class CampaignLine(BaseModel):
    id: UUID
    title: str
    state: Literal["open", "ended"]
    selection: CampaignSelection
    seed: str
    size: int
    matching: int
    questions: list[str]
    starts_on: date
    ends_on: date
    made_by: str
    made_at: datetime


class CampaignPage(BaseModel):
    items: list[CampaignLine]
    next_cursor: str | None


class CampaignShare(BaseModel):
    """`n` of `of`; the percentage is null where fewer than five are counted."""

    n: int
    of: int
    percent: float | None


class CampaignReport(CampaignLine):
    """With fewer than five answers only counts: no shares and nobody's words."""

    chosen: int
    open: int
    reached: int
    refused: int
    unreachable: int
    no_contact: int
    withdrawn: int
    coverage: CampaignShare
    key_coverage: CampaignShare
    levels: dict[str, CampaignShare]
    suggestions: list[str]
    answers: list[list[str]]
