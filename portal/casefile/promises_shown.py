"""Promises and appointments as both pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.acts import promises, promises_due
from portal.tickets.models import Promise, Ticket, TimelineEntry
from portal.tickets.states import PROMISE_KIND_LABELS, PROMISE_STATE_LABELS, PromiseState


@dataclass(frozen=True)
class PromiseShown:
    """One promise. `passed`: what the clinic reads while its moment has passed and nobody has written since."""

    id: str
    kind: str
    kind_label: str
    text: str
    words: str
    due_at: datetime
    state: str
    state_label: str
    passed: str

    @property
    def choice(self) -> tuple[str, str]:
        return self.id, f"{self.kind_label}：{self.words}"

    @property
    def is_open(self) -> bool:
        return self.state == PromiseState.OPEN.value


def shown_of(session: Session, ticket: Ticket) -> Sequence[PromiseShown]:
    """All of a ticket's, in the order in which they were made."""
    return [
        PromiseShown(
            id=str(one.id),
            kind=one.kind,
            kind_label=PROMISE_KIND_LABELS[one.kind_enum],
            text=one.text,
            words=promises.words_of(one),
            due_at=one.due_at,
            state=one.status,
            state_label=PROMISE_STATE_LABELS[one.state],
            passed=promises_due.passed_words(session, ticket, one) if _is_owed(session, ticket, one) else "",
        )
        for one in promises.of_ticket(session, ticket.id)
    ]


def _is_owed(session: Session, ticket: Ticket, one: Promise) -> bool:
    if one.missed_at is None or not ticket.is_open:
        return False
    later = (TimelineEntry.ticket_id == ticket.id, TimelineEntry.at > one.due_at)
    of_a_person = (TimelineEntry.is_public, TimelineEntry.actor_id.is_not(None))
    return not session.scalar(select(exists().where(*later, *of_a_person)))
