"""The parts of a ticket as the calls answer them: fields, pictures, what is missing, lines of the timeline."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel

from portal.api.vocabularies import one_of


class MaskedValue(BaseModel):
    """`key` names the value in a reveal."""

    key: str
    label: str
    mask: str
    destroyed_at: datetime | None


class TicketField(BaseModel):
    name: Annotated[str, one_of("ReportField")]
    label: str
    is_sensitive: bool
    texts: list[str]
    values: list[MaskedValue]
    absent: str


class PixelSize(BaseModel):
    width: int
    height: int


class TicketPicture(BaseModel):
    """`number` and `name` never change. `is_new`: supplied later, and not yet opened by the assignee.

    `own_screen`: the reporter's screen, with which it was compared, if their browser said.
    """

    id: UUID
    number: int
    name: str
    is_new: bool
    slot: Annotated[str, one_of("PictureSlot")]
    width: int
    height: int
    check: str
    confirmed: bool
    own_screen: PixelSize | None


class MissingField(BaseModel):
    field: Annotated[str, one_of("ReportField")]
    label: str
    message: str


class LetOffField(BaseModel):
    """A field that the channel let off and that can still be supplied."""

    field: Annotated[str, one_of("ReportField")]
    label: str


class TrackedValue(BaseModel):
    mask: str
    destroyed_at: datetime | None


class TrackedField(BaseModel):
    name: Annotated[str, one_of("ReportField")]
    label: str
    texts: list[str]
    values: list[TrackedValue]


class TrackEntry(BaseModel):
    at: datetime
    action: str
    title: str
    actor: str
    text: str | None


class TicketEntry(TrackEntry):
    is_public: bool


class Sealed(BaseModel):
    key: str
    places: int
