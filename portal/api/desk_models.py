"""What the calls on reminders, on what a lead decides, on links and on the day of the caller answer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel

from portal.api.vocabularies import one_of

Queue = Annotated[str, one_of("Queue")]


class Reminder(BaseModel):
    id: UUID
    at: datetime
    text: str


class VoidRequest(BaseModel):
    kind: str
    text: str
    asked_by: str


class ReplyDraft(BaseModel):
    """A reply that waits for a lead (`asked`), or for its author (`approved`, `returned`)."""

    id: UUID
    text: str
    state: Annotated[str, one_of("DraftState")]
    author: str
    asked_at: datetime
    decided_by: str | None
    note: str


class TicketLink(BaseModel):
    """`label` says it in words, seen from this ticket."""

    number: str
    kind: Annotated[str, one_of("LinkKind")]
    label: str


class TodayItem(BaseModel):
    """`number` names the subject; `at` is as the section `counts`: the due, since when it waits, or a chosen hour."""

    section: str
    number: str
    queue: Queue | None
    institution: str
    text: str
    at: datetime
    is_late: bool


class TodaySection(BaseModel):
    name: str
    title: str
    counts: Annotated[str, one_of("Counts")]
    has_more: bool


class FrequentRow(BaseModel):
    """`queues`: those of the last 28 days by queue. `change` in words, in per cent from five cases on only."""

    name: str
    now: int
    before: int
    change: str
    queues: dict[str, int]


class FrequentTable(BaseModel):
    """近期高频问题 of one kind. `filter`: the parameter of `GET /tickets` that finds them, with `from` this `since`."""

    title: str
    filter: str
    since: str
    n: int
    rows: list[FrequentRow]


class Today(BaseModel):
    """What waits for the caller, section by section. `frequent`: the last 28 days against the 28 before."""

    items: list[TodayItem]
    next_cursor: str | None
    sections: list[TodaySection]
    frequent: list[FrequentTable]
