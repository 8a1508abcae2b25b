"""What the calls on the trail answer."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel

from portal.api.vocabularies import one_of

Queue = Annotated[str, one_of("Queue")]
State = Annotated[str, one_of("TicketState")]


class TrailRow(BaseModel):
    seq: int
    at: datetime
    action: Annotated[str, one_of("TrailAction")]
    action_label: str
    is_success: bool
    user: str | None
    role: str | None
    address: str | None
    ticket: str | None
    field: str | None
    reason: str | None
    particulars: dict[str, Any]
    detail: str
    request_id: str | None


class TrailPage(BaseModel):
    items: list[TrailRow]
    next_cursor: int | None


class TrailRows(BaseModel):
    """`is_all`: false if there are more rows than are answered."""

    items: list[TrailRow]
    is_all: bool


class SearchedValue(BaseModel):
    kind: Annotated[str, one_of("ValueKind")]
    masked: str


class ValuePlace(BaseModel):
    field: str
    label: str
    masked: str


class TicketWithValue(BaseModel):
    number: str
    queue: Queue
    state: State
    places: list[ValuePlace]


class TrailSearch(BaseModel):
    """Every ticket with the value, and every access to it."""

    value: SearchedValue
    ticket_count: int
    tickets: list[TicketWithValue]
    accesses: TrailRows
    picture_accesses: TrailRows
    searches: TrailRows
    is_complete: bool
