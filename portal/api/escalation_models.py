"""What the calls on alerts, the duty rota and 上报 answer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel

from portal.api.vocabularies import one_of

Queue = Annotated[str, one_of("Queue")]


class Escalation(BaseModel):
    """上报主管, or 要求主管处理 by the clinic. `decision`: as everybody of the queue may read it."""

    by: Annotated[str, one_of("EscalatedBy")]
    reason: str
    at: datetime
    decision: Annotated[str, one_of("Decision")] | None
    decided_at: datetime | None


class LeadsDecision(BaseModel):
    """What was put before a lead just now, or what a lead just decided."""

    by: str | None = None
    reason: str | None = None
    at: datetime | None = None
    decision: Annotated[str, one_of("Decision")] | None = None
    text: str | None = None
    decided_at: datetime | None = None


class Alert(BaseModel):
    """One step that reached the caller. `next_at`: when others are alerted if nobody acknowledges it. `queue`: null for
    a complaint."""

    id: UUID
    cause: Annotated[str, one_of("AlertCause")]
    cause_label: str
    step: int
    number: str
    queue: Queue | None
    round: int
    raised_at: datetime
    acknowledged_at: datetime | None
    ended_at: datetime | None
    next_at: datetime | None


class AlertPage(BaseModel):
    items: list[Alert]
    next_cursor: str | None


class AcknowledgedAlert(BaseModel):
    id: UUID
    acknowledged_at: datetime


class DutyShift(BaseModel):
    """`queue`: null for every queue that the person has. `counts`: false once the person is disabled."""

    id: UUID
    queue: Queue | None
    user: str
    display_name: str
    counts: bool
    starts_at: datetime
    ends_at: datetime
    version: int


class DutyGap(BaseModel):
    """When nobody is on duty in a queue."""

    queue: Queue
    starts_at: datetime
    ends_at: datetime


class DutyShiftPage(BaseModel):
    items: list[DutyShift]
    next_cursor: str | None
    gaps: list[DutyGap]
