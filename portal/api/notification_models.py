"""Answers about notices and deliveries."""

from typing import Annotated

from pydantic import BaseModel

from portal.api.vocabularies import one_of


class Notice(BaseModel):
    """What a member of staff was told in the portal."""

    id: str
    event: str
    number: str
    sentence: str
    created_at: str
    seen_at: str | None


class NoticePage(BaseModel):
    items: list[Notice]
    next_cursor: str | None


class LoggedDelivery(BaseModel):
    """One message to one recipient; no text, and nobody's address."""

    id: str
    event: str
    number: str
    channel: Annotated[str, one_of("NotificationChannel")]
    recipient_kind: Annotated[str, one_of("RecipientKind")]
    state: Annotated[str, one_of("DeliveryState")]
    attempts: int
    error: Annotated[str, one_of("DeliveryError")] | None
    status_code: int | None
    created_at: str
    next_attempt_at: str | None
    ended_at: str | None


class DeliveryPage(BaseModel):
    items: list[LoggedDelivery]
    next_cursor: str | None
