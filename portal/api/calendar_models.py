"""What the calls on the calendar take and answer."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from portal.api.schemas import ApiBody, PlainText
from portal.api.vocabularies import one_of
from portal.calendar import content

State = Annotated[str, one_of("YearState")]


class CalendarImportBody(ApiBody):
    """A notice or a table `day,is_working,name`, and its year."""

    text: Annotated[PlainText, Field(max_length=content.MOST_CHARACTERS)]
    year: Annotated[int, Field(ge=content.YEARS[0], le=content.YEARS[-1])]


class ExceptionalDay(BaseModel):
    day: date
    is_working: bool
    name: str
    origin: Annotated[str, one_of("DayOrigin")]


class YearOfDays(BaseModel):
    """Only the days that differ from Monday to Friday."""

    year: int
    state: State
    days: list[ExceptionalDay]


class DueTime(BaseModel):
    due_at: datetime
    is_estimate: bool


class ChangedDay(BaseModel):
    day: date
    was_working: bool
    is_working: bool
    name: str
    edited_by_hand: bool


class PlannedYear(BaseModel):
    """`id` is to be confirmed before `expires_at`; `years` are all that change."""

    id: UUID
    year: int
    years: list[int]
    changes: list[ChangedDay]
    expires_at: datetime


class ConfirmedYear(BaseModel):
    year: int
    state: State
    years: list[int]
    changes: list[ChangedDay]
